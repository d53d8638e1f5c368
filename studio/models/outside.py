"""What a model folder says from the outside: config.json, file sizes, headers; the weights are not read."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, Sentence, StudioError
from studio.models.records import ShelfModel

_PRECISIONS = {
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F64": "float64",
    "I8": "int8",
    "U8": "int4",
}


def look_at(folder: Path) -> ShelfModel:
    """A ShelfModel with what the folder tells; `trouble` says why it cannot be loaded, if so."""
    nothing = ShelfModel("", folder.name, folder, False, "", 0, "", 0, 0, 0, "", "", "")
    try:
        path = files.regular_file(folder, "config.json")
        config = files.read_json(path, files.MAX_CONFIG_BYTES) if path else {}
        weights = files.find_weights(folder)
        bits = files.stored_bits(config)
        n_bytes = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    except StudioError as error:
        why = Sentence(error.templates[0], error.values)
        return replace(nothing, trouble=str(why), why=why)
    except OSError as error:
        template = QT_TRANSLATE_NOOP("StudioError", "The folder “{folder}” is not there any more ({reason}).")
        why = Sentence(template, (("folder", str(folder)), ("reason", error.strerror or "")))
        return replace(nothing, trouble=str(why), why=why)
    counts: dict[str, int] = {}
    for name, shape in weights.shapes.items():
        dtype = weights.dtypes[name]
        n = prod(shape) * (2 if bits and dtype == "U8" else 1)  # two codes a byte
        counts[dtype] = counts.get(dtype, 0) + (0 if bits and name.endswith((".scales", ".offsets")) else n)
    most = {8: "I8", 4: "U8"}.get(bits) or max(counts, key=counts.__getitem__, default="")
    return replace(
        nothing,
        architecture=_word(config, "model_type"),
        n_parameters=sum(counts.values()),
        precision=_PRECISIONS.get(most, most.lower()),
        n_bytes=n_bytes,
        n_positions=_number(config, "n_positions", "n_ctx", "max_position_embeddings"),
        vocab_size=_number(config, "vocab_size"),
        tokenizer=_tokenizer(folder),
        n_cached=_cached(config),
    )


def _cached(config: dict[str, Any]) -> int:
    """Keys and values of one token, in all layers. Some models have fewer heads for them than for looking."""
    n_layer, n_embd = (
        _number(config, "n_layer", "num_hidden_layers", "num_layers"),
        _number(config, "n_embd", "hidden_size"),
    )
    n_head = _number(config, "n_head", "num_attention_heads", "num_heads") or 1
    width = _number(config, "head_dim") or n_embd // n_head
    return 2 * n_layer * width * (_number(config, "num_key_value_heads") or n_head)


def _tokenizer(folder: Path) -> str:
    """The kind of tokenizer, by the files that are there."""
    if (folder / "merges.txt").is_file():
        return "byte-level BPE"
    if (folder / "vocab.txt").is_file():
        return "WordPiece"
    if (folder / "tokenizer.model").is_file() or (folder / "spiece.model").is_file():
        return "SentencePiece"
    return "tokenizer.json" if (folder / "tokenizer.json").is_file() else ""


def _number(config: dict[str, Any], *keys: str) -> int:
    for key in keys:
        if type(value := config.get(key)) is int and 0 < value < 1 << 32:
            return value
    return 0


def _word(config: dict[str, Any], key: str) -> str:
    value = config.get(key)
    return value[:40] if isinstance(value, str) else ""
