"""Waiting and being told: what every part of a download has to stop for."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence, StudioError
from studio.models.hub.client import MAX_WAIT_S, PassingError
from studio.models.jobs import Controls

MAX_FAILURES = 6
"""So often in a row may it fail without getting any further."""

LOOK_S = 0.1


class CancelledError(Exception):
    """The user does not want the download any more, and nothing of it."""


class Patience:
    """Reads the control words, and waits longer after each failure that brought nothing."""

    def __init__(self, controls: Controls, backoff_s: float = 1.0) -> None:
        """`backoff_s`: the first wait; each one after it is twice as long."""
        self._controls = controls
        self._backoff_s = backoff_s
        self._failures = 0

    def look(self) -> Iterator[dict[str, Any]]:
        """Obey what was told; while paused, wait here. Yields only for a pause. Raises CancelledError."""
        paused = False
        while (word := self._controls()) is not None or paused:
            if word == "cancel":
                raise CancelledError
            if word == "pause" and not paused:
                paused = True
                yield {"state": "paused"}
            elif word == "resume":
                paused = False
            elif word is None:
                time.sleep(LOOK_S)

    def wait_for(self, wanted: str) -> None:
        """Wait for a word. Raises CancelledError."""
        while (word := self._controls()) != wanted:
            if word == "cancel":
                raise CancelledError
            time.sleep(LOOK_S)

    def advanced(self) -> None:
        """It got further than ever: the next failure is the first again."""
        self._failures = 0

    def failed(self, error: PassingError) -> Iterator[dict[str, Any]]:
        """Wait before the next try, as long as the server wants. Raises StudioError when it is too much."""
        self._failures += 1
        if self._failures >= MAX_FAILURES or (error.wait_s or 0.0) > MAX_WAIT_S:
            raise _given_up(error.reason) from error
        wait_s = self._backoff_s * 2 ** (self._failures - 1) * random.uniform(0.8, 1.2)  # noqa: S311 (a delay)
        if error.wait_s is not None:
            wait_s = max(wait_s, error.wait_s)
        yield {
            "state": "waiting",
            "reason": str(error.reason),
            "wait_s": round(wait_s, 1),
            **told(error.reason),
        }
        until = time.monotonic() + wait_s
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(LOOK_S, left))
            yield from self.look()


def told(reason: Sentence) -> dict[str, Any]:
    """A sentence as fields of an event, for the window to translate."""
    return {"template": reason.template, "values": dict(reason.values)}


def _given_up(reason: Sentence) -> StudioError:
    return StudioError(
        reason.template,
        QT_TRANSLATE_NOOP(
            "StudioError", "Check the connection and resume the download later; what has come is kept."
        ),
        **dict(reason.values),
    )
