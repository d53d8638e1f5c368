"""A run brought back to where it stood: on stored logits, with its own prefix, seed and choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from studio.core.many import apply_stage
from studio.core.many_edits import surprises
from studio.core.many_rows import Rows
from studio.core.processors.steering import MirostatRun
from studio.core.running import LogitsProcessor, Pure, Running, RunStart, begin_all

TOGETHER = 400_000
"""Logits looked at together."""


def remembers(running: Running) -> bool:
    """Whether what it does depends on what was chosen before, not only on the context."""
    return getattr(type(running), "chosen", None) is not Pure.chosen


class Past:
    """What a chain found at the places of one run: kept while only later stages' settings move."""

    def __init__(self) -> None:
        self._key: object = None
        self._ids: Sequence[int] = ()
        self._bits: list[float] = []

    def known(self, key: object, ids: Sequence[int], n_prompt: int) -> list[float]:
        """The surprises of ids[n_prompt:] as far as they are known, in bits."""
        if key != self._key:
            return []
        n = next((i for i, (a, b) in enumerate(zip(ids, self._ids, strict=False)) if a != b), len(ids))
        return self._bits[: max(n - n_prompt, 0)]

    def keep(self, key: object, ids: Sequence[int], bits: list[float]) -> None:
        """Of the run looked at last."""
        self._key, self._ids, self._bits = key, ids, bits


def begin_at(
    processors: Sequence[LogitsProcessor],
    start: RunStart,
    ids: Sequence[int],
    logits_after: Callable[[int], Tensor],
    past: Past | None = None,
) -> tuple[Running, ...]:
    """The chain as it stood when `ids` had been read, those from n_prompt on having been chosen.

    `logits_after(n)` are those after ids[:n], (V,) float32. They are asked for only if a stage remembers, and
    `past` does not know what it would have been told.
    """
    chain = begin_all(processors, start)
    for at, running in enumerate(chain):
        if isinstance(running, MirostatRun):
            key = (tuple(processors[:at]), start.seed, start.n_prompt)
            bits = past.known(key, ids, start.n_prompt) if past else []
            while (begin := start.n_prompt + len(bits)) < len(ids):
                bits += _found(processors[:at], chain, ids, begin, logits_after)
            if past:
                past.keep(key, ids, bits)
            for found in bits:
                running.follow(found)
    return chain


def _found(
    processors: Sequence[LogitsProcessor],
    chain: Sequence[Running],
    ids: Sequence[int],
    begin: int,
    logits_after: Callable[[int], Tensor],
) -> list[float]:
    """How surprising, in bits, some tokens of `ids` from `begin` on were after these stages."""
    first = logits_after(begin)
    end = min(begin + max(TOGETHER // len(first), 1), len(ids))
    values = torch.stack([first, *(logits_after(n) for n in range(begin + 1, end))])
    whole = torch.tensor(ids)
    with torch.inference_mode():
        rows = Rows(values, None, len(first))
        contexts = [whole[:n] for n in range(begin, end)]
        for processor, running in zip(processors, chain, strict=False):
            rows = apply_stage(processor, running, rows, contexts, None)
        return surprises(rows, ids[begin:end])
