"""The config.json of a GPT-2 whose file holds nothing but weights: their shapes tell the sizes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.shelf import clean_name

Shapes = Mapping[str, tuple[int, ...]]

_HEAD_SIZE = 64  # of every GPT-2 that OpenAI published
_LAYER = re.compile(r"h\.(\d{1,4})\.")
_PREFIXES = ("module.", "_orig_mod.", "model.transformer.", "transformer.")


def plain_name(name: str) -> str:
    """A weight's name without what wrappers put in front: torch.compile, DataParallel, the model's class."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return "lm_head.weight" if name == "lm_head.decoder.weight" else name  # DialoGPT's first files


def is_gpt2(shapes: Shapes) -> bool:
    """Whether these are a GPT-2's weights, by their plain names."""
    return all(
        len(shapes.get(name, ())) == 2 for name in ("wte.weight", "wpe.weight", "h.0.attn.c_attn.weight")
    )


def is_transposed(shapes: Shapes) -> bool:
    """Whether the matrices lie the other way, as nanoGPT has them: (out, in)."""
    rows, columns = shapes["h.0.attn.c_attn.weight"]
    return rows == 3 * columns


def sizes(shapes: Shapes, told: Mapping[str, Any], file: str) -> tuple[dict[str, Any], list[str]]:
    """config.json for weights of these plain names and shapes, and notes on what was assumed.

    `told`: what the file says beside them, such as n_head. StudioError for what is no GPT-2.
    """
    if not is_gpt2(shapes):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{name}” holds weights, but not those of a GPT-2."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Put the model's config.json beside it, then choose the folder."
            ),
            name=clean_name(file),
        )
    vocab_size, n_embd = shapes["wte.weight"]
    notes = []
    n_head = told.get("n_head")
    if not (type(n_head) is int and n_head > 0 and n_embd % n_head == 0):
        if n_embd % _HEAD_SIZE:
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError", "“{name}” does not say how many attention heads the model has."
                ),
                QT_TRANSLATE_NOOP(
                    "StudioError", "Put the model's config.json beside it, then choose the folder."
                ),
                name=clean_name(file),
            )
        n_head = n_embd // _HEAD_SIZE
        notes.append(
            f"The file does not say how many attention heads there are; {n_head} were assumed, "
            f"{_HEAD_SIZE} numbers each, as in every GPT-2 of OpenAI's."
        )
    layers = {int(match[1]) for name in shapes if (match := _LAYER.match(name))}
    inner = shapes.get("h.0.mlp.c_fc.bias", (4 * n_embd,))
    if not shapes.get("h.0.mlp.c_fc.bias") and len(matrix := shapes.get("h.0.mlp.c_fc.weight", ())) == 2:
        inner = (matrix[0 if is_transposed(shapes) else 1],)
    config = {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": vocab_size,
        "n_positions": shapes["wpe.weight"][0],
        "n_embd": n_embd,
        "n_layer": max(layers) + 1,
        "n_head": n_head,
        "n_inner": inner[0],
        "activation_function": "gelu" if is_transposed(shapes) else "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "tie_word_embeddings": True,
    }
    return config, notes
