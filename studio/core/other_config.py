"""config.json of a model that is not GPT-2 -> transformers' configuration, or why it cannot have one.

Nothing is believed: what could run other code is dropped, and before anything is allocated it is made sure
that the file holds about as many numbers as the configuration describes. What is missing in a file,
transformers would otherwise make up, in any size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model_files import Weights

_LAYERS = re.compile(r"layers?$|^n_layer|depth|attention_types")
_EXPERTS = re.compile(r"experts")
_SIZES = re.compile(
    r"^n_|^num_|_num_|size|dim|heads?$|inner|positions?|embeddings?$|seq_len|^d_|window|width|rank"
)
_N_LAYERS = frozenset(["num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers"])
_WIDTHS = frozenset(["hidden_size", "n_embd", "d_model"])
_MAX_SIZE = 1 << 24
_MAX_LAYERS = 1024
_MAX_EXPERTS = 4096
_NOT_A_SETTING = ("auto_map", "attn_implementation", "experts_implementation", "transformers_version")
_ROOM = 2
"""So many times as many numbers as the file's a model may have: some share them, or make them up."""


def safe_config(raw: Mapping[str, Any], weights: Weights) -> Any:
    """Build the configuration object of a config.json, without what could make transformers run other code.

    Internal settings (leading underscore) and pointers to code are dropped, sizes are checked before anything
    is allocated, or imported. StudioError if the model is of no known kind.
    """
    _check_roughly(raw, weights)
    if raw.get("quantization_config") is not None:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This model is quantized, which is not supported."),
            QT_TRANSLATE_NOOP("StudioError", "Choose a version of the model that is not quantized."),
        )
    allowed = {
        key: value
        for key, value in raw.items()
        if not key.startswith("_") and "_internal" not in key and key not in _NOT_A_SETTING
    }
    model_type = str(allowed.pop("model_type", ""))
    import transformers  # takes seconds

    try:
        config = transformers.AutoConfig.for_model(model_type, **allowed)
    except Exception as error:  # each model's configuration validates in its own way
        raise unsupported(model_type) from error
    if type(config) not in transformers.AutoModelForCausalLM._model_mapping:
        raise unsupported(model_type)
    return config


def _check_roughly(raw: Mapping[str, Any], weights: Weights) -> None:
    """What can be told of the sizes at once: none is absurd, and the files hold that many layers so wide."""
    for key, value in _numbers(raw):
        limit = _MAX_LAYERS if _LAYERS.search(key) else _MAX_SIZE
        if not 0 <= value <= (_MAX_EXPERTS if _EXPERTS.search(key) else limit):
            raise _impossible(key, value)
    n_layers = max((value for key, value in _numbers(raw) if key in _N_LAYERS), default=0)
    if not n_layers:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "config.json does not say how many layers the model has."),
            QT_TRANSLATE_NOOP("StudioError", "Use the config.json that belongs to these weights."),
        )
    if n_layers > len(weights.shapes):
        raise _impossible("num_hidden_layers", n_layers)
    width = max((value for key, value in _numbers(raw) if key in _WIDTHS), default=0)
    if n_layers * width**2 > _ROOM * _held(weights):  # every layer has a square of that side, and more
        raise _impossible("hidden_size", width)


def _held(weights: Weights) -> int:
    return sum(prod(shape) for shape in weights.shapes.values())


def check_size(config: Any, weights: Weights) -> None:
    """Raise StudioError if the configuration describes a model that cannot be in these files.

    The model is built without its numbers (on torch's "meta" device), once it has no more layers than the
    files have tensors.
    """
    import torch
    import transformers

    text_config = config.get_text_config()
    n_layers = getattr(text_config, "num_hidden_layers", 0)
    if type(n_layers) is not int or n_layers > len(weights.shapes):
        raise _impossible("num_hidden_layers", n_layers)
    auto: Any = transformers.AutoModelForCausalLM
    try:
        with torch.device("meta"):
            model = auto.from_config(config, trust_remote_code=False)
        described = sum(parameter.numel() for parameter in model.parameters())
    except Exception as error:  # whatever such a configuration trips over
        raise unsupported(str(config.model_type)) from error
    held = _held(weights)
    if described > _ROOM * held:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "config.json describes {described} million numbers, but the files hold {held} million.",
            ),
            QT_TRANSLATE_NOOP("StudioError", "Use the config.json that belongs to these weights."),
            described=f"{described / 1e6:,.1f}",
            held=f"{held / 1e6:,.1f}",
        )


def unsupported(kind: str) -> StudioError:
    """What is said of a kind of model that cannot be had."""
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "Models of the kind “{kind}” are not supported."),
        QT_TRANSLATE_NOOP("StudioError", "Choose a GPT-2 model or another causal language model."),
        kind="".join(c if c.isprintable() else "?" for c in kind[:60]),
    )


def _numbers(value: object, key: str = "") -> Iterator[tuple[str, int]]:
    """Every size in a config.json, wherever it is, with its name."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _numbers(item, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, key)
    elif type(value) is int and (_SIZES.search(key) or _LAYERS.search(key) or _EXPERTS.search(key)):
        yield key, value


def _impossible(key: str, value: object) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "config.json says {key} = {value}, which cannot be."),
        QT_TRANSLATE_NOOP("StudioError", "Use the config.json that belongs to these weights."),
        key="".join(c if c.isprintable() else "?" for c in key[:60]),
        value=str(value)[:40],
    )
