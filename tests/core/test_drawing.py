"""The draw is fair, the same everywhere, and moved by a changed setting only where it must be."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.core import messages as m
from studio.core.drawing import draw, noise
from studio.core.engine import Engine
from studio.core.processors import LogitsProcessor, Temperature, TopK


@given(
    weights=st.lists(st.sampled_from([0.0, 0.0, 1e-45, 1e-30, 1e-8, 0.1, 0.5, 3.0]), min_size=1).filter(sum),
    seed=st.integers(0, 2**63 - 1),
    position=st.integers(0, 5000),
)
def test_a_token_of_probability_zero_never_wins(weights: list[float], seed: int, position: int) -> None:
    token_id = draw(torch.tensor(weights), seed, position)
    assert 0 <= token_id < len(weights)
    assert weights[token_id] > 0


@pytest.mark.parametrize("by_seed", [True, False])
def test_tokens_win_as_often_as_they_are_likely(by_seed: bool) -> None:
    probs = torch.tensor([0.1, 0.0, 0.55, 0.3, 0.05])
    n = 20_000
    counts = Counter(draw(probs, k, 3) if by_seed else draw(probs, 3, k) for k in range(n))
    assert counts[1] == 0
    off = sum((counts[i] - n * p) ** 2 / (n * p) for i, p in enumerate(probs.tolist()) if p)
    assert off < 16.3  # chi-square with 3 degrees of freedom: 0.1 % of fair draws are further off


def test_many_unlikely_tokens_share_fairly_too() -> None:
    probs = torch.full((5000,), 1 / 5000)
    n = 20_000
    counts = Counter(draw(probs, 11, k) // 500 for k in range(n))
    assert sum((counts[i] - n / 10) ** 2 / (n / 10) for i in range(10)) < 27.9  # 9 degrees of freedom


def test_the_race_is_the_one_that_is_defined() -> None:
    rng = torch.Generator().manual_seed(0)
    for position in range(12):
        probs = (torch.randn(20_000, generator=rng) * 4).softmax(0)
        u = [((int(bits) >> 11) + 0.5) * 2.0**-53 for bits in noise(9, position, 20_000)]
        speeds = [p / -math.log1p(-x) for p, x in zip(probs.double().tolist(), u, strict=True)]
        assert draw(probs, 9, position) == speeds.index(max(speeds))


def test_the_noise_is_written_down() -> None:
    # so that a record's text can be written again by later versions
    assert [int(bits) for bits in noise(7, 0, 2)] == NOISE[:2]
    assert int(noise(7, 1, 1)[0]) == NOISE[2]
    assert list(noise(7, 5, 10)[:4]) == list(noise(7, 5, 4))
    apart = {int(bits) for seed in range(5) for position in range(50) for bits in noise(seed, position, 40)}
    assert len(apart) == 5 * 50 * 40


NOISE = [6939402110994877901, 11734854476516930942, 6232970428190483673]


def test_removing_others_leaves_the_winner_and_scaling_changes_nothing() -> None:
    rng = torch.Generator().manual_seed(1)
    for position in range(300):
        probs = (torch.randn(500, generator=rng) * 3).softmax(0)
        winner = draw(probs, 4, position)
        kept = probs.where(torch.rand(500, generator=rng) < 0.5, 0.0)
        kept[winner] = probs[winner]
        assert draw(kept, 4, position) == winner
        assert draw(kept / kept.sum(), 4, position) == winner


def written(engine: Engine, *chain: LogitsProcessor) -> list[m.Token]:
    asked = m.Generate(2, "Once upon a time", (), chain, 40, 5, stop_at_end_of_text=False)
    return [t for x in engine.run(asked) if isinstance(x, m.TokensGenerated) for t in x.tokens]


def test_a_setting_that_spares_every_word_leaves_the_text_as_it_is(starter_engine: Engine) -> None:
    free = written(starter_engine, Temperature(0.8))
    loose = max(token.rank for token in free)
    assert loose < 4096
    same = written(starter_engine, Temperature(0.8), TopK(loose))
    assert [t.token_id for t in same] == [t.token_id for t in free]
    tight = written(starter_engine, Temperature(0.8), TopK(loose - 1))
    parted = next(i for i, (a, b) in enumerate(zip(free, tight, strict=True)) if a.token_id != b.token_id)
    assert free[parted].rank == loose  # the very first word that was not allowed any more


def test_alternatives_race_on_the_noise_of_their_own_seed(starter_engine: Engine) -> None:
    chain = (Temperature(0.9),)
    several = m.GenerateAlternatives(3, "Once upon a time", (), chain, 12, (5, 6), stop_at_end_of_text=False)
    rows: dict[int, list[int]] = {0: [], 1: []}
    for x in starter_engine.run(several):
        if isinstance(x, m.AlternativeTokens):
            rows[x.index] += [t.token_id for t in x.tokens]
    for index, seed in enumerate((5, 6)):
        alone = replace(
            m.Generate(2, "Once upon a time", (), chain, 12, 0, stop_at_end_of_text=False), seed=seed
        )
        found = [t for x in starter_engine.run(alone) if isinstance(x, m.TokensGenerated) for t in x.tokens]
        assert rows[index] == [t.token_id for t in found]
