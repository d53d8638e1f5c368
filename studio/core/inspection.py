"""One position looked at closely: what could have stood there, before and after the sampling chain."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from studio.core.generate import sampling_probs
from studio.core.reading_messages import Alternative, GeneratedPlace, InspectPlace, PlaceInspected
from studio.core.running import Running, RunStart, begin_all
from studio.core.tokenizer import Tokenizer


def inspect_place(
    tokenizer: Tokenizer, request: InspectPlace, ids: Sequence[int], logits: Tensor, *, from_memory: bool
) -> PlaceInspected:
    """The likeliest tokens and those asked for, with both probabilities. `logits` (V,) float32."""
    with torch.inference_mode():
        logprobs = logits - logits.logsumexp(0)  # (V,)
        context = torch.tensor(ids)
        written = len(request.place.token_ids) if isinstance(request.place, GeneratedPlace) else 0
        start = RunStart(request.seed, len(ids) - written, tokenizer)
        chain = begin_all(request.processors, start)
        probs = sampling_probs(chain, context, logits)  # (V,)
        top_ids = logprobs.topk(min(request.n_top, len(logprobs))).indices
        wanted = torch.tensor([i for i in request.wanted if 0 <= i < len(logprobs)], dtype=torch.int64)
        asked = torch.cat([top_ids, wanted])
        removed_by = _removed_by(chain, context, logits, asked)
        told = _alternatives(tokenizer, logprobs, probs, asked, removed_by)
        return PlaceInspected(
            job_id=request.job_id,
            place=request.place,
            top=told[: len(top_ids)],
            wanted=told[len(top_ids) :],
            rest=float(1 - logprobs[top_ids].double().exp().sum()),
            sampling_rest=float(1 - probs[top_ids].double().sum()),
            n_left=int((probs > 0).sum()),
            entropy=_entropy(logprobs),
            sampling_entropy=_entropy(probs.log()),
            from_memory=from_memory,
        )


def _entropy(logprobs: Tensor) -> float:
    """Nats: (V,) -> a number. 0 * -inf counts as 0."""
    return float(-torch.dot(logprobs.exp(), logprobs.clamp_min(-1e9)))


def _removed_by(chain: Sequence[Running], context: Tensor, logits: Tensor, asked: Tensor) -> list[int]:
    """For each token asked for: the stage of the chain that removed it, or -1."""
    removed = [-1] * len(asked)
    processed = logits
    for stage, running in enumerate(chain):
        processed = running(context, processed)
        for i, value in enumerate(processed[asked].tolist()):
            if removed[i] < 0 and value == -torch.inf:
                removed[i] = stage
    return removed


def _alternatives(
    tokenizer: Tokenizer, logprobs: Tensor, probs: Tensor, asked: Tensor, removed_by: Sequence[int]
) -> tuple[Alternative, ...]:
    own = logprobs[asked]  # (K,)
    ranks = 1 + (logprobs > own[:, None]).sum(1)  # (K, V) -> (K,)
    return tuple(
        Alternative(
            token_id, tokenizer.display(token_id), tokenizer.token_bytes(token_id), logprob, rank, prob, stage
        )
        for token_id, logprob, rank, prob, stage in zip(
            asked.tolist(),
            own.tolist(),
            ranks.tolist(),
            probs[asked].tolist(),
            removed_by,
            strict=True,
        )
    )
