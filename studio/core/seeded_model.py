"""A model of GPT-2's smallest size made of random numbers: as much work as the real one, and never in a file
that has to be fetched.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

CONFIG: dict[str, Any] = {
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


def write_seeded(folder: Path, seed: int, vocabulary: Path, merges: Path) -> Path:
    """Write the model (0.5 GB) into a folder, the weights spread as they are before training.

    `vocabulary` and `merges` are GPT-2's. Raises OSError.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    c, layers = CONFIG["n_embd"], CONFIG["n_layer"]

    def random(*shape: int) -> np.ndarray[Any, Any]:
        return (0.02 * chance.standard_normal(shape, np.float32)).astype(np.float32)

    weights = {"wte.weight": random(CONFIG["vocab_size"], c), "wpe.weight": random(CONFIG["n_positions"], c)}
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
    (folder / "config.json").write_text(json.dumps(CONFIG), "utf-8")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder
