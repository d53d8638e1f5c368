"""A passage under many settings in turn: what does not change from one to the next is computed once.

The stages before the one that is being moved give the same each time; their outcome is kept, with its largest
logits by themselves, which are all that a stage which cuts among them needs (see many_rows.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.core.choice import as_probabilities
from studio.core.many import apply_stage
from studio.core.many_rows import Rows, head_decides
from studio.core.memory import N_HEAD
from studio.core.model import Cancelled, InterruptedReading
from studio.core.replay import remembers
from studio.core.running import LogitsProcessor, RunStart, begin_all

CHUNK = 16
"""Tokens looked at together, between two looks at `cancelled`: 50 ms with the vocabulary of GPT-2."""

Chain = tuple[LogitsProcessor, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """Tokens and the logits they are drawn from. `contexts[i]` are all ids before token i: (T_i,) int64."""

    contexts: Sequence[Tensor]
    targets: Sequence[int]
    logits: Sequence[Tensor]  # (V,) float32 each


class Trials:
    """Tries chains on one passage; `start` is of a run that begins with it."""

    def __init__(self, start: RunStart, passage: Passage, cancelled: Cancelled) -> None:
        self._start, self._passage, self._cancelled = start, passage, cancelled
        self._spans = [slice(begin, begin + CHUNK) for begin in range(0, len(passage.targets), CHUNK)]
        self._kept: tuple[Chain, list[Rows]] = (
            (),
            [_with_head(torch.stack(list(passage.logits[span]))) for span in self._spans],
        )
        self._first = self._kept

    @torch.inference_mode()
    def keep(self, stages: Chain) -> None:
        """Chains that begin with these stages are to be tried next. Raises InterruptedReading."""
        if stages == self._kept[0]:
            return
        rows = list(self._run(self._first[1], stages)) if stages else self._first[1]
        kept = [each if each.columns is not None else _with_head(each.values) for each in rows]
        self._kept = stages, kept

    @torch.inference_mode()
    def outcomes(self, stages: Chain) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Chunk by chunk: which tokens, their probabilities after the chain and the entropies, nats: (T,)
        float64 each. Raises InterruptedReading."""
        known, kept = self._kept
        if stages[: len(known)] != known:
            known, kept = self._first
        for span, rows in zip(self._spans, self._run(kept, stages[len(known) :]), strict=True):
            targets = torch.tensor(self._passage.targets[span])
            logprobs = rows.values.log_softmax(1)  # (T, W)
            own = Rows(logprobs, rows.columns, rows.vocab_size).of(targets).exp().double()
            entropies = -(logprobs.exp() * logprobs.clamp_min(-1e9)).sum(1).double()  # 0 * -inf would be NaN
            for i in entropies.isnan().nonzero().flatten().tolist():  # no token is left, or one is infinite
                one = as_probabilities(rows.row(i), self._passage.logits[span][i])
                own[i] = one[targets[i]]
                entropies[i] = -one.xlogy(one).sum()
            yield span, own, entropies

    def _run(self, before: Sequence[Rows], stages: Chain) -> Iterator[Rows]:
        """What the stages make of each chunk, in order."""
        chain = begin_all(stages, self._start)
        for span, rows in zip(self._spans, before, strict=True):
            if self._cancelled():
                raise InterruptedReading
            current = rows
            if rows.head is not None and head_decides(stages, rows.head[0]):
                current = rows.take(*rows.head)
            contexts, targets = self._passage.contexts[span], self._passage.targets[span]
            for processor, running in zip(stages, chain, strict=True):
                told = targets if remembers(running) else None
                current = apply_stage(processor, running, current, contexts, told)
            yield current


def _with_head(values: Tensor) -> Rows:
    """(T, V) float32."""
    head = values.topk(min(N_HEAD, values.shape[1]))
    return Rows(values, None, values.shape[1], (head.values, head.indices))
