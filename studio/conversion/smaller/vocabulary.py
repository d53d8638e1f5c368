"""A smaller vocabulary: the single bytes, what a text needs, and the special tokens.

Of byte-level BPE. A token of the text comes about by merges, and each of them makes a token that becomes part
of the next: kept is the whole tree. The merges that remain are those the text was cut up by and some more, in
their order; so the text is cut up as before, and any other text is too, into more pieces.

Ids keep their order, for an id is also a rank. Weights of the tokens that remain are taken over as they are.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from studio.conversion.safetensors_out import cannot_write
from studio.conversion.smaller.source import Source, write_config
from studio.conversion.smaller.weights_file import WeightsFile
from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.other_tokenizer import byte_of_character, load_tokenizer, read_merges

_IDS = (
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
    "unk_token_id",
    "sep_token_id",
    "decoder_start_token_id",
)
_MOST_BYTES = 192  # some vocabularies leave out bytes that no text in UTF-8 has
_TABLES = ("wte.weight", "embed_tokens.weight", "lm_head.weight", "lm_head.bias")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Byte-level BPE as the files have it, before and after."""

    ids: dict[str, int]  # of all but the added tokens
    merges: list[tuple[str, str]]
    added: dict[str, int]  # special and other added tokens


def read_vocabulary(folder: Path) -> Vocabulary:
    """What a folder's files say. StudioError if that is no byte-level BPE."""
    vocab_file, merges_file = (files.regular_file(folder, name) for name in ("vocab.json", "merges.txt"))
    full_file = files.regular_file(folder, "tokenizer.json")
    full = files.read_json(full_file, files.MAX_TOKENIZER_BYTES) if full_file else {}
    try:
        model = full.get("model") or {}
        if vocab_file and merges_file:
            vocab = files.read_json(vocab_file, files.MAX_TOKENIZER_BYTES)
            merges = read_merges(merges_file)
        elif model.get("type") == "BPE":
            vocab = model["vocab"]
            merges = [_pair(merge) for merge in model["merges"]]
        else:
            vocab, merges = {}, []
        added = {str(token["content"]): int(token["id"]) for token in full.get("added_tokens") or ()}
        characters = byte_of_character().keys()
        is_bytes = len(characters & vocab.keys()) >= _MOST_BYTES and all(
            token in added or characters >= set(token) for token in vocab
        )
        sound = all(type(token_id) is int and token_id >= 0 for token_id in vocab.values())
    except (KeyError, TypeError, ValueError, AttributeError):
        is_bytes = sound = False
    if not (is_bytes and sound):
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "This model's vocabulary is not made of bytes and merges, so it cannot be cut."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Make the model smaller in another way."),
        )
    return Vocabulary(dict(vocab), merges, added)


def _pair(merge: Any) -> tuple[str, str]:
    first, second = merge.split(" ") if isinstance(merge, str) else merge  # ValueError for more or fewer
    return str(first), str(second)


def trim_vocabulary(source: Source, text: str, into: Path) -> Generator[float, None, tuple[int, ...]]:
    """Write the model with what `text` needs; yields the fraction done, returns the old ids in order."""
    vocabulary = read_vocabulary(source.folder)
    n_rows = int(source.raw["vocab_size"])
    used = set(load_tokenizer(source.folder, n_rows, None).encode(text).ids)
    yield 0.2
    special = set(vocabulary.added.values()) | set(_named(source.raw))
    kept = needed(vocabulary, used, special, n_rows)
    new = {old: number for number, old in enumerate(kept)}
    plan = {
        name: (dtype, (len(kept), *shape[1:]) if name.endswith(_TABLES) and shape[0] == n_rows else shape)
        for name, (dtype, shape) in source.plan().items()
    }
    rows = torch.tensor(kept)
    with WeightsFile(into / "model.safetensors", plan) as file:
        for done, (name, tensor) in enumerate(source.tensors(), 1):
            file.put(name, tensor[rows] if tuple(tensor.shape) != plan[name][1] else tensor)
            yield 0.2 + 0.7 * done / len(plan)
    write_config(into, _renumbered(source.raw, new) | {"vocab_size": len(kept)})
    source.copy_tokenizer(into)
    try:
        _write_tokenizer(into, vocabulary, new)
    except OSError as error:
        raise cannot_write(into, error) from error
    yield 1.0
    return tuple(kept)


def needed(vocabulary: Vocabulary, used: Iterable[int], special: set[int], n_rows: int) -> list[int]:
    """The ids that stay, in order: bytes, special ones, those used, and all that they are merged from."""
    made_of: dict[str, list[tuple[str, str]]] = {}
    for first, second in vocabulary.merges:
        made_of.setdefault(first + second, []).append((first, second))
    token_of = {token_id: token for token, token_id in vocabulary.ids.items()}
    kept = {token_id for token, token_id in vocabulary.ids.items() if token in byte_of_character()}
    kept |= {token_id for token_id in special if 0 <= token_id < n_rows}
    waiting = [token_of[token_id] for token_id in used if token_id in token_of]
    kept |= {token_id for token_id in used if token_id not in token_of}
    while waiting:
        token = waiting.pop()
        kept.add(vocabulary.ids[token])
        for first, second in made_of.pop(token, ()):
            waiting += [part for part in (first, second) if part in vocabulary.ids]
    return sorted(kept)


def _named(raw: Mapping[str, Any]) -> list[int]:
    """The token ids that a configuration names."""
    found: list[int] = []
    for key in _IDS:
        value = raw.get(key)
        found += [value] if type(value) is int else [one for one in value or () if type(one) is int]
    return found


def _renumbered(raw: Mapping[str, Any], new: Mapping[int, int]) -> dict[str, Any]:
    """A configuration with the new ids; a token that is gone is not named any more."""
    found = dict(raw)
    for key in _IDS:
        value = raw.get(key)
        if type(value) is int:
            found[key] = new.get(value)
        elif isinstance(value, list):
            found[key] = [new[one] for one in value if one in new] or None
    return found


def _write_tokenizer(into: Path, vocabulary: Vocabulary, new: Mapping[int, int]) -> None:
    ids = {token: new[token_id] for token, token_id in vocabulary.ids.items() if token_id in new}
    merges = [
        (first, second)
        for first, second in vocabulary.merges
        if first in ids and second in ids and first + second in ids
    ]
    for name, change in (
        ("vocab.json", lambda _: ids),
        ("tokenizer.json", lambda full: _full(full, ids, merges, new)),
        ("tokenizer_config.json", lambda config: _tokenizer_config(config, new)),
        ("generation_config.json", lambda config: _renumbered(config, new)),
        ("added_tokens.json", lambda added: _by_token(added, new)),
    ):
        path = into / name
        if path.is_file():
            changed = change(files.read_json(path, files.MAX_TOKENIZER_BYTES))
            path.write_text(json.dumps(changed, ensure_ascii=False), encoding="utf-8")
    if (into / "merges.txt").is_file():
        lines = ["#version: 0.2", *(f"{first} {second}" for first, second in merges)]
        (into / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _full(
    full: dict[str, Any], ids: dict[str, int], merges: Sequence[tuple[str, str]], new: Mapping[int, int]
) -> dict[str, Any]:
    """tokenizer.json."""
    as_text = all(isinstance(merge, str) for merge in full["model"]["merges"])
    model = full["model"] | {
        "vocab": ids,
        "merges": [" ".join(pair) if as_text else list(pair) for pair in merges],
    }
    added = [
        token | {"id": new[token["id"]]} for token in full.get("added_tokens") or () if token["id"] in new
    ]
    found = full | {"model": model, "added_tokens": added}
    if isinstance(full.get("post_processor"), dict):
        found["post_processor"] = _special_ids(full["post_processor"], new)
    return found


def _special_ids(value: Any, new: Mapping[int, int]) -> Any:
    """A post-processor with the new ids, which stand under "ids" (TemplateProcessing)."""
    if isinstance(value, dict):
        return {
            key: [new[one] for one in inner if one in new]
            if key == "ids" and isinstance(inner, list)
            else _special_ids(inner, new)
            for key, inner in value.items()
        }
    return [_special_ids(inner, new) for inner in value] if isinstance(value, list) else value


def _tokenizer_config(config: dict[str, Any], new: Mapping[int, int]) -> dict[str, Any]:
    decoder = config.get("added_tokens_decoder")
    if not isinstance(decoder, dict):
        return config
    numbered = {str(new[int(old)]): token for old, token in decoder.items() if int(old) in new}
    return config | {"added_tokens_decoder": numbered}


def _by_token(added: dict[str, Any], new: Mapping[int, int]) -> dict[str, Any]:
    return {token: new[old] for token, old in added.items() if old in new}
