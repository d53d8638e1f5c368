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
    from torch import Tensor

INF = float("inf")
FIRST_LOOKS = (1024, 8192)  # how many tokens to look at before sorting all


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
    top = logits.topk(k + 1)
    if top.values[k - 1] > top.values[k]:
        return _only(logits, top.indices[:k])
    return logits.masked_fill(logits < top.values[k], -INF)


def keep_nucleus(logits: Tensor, mass: float) -> Tensor:
    """Keep the smallest set of likeliest tokens with total `mass`, at least one. (V,) -> (V,)."""
    for look in FIRST_LOOKS:
        top = logits.topk(min(look, len(logits)))
        all_seen = bool(top.values[-1] == -INF)
        if all_seen:
            probs = top.values.double().softmax(-1)
        else:
            everything = logits.softmax(-1)
            probs = everything[top.indices].double() / everything.double().sum()
        total = probs.cumsum(-1)  # (k,)
        n = 1 + int((total < mass).sum())  # tokens kept: those with less than `mass` before them
        if n >= len(total):
            continue  # the cut is further down
        rounding = nucleus_rounding(look if all_seen else len(logits))
        if _decided(total, n - 1, mass, rounding) and top.values[n - 1] > top.values[n]:
            return _only(logits, top.indices[:n])
        break
    ordered, indices = logits.sort(descending=False)
    removed = ordered.softmax(-1).cumsum(-1) <= (1 - mass)
    removed[-1:] = False
    return logits.masked_fill(removed.scatter(-1, indices, removed), -INF)


def keep_typical(logits: Tensor, mass: float) -> Tensor:
    """Keep the tokens with surprise nearest the entropy up to `mass`, at least one. (V,) -> (V,)."""
    logprobs = logits.log_softmax(-1)
    probs = logprobs.exp()
    entropy = -(logprobs * probs).nansum(-1)
    distance = (-logprobs - entropy).abs()  # (V,) nats; inf for removed tokens
    whole = probs.double().sum()
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
    ordered, indices = distance.sort(descending=False)
    total = logits[indices].softmax(-1).cumsum(-1)
    last = (total < mass).sum().clamp(max=len(total) - 1)
    return logits.where(distance <= ordered[last], -INF)


def keep_tail_free(logits: Tensor, share: float) -> Tensor:
    """Keep the head of the sorted probabilities that holds `share` of their curvature. (V,) -> (V,).

    The first token stays, then those up to which the second differences add up to at most `share` of all;
    and those equal to the last one kept.
    """
    size = len(logits)
    if size < 3:
        return logits
    everything = logits.double().softmax(-1)
    for look in (*FIRST_LOOKS, size):
        top = everything.topk(min(look, size)).values
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
    return logits.where(everything >= top[n - 1], -INF)


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
