"""Stop strings, found across the borders of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from studio.core.messages import Token


class StopMatcher:
    """Tokens in, tokens out; those whose text may be the beginning of a stop string wait.

    The result depends on the text only, not on how it is cut into tokens: the stop string that is complete
    first ends it, and of those that end together the longest.
    """

    def __init__(self, stops: Iterable[str]) -> None:
        """Empty stop strings are ignored."""
        self._stops = sorted((stop for stop in stops if stop), key=len, reverse=True)
        self._waiting: list[Token] = []
        self.found: str | None = None

    def feed(self, token: Token) -> Iterator[Token]:
        """Take one token and yield those that can no longer be part of a stop string.

        After a stop string was `found`, the token in which it begins has been cut (and left out if nothing
        remained of it), and later ones are dropped.
        """
        self._waiting.append(token)
        text = "".join(waiting.text for waiting in self._waiting)
        ends = [(begin + len(stop), begin, stop) for stop in self._stops if (begin := text.find(stop)) != -1]
        if ends:
            _, begin, self.found = min(ends)
            yield from self._release(begin)
            cut = self._waiting[0]
            inside = begin - (len(text) - sum(len(waiting.text) for waiting in self._waiting))
            if inside > 0:
                yield replace(cut, text=cut.text[:inside])
            self._waiting.clear()
        else:
            yield from self._release(len(text) - self._undecided(text))

    def flush(self) -> Iterator[Token]:
        """Yield what still waits: nothing follows that could complete a stop string."""
        waiting, self._waiting = self._waiting, []
        yield from waiting

    def _release(self, n_characters: int) -> Iterator[Token]:
        """Yield the waiting tokens that end within the first `n_characters` of their text."""
        while self._waiting and len(self._waiting[0].text) <= n_characters:
            token = self._waiting.pop(0)
            n_characters -= len(token.text)
            yield token

    def _undecided(self, text: str) -> int:
        """Length of the longest end of `text` that is the beginning of a stop string."""
        return max(
            (
                n
                for stop in self._stops
                for n in range(1, min(len(stop), len(text) + 1))
                if text.endswith(stop[:n])
            ),
            default=0,
        )
