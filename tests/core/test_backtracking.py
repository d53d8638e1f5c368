"""Banned words are taken back, however they are cut into tokens, before anybody sees them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core import messages as m
from studio.core.backtracking import Phrases
from studio.core.engine import Engine
from studio.core.processors import BannedWords, LogitsProcessor, Mirostat, Pattern, Temperature
from studio.core.wording import read_list

PROMPT = "Once upon a time, there was a little girl named Lily. She"


def write(
    engine: Engine, *stages: LogitsProcessor, seed: int = 1, n: int = 60
) -> tuple[list[str], m.Message]:
    *messages, last = engine.run(m.Generate(3, PROMPT, (), stages, n, seed))
    return [t.text for e in messages if isinstance(e, m.TokensGenerated) for t in e.tokens], last


@pytest.mark.parametrize("seed", range(6))
def test_nothing_banned_is_ever_handed_out_and_the_text_has_its_length(
    starter_engine: Engine, seed: int
) -> None:
    words = "the, loved to, was, happy, mom"
    plain, _ = write(starter_engine, Temperature(0.9), seed=seed)
    pieces, last = write(starter_engine, BannedWords(words, 5), Temperature(0.9), seed=seed)
    pattern = re.compile(r"\b(the|loved to|was|happy|mom)\b", re.IGNORECASE)
    assert pattern.search("".join(plain))
    for n in range(len(pieces) + 1):  # at no moment
        text = "".join(pieces[:n])
        for found in pattern.finditer(text):
            assert found.end() == len(text)
            assert n < len(pieces)
            assert not pattern.match("".join(pieces), found.start())  # a longer word
    assert isinstance(last, m.GenerationFinished)
    assert last.n_tokens == 60 or last.reason is m.FinishReason.END_OF_TEXT
    again, _ = write(starter_engine, BannedWords(words, 5), Temperature(0.9), seed=seed)
    assert again == pieces


def test_without_a_banned_word_the_text_is_the_same(starter_engine: Engine) -> None:
    plain, _ = write(starter_engine, Temperature(0.9), Mirostat(3.0))
    held, _ = write(starter_engine, BannedWords("xylophone, qq zz", 3), Temperature(0.9), Mirostat(3.0))
    assert held == plain


def test_longer_words_stay_and_stages_that_remember_go_back_too(starter_engine: Engine) -> None:
    stages = (BannedWords("th, Lil, s", 3), Mirostat(4.0), Temperature(1.0))
    pieces, _ = write(starter_engine, *stages, seed=3)
    assert " th" in "".join(pieces)  # "the", "that"
    assert write(starter_engine, *stages, seed=3)[0] == pieces


def test_it_works_beside_a_pattern(starter_engine: Engine) -> None:
    stages = (Pattern(r" (cat|dog|bird)( and (cat|dog|bird)){2}\."), BannedWords("dog", 9), Temperature(1.0))
    for seed in range(4):
        pieces, last = write(starter_engine, *stages, seed=seed)
        assert re.fullmatch(r" (cat|bird)( and (cat|bird)){2}\.", "".join(pieces))
        assert isinstance(last, m.GenerationFinished)
        assert last.reason is m.FinishReason.COMPLETE


def test_stop_works_at_once_and_leaves_no_banned_word(starter_engine: Engine) -> None:
    for after in range(1, 25):
        asked = iter([False] * after + [True] * 1000)
        stages = (BannedWords("loved, to", 50), Temperature(0.9))
        events = list(starter_engine.run(m.Generate(3, PROMPT, (), stages, 60, 2), asked.__next__))
        text = "".join(t.text for e in events if isinstance(e, m.TokensGenerated) for t in e.tokens)
        assert not re.search(r"\b(loved|to)\b", text)
        assert isinstance(events[-1], m.GenerationFinished)
        assert events[-1].reason is m.FinishReason.CANCELLED


def test_alternatives_keep_to_the_rule_in_tokens(starter_engine: Engine) -> None:
    stages = (BannedWords("was, the", 5), Temperature(0.9))
    events = list(starter_engine.run(m.GenerateAlternatives(3, PROMPT, (), stages, 40, (1, 2))))
    plain = (BannedWords("was, the"), Temperature(0.9))
    wanted = list(starter_engine.run(m.GenerateAlternatives(3, PROMPT, (), plain, 40, (1, 2))))
    assert [e for e in events if isinstance(e, m.AlternativeTokens)] == [
        e for e in wanted if isinstance(e, m.AlternativeTokens)
    ]


@pytest.mark.parametrize(
    ("banned", "text", "final", "found"),
    [
        ("cat", "a Cat.", False, (2, 5)),
        ("cat", "a cat", False, None),
        ("cat", "a cat", True, (2, 5)),
        ("cat", "concat. catalogue", True, None),
        ('"cat"', "concat", False, (3, 6)),
        ('"cat"', "CAT", True, None),
        ("突然", "他突然走了", False, (1, 3)),
        ("down the, down", "go down the ", False, (3, 7)),
        ("!", "no!", False, (2, 3)),
    ],
)
def test_what_counts_as_the_phrase(
    banned: str, text: str, final: bool, found: tuple[int, int] | None
) -> None:
    assert Phrases(read_list(banned)).find(text, 0, final=final) == found


@given(st.text("abcA ,", max_size=30), st.sampled_from(["ab", "a b, c", '"Aa"', "abc ca, bc"]))
def test_what_is_found_had_always_waited(text: str, banned: str) -> None:
    phrases = Phrases(read_list(banned))
    found = phrases.find(text, 0, final=True)
    if found is not None:
        for n in range(found[0] + 1, found[1] + 1):
            assert phrases.undecided(text[:n]) <= found[0]
