"""The checkpoint every engine is converted from, read as numpy arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "int8": 1 + 2 / 32, "int4": 0.5 + 2 / 32}
"""Of a weight; in the last two, groups of 32 share a 16-bit scale."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Sizes and weights; C: n_embd. Matrices are (in, out), as GPT-2 stores them."""

    n_layer: int
    n_head: int
    n_embd: int
    n_inner: int
    n_positions: int
    vocab_size: int
    epsilon: float
    weights: dict[str, Array]

    def layer(self, i: int, name: str) -> tuple[Array, Array]:
        """Weight and bias of a part of a layer."""
        return self.weights[f"h.{i}.{name}.weight"], self.weights[f"h.{i}.{name}.bias"]

    def n_bytes(self, precision: str) -> float:
        """What the weights take at a precision."""
        return BYTES[precision] * sum(array.size for array in self.weights.values())

    def n_bytes_per_token(self, precision: str) -> float:
        """What one token reads of them: all but the positions, of which it needs one."""
        return self.n_bytes(precision) - BYTES[precision] * self.weights["wpe.weight"].size

    def cache_bytes(self, context: float) -> float:
        """What attention reads of a float32 cache for one token after `context` others."""
        return 4.0 * 2 * self.n_layer * self.n_embd * context


def read(folder: Path) -> Checkpoint:
    """A folder in Hugging Face's format, in float32."""
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text("utf-8"))
    weights = {}
    for name, array in load_file(folder / "model.safetensors").items():
        short = name.removeprefix("transformer.")
        if not short.endswith((".attn.bias", ".attn.masked_bias")) and short != "lm_head.weight":
            weights[short] = np.ascontiguousarray(array, np.float32)
    return Checkpoint(
        config["n_layer"],
        config["n_head"],
        config["n_embd"],
        config.get("n_inner") or 4 * config["n_embd"],
        config["n_positions"],
        config["vocab_size"],
        config.get("layer_norm_epsilon", 1e-5),
        weights,
    )
