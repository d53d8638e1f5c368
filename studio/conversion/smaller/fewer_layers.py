"""A model without some of its layers: those whose absence the text shows least."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.conversion.smaller.likelihood import loss
from studio.conversion.smaller.source import Source, write_config
from studio.conversion.smaller.weights_file import WeightsFile
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model import CausalLM
from studio.models.recipes import layer_of

N_CANDIDATES = 6
"""Layers that are tried at each step but the first: those that were missed least so far."""

_COUNTS = ("n_layer", "num_hidden_layers")


def choose_layers(
    model: CausalLM, ids: Sequence[int], n_layer: int, keep: int
) -> Generator[float, None, tuple[int, ...]]:
    """Which layers to leave out, in order, yielding the fraction done.

    One after the other the layer without which the text stays likeliest: SLEB (Song et al. 2024, arXiv
    2402.09025). Raises StudioError if the model cannot do without layers.
    """
    gone: list[int] = []
    missed = dict.fromkeys(range(n_layer), 0.0)  # the loss without it, when it was tried last
    n_steps = n_layer - keep
    n_tries = n_layer + (n_steps - 1) * min(N_CANDIDATES, n_layer)
    done = 0
    try:
        for step in range(n_steps):
            left = sorted((layer for layer in range(n_layer) if layer not in gone), key=missed.__getitem__)
            candidates = left if step == 0 else left[:N_CANDIDATES]
            for layer in candidates:
                model.switch_off((), [*gone, layer])
                missed[layer] = loss(model, ids)
                done += 1
                yield min(done / n_tries, 1.0)
            gone.append(min(candidates, key=lambda layer: (missed[layer], layer)))
    finally:
        model.switch_off((), ())
    return tuple(gone)


def write_without(
    source: Source, gone: Sequence[int], n_layer: int, into: Path
) -> Generator[float, None, None]:
    """Write the model without these layers, the others numbered anew, yielding the fraction done."""
    kept = [layer for layer in range(n_layer) if layer not in gone]
    new = {layer: number for number, layer in enumerate(kept)}
    plan = {}
    for name, described in source.plan().items():
        layer = layer_of(name)
        if layer is None:
            plan[name] = described
        elif layer in new:
            plan[_renumbered(name, layer, new[layer])] = described
    if len(plan) == len(source.plan()):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "Where the layers of this kind of model are is not known."),
            QT_TRANSLATE_NOOP("StudioError", "Choose a GPT-2 or Llama model, or another precision."),
        )
    with WeightsFile(into / "model.safetensors", plan) as file:
        for done, (name, tensor) in enumerate(source.tensors(), 1):
            layer = layer_of(name)
            if layer is None:
                file.put(name, tensor)
            elif layer in new:
                rescaled = _at_new_depth(source, name, tensor, layer, new[layer])
                file.put(_renumbered(name, layer, new[layer]), rescaled)
            yield done / len(source.names)
    write_config(into, _config(source.raw, kept, n_layer))
    source.copy_tokenizer(into)


def _renumbered(name: str, layer: int, new: int) -> str:
    for before in ("h", "layers"):
        name = name.replace(f"{before}.{layer}.", f"{before}.{new}.", 1)
    return name


def _at_new_depth(source: Source, name: str, tensor: Tensor, layer: int, new: int) -> Tensor:
    """Some GPT-2s divide their attention scores by the layer's number: the queries make up for a new one."""
    if not source.is_gpt2 or not source.raw.get("scale_attn_by_inverse_layer_idx") or "c_attn" not in name:
        return tensor
    rescaled = tensor.to(torch.float32)
    rescaled[..., : rescaled.shape[-1] // 3] *= (new + 1) / (layer + 1)
    return rescaled.to(tensor.dtype)


def _config(raw: dict[str, Any], kept: Sequence[int], n_layer: int) -> dict[str, Any]:
    """With as many layers, and what is said of each layer for those alone."""
    config = dict(raw)
    for key in _COUNTS:
        if key in config:
            config[key] = len(kept)
    for key, value in raw.items():
        if "layer" in key and isinstance(value, list) and len(value) == n_layer:
            config[key] = [value[layer] for layer in kept]
    return config
