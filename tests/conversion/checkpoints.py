"""Checkpoints as others write them: folders, single files, nanoGPT's, old pickles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from studio.core.gpt2_shape import GPT2Config
from tests.core.tiny import STARTER, TINY, TOKENIZER_FILES, config_json, random_weights

SMALL = GPT2Config(vocab_size=50257, n_positions=48, n_embd=64, n_layer=1, n_head=2, n_inner=256)
"""With the vocabulary of every GPT-2, and two heads where 64 numbers each would be one."""

_TURNED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")


def write_folder(folder: Path, **changes: Any) -> Path:
    """Hugging Face's format."""
    folder.mkdir()
    for name in TOKENIZER_FILES:
        shutil.copy(STARTER / name, folder)
    (folder / "config.json").write_text(json.dumps(config_json(TINY, **changes)), encoding="utf-8")
    save_file(random_weights(TINY), folder / "model.safetensors")
    return folder


def write_old_folder(folder: Path) -> Path:
    """The same with an old pytorch_model.bin: prefixed names, masks, the tied head, no ZIP."""
    write_folder(folder)
    (folder / "model.safetensors").unlink()
    state = {f"transformer.{name}": tensor for name, tensor in random_weights(TINY).items()}
    state["lm_head.weight"] = state["transformer.wte.weight"]
    for i in range(TINY.n_layer):
        state[f"transformer.h.{i}.attn.bias"] = torch.ones(1, 1, 64, 64, dtype=torch.uint8)
        state[f"transformer.h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    return folder


def as_nanogpt(weights: Mapping[str, Tensor], *, padded: int = 0) -> dict[str, Tensor]:
    """A state dict of nanoGPT's, compiled, without biases: matrices (out, in), rows for padding."""
    state = {
        f"_orig_mod.transformer.{name}": tensor.t().contiguous() if name.endswith(_TURNED) else tensor
        for name, tensor in weights.items()
        if not name.endswith("bias")
    }
    embeddings = torch.cat([weights["wte.weight"], torch.ones(padded, weights["wte.weight"].shape[1])])
    state["_orig_mod.transformer.wte.weight"] = state["_orig_mod.lm_head.weight"] = embeddings
    return state


def write_nanogpt(path: Path) -> dict[str, Tensor]:
    """nanoGPT's ckpt.pt, with all that lies beside the weights; returns those, biases zero."""
    weights = {
        name: torch.zeros_like(tensor) if name.endswith("bias") else tensor
        for name, tensor in random_weights(SMALL).items()
    }
    arguments = {"n_layer": 1, "n_head": 2, "n_embd": 64, "block_size": 48, "bias": False,
                 "vocab_size": 50304, "dropout": 0.0}  # fmt: skip
    torch.save(
        {
            "model": as_nanogpt(weights, padded=47),
            "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 1e-3}]},
            "model_args": arguments,
            "iter_num": 7,
            "best_val_loss": torch.tensor(2.5),
            "config": {"out_dir": "out", "wandb_log": False},
        },
        path,
    )
    return weights
