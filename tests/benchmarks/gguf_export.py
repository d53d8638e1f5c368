"""What becomes of models that are written as GGUF: read back by ourselves, and in llama.cpp.

    python tests/benchmarks/gguf_export.py [MODEL_FOLDER...] [--llama PYTHON]

Of the starter, of a GPT-2 with 124M seeded weights, and of every folder; F32, F16 and Q8_0. PYTHON is an
interpreter that has llama-cpp-python, such as that of the environment in which tests/benchmarks/peers builds
it; without one only the way back is measured. `back` compares the model with what the import makes of the
file; `llama.cpp` compares what the import made with what llama.cpp computes of the same file, whose F16 and
Q8_0 also round the activations. Tokens are of 16 texts: emoji, scripts, code, spaces, special tokens spelled
out. The exit code is 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio.core.seeded_model import write_seeded
from studio.paths import resource
from tests.benchmarks.gguf_measuring import (
    HEADS,
    Gap,
    equal_tokens,
    finish,
    job,
    load,
    logits,
    of_llama,
    tokens,
)

BACK = {"F32": 0.0, "F16": 1e-4, "Q8_0": 1e-2}
"""Nats, of the mean KL from the model to what comes back."""
LLAMA = {"F32": 1e-6, "F16": 1e-4, "Q8_0": 1e-2}
"""Nats, of the mean KL from what comes back to llama.cpp."""


def measure(folder: Path, work: Path, llama: Path | None) -> Iterator[str]:
    """Print a table of one model; the bars it missed."""
    print(f"\n{folder.name}\n{'':6} {'MB':>7}  back: {HEADS} {'tokens':>6}   llama.cpp: {HEADS} tokens")
    checkpoint = load(folder)
    before, texts = logits(checkpoint), tokens(checkpoint)
    del checkpoint
    for precision in BACK:
        file, again = work / "model.gguf", work / f"{folder.name}-{precision}"
        done = job(
            "export_gguf", folder=folder, out=file, part=work / "part", precision=precision, name=folder.name
        )
        again.mkdir()
        job("import_gguf", file=file, staging=again, memory_bytes=2 << 30)
        imported = load(again)
        after, same = logits(imported), equal_tokens(texts, tokens(imported))
        back = Gap.between(before, after)
        row = f"{precision:6} {done['n_bytes'] / 1e6:7.1f}        {back} {same:>6}"
        whole = f"{len(texts)}/{len(texts)}"
        if back.mean_kl > BACK[precision] or same != whole:
            yield f"{folder.name} {precision} back"
        if llama is not None:
            theirs, computed = of_llama(llama, file)
            gap, same = Gap.between(after, computed), equal_tokens(texts, theirs)
            row += f"              {gap} {same:>6}"
            if gap.mean_kl > LLAMA[precision] or same != whole:
                yield f"{folder.name} {precision} llama.cpp"
        print(row, flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--llama", type=Path, metavar="PYTHON")
    arguments = parser.parse_args()
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        work, bpe = Path(name), resource("gpt2-bpe")
        seeded = write_seeded(work / "GPT-2 124M, seeded", 1, bpe / "encoder.json", bpe / "vocab.bpe")
        for folder in [resource("models", "starter"), seeded, *arguments.folders]:
            missed += measure(folder, work, arguments.llama)
    return finish("gguf_export", missed)


if __name__ == "__main__":
    sys.exit(main())
