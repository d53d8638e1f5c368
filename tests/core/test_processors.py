"""Every processor against transformers' own, and what must hold for all of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers.generation import logits_process as hf

from studio.core import truncation
from studio.core.chain import all_parameters, default_chain
from studio.core.parameters import Parameter, TextParameter, Value, is_off, parameters
from studio.core.processors import (
    PROCESSORS,
    BannedWords,
    BeamSearch,
    BestOf,
    ContrastiveSearch,
    Dry,
    DynamicTemperature,
    EpsilonCutoff,
    EtaCutoff,
    FrequencyPenalty,
    Guidance,
    JsonShape,
    LogitBias,
    LogitsProcessor,
    MinP,
    NoRepeatNgram,
    Pattern,
    PresencePenalty,
    QuadraticSmoothing,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopP,
    TypicalP,
    Xtc,
)
from tests.core.chains import apply

INF = float("inf")
SIZES = [97, 4096, 50257]
KINDS = ["random", "sharp", "flat", "ties", "holes", "top-k"]


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
            return logits.masked_fill(torch.rand(size, generator=rng) < 0.5, -INF)
        case "top-k":
            return TopK(40)(torch.zeros(1, dtype=torch.int64), logits)
    return logits


def make_ids(size: int, seed: int, length: int = 300) -> Tensor:
    return torch.randint(0, min(size, 60), (length,), generator=torch.Generator().manual_seed(seed + 1))


def theirs(processor: Any, ids: Tensor, logits: Tensor) -> Tensor:
    result: Tensor = processor(ids[None], logits[None])[0]
    return result


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("ours", "reference"),
    [
        (RepetitionPenalty(1.3), partial(hf.RepetitionPenaltyLogitsProcessor, 1.3)),
        (RepetitionPenalty(2.0, 40), partial(hf.RepetitionPenaltyLogitsProcessor, 2.0, 260)),
        (NoRepeatNgram(1), partial(hf.NoRepeatNGramLogitsProcessor, 1)),
        (NoRepeatNgram(2), partial(hf.NoRepeatNGramLogitsProcessor, 2)),
        (NoRepeatNgram(4), partial(hf.NoRepeatNGramLogitsProcessor, 4)),
        (Temperature(0.7), partial(hf.TemperatureLogitsWarper, 0.7)),
        (Temperature(2.0), partial(hf.TemperatureLogitsWarper, 2.0)),
        (TopK(1), partial(hf.TopKLogitsWarper, 1)),
        (TopK(40), partial(hf.TopKLogitsWarper, 40)),
        (TopK(1000), partial(hf.TopKLogitsWarper, 1000)),
        (TopP(0.0), partial(hf.TopPLogitsWarper, 0.0)),
        (TopP(0.1), partial(hf.TopPLogitsWarper, 0.1)),
        (TopP(0.5), partial(hf.TopPLogitsWarper, 0.5)),
        (TopP(0.9), partial(hf.TopPLogitsWarper, 0.9)),
        (TopP(0.99), partial(hf.TopPLogitsWarper, 0.99)),
        (TopP(0.9999), partial(hf.TopPLogitsWarper, 0.9999)),
        (MinP(0.01), partial(hf.MinPLogitsWarper, 0.01)),
        (MinP(0.5), partial(hf.MinPLogitsWarper, 0.5)),
        (MinP(1.0), partial(hf.MinPLogitsWarper, 1.0)),
        (TypicalP(0.05), partial(hf.TypicalLogitsWarper, 0.05)),
        (TypicalP(0.5), partial(hf.TypicalLogitsWarper, 0.5)),
        (TypicalP(0.95), partial(hf.TypicalLogitsWarper, 0.95)),
        (TypicalP(0.999), partial(hf.TypicalLogitsWarper, 0.999)),
        (EpsilonCutoff(0.0003), partial(hf.EpsilonLogitsWarper, 0.0003)),
        (EpsilonCutoff(0.02), partial(hf.EpsilonLogitsWarper, 0.02)),
        (EpsilonCutoff(0.2), partial(hf.EpsilonLogitsWarper, 0.2)),
        (EtaCutoff(0.0003), partial(hf.EtaLogitsWarper, 0.0003)),
        (EtaCutoff(0.004), partial(hf.EtaLogitsWarper, 0.004)),
        (EtaCutoff(0.2), partial(hf.EtaLogitsWarper, 0.2)),
    ],
    ids=lambda value: str(value) if hasattr(value, "stage") else "",
)
def test_gives_exactly_what_transformers_gives(
    ours: LogitsProcessor, reference: Any, size: int, kind: str, seed: int
) -> None:
    logits, ids = make_logits(kind, size, seed), make_ids(size, seed)
    before = logits.clone(), ids.clone()
    wanted = theirs(reference(), ids, logits.clone())
    got = apply(ours, ids, logits)
    if wanted.amax() == -INF:  # only theirs may leave nothing
        wanted = logits
    assert torch.equal(got, wanted)
    assert torch.equal(logits, before[0])
    assert torch.equal(ids, before[1])


@pytest.mark.parametrize("processor", [TopP, TypicalP])
def test_the_short_cut_is_taken_and_the_exact_sort_is_there_for_the_rest(
    processor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = hf.TopPLogitsWarper if processor is TopP else hf.TypicalLogitsWarper
    sorts = 0
    real_sort = Tensor.sort

    def counting_sort(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        nonlocal sorts
        sorts += 1
        return real_sort(self, *args, **kwargs)

    monkeypatch.setattr(Tensor, "sort", counting_sort)
    for seed in range(200):
        logits, ids = make_logits("random", 50257, seed), make_ids(97, seed)
        assert torch.equal(processor(0.8)(ids, logits), theirs(reference(0.8), ids, logits))
    assert sorts < 100  # theirs calls torch.sort, which is another function
    sorts = 0
    logits = torch.zeros(50257)  # nothing but ties: the cut is undecidable without the reference's order
    assert torch.equal(processor(0.5)(ids, logits), theirs(reference(0.5), ids, logits))
    assert processor is TypicalP or sorts == 1


@pytest.mark.parametrize("size", [*SIZES, 151936])
@pytest.mark.parametrize("kind", KINDS)
def test_the_references_sums_are_off_by_less_than_allowed_for(kind: str, size: int) -> None:
    for seed in range(5):
        logits = make_logits(kind, size, seed)
        exact = logits.double().softmax(-1)
        order = logits.sort().indices
        error = logits[order].softmax(-1).cumsum(-1) - exact[order].cumsum(-1)
        n_tokens = 1024 if kind == "top-k" else size
        assert error.abs().max() < truncation.nucleus_rounding(n_tokens)
        order = (-exact.log() + (exact * exact.log()).nansum(-1)).abs().sort().indices
        error = logits[order].softmax(-1).cumsum(-1) - exact[order].cumsum(-1)
        assert error.abs().max() < truncation.typical_rounding(n_tokens)


def penalised(logits: Tensor, ids: Tensor, frequency: float, presence: float) -> list[float]:
    """OpenAI's definition, literally."""
    counts = Counter(ids.tolist())
    alpha_frequency, alpha_presence = np.float32(frequency), np.float32(presence)
    result = []
    for j, logit in enumerate(logits.numpy()):
        lowered = logit - np.float32(counts[j]) * alpha_frequency
        result.append(float(lowered - np.float32(counts[j] > 0) * alpha_presence))
    return result


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["random", "holes", "ties"])
@pytest.mark.parametrize("alpha", [-2.0, -0.3, 0.7, 2.0])
def test_frequency_and_presence_penalty_follow_the_definition(size: int, kind: str, alpha: float) -> None:
    logits, ids = make_logits(kind, size, 1), make_ids(size, 1)
    got = FrequencyPenalty(alpha)(ids, logits)
    assert got.tolist() == pytest.approx(penalised(logits, ids, alpha, 0.0), rel=1e-6)
    assert torch.equal(PresencePenalty(alpha)(ids, logits), torch.tensor(penalised(logits, ids, 0.0, alpha)))


def test_temperature_zero_keeps_the_first_of_the_largest() -> None:
    logits = torch.tensor([1.0, 3.0, -INF, 3.0, 2.0])
    assert Temperature(0.0)(torch.tensor([0]), logits).tolist() == [-INF, 3.0, -INF, -INF, -INF]
    assert Temperature(1e-40)(torch.tensor([0]), logits).tolist() == [-INF, 3.0, -INF, -INF, -INF]
    huge = torch.full((50257,), 7.0)
    assert Temperature(0.0)(torch.tensor([0]), huge).argmax() == 0


def test_top_p_zero_keeps_the_best_and_typical_p_zero_the_most_typical() -> None:
    logits = torch.tensor([1.0, 3.0, -INF, 2.0])
    assert TopP(0.0)(torch.tensor([0]), logits).isfinite().tolist() == [False, True, False, False]
    assert TypicalP(0.0)(torch.tensor([0]), logits).isfinite().sum() == 1


def test_ngrams_that_would_remove_every_token_remove_none() -> None:
    ids = torch.tensor([0, 1, 2, 0, 1])
    logits = torch.tensor([0.5, 1.5, 2.5])
    assert NoRepeatNgram(1)(ids, logits) is logits
    left = torch.tensor([-INF, -INF, 2.5])
    assert NoRepeatNgram(3)(ids, left) is left


def test_ids_beyond_the_logits_are_ignored() -> None:
    ids, logits = torch.tensor([1, 120, 1, 120, 1]), make_logits("random", 97, 0)
    for processor in (RepetitionPenalty(1.5), FrequencyPenalty(1.0), PresencePenalty(1.0), NoRepeatNgram(1)):
        changed = (apply(processor, ids, logits) != logits).nonzero().flatten().tolist()
        assert changed == [1]
    assert NoRepeatNgram(2)(ids, logits) is logits


def test_repetition_range_looks_only_at_the_last_tokens() -> None:
    ids, logits = torch.tensor([3, 4, 5, 6]), torch.ones(10)
    assert (RepetitionPenalty(2.0, 2)(ids, logits) != 1).nonzero().flatten().tolist() == [5, 6]
    assert (RepetitionPenalty(2.0, 9)(ids, logits) != 1).nonzero().flatten().tolist() == [3, 4, 5, 6]


# -- what holds for all ------------------------------------------------------------------------------------


def some_value(p: Parameter | TextParameter) -> st.SearchStrategy[Value]:
    if isinstance(p, TextParameter):
        if p.name == "json_schema":
            return st.sampled_from(["", '{"type": "object"}', '{"type": "integer"}'])
        words = st.lists(st.integers(0, 70).map("w{}".format), min_size=1, max_size=3).map(" ".join)
        entry = st.tuples(words, st.integers(-100, 100)).map("{0[0]}: {0[1]}".format)
        return st.lists(entry if p.name == "logit_bias" else words, max_size=4).map(", ".join)
    edge = st.sampled_from([p.lo, p.hi, p.default, p.usual])
    return edge | (st.integers(int(p.lo), int(p.hi)) if p.type is int else st.floats(p.lo, p.hi))


@st.composite
def processors(draw: st.DrawFn) -> LogitsProcessor:
    cls: Any = draw(st.sampled_from(PROCESSORS))
    made: LogitsProcessor = cls(**{p.name: draw(some_value(p)) for p in parameters(cls)})
    return made


finite = st.floats(-1e4, 1e4, width=32)
vectors = st.lists(finite | st.just(-INF) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=60).filter(
    lambda v: max(v) > -INF
)
contexts = st.lists(st.integers(0, 70), min_size=1, max_size=40)


@given(chain=st.lists(processors(), max_size=6), logits=vectors, ids=contexts)
@settings(deadline=None, max_examples=300)
def test_some_token_is_always_left(chain: list[LogitsProcessor], logits: list[float], ids: list[int]) -> None:
    current, context = torch.tensor(logits), torch.tensor(ids)
    for processor in chain:
        removed = current == -INF
        current = apply(processor, context, current)
        assert current.dtype == torch.float32
        assert current.isfinite().any()
        assert not current.isnan().any()
        assert (current[removed] == -INF).all()  # what is gone stays gone
    assert current.softmax(-1).sum().item() == pytest.approx(1, abs=1e-4)


@given(processor=processors(), logits=vectors, ids=contexts)
@settings(deadline=None, max_examples=200)
def test_what_is_not_removed_keeps_its_exact_value(
    processor: LogitsProcessor, logits: list[float], ids: list[int]
) -> None:
    before, context = torch.tensor(logits), torch.tensor(ids)
    after = apply(processor, context, before)
    unchanged = after == before
    if isinstance(processor, RepetitionPenalty | FrequencyPenalty | PresencePenalty):
        seen = torch.zeros(len(logits), dtype=torch.bool)
        seen[[i for i in ids if i < len(logits)]] = True
        assert unchanged[~seen].all()
    elif isinstance(processor, Dry):
        assert (after <= before).all()
        assert unchanged[[i for i in range(len(logits)) if i not in ids]].all()
    elif isinstance(processor, LogitBias):
        named = [int(number) for number in re.findall(r"w(\d+)", processor.logit_bias)]
        assert unchanged[[i for i in range(len(logits)) if i not in named]].all()
    elif not isinstance(processor, Temperature | DynamicTemperature | QuadraticSmoothing):
        assert (unchanged | (after == -INF)).all()


@given(processor=processors(), seed=st.integers(0, 2**31), size=st.integers(2, 400))
@settings(deadline=None, max_examples=200)
def test_commutes_with_a_permutation_of_the_vocabulary(
    processor: LogitsProcessor, seed: int, size: int
) -> None:
    rng = torch.Generator().manual_seed(seed)
    # Steps of a quarter, so that no two are nearly equal: there the order may decide (see truncation.py).
    logits = torch.randperm(size, generator=rng) * 0.25 - size / 8 + 0.01
    order = torch.randperm(size, generator=rng)
    ids = torch.randint(0, size, (30,), generator=rng)
    permuted_first = apply(processor, order.argsort()[ids], logits[order], order)
    permuted_last = apply(processor, ids, logits)[order]
    assert torch.equal(permuted_first, permuted_last)


@pytest.mark.parametrize("processor", default_chain(), ids=lambda p: type(p).__name__)
def test_is_the_identity_when_off(processor: LogitsProcessor) -> None:
    logits, ids = make_logits("random", 4096, 0), torch.tensor([5, 6] * 20)
    assert is_off(processor)
    assert apply(processor, ids, logits) is logits


SWITCHED_ON: dict[type, dict[str, Value]] = {
    LogitBias: {"logit_bias": "w3: 1"},
    BannedWords: {"banned_words": "w5"},
    Xtc: {"xtc_probability": 1.0, "xtc_threshold": 0.01},
}
"""Where the usual values would change nothing of the next test's logits."""


OWN_TESTS = (BeamSearch, BestOf, ContrastiveSearch, Guidance, JsonShape, Pattern)
"""They need a model or a whole vocabulary, and have their own files: test_choosing, test_contrastive, ..."""


@pytest.mark.parametrize(
    "processor",
    [stage for stage in default_chain() if not isinstance(stage, OWN_TESTS)],
    ids=lambda p: type(p).__name__,
)
def test_does_something_at_its_usual_values(processor: LogitsProcessor) -> None:
    logits, ids = make_logits("random", 4096, 0), torch.tensor([5, 6] * 20)
    usual = {p.name: p.usual for p in parameters(processor) if isinstance(p, Parameter)}
    cls: Any = type(processor)
    on = cls(**usual | SWITCHED_ON.get(cls, {}))
    assert not is_off(on)
    assert not torch.equal(apply(on, ids, logits), logits)


def test_names_are_unique_and_every_parameter_is_described() -> None:
    names = [p.name for p in all_parameters()]
    assert len(set(names)) == len(names)
    for p in all_parameters():
        assert p.label[0].isupper()
        assert p.tip.endswith(".")
        if isinstance(p, TextParameter):
            assert p.checked(p.default) == p.default
            continue
        assert p.lo <= p.default <= p.hi
        assert p.lo <= p.usual <= p.hi
        assert p.usual != p.off
        assert (p.decimals == 0) == (p.type is int)
        assert p.step > 0
    for processor in PROCESSORS:
        assert processor.stage.label
        assert processor.stage.tip.endswith(".")


def test_the_fields_can_be_read_without_torch() -> None:
    script = (
        "import sys, studio.core.chain, studio.core.presets, studio.core.messages; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'numpy', 'PySide6', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
