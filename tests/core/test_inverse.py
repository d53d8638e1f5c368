"""Settings found for a passage: what is said of them is so, and nothing smaller would do."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch

from studio.core import chain as chains
from studio.core.choice import sampling_probs
from studio.core.engine import Engine
from studio.core.inverse import Search, field, ladder, rungs
from studio.core.loom_messages import Fit, Question, SettingsFound, TuneSettings
from studio.core.messages import JobFailed, Progress, ReadText
from studio.core.model import InterruptedReading, never
from studio.core.passage import Passage
from studio.core.processors import (
    BannedWords,
    LogitsProcessor,
    MinP,
    NoRepeatNgram,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopP,
    TypicalP,
)
from studio.core.reading_messages import ReadPlace
from studio.core.running import RunStart, begin_all
from tests.core.chains import NumberTokenizer

V = 300
Chain = tuple[LogitsProcessor, ...]


def passage(seed: int, n: int = 6, spread: float = 2.0) -> Passage:
    generator = torch.Generator().manual_seed(seed)
    logits = [torch.randn(V, generator=generator) * spread for _ in range(n)]
    targets = [int(row.softmax(0).multinomial(1, generator=generator)) for row in logits]
    contexts = [torch.tensor([1, 2, 3, *targets[:i]]) for i in range(n)]
    return Passage(contexts, targets, logits)


def search(found: Passage, target: float = 0.0) -> Search:
    return Search(RunStart(0, 3, NumberTokenizer(range(V))), found, never, target)


def literal(found: Passage, processors: Chain) -> list[float]:
    """The probability of every token after the chain, step by step."""
    running = begin_all(processors, RunStart(0, 3, NumberTokenizer(range(V))))
    probs = []
    for context, target, logits in zip(found.contexts, found.targets, found.logits, strict=True):
        probs.append(float(sampling_probs(running, context, logits)[target]))
        for stage in running:
            stage.chosen(target)
    return probs


def best_of(s: Search, start: Chain, names: tuple[str, ...], question: Question) -> Chain:
    *_, last = s.improve(start, names, question)
    assert isinstance(last, tuple)
    return last


def test_the_rungs_are_those_of_the_slider_and_off_is_where_it_belongs() -> None:
    assert rungs(field("temperature"))[:3] == [0.0, 0.05, 0.1]
    assert rungs(field("top_k"))[0] == 1
    assert rungs(field("top_k"))[-2:] == [1000, 0]
    assert rungs(field("min_p"))[0] == 0.0
    values, at = ladder(field("temperature"), 0.83)
    assert values[at] == 0.83
    assert values == sorted(values)


def test_a_fit_is_that_of_the_chain_step_by_step() -> None:
    for seed in range(10):
        found = passage(seed)
        processors = (RepetitionPenalty(1.3), Temperature(0.9), TopP(0.95))
        probs = literal(found, processors)
        fit = search(found).fit(processors)
        possible = [math.log(p) for p in probs if p > 0]
        assert fit.n_impossible == len(probs) - len(possible)
        assert fit.logprob == pytest.approx(sum(possible) / len(possible), abs=1e-5)
        assert fit.prob == pytest.approx(math.prod(probs), rel=1e-4, abs=1e-12)


def test_the_likeliest_temperature_is_that_of_trying_them_all() -> None:
    for seed in range(6):
        found = passage(seed, n=12)
        s = search(found)
        best = best_of(s, (Temperature(1.7),), ("temperature",), Question.LIKELIEST)
        tried = [(s.fit((Temperature(t),)).n_impossible, -s.fit((Temperature(t),)).logprob, t)
                 for t in rungs(field("temperature"))]  # fmt: skip
        assert chains.values(best)["temperature"] == min(tried)[2]


def test_what_is_found_is_never_worse_and_a_cut_is_as_tight_as_can_be() -> None:
    for seed in range(12):
        found = passage(seed)
        s = search(found)
        start: Chain = (Temperature(1.3), TopK(5), TopP(0.7))
        best = best_of(s, start, ("temperature", "top_k", "top_p"), Question.LIKELIEST)
        before, after = s.fit(start), s.fit(best)
        assert (after.n_impossible, -after.logprob) <= (before.n_impossible, -before.logprob)
        assert after.n_impossible == 0
        k = chains.values(best)["top_k"]
        assert isinstance(k, int)
        if k > 1:
            assert s.fit(chains.with_values(best, {"top_k": k - 1})).n_impossible > 0


def test_the_temperature_for_an_entropy_is_the_nearest_rung() -> None:
    for seed, target in product(range(4), (0.5, 1.5, 3.0, 4.5)):
        s = search(passage(seed), target)
        best = best_of(s, (Temperature(1.0),), ("temperature",), Question.ENTROPY)
        misses = [abs(s.fit((Temperature(t),)).entropy - target) for t in rungs(field("temperature"))]
        assert abs(s.fit(best).entropy - target) == pytest.approx(min(misses), abs=1e-9)


def random_chain(rng: random.Random) -> Chain:
    made: list[LogitsProcessor] = [
        Temperature(rng.choice([0.3, 0.7, 1.0, 1.4])), TopK(rng.choice([0, 1, 3, 10, 40])),
        TopP(rng.choice([1.0, 0.3, 0.8, 0.95])), MinP(rng.choice([0.0, 0.05, 0.3])),
        TypicalP(rng.choice([1.0, 0.4, 0.9])),
    ]  # fmt: skip
    rng.shuffle(made)
    return tuple(made[: rng.randint(1, 5)])


@pytest.mark.parametrize("seed", range(60))
def test_the_smallest_change_makes_it_possible_and_one_step_less_does_not(seed: int) -> None:
    rng = random.Random(seed)
    found, processors = passage(seed, n=rng.choice([1, 1, 3]), spread=1.5), random_chain(rng)
    s = search(found)
    if s.is_reachable(processors):
        assert all(p > 0 for p in literal(found, processors))
        return
    single = s.smallest_change(processors)
    after = single or s.combined_change(processors)
    assert all(p > 0 for p in literal(found, after))
    before, now = chains.values(processors), chains.values(after)
    changed = [name for name in now if now[name] != before[name]]
    assert changed
    assert single is None or len(changed) == 1
    for name in changed:
        old, new = before[name], now[name]
        assert not isinstance(old, str)
        assert not isinstance(new, str)
        values, at = ladder(field(name), old)
        there = values.index(field(name).type(new))
        less = values[there - (1 if there > at else -1)]
        assert not all(p > 0 for p in literal(found, chains.with_values(after, {name: less})))


def test_of_several_fields_that_would_do_the_one_with_the_fewest_steps_is_taken() -> None:
    logits = torch.linspace(0, -3, V)
    found = Passage([torch.tensor([1])], [4], [logits])
    after = search(found).smallest_change((Temperature(1.0), TopK(3)))
    assert after == (Temperature(1.0), TopK(5))
    assert search(found).smallest_change((TopK(2), TopP(0.001))) is None
    both = search(found).combined_change((TopK(2), TopP(0.001)))
    assert both[0] == TopK(5)


def test_stages_without_a_number_are_switched_off_as_a_last_resort() -> None:
    found = Passage([torch.tensor([1, 4, 1])], [4], [torch.linspace(0, -3, V)])
    banned: Chain = (BannedWords("w4"), Temperature(0.8))
    after = search(found).smallest_change(banned)
    assert after is not None
    assert all(p > 0 for p in literal(found, after))
    assert search(found).smallest_change((NoRepeatNgram(2),)) == (NoRepeatNgram(3),)


# -- through the engine --------------------------------------------------------------------------------------

TEXT = "Once upon a time, there was a little fox who lived in a tree."


def ask(**changes: Any) -> TuneSettings:
    stages: Chain = (Temperature(0.8), TopK(40), TopP(0.95))
    plain = TuneSettings(9, ReadPlace(1, 4), 6, (), "likeliest", stages, ("temperature",))
    return replace(plain, **changes)


def answered(engine: Engine, request: TuneSettings) -> SettingsFound:
    *progress, last = engine.run(request)
    assert isinstance(last, SettingsFound), last
    assert all(isinstance(message, Progress) for message in progress)
    fractions = [message.fraction for message in progress if isinstance(message, Progress)]
    assert fractions == sorted(fractions)
    return last


@pytest.fixture
def engine(starter_engine: Engine) -> Engine:
    list(starter_engine.run(ReadText(1, TEXT, ())))
    return starter_engine


def test_a_passage_of_the_text_read_needs_no_pass(engine: Engine) -> None:
    cached = list(engine._loaded().model.cached_ids)
    found = answered(engine, ask())
    assert engine._loaded().model.cached_ids == cached
    assert found.n_tokens == 6
    assert (found.after.n_impossible, -found.after.logprob) <= (
        found.before.n_impossible, -found.before.logprob,
    )  # fmt: skip
    assert found.curve_name == "temperature"
    assert len(found.curve) > 5
    (change,) = found.changes
    assert (change.name, change.before) == ("temperature", 0.8)
    assert isinstance(found.after, Fit)


def test_the_same_question_has_the_same_answer(engine: Engine) -> None:
    request = ask(question="entropy", target=2.5, parameters=("temperature", "top_p", "min_p"))
    first = answered(engine, request)
    assert answered(engine, request) == first
    assert abs(first.after.entropy - 2.5) <= abs(first.before.entropy - 2.5)


def test_a_word_that_is_no_single_token_can_be_made_possible(engine: Engine) -> None:
    found = answered(engine, ask(question="reachable", text=" xylophone", n_tokens=0))
    assert found.n_tokens > 1
    assert found.before.n_impossible > 0
    assert found.words
    assert found.after.n_impossible == 0
    assert found.after.prob > 0
    assert found.changes


def test_what_is_possible_already_changes_nothing(engine: Engine) -> None:
    found = answered(engine, ask(question="reachable", processors=(), n_tokens=3))
    assert found.changes == ()
    assert found.processors == ()
    assert found.curve == ()


def test_nothing_to_tune_for_is_said_and_stop_stops(engine: Engine) -> None:
    (failed,) = engine.run(ask(n_tokens=0))
    assert isinstance(failed, JobFailed)
    assert not failed.report
    with pytest.raises(InterruptedReading):
        list(Search(RunStart(0, 3, NumberTokenizer(range(V))), passage(1), lambda: True).improve(
            (Temperature(1.5),), ("temperature",), Question.LIKELIEST))  # fmt: skip
