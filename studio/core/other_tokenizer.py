"""Which tokenizer a checkpoint folder needs; and Hugging Face's, for vocabularies not of GPT-2's kind."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.messages import END_OF_TEXT
from studio.core.sentencepiece_file import SENTENCEPIECE_FILES, open_sentencepiece
from studio.core.tokenizer import BytePairTokenizer, Chunk, Encoded, Tokenizer, clean_text, split_special
from studio.core.word_pieces import open_word_pieces, spelt

if TYPE_CHECKING:
    import tokenizers

_BYTE_FALLBACK = re.compile(r"<0x([0-9A-F]{2})>")
_REMEMBERED_TEXTS = 8


def byte_of_character() -> dict[str, int]:
    """GPT-2's spelling of bytes as printable characters, read backwards: "Ġ" is the space."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


_BYTE_OF = byte_of_character()
_AS_LATIN_1 = str.maketrans({character: chr(byte) for character, byte in _BYTE_OF.items()})


def load_tokenizer(folder: Path, vocab_size: int, end_of_text_id: int | None) -> Tokenizer:
    """The tokenizer of a folder: from vocab.json and merges.txt where that is exact, else tokenizer.json.

    `end_of_text_id` as config.json has it. StudioError if there is none, or if it does not fit the model.
    """
    vocab_file = files.regular_file(folder, "vocab.json")
    merges_file = files.regular_file(folder, "merges.txt")
    full_file = files.regular_file(folder, "tokenizer.json")
    full = files.read_json(full_file, files.MAX_TOKENIZER_BYTES) if full_file else None
    tokenizer: Tokenizer | None = None
    if vocab_file and merges_file and _is_plain_gpt2(folder, full):
        vocab = files.read_json(vocab_file, files.MAX_TOKENIZER_BYTES)
        merges = read_merges(merges_file)
        _check_ids(vocab, vocab_size)
        tokenizer = _byte_pairs(vocab, merges, _added_tokens(full), end_of_text_id)
    if tokenizer is None:
        backend = _open(full_file) if full_file else _open_other(folder)
        if backend is not None:
            tokenizer = HuggingFaceTokenizer(backend, end_of_text_id)
            if tokenizer.n_tokens > vocab_size:
                raise _too_large(tokenizer.n_tokens - 1, vocab_size)
    if tokenizer is None:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "There is no tokenizer: no tokenizer.json, and no usable vocab.json with merges.txt.",
            ),
            QT_TRANSLATE_NOOP("StudioError", "Copy the tokenizer's files into the model's folder."),
        )
    return tokenizer


def _open_other(folder: Path) -> tokenizers.Tokenizer | None:
    """From SentencePiece's file or BERT's, where there is no tokenizer.json; None if there is neither."""
    for name in SENTENCEPIECE_FILES:
        if file := files.regular_file(folder, name):
            return open_sentencepiece(file)
    if file := files.regular_file(folder, "vocab.txt"):
        config_file = files.regular_file(folder, "tokenizer_config.json")
        config = files.read_json(config_file, files.MAX_TOKENIZER_BYTES) if config_file else {}
        return open_word_pieces(file, config)
    return None


def _is_plain_gpt2(folder: Path, full: dict[str, Any] | None) -> bool:
    """Whether tokenizer.json, if any, only says what vocab.json and merges.txt say as well."""
    config_file = files.regular_file(folder, "tokenizer_config.json")
    config = files.read_json(config_file, files.MAX_TOKENIZER_BYTES) if config_file else {}
    if config.get("add_prefix_space") or config.get("add_bos_token"):
        return False
    if full is None:
        return True
    split = full.get("pre_tokenizer")
    added = full.get("added_tokens") or []
    return (
        full.get("normalizer") is None
        and isinstance(split, dict)
        and split.get("type") == "ByteLevel"
        and not split.get("add_prefix_space")
        and split.get("use_regex", True) is True
        and all(isinstance(token, dict) and token.get("special") for token in added)
    )


def _added_tokens(full: dict[str, Any] | None) -> dict[int, str]:
    added = (full or {}).get("added_tokens") or []
    return {
        token["id"]: token["content"]
        for token in added
        if type(token.get("id")) is int and token.get("content")
    }


def read_merges(path: Path) -> list[tuple[str, str]]:
    """The pairs of a merges.txt, in order. Raises StudioError."""
    try:
        if path.stat().st_size > files.MAX_TOKENIZER_BYTES:
            raise ValueError(path)
        lines = path.read_text("utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“merges.txt” could not be read."),
            QT_TRANSLATE_NOOP("StudioError", "Copy or download the model again."),
        ) from error
    pairs = (line.rstrip("\r").split(" ") for line in lines if line and not line.startswith("#version"))
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def _byte_pairs(
    vocab: Mapping[str, int],
    merges: Sequence[tuple[str, str]],
    added: Mapping[int, str],
    end_of_text_id: int | None,
) -> BytePairTokenizer | None:
    """tiktoken's ranks from vocab.json and merges.txt; None where tiktoken would not do the same.

    tiktoken takes the id for the rank of a merge, so ids must rise in the order of the merges, and every
    token must be a byte, the result of exactly one merge, or special.
    """
    merged = [first + second for first, second in merges]
    ids = [vocab.get(token, -1) for token in merged]
    single = {token: token_id for token, token_id in vocab.items() if token in _BYTE_OF}
    in_order = all(a < b for a, b in pairwise([max(single.values(), default=-1), *ids]))
    if len(single) != 256 or len(set(vocab.values())) != len(vocab) or not in_order:
        return None
    if not _BYTE_OF.keys() >= set("".join(merged)):
        return None
    special = {token_id: token for token, token_id in vocab.items() if token not in single} | dict(added)
    for token_id in ids:
        special.pop(token_id, None)
    if end_of_text_id is None:
        end_of_text_id = vocab.get(END_OF_TEXT)
    spelled = (*single, *merged)
    ranks = {token.translate(_AS_LATIN_1).encode("latin-1"): vocab[token] for token in spelled}
    if len(ranks) != len(single) + len(merged) or end_of_text_id in ranks.values():
        return None
    return BytePairTokenizer(ranks, end_of_text_id, special)


def _check_ids(vocab: Mapping[str, Any], vocab_size: int) -> None:
    if not all(type(token_id) is int and token_id >= 0 for token_id in vocab.values()):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“vocab.json” is damaged."),
            QT_TRANSLATE_NOOP("StudioError", "Copy or download the model again."),
        )
    if (largest := max(vocab.values(), default=0)) >= vocab_size:
        raise _too_large(largest, vocab_size)


def _too_large(token_id: int, vocab_size: int) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP(
            "StudioError", "The tokenizer knows token {token_id}, but the model only {vocab_size} tokens."
        ),
        QT_TRANSLATE_NOOP("StudioError", "Use the tokenizer files that belong to this model."),
        token_id=token_id,
        vocab_size=vocab_size,
    )


def _open(path: Path) -> tokenizers.Tokenizer:
    import tokenizers  # GPT-2 does without

    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing more specific
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“tokenizer.json” is damaged."),
            QT_TRANSLATE_NOOP("StudioError", "Copy or download the model again."),
        ) from error


class HuggingFaceTokenizer:
    """Any tokenizer.json behind the Tokenizer interface; special tokens in a text are plain text here too."""

    def __init__(self, backend: tokenizers.Tokenizer, end_of_text_id: int | None) -> None:
        backend.no_truncation()
        backend.no_padding()
        backend.encode_special_tokens = True  # text that spells a special token stays text
        self._backend = backend
        self._texts: OrderedDict[str, Chunk] = OrderedDict()
        vocab: dict[str, int] = backend.get_vocab(with_added_tokens=True)
        special = {
            token_id for token_id, token in backend.get_added_tokens_decoder().items() if token.special
        }
        words = spelt(vocab) if type(backend.model).__name__ == "WordPiece" else None
        byte_level = words is None and all(
            character in _BYTE_OF for token, i in vocab.items() if i not in special for character in token
        )
        self.n_tokens = max(vocab.values(), default=-1) + 1
        self.end_of_text_id = _end_of_text(vocab, special) if end_of_text_id is None else end_of_text_id
        self._bytes = {
            token_id: token.encode("utf-8", errors="replace")
            if token_id in special
            else _raw(words[token] if words else token, byte_level=byte_level)
            for token, token_id in vocab.items()
        }
        if self.end_of_text_id is not None:
            self._bytes[self.end_of_text_id] = END_OF_TEXT.encode("ascii")
        self.max_token_bytes = max(map(len, self._bytes.values()), default=1)
        self.prefix_ids = self._find_prefix()

    def encode(self, text: str, special_offsets: Sequence[int] = ()) -> Encoded:
        """Tokens of `text`. END_OF_TEXT is the real token only where one of `special_offsets` says so."""
        parts = split_special(clean_text(text), special_offsets, self.end_of_text_id)
        return Encoded(tuple(special or self._encode_part(part) for part, special in parts))

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes one token stands for; none for an id the vocabulary does not use."""
        return self._bytes.get(token_id, b"")

    def display(self, token_id: int) -> str:
        """The token alone as text; bytes that are no whole character read as U+FFFD."""
        return self.token_bytes(token_id).decode("utf-8", errors="replace")

    def _encode_part(self, text: str) -> Chunk:
        if text in self._texts:
            self._texts.move_to_end(text)
        else:
            encoding = self._backend.encode(text, add_special_tokens=False)
            starts = [begin for begin, _ in encoding.offsets]
            self._texts[text] = Chunk(encoding.ids, len(text), starts.__getitem__)
            if len(self._texts) > _REMEMBERED_TEXTS:
                self._texts.popitem(last=False)
        return self._texts[text]

    def _find_prefix(self) -> tuple[int, ...]:
        """What the tokenizer's own recipe puts before a text, such as Llama's <s>."""
        alone = self._backend.encode("a", add_special_tokens=False).ids
        full = self._backend.encode("a", add_special_tokens=True).ids
        for n in range(len(full) - len(alone) + 1):
            if alone and full[n : n + len(alone)] == alone:
                return tuple(full[:n])
        return ()


def _end_of_text(vocab: Mapping[str, int], special: Collection[int]) -> int | None:
    """GPT-2's own token, or what BERT's or SentencePiece's vocabularies end a text with, if any."""
    if END_OF_TEXT in vocab:
        return vocab[END_OF_TEXT]
    return next((vocab[token] for token in ("[SEP]", "</s>") if vocab.get(token) in special), None)


def _raw(token: str, *, byte_level: bool) -> bytes:
    """A vocabulary entry as bytes: GPT-2's spelling, or SentencePiece's with "▁" and "<0x0A>"."""
    if byte_level:
        return bytes(_BYTE_OF[character] for character in token)
    if match := _BYTE_FALLBACK.fullmatch(token):
        return bytes([int(match[1], 16)])
    return token.replace("▁", " ").encode("utf-8", errors="replace")
