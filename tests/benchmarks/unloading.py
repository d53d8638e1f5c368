"""How much memory a model takes, how much comes back when it is unloaded, and what loading beside it costs.

    python tests/benchmarks/unloading.py [--runs N] [--quick] [--seed N] [--json FILE]

A model of GPT-2's size (124M seeded weights, float16) is loaded, written with and unloaded several times in
the model's own process, whose resident memory is told each time. The bar: after the last unloading at most
40 MB are left of what the first loading took, and no run leaves more than the one before by over 5 MB.
`--quick` takes the starter model instead. The last line is the summary; the exit code is 1 if a bar is
missed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.performance import process_bytes
from studio.core.seeded_model import write_seeded
from studio.paths import resource

LEFT_BYTES = 40_000_000
GROWTH_BYTES = 5_000_000
PROMPT = "Once upon a time, there was a little fox who lived under an old oak tree. "


def main() -> int:
    """Measure; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = resource("models", "starter")
        if not arguments.quick:
            files = (resource("gpt2-bpe", file) for file in ("encoder.json", "vocab.bpe"))
            folder = write_seeded(Path(name, "gpt2"), arguments.seed, *files)
        rows = measure(folder, arguments.runs)
    first, lasts = rows[0], [row["unloaded"] for row in rows]
    taken, left = first["loaded"] - first["empty"], lasts[-1] - first["empty"]
    growth = max((b - a for a, b in itertools.pairwise(lasts)), default=0)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows), "utf-8")
    kept = left <= LEFT_BYTES and growth <= GROWTH_BYTES
    print(
        f"{'passed' if kept else 'MISSED'}: loading takes {taken / 1e6:.0f} MB, unloading leaves "
        f"{left / 1e6:.0f} MB of them after {len(rows)} runs, growth at most {growth / 1e6:.1f} MB a run"
    )
    return 0 if kept else 1


def measure(folder: Path, runs: int) -> list[dict[str, int]]:
    """Resident bytes of each run: before, loaded, having written, unloaded."""
    engine, rows = Engine(), []
    generate = m.Generate(2, PROMPT * 8, (), (), 30, 1)
    list(engine.run(m.LoadModel(1, str(resource("models", "starter")), "cpu")))  # what is imported stays
    list(engine.run(generate))
    list(engine.run(m.UnloadModel(1)))
    for _ in range(runs):
        row = {"empty": process_bytes()}
        list(engine.run(m.LoadModel(1, str(folder), "cpu", "float16")))
        row["loaded"] = process_bytes()
        list(engine.run(generate))
        row["written"] = process_bytes()
        list(engine.run(m.UnloadModel(3)))
        row["unloaded"] = process_bytes()
        rows.append(row)
        print("  ".join(f"{name} {value / 1e6:.0f} MB" for name, value in row.items()))
    return rows


if __name__ == "__main__":
    sys.exit(main())
