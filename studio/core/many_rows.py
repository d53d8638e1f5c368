"""A chain on many positions at once, for as little of the vocabulary as decides.

Once a stage has cut, only the columns it may have left are looked at: what is removed weighs nothing in any
later stage. Stages that are not known here are run position by position on the whole vocabulary; so every
chain gives what it gives at a single position.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from studio.core.parameters import is_off
from studio.core.processors import EpsilonCutoff, LogitsProcessor, MinP, Temperature, TopA, TopK, TopP
from studio.core.processors.tempering import GREEDY_BELOW
from studio.core.running import Running
from studio.core.truncation import FIRST_LOOKS, INF

_FIRST_LOOK = 256


@dataclass(slots=True)
class Rows:
    """Logits of T positions: all tokens, or those of some columns, all others having been removed."""

    values: Tensor  # (T, W) float32
    columns: Tensor | None  # (T, W) int64, whose value it is; None: of token j in column j
    vocab_size: int
    head: tuple[Tensor, Tensor] | None = None  # (T, H) float32 falling, the largest; (T, H) where they are

    def of(self, token_ids: Tensor) -> Tensor:
        """The values of one token a position: (T,) int64 -> (T,) float32."""
        if self.columns is None:
            return self.values.gather(1, token_ids[:, None])[:, 0]
        there = self.columns == token_ids[:, None]
        return self.values.where(there, -INF).amax(1)

    def row(self, at: int) -> Tensor:
        """All logits of one position: (V,) float32."""
        if self.columns is None:
            return self.values[at]
        return self.values.new_full((self.vocab_size,), -INF).scatter_(0, self.columns[at], self.values[at])

    def take(self, best: Tensor, indices: Tensor) -> Rows:
        """Only some columns of each position: (T, k) values and where they were."""
        columns = indices if self.columns is None else self.columns.gather(1, indices)
        return Rows(best, columns, self.vocab_size)


def head_decides(processors: Sequence[LogitsProcessor], head: Tensor) -> bool:
    """Whether the chain cuts within the largest logits before it weighs others: (T, H) float32 falling."""
    temperature = 1.0
    for processor in processors:
        if is_off(processor):
            continue
        match processor:
            case Temperature(temperature=t) if t >= GREEDY_BELOW:
                temperature *= t
            case Temperature():
                return True
            case TopK(top_k=k) if k < head.shape[1]:
                return bool((head[:, k - 1] > head[:, k]).all())
            case MinP(min_p=share):
                return bool(((head[:, -1] - head[:, 0]) / temperature < math.log(share) - 1e-3).all())
            case _:
                return False
    return False


def apply_stage(
    processor: LogitsProcessor,
    running: Running,
    rows: Rows,
    contexts: Sequence[Tensor],
    chosen: Sequence[int | None] | None,
) -> Rows:
    """One stage for all positions. `contexts[i]` is (T_i,) int64.

    `chosen[i]` is what the stage is to be told was chosen there, if anything.
    """
    if chosen is None:
        match processor:
            case Temperature(temperature=t):
                return _temperature(rows, t)
            case TopK(top_k=k):
                return _top_k(rows, k)
            case TopP(top_p=mass):
                return rows if mass == 1.0 else _top_p(rows, mass)
            case MinP(min_p=share):
                return rows if share == 0.0 else _at_least(rows, lambda best: share * best, keep_best=False)
            case TopA(top_a=a):
                return rows if a == 0.0 else _at_least(rows, lambda best: a * best * best, keep_best=False)
            case EpsilonCutoff(epsilon_cutoff=epsilon):
                return rows if epsilon == 0.0 else _at_least(rows, lambda _: epsilon, keep_best=True)
            case _:
                pass
    if not is_off(processor):
        values = rows.values.clone()
        for i, context in enumerate(contexts):
            before = rows.row(i)
            after = running(context, before)
            if after is not before:
                values[i] = after if rows.columns is None else after[rows.columns[i]]
            if chosen is not None and (token_id := chosen[i]) is not None:
                running.chosen(token_id)
        return Rows(values, rows.columns, rows.vocab_size)
    return rows


def _temperature(rows: Rows, temperature: float) -> Rows:
    if temperature == 1.0:
        return rows
    if temperature >= GREEDY_BELOW:
        head = (rows.head[0] / temperature, rows.head[1]) if rows.head else None
        return Rows(rows.values / temperature, rows.columns, rows.vocab_size, head)
    best = rows.values.amax(1, keepdim=True)
    if rows.columns is None:
        first = rows.values.argmax(1, keepdim=True)
    else:  # of equal ones that with the lowest id
        first = rows.columns.where(rows.values == best, rows.vocab_size).argmin(1, keepdim=True)
    return rows.take(best, first)


def _top_k(rows: Rows, k: int) -> Rows:
    width = rows.values.shape[1]
    if k == 0 or k >= width:
        return rows
    top = rows.values.topk(k + 1)
    if bool((top.values[:, k - 1] > top.values[:, k]).all()):
        return rows.take(top.values[:, :k], top.indices[:, :k])
    return Rows(
        rows.values.masked_fill(rows.values < top.values[:, k - 1 : k], -INF), rows.columns, rows.vocab_size
    )


def _top_p(rows: Rows, mass: float) -> Rows:
    width = rows.values.shape[1]
    whole = rows.values.logsumexp(1, keepdim=True)  # (T, 1)
    best, indices = rows.head or rows.values.topk(min(_FIRST_LOOK, width))
    n = _nucleus(best, whole, mass)
    for look in (*FIRST_LOOKS, width):
        short = (n[:, 0] >= best.shape[1]).nonzero().flatten()  # rows that go on below what was looked at
        look = min(look, width)
        if not len(short) or best.shape[1] >= look:
            continue
        top = rows.values[short].topk(look)
        room = (0, look - best.shape[1])
        best = pad(best, room, value=-INF).index_copy_(0, short, top.values)
        indices = pad(indices, room).index_copy_(0, short, top.indices)
        n[short] = _nucleus(top.values, whole[short], mass)
    widest = min(int(n.amax()), best.shape[1])
    kept = torch.arange(widest) < n
    return rows.take(best[:, :widest].where(kept, -INF), indices[:, :widest])


def _nucleus(best: Tensor, whole: Tensor, mass: float) -> Tensor:
    """How many of the best have less than `mass` before them: (T, k) falling, (T, 1) -> (T, 1)."""
    return 1 + ((best - whole).exp().double().cumsum(1) < mass).sum(1, keepdim=True)


def _at_least(rows: Rows, floor: Callable[[Tensor], Tensor | float], *, keep_best: bool) -> Rows:
    probs = rows.values.softmax(1)
    best = probs.amax(1, keepdim=True)
    kept = probs >= floor(best)
    if keep_best:
        kept |= probs == best
    return Rows(rows.values.where(kept, -INF), rows.columns, rows.vocab_size)
