"""A chain in compiled code gives every token the probability it has without."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from studio.core import many_compiled, memory
from studio.core.many import apply_stage
from studio.core.many_rows import Rows
from studio.core.memory import LogitMemory
from studio.core.processors import (
    PROCESSORS,
    BannedWords,
    Dry,
    DynamicTemperature,
    LogitBias,
    LogitsProcessor,
    MinP,
    Mirostat,
    NoRepeatNgram,
    PresencePenalty,
    QuadraticSmoothing,
    RepetitionPenalty,
    TailFree,
    Temperature,
    TopK,
    TopNSigma,
    TopP,
    TypicalP,
    Xtc,
)
from studio.core.reader import TextRun
from studio.core.replay import remembers
from studio.core.running import RunStart, begin_all
from studio.kernels import library
from tests.core.chains import NumberTokenizer
from tests.core.test_many import ELSEWHERE, T, V, some, text_and_logits

pytestmark = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())
Chain = tuple[LogitsProcessor, ...]


def both_ways(
    chain: Chain, ids: list[int], logits: Tensor, chunk: int
) -> Iterator[tuple[float, int, float, int]]:
    """The probability of each token and the stage that removed it: in compiled code, and stage by stage."""
    run, stored = TextRun(ids, 1, 0, 0), LogitMemory()
    keys = run.keys()
    for key, row in zip(keys, logits, strict=True):
        stored.put(key, row)
    start = RunStart(3, 1, NumberTokenizer(range(V)))
    compiled, alone = begin_all(chain, start), begin_all(chain, start)
    assert many_compiled.knows(chain, compiled)
    for begin in range(0, run.n, chunk):
        end = min(begin + chunk, run.n)
        found = many_compiled.reshaped(stored, chain, compiled, run, keys, begin, end)
        assert found is not None
        values = stored.many(keys[begin:end])
        assert values is not None
        rows, targets = Rows(values, None, V), torch.tensor(ids[1 + begin : 1 + end])
        removed = torch.full((end - begin,), -1)
        contexts = [run.context(at, torch.tensor(ids)) for at in range(begin, end)]
        chosen = [run.chosen(at) for at in range(begin, end)]
        for stage, (processor, running) in enumerate(zip(chain, alone, strict=True)):
            rows = apply_stage(processor, running, rows, contexts, chosen if remembers(running) else None)
            removed = removed.where((rows.of(targets) > -math.inf) | (removed >= 0), stage)
        logprobs = rows.of(targets) - rows.values.logsumexp(1)
        yield from zip(*found, logprobs.tolist(), removed.tolist(), strict=True)


def compare(chain: Chain, ids: list[int], logits: Tensor, chunk: int) -> None:
    for at, (logprob, stage, expected, expected_stage) in enumerate(both_ways(chain, ids, logits, chunk)):
        assert stage == expected_stage, (chain, at)
        assert logprob == pytest.approx(expected, abs=3e-5, rel=1e-5), (chain, at)


@pytest.mark.parametrize("spread", [0.3, 2.5, 8.0])
@pytest.mark.parametrize("processor", [p for p in PROCESSORS if p not in ELSEWHERE])
def test_each_stage_does_in_compiled_code_what_it_does_without(
    processor: type[LogitsProcessor], spread: float
) -> None:
    for seed in range(3):
        chance = random.Random(seed)
        ids, logits = text_and_logits(chance, spread)
        compare((some(processor, chance),), ids, logits, chance.choice((7, T)))


@pytest.mark.parametrize("seed", range(40))
def test_stages_after_each_other_do_too(seed: int) -> None:
    chance = random.Random(seed)
    chosen = chance.sample([p for p in PROCESSORS if p not in ELSEWHERE], 4)
    ids, logits = text_and_logits(chance, chance.choice((0.3, 2.5, 8.0)))
    compare(tuple(some(processor, chance) for processor in chosen), ids, logits, chance.choice((7, T)))


LOW = (Temperature(1.7), TopK(400))


@pytest.mark.parametrize(
    "chain",
    [
        (*LOW, RepetitionPenalty(1.3), TopP(0.9)),
        (*LOW, PresencePenalty(-1.5), TypicalP(0.8)),
        (*LOW, Dry(0.8, 1.75, 1, 12, "w6"), TailFree(0.9)),
        (*LOW, NoRepeatNgram(1), MinP(0.1), Temperature(0.0)),
        (*LOW, LogitBias("w3 w4: 5, w1: -2"), BannedWords("w5 w6, w7"), TopNSigma(1.0)),
        (Xtc(1.0, 0.0), TopP(0.7)),
        (Xtc(1.0, 0.01), TopK(20), Mirostat(3.0)),
        (TopK(2), TailFree(0.9), QuadraticSmoothing(0.3), DynamicTemperature(1.5)),
        (TopK(1), NoRepeatNgram(1), Mirostat(5.0), TypicalP(0.5)),
    ],
)
def test_lists_of_few_tokens_are_edited_and_cut_like_whole_rows(chain: Chain) -> None:
    for seed, spread in enumerate((0.3, 2.5, 8.0)):
        compare(chain, *text_and_logits(random.Random(seed), spread), 13)


def test_a_stored_row_alone_is_what_it_is_among_others() -> None:
    logits = torch.randn(2, V, generator=torch.Generator().manual_seed(4)) * 3 - 30
    stored = LogitMemory()
    for key, row in enumerate(logits):
        stored.put(key, row)
    together = stored.many([0, 1])
    assert together is not None
    for key in (0, 1):
        alone = stored.get(key)
        assert alone is not None
        assert torch.equal(alone, together[key])
    assert stored.many([0, 7]) is None
    assert memory.LogitMemory().packed([3]) is None


def test_numbers_that_broke_are_left_to_the_other_way() -> None:
    ids, logits = text_and_logits(random.Random(2), 2.5)
    run, stored = TextRun(ids, 1, 0, 0), LogitMemory()
    logits[3, 5] = math.inf
    for key, row in zip(run.keys(), logits, strict=True):
        stored.put(key, row)
    chain = (Temperature(0.5), Mirostat(5.0))
    begun = begin_all(chain, RunStart(3, 1, NumberTokenizer(range(V))))
    assert many_compiled.reshaped(stored, chain, begun, run, run.keys(), 0, 9) is None
    assert many_compiled.reshaped(stored, chain, begun, run, run.keys(), 4, 9) is not None
