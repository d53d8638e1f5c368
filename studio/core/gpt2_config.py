"""config.json and the weights' names -> what our own forward pass needs, or why it cannot have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.gpt2_shape import GPT2Config
from studio.core.model_files import Weights, stored_bits

_BUFFERS = (".attn.bias", ".attn.masked_bias")  # causal masks that older checkpoints carry along
_CHOOSE_ANOTHER = QT_TRANSLATE_NOOP("StudioError", "Choose another model.")
_OTHER_CONFIG = QT_TRANSLATE_NOOP("StudioError", "Use the config.json that belongs to these weights.")


def gpt2_config(raw: Mapping[str, Any]) -> GPT2Config:
    """Take the keys we know out of a config.json, each within sane limits, before anything is allocated."""

    def number(key: str, default: int, limit: int) -> int:
        value = raw.get(key)
        value = default if value is None else value
        if type(value) is not int or not 1 <= value <= limit:
            raise _impossible(key, value)
        return value

    def flag(key: str, *, default: bool) -> bool:
        value = raw.get(key, default)
        if type(value) is not bool:
            raise _impossible(key, value)
        return value

    stored_bits(raw)
    if flag("add_cross_attention", default=False):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "A GPT-2 with cross-attention is not supported."),
            _CHOOSE_ANOTHER,
        )
    n_embd = number("n_embd", 768, 65_536)
    n_head = number("n_head", 12, 1024)
    if n_embd % n_head:
        raise _impossible("n_head", n_head)
    epsilon = raw.get("layer_norm_epsilon", 1e-5)
    if type(epsilon) not in {int, float} or not 0 < epsilon < 1:
        raise _impossible("layer_norm_epsilon", epsilon)
    flag("reorder_and_upcast_attn", default=False)  # in float32 it changes nothing
    return GPT2Config(
        vocab_size=number("vocab_size", 50_257, 1 << 22),
        n_positions=number("n_positions", number("n_ctx", 1024, 1 << 20), 1 << 20),
        n_embd=n_embd,
        n_layer=number("n_layer", 12, 1024),
        n_head=n_head,
        n_inner=number("n_inner", 4 * n_embd, 1 << 20),
        activation_function=raw.get("activation_function", "gelu_new"),
        layer_norm_epsilon=float(epsilon),
        scale_attn_weights=flag("scale_attn_weights", default=True),
        scale_attn_by_inverse_layer_idx=flag("scale_attn_by_inverse_layer_idx", default=False),
        tie_word_embeddings=flag("tie_word_embeddings", default=True),
    )


def match_names(config: GPT2Config, weights: Weights, bits: int = 0) -> dict[str, str]:
    """Our name -> the file's, for every weight; some files say "transformer.h.0..." and some "h.0...".

    `bits` as `stored_bits` gives them. StudioError unless the file holds exactly the weights that the
    configuration describes, in its shapes.
    """
    names = {
        name.removeprefix("transformer."): name for name in weights.shapes if not name.endswith(_BUFFERS)
    }
    if config.tie_word_embeddings:
        names.pop("lm_head.weight", None)  # a copy of wte
    expected = config.shapes()
    if bits:
        from studio.core.quantised import fits, stored_shapes  # and torch with it

        expected = stored_shapes(config, bits)
    for name, shape in expected.items():
        if name not in names:
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "The weights lack “{name}”, which config.json promises."),
                _OTHER_CONFIG,
                name=name,
            )
        actual = weights.shapes[names[name]]
        if actual != shape:
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError", "“{name}” has the shape {actual}, but config.json says {shape}."
                ),
                _OTHER_CONFIG,
                name=name,
                actual=list(actual),
                shape=list(shape),
            )
        if bits and not fits(name, weights.dtypes[names[name]]):
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "The weights “{theirs}” are stored as {tensor}, which this model cannot use.",
                ),
                _OTHER_CONFIG,
                theirs=name,
                tensor=weights.dtypes[names[name]],
            )
    if surplus := sorted(names.keys() - expected.keys()):
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "The weights hold “{name}”, which is no part of the GPT-2 that config.json describes.",
            ),
            _OTHER_CONFIG,
            name=surplus[0],
        )
    return {name: names[name] for name in expected}


def _impossible(key: str, value: object) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "config.json says {key} = {value}, which cannot be."),
        _OTHER_CONFIG,
        key=key,
        value=str(value)[:40],
    )
