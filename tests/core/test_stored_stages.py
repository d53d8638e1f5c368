"""Stages that need more than the stored logits do the same in every view as they did in the run."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from studio.core import messages as m
from studio.core import xray
from studio.core.engine import Engine
from studio.core.processors import (
    BannedWords,
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


# -- words that are taken back -------------------------------------------------------------------------------

GIRL = "Once upon a time, there was a little girl named Lily. She"
PLAIN: tuple[LogitsProcessor, ...] = (Temperature(0.9),)
BACK: tuple[LogitsProcessor, ...] = (BannedWords("the, loved to, was, happy, mom", 5), Temperature(0.9))
BANNED = re.compile(r"\b(the|loved to|was|happy|mom)\b", re.IGNORECASE)


def girl(engine: Engine, chain: tuple[LogitsProcessor, ...], seed: int) -> tuple[int, ...]:
    asked = m.Generate(2, GIRL, (), chain, 40, seed, stop_at_end_of_text=False)
    return tuple(t.token_id for x in engine.run(asked) if isinstance(x, m.TokensGenerated) for t in x.tokens)


@pytest.mark.parametrize("seed", range(6))
def test_a_redraw_knows_what_was_taken_back(starter_engine: Engine, seed: int) -> None:
    held, plain = girl(starter_engine, BACK, seed), girl(starter_engine, PLAIN, seed)
    assert held != plain
    place = m.GeneratedPlace(GIRL, (), 40, held)
    (same,) = starter_engine.run(m.Redraw(6, place, BACK, BACK, seed))
    assert isinstance(same, m.Redrawn)
    assert (same.changed, same.not_repeated_at) == ((), -1)
    parted = next(i for i, (a, b) in enumerate(zip(held, plain, strict=False)) if a != b)
    (freed,) = starter_engine.run(m.Redraw(7, place, BACK, PLAIN, seed))
    assert isinstance(freed, m.Redrawn)
    assert (freed.changed[0].index, freed.changed[0].new_id) == (parted, plain[parted])
    (kept,) = starter_engine.run(m.Redraw(8, m.GeneratedPlace(GIRL, (), 40, plain), PLAIN, BACK, seed))
    assert isinstance(kept, m.Redrawn)
    assert kept.not_repeated_at == -1
    assert (kept.changed[0].index, kept.changed[0].new_id) == (parted, held[parted])
    assert kept.changed[0].removed_by == 0


@pytest.mark.parametrize("seed", range(3))
def test_of_a_text_the_words_that_would_be_taken_back_are_struck(starter_engine: Engine, seed: int) -> None:
    tokenizer = starter_engine._loaded().tokenizer

    def struck(ids: tuple[int, ...]) -> tuple[str, list[int]]:
        text = b"".join(map(tokenizer.token_bytes, ids)).decode()
        list(starter_engine.run(m.ReadText(5, text, ())))
        told = only(starter_engine.run(m.ReshapeText(6, 5, BACK, seed)), m.TextReshaped)
        gone = [i for s in told for i, t in enumerate(s.tokens, s.first) if t.removed_by == 0]
        begins, at = [], 0
        for token_id in tokenizer.encode(text).ids:
            begins.append(at)
            at += len(tokenizer.token_bytes(token_id).decode())
        return text, [begins[i] for i in sorted(gone)]

    text, gone = struck(girl(starter_engine, PLAIN, seed))
    found = [match.start() for match in BANNED.finditer(text)]
    assert len(found) == len(gone) > 0
    assert all(0 <= word - at <= 1 for word, at in zip(found, gone, strict=True))  # with its space
    text, gone = struck(girl(starter_engine, BACK, seed))
    assert gone == []


# -- what a view cannot show, it says ------------------------------------------------------------------------


def notes(engine: Engine, place: m.Place, chain: tuple[LogitsProcessor, ...]) -> list[str]:
    (answer,) = engine.run(m.InspectPlace(9, place, chain, SEED))
    assert isinstance(answer, m.PlaceInspected)
    return [stage.note for stage in answer.stages]


def test_a_pattern_follows_the_text_from_its_first_word_until_one_does_not_fit(
    starter_engine: Engine,
) -> None:
    text = " the dog ran. Then it slept"
    tokenizer = starter_engine._loaded().tokenizer
    ids = tokenizer.encode(text).ids
    list(starter_engine.run(m.ReadText(5, text, ())))
    *stretches, finished = starter_engine.run(m.ReshapeText(6, 5, (SENTENCE,)))
    assert isinstance(finished, m.ReshapingFinished)
    first = next(i for i, token_id in enumerate(ids) if tokenizer.token_bytes(token_id) == b" Then")
    assert finished.broken_at == first
    told = [t.removed_by for s in only(stretches, m.TextReshaped) for t in s.tokens]
    assert told == [-1] * first + [0] + [-1] * (len(ids) - first - 1)
    for index in range(len(ids)):
        broken = notes(starter_engine, m.ReadPlace(5, index), (SENTENCE,)) == [xray.BROKEN]
        assert broken == (index > first)
    *_, fits = starter_engine.run(m.ReshapeText(7, 5, (Pattern("(?s:.*)"),)))
    assert isinstance(fits, m.ReshapingFinished)
    assert fits.broken_at == -1


def test_a_place_says_that_words_are_taken_back_only_later(starter_engine: Engine) -> None:
    place = m.GeneratedPlace(GIRL, (), 40, ())
    assert notes(starter_engine, place, BACK) == [xray.GOES_BACK, ""]
    assert notes(starter_engine, place, (BannedWords("the"), Temperature(0.9))) == ["", ""]
