"""Keeping the best tokens: exactly Hugging Face's answer, usually without sorting the vocabulary.

Top-p and typical-p order the vocabulary, add up probabilities along the order and cut at a given mass.
Sorting 50,257 logits takes milliseconds, finding the largest thousand a tenth of one, and the cut nearly
always lies among those. But a sum that lands within rounding of the mass, or a cut between two equal logits,
could go either way; then, and only then, the reference computation runs: sort all in the reference's order.

How far off the reference's float32 sums may be was measured (see tests/core/test_processors.py): its softmax
adds V numbers one after the other, from small to large for top-p, in no order for typical-p. The sums here
are exact to 1e-7.

Only tensor methods: importable without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.kernels.library import kernels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

INF = float("inf")
FIRST_LOOKS = (1024, 8192)  # how many tokens to look at before sorting all
NEAR = 128
AMONG_EQUALS = 2e-6
"""By how much sums may differ that add the same float32 numbers with equal ones in another order."""


def nucleus_rounding(n_tokens: int) -> float:
    """How far the reference's sums for top-p over this many tokens can be from the truth."""
    return 5e-7 + 4e-11 * n_tokens


def typical_rounding(n_tokens: int) -> float:
    """How far the reference's sums for typical-p over this many tokens can be from the truth."""
    return 1e-6 + 1e-9 * n_tokens


def top_k(logits: Tensor, k: int) -> Tensor | None:
    """The k < V tokens with the largest logits, in the vocabulary's order; None if the next equals the last.

    (V,) float32 -> (k,) int64. None also where there is nobody who finds them fast.
    """
    lib = kernels()
    if lib is None or logits.device.type != "cpu" or not logits.is_contiguous():
        return None
    top = lib.top(logits.data_ptr(), len(logits), k + 1)
    if not float(logits[top[k - 1]]) > float(logits[top[k]]):
        return None
    return logits.new_tensor(sorted(top[:k])).long()


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Keep the k < V largest logits and those equal to the k-th. (V,) -> (V,)."""
    if (kept := top_k(logits, k)) is not None:
        return _only(logits, kept)
    top = logits.topk(k + 1)
    if top.values[k - 1] > top.values[k]:
        return _only(logits, top.indices[:k])
    return logits.masked_fill(logits < top.values[k], -INF)


def keep_nucleus(logits: Tensor, mass: float) -> Tensor:
    """Keep the smallest set of likeliest tokens with total `mass`, at least one. (V,) -> (V,)."""
    everything = whole = None
    for look in _looks(logits):
        indices = largest(logits, min(look, len(logits)))
        best = logits[indices]
        all_seen = bool(best[-1] == -INF)
        if all_seen:
            probs = best.double().softmax(-1)
        else:
            if everything is None or whole is None:
                everything = logits.softmax(-1)
                whole = everything.double().sum()
            probs = everything[indices].double() / whole
        total = probs.cumsum(-1)  # (k,)
        n = 1 + int((total < mass).sum())  # tokens kept: those with less than `mass` before them
        if n >= len(total):
            continue  # the cut is further down
        rounding = nucleus_rounding(max(look, FIRST_LOOKS[0]) if all_seen else len(logits))
        if _decided(total, n - 1, mass, rounding) and best[n - 1] > best[n]:
            return _only(logits, indices[:n])
        break
    else:
        log_sum = logits.logsumexp(-1)
        size = float((logits - log_sum).exp().double().sum())  # 1, but for roundings
        last = _crossing(logits, log_sum, None, mass * size, nucleus_rounding(len(logits)) * size)
        if last is not None and int((logits == logits[last]).sum()) == 1:
            return logits.where(logits >= logits[last], -INF)
    share = 1 - mass
    for ordered, indices, doubt in _sorted(logits):
        total = ordered.softmax(-1).cumsum(-1)
        removed = total <= share
        removed[-1:] = False
        n = int(removed.sum())  # of the smallest
        edge = n > 0 and float(ordered[n - 1]) == float(ordered[n])
        if not doubt or (not edge and not _near(total, n, share, doubt)):
            return logits.masked_fill(removed.scatter(-1, indices, removed), -INF)
    raise AssertionError("the second order is certain")


def keep_typical(logits: Tensor, mass: float) -> Tensor:
    """Keep the tokens with surprise nearest the entropy up to `mass`, at least one. (V,) -> (V,)."""
    logprobs = logits.log_softmax(-1)
    probs = logprobs.exp()
    entropy = -(logprobs * probs).nansum(-1)
    distance = (-logprobs - entropy).abs()  # (V,) nats; inf for removed tokens
    whole = probs.double().sum()
    rounding = typical_rounding(len(logits)) * float(whole)
    last = _crossing(logprobs, entropy * 0, entropy, mass * float(whole), rounding)
    if last is not None:
        return logits.where(distance <= distance[last], -INF)
    for look in FIRST_LOOKS:
        near = distance.topk(min(look, len(logits)), largest=False)
        total = probs[near.indices].double().cumsum(-1) / whole  # (k,)
        n = int((total < mass).sum())  # the n-th nearest (from 0) is the last one kept, with its equals
        if n >= len(total):
            continue
        rounding = typical_rounding(look if near.values[-1] == INF else len(logits))
        if _decided(total, n, mass, rounding):
            return logits.where(distance <= near.values[n], -INF)
        break
    for ordered, indices, doubt in _sorted(distance):
        total = logits[indices].softmax(-1).cumsum(-1)
        n = min(int((total < mass).sum()), len(total) - 1)
        if not doubt or not _near(total, n, mass, doubt):
            return logits.where(distance <= ordered[n], -INF)
    raise AssertionError("the second order is certain")


def keep_tail_free(logits: Tensor, share: float) -> Tensor:
    """Keep the head of the sorted probabilities that holds `share` of their curvature. (V,) -> (V,).

    The first token stays, then those up to which the second differences add up to at most `share` of all;
    and those equal to the last one kept.
    """
    size = len(logits)
    if size < 3:
        return logits
    log_sum = logits.double().logsumexp(-1)
    for look in (*_looks(logits), size):
        ordered = _ordered(logits, min(look, size))
        top = ordered.double().sub(log_sum).exp()
        bends = top.diff().diff().abs()  # (k - 2,)
        total = bends.cumsum(-1)
        # What was not looked at is a tail that falls from top[-1] to nothing: it bends by at most twice that.
        unseen = 2 * float(top[-1]) if look < size else 0.0
        whole = float(total[-1])
        if whole == 0.0 and unseen == 0.0:
            return logits  # all are equal: no tail
        n = 1 + int((total <= share * whole).sum())
        if n == 1 + int((total <= share * (whole + unseen)).sum()) and (look >= size or n < look - 2):
            break
    return logits.where(logits >= ordered[n - 1], -INF)


def _looks(logits: Tensor) -> tuple[int, ...]:
    """How many of the largest to look at, one after the other; with the kernels the order is found elsewhere
    before it is worth looking at thousands."""
    return (NEAR,) if kernels() and logits.device.type == "cpu" else FIRST_LOOKS


def largest(logits: Tensor, k: int) -> Tensor:
    """Where the k largest are, in order: (V,) -> (k,) int64."""
    lib = kernels()
    if lib is None or logits.device.type != "cpu" or not logits.is_contiguous():
        return logits.topk(k).indices
    return logits.new_tensor(lib.top(logits.data_ptr(), len(logits), k)).long()


def _ordered(logits: Tensor, k: int) -> Tensor:
    """The k largest, in order: (V,) -> (k,)."""
    lib = kernels()
    if lib is None or logits.device.type != "cpu" or k < len(logits):
        return logits[largest(logits, k)]
    rows = logits.clone()
    return rows if lib.fall(rows.data_ptr(), 1, k) else logits.topk(k).values


def _sorted(values: Tensor) -> Iterator[tuple[Tensor, Tensor, float]]:
    """The smallest first, and where they are: (V,) -> (V,), (V,) int64; and how far sums in this order may be
    from those in the reference's, which differs among equal values. If that matters, take the next, its own.
    """
    lib = kernels()
    if lib is not None and values.device.type == "cpu" and values.is_contiguous():
        order = values.new_zeros(len(values)).long()
        if lib.order(values.data_ptr(), len(values), order.data_ptr()):
            yield values[order], order, AMONG_EQUALS
    ordered, order = values.sort(descending=False)
    yield ordered, order, 0.0


def _near(total: Tensor, n: int, mass: float, doubt: float) -> bool:
    """Whether the sums could pass `mass` before index n or after it."""
    before = float(total[n - 1]) if n else -INF
    return mass - before < doubt or abs(float(total[n]) - mass) < doubt


def _crossing(
    logits: Tensor, log_sum: Tensor, centre: Tensor | None, mass: float, rounding: float
) -> int | None:
    """The token with which a mass is reached even if the sums are off by `rounding`; see ordering.py.

    None: that is not certain, or there is nobody who finds it fast.
    """
    lib = kernels()
    if lib is None or logits.device.type != "cpu" or not logits.is_contiguous():
        return None
    found = logits.new_zeros(2).long()
    middle = 0 if centre is None else centre.data_ptr()
    for i, limit in enumerate((mass - rounding, mass + rounding)):
        address = found.data_ptr() + 8 * i
        if not lib.crossing(logits.data_ptr(), 1, len(logits), log_sum.data_ptr(), middle, limit, address):
            return None
    low, high = found.tolist()
    return low if low == high and low >= 0 else None


def entropy(logits: Tensor) -> float:
    """The entropy in nats of what the logits say. (V,)."""
    probs = logits.double().softmax(-1)
    return -float(probs.xlogy(probs).sum())


def _only(logits: Tensor, kept: Tensor) -> Tensor:
    """Remove all but the tokens `kept`: a fifth of the time a mask over the vocabulary takes."""
    return logits.new_full(logits.shape, -INF).scatter(-1, kept, logits[kept])


def _decided(total: Tensor, at: int, mass: float, rounding: float) -> bool:
    """Whether the sums pass `mass` clearly at index `at`: not just before, not just after."""
    before = total[at - 1].item() if at else -INF
    return before < mass - rounding and total[at].item() > mass + rounding
