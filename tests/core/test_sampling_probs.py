"""The few tokens a cut leaves are treated as they would be among all the others."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core import processors as p
from studio.core.choice import as_probabilities, sampling_probs
from studio.core.running import ByValue, Running

STAGES = st.one_of(
    st.builds(p.TopK, st.integers(1, 200)),
    st.builds(p.TopP, st.floats(0.05, 1)),
    st.builds(p.MinP, st.floats(0.001, 0.9)),
    st.builds(p.TypicalP, st.floats(0.05, 1)),
    st.builds(p.TopNSigma, st.floats(0.3, 3)),
    st.builds(p.EpsilonCutoff, st.floats(1e-5, 0.02)),
    st.builds(p.EtaCutoff, st.floats(1e-5, 0.02)),
    st.builds(p.TopA, st.floats(0.01, 1)),
    st.builds(p.TailFree, st.floats(0.1, 1)),
    st.builds(p.Temperature, st.floats(0, 3)),
    st.builds(p.DynamicTemperature, st.floats(0.5, 3)),
    st.builds(p.QuadraticSmoothing, st.floats(0.05, 1)),
    st.builds(p.RepetitionPenalty, st.floats(1, 2)),
)


@settings(max_examples=300)
@given(st.lists(STAGES, max_size=5), st.integers(0, 10**6), st.floats(0.2, 8))
def test_what_is_left_has_the_probabilities_it_has_among_all(
    chain: list[Running], seed: int, spread: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(900, generator=generator) * spread
    ids = torch.randint(0, 900, (30,), generator=generator)
    everything = logits
    for stage in chain:
        everything = stage(ids, everything)
    expected = as_probabilities(everything, logits)
    probs = sampling_probs(chain, ids, logits)
    if _made_equal(chain, ids, logits):
        probs, expected = probs.sort().values, expected.sort().values  # which of equal ones goes is left open
    torch.testing.assert_close(probs, expected, rtol=1e-4, atol=1e-6)


def _made_equal(chain: list[Running], ids: torch.Tensor, logits: torch.Tensor) -> bool:
    """Whether a stage makes two of the tokens equal, such as smoothing close to its bend."""
    for stage in chain:
        logits = stage(ids, logits)
        left = logits[logits > -torch.inf]
        if len(left) != len(set(left.tolist())):
            return True
    return False


def test_two_that_smoothing_makes_equal_may_stand_for_each_other() -> None:
    chain: list[Running] = [p.QuadraticSmoothing(1.0), p.QuadraticSmoothing(1.0), p.TopK(1), p.TopP(0.5)]
    logits = torch.tensor([1.0, 1.0 - 1e-4, -3.0])  # found by a random run: equal after the second smoothing
    probs = sampling_probs(chain, torch.tensor([0]), logits)
    assert probs.sort().values.tolist() == [0.0, 0.0, 1.0]
    assert probs[2] == 0


def test_stages_that_know_tokens_by_name_see_them_all() -> None:
    assert not issubclass(p.RepetitionPenalty, ByValue)
    assert not issubclass(p.TailFree, ByValue)  # it measures how the removed ones' end bends
    logits = torch.tensor([3.0, 2.0, 1.0, 0.0])
    chain = (p.TopK(2), p.RepetitionPenalty(2.0), p.Temperature(1.0))
    expected = torch.tensor([1.5, 2.0]).softmax(0)
    probs = sampling_probs(chain, torch.tensor([0]), logits)
    torch.testing.assert_close(probs, torch.tensor([*expected, 0.0, 0.0]))


def test_if_nothing_can_be_compared_the_favourite_gets_everything() -> None:
    logits = torch.tensor([1.0, 5.0, 4.0])
    probs = sampling_probs((p.TopK(2), p.Temperature(1e-38)), torch.tensor([0]), logits)
    assert probs.tolist() == [0.0, 1.0, 0.0]
