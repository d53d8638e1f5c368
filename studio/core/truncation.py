"""Which tokens top-p and typical-p remove: exactly Hugging Face's answer, usually without their full sort.

Both order the vocabulary, add up probabilities along the order and cut at a given mass. Sorting 50,257
logits takes milliseconds, finding the largest thousand a tenth of one, and the cut nearly always lies among
those. But a sum that lands within rounding of the threshold, or a cut between two equal logits, could go
either way; then, and only then, the reference computation runs: sort everything in the reference's order.

Only tensor methods: importable without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

INF = float("inf")
FIRST_LOOKS = (1024, 8192)  # how many tokens to look at before sorting all
ROUNDING = 1e-6  # more than float32 sums of a permuted distribution were ever seen to differ (2e-7)


def nucleus_cut(logits: Tensor, mass: float) -> Tensor:
    """Mark what is outside the smallest set of likeliest tokens with total `mass`. (V,) -> (V,) bool."""
    probs = logits.softmax(-1)
    for look in FIRST_LOOKS:
        top = logits.topk(min(look, logits.shape[-1]))
        total = probs[top.indices].double().cumsum(-1)  # (k,)
        n = 1 + int((total < mass).sum())  # tokens kept: those with less than `mass` before them
        if n >= len(total):
            continue  # the cut is further down
        sure = total[n - 1].item() > mass + ROUNDING and (n == 1 or total[n - 2].item() < mass - ROUNDING)
        if sure and top.values[n - 1] > top.values[n]:
            return logits < top.values[n - 1]
        break
    return _sorted_nucleus_cut(logits, mass)


def _sorted_nucleus_cut(logits: Tensor, mass: float) -> Tensor:
    ordered, indices = logits.sort(descending=False)
    removed = ordered.softmax(-1).cumsum(-1) <= (1 - mass)
    removed[-1:] = False
    return removed.scatter(-1, indices, removed)


def typical_cut(logits: Tensor, mass: float) -> Tensor:
    """Mark what is outside the `mass` of tokens with surprise nearest the entropy. (V,) -> (V,) bool."""
    logprobs = logits.log_softmax(-1)
    probs = logprobs.exp()
    entropy = -(logprobs * probs).nansum(-1)
    distance = (-logprobs - entropy).abs()  # (V,) nats; inf for removed tokens
    for look in FIRST_LOOKS:
        near = distance.topk(min(look, logits.shape[-1]), largest=False)
        total = probs[near.indices].double().cumsum(-1)  # (k,)
        n = int((total < mass).sum())  # the n-th nearest (from 0) is the last one kept, with its equals
        if n >= len(total):
            continue
        if total[n].item() > mass + ROUNDING and (n == 0 or total[n - 1].item() < mass - ROUNDING):
            return distance > near.values[n]
        break
    ordered, indices = distance.sort(descending=False)
    total = logits[indices].softmax(-1).cumsum(-1)
    last = (total < mass).sum().clamp(max=len(total) - 1)
    return distance > ordered[last]
