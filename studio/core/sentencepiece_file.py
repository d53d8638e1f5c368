"""SentencePiece's own file (tokenizer.model) -> a tokenizer of Hugging Face's, without its library.

The file is a protocol buffer: pieces with scores, and how texts are prepared. Kudo & Richardson, 2018.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

if TYPE_CHECKING:
    import tokenizers

SENTENCEPIECE_FILES = ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model")

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6  # kinds of pieces
_UNIGRAM, _BPE = 1, 2
_SPACE = "▁"
_MAX_PIECES = 1 << 21


@dataclass
class _Model:
    """What the file says; other fields have no say in how a text is cut."""

    pieces: list[tuple[str, float, int]] = field(default_factory=list)  # text, score, kind
    kind: int = _UNIGRAM
    characters: bytes = b""  # a table of replacements
    prefix: bool = True  # a space before every text
    one_space: bool = True  # several become one
    escaped: bool = True  # a space is written as "▁"


def open_sentencepiece(path: Path) -> tokenizers.Tokenizer:
    """Read a tokenizer.model. StudioError for what is none, or of a kind that is not known (words)."""
    try:
        if path.stat().st_size > files.MAX_TOKENIZER_BYTES:
            raise ValueError(path)
        model = _read(path.read_bytes())
        return _tokenizer(model)
    except StudioError:
        raise
    except OSError as error:
        raise files.unreadable(path, error) from error
    except Exception as error:  # struct, UTF-8, and what tokenizers raises
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{name}” is no SentencePiece tokenizer that can be read here."),
            QT_TRANSLATE_NOOP("StudioError", "Put the model's tokenizer.json into its folder."),
            name=path.name,
        ) from error


def _tokenizer(model: _Model) -> tokenizers.Tokenizer:
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers

    texts = [text for text, _, _ in model.pieces]
    if len(set(texts)) < len(texts) or not model.escaped or model.kind not in (_UNIGRAM, _BPE):
        raise ValueError(model.kind)
    kinds = [kind for _, _, kind in model.pieces]
    unknown = kinds.index(UNKNOWN)
    by_bytes = BYTE in kinds
    if model.kind == _UNIGRAM:
        scored = [(text, score) for text, score, _ in model.pieces]
        core: models.Model = models.Unigram(scored, unknown, by_bytes)
    else:
        vocab = {text: k for k, text in enumerate(texts)}
        core = models.BPE(
            vocab, _merges(model, vocab), unk_token=texts[unknown], fuse_unk=True, byte_fallback=by_bytes
        )
    tokenizer = tokenizers.Tokenizer(core)
    steps: list[normalizers.Normalizer] = []
    if model.characters:
        steps.append(normalizers.Precompiled(model.characters))
    if model.one_space:
        steps += [normalizers.Strip(), normalizers.Replace(tokenizers.Regex(" {2,}"), " ")]
    if model.prefix:
        steps.append(normalizers.Prepend(_SPACE))
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", _SPACE)])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(_SPACE, "never", split=model.kind == _UNIGRAM)
    tokenizer.decoder = decoders.Metaspace(_SPACE, "always" if model.prefix else "never")
    special = [text for text, _, kind in model.pieces if kind in (UNKNOWN, CONTROL)]
    tokenizer.add_special_tokens(
        [tokenizers.AddedToken(text, special=True, normalized=False) for text in special]
    )
    own = [text for text, _, kind in model.pieces if kind == USER_DEFINED]
    tokenizer.add_tokens([tokenizers.AddedToken(text, normalized=False) for text in own])
    return tokenizer


def _merges(model: _Model, vocab: dict[str, int]) -> list[tuple[str, str]]:
    """Every way to put a piece together from two others, the best piece first, as SentencePiece would."""
    found = []
    for text, score, kind in model.pieces:
        if kind != NORMAL:
            continue
        pairs = [(text[:k], text[k:]) for k in range(1, len(text)) if text[:k] in vocab and text[k:] in vocab]
        pairs.sort(key=lambda pair: (vocab[pair[0]], vocab[pair[1]]))
        found += [(-score, vocab[text], pair) for pair in pairs]
    found.sort(key=lambda one: one[:2])
    return [pair for _, _, pair in found]


def _read(raw: bytes) -> _Model:
    model = _Model()
    for number, value in _fields(raw):
        if number == 1 and isinstance(value, bytes):
            model.pieces.append(_piece(value))
            if len(model.pieces) > _MAX_PIECES:
                raise ValueError(len(model.pieces))
        elif number == 2 and isinstance(value, bytes):
            model.kind = next((v for n, v in _fields(value) if n == 3 and isinstance(v, int)), _UNIGRAM)
        elif number == 3 and isinstance(value, bytes):
            for n, said in _fields(value):
                if n == 2 and isinstance(said, bytes):
                    model.characters = said
                elif n == 3:
                    model.prefix = bool(said)
                elif n == 4:
                    model.one_space = bool(said)
                elif n == 5:
                    model.escaped = bool(said)
    return model


def _piece(raw: bytes) -> tuple[str, float, int]:
    text, score, kind = "", 0.0, NORMAL
    for number, value in _fields(raw):
        if number == 1 and isinstance(value, bytes):
            text = value.decode("utf-8")
        elif number == 2 and isinstance(value, float):
            score = value
        elif number == 3 and isinstance(value, int):
            kind = value
    return text, score, kind


def _fields(raw: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """The fields of a protocol buffer's message, in order. ValueError where there is none."""
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(raw, at)
            yield number, value
            continue
        n = {1: 8, 5: 4}.get(wire, -1)
        if wire == 2:
            n, at = _varint(raw, at)
        if n < 0 or at + n > len(raw):
            raise ValueError(wire)
        part = raw[at : at + n]
        at += n
        yield number, struct.unpack("<f", part)[0] if wire == 5 else part


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(raw):
            break
        value |= (raw[at] & 0x7F) << shift
        at += 1
        if not raw[at - 1] & 0x80:
            return value, at
    raise ValueError(at)
