"""Processors that need a run: chance, memory, and what a replay may rely on."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from studio.core.generate import generate
from studio.core.messages import Generate, Token
from studio.core.model import GPT2, never
from studio.core.processors import (
    PROCESSORS,
    Dry,
    LogitBias,
    LogitsProcessor,
    Mirostat,
    NoRepeatNgram,
    Temperature,
    TopK,
    Xtc,
)
from studio.core.processors.steering import uniform
from studio.core.running import RunStart, begin_all
from studio.core.tokenizer import Tokenizer
from tests.core.chains import NumberTokenizer

INF = math.inf
WORDS = NumberTokenizer(range(8))


def logits_of(*probs: float) -> Tensor:
    return torch.tensor(probs).log()


def test_a_pure_processor_is_its_own_running() -> None:
    start = RunStart(1, 0, WORDS)
    chain = (TopK(3), Temperature(0.5))
    assert begin_all(chain, start) == chain


def test_what_is_off_gives_back_the_very_tensor() -> None:
    logits = logits_of(0.5, 0.3, 0.2)
    for processor in PROCESSORS:
        running = processor().begin(RunStart(1, 0, WORDS))
        assert running(torch.tensor([0]), logits) is logits
        running.chosen(1)


# -- chance ------------------------------------------------------------------------------------------------


def test_chance_depends_on_seed_and_position_alone() -> None:
    assert uniform(7, 3, 1) == uniform(7, 3, 1)
    drawn = {uniform(seed, position, key) for seed in range(20) for position in range(20) for key in (1, 2)}
    assert len(drawn) == 800
    assert 0 <= min(drawn) < 0.01
    assert 0.99 < max(drawn) < 1
    assert abs(sum(drawn) / 800 - 0.5) < 0.04
    # written down, so that a record's text can be written again by later versions
    assert [uniform(7, position, 1) for position in (0, 1, 2**40)] == pytest.approx(CHANCE, abs=0)


CHANCE = [0.8824668302545412, 0.718174498323604, 0.4386298387883648]


def test_xtc_removes_all_but_the_least_likely_of_the_obvious() -> None:
    ids, logits = torch.tensor([0, 1]), logits_of(0.4, 0.05, 0.3, 0.15, 0.1)
    cases = [(0.12, [False, True, False, True, True]), (0.5, [True] * 5), (0.35, [True] * 5)]
    for threshold, wanted in cases:
        running = Xtc(1.0, threshold).begin(RunStart(1, 2, WORDS))
        assert running(ids, logits).isfinite().tolist() == wanted


def test_xtc_keeps_its_hands_off_line_ends_and_the_end(starter_tokenizer: Tokenizer) -> None:
    newline = starter_tokenizer.encode("\n").ids[0]
    end = starter_tokenizer.end_of_text_id
    assert end is not None
    for special in (newline, end):
        logits = torch.full((4096,), -20.0)
        logits[[special, 100, 200]] = torch.tensor([2.0, 1.0, 0.5])
        running = Xtc(1.0, 0.1).begin(RunStart(1, 2, starter_tokenizer))
        assert running(torch.tensor([0, 1]), logits) is logits
        logits[special] = 0.1  # the least likely of them: it would be kept anyway
        left = running(torch.tensor([0, 1]), logits).isfinite()
        assert left[[special, 100, 200]].tolist() == [True, False, False]


def test_xtc_happens_as_often_as_asked_and_the_same_at_every_replay() -> None:
    logits = logits_of(0.5, 0.5 - 1e-3, 1e-3)
    running = Xtc(0.3, 0.1).begin(RunStart(5, 0, WORDS))
    hits = [running(torch.zeros(n, dtype=torch.int64), logits) is not logits for n in range(1000)]
    assert 250 < sum(hits) < 350
    again = Xtc(0.3, 0.1).begin(RunStart(5, 0, WORDS))
    for n in (900, 3, 500):  # in any order, without a history
        assert (again(torch.zeros(n, dtype=torch.int64), logits) is not logits) == hits[n]
    later = Xtc(0.3, 0.1).begin(RunStart(5, 100, WORDS))
    assert (later(torch.zeros(103, dtype=torch.int64), logits) is not logits) == hits[3]


# -- memory ------------------------------------------------------------------------------------------------


def test_mirostat_follows_the_papers_algorithm() -> None:
    tau, eta = 2.0, 0.3
    running = Mirostat(tau, eta).begin(RunStart(1, 0, WORDS))
    rng = torch.Generator().manual_seed(0)
    mu = 2 * tau
    for step in range(60):
        logits = torch.randn(50, generator=rng) * 2
        surprise = [-math.log2(p) for p in logits.double().softmax(0).tolist()]
        wanted = [s <= mu or s == min(surprise) for s in surprise]
        ids = torch.zeros(step + 1, dtype=torch.int64)
        left = running(ids, logits).isfinite()
        assert left.tolist() == wanted
        assert torch.equal(running(ids, logits).isfinite(), left)  # looking twice changes nothing
        token_id = int(left.nonzero().flatten()[int(torch.randint(0, int(left.sum()), (), generator=rng))])
        running.chosen(token_id)
        mu -= eta * (surprise[token_id] - tau)
    assert mu != pytest.approx(2 * tau)


def text(model: GPT2, tokenizer: Tokenizer, processors: tuple[LogitsProcessor, ...], seed: int) -> list[int]:
    asked = Generate(1, "Once upon a time", (), processors, 25, seed=seed, stop_at_end_of_text=False)
    return [event.token_id for event in generate(model, tokenizer, asked, never) if isinstance(event, Token)]


CHAINS: list[tuple[LogitsProcessor, ...]] = [
    (Xtc(0.5, 0.02),),
    (Mirostat(3.0),),
    (Dry(2.0, dry_allowed_length=1), NoRepeatNgram(2)),
    (LogitBias("dragon: 2, once upon: -5"), TopK(50), Xtc(0.9, 0.01)),
]


@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_the_same_seed_writes_the_same_text(
    tiny_model: GPT2, starter_tokenizer: Tokenizer, chain: tuple[LogitsProcessor, ...]
) -> None:
    written = [text(tiny_model, starter_tokenizer, chain, seed) for seed in (3, 4, 3)]
    assert written[0] == written[2] != written[1]


def test_a_run_tells_its_processors_what_was_chosen(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    """A replay of the same distributions, told the same tokens, keeps the same tokens as the run did."""
    asked = Generate(1, "Once upon a time", (), (Mirostat(3.0, 0.5),), 25, 7, stop_at_end_of_text=False)
    tokens = [t for t in generate(tiny_model, starter_tokenizer, asked, never) if isinstance(t, Token)]
    mu = 6.0
    for token in tokens:
        surprise = -token.logprob / math.log(2)
        assert surprise <= mu + 1e-3 or token.rank == 1
        for candidate in token.candidates:
            if abs(-candidate.logprob / math.log(2) - mu) > 1e-3 and candidate is not token.candidates[0]:
                assert (candidate.sampling_prob > 0) == (-candidate.logprob / math.log(2) <= mu)
        mu -= 0.5 * (surprise - 3.0)
