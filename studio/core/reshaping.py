"""How likely every token of a text would have been under other settings, from logits that are remembered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from studio.core import many_compiled, memory
from studio.core.choice import as_probabilities
from studio.core.going_back import going_back
from studio.core.many import apply_stage
from studio.core.many_rows import Rows, head_decides
from studio.core.model import Cancelled, InterruptedReading, never
from studio.core.parameters import is_off
from studio.core.processors.constraints import ConstraintRun
from studio.core.reader import Reader, TextRun
from studio.core.replay import remembers
from studio.core.running import LogitsProcessor, Running, RunStart, begin_all
from studio.core.truncation import INF
from studio.core.xray_messages import ReshapedToken, ReshapeText, TextReshaped

FIRST_LOOK = 96
"""Tokens told of first: about what is in view around a place."""

CHUNK_NUMBERS = 400_000
"""Logits looked at together: few enough to stay in the processor's cache, and for 10 ms of work."""

COMPILED_NUMBERS = 3_200_000
"""The same for the compiled kernels, which look at one position after the other."""


def reshape(
    reader: Reader, request: ReshapeText, cancelled: Cancelled = never, n_threads: int = 1
) -> Iterator[TextReshaped]:
    """Tell of the tokens, in stretches. Raises StudioError if another text was read since, and
    InterruptedReading."""
    runs = reader.runs(request.reading)
    runs.sort(key=lambda run: not run.first <= request.around < run.first + run.n)
    back = going_back(reader.tokenizer, request.processors, "", reader.token_ids)
    taken = {phrase.first for phrase in back.found()} if back else set()
    for run in runs:
        start = reader.start_of(run, reader.token_ids, request.seed, cancelled, goes_back=True)
        chain = begin_all(request.processors, start)
        keys = run.keys()
        spans = _in_order(run) if any(map(remembers, chain)) else _near_first(run, request.around)
        for begin, end in spans:
            for told in _stretch(reader, request, run, keys, chain, begin, end, cancelled, n_threads):
                yield _without(told, taken, back.stage) if back else told


def _without(told: TextReshaped, taken: set[int], stage: int) -> TextReshaped:
    """A token at which a run would have gone back could not have stayed; `stage` says so."""
    tokens = (
        ReshapedToken(-math.inf, stage) if index in taken and token.removed_by < 0 else token
        for index, token in enumerate(told.tokens, told.first)
    )
    return replace(told, tokens=tuple(tokens))


def _in_order(run: TextRun) -> list[tuple[int, int]]:
    return [(0, run.n)]


def _near_first(run: TextRun, around: int) -> list[tuple[int, int]]:
    begin = min(max(around - run.first - FIRST_LOOK // 2, 0), max(run.n - FIRST_LOOK, 0))
    end = min(begin + FIRST_LOOK, run.n)
    return [(a, b) for a, b in ((begin, end), (end, run.n), (0, begin)) if b > a]


def _stretch(
    reader: Reader,
    request: ReshapeText,
    run: TextRun,
    keys: Sequence[int],
    chain: Sequence[Running],
    begin: int,
    end: int,
    cancelled: Cancelled,
    n_threads: int,
) -> Iterator[TextReshaped]:
    """Tokens begin..end of a run."""
    ordered = any(map(remembers, chain))
    compiled = many_compiled.knows(request.processors, chain)
    at = begin
    while at < end:
        if cancelled():
            raise InterruptedReading
        if keys[at] not in reader.logits and request.recompute:
            reader.logits_after(run.context(at, torch.tensor(run.ids)).tolist(), cancelled)
        if keys[at] not in reader.logits:
            if ordered:
                return  # what the stages remember is not known from here on
            at += 1
            continue
        size = 1
        most = max(CHUNK_NUMBERS // reader.vocab_size, 1)
        if compiled:
            most = max(COMPILED_NUMBERS // reader.vocab_size, 1)
        elif _heads_decide(reader, request.processors, keys[at : at + 1]):
            most = CHUNK_NUMBERS // memory.N_HEAD
        while at + size < end and size < most and keys[at + size] in reader.logits:
            size += 1
        with torch.inference_mode():
            where = run, keys, at, at + size
            found = (
                many_compiled.reshaped(reader.logits, request.processors, chain, *where, n_threads)
                if compiled
                else None
            )
            if found is None:
                tokens = _reshaped(reader, request.processors, chain, *where)
            else:
                tokens = tuple(ReshapedToken(*pair) for pair in zip(*found, strict=True))
        yield TextReshaped(request.job_id, run.first + at, tokens)
        at += size


def _heads_decide(reader: Reader, processors: Sequence[LogitsProcessor], keys: Sequence[int]) -> bool:
    found = reader.logits.heads(keys)
    return found is not None and head_decides(processors, found[0])


def _reshaped(
    reader: Reader,
    processors: Sequence[LogitsProcessor],
    chain: Sequence[Running],
    run: TextRun,
    keys: Sequence[int],
    begin: int,
    end: int,
) -> tuple[ReshapedToken, ...]:
    wanted = keys[begin:end]
    targets = torch.tensor(run.ids[run.begin + begin : run.begin + end])  # (T,)
    rows = _rows(reader, processors, wanted)
    whole = torch.tensor(run.ids)
    contexts = [run.context(i, whole) for i in range(begin, end)]
    chosen = [run.chosen(i) for i in range(begin, end)]
    removed = torch.full((len(targets),), -1)
    for stage, (processor, running) in enumerate(zip(processors, chain, strict=True)):
        if is_off(processor):
            continue
        told = chosen if remembers(running) else None
        rows = apply_stage(processor, running, rows, contexts, told)
        gone = (rows.of(targets) == -INF) & (removed < 0)
        removed = removed.where(~gone, stage)
    own = rows.of(targets)
    log_sums = rows.values.logsumexp(1)
    logprobs: list[float] = (own - log_sums).tolist()
    stages: list[int] = removed.tolist()
    for i in (~log_sums.isfinite()).nonzero().flatten().tolist():  # no token is left, or one is infinite
        logits = reader.logits.get(wanted[i])
        assert logits is not None
        logprobs[i] = float(as_probabilities(rows.row(i), logits)[targets[i]].log())
    return tuple(ReshapedToken(*pair) for pair in zip(logprobs, stages, strict=True))


def _rows(reader: Reader, processors: Sequence[LogitsProcessor], keys: Sequence[int]) -> Rows:
    heads = reader.logits.heads(keys)
    assert heads is not None
    if head_decides(processors, heads[0]):
        return Rows(*heads, reader.vocab_size)
    values = reader.logits.many(keys)
    assert values is not None
    return Rows(values, None, reader.vocab_size, heads)


def broken_at(reader: Reader, request: ReshapeText) -> int:
    """The first token of the text read last that a pattern or schema of the chain does not allow; -1: none.

    What comes after it was not written under the pattern, which therefore says nothing there.
    """
    ids = reader.token_ids
    chain = begin_all(request.processors, RunStart(request.seed, 0, reader.tokenizer))
    fitting = [stage.n_fitting(ids, reader.vocab_size) for stage in chain if isinstance(stage, ConstraintRun)]
    return min((n for n in fitting if n < len(ids)), default=-1)
