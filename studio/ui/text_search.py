"""Finding in one text, piece by piece: neither a long text nor a bad pattern holds up the window. No Qt."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from studio.store.words import LETTER

WINDOW, MARGIN = 20_000, 100
"""So many characters are searched at a time; what ends in the last few is looked at again."""

SLOW_S = 0.08
"""A pattern that takes longer for one window would take for ever: it is given up."""

_NOT_INSIDE_A_WORD = f"(?!(?<={LETTER}){LETTER})"


class PatternError(Exception):
    """A pattern, or what is to replace it, cannot be read from character `position` on."""

    def __init__(self, position: int = 0) -> None:
        super().__init__(position)
        self.position = position


class TooSlowError(Exception):
    """A pattern tries so many ways that it would never come to an end."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for."""

    words: str
    match_case: bool = False
    whole_words: bool = False  # Chinese and the like have none: there, it changes nothing
    is_pattern: bool = False

    def compiled(self) -> Any:
        """The pattern. Raises PatternError."""
        import regex  # 80 ms: not before somebody looks for something

        flags = regex.MULTILINE | (0 if self.match_case else regex.IGNORECASE)
        source = self.words if self.is_pattern else regex.escape(self.words, special_only=True)
        try:
            pattern = regex.compile(source, flags)
            if self.whole_words:
                pattern = regex.compile(f"{_NOT_INSIDE_A_WORD}(?:{source}){_NOT_INSIDE_A_WORD}", flags)
        except (regex.error, OverflowError, RecursionError) as error:
            raise PatternError(getattr(error, "pos", None) or 0) from error
        return pattern


def spans(pattern: Any, text: str, start: int, end: int) -> Iterator[tuple[int, int] | None]:
    """(from, to) of all that is found in text[start:end], in order; None where nothing was for a while.

    What is empty is not found. Raises TooSlowError.
    """
    at, length = start, WINDOW
    while at < end:
        reach = min(at + length, end)
        try:
            found = pattern.search(text, at, reach, timeout=SLOW_S, partial=reach < end)
        except TimeoutError as error:
            raise TooSlowError from error
        if found is None:
            at, length = reach, WINDOW
            yield None
        elif reach < end and (found.partial or found.end() > reach - MARGIN):
            # It may go on behind the window: the next window begins with it, or is longer.
            at, length = found.start(), WINDOW if found.start() > at else 2 * length
            yield None
        elif found.end() == found.start():
            at = found.end() + 1
            yield None
        else:
            at, length = found.end(), WINDOW
            yield found.span()


class Scan:
    """What is found of a query in a text, so far."""

    def __init__(self, query: Query, text: str, start: int, end: int) -> None:
        """Raises PatternError."""
        self.query, self.text, self.range = query, text, (start, end)
        self.pattern = query.compiled()
        self.starts, self.ends = array("l"), array("l")
        self.is_done = False
        self.was_too_slow = False
        self._spans = spans(self.pattern, text, start, end)

    def __len__(self) -> int:
        """How many places are known."""
        return len(self.starts)

    def work(self, limit_s: float) -> None:
        """Go on for about so long."""
        until = time.perf_counter() + limit_s
        try:
            for span in self._spans:
                if span is not None:
                    self.starts.append(span[0])
                    self.ends.append(span[1])
                if time.perf_counter() > until:
                    return
        except TooSlowError:
            self.was_too_slow = True
        self.is_done = True

    def span(self, number: int) -> tuple[int, int]:
        """(from, to) of one place; -1 is the last."""
        return self.starts[number], self.ends[number]

    def number_of(self, start: int, end: int) -> int:
        """Which place this is; -1 if it is none."""
        number = bisect_left(self.starts, start)
        return number if number < len(self) and self.span(number) == (start, end) else -1

    def next_from(self, offset: int) -> tuple[int, int] | None:
        """The first place from `offset` on, else the first of all; None if there is none, or not yet."""
        number = bisect_left(self.starts, offset)
        if number < len(self):
            return self.span(number)
        return self.span(0) if self.is_done and len(self) else None

    def last_before(self, offset: int) -> tuple[int, int] | None:
        """The last place before `offset`, else the last of all; None if there is none, or not yet."""
        number = bisect_left(self.starts, offset) - 1
        if not self.is_done and number == len(self) - 1:
            return None
        return self.span(number) if len(self) else None

    def replacement(self, number: int, template: str) -> str:
        r"""What comes in a place's stead: `template`, with \1 and the like if a pattern was looked for.

        Raises PatternError.
        """
        if not self.query.is_pattern:
            return template
        import regex

        start, end = self.span(number)
        try:
            found = self.pattern.match(self.text, start, timeout=SLOW_S)
            if found is None or found.end() != end:
                found = self.pattern.fullmatch(self.text, start, end, timeout=SLOW_S)
            return str(found.expand(template)) if found else template
        except (regex.error, IndexError, TimeoutError) as error:
            raise PatternError from error
