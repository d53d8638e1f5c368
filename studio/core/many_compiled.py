"""A chain on many stored positions in compiled code: the same as many.py, row by row without a copy of all.

Not every stage is known there; with one that is not, many.py does it all.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from studio.core import processors as p
from studio.core.memory import LogitMemory
from studio.core.parameters import is_off
from studio.core.processors.dry import DryRun
from studio.core.processors.steering import MirostatRun, XtcRun
from studio.core.processors.words import BanRun, BiasRun
from studio.core.reader import TextRun
from studio.core.running import LogitsProcessor, Running, Untouched
from studio.kernels import chains
from studio.kernels.chains import Kind, Stage
from studio.kernels.library import Kernels, kernels


def knows(processors: Sequence[LogitsProcessor], chain: Sequence[Running]) -> bool:
    """Whether all stages of a chain are known, and there are compiled kernels."""
    if kernels() is None:
        return False
    pairs = zip(processors, chain, strict=True)
    return all(_is_nothing(*pair) or isinstance(pair[1], _RUNS) or _alone(pair[0]) for pair in pairs)


def reshaped(
    memory: LogitMemory,
    processors: Sequence[LogitsProcessor],
    chain: Sequence[Running],
    run: TextRun,
    keys: Sequence[int],
    begin: int,
    end: int,
    n_threads: int = 1,
) -> tuple[array[float], array[int]] | None:
    """Of tokens begin..end of a run whose chain is known: their log-probability in nats, and the index of the
    processor that removed them or -1. Stages that remember are told what was chosen.

    None if their logits are not at hand for it, or somewhere no token is left or one is infinite.
    """
    lib, packed = kernels(), memory.packed(keys[begin:end])
    if lib is None or packed is None:
        return None
    lengths = [run.begin + at for at in range(begin, end)]
    rows = chains.StoredRows(
        *packed,
        array("i", run.ids),
        array("i", lengths),
        array("i", run.ids[lengths[0] : lengths[-1] + 1]),
        run.end_of_text,
    )
    with _threads(lib, n_threads):
        return _found(lib, rows, processors, chain, run, begin)


@contextmanager
def _threads(lib: Kernels, n: int) -> Iterator[None]:
    """So many for a moment; else the kernels compute with as many as torch."""
    lib.set_threads(n)
    try:
        yield
    finally:
        lib.set_threads(torch.get_num_threads())


def _found(
    lib: Kernels,
    rows: chains.StoredRows,
    processors: Sequence[LogitsProcessor],
    chain: Sequence[Running],
    run: TextRun,
    begin: int,
) -> tuple[array[float], array[int]] | None:
    stages: list[Stage] = []
    owners: list[int] = []
    for index, (processor, running) in enumerate(zip(processors, chain, strict=True)):
        if _is_nothing(processor, running):
            continue
        if isinstance(running, MirostatRun):
            before = chains.run(lib, rows, stages)
            if before is None or any(map(math.isnan, before[0])):
                return None
            bits = [-logprob / math.log(2) for logprob in before[0]]
            chosen = [run.chosen(at) is not None for at in range(begin, begin + len(bits))]
            most = [
                running.follow(found if told else math.inf) for found, told in zip(bits, chosen, strict=True)
            ]
            stages.append(Stage(Kind.MIROSTAT, numbers=array("f", most)))
        else:
            stages.append(_alone(processor) or _with_text(processor, running, run, rows.lengths, rows.n))
        owners.append(index)
    found = chains.run(lib, rows, stages)
    if found is None or any(map(math.isnan, found[0])):
        return None
    logprobs, removed = found
    return logprobs, array("i", [owners[stage] if stage >= 0 else -1 for stage in removed])


_RUNS = (MirostatRun, XtcRun, DryRun, BiasRun, BanRun)


def _is_nothing(processor: LogitsProcessor, running: Running) -> bool:
    return is_off(processor) or type(running) in (Untouched, p.BestOf, p.BeamSearch)


def _alone(processor: LogitsProcessor) -> Stage | None:
    """A stage that needs nothing but its settings."""
    match processor:
        case p.Temperature(temperature=t):
            return Stage(Kind.TEMPERATURE, t)
        case p.DynamicTemperature(dynatemp_high=high, dynatemp_low=low, dynatemp_exponent=power):
            return Stage(Kind.DYNAMIC_TEMPERATURE, high, low, power)
        case p.QuadraticSmoothing(smoothing_factor=factor, smoothing_curve=curve):
            return Stage(Kind.SMOOTHING, factor, curve)
        case p.TopK(top_k=k):
            return Stage(Kind.TOP_K, size=k)
        case p.RepetitionPenalty(repetition_penalty=penalty, repetition_range=reach):
            return Stage(Kind.REPETITION, penalty, size=reach)
        case p.FrequencyPenalty(frequency_penalty=alpha):
            return Stage(Kind.FREQUENCY, alpha)
        case p.PresencePenalty(presence_penalty=alpha):
            return Stage(Kind.PRESENCE, alpha)
        case p.NoRepeatNgram(no_repeat_ngram_size=size):
            return Stage(Kind.NGRAM, size=size)
        case _:
            return _cut(processor)


def _cut(processor: LogitsProcessor) -> Stage | None:
    match processor:
        case p.TopP(top_p=a):
            return Stage(Kind.TOP_P, a)
        case p.TypicalP(typical_p=a):
            return Stage(Kind.TYPICAL, a)
        case p.TailFree(tfs_z=a):
            return Stage(Kind.TAIL_FREE, a)
        case p.TopNSigma(top_n_sigma=a):
            return Stage(Kind.SIGMA, a)
        case p.MinP(min_p=a):
            return Stage(Kind.MIN_P, a)
        case p.TopA(top_a=a):
            return Stage(Kind.TOP_A, a)
        case p.EpsilonCutoff(epsilon_cutoff=a):
            return Stage(Kind.EPSILON, a)
        case p.EtaCutoff(eta_cutoff=a):
            return Stage(Kind.ETA, a)
        case _:
            return None


def _with_text(
    processor: LogitsProcessor, running: Running, run: TextRun, lengths: Sequence[int], vocab_size: int
) -> Stage:
    """A stage that says something else at each position, after so many of the run's tokens."""
    match processor, running:
        case p.Xtc(xtc_threshold=threshold), XtcRun():
            strikes = array("f", [running.strikes(max(n, 1)) for n in lengths])
            spared = array("i", sorted(running.spared))
            return Stage(Kind.XTC, threshold, size=len(spared), tokens=spared, numbers=strikes)
        case _, DryRun():
            lowered = [running.lowered(run.ids if n else [run.end_of_text], max(n, 1)) for n in lengths]
            return _added([{i: -v for i, v in row.items() if i < vocab_size} for row in lowered])
        case _, BiasRun():
            whole = torch.tensor(run.ids)
            return _added([running.raised(_context(run, n, whole), vocab_size) for n in lengths])
        case _, BanRun():
            whole = torch.tensor(run.ids)
            banned = [running.removed(_context(run, n, whole), vocab_size) for n in lengths]
            tokens = array("i", [token_id for row in banned for token_id in row])
            return Stage(Kind.BANNED, offsets=_offsets(banned), tokens=tokens)
        case _:
            raise AssertionError(f"{type(processor).__name__} is not known")


def _context(run: TextRun, n: int, whole: torch.Tensor) -> torch.Tensor:
    return whole[:n] if n else whole.new_tensor([run.end_of_text])


def _added(rows: Sequence[Mapping[int, float]]) -> Stage:
    """Numbers that are added to tokens of each position."""
    tokens = array("i", [token_id for row in rows for token_id in row])
    numbers = array("f", [number for row in rows for number in row.values()])
    return Stage(Kind.ADDED, offsets=_offsets(rows), tokens=tokens, numbers=numbers)


def _offsets(rows: Sequence[Mapping[int, float] | Sequence[int]]) -> array[int]:
    offsets = array("q", [0])
    for row in rows:
        offsets.append(offsets[-1] + len(row))
    return offsets
