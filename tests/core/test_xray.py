"""What each stage of a chain does is told in numbers that add up."""

from __future__ import annotations

import math

import pytest
import torch

from studio.core.processors import LogitsProcessor, Mirostat, Temperature, TopK, TopP, Xtc
from studio.core.running import RunStart, begin_all
from studio.core.xray import explain
from tests.core.chains import NumberTokenizer

IDS = torch.tensor([0, 1, 2])


def start(size: int) -> RunStart:
    return RunStart(3, 3, NumberTokenizer(range(size)))


def test_each_stage_says_what_it_removed_and_what_is_left() -> None:
    logits = torch.tensor([0.4, 0.3, 0.2, 0.1]).log()
    chain: tuple[LogitsProcessor, ...] = (TopP(1.0), TopK(3), Temperature(0.5), Xtc(1.0, 0.3))
    (off, cut, sharp, odd), after = explain(chain, begin_all(chain, start(4)), IDS, logits, [0, 2, 3, 99])
    assert after.isfinite().tolist() == [False, True, True, False]
    assert [r.name for r in (off, cut, sharp, odd)] == ["TopP", "TopK", "Temperature", "Xtc"]
    assert [r.n_left for r in (off, cut, sharp, odd)] == [4, 3, 3, 2]
    assert (off.mass_removed, off.shift) == (0.0, 0.0)
    assert off.probs == ()
    assert cut.mass_removed == pytest.approx(0.1)
    assert cut.shift == pytest.approx(0, abs=1e-6)
    assert cut.probs[:2] == pytest.approx((0.4 / 0.9, 0.2 / 0.9))
    assert cut.probs[2:] == (None, None)
    squares = [p * p / 0.29 for p in (0.4, 0.3, 0.2)]
    assert sharp.mass_removed == 0
    assert sharp.shift == pytest.approx(squares[0] - 0.4 / 0.9, abs=1e-6)  # only the best gained
    assert sharp.entropy == pytest.approx(-sum(p * math.log(p) for p in squares), abs=1e-6)
    assert sharp.entropy < cut.entropy < off.entropy
    assert odd.probs[0] is None
    assert odd.mass_removed == pytest.approx(squares[0])


def test_looking_does_not_move_what_a_run_remembers() -> None:
    logits = torch.randn(50, generator=torch.Generator().manual_seed(1)) * 3
    chain = (Mirostat(1.0),)
    runnings = begin_all(chain, start(50))
    first = explain(chain, runnings, IDS, logits)[0]
    assert explain(chain, runnings, IDS, logits)[0] == first
    runnings[0].chosen(int(logits.argmin()))
    assert explain(chain, runnings, IDS, logits)[0] != first


def test_a_chain_of_nothing_has_nothing_to_say() -> None:
    assert explain((), (), IDS, torch.zeros(3))[0] == ()
