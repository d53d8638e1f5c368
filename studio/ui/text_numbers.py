"""The numbers of the tokens of the text on the screen, kept in their places while one writes."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from studio.core.history import Edit
from studio.core.messages import ReadPlace, ReadToken, Token


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
        return -self.logprob / math.log(2)


class TextNumbers:
    """Tokens in the order of the text, without gaps filled in: what is not known yet is not here."""

    def __init__(self) -> None:
        self._tokens: list[TextToken] = []
        self._starts: list[int] = []
        self.revision = 0
        """Counts changes, for whoever keeps what was derived from the numbers."""

    def __len__(self) -> int:
        return len(self._tokens)

    def __iter__(self) -> Iterator[TextToken]:
        return iter(self._tokens)

    def at(self, offset: int) -> TextToken | None:
        """The token of the character at `offset`."""
        index = bisect_right(self._starts, offset) - 1
        while index >= 0 and self._tokens[index].start <= offset:
            if offset < self._tokens[index].end:
                return self._tokens[index]
            if self._tokens[index].end > self._tokens[index].start:
                return None
            index -= 1  # half a character completes nothing: look at the one before
        return None

    def between(self, start: int, end: int) -> Sequence[TextToken]:
        """The tokens that have a character in start..end, or half of the one at `start`."""
        first = bisect_right(self._starts, start)
        while first > 0 and (self._tokens[first - 1].end > start or self._starts[first - 1] == start):
            first -= 1
        return self._tokens[first : bisect_left(self._starts, end)]

    def clear(self) -> None:
        """Another text, or none."""
        self._tokens, self._starts = [], []
        self.revision += 1

    def all_stale(self) -> None:
        """Another model: the numbers are an older one's until they come anew."""
        self._put([replace(token, stale=True, place=None) for token in self._tokens])

    def follow(self, edit: Edit) -> None:
        """The text was edited: what was touched goes, what comes after it moves and is stale."""
        end = edit.position + len(edit.removed)
        shift = len(edit.inserted) - len(edit.removed)
        last = bisect_left(self._starts, end)
        first = last
        while first > 0 and self._tokens[first - 1].end > edit.position:
            first -= 1
        moved = [
            replace(token, start=token.start + shift, end=token.end + shift, place=None, stale=True)
            for token in self._tokens[last:]
        ]
        self._put(self._tokens[:first] + moved)

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
        first = bisect_left(self._starts, start)
        while first > 0 and self._tokens[first - 1].end > start:
            first -= 1
        last = max(bisect_left(self._starts, end), first)
        self._tokens[first:last] = new
        self._starts[first:last] = [token.start for token in new]
        self.revision += 1

    def _put(self, tokens: list[TextToken]) -> None:
        self._tokens = tokens
        self._starts = [token.start for token in tokens]
        self.revision += 1


def perplexity(tokens: Sequence[TextToken]) -> float:
    """exp of the mean surprise in nats; infinite beyond what a float can say. NaN for no tokens."""
    if not tokens:
        return math.nan
    mean = -math.fsum(token.logprob for token in tokens) / len(tokens)
    return math.exp(mean) if mean < 700 else math.inf


def bits_per_byte(tokens: Sequence[TextToken], text: str) -> float:
    """Bits of surprise for each byte of UTF-8 of `text`, which the tokens make up. NaN for no text."""
    n_bytes = len(text.encode("utf-8", "replace"))
    return math.fsum(token.surprisal_bits for token in tokens) / n_bytes if n_bytes else math.nan
