"""Replay equals reality: on stored logits every chain does what it did while the model wrote."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from studio.core import chain as chains
from studio.core import memory
from studio.core import messages as m
from studio.core.choice import sampling_probs
from studio.core.drawing import draw
from studio.core.engine import Engine
from studio.core.errors import StudioError
from studio.core.generate import generate
from studio.core.model import never
from studio.core.parameters import Parameter, parameters
from studio.core.processors import (
    PROCESSORS,
    BeamSearch,
    LogitsProcessor,
    Mirostat,
    Temperature,
    TopK,
    TopP,
    Xtc,
)
from studio.core.replay import begin_at
from studio.core.running import RunStart, begin_all

PROMPT = "Once upon a time, there was a little dog. The little dog had a little"
N = 10
N_CHAINS = 200
TEXTS = {
    "logit_bias": ("", "dragon: 3, little dog: -2"),
    "banned_words": ("", "dog, little girl"),
    "pattern": ("", "(?s:.*)", r"(?s)[a-z ]+[.,!?].*"),
    "json_schema": ("", "", '{"type": "object"}'),
    "negative_prompt": ("", "The dog was"),
    "dry_breakers": ("\\n, :", "."),
}


def random_chain(chance: random.Random) -> tuple[LogitsProcessor, ...]:
    """Some processors, in any order, at values a person could set."""
    chosen = chance.sample(PROCESSORS, chance.randrange(1, 7))
    chosen = [processor for processor in chosen if processor is not BeamSearch]  # no draws, see test_beams
    made = []
    for processor in chosen:
        settings: dict[str, object] = {}
        for p in parameters(processor):
            if not isinstance(p, Parameter):
                settings[p.name] = chance.choice(TEXTS[p.name])
            elif p.name == "banned_tries":
                settings[p.name] = 0  # what was taken back is not in the text
            elif p.off is not None and chance.random() < 0.7:
                settings[p.name] = p.usual
            else:
                settings[p.name] = p.type(p.checked(p.type(p.lo + chance.random() * (p.hi - p.lo))))
        made.append(chains.build(processor.__name__, settings))
    return tuple(made)


def write(engine: Engine, processors: Sequence[LogitsProcessor], seed: int) -> list[m.Token]:
    asked = m.Generate(2, PROMPT, (), tuple(processors), N, seed, stop_at_end_of_text=False)
    return [t for x in engine.run(asked) if isinstance(x, m.TokensGenerated) for t in x.tokens]


def test_the_replayed_distributions_are_those_the_generator_used(starter_engine: Engine) -> None:
    chance = random.Random(20261122)
    checkpoint, reader = starter_engine._loaded(), starter_engine._reader
    assert reader is not None
    tokenizer = checkpoint.tokenizer
    worst, n_tokens = 0.0, 0
    for seed in range(N_CHAINS):
        processors = random_chain(chance)
        exact: list[Tensor] = []

        def watch(key: int, logits: Tensor, token: m.Token, head: int, exact: list[Tensor] = exact) -> None:
            exact.append(logits)
            reader.learn(key, logits, token, head)

        asked = m.Generate(2, PROMPT, (), processors, N, seed, stop_at_end_of_text=False)
        events = generate(checkpoint.model, tokenizer, asked, lambda: False, watch)
        tokens = []
        with contextlib.suppress(StudioError):  # other stages may leave nothing that fits a pattern
            for event in events:
                if isinstance(event, m.Token):
                    tokens.append(event)
        n_tokens += len(tokens)
        written = tuple(token.token_id for token in tokens)
        look, ids = reader.start_at(m.GeneratedPlace(PROMPT, (), N, written), seed, never)
        n_prompt = look.n_prompt
        start = RunStart(seed, n_prompt, tokenizer, checkpoint.model, n_new=N)
        live, whole = begin_all(chains.effective(processors), start), torch.tensor(ids)
        keys = memory.keys_of(ids)

        def known(n: int, keys: list[int] = keys) -> Tensor:
            row = reader.logits.get(keys[n])
            assert row is not None
            return row

        for step, token in enumerate(tokens):
            n = n_prompt + step
            used = sampling_probs(live, whole[:n], exact[step])
            assert float(used[token.token_id]) == pytest.approx(token.sampling_prob, abs=1e-7)
            replayed = sampling_probs(begin_at(processors, look, ids[:n], known), whole[:n], known(n))
            off = float((used - replayed).abs().max())
            assert off <= 2e-3, (processors, step)
            worst = max(worst, off)
            assert draw(replayed, seed, step) == token.token_id, (processors, step)
            for running in live:
                running.chosen(token.token_id)
    assert worst < 2e-3
    assert n_tokens > 1500


@pytest.mark.parametrize("seed", range(12))
def test_reshaping_a_text_gives_what_each_place_by_itself_says(starter_engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    processors = (
        *random_chain(chance),
        TopK(chance.choice((0, 3, 40, 400))),
        TopP(chance.choice((1.0, 0.8))),
    )
    processors = chains.build_all({type(p).__name__: vars_of(p) for p in processors}.items())
    list(starter_engine.run(m.ReadText(5, PROMPT, ())))
    asked = m.ReshapeText(6, 5, processors, seed=3, around=4)
    *stretches, finished = starter_engine.run(asked)
    assert isinstance(finished, m.ReshapingFinished)
    told: dict[int, m.ReshapedToken] = {}
    for stretch in stretches:
        assert isinstance(stretch, m.TextReshaped)
        told |= dict(enumerate(stretch.tokens, stretch.first))
    ids = starter_engine._loaded().tokenizer.encode(PROMPT).ids
    assert (finished.n_tokens, finished.n_unknown, len(told)) == (len(ids), 0, len(ids))
    for index, token_id in enumerate(ids):
        place = m.InspectPlace(7, m.ReadPlace(5, index), processors, 3, wanted=(token_id,))
        (answer,) = starter_engine.run(place)
        assert isinstance(answer, m.PlaceInspected)
        one = answer.wanted[0]
        assert told[index].removed_by == one.removed_by
        assert math.exp(told[index].logprob) == pytest.approx(one.sampling_prob, abs=1e-5)


def vars_of(processor: LogitsProcessor) -> dict[str, object]:
    return {p.name: getattr(processor, p.name) for p in parameters(type(processor))}


def test_what_is_forgotten_is_left_out_or_computed_again(starter_engine: Engine) -> None:
    list(starter_engine.run(m.ReadText(5, PROMPT, ())))
    reader = starter_engine._reader
    assert reader is not None
    (run,) = reader.runs(5)
    for at in (3, 4, 9):
        reader.logits._rows.pop(run.keys()[at])
    *stretches, finished = starter_engine.run(m.ReshapeText(6, 5, (Temperature(0.7), TopK(5))))
    assert isinstance(finished, m.ReshapingFinished)
    assert finished.n_unknown == 3
    shown = [
        i for s in stretches if isinstance(s, m.TextReshaped) for i in range(s.first, s.first + len(s.tokens))
    ]
    assert {3, 4, 9}.isdisjoint(shown)
    *_, finished = starter_engine.run(m.ReshapeText(6, 5, (Mirostat(3.0),)))
    assert isinstance(finished, m.ReshapingFinished)
    assert finished.n_unknown == finished.n_tokens - 3  # what it remembers is not known from there on
    *_, finished = starter_engine.run(m.ReshapeText(6, 5, (Mirostat(3.0),), recompute=True))
    assert isinstance(finished, m.ReshapingFinished)
    assert finished.n_unknown == 0


def test_reshaping_a_text_that_is_not_the_last_one_read_says_so(starter_engine: Engine) -> None:
    list(starter_engine.run(m.ReadText(5, PROMPT, ())))
    (answer,) = starter_engine.run(m.ReshapeText(6, 4, ()))
    assert isinstance(answer, m.JobFailed)
    assert "changed" in answer.what_happened
    assert not answer.report


def test_settings_that_leave_nothing_give_no_infinities(starter_engine: Engine) -> None:
    list(starter_engine.run(m.ReadText(5, PROMPT, ())))
    *stretches, _ = starter_engine.run(m.ReshapeText(6, 5, (Temperature(0.0),)))
    told = [t for s in stretches if isinstance(s, m.TextReshaped) for t in s.tokens]
    assert {t.logprob for t in told} == {0.0, -math.inf}
    assert all((t.removed_by == 0) == (t.logprob == -math.inf) for t in told)


@pytest.mark.parametrize("seed", [3, 4])
def test_a_redraw_says_which_tokens_change_and_why(starter_engine: Engine, seed: int) -> None:
    before: tuple[LogitsProcessor, ...] = (Temperature(1.2), TopP(0.98), Xtc(0.3, 0.05))
    after: tuple[LogitsProcessor, ...] = (Temperature(0.6), TopK(8), Mirostat(4.0))
    old = write(starter_engine, before, seed)
    written = tuple(t.token_id for t in old)
    place = m.GeneratedPlace(PROMPT, (), N, written)
    (answer,) = starter_engine.run(m.Redraw(6, place, before, after, seed))
    assert isinstance(answer, m.Redrawn)
    assert (answer.n_tokens, answer.not_repeated_at) == (N, -1)
    assert answer.changed
    new = write(starter_engine, after, seed)
    parted = next(i for i in range(N) if new[i].token_id != old[i].token_id)
    first = answer.changed[0]
    assert (first.index, first.token_id, first.new_id) == (parted, written[parted], new[parted].token_id)
    for change in answer.changed:
        assert (change.prob_after == 0) == (change.removed_by >= 0)
        assert change.new_prob_after > 0
        if change.removed_by < 0:  # it lost the race: the other one gained on it
            assert change.new_prob_after / change.prob_after > change.new_prob_before / change.prob_before
    (same,) = starter_engine.run(m.Redraw(6, place, before, before, seed))
    assert isinstance(same, m.Redrawn)
    assert not same.changed
    (other,) = starter_engine.run(m.Redraw(6, place, before, before, seed + 1))
    assert isinstance(other, m.Redrawn)
    assert other.not_repeated_at >= 0


def test_a_stage_with_a_memory_stands_at_a_place_as_it_stood_in_the_run(starter_engine: Engine) -> None:
    processors = (Mirostat(2.0, 0.9),)
    tokens = write(starter_engine, processors, 8)
    ids = tuple(t.token_id for t in tokens)
    for k, token in enumerate(tokens):
        place = m.GeneratedPlace(PROMPT, (), N, ids[:k])
        asked = m.InspectPlace(9, place, processors, 8, wanted=(token.token_id,))
        answer = starter_engine.quick(asked)
        assert isinstance(answer, m.PlaceInspected)
        assert answer.wanted[0].sampling_prob == pytest.approx(token.sampling_prob, abs=1e-4)
        assert [s.name for s in answer.stages] == ["Mirostat"]
        assert answer.stages[0].n_left == answer.n_left
        assert answer.stages[0].probs[-1] == pytest.approx(token.sampling_prob, abs=1e-4)


def test_a_place_whose_past_is_forgotten_is_not_answered_quickly(starter_engine: Engine) -> None:
    processors = (Mirostat(2.0, 0.9),)
    tokens = write(starter_engine, processors, 8)
    place = m.GeneratedPlace(PROMPT, (), N, tuple(t.token_id for t in tokens[:6]))
    reader = starter_engine._reader
    assert reader is not None
    ids, n_prompt = reader.run_at(place)
    reader.logits._rows.pop(memory.keys_of(ids)[n_prompt + 2])
    asked = m.InspectPlace(9, place, processors, 8, wanted=(tokens[6].token_id,))
    assert starter_engine.quick(asked) is None
    (answer,) = starter_engine.run(asked)
    assert isinstance(answer, m.PlaceInspected)
    assert answer.wanted[0].sampling_prob == pytest.approx(tokens[6].sampling_prob, abs=1e-4)


def test_moving_a_setting_of_a_stage_with_a_memory_does_not_replay_the_stages_before(
    starter_engine: Engine,
) -> None:
    before = (Temperature(1.2), TopK(300))
    tokens = write(starter_engine, (*before, Mirostat(2.0, 0.9)), 8)
    ids = tuple(t.token_id for t in tokens)

    def ask(n: int, *processors: LogitsProcessor) -> m.PlaceInspected | None:
        answer = starter_engine.quick(
            m.InspectPlace(9, m.GeneratedPlace(PROMPT, (), N, ids[:n]), processors, 8)
        )
        assert answer is None or isinstance(answer, m.PlaceInspected)
        return answer

    expected = ask(6, *before, Mirostat(4.0, 0.5))
    assert ask(6, *before, Mirostat(2.0, 0.9))
    reader = starter_engine._reader
    assert reader is not None
    read, n_prompt = reader.run_at(m.GeneratedPlace(PROMPT, (), N, ids[:6]))
    reader.logits._rows.pop(memory.keys_of(read)[n_prompt + 2])  # not looked at again
    assert ask(6, *before, Mirostat(4.0, 0.5)) == expected
    assert ask(6, Temperature(1.3), Mirostat(4.0, 0.5)) is None
