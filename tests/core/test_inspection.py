"""A position looked at closely says what the model and the chain say, and who removed what."""

from __future__ import annotations

import math

import pytest
import torch

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.inspection import alternatives_at
from studio.core.processors import MinP, Temperature, TopK, TopP

TEXT = "Once upon a time there was a little girl named"


def read(engine: Engine, text: str = TEXT, job_id: int = 5) -> list[m.ReadToken]:
    *parts, last = engine.run(m.ReadText(job_id, text, ()))
    assert isinstance(last, m.ReadingFinished)
    told = {i: t for p in parts if isinstance(p, m.TextRead) for i, t in enumerate(p.tokens, p.first)}
    assert last.n_read == last.n_tokens == len(told)
    return [told[i] for i in range(len(told))]


def ask(engine: Engine, request: m.InspectPlace) -> m.PlaceInspected:
    (answer,) = engine.run(request)
    assert isinstance(answer, m.PlaceInspected)
    return answer


def test_the_numbers_of_a_place_are_those_of_the_reading(starter_engine: Engine) -> None:
    tokens = read(starter_engine)
    for index, token in enumerate(tokens):
        answer = ask(starter_engine, m.InspectPlace(6, m.ReadPlace(5, index), (), 0, (token.token_id,)))
        (asked,) = answer.wanted
        assert answer.from_memory
        assert asked.logprob == pytest.approx(token.logprob, abs=2e-2)
        assert asked.rank == token.rank or abs(asked.rank - token.rank) <= 1 + token.rank // 100
        assert answer.entropy == pytest.approx(token.entropy, abs=5e-3)
        assert asked.sampling_prob == pytest.approx(math.exp(asked.logprob), rel=1e-3)


def test_the_top_and_the_rest_are_everything(starter_engine: Engine) -> None:
    tokens = read(starter_engine)
    answer = ask(starter_engine, m.InspectPlace(6, m.ReadPlace(5, len(tokens)), (Temperature(0.7), TopK(10))))
    assert [a.rank for a in answer.top] == sorted(a.rank for a in answer.top)
    assert math.fsum(math.exp(a.logprob) for a in answer.top) + answer.rest == pytest.approx(1, abs=1e-5)
    assert math.fsum(a.sampling_prob for a in answer.top) + answer.sampling_rest == pytest.approx(1, abs=1e-5)
    assert answer.n_left == 10
    assert answer.sampling_entropy < answer.entropy


def test_each_token_names_the_stage_that_removed_it(starter_engine: Engine) -> None:
    tokens = read(starter_engine)
    chain = (Temperature(0.9), TopK(20), TopP(0.8), MinP(0.2))
    answer = ask(starter_engine, m.InspectPlace(6, m.ReadPlace(5, len(tokens)), chain, n_top=60))
    assert {a.removed_by for a in answer.top[20:]} == {1}
    kept = [a for a in answer.top if a.removed_by < 0]
    assert len(kept) == answer.n_left
    assert all((a.sampling_prob > 0) == (a.removed_by < 0) for a in answer.top)


def test_a_place_in_a_generation_has_the_probabilities_the_draw_saw(starter_engine: Engine) -> None:
    chain = (Temperature(0.8), TopP(0.9))
    messages = list(starter_engine.run(m.Generate(7, TEXT, (), chain, 12, 3)))
    tokens = [t for message in messages if isinstance(message, m.TokensGenerated) for t in message.tokens]
    ids = tuple(t.token_id for t in tokens)
    for k, token in enumerate(tokens):
        place = m.GeneratedPlace(TEXT, (), 12, ids[:k])
        answer = ask(starter_engine, m.InspectPlace(8, place, chain, wanted=(token.token_id,)))
        assert answer.wanted[0].sampling_prob == pytest.approx(token.sampling_prob, abs=2e-3)
        assert answer.wanted[0].logprob == pytest.approx(token.logprob, abs=2e-2)


def test_quick_answers_only_what_memory_knows(starter_engine: Engine) -> None:
    tokens = read(starter_engine)
    known = m.InspectPlace(9, m.ReadPlace(5, len(tokens) - 1), ())
    assert isinstance(starter_engine.quick(known), m.PlaceInspected)
    assert starter_engine.quick(m.InspectPlace(9, m.GeneratedPlace("Never read.", (), 5, ()), ())) is None
    assert starter_engine.quick(m.MeasureContext(9, TEXT, (), 5)) is None
    stale = starter_engine.quick(m.InspectPlace(9, m.ReadPlace(4, 0), ()))
    assert isinstance(stale, m.JobFailed)
    assert not stale.report


def test_ids_outside_the_vocabulary_are_left_out(starter_engine: Engine) -> None:
    read(starter_engine)
    answer = ask(starter_engine, m.InspectPlace(6, m.ReadPlace(5, 0), (), wanted=(-1, 10**9, 7)))
    assert [a.token_id for a in answer.wanted] == [7]


def test_without_a_model_reading_says_so() -> None:
    for request in (m.ReadText(1, TEXT, ()), m.InspectPlace(1, m.ReadPlace(0, 0), ())):
        (answer,) = Engine().run(request)
        assert isinstance(answer, m.JobFailed)
        assert "No model" in answer.what_happened


def test_what_the_model_has_written_need_not_be_read(starter_engine: Engine) -> None:
    read(starter_engine)
    messages = list(starter_engine.run(m.Generate(7, TEXT, (), (TopK(5),), 12, 3)))
    written = [t for message in messages if isinstance(message, m.TokensGenerated) for t in message.tokens]
    reader = starter_engine._reader
    assert reader is not None
    n_before = len(reader.logits)
    tokens = read(starter_engine, TEXT + "".join(t.text for t in written), 8)
    again = tokens[-len(written) :]
    assert [(t.token_id, t.logprob, t.rank) for t in again] == [
        (t.token_id, t.logprob, t.rank) for t in written
    ]
    assert len(reader.logits) == n_before


def test_the_positions_of_alternatives_are_remembered_too(starter_engine: Engine) -> None:
    request = m.GenerateAlternatives(7, TEXT, (), (), 6, (1, 2))
    messages = list(starter_engine.run(request))
    for row in (0, 1):
        parts = [p for p in messages if isinstance(p, m.AlternativeTokens) and p.index == row]
        ids = tuple(t.token_id for part in parts for t in part.tokens)
        place = m.GeneratedPlace(TEXT, (), 6, ids[:-1])
        assert isinstance(starter_engine.quick(m.InspectPlace(9, place, ())), m.PlaceInspected)


def test_ranks_count_all_that_are_likelier(starter_engine: Engine) -> None:
    logits = torch.randn(4096, generator=torch.Generator().manual_seed(4)).mul(3).round()  # many are equal
    asked = torch.tensor([7, int(logits.argmin()), 900, int(logits.argmax()), 7])
    tokenizer = starter_engine._loaded().tokenizer
    told = alternatives_at(tokenizer, (), (), [1], logits, asked)
    assert [a.rank for a in told] == [1 + int((logits > logits[i]).sum()) for i in asked.tolist()]
    assert alternatives_at(tokenizer, (), (), [1], logits, asked[:0]) == ()
