"""Processors that transformers does not have, against their definitions, written down literally."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from studio.core.processors import (
    Dry,
    DynamicTemperature,
    LogitsProcessor,
    QuadraticSmoothing,
    TailFree,
    TopA,
    TopNSigma,
)
from studio.core.processors.dry import matches
from tests.core.chains import apply

INF = math.inf
SIZES = [3, 97, 20000]
KINDS = ["random", "sharp", "flat", "ties", "holes"]


def make_logits(kind: str, size: int, seed: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    logits = torch.randn(size, generator=rng) * 3 - 30
    match kind:
        case "sharp":
            return logits * 4
        case "flat":
            return logits * 0.05
        case "ties":
            return logits.round()
        case "holes":
            holes = torch.rand(size, generator=rng) < 0.5
            holes[0] = False
            return logits.masked_fill(holes, -INF)
    return logits


def softmax(logits: Tensor) -> np.ndarray:
    numbers = logits.double().numpy()
    weights = np.exp(numbers - numbers.max())
    shares: np.ndarray = weights / weights.sum()
    return shares


def kept(processor: LogitsProcessor, logits: Tensor) -> list[bool]:
    left: list[bool] = apply(processor, torch.tensor([0]), logits).isfinite().tolist()
    return left


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("z", [0.0, 0.3, 0.9, 0.97, 0.999])
def test_tail_free_cuts_where_the_second_differences_add_up_to_z(size: int, kind: str, z: float) -> None:
    logits = make_logits(kind, size, 3)
    probs = softmax(logits)
    ordered = np.sort(probs)[::-1]
    bends = np.abs(np.diff(np.diff(ordered)))
    share = np.cumsum(bends) / bends.sum() if bends.sum() else np.zeros(size - 2)
    # The first of all stays, the last never does.
    n_kept = 1 + next((k for k in range(size - 2) if share[k] > z), size - 2) if bends.sum() else size
    wanted = probs >= ordered[n_kept - 1] * (1 - 1e-12)
    assert kept(TailFree(z), logits) == (wanted & (probs > 0)).tolist()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [0.05, 1.0, 2.5])
def test_top_n_sigma_keeps_what_is_within_n_standard_deviations(size: int, kind: str, n: float) -> None:
    logits = make_logits(kind, size, 4)
    numbers = [x for x in logits.tolist() if x > -INF]
    mean = math.fsum(numbers) / len(numbers)
    if len(numbers) > 1:
        sigma = math.sqrt(math.fsum((x - mean) ** 2 for x in numbers) / (len(numbers) - 1))
        least = max(numbers) - n * sigma
        assert kept(TopNSigma(n), logits) == [x >= least for x in logits.tolist()]
        hot = logits / 2.5
        assert kept(TopNSigma(n), hot) == kept(TopNSigma(n), logits)  # at any temperature
    assert TopNSigma(n)(torch.tensor([0]), torch.tensor([1.0, -INF])).tolist() == [1.0, -INF]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("a", [0.01, 0.2, 1.0])
def test_top_a_keeps_what_is_at_least_a_times_the_square_of_the_best(size: int, kind: str, a: float) -> None:
    logits = make_logits(kind, size, 5)
    probs = softmax(logits)
    assert kept(TopA(a), logits) == (probs >= a * probs.max() ** 2).tolist()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("low", "high", "exponent"), [(0.5, 1.5, 1.0), (0.1, 5.0, 2.5), (1.2, 0.4, 0.5)])
def test_dynamic_temperature_follows_the_entropy(
    size: int, kind: str, low: float, high: float, exponent: float
) -> None:
    logits = make_logits(kind, size, 6)
    probs = [p for p in softmax(logits) if p > 0]
    n_left = sum(x > -INF for x in logits.tolist())
    unsure = -math.fsum(p * math.log(p) for p in probs) / math.log(n_left) if n_left > 1 else 0.0
    temperature = low + (high - low) * unsure**exponent if n_left > 1 else 1.0
    got = apply(DynamicTemperature(high, low, exponent), torch.tensor([0]), logits)
    torch.testing.assert_close(got, logits / temperature, rtol=1e-5, atol=1e-5)


def test_dynamic_temperature_zero_is_greedy_and_a_single_token_stays() -> None:
    logits = torch.tensor([0.0, 200.0, -5.0])  # entropy 0, so T = low = 0
    assert DynamicTemperature(1.0, 0.0)(torch.tensor([0]), logits).tolist() == [-INF, 200.0, -INF]
    alone = torch.tensor([-INF, 3.0])
    assert DynamicTemperature(1.5)(torch.tensor([0]), alone) is alone


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("factor", "curve"), [(0.3, 1.0), (2.0, 1.0), (0.2, 2.5), (0.5, 3.0)])
def test_quadratic_smoothing_bends_around_the_best(kind: str, factor: float, curve: float) -> None:
    logits = make_logits(kind, 97, 7)
    best = float(logits.max())
    k, s = (3 - curve) / 2, (curve - 1) / 2
    wanted = [
        -(k * factor * (x - best) ** 2) + s * factor * (x - best) ** 3 + best if x > -INF else -INF
        for x in logits.tolist()
    ]
    got = apply(QuadraticSmoothing(factor, curve), torch.tensor([0]), logits)
    torch.testing.assert_close(got, torch.tensor(wanted), rtol=1e-4, atol=1e-3)
    assert got.argmax() == logits.argmax()
    order = logits.argsort(stable=True)
    assert (got[order].diff().nan_to_num(0.0) >= 0).all()  # what was likelier stays likelier


def dry_literally(
    ids: list[int], size: int, multiplier: float, base: float, allowed: int, breaks: Callable[[int], bool]
) -> list[float]:
    """Every place where the last token stood before, and how far back both agree."""
    lowered = [0.0] * size
    if breaks(ids[-1]):
        return lowered
    longest: dict[int, int] = {}
    for i in range(len(ids) - 1):
        if ids[i] != ids[-1] or breaks(ids[i + 1]):
            continue
        length = 1
        while i - length >= 0 and ids[i - length] == ids[-1 - length] and not breaks(ids[-1 - length]):
            length += 1
        longest[ids[i + 1]] = max(length, longest.get(ids[i + 1], 0))
    for token_id, length in longest.items():
        if length >= allowed:
            lowered[token_id] = multiplier * base ** (length - allowed)
    return lowered


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(("n_words", "breakers"), [(2, ""), (3, "w0"), (6, "w5, w1"), (6, "")])
def test_dry_lowers_what_would_go_on_repeating(seed: int, n_words: int, breakers: str) -> None:
    rng = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, n_words, (60,), generator=rng)
    ids[30:45] = ids[:15]
    ids[50:] = ids[5:15]
    logits = torch.randn(10, generator=rng)
    allowed = 1 + seed % 4
    broken = {int(name[1:]) for name in breakers.split(", ") if name}
    wanted = dry_literally(ids.tolist(), 10, 0.8, 1.75, allowed, lambda token_id: token_id in broken)
    rule = Dry(0.8, 1.75, allowed, dry_breakers=breakers)
    torch.testing.assert_close(apply(rule, ids, logits), logits - torch.tensor(wanted))
    last = dry_literally(ids[-20:].tolist(), 10, 0.8, 1.75, allowed, lambda token_id: token_id in broken)
    ranged = Dry(0.8, 1.75, allowed, 20, breakers)
    torch.testing.assert_close(apply(ranged, ids, logits), logits - torch.tensor(last))


def test_dry_stays_finite_in_a_text_of_one_word() -> None:
    ids, logits = torch.full((1000,), 3), torch.zeros(10)
    got = apply(Dry(5.0, 4.0), ids, logits)
    assert got.isfinite().all()
    assert got.softmax(0)[3] == 0


def test_matches_are_those_of_a_comparison_one_by_one() -> None:
    rng = torch.Generator().manual_seed(0)
    for _ in range(50):
        items: list[int] = torch.randint(0, 3, (40,), generator=rng).tolist()
        for i, length in enumerate(matches(items)):
            if i:
                same = 0
                while i + same < len(items) and items[same] == items[i + same]:
                    same += 1
                assert length == same
