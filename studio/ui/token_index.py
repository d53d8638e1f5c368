"""Finds the token behind a character of generated text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.messages import Token


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """A token and which characters of its generation's text it completed."""

    token: Token
    index: int
    start: int
    end: int


class TokenIndex:
    """The tokens of the generations seen so far, by generation id."""

    def __init__(self) -> None:
        self._tokens: dict[int, list[Token]] = {}
        self._starts: dict[int, list[int]] = {}
        self._lengths: dict[int, int] = {}

    def __contains__(self, generation_id: int) -> bool:
        return generation_id in self._tokens

    def add(self, generation_id: int, tokens: Sequence[Token]) -> None:
        """Append tokens to a generation (a new one, or one under way)."""
        known = self._tokens.setdefault(generation_id, [])
        starts = self._starts.setdefault(generation_id, [])
        at = self._lengths.get(generation_id, 0)
        for token in tokens:
            known.append(token)
            starts.append(at)
            at += len(token.text)
        self._lengths[generation_id] = at

    def tokens(self, generation_id: int) -> Sequence[Token]:
        """All tokens of a generation so far."""
        return self._tokens.get(generation_id, [])

    def at(self, generation_id: int, offset: int) -> TokenPlace | None:
        """The token that completed character `offset` of a generation's text."""
        starts = self._starts.get(generation_id)
        if not starts or not 0 <= offset < self._lengths[generation_id]:
            return None
        index = bisect_right(starts, offset) - 1
        token = self._tokens[generation_id][index]
        return TokenPlace(token, index, starts[index], starts[index] + len(token.text))

    def clear(self) -> None:
        """Forget everything (another session)."""
        self._tokens.clear()
        self._starts.clear()
        self._lengths.clear()
