"""A token that the kernels choose in two calls is the token of the stages, to the last bit."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.core import processors as p
from studio.core.choice import Chooser, _QuickChain, choose
from studio.core.errors import StudioError
from studio.core.parameters import is_off
from studio.core.running import LogitsProcessor, RunStart, begin_all
from studio.core.tokenizer import BytePairTokenizer
from studio.kernels import library

needs_kernels = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())
TOKENIZER = BytePairTokenizer({bytes([i]): i for i in range(256)}, None, {})
TEMPERATURES = (0.0, 0.1, 0.8, 1.0, 1.3)


def chooser(processors: list[LogitsProcessor], seed: int) -> Chooser:
    chain = begin_all(processors, RunStart(seed, 1, TOKENIZER))
    return Chooser(TOKENIZER, processors, chain, seed)


def usual_chain(data: st.DataObject) -> list[LogitsProcessor]:
    chain: list[LogitsProcessor] = [
        p.RepetitionPenalty(data.draw(st.sampled_from([1.0, 1.1, 2.0])), data.draw(st.sampled_from([0, 5]))),
        p.Temperature(data.draw(st.sampled_from(TEMPERATURES))),
        p.TopK(data.draw(st.sampled_from([0, 1, 2, 40, 300]))),
        p.TopP(data.draw(st.sampled_from([0.0, 0.5, 0.95, 1.0]))),
        p.MinP(data.draw(st.sampled_from([0.0, 0.03, 0.5, 1.0]))),
        p.BestOf(2),
    ]
    return [stage for stage in chain if not is_off(stage)]


@needs_kernels
@given(st.data())
def test_a_usual_chain_gives_the_same_token_and_the_same_numbers(data: st.DataObject) -> None:
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 10**6)))
    n = data.draw(st.sampled_from([3, 60, 255, 256, 257, 5000, 30000]))
    logits = torch.randn(n, generator=generator) * data.draw(st.sampled_from([0.3, 3.0, 30.0]))
    if data.draw(st.booleans()):
        logits = logits.round()
    if data.draw(st.booleans()):
        logits[torch.rand(n, generator=generator) < 0.7] = -math.inf
        logits[data.draw(st.integers(0, n - 1))] = 4.0
    ids = torch.randint(0, n + 2, (data.draw(st.sampled_from([1, 6, 700])),), generator=generator)
    ids[:2] = int(logits.argmax())
    processors, seed, step = usual_chain(data), data.draw(st.integers(0, 2**63)), 7
    made = chooser(processors, seed)
    with torch.inference_mode():
        expected = choose(
            TOKENIZER, begin_all(processors, RunStart(seed, 1, TOKENIZER)), ids, logits, seed, step
        )
        if made._quick is not None:
            quick = made._quick.choose(TOKENIZER, ids, logits, step)
            assert quick in (None, expected)
    assert made.choose(ids, logits, step) == expected


@needs_kernels
@pytest.mark.parametrize(
    "chain",
    [
        [p.RepetitionPenalty(1.1), p.Temperature(0.8), p.TopK(50), p.TopP(0.95)],
        [p.RepetitionPenalty(1.1), p.Temperature(1.1), p.MinP(0.03)],
        [p.Temperature(0.0)],
        [p.TopP(0.9)],
    ],
)
def test_the_presets_chains_are_usual(chain: list[LogitsProcessor]) -> None:
    quick = _QuickChain.of(chain, 1)
    assert quick is not None
    logits = torch.randn(50257, generator=torch.Generator().manual_seed(3)) * 4
    with torch.inference_mode():
        assert quick.choose(TOKENIZER, torch.arange(100), logits, 0) is not None


@pytest.mark.parametrize(
    "chain",
    [
        [p.TopP(0.9), p.Temperature(0.5)],
        [p.TopK(5), p.TypicalP(0.9)],
        [p.TopK(5), p.Dry(1.0)],
        [p.TopK(5), p.Guidance(1.5)],
        [p.Temperature(0.5)],
        [],
    ],
)
def test_what_the_kernels_do_not_know_is_left_to_the_stages(chain: list[LogitsProcessor]) -> None:
    assert _QuickChain.of(chain, 1) is None


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_broken_logits_end_a_run_with_a_sentence(broken: float) -> None:
    logits = torch.zeros(600)
    logits[9] = broken
    with pytest.raises(StudioError, match="broke down"):
        chooser([p.TopK(5)], 1).choose(torch.zeros(1, dtype=torch.int64), logits, 0)
