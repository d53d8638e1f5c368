"""A run brought back to where it stood: on stored logits, with its own prefix, seed and choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from studio.core.running import LogitsProcessor, Pure, Running, RunStart, begin_all


def remembers(running: Running) -> bool:
    """Whether what it does depends on what was chosen before, not only on the context."""
    return getattr(type(running), "chosen", None) is not Pure.chosen


def begin_at(
    processors: Sequence[LogitsProcessor],
    start: RunStart,
    ids: Sequence[int],
    logits_after: Callable[[int], Tensor],
) -> tuple[Running, ...]:
    """The chain as it stood when `ids` had been read, those from n_prompt on having been chosen.

    `logits_after(n)` are those after ids[:n], (V,) float32. They are asked for only if a stage remembers.
    """
    chain = begin_all(processors, start)
    last = max((i for i, running in enumerate(chain) if remembers(running)), default=-1)
    if last < 0:
        return chain
    tensor = torch.tensor(ids)
    for n in range(start.n_prompt, len(ids)):
        current = logits_after(n)
        for running in chain[: last + 1]:
            current = running(tensor[:n], current)
        for running in chain[: last + 1]:
            running.chosen(ids[n])
    return chain
