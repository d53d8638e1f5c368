"""Bridges are what plain computing says they are, and never join worse than no bridge."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.processors import Temperature

BEFORE = "Once upon a time there was a little"
REST = " the park with her mom. She saw a big dog and wanted to play."


def ids_of(engine: Engine, text: str) -> list[int]:
    assert engine._checkpoint is not None
    return engine._checkpoint.tokenizer.encode(text).ids


def search(engine: Engine, word: str = " girl", rest: str = REST, **options: int) -> m.BridgesFound:
    *_, finished = engine.run(m.ReadText(5, BEFORE, ()))
    assert isinstance(finished, m.ReadingFinished)
    place = m.ReadPlace(5, finished.n_tokens)
    written = tuple(ids_of(engine, word))
    *progress, found = engine.run(m.FindBridges(6, place, written, rest, (Temperature(0.8),), **options))
    assert isinstance(found, m.BridgesFound), found
    fractions = [p.fraction for p in progress if isinstance(p, m.Progress)]
    assert fractions == sorted(fractions)
    return found


def joint(engine: Engine, before: list[int], then: list[int]) -> float:
    """Log-probability (nats) of `then` after `before`, by reading both at once."""
    assert engine._checkpoint is not None
    model = engine._checkpoint.model
    model.truncate(0)
    rows = model.forward_all(torch.tensor([*before, *then])).log_softmax(1)
    return math.fsum(float(rows[len(before) + k - 1, token_id]) for k, token_id in enumerate(then))


def test_a_bridge_joins_better_by_exactly_what_it_says(starter_engine: Engine) -> None:
    found = search(starter_engine)
    before, rest = ids_of(starter_engine, BEFORE + " girl"), ids_of(starter_engine, REST)[:12]
    assert found.n_rest == 12
    assert found.none.logprob == pytest.approx(joint(starter_engine, before, rest), abs=1e-3)
    assert 1 <= len(found.bridges) <= 3
    values = [bridge.logprob for bridge in found.bridges]
    assert values == sorted(values, reverse=True)
    for bridge in found.bridges:
        ids = [token.token_id for token in bridge.spelling.tokens]
        assert 1 <= len(ids) <= 4
        assert bridge.logprob > found.none.logprob
        assert bridge.logprob == pytest.approx(joint(starter_engine, before, [*ids, *rest]), abs=1e-3)
        assert bridge.spelling.logprob == pytest.approx(joint(starter_engine, before, ids), abs=1e-3)
        whole = BEFORE + " girl" + bridge.spelling.text + REST
        assert ids_of(starter_engine, whole)[: len(before) + len(ids)] == [*before, *ids]


def test_no_other_single_token_joins_better(starter_engine: Engine) -> None:
    found = search(starter_engine, max_tokens=1, n_best=1)
    before, rest = ids_of(starter_engine, BEFORE + " girl"), ids_of(starter_engine, REST)[:12]
    engine = starter_engine
    assert engine._checkpoint is not None
    model = engine._checkpoint.model
    model.truncate(0)
    first = model.forward(torch.tensor(before)).log_softmax(0)
    best = -math.inf
    for token_id in first.topk(200).indices.tolist():
        text = engine._checkpoint.tokenizer.display(token_id)
        if "\ufffd" not in text and ids_of(engine, f" girl{text}{REST}")[1:13] == [token_id, *rest[:11]]:
            best = max(best, joint(engine, before, [token_id, *rest]))
    assert found.bridges[0].logprob == pytest.approx(best, abs=1e-3)


def test_where_the_text_joins_already_no_bridge_is_offered(starter_engine: Engine) -> None:
    found = search(starter_engine, " girl", " named Lily. She loved to play outside in the sun.")
    assert all(bridge.logprob > found.none.logprob for bridge in found.bridges)
    assert found.none.spelling.tokens == ()


def test_without_a_rest_there_is_nothing_to_join(starter_engine: Engine) -> None:
    found = search(starter_engine, rest="")
    assert (found.bridges, found.n_rest, found.none.logprob) == ((), 0, 0.0)


def test_a_search_can_be_cancelled_at_any_step(starter_engine: Engine) -> None:
    search(starter_engine)
    for after in (0, 3, 20):
        asked = itertools.count()

        def cancelled(asked: itertools.count[int] = asked, after: int = after) -> bool:
            return next(asked) >= after

        request = m.FindBridges(6, m.ReadPlace(5, 3), (100,), REST, ())
        *_, last = starter_engine.run(request, cancelled)
        assert isinstance(last, m.JobFailed)
        assert not last.report
    assert search(starter_engine).bridges
