"""An HF folder's tokenizer -> the metadata of a GGUF.

Byte-level BPE with words cut in a way that llama.cpp knows, and SentencePiece's BPE as Llama has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.conversion.gguf_tokenizer import SPLITS
from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.messages import END_OF_TEXT
from studio.core.other_tokenizer import read_merges

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
PIECES = "default"  # llama.cpp's word for vocabularies that cut no text before they merge
_BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")
_TO_MARKS = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
_BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What llama.cpp is told."""

    pre: str  # how texts are cut into words
    tokens: list[str]  # as many as the model has
    types: list[int]
    merges: list[str]
    eos: int | None
    bos: int | None
    add_bos: bool
    scores: list[float]  # of SentencePiece's tokens; none for byte-level BPE
    space_in_front: bool = False  # SentencePiece's too
    unk: int | None = None


def read_vocabulary(folder: Path, n_tokens: int, config: Mapping[str, Any]) -> Vocabulary:
    """The folder's tokenizer. Raises StudioError if it is damaged, or of a kind that llama.cpp does not know.

    `n_tokens`: of the model.
    """
    full_file = files.regular_file(folder, "tokenizer.json")
    full = files.read_json(full_file, files.MAX_TOKENIZER_BYTES) if full_file else {}
    vocab_file, merges_file = (files.regular_file(folder, name) for name in ("vocab.json", "merges.txt"))
    added: dict[int, tuple[str, bool]] = {}
    pre, add_bos, unknown, in_front = "gpt-2", False, None, False
    try:
        if full:
            model = full["model"]
            vocab = dict(model["vocab"]) if model["type"] == "BPE" else {}
            pairs = [line.split(" ", 1) if isinstance(line, str) else line for line in model["merges"]]
            merges = [(str(first), str(second)) for first, second in pairs]
            in_front = {"type": "Prepend", "prepend": "▁"} in _normalizers(full)
            pre = PIECES if _is_pieces(full) else _pre(full)
            unknown = model.get("unk_token")
            added = {
                token["id"]: (str(token["content"]), token.get("special") is True)
                for token in full.get("added_tokens") or []
            }
            first_step = ((full.get("post_processor") or {}).get("single") or [{}])[0]
            add_bos = "SpecialToken" in first_step
        elif vocab_file and merges_file:
            vocab = files.read_json(vocab_file, files.MAX_TOKENIZER_BYTES)
            merges = read_merges(merges_file)
        else:
            vocab, merges = {}, []
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise _not_known() from error
    if (
        not vocab
        or not pre
        or any(type(i) is not int or not 0 <= i < n_tokens for i in (*vocab.values(), *added))
    ):
        raise _not_known()
    tokens = [f"[PAD{i}]" for i in range(n_tokens)]
    types = [UNUSED] * n_tokens
    for token, i in vocab.items():
        tokens[i], types[i] = token, NORMAL
    for i, (token, special) in added.items():
        tokens[i], types[i] = token, CONTROL if special else USER_DEFINED
    eos, bos = (_id(config.get(key), n_tokens) for key in ("eos_token_id", "bos_token_id"))
    if eos is None:
        eos = vocab.get(END_OF_TEXT)
    for i in (eos, bos):
        if i is not None:
            types[i] = CONTROL
    lines = [f"{first} {second}" for first, second in merges]
    add_bos = add_bos and bos is not None
    if pre != PIECES:
        return Vocabulary(pre, tokens, types, lines, eos, bos, add_bos, [])
    for token, i in vocab.items():
        if _BYTE_TOKEN.fullmatch(token):
            types[i] = BYTE
        elif token == unknown:
            types[i] = UNKNOWN
    scores = _scores(tokens, types, merges)
    return Vocabulary(pre, tokens, types, [], eos, bos, add_bos, scores, in_front, vocab.get(unknown or ""))


def _scores(tokens: list[str], types: list[int], merges: list[tuple[str, str]]) -> list[float]:
    """What makes SentencePiece merge in this order. StudioError if nothing does.

    It merges whatever makes a token, the best first: so no such pair may be missing from `merges`, and those
    that make the same token must follow each other.
    """
    score: dict[str, float] = {}
    before = ""
    for rank, (first, second) in enumerate(merges):
        made = first + second
        if made != before and made in score:
            raise _not_known()
        score.setdefault(made, -float(rank))
        before = made
    normal = {token for token, kind in zip(tokens, types, strict=True) if kind == NORMAL}
    n_pairs = sum(
        token[:at] in normal and token[at:] in normal for token in normal for at in range(1, len(token))
    )
    if n_pairs != len(set(merges)):
        raise _not_known()
    return [score.get(token, 0.0) for token in tokens]


def _normalizers(full: Mapping[str, Any]) -> list[dict[str, Any]]:
    normalizer = full.get("normalizer") or {}
    found: list[dict[str, Any]] = (
        normalizer["normalizers"] if normalizer.get("type") == "Sequence" else [normalizer]
    )
    return found


def _is_pieces(full: Mapping[str, Any]) -> bool:
    """Whether tokenizer.json is SentencePiece's BPE as we and others write it for Llama."""
    others = [step for step in _normalizers(full) if step != {"type": "Prepend", "prepend": "▁"}]
    return (
        full.get("pre_tokenizer") is None and others == [_TO_MARKS] and full["model"]["byte_fallback"] is True
    )


def _pre(full: Mapping[str, Any]) -> str:
    """llama.cpp's name for how tokenizer.json cuts texts into words; "" if it has none."""
    steps = full.get("pre_tokenizer") or {}
    steps = steps["pretokenizers"] if steps.get("type") == "Sequence" else [steps]
    normalizer = (full.get("normalizer") or {}).get("type")
    *before, last = steps
    if any(last.get(key) != value for key, value in _BYTE_LEVEL.items()):
        return ""
    by_itself = last.get("use_regex", True) is True
    if normalizer is None and by_itself and not before:
        return "gpt-2"
    if len(before) != 1:
        return ""
    if normalizer is None and by_itself and before[0] == {"type": "Digits", "individual_digits": True}:
        return "smollm"
    pattern = (before[0].get("pattern") or {}).get("Regex", "")
    if by_itself or before[0].get("behavior") != "Isolated":
        return ""
    if pattern == SPLITS["llama-bpe"] and normalizer is None:
        return "llama-bpe"
    return "qwen2" if pattern == SPLITS["qwen2"] and normalizer == "NFC" else ""


def _id(value: object, n_tokens: int) -> int | None:
    if isinstance(value, list) and value:
        value = value[0]
    return value if type(value) is int and 0 <= value < n_tokens else None


def _not_known() -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The tokenizer of this model cannot be written into a GGUF file."),
        QT_TRANSLATE_NOOP("StudioError", "Export the model as a folder instead."),
    )
