"""A chain on many positions at once is the chain at each of them."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor

from studio.core import chain as chains
from studio.core import ordering
from studio.core.many import apply_stage
from studio.core.many_rows import Rows
from studio.core.parameters import Parameter, is_off, parameters
from studio.core.processors import (
    PROCESSORS,
    BannedWords,
    ContrastiveSearch,
    Dry,
    Guidance,
    JsonShape,
    LogitBias,
    LogitsProcessor,
    NoRepeatNgram,
    Pattern,
    TailFree,
    TopP,
    TypicalP,
    Xtc,
)
from studio.core.replay import remembers
from studio.core.running import RunStart, begin_all
from tests.core.chains import NumberTokenizer

T, V = 40, 700
TEXTS = {"logit_bias": "w3: 2, w5: -3, w4 w7: 4", "banned_words": "w2, w9 w8", "dry_breakers": "w6"}
ELSEWHERE = (Guidance, ContrastiveSearch, Pattern, JsonShape)


def some(processor: type[LogitsProcessor], chance: random.Random) -> LogitsProcessor:
    """The processor, on, at values a person could set."""
    settings: dict[str, object] = {}
    for p in parameters(processor):
        if not isinstance(p, Parameter):
            settings[p.name] = TEXTS[p.name]
        elif p.name == "banned_tries":
            settings[p.name] = 0
        elif p.off is not None and chance.random() < 0.5:
            settings[p.name] = p.usual
        else:
            settings[p.name] = p.type(p.checked(p.type(p.lo + chance.random() * (p.hi - p.lo))))
    return chains.build(processor.__name__, settings)


def text_and_logits(chance: random.Random, spread: float) -> tuple[list[int], Tensor]:
    """Tokens with many repeats, and logits as steep or as flat as asked, no two of a position close."""
    ids = [chance.randrange(12) for _ in range(T // 2)]
    ids += ids[:10] + ids[5:20] + [chance.randrange(V) for _ in range(T)]
    generator = torch.Generator().manual_seed(chance.randrange(2**31))
    order = torch.rand(T, V, generator=generator).argsort(1)
    logits = spread * torch.special.ndtri((order + 0.5) / V) - 3 + 0.003 * torch.arange(T)[:, None]
    return ids[: T + 1], logits


def compare(chain: tuple[LogitsProcessor, ...], ids: list[int], logits: Tensor, chunk: int) -> None:
    """Both ways, stage by stage; `chunk` positions at once."""
    start = RunStart(3, 1, NumberTokenizer(range(V)))
    alone, together = begin_all(chain, start), begin_all(chain, start)
    whole = torch.tensor(ids)
    for begin in range(0, T, chunk):
        rows = Rows(logits[begin : begin + chunk], None, V)
        contexts = [whole[: 1 + n] for n in range(begin, min(begin + chunk, T))]
        chosen = [ids[len(context)] for context in contexts]
        reached = []
        for processor, running in zip(chain, together, strict=True):
            rows = apply_stage(processor, running, rows, contexts, chosen if remembers(running) else None)
            reached.append(torch.stack([rows.row(i) for i in range(len(contexts))]))
        for i, context in enumerate(contexts):
            row = logits[begin + i]
            for stage, running in enumerate(alone):
                row = running(context, row)
                told = reached[stage][i]
                assert torch.equal(told > -torch.inf, row > -torch.inf), (chain[stage], begin + i)
                torch.testing.assert_close(told, row, atol=2e-5, rtol=2e-5)
            for running in alone:
                running.chosen(chosen[i])


@pytest.mark.parametrize("spread", [0.3, 2.5, 8.0])
@pytest.mark.parametrize("processor", [p for p in PROCESSORS if p not in ELSEWHERE])
def test_each_stage_does_at_many_places_what_it_does_at_one(
    processor: type[LogitsProcessor], spread: float
) -> None:
    for seed in range(3):
        chance = random.Random(seed)
        ids, logits = text_and_logits(chance, spread)
        compare((some(processor, chance),), ids, logits, chance.choice((7, T)))


@pytest.mark.parametrize("spread", [0.3, 2.5])
@pytest.mark.parametrize("stage", [TopP(0.9), TopP(0.999), TypicalP(0.9), TypicalP(0.3), TailFree(0.9)])
def test_cuts_below_the_head_need_no_kernels(
    stage: LogitsProcessor, spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "kernels", lambda: None)
    compare((stage,), *text_and_logits(random.Random(8), spread), 13)


@pytest.mark.parametrize("seed", range(16))
def test_stages_after_each_other_do_too(seed: int) -> None:
    chance = random.Random(seed)
    chosen = chance.sample([p for p in PROCESSORS if p not in ELSEWHERE], 4)
    ids, logits = text_and_logits(chance, chance.choice((0.3, 2.5, 8.0)))
    compare(tuple(some(processor, chance) for processor in chosen), ids, logits, chance.choice((7, T)))


@pytest.mark.parametrize("stage", [Dry(0.8, 1.75, 1, 12, "w6"), NoRepeatNgram(1), Xtc(1.0, 0.0)])
def test_stages_at_their_edges(stage: LogitsProcessor) -> None:
    chance = random.Random(5)
    compare((stage,), *text_and_logits(chance, 2.5), 11)


def test_words_that_may_not_follow_a_phrase_are_met_at_every_place() -> None:
    chance = random.Random(6)
    chain: tuple[LogitsProcessor, ...] = (LogitBias("w3 w4: 5, w1: -2"), BannedWords("w5 w6, w7"))
    assert not any(map(is_off, chain))
    compare(chain, *text_and_logits(chance, 2.5), 13)
