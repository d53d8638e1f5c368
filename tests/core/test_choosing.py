"""The likeliest of several texts."""

from __future__ import annotations

import pytest

from studio.core.chain import default_chain, with_values
from studio.core.processors.choosing import best, n_texts


@pytest.mark.parametrize(
    ("texts", "chosen"),
    [
        ([[-1.0, -3.0], [-1.5, -1.5, -1.5], [-9.0]], 1),  # the mean, not the sum
        ([[-1.0], [-1.0]], 0),
        ([[], [-50.0]], 1),
        ([[], []], 0),
    ],
)
def test_the_highest_mean_wins(texts: list[list[float]], chosen: int) -> None:
    assert best(texts) == chosen


def test_a_chain_says_how_many_it_wants() -> None:
    assert n_texts(default_chain()) == 1
    assert n_texts(()) == 1
    assert n_texts(with_values(default_chain(), {"best_of": 5})) == 5
