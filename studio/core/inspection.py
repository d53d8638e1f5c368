"""One position looked at closely: what could have stood there, before and after the sampling chain."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from studio.core.choice import as_probabilities
from studio.core.hardware import one_thread
from studio.core.reading_messages import Alternative, InspectPlace, PlaceInspected
from studio.core.running import LogitsProcessor, Running
from studio.core.tokenizer import Tokenizer
from studio.core.truncation import largest
from studio.core.xray import explain, removed_by


def inspect_place(
    tokenizer: Tokenizer,
    request: InspectPlace,
    chain: Sequence[Running],
    ids: Sequence[int],
    logits: Tensor,
    *,
    from_memory: bool,
) -> PlaceInspected:
    """The likeliest tokens and those asked for, with both probabilities, and what each stage did.

    `chain` is that of the request as it stood here (see replay.py); `logits` (V,) float32.
    """
    with torch.inference_mode(), one_thread():
        logprobs = logits - logits.logsumexp(0)  # (V,)
        top_ids = largest(logprobs, min(request.n_top, len(logprobs)))
        wanted = torch.tensor([i for i in request.wanted if 0 <= i < len(logprobs)], dtype=torch.int64)
        asked = torch.cat([top_ids, wanted])
        stages, processed = explain(request.processors, chain, torch.tensor(ids), logits, asked.tolist())
        probs = as_probabilities(processed, logits)  # (V,)
        removed = [removed_by(stages, i) for i in range(len(asked))]
        told = _alternatives(tokenizer, logprobs, probs, asked, removed)
        left = probs[probs > 0]  # as a rule few
        return PlaceInspected(
            job_id=request.job_id,
            place=request.place,
            top=told[: len(top_ids)],
            wanted=told[len(top_ids) :],
            rest=float(1 - logprobs[top_ids].double().exp().sum()),
            sampling_rest=float(1 - probs[top_ids].double().sum()),
            n_left=len(left),
            entropy=_entropy(logprobs),
            sampling_entropy=_entropy(left.log()),
            from_memory=from_memory,
            n_tokens=len(logits),
            stages=stages,
        )


def alternatives_at(
    tokenizer: Tokenizer,
    processors: Sequence[LogitsProcessor],
    chain: Sequence[Running],
    ids: Sequence[int],
    logits: Tensor,
    asked: Tensor,
) -> tuple[Alternative, ...]:
    """Some tokens after `ids`, before and after a chain as it stands there: (V,) float32, (K,) int64."""
    with torch.inference_mode(), one_thread():
        stages, processed = explain(processors, chain, torch.tensor(ids), logits, asked.tolist())
        removed = [removed_by(stages, i) for i in range(len(asked))]
        logprobs = logits - logits.logsumexp(0)
        return _alternatives(tokenizer, logprobs, as_probabilities(processed, logits), asked, removed)


def _entropy(logprobs: Tensor) -> float:
    """Nats: (V,) -> a number. 0 * -inf counts as 0."""
    return float(-torch.dot(logprobs.exp(), logprobs.clamp_min(-1e9)))


def _alternatives(
    tokenizer: Tokenizer, logprobs: Tensor, probs: Tensor, asked: Tensor, removed: Sequence[int]
) -> tuple[Alternative, ...]:
    own = logprobs[asked]  # (K,)
    ranks = _ranks(logprobs, own)
    return tuple(
        Alternative(
            token_id, tokenizer.display(token_id), tokenizer.token_bytes(token_id), logprob, rank, prob, stage
        )
        for token_id, logprob, rank, prob, stage in zip(
            asked.tolist(),
            own.tolist(),
            ranks.tolist(),
            probs[asked].tolist(),
            removed,
            strict=True,
        )
    )


def _ranks(logprobs: Tensor, own: Tensor) -> Tensor:
    """1: the largest; equal ones share a rank. (V,), (K,) -> (K,)."""
    best = logprobs[largest(logprobs, min(len(own), len(logprobs)))]
    ranks = 1 + (best > own[:, None]).sum(1)  # (K, K) -> (K,)
    for i in (own < best[-1:]).nonzero().flatten().tolist():
        ranks[i] = 1 + (logprobs > own[i]).sum()
    return ranks
