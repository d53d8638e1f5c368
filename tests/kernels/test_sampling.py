"""What the kernels say of a row of logits, and whom they let win, is what torch and numpy say."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from studio.core import choice, drawing, memory, truncation
from studio.core import processors as p
from studio.kernels import library
from studio.kernels.library import Kernels

pytestmark = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())


def lib() -> Kernels:
    found = library.kernels()
    assert found is not None
    return found


@st.composite
def rows(draw: st.DrawFn) -> Tensor:
    """Logits of any number, some of them removed, some equal, at an address that is not a vector's."""
    n = draw(st.integers(1, 3000))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    row = torch.randn(n + 1, generator=generator)[1:] * draw(st.floats(0.01, 60))
    if draw(st.booleans()):
        row = row.round()
    removed = torch.rand(n, generator=generator) < draw(st.sampled_from([0.0, 0.5, 0.99]))
    removed[int(row.argmax())] = False
    return row.masked_fill(removed, -math.inf)


@given(rows(), st.integers(0, 10**6))
def test_a_row_is_described_as_torch_describes_it(row: Tensor, which: int) -> None:
    token, k = which % len(row), min(20, len(row))
    found = lib().describe(row.data_ptr(), len(row), token, k)
    assert found is not None
    logprobs = row.double().log_softmax(0)
    entropy = -float((logprobs.exp() * logprobs.clamp_min(-1e9)).sum())
    assert found.log_sum == pytest.approx(float(row.double().logsumexp(0)), abs=1e-5)
    assert found.entropy == pytest.approx(entropy, abs=1e-5, rel=1e-5)
    assert found.rank == 1 + int((row > row[token]).sum())
    assert row[found.top].tolist() == row.topk(k).values.tolist()
    assert len(set(found.top)) == k
    assert lib().top(row.data_ptr(), len(row), k) == found.top


@given(rows(), st.integers(0, 2**63 - 1), st.integers(0, 10**6))
def test_the_race_has_the_winner_it_has_in_numpy(row: Tensor, seed: int, position: int) -> None:
    probs = row.softmax(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "kernels", lambda: None)
        expected = drawing.draw(probs, seed, position)
    assert drawing.draw(probs, seed, position) == expected
    assert probs[expected] > 0


@pytest.mark.parametrize("broken", [math.nan, math.inf])
@pytest.mark.parametrize("at", [0, 7, 900])
def test_what_is_no_number_is_not_described(broken: float, at: int) -> None:
    row = torch.zeros(901)
    row[at] = broken
    assert lib().describe(row.data_ptr(), len(row), 3, 5) is None
    assert lib().describe(torch.full((9,), -math.inf).data_ptr(), 9, 3, 5) is None


@given(rows(), st.integers(1, 400))
def test_the_kept_tokens_are_those_of_the_stage(row: Tensor, k: int) -> None:
    stage = p.TopK(k)
    kept = stage.kept(row)
    made = stage(torch.zeros(1, dtype=torch.int64), row)
    if kept is not None:
        assert torch.equal(kept, (made > -math.inf).nonzero()[:, 0]) or int((row > -math.inf).sum()) < k
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(truncation, "kernels", lambda: None)
        assert stage.kept(row) is None


def test_without_kernels_a_token_is_described_alike() -> None:
    row = torch.randn(500, generator=torch.Generator().manual_seed(2)) * 3
    with_kernels = choice._about(row, 17, 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "kernels", lambda: None)
        without = choice._about(row, 17, 20)
    assert without.top == with_kernels.top
    assert without.rank == with_kernels.rank
    assert without.log_sum == pytest.approx(with_kernels.log_sum, abs=1e-5)
    assert without.entropy == pytest.approx(with_kernels.entropy, abs=1e-5)


def kept(row: Tensor, head: int = 0) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    remembered = memory.LogitMemory()
    remembered.put(1, row, head)
    found, heads = remembered.many([1]), remembered.heads([1])
    assert found is not None
    assert heads is not None
    return found, heads


@given(rows())
def test_what_is_kept_of_logits_is_the_same_without_kernels(row: Tensor) -> None:
    found, (values, tokens) = kept(row)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "kernels", lambda: None)
        without, (values_without, _) = kept(row)
    assert torch.equal(found, without)
    assert torch.equal(values, values_without)
    assert torch.equal(row[tokens[0]], values[0])
    head = torch.tensor(lib().top(row.data_ptr(), len(row), values.shape[1]), dtype=torch.int32)
    assert torch.equal(kept(row, head.data_ptr())[0], found)
