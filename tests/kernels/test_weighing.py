"""What the kernels say a stage did, and the order they find, are what torch says."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from studio.core import truncation, xray
from studio.kernels import library

pytestmark = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())


def without(values: Tensor, share: float, generator: torch.Generator) -> Tensor:
    return values.masked_fill(torch.rand(len(values), generator=generator) < share, -math.inf)


@st.composite
def stages(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Logits before a stage and after it, of any number; it may have removed all of them."""
    n, spread = draw(st.integers(1, 2000)), draw(st.floats(0.0, 300))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    before = without(torch.randn(n, generator=generator) * spread, draw(st.sampled_from([0, 0.9])), generator)
    bend = draw(st.sampled_from([1.0, 0.5, 3.0]))
    return before, without(before * bend, draw(st.sampled_from([0, 0.5, 0.99, 1])), generator)


def weighed(logits: Tensor, before: Tensor | None) -> tuple[Tensor, library.Weighed]:
    return xray._weigh(logits, before)


@given(stages())
def test_a_stage_is_weighed_as_torch_weighs_it(logits: tuple[Tensor, Tensor]) -> None:
    found = []
    for here in (library.kernels, lambda: None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(xray, "kernels", here)
            first, start = weighed(logits[0], None)
            found.append((first, start, *weighed(logits[1], first)))
    (first, start, then, stage), (slow_first, slow_start, slow_then, slow_stage) = found
    torch.testing.assert_close(first, slow_first, atol=1e-14, rtol=1e-12)
    torch.testing.assert_close(then, slow_then, atol=1e-14, rtol=1e-12)
    for a, b in ((start, slow_start), (stage, slow_stage)):
        assert a.n_left == b.n_left
        assert (a.kept, a.removed) == pytest.approx((b.kept, b.removed), abs=1e-12)
        if (
            not 0 < b.kept < 1e-290
        ):  # the kernels' e^-700 is 0: where torch has 1e-310, they have nothing left
            assert a.shift == pytest.approx(b.shift, abs=1e-12)
        assert a.entropy == pytest.approx(b.entropy, abs=1e-10)


@pytest.mark.parametrize("broken", [math.nan, math.inf])
@pytest.mark.parametrize("at", [0, 70, 100])
def test_numbers_that_broke_leave_no_probabilities(broken: float, at: int) -> None:
    first, _ = weighed(torch.zeros(101), None)
    probs, found = weighed(torch.zeros(101).index_fill(0, torch.tensor([at]), broken), first)
    assert not probs.any()
    assert found.entropy == 0.0


@given(st.integers(1, 3000), st.integers(0, 10**6), st.sampled_from([0.0, 1.0, 50.0]))
def test_the_order_is_that_of_a_stable_sort(n: int, seed: int, spread: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    values = (torch.randn(n, generator=generator) * spread).round() * 0.5
    values = without(values, 0.1, generator).where(torch.rand(n, generator=generator) < 0.9, math.inf)
    ordered, order, _ = next(truncation._sorted(values))
    expected = values.sort(stable=True)
    assert torch.equal(order, expected.indices)
    assert torch.equal(ordered, expected.values)


@pytest.mark.parametrize("n", [700, 20_000])
@pytest.mark.parametrize("spread", [0.3, 1.5, 3.3])
@pytest.mark.parametrize("rounded", [False, True])
def test_cuts_are_the_same_to_the_last_token_without_kernels(n: int, spread: float, rounded: bool) -> None:
    logits = torch.randn(n, generator=torch.Generator().manual_seed(n)) * spread - 30
    logits = (logits * 8).round() / 8 if rounded else logits
    for cut in (truncation.keep_nucleus, truncation.keep_typical, truncation.keep_tail_free):
        for mass in (0.2, 0.6, 0.9, 0.97, 0.999):
            found = cut(logits, mass)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(truncation, "kernels", lambda: None)
                assert torch.equal(cut(logits, mass), found), (cut, mass)
