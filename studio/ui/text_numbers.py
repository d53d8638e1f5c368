"""The numbers of the tokens of the text on the screen, kept in their places while one writes."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from studio.core.history import Edit
from studio.core.messages import ReadPlace, ReadToken, Token

CHUNK_TOKENS = 256
LN2 = math.log(2)


@dataclass(frozen=True, slots=True)
class TextToken:
    """A token of the text with its numbers. `start` and `end` are code points of the whole text."""

    token_id: int
    start: int
    end: int
    logprob: float  # nats
    rank: int
    entropy: float  # nats
    place: ReadPlace | None  # where the model process still knows it; None: not read since
    stale: bool = False  # something before it has changed since

    @property
    def surprisal_bits(self) -> float:
        """How surprising it was: each bit halves the probability."""
        return -self.logprob / LN2


class Columns(NamedTuple):
    """The numbers of some tokens, a column each."""

    starts: array[int]  # code points
    ends: array[int]
    surprisal: array[float]  # bits; inf: impossible
    entropy: array[float]  # bits
    rank: array[float]


class _Chunk:
    """Some neighbouring tokens, and by how much they have moved since (and are stale, if they have)."""

    __slots__ = ("_columns", "shift", "stale", "starts", "tokens")

    def __init__(self, tokens: list[TextToken]) -> None:
        self.tokens = tokens
        self._columns: Columns | None = None
        self.starts = [token.start for token in tokens]
        self.shift = 0
        self.stale = False

    @property
    def first(self) -> int:
        """Where it begins."""
        return self.starts[0] + self.shift

    def columns(self) -> Columns:
        """The numbers as they are now; only their places are computed anew."""
        if self._columns is None:
            self._columns = Columns(
                array("l", self.starts),
                array("l", [token.end for token in self.tokens]),
                array("d", [token.surprisal_bits for token in self.tokens]),
                array("d", [token.entropy / LN2 for token in self.tokens]),
                array("d", [token.rank for token in self.tokens]),
            )
        if not self.shift:
            return self._columns
        starts, ends = (array("l", [p + self.shift for p in column]) for column in self._columns[:2])
        return self._columns._replace(starts=starts, ends=ends)

    def settle(self) -> list[TextToken]:
        """The tokens as they are now."""
        if self.stale:
            by = self.shift
            if self._columns is not None:
                self._columns = self.columns()
            self.tokens = [
                TextToken(t.token_id, t.start + by, t.end + by, t.logprob, t.rank, t.entropy, None, True)
                for t in self.tokens
            ]
            self.starts = [token.start for token in self.tokens]
            self.shift, self.stale = 0, False
        return self.tokens


def _first(chunk: _Chunk) -> int:
    return chunk.first


_Spot = tuple[int, int]
"""A place between tokens: in which chunk, before which of its tokens. It may be the end of a chunk."""


class TextNumbers:
    """Tokens in the order of the text, without gaps filled in: what is not known yet is not here.

    A key moves all tokens after it: they are kept in chunks, and a chunk is only told by how much.
    """

    def __init__(self) -> None:
        self._chunks: list[_Chunk] = []
        self.revision = 0
        """Counts changes, for whoever keeps what was derived from the numbers."""

    def __len__(self) -> int:
        return sum(len(chunk.tokens) for chunk in self._chunks)

    def __iter__(self) -> Iterator[TextToken]:
        for chunk in list(self._chunks):
            yield from chunk.settle()

    def columns(self) -> Columns:
        """All tokens in columns: quick however many there are."""
        whole = Columns(array("l"), array("l"), array("d"), array("d"), array("d"))
        for chunk in self._chunks:
            part = chunk.columns()
            whole.starts.extend(part.starts)
            whole.ends.extend(part.ends)
            whole.surprisal.extend(part.surprisal)
            whole.entropy.extend(part.entropy)
            whole.rank.extend(part.rank)
        return whole

    @property
    def any_stale(self) -> bool:
        """Whether something before one of the tokens has changed since it was read."""
        return any(chunk.stale or any(t.stale for t in chunk.tokens) for chunk in self._chunks)

    def at(self, offset: int) -> TextToken | None:
        """The token of the character at `offset`."""
        for token in self._back_from(self._spot(offset + 1)):
            if offset < token.end:
                return token
            if token.end > token.start:
                return None
            # half a character completes nothing: look at the one before
        return None

    def between(self, start: int, end: int) -> Sequence[TextToken]:
        """The tokens that have a character in start..end, or half of the one at `start`."""
        first, last = self._spot(start + 1), self._spot(end)
        n_before = 0
        for token in self._back_from(first):
            if token.end <= start and token.start != start:
                break
            n_before += 1
        before = list(islice(self._back_from(first), n_before))[::-1]
        return [token for token in [*before, *self._from(first, last)] if token.start < end]

    def clear(self) -> None:
        """Another text, or none."""
        self._chunks = []
        self.revision += 1

    def all_stale(self) -> None:
        """Another model: the numbers are an older one's until they come anew."""
        for chunk in self._chunks:
            chunk.stale = True
        self.revision += 1

    def follow(self, edit: Edit) -> None:
        """The text was edited: what was touched goes, what comes after it moves and is stale."""
        last = self._spot(edit.position + len(edit.removed))
        first = self._before(last, edit.position)
        after = self._splice(first, last, [])
        for chunk in self._chunks[after:]:
            chunk.shift += len(edit.inserted) - len(edit.removed)
            chunk.stale = True
        self.revision += 1

    def put_read(self, job_id: int, base: int, first: int, tokens: Sequence[ReadToken]) -> None:
        """The model has read some tokens of the text from `base` on; they replace what was there."""
        if tokens:
            self._replace(
                [
                    TextToken(
                        t.token_id,
                        base + t.start,
                        base + t.end,
                        t.logprob,
                        t.rank,
                        t.entropy,
                        ReadPlace(job_id, index),
                    )
                    for index, t in enumerate(tokens, first)
                ]
            )

    def put_generated(self, start: int, tokens: Sequence[Token]) -> None:
        """The model has written these tokens at `start`."""
        at = start
        new = []
        for token in tokens:
            end = at + len(token.text)
            new.append(TextToken(token.token_id, at, end, token.logprob, token.rank, token.entropy, None))
            at = end
        if new:
            self._replace(new)

    def _replace(self, new: list[TextToken]) -> None:
        start, end = new[0].start, new[-1].end
        first = self._before(self._spot(start), start)
        self._splice(first, max(self._spot(end), first), new)
        self.revision += 1

    # -- chunks --------------------------------------------------------------------------------------------

    def _spot(self, offset: int) -> _Spot:
        """Before the first token that begins at `offset` or later."""
        number = max(bisect_left(self._chunks, offset, key=_first) - 1, 0)
        if number >= len(self._chunks):
            return 0, 0
        chunk = self._chunks[number]
        return number, bisect_left(chunk.starts, offset - chunk.shift)

    def _back_from(self, spot: _Spot) -> Iterator[TextToken]:
        """The tokens before a spot, the nearest first."""
        number, index = spot
        while number >= 0 and self._chunks:
            yield from reversed(self._chunks[number].settle()[:index])
            number -= 1
            index = CHUNK_TOKENS * 4

    def _from(self, first: _Spot, last: _Spot) -> Iterator[TextToken]:
        """The tokens between two spots."""
        for number in range(first[0], min(last[0] + 1, len(self._chunks))):
            tokens = self._chunks[number].settle()
            yield from tokens[
                first[1] if number == first[0] else 0 : last[1] if number == last[0] else len(tokens)
            ]

    def _before(self, spot: _Spot, offset: int) -> _Spot:
        """`spot`, or before the tokens before it that end after `offset`."""
        number, index = spot
        for token in self._back_from(spot):
            if token.end <= offset:
                break
            while index == 0:
                number -= 1
                index = len(self._chunks[number].tokens)
            index -= 1
        return number, index

    def _splice(self, first: _Spot, last: _Spot, new: list[TextToken]) -> int:
        """Put `new` in the place of the tokens between two spots; the chunk that begins after them."""
        if not self._chunks:
            self._chunks = _chunks(new)
            return len(self._chunks)
        head = self._chunks[first[0]].settle()[: first[1]]
        tail = self._chunks[last[0]].settle()[last[1] :]
        if len(self._chunks) > 16 + 4 * len(self) // CHUNK_TOKENS:  # many small ones: join those before
            head = [token for chunk in self._chunks[: first[0]] for token in chunk.settle()] + head
            first = (0, 0)
        before, after = _chunks(head + new), _chunks(tail)
        self._chunks[first[0] : last[0] + 1] = before + after
        return first[0] + len(before)


def _chunks(tokens: list[TextToken]) -> list[_Chunk]:
    return [_Chunk(tokens[i : i + CHUNK_TOKENS]) for i in range(0, len(tokens), CHUNK_TOKENS)]


def perplexity(tokens: Sequence[TextToken]) -> float:
    """exp of the mean surprise in nats; infinite beyond what a float can say. NaN for no tokens."""
    return perplexity_of([token.logprob for token in tokens])


def perplexity_of(logprobs: Sequence[float]) -> float:
    """The same from log-probabilities in nats."""
    if not logprobs:
        return math.nan
    mean = -math.fsum(logprobs) / len(logprobs)
    return math.exp(mean) if mean < 700 else math.inf


def bits_per_byte(tokens: Sequence[TextToken], text: str) -> float:
    """Bits of surprise for each byte of UTF-8 of `text`, which the tokens make up. NaN for no text."""
    n_bytes = len(text.encode("utf-8", "replace"))
    return math.fsum(token.surprisal_bits for token in tokens) / n_bytes if n_bytes else math.nan
