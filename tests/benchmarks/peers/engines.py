"""What every engine can be asked, and how it is timed: the same greedy loop around each.

Runs in the app's environment and in the peers' one; nothing here may import either's packages but numpy.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@runtime_checkable
class Stepping(Protocol):
    """An engine that hands out its logits after every step."""

    def reset(self) -> None:
        """Forget everything read."""
        ...

    def read(self, ids: Sequence[int]) -> Array:
        """Read on: the last position's logits (V,) float32."""
        ...

    def fork(self, n: int, n_tokens: int) -> None:
        """Go on with `n` texts after what was read, each by at most `n_tokens` tokens, until `reset`."""
        ...

    def read_rows(self, ids: Sequence[int]) -> Array:
        """One more token of each text, after `fork`: (N, V) float32."""
        ...


class Writing(Protocol):
    """An engine that only hands out whole texts."""

    def write(self, ids: Sequence[int], n_tokens: int, n_texts: int = 1) -> None:
        """Continue `ids` with `n_tokens` tokens, in `n_texts` texts side by side."""
        ...


@dataclass(frozen=True, slots=True)
class Timing:
    """What took how long."""

    n_tokens: int
    seconds: float


class Clock:
    """The wall's clock, or the processor time of this process, which is much the same on a busy machine.

    The latter says something only if the engine has one thread.
    """

    def __init__(self, busy: bool) -> None:
        self.now = time.process_time if busy else time.perf_counter


def decode(clock: Clock, engine: Stepping | Writing, prompt: list[int], n_tokens: int) -> Timing:
    """`n_tokens` tokens after a prompt that has been read."""
    return _side_by_side(clock, engine, prompt, n_tokens, 1)


def batch(clock: Clock, engine: Stepping | Writing, prompt: list[int], n_tokens: int, n_texts: int) -> Timing:
    """The same for `n_texts` texts after one prompt; their tokens together."""
    return _side_by_side(clock, engine, prompt, n_tokens, n_texts)


def prefill(clock: Clock, engine: Stepping | Writing, prompt: list[int]) -> Timing:
    """Reading the prompt, to the logits after it."""
    started = clock.now()
    if isinstance(engine, Stepping):
        engine.reset()
        engine.read(prompt)
    else:
        engine.write(prompt, 1)
    return Timing(len(prompt), clock.now() - started)


def logits(engine: Stepping, ids: list[int]) -> Array:
    """The logits after each of `ids`, read one by one: (T, V) float32."""
    engine.reset()
    return np.stack([engine.read([token]).copy() for token in ids])


def _side_by_side(
    clock: Clock, engine: Stepping | Writing, prompt: list[int], n_tokens: int, n_texts: int
) -> Timing:
    if not isinstance(engine, Stepping):
        until_first = (
            prefill(clock, engine, prompt) if n_texts == 1 else _write(clock, engine, prompt, 1, n_texts)
        )
        whole = _write(clock, engine, prompt, n_tokens + 1, n_texts)
        return Timing(n_texts * n_tokens, whole.seconds - until_first.seconds)
    engine.reset()
    first = int(engine.read(prompt).argmax())
    if n_texts == 1:
        token = first
        started = clock.now()
        for _ in range(n_tokens):
            token = int(engine.read([token]).argmax())
        return Timing(n_tokens, clock.now() - started)
    engine.fork(n_texts, n_tokens)
    tokens = list(range(n_texts))  # so that the texts differ
    started = clock.now()
    for _ in range(n_tokens):
        tokens = engine.read_rows(tokens).argmax(1).tolist()
    return Timing(n_texts * n_tokens, clock.now() - started)


def _write(clock: Clock, engine: Writing, prompt: list[int], n_tokens: int, n_texts: int) -> Timing:
    started = clock.now()
    engine.write(prompt, n_tokens, n_texts)
    return Timing(n_texts * n_tokens, clock.now() - started)
