"""A small random model, the same each time, with the starter model's tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.core.compiled import CompiledGPT2
from studio.core.model import GPT2, GPT2Config
from studio.core.packed_weights import PackedWeights
from studio.kernels.library import kernels

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
STARTER = RESOURCES / "models" / "starter"
TOKENIZER_FILES = ("vocab.json", "merges.txt")

TINY = GPT2Config(vocab_size=4096, n_positions=64, n_embd=32, n_layer=2, n_head=4, n_inner=128)


def random_weights(config: GPT2Config, seed: int = 0, std: float = 0.3) -> dict[str, Tensor]:
    """Seeded weights under our own names; wide enough apart that the model has opinions."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(shape, generator=generator) * std
        + (1.0 if "ln_" in name and name.endswith("weight") else 0)
        for name, shape in config.shapes().items()
    }


def config_json(config: GPT2Config, **changes: Any) -> dict[str, Any]:
    """The config.json of a random model with the starter's tokenizer, with `changes`."""
    return {
        "model_type": "gpt2",
        "vocab_size": config.vocab_size,
        "n_positions": config.n_positions,
        "n_embd": config.n_embd,
        "n_layer": config.n_layer,
        "n_head": config.n_head,
        "n_inner": config.n_inner,
        "activation_function": config.activation_function,
        "tie_word_embeddings": config.tie_word_embeddings,
        "eos_token_id": 0,
    } | changes


def as_loaded(config: GPT2Config, weights: dict[str, Tensor], precision: str = "float32") -> GPT2:
    """The model that loading such a checkpoint gives on this computer."""
    lib = kernels()
    if lib is None:
        return GPT2(config, weights, torch.device("cpu"))
    packed = PackedWeights(lib, config, precision)
    for name, tensor in weights.items():
        packed.put(name, tensor)
    return CompiledGPT2(packed)
