"""A chain on many positions at once, for as little of the vocabulary as decides.

Once a stage has cut, only the columns it may have left are looked at: what is removed weighs nothing in any
later stage. Until then the largest logits are kept beside the whole rows, sorted, and a cut that falls among
them needs no other sort. Stages that are not known here are run position by position on the whole
vocabulary; so every chain gives what it gives at a single position.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.core.parameters import is_off
from studio.core.processors import LogitsProcessor, MinP, Temperature, TopK
from studio.core.processors.tempering import GREEDY_BELOW
from studio.core.running import Running
from studio.core.truncation import INF

FIRST_LOOK = 256


@dataclass(slots=True)
class Rows:
    """Logits of T positions: all tokens, or those of some columns, all others having been removed."""

    values: Tensor  # (T, W) float32
    columns: Tensor | None  # (T, W) int64, whose value it is; None: of token j in column j
    vocab_size: int
    head: tuple[Tensor, Tensor] | None = None
    """(T, H) float32 falling, the H largest of each position; (T, H) where they are."""

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

    def only(self, kept: Tensor) -> Rows:
        """The same columns, but what is not `kept` removed: (T, W) bool."""
        return Rows(self.values.where(kept, -INF), self.columns, self.vocab_size)

    def largest(self) -> tuple[Tensor, Tensor]:
        """The largest and where they are, falling: (T, H), (T, H)."""
        if self.head is None:
            top = self.values.topk(min(FIRST_LOOK, self.values.shape[1]))
            self.head = top.values, top.indices
        return self.head

    def bent(self, values: Tensor, best: Tensor) -> Rows:
        """Other values in the same order: (T, W), and those of the head, if there is one."""
        head = (best, self.head[1]) if self.head else None
        return Rows(values, self.columns, self.vocab_size, head)

    def lowered(self, values: Tensor) -> Rows:
        """Other values, none of them larger than before: (T, W)."""
        head = None
        if self.head is not None:
            best, indices = self.head
            now, order = values.gather(1, indices).sort(1, descending=True)
            # What has fallen below the old head may stand behind some that were never in it.
            n_known = int((now >= best[:, -1:]).sum(1).amin())
            if n_known:
                head = now[:, :n_known], indices.gather(1, order[:, :n_known])
        return Rows(values, self.columns, self.vocab_size, head)


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


def one_by_one(
    running: Running, rows: Rows, contexts: Sequence[Tensor], chosen: Sequence[int | None] | None
) -> Rows:
    """A stage on the whole vocabulary of each position; `chosen[i]` is what it is told was chosen there."""
    values = rows.values.clone()
    for i, context in enumerate(contexts):
        before = rows.row(i)
        after = running(context, before)
        if after is not before:
            values[i] = after if rows.columns is None else after[rows.columns[i]]
        if chosen is not None and (token_id := chosen[i]) is not None:
            running.chosen(token_id)
    return Rows(values, rows.columns, rows.vocab_size)


def entropies(values: Tensor) -> tuple[Tensor, Tensor]:
    """Of each row: log-sum-exp and entropy in nats, (T, W) -> (T, 1), (T, 1)."""
    best = values.amax(1, keepdim=True)
    below = (values - best).clamp_min_(-1e4)  # 0 * -inf would be NaN
    weights = below.exp()
    total = weights.sum(1, keepdim=True)
    log_total = total.log()
    entropy = log_total - torch.linalg.vecdot(weights, below)[:, None] / total
    return best + log_total, entropy
