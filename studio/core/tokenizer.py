"""Text to token ids and back: GPT-2's byte-level BPE on tiktoken. Other vocabularies: `other_tokenizer.py`.

Offsets into a text are code points. Nothing is ever downloaded: the ranks come from the checkpoint's files.
"""

from __future__ import annotations

import codecs
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import tiktoken

from studio.core.messages import END_OF_TEXT

# White_Space exactly as the pattern's \s has it. Python's own \s also holds U+001C to U+001F.
_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

# GPT-2's split pattern (Radford et al. 2019) with possessive quantifiers, which match the same and cannot
# overflow the regex engine's stack on a million equal characters.
_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"

_LONG_CHUNK = 8192
"""Characters. A line longer than this is cut at spaces too, so that an edit inside it stays cheap."""

_CACHED_CHARACTERS = 32_000_000
"""How much text the chunk cache remembers: a 10 MB document three times over."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_FINE_CUT = re.compile(f"(?<=[^{_SPACE}])(?=[{_SPACE}])|(?<=[{_SPACE}])(?=[{_SPACE}][^{_SPACE}])")


def clean_text(text: str) -> str:
    """Replace every lone surrogate by U+FFFD, one for one, so that offsets stay true. NUL is kept."""
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Tokens of a stretch of text. `starts(k)`: at which of its code points the text of token k begins."""

    ids: Sequence[int]
    length: int  # code points
    starts: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A whole text as tokens, kept in chunks: of a long text usually only the tail is wanted."""

    chunks: tuple[Chunk, ...]

    def __len__(self) -> int:
        return sum(len(chunk.ids) for chunk in self.chunks)

    @property
    def ids(self) -> list[int]:
        """All token ids."""
        return [token_id for chunk in self.chunks for token_id in chunk.ids]

    def tail(self, n: int) -> list[int]:
        """The last `n` token ids, or all of them if there are fewer."""
        parts: list[Sequence[int]] = []
        missing = n
        for chunk in reversed(self.chunks):
            if missing <= 0:
                break
            parts.append(chunk.ids[-missing:])
            missing -= len(parts[-1])
        return [token_id for part in reversed(parts) for token_id in part]

    def start_of(self, k: int) -> int:
        """Code point where the text of token `k` begins; inside a character, the start of that character.

        `k` may be the number of tokens: the end of the text.
        """
        if k < 0:
            raise IndexError(k)
        start = 0
        for chunk in self.chunks:
            if k < len(chunk.ids):
                return start + chunk.starts(k)
            k -= len(chunk.ids)
            start += chunk.length
        if k > 0:
            raise IndexError(k)
        return start


class Tokenizer(Protocol):
    """What the rest of the program knows of a tokenizer."""

    end_of_text_id: int | None
    max_token_bytes: int  # in the longest vocabulary entry
    prefix_ids: tuple[int, ...]  # what the model expects before every text (Llama's <s>); GPT-2: nothing

    def encode(self, text: str, special_offsets: Sequence[int] = ()) -> Encoded:
        """Tokens of `text`. END_OF_TEXT is the real token only where one of `special_offsets` says so."""
        ...

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes one token stands for; none for an id the vocabulary does not use."""
        ...

    def display(self, token_id: int) -> str:
        """The token alone as text; bytes that are no whole character read as U+FFFD."""
        ...


class IncrementalDecoder:
    """UTF-8 bytes in, completed text out; half a character waits for the rest of its bytes."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def feed(self, raw: bytes) -> str:
        """Return what `raw` completes. Bytes that can no longer become a character come out as U+FFFD."""
        return self._decoder.decode(raw)

    def reset(self) -> None:
        """Forget a waiting half character."""
        self._decoder.reset()


class BytePairTokenizer:
    """GPT-2's tokenizer for one vocabulary (Sennrich et al., arXiv 1508.07909, on bytes).

    An edit of a long text costs only the changed chunks: between a character and a following line break the
    split pattern always ends a piece, so chunks cut there have the same tokens alone as in the text.
    """

    def __init__(
        self, ranks: Mapping[bytes, int], end_of_text_id: int | None, added: Mapping[int, str]
    ) -> None:
        """`ranks`: bytes -> id, all 256 single bytes among them, merged ones in order of their merges.

        `added`: id -> text of further tokens, which are never read from a text.
        """
        self._bpe = tiktoken.Encoding(
            "checkpoint", pat_str=_PATTERN, mergeable_ranks=dict(ranks), special_tokens={}
        )
        self._bytes = {token_id: raw for raw, token_id in ranks.items()}
        self._bytes |= {token_id: text.encode("utf-8") for token_id, text in added.items()}
        self._cache: dict[str, Chunk] = {}
        self._cached_characters = 0
        self.end_of_text_id = end_of_text_id
        if end_of_text_id is not None:
            self._bytes[end_of_text_id] = END_OF_TEXT.encode("ascii")
        self.max_token_bytes = max(map(len, self._bytes.values()))
        self.prefix_ids: tuple[int, ...] = ()

    def encode(self, text: str, special_offsets: Sequence[int] = ()) -> Encoded:
        """Tokens of `text`. END_OF_TEXT is the real token only where one of `special_offsets` says so."""
        chunks: list[Chunk] = []
        for part, special in split_special(clean_text(text), special_offsets, self.end_of_text_id):
            chunks.extend([special] if special else map(self._encode_chunk, cut(part)))
        return Encoded(tuple(chunks))

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes one token stands for; none for an id the vocabulary does not use."""
        return self._bytes.get(token_id, b"")

    def display(self, token_id: int) -> str:
        """The token alone as text; bytes that are no whole character read as U+FFFD."""
        return self.token_bytes(token_id).decode("utf-8", errors="replace")

    def _encode_chunk(self, text: str) -> Chunk:
        chunk = self._cache.pop(text, None)
        if chunk is None:
            ids = array("i", self._bpe.encode_ordinary(text))
            chunk = Chunk(ids, len(text), _Starts(ids, self._bytes))
            self._cached_characters += len(text)
        self._cache[text] = chunk  # now the youngest
        while self._cached_characters > _CACHED_CHARACTERS and len(self._cache) > 1:
            oldest = next(iter(self._cache))
            del self._cache[oldest]
            self._cached_characters -= len(oldest)
        return chunk


class _Starts:
    """Where each token of a chunk begins, in code points; worked out for all at the first question."""

    def __init__(self, ids: array[int], raw: Mapping[int, bytes]) -> None:
        self._ids = ids
        self._raw = raw
        self._starts: array[int] | None = None

    def __call__(self, k: int) -> int:
        """Token `k`; inside a character, the start of that character."""
        if self._starts is None:
            self._starts = array("i")
            begun = 0  # characters whose first byte has come
            for token_id in self._ids:
                raw = self._raw[token_id]
                self._starts.append(begun - 1 if raw[0] & 0xC0 == 0x80 else begun)
                begun += len(raw) if raw.isascii() else sum(byte & 0xC0 != 0x80 for byte in raw)
        return self._starts[k]


def split_special(
    text: str, special_offsets: Sequence[int], end_of_text_id: int | None
) -> Iterator[tuple[str, Chunk | None]]:
    """Yield plain stretches of `text` as (stretch, None) and real end-of-text tokens as ("", their chunk).

    An offset at which END_OF_TEXT is not written, or which lies in another one, is ignored.
    """
    begin = 0
    if end_of_text_id is not None:
        for offset in sorted(special_offsets):
            if offset >= begin and text.startswith(END_OF_TEXT, offset):
                if offset > begin:
                    yield text[begin:offset], None
                yield "", Chunk((end_of_text_id,), len(END_OF_TEXT), lambda _: 0)
                begin = offset + len(END_OF_TEXT)
    if begin < len(text):
        yield text[begin:], None


def cut(text: str) -> Iterator[str]:
    """Cut `text` where GPT-2's split pattern always ends a piece: exact, and stable under edits elsewhere.

    After a character and before a line break; in long lines also before any white space. A run of white
    space gives its last character to what follows, so a long one is cut before that (the pattern's
    backtracking over a million spaces would overflow the regex engine's stack).
    """
    begin = 0
    at = text.find("\n", 1)
    while at != -1:
        if not text[at - 1].isspace():
            yield from _cut_long(text[begin:at])
            begin = at
        at = text.find("\n", at + 1)
    if begin < len(text):
        yield from _cut_long(text[begin:])


def _cut_long(text: str) -> Iterator[str]:
    if len(text) <= _LONG_CHUNK:
        yield text
        return
    begin = last = 0
    for match in _FINE_CUT.finditer(text):
        if match.start() - begin > _LONG_CHUNK and last > begin:
            yield text[begin:last]
            begin = last
        last = match.start()
    if last > begin:
        yield text[begin:last]
        begin = last
    if begin < len(text):
        yield text[begin:]
