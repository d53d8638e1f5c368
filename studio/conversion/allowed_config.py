"""What of a stranger's JSON files is kept. Settings that could name code, files or addresses are not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from studio.core.model_files import Weights

_GPT2 = frozenset(
    [
        *("model_type", "architectures", "vocab_size", "n_positions", "n_ctx", "n_embd", "n_layer", "n_head"),
        *(
            "n_inner",
            "activation_function",
            "layer_norm_epsilon",
            "scale_attn_weights",
            "add_cross_attention",
        ),
        *("scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "tie_word_embeddings"),
        *("bos_token_id", "eos_token_id", "pad_token_id", "quantization_config", "initializer_range"),
        *("attn_pdrop", "embd_pdrop", "resid_pdrop"),
    ]
)
"""All that GPT-2 is computed and trained with."""

_TOKENIZER = frozenset(
    [
        *("add_bos_token", "add_eos_token", "add_prefix_space", "clean_up_tokenization_spaces", "legacy"),
        *("bos_token", "eos_token", "unk_token", "pad_token", "cls_token", "sep_token", "mask_token"),
        *("do_basic_tokenize", "do_lower_case", "never_split", "strip_accents", "tokenize_chinese_chars"),
        *("model_max_length", "tokenizer_class"),
    ]
)
_GENERATION = frozenset(["bos_token_id", "eos_token_id", "pad_token_id"])
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}", re.IGNORECASE)
_WORD = re.compile(r"[\w.+-]{0,64}")
_POINTS_TO_CODE = re.compile(r"auto_map|internal|implementation|custom|remote|path|url|token_class|^_")
_DEPTH = 4
_NAMED = 8


def model_config(raw: Mapping[str, Any], weights: Weights) -> tuple[dict[str, Any], list[str]]:
    """A config.json that is safe to keep, and notes on what was changed.

    Of GPT-2, only the settings it has. Of other kinds, whatever is a number, a switch or a word: which
    settings they have, only their own code knows.
    """
    notes = []
    config = dict(raw)
    if not config.get("model_type") and _is_gpt2(config, weights):
        config["model_type"] = "gpt2"
        notes.append("config.json did not say what kind of model it is; its weights are those of a GPT-2.")
    if config.get("model_type") == "gpt2":
        kept = {key: value for key, value in config.items() if key in _GPT2 and _is_plain(value)}
        kept["architectures"] = ["GPT2LMHeadModel"]
    else:
        kept = {
            key: value
            for key, value in config.items()
            if _KEY.fullmatch(key) and not _POINTS_TO_CODE.search(key) and _is_plain(value)
        }
    notes += left_out("config.json", config.keys() - kept.keys())
    if "conversational" in (config.get("task_specific_params") or ()):
        notes.append(
            "A chat model: in the texts it learned from, every turn ends with the end-of-text token. "
            "Insert that token after what you say, and it answers."
        )
    return kept, notes


def tokenizer_config(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A tokenizer_config.json that is safe to keep. A token may be spelled as an object with "content"."""
    plain = {
        key: value["content"] if isinstance(value, dict) and isinstance(value.get("content"), str) else value
        for key, value in raw.items()
        if key in _TOKENIZER
    }
    kept = {key: value for key, value in plain.items() if isinstance(value, str | int | float | bool | None)}
    return kept, left_out("tokenizer_config.json", raw.keys() - kept.keys())


def generation_config(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A generation_config.json that is safe to keep: how to sample is chosen in the window."""
    return {key: value for key, value in raw.items() if key in _GENERATION and _is_plain(value)}


def left_out(file: str, keys: Iterable[str]) -> list[str]:
    """The note on keys that were not kept; none if there were none."""
    names = sorted("".join(c if c.isprintable() else "?" for c in key)[:40] for key in keys)
    if not names:
        return []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [f"Not kept of {file}: {', '.join(names[:_NAMED])}{more}."]


def _is_gpt2(config: Mapping[str, Any], weights: Weights) -> bool:
    named = config.get("architectures") or ["GPT2LMHeadModel"]
    return named in (["GPT2LMHeadModel"], ["GPT2Model"]) and any(
        name.endswith("h.0.attn.c_attn.weight") for name in weights.shapes
    )


def _is_plain(value: object, depth: int = 0) -> bool:
    """A number, a switch, a word that is no path and no address, or a few of these."""
    match value:
        case None | bool() | int() | float():
            return True
        case str():
            return _WORD.fullmatch(value) is not None and ".." not in value
        case list() | dict() if depth >= _DEPTH or len(value) > 10_000:
            return False
        case list():
            return all(_is_plain(item, depth + 1) for item in value)
        case dict():
            return all(
                _WORD.fullmatch(key) and not _POINTS_TO_CODE.search(key) and _is_plain(item, depth + 1)
                for key, item in value.items()
            )
    return False
