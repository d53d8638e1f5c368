"""Where rows are cut, and their order, are what sorting says."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from studio.core import ordering
from studio.kernels import library

pytestmark = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())


@st.composite
def rows(draw: st.DrawFn) -> Tensor:
    """Logits of some positions, as steep or as flat as can be, some of them removed, some equal."""
    n_rows, n = draw(st.integers(1, 4)), draw(st.integers(1, 3000))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    values = torch.randn(n_rows, n, generator=generator) * draw(st.floats(0.0, 60))
    if draw(st.booleans()):
        values = values.round()
    removed = torch.rand(n_rows, n, generator=generator) < draw(st.sampled_from([0.0, 0.5, 0.99]))
    removed.scatter_(1, values.argmax(1, keepdim=True), value=False)
    return values.masked_fill(removed, -math.inf)


@given(rows(), st.sampled_from([1e-6, 0.3, 0.9, 0.999, 1.5]), st.booleans())
def test_the_mass_is_reached_where_the_sorted_sum_reaches_it(
    values: Tensor, mass: float, near_entropy: bool
) -> None:
    log_sums = values.logsumexp(1, keepdim=True)
    logprobs = values.double().log_softmax(1)
    entropy = -(logprobs.exp() * logprobs.clamp_min(-1e9)).sum(1, keepdim=True).float()
    found = ordering.crossing(values, log_sums, entropy if near_entropy else None, mass)
    assert found is not None
    order = ((log_sums - values) - entropy).abs() if near_entropy else -values
    for row, probs, far, at in zip(values, logprobs.exp(), order, found[:, 0].tolist(), strict=True):
        if at < 0:
            assert float(probs.sum()) < mass + 1e-5
            continue
        assert float(probs[far <= far[at]].sum()) >= mass - 1e-5
        assert float(probs[far < far[at]].sum()) < mass + 1e-5
        assert row[at] > -math.inf


@given(rows())
def test_rows_fall_as_sorted_ones_do(values: Tensor) -> None:
    before = values.clone()
    found = ordering.falling(values)
    assert found is not None
    assert torch.equal(found, values.sort(1, descending=True).values)
    assert torch.equal(values, before)


def test_rows_that_lie_apart_in_memory_are_read_where_they_are() -> None:
    whole = torch.randn(3, 40, generator=torch.Generator().manual_seed(2))
    values = whole[:, 5:25]
    found = ordering.crossing(values, values.logsumexp(1, keepdim=True), None, 1e-9)
    assert found is not None
    assert found[:, 0].tolist() == values.argmax(1).tolist()
