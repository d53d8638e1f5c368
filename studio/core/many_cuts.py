"""The stages that look at nothing but the logits, for many positions at once: see many_rows.py."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from studio.core.many_rows import Rows, entropies
from studio.core.ordering import crossing, falling
from studio.core.processors import (
    DynamicTemperature,
    EpsilonCutoff,
    EtaCutoff,
    LogitsProcessor,
    MinP,
    QuadraticSmoothing,
    TailFree,
    Temperature,
    TopA,
    TopK,
    TopNSigma,
    TopP,
    TypicalP,
)
from studio.core.processors.tempering import GREEDY_BELOW
from studio.core.truncation import FIRST_LOOKS, INF


def cut(processor: LogitsProcessor, rows: Rows) -> Rows | None:
    """A stage that is on, for all positions; None: it is not one of these."""
    match processor:
        case Temperature(temperature=t):
            return _temperature(rows, t)
        case DynamicTemperature():
            return _dynamic_temperature(rows, processor)
        case QuadraticSmoothing():
            return _smoothing(rows, processor)
        case TopK(top_k=k):
            return _top_k(rows, k)
        case TopP(top_p=mass):
            return _top_p(rows, mass)
        case TypicalP(typical_p=mass):
            return _typical(rows, mass)
        case TailFree(tfs_z=share):
            return _tail_free(rows, share)
        case TopNSigma(top_n_sigma=n):
            return _top_n_sigma(rows, n)
        case MinP(min_p=share):
            return _at_least(rows, rows.values.amax(1, keepdim=True) + math.log(share))
        case TopA(top_a=a):
            whole = rows.values.logsumexp(1, keepdim=True)
            return _at_least(rows, 2 * rows.values.amax(1, keepdim=True) - whole + math.log(a))
        case EpsilonCutoff(epsilon_cutoff=epsilon):
            return _at_least(rows, rows.values.logsumexp(1, keepdim=True) + math.log(epsilon))
        case EtaCutoff(eta_cutoff=epsilon):
            whole, entropy = entropies(rows.values)
            return _at_least(rows, whole + (0.5 * math.log(epsilon) - entropy).clamp_max(math.log(epsilon)))
        case _:
            return None


def _at_least(rows: Rows, floor: Tensor) -> Rows:
    """Keep what is not below a logit, (T, 1), and the largest."""
    floor = floor.minimum(rows.values.amax(1, keepdim=True))
    if rows.head is not None:
        best, indices = rows.head
        if bool((best[:, -1:] < floor).all()) and bool((best[:, -1] > -INF).all()):
            return rows.take(best.where(best >= floor, -INF), indices)
    return rows.only(rows.values >= floor)


def _temperature(rows: Rows, temperature: float) -> Rows:
    if temperature >= GREEDY_BELOW:
        return _divided(rows, torch.tensor(temperature))
    best = rows.values.amax(1, keepdim=True)
    if rows.columns is None:
        first = rows.values.argmax(1, keepdim=True)
    else:  # of equal ones that with the lowest id
        first = rows.columns.where(rows.values == best, rows.vocab_size).argmin(1, keepdim=True)
    return rows.take(best, first)


def _divided(rows: Rows, temperatures: Tensor) -> Rows:
    best = rows.head[0] / temperatures if rows.head else rows.values
    return rows.bent(rows.values / temperatures, best)


def _dynamic_temperature(rows: Rows, rule: DynamicTemperature) -> Rows | None:
    n_left = (rows.values > -INF).sum(1, keepdim=True)
    most = n_left.clamp_min(2).log()
    unsure = (entropies(rows.values)[1] / most).clamp(0, 1)
    span = rule.dynatemp_high - rule.dynatemp_low
    temperatures = (rule.dynatemp_low + span * unsure**rule.dynatemp_exponent).where(n_left >= 2, 1.0)
    if bool((temperatures < GREEDY_BELOW).any()):
        return None
    return _divided(rows, temperatures)


def _smoothing(rows: Rows, rule: QuadraticSmoothing) -> Rows:
    best = rows.values.amax(1, keepdim=True)
    cubic, square = (rule.smoothing_curve - 1) / 2, (3 - rule.smoothing_curve) / 2

    def bend(values: Tensor) -> Tensor:
        below = values - best
        bent = below * below * (cubic * below - square)
        return (best + rule.smoothing_factor * bent).where(values > -INF, -INF)

    return rows.bent(bend(rows.values), bend(rows.head[0]) if rows.head else rows.values)


def _top_k(rows: Rows, k: int) -> Rows:
    width = rows.values.shape[1]
    if k >= width:
        return rows
    if rows.head is not None and rows.head[0].shape[1] > k and bool((rows.head[0][:, k] > -INF).all()):
        best, indices = rows.head
    else:
        best, indices = rows.values.topk(k + 1)
    if bool((best[:, k - 1] > best[:, k]).all()):
        return rows.take(best[:, :k], indices[:, :k])
    return rows.only(rows.values >= best[:, k - 1 : k])


def _top_n_sigma(rows: Rows, n: float) -> Rows:
    values = rows.values
    left = values > -INF
    if bool(left.all()):
        deviation = values.double().std(1, keepdim=True)
    else:
        size = left.sum(1, keepdim=True)
        exact = values.double()
        mean = exact.where(left, 0.0).sum(1, keepdim=True) / size
        square = (exact - mean).where(left, 0.0).square().sum(1, keepdim=True)
        deviation = (square / (size - 1)).sqrt().where(size > 1, INF)
    return _at_least(rows, (values.amax(1, keepdim=True) - n * deviation).float())


_Judge = Callable[[Tensor, Tensor, bool], tuple[Tensor, Tensor]]
"""The largest logits of some rows, (t, k) falling; which rows, (t,); whether they are all there are ->
what the cut is at, (t, 1), and where that is not certain yet, (t,) bool."""

_Finder = Callable[[Tensor], Tensor | None]
"""Which rows, (t,) -> what the cut is at, (t, 1), from all logits; None: the judge is to be asked."""


def _limits(rows: Rows, judge: _Judge, find: _Finder = lambda _which: None) -> tuple[Tensor, bool]:
    """Where to cut each row, (T, 1), and whether the head alone has told."""
    width = rows.values.shape[1]
    best = rows.largest()[0]
    which = torch.arange(len(best))
    limits, open_ = judge(best, which, best.shape[1] >= width)
    which = which[open_]
    if not len(which):
        return limits, True
    if (found := find(which)) is not None:
        limits[which] = found
        return limits, False
    ordered = falling(rows.values[which])
    for look in (*FIRST_LOOKS, width):
        look = min(look, width)
        if best.shape[1] >= look or not len(which):
            continue
        top = rows.values[which].topk(look).values if ordered is None else ordered[:, :look]
        limits[which], open_ = judge(top, which, look >= width)
        which = which[open_]
        ordered = None if ordered is None else ordered[open_]
    return limits, False


def _typical(rows: Rows, mass: float) -> Rows:
    whole, entropy = entropies(rows.values)

    def distances(values: Tensor, which: Tensor | slice) -> Tensor:
        return (whole[which] - values - entropy[which]).abs()  # nats; inf for removed tokens

    def judge(best: Tensor, which: Tensor, all_seen: bool) -> tuple[Tensor, Tensor]:
        ordered, order = distances(best, which).sort(1)
        probs = (best - whole[which]).exp().gather(1, order)
        n = (probs.double().cumsum(1) < mass).sum(1, keepdim=True)
        last = best.shape[1] - 1
        limit = ordered.gather(1, n.clamp_max(last))
        edge = (whole[which] - best[:, -1:]) - entropy[which]  # what follows is further away, if that is
        short = (n > last) | (limit >= edge)
        return limit, short[:, 0] & (not all_seen)

    def find(which: Tensor) -> Tensor | None:
        values = rows.values[which]
        last = crossing(values, whole[which], entropy[which], mass)
        if last is None:
            return None
        limits = distances(values.gather(1, last.clamp_min(0)), which)
        return limits.where(last >= 0, INF)

    limits, by_head = _limits(rows, judge, find)
    if by_head:
        best, indices = rows.largest()
        return rows.take(best.where(distances(best, slice(None)) <= limits, -INF), indices)
    return rows.only(distances(rows.values, slice(None)) <= limits)


def _tail_free(rows: Rows, share: float) -> Rows:
    if rows.values.shape[1] < 3:
        return rows
    whole = rows.values.logsumexp(1, keepdim=True)
    n_gone = 0 if rows.columns is None else min(rows.vocab_size - rows.values.shape[1], 2)

    def judge(best: Tensor, which: Tensor, all_seen: bool) -> tuple[Tensor, Tensor]:
        if all_seen:  # the fall to what was removed bends too
            best = pad(best, (0, n_gone), value=-INF)
        probs = (best.double() - whole[which]).exp()
        total = probs.diff(dim=1).diff(dim=1).abs().cumsum(1)  # (t, k - 2)
        bend = total[:, -1:]
        unseen = probs[:, -1:] * (0 if all_seen else 2)  # see truncation.keep_tail_free
        n = 1 + (total <= share * bend).sum(1, keepdim=True)
        most = 1 + (total <= share * (bend + unseen)).sum(1, keepdim=True)
        limit = best.gather(1, n - 1).where((bend > 0) | (unseen > 0), -INF)  # all are equal: no tail
        short = (n != most) | (n >= best.shape[1] - 2)
        return limit, short[:, 0] & (not all_seen)

    return _at_least(rows, _limits(rows, judge)[0])


def _top_p(rows: Rows, mass: float) -> Rows:
    whole = rows.values.logsumexp(1, keepdim=True)  # (T, 1)
    best, indices = rows.largest()
    n = _nucleus(best, whole, mass)
    short = (n[:, 0] >= best.shape[1]).nonzero().flatten()  # rows that go on below what was looked at
    if len(short) and (last := crossing(rows.values[short], whole[short], None, mass)) is not None:
        limits = best.gather(1, (n - 1).clamp_max(best.shape[1] - 1))
        found = rows.values[short].gather(1, last.clamp_min(0))
        limits[short] = found.where(last >= 0, -INF)
        return rows.only(rows.values >= limits)
    for look in (*FIRST_LOOKS, rows.values.shape[1]):
        short = (n[:, 0] >= best.shape[1]).nonzero().flatten()
        look = min(look, rows.values.shape[1])
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
