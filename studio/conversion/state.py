"""The weights of a checkpoint that torch wrote: read without running anything, put into GPT-2's order."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from studio.conversion import gpt2_sizes
from studio.conversion.pickle_scan import broken
from studio.conversion.staging import GPT2_VOCABULARY
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.shelf import clean_name

_BUFFERS = (".attn.bias", ".attn.masked_bias")  # causal masks that older checkpoints carry along
_TURNED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
_PADDED = range(GPT2_VOCABULARY + 1, GPT2_VOCABULARY + 129)  # nanoGPT rounds up to a multiple of 64


def read(path: Path, *, mapped: bool) -> Any:
    """What a checkpoint holds: tensors and plain values. Raises whatever torch does."""
    return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)


def warm_up(folder: Path) -> None:
    """Have torch and safetensors import all that they import late, before nothing more can be imported."""
    torch.set_num_threads(1)
    trial = {"a": torch.zeros(2, 2, dtype=torch.float16).t().contiguous()}
    for zipped in (True, False):
        buffer = io.BytesIO()
        torch.save(trial, buffer, _use_new_zipfile_serialization=zipped)
        buffer.seek(0)
        torch.load(buffer, map_location="cpu", weights_only=True)
    file = folder / "trial.pt"
    torch.save(trial, file)
    read(file, mapped=True)
    save_file(trial, folder / "trial.safetensors")
    for name in ("trial.pt", "trial.safetensors"):
        (folder / name).unlink()


def tensors_of(whole: Any, path: Path, at_most: int) -> dict[str, Tensor]:
    """The named tensors of a checkpoint, which may lie one level down. StudioError if there are none."""
    for key in ("model", "state_dict", "model_state_dict", "module"):
        if isinstance(whole, Mapping) and isinstance(whole.get(key), Mapping):
            whole = whole[key]
    if not isinstance(whole, Mapping) or len(whole) > at_most:
        raise broken(path)
    n_bytes = path.stat().st_size
    tensors = {}
    for name, tensor in whole.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor) or tensor.layout != torch.strided:
            continue
        if tensor.numel() * tensor.element_size() > n_bytes:  # a view that repeats a few numbers for ever
            raise broken(path)
        tensors[name] = tensor.detach()
    if not tensors:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{name}” holds no weights."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Choose the file that holds the model, not its training's state."
            ),
            name=clean_name(path.name),
        )
    return tensors


def sizes_told(whole: Any) -> dict[str, Any]:
    """What nanoGPT notes beside the weights: n_head, and sizes that the shapes say as well."""
    told = whole.get("model_args") if isinstance(whole, Mapping) else None
    return {str(key): value for key, value in told.items()} if isinstance(told, Mapping) else {}


def plain_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A GPT-2's weights without prefixes and masks."""
    return {
        plain: tensor
        for name, tensor in tensors.items()
        if not (plain := gpt2_sizes.plain_name(name)).endswith(_BUFFERS)
    }


def tidy(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors that can be saved, each with its own numbers; no masks, and a tied head not twice."""
    head, shared = "lm_head.weight", ("transformer.wte.weight", "wte.weight", "model.embed_tokens.weight")
    tied = any(_equal(tensors.get(name), tensors.get(head)) for name in shared)
    return {
        name: tensor.contiguous().clone()
        for name, tensor in tensors.items()
        if not name.endswith(_BUFFERS) and not (name == head and tied)
    }


def as_gpt2(tensors: Mapping[str, Tensor], config: dict[str, Any], notes: list[str]) -> dict[str, Tensor]:
    """GPT-2's weights as Hugging Face has them; `config` and `notes` are told what had to be changed."""
    weights = dict(tensors)
    if gpt2_sizes.is_transposed({name: tuple(tensor.shape) for name, tensor in weights.items()}):
        for name in weights:
            if name.endswith(_TURNED) and weights[name].dim() == 2:
                weights[name] = weights[name].t()
    if config["vocab_size"] in _PADDED:
        notes.append(
            f"The vocabulary was padded to {config['vocab_size']:,} tokens; "
            f"the {GPT2_VOCABULARY:,} real ones are kept."
        )
        config["vocab_size"] = GPT2_VOCABULARY
        for name in ("wte.weight", "lm_head.weight"):
            if name in weights:
                weights[name] = weights[name][:GPT2_VOCABULARY]
    config["tie_word_embeddings"] = "lm_head.weight" not in weights or _equal(
        weights["wte.weight"], weights["lm_head.weight"]
    )
    if config["tie_word_embeddings"]:
        weights.pop("lm_head.weight", None)
    n_made = 0
    for name in list(weights):
        bias = name.removesuffix("weight") + "bias"
        if name.startswith(("h.", "ln_f.")) and name.endswith(".weight") and bias not in weights:
            weights[bias] = torch.zeros(weights[name].shape[-1], dtype=weights[name].dtype)
            n_made += 1
    if n_made:
        notes.append("The model was trained without biases; they are zero here.")
    return {name: tensor.contiguous().clone() for name, tensor in weights.items()}


def save(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write a safetensors file, on the disk. OSError if that fails."""
    try:
        save_file(dict(tensors), path, metadata={"format": "pt"})
    except SafetensorError as error:  # it has the system's number in its text only
        if "os error 28" in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _equal(first: Tensor | None, second: Tensor | None) -> bool:
    return first is not None and second is not None and bool(torch.equal(first, second))
