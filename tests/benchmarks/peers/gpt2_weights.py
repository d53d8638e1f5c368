"""The checkpoint every engine is converted from: made of seeded random numbers, read as numpy arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

SMALL = {
    "model_type": "gpt2",
    "architectures": ["GPT2LMHeadModel"],
    "vocab_size": 50257,
    "n_positions": 1024,
    "n_ctx": 1024,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_inner": None,
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "tie_word_embeddings": True,
    "bos_token_id": 50256,
    "eos_token_id": 50256,
}
"""GPT-2 with 124M weights."""

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


def write_seeded(folder: Path, seed: int, vocabulary: Path, merges: Path) -> Path:
    """Write GPT-2's smallest size with random weights, spread as they are before training."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    c, layers = 768, 12

    def random(*shape: int) -> Array:
        return (0.02 * chance.standard_normal(shape, np.float32)).astype(np.float32)

    weights = {"wte.weight": random(50257, c), "wpe.weight": random(1024, c)}
    for i in range(layers):
        for name, n_in, n_out in (
            ("attn.c_attn", c, 3 * c),
            ("attn.c_proj", c, c),
            ("mlp.c_fc", c, 4 * c),
            ("mlp.c_proj", 4 * c, c),
        ):
            weights[f"h.{i}.{name}.weight"] = random(n_in, n_out)
            weights[f"h.{i}.{name}.bias"] = random(n_out)
    for name in ("ln_f", *(f"h.{i}.ln_{k}" for i in range(layers) for k in (1, 2))):
        weights[f"{name}.weight"] = np.ones(c, np.float32)
        weights[f"{name}.bias"] = random(c)
    (folder / "vocab.json").write_bytes(vocabulary.read_bytes())
    (folder / "merges.txt").write_bytes(merges.read_bytes())
    (folder / "config.json").write_text(json.dumps(SMALL), "utf-8")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder
