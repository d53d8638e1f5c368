"""Stages that need more than the stored logits do the same in every view as they did in the run."""

from __future__ import annotations

import math
from typing import Any

import pytest

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.processors import (
    ContrastiveSearch,
    Guidance,
    LogitsProcessor,
    Pattern,
    Temperature,
    TopK,
)

PROMPT = "Once upon a time, there was a little dog. The little dog had a little"
N = 12
SEED = 5
SENTENCE = Pattern(r" [a-z]+( [a-z]+)*\.")
CHAINS: tuple[tuple[LogitsProcessor, ...], ...] = (
    (Guidance(2.0, "The dog was sad. The dog was very sad."), Temperature(0.8), TopK(30)),
    (Guidance(1.5), Temperature(0.9)),
    (SENTENCE, Temperature(1.2)),
    (TopK(30), ContrastiveSearch(0.6, 4)),
)


def write(engine: Engine, chain: tuple[LogitsProcessor, ...], n: int = N) -> list[m.Token]:
    asked = m.Generate(2, PROMPT, (), chain, n, SEED, stop_at_end_of_text=False)
    return [t for x in engine.run(asked) if isinstance(x, m.TokensGenerated) for t in x.tokens]


def only(messages: Any, kind: type) -> Any:
    return [message for message in messages if isinstance(message, kind)]


@pytest.mark.parametrize("chain", CHAINS)
def test_a_path_of_the_loom_and_a_tuned_passage_have_the_probabilities_of_the_draw(
    starter_engine: Engine, chain: tuple[LogitsProcessor, ...]
) -> None:
    tokens = write(starter_engine, chain)
    ids = tuple(token.token_id for token in tokens)
    drawn = [token.sampling_prob for token in tokens]
    place = m.GeneratedPlace(PROMPT, (), N, ())
    (told,) = starter_engine.run(m.TellPath(3, place, ids, chain, SEED))
    assert isinstance(told, m.PathTold)
    assert [token.sampling_prob for token in told.tokens] == pytest.approx(drawn, abs=2e-3)
    grown = only(starter_engine.run(m.GrowTree(4, place, 3, 3, 12, 0.0, chain, SEED)), m.TreeGrown)
    first = {node.token_id: node.logprob for tree in grown for node in tree.nodes if not node.parent}
    if ids[0] in first:
        assert math.exp(first[ids[0]]) == pytest.approx(drawn[0], abs=2e-3)
    (answer,) = starter_engine.run(m.InspectPlace(5, place, chain, SEED, n_top=3))
    assert isinstance(answer, m.PlaceInspected)
    inspected = {one.token_id: one.sampling_prob for one in answer.top}
    for token_id, logprob in first.items():
        if token_id in inspected:
            assert math.exp(logprob) == pytest.approx(inspected[token_id], abs=2e-3)
    asked = m.TuneSettings(6, place, 0, ids, "likeliest", chain, ("temperature",), seed=SEED)
    *_, found = starter_engine.run(asked)
    assert isinstance(found, m.SettingsFound)
    assert math.exp(found.before.logprob) == pytest.approx(
        math.exp(math.fsum(map(math.log, drawn)) / len(drawn)), abs=2e-3
    )


@pytest.mark.parametrize("chain", CHAINS)
def test_a_redraw_repeats_the_run_and_finds_where_it_parts(
    starter_engine: Engine, chain: tuple[LogitsProcessor, ...]
) -> None:
    tokens = write(starter_engine, chain)
    ids = tuple(token.token_id for token in tokens)
    place = m.GeneratedPlace(PROMPT, (), N, ids)
    (same,) = starter_engine.run(m.Redraw(6, place, chain, chain, SEED))
    assert isinstance(same, m.Redrawn)
    assert not same.changed
    assert same.not_repeated_at == -1
    plain: tuple[LogitsProcessor, ...] = (Temperature(0.8),)
    for before, after, written in ((chain, plain, ids), (plain, chain, None)):
        if written is None:
            written = tuple(token.token_id for token in write(starter_engine, before))
        new = [token.token_id for token in write(starter_engine, after)]
        parted = next((i for i, (a, b) in enumerate(zip(written, new, strict=False)) if a != b), None)
        (told,) = starter_engine.run(
            m.Redraw(6, m.GeneratedPlace(PROMPT, (), N, written), before, after, SEED)
        )
        assert isinstance(told, m.Redrawn)
        assert told.not_repeated_at == -1
        if parted is not None:
            assert told.changed[0].index == parted
            assert told.changed[0].new_id == new[parted]


@pytest.mark.parametrize("chain", CHAINS)
def test_a_comparison_and_the_reshaped_text_agree(
    starter_engine: Engine, chain: tuple[LogitsProcessor, ...]
) -> None:
    list(starter_engine.run(m.ReadText(5, PROMPT, ())))
    reshaped = only(starter_engine.run(m.ReshapeText(6, 5, chain, SEED)), m.TextReshaped)
    told = [token.logprob for stretch in reshaped for token in stretch.tokens]
    compared = only(starter_engine.run(m.CompareText(7, PROMPT, (), "", (), chain, SEED)), m.TextCompared)
    rows = [row for message in compared for row in message.stretches]
    assert len(told) == len(rows)
    for one, row in zip(told, rows, strict=True):
        assert math.exp(one) == pytest.approx(math.exp(row.logprob_b), abs=2e-3)
    assert any(abs(math.exp(row.logprob_a) - math.exp(row.logprob_b)) > 0.01 for row in rows)


def test_guidance_is_read_once_for_a_text_and_then_remembered(
    starter_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(starter_engine.run(m.ReadText(5, PROMPT, ())))
    model: Any = starter_engine._loaded().model
    passes: list[int] = []
    whole = type(model)._read

    def counted(self: Any, ids: Any, cancelled: Any) -> Any:
        passes.append(len(ids))
        return whole(self, ids, cancelled)

    monkeypatch.setattr(type(model), "_read", counted)
    negative = "The dog was sad."
    list(starter_engine.run(m.ReshapeText(6, 5, (Guidance(2.0, negative),))))
    assert 0 < len(passes) <= 4  # not one for every token
    passes.clear()
    list(starter_engine.run(m.ReshapeText(7, 5, (Guidance(3.0, negative), Temperature(0.5)))))
    assert not passes


def test_a_long_text_under_guidance_stays_in_the_window(starter_engine: Engine) -> None:
    text = "The dog ran over the hill and saw the cat. " * 70
    list(starter_engine.run(m.ReadText(5, text, ())))
    *stretches, finished = starter_engine.run(
        m.ReshapeText(6, 5, (Guidance(1.5, "The bird sang all day. " * 60),), recompute=True)
    )
    assert isinstance(finished, m.ReshapingFinished)
    assert finished.n_unknown == 0
    assert sum(len(s.tokens) for s in stretches if isinstance(s, m.TextReshaped)) == finished.n_tokens


def test_a_long_negative_prompt_is_read_whole_after_a_short_text(starter_engine: Engine) -> None:
    reader = starter_engine._reader
    assert reader is not None
    long = "The dog was sad. " * 20
    tokens = write(starter_engine, (Guidance(3.0, long),))
    short = write(starter_engine, (Guidance(3.0, "The dog was sad. " * 2),))
    assert [t.token_id for t in tokens] != [t.token_id for t in short]
