"""Finding the few words that best join a swapped token to the text that follows it.

A beam search (as in Freitag & Al-Onaizan 2017, arXiv 1702.01806) over at most four tokens, each hypothesis
judged by the joint probability of its own tokens and the next dozen of the text. All hypotheses of a length
go on from the same beginning, one token each at a time (shared_prefix.py); those that come out best are read
once more as one text each, so that the figures are the ones a reading of the text would show.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from studio.core import context
from studio.core.lookup import Vocabulary, cropped, measure_spelling, read_on, run_at
from studio.core.model import Cancelled, CausalLM, InterruptedReading
from studio.core.reader import Reader
from studio.core.swapping_messages import Bridge, BridgesFound, FindBridges
from studio.core.tokenizer import Tokenizer

N_EXPANDED = 12
"""Hypotheses of one length that are made longer."""

N_JUDGED = 12
"""Hypotheses of one length that are read on into the rest."""

N_TRIED = 32
"""Hypotheses of one length that are read, and how many tokens each is made longer with."""


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    ids: tuple[int, ...]
    logprob: float  # nats, of `ids`


def find_bridges(
    model: CausalLM,
    tokenizer: Tokenizer,
    reader: Reader,
    vocabulary: Vocabulary,
    request: FindBridges,
    cancelled: Cancelled,
) -> Generator[float, None, BridgesFound]:
    """Search, yielding the fraction done. Raises StudioError, InterruptedReading."""
    ids_before, begin = run_at(reader, request, cancelled)
    before = [*ids_before, *request.written]
    rest = tuple(tokenizer.encode(request.rest).ids[: request.n_rest])
    before = cropped(model, tokenizer, before, request.max_tokens + len(rest))
    context.reuse(model, before)
    first = context.read(model, before, cancelled)  # (V,)
    judged: list[tuple[float, tuple[int, ...]]] = []
    beam = _longer([_Hypothesis((), 0.0)], first[None], vocabulary.whole)
    for length in range(1, request.max_tokens + 1):
        if not rest:
            break
        beam, found = _round(model, vocabulary, beam, rest, cancelled)
        judged += found
        yield length / (request.max_tokens + 1)
    judged.sort(reverse=True)
    written = b"".join(tokenizer.token_bytes(token_id) for token_id in request.written)

    def measured(ids: tuple[int, ...]) -> Bridge:
        rows = [first, *read_on(model, [*ids, *rest][:-1], cancelled)] if ids or rest else []
        joint = math.fsum(
            float(row[token_id] - row.logsumexp(0)) for row, token_id in zip(rows, [*ids, *rest], strict=True)
        )
        text = b"".join(map(tokenizer.token_bytes, ids)).decode("utf-8", "replace")
        chain = begin()
        for token_id in request.written:
            for running in chain:
                running.chosen(token_id)
        own = measure_spelling(tokenizer, text, before, ids, rows[: len(ids)], request.processors, chain)
        return Bridge(own, joint)

    none = measured(())
    bridges: list[Bridge] = []
    for estimate, ids in judged:
        if len(bridges) == request.n_best or estimate <= none.logprob:
            break
        if _reads_the_same(tokenizer, written, ids, rest):
            bridge = measured(ids)
            if bridge.logprob > none.logprob:
                bridges.append(bridge)
    bridges.sort(key=lambda bridge: -bridge.logprob)
    return BridgesFound(request.job_id, none, tuple(bridges), len(rest))


def _round(
    model: CausalLM,
    vocabulary: Vocabulary,
    beam: Sequence[_Hypothesis],
    rest: Sequence[int],
    cancelled: Cancelled,
) -> tuple[list[_Hypothesis], list[tuple[float, tuple[int, ...]]]]:
    """Hypotheses of one length: the longer ones to go on with, and (joint logprob, ids) of the best."""
    branches = model.branch(len(beam), len(beam[0].ids) + len(rest) - 1)
    for k in range(len(beam[0].ids)):
        _pause(cancelled)
        logits = branches.forward(torch.tensor([hypothesis.ids[k] for hypothesis in beam]))  # (N, V)
    longer = _longer(beam[:N_EXPANDED], logits[:N_EXPANDED], vocabulary.whole)
    joint = torch.tensor([h.logprob for h in beam]) + logits.log_softmax(1)[:, rest[0]]
    kept = sorted(joint.topk(min(N_JUDGED, len(beam))).indices.tolist())
    if len(kept) < len(beam):
        branches.keep(kept)
    joint = joint[kept]
    for token_id, following in pairwise(rest):
        _pause(cancelled)
        logits = branches.forward(torch.full((len(kept),), token_id))
        joint = joint + logits.log_softmax(1)[:, following]
    return longer, list(zip(joint.tolist(), (beam[i].ids for i in kept), strict=True))


def _longer(beam: Sequence[_Hypothesis], logits: Tensor, whole: Tensor) -> list[_Hypothesis]:
    """The best of all that are one token longer: (N, V)."""
    logprobs = logits.log_softmax(1).masked_fill(~whole[: logits.shape[1]], -torch.inf)
    best = logprobs.topk(min(N_TRIED, logprobs.shape[1]))
    found = [
        _Hypothesis((*hypothesis.ids, token_id), hypothesis.logprob + logprob)
        for hypothesis, ids, values in zip(beam, best.indices.tolist(), best.values.tolist(), strict=True)
        for token_id, logprob in zip(ids, values, strict=True)
        if logprob > -math.inf
    ]
    return sorted(found, key=lambda hypothesis: -hypothesis.logprob)[:N_TRIED]


def _reads_the_same(tokenizer: Tokenizer, written: bytes, ids: Sequence[int], rest: Sequence[int]) -> bool:
    """Whether the tokens found are those that the text made of them is read as."""
    joined = b"".join(map(tokenizer.token_bytes, [*ids, *rest]))
    try:
        text = (written + joined).decode("utf-8")
        n_written = len(tokenizer.encode(written.decode("utf-8")).ids)
    except ValueError:
        return False
    read = tokenizer.encode(text).ids[n_written:]
    wanted = [*ids, *rest]
    n = len(wanted) - 1  # the last may go on in what comes after it
    return read[:n] == wanted[:n]


def _pause(cancelled: Cancelled) -> None:
    if cancelled():
        raise InterruptedReading
