"""The numbers stay with their words while one writes."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.history import Edit
from studio.core.messages import ReadPlace, ReadToken, Token
from studio.ui.text_numbers import TextNumbers, TextToken, bits_per_byte, perplexity

WORDS = ["Once", " upon", " a", " time", " a", " dog"]
TEXT = "".join(WORDS)


def read_tokens(words: list[str]) -> list[ReadToken]:
    tokens, at = [], 0
    for i, word in enumerate(words):
        tokens.append(ReadToken(i, at, at + len(word), -float(i), i + 1, 1.0))
        at += len(word)
    return tokens


@pytest.fixture
def numbers() -> TextNumbers:
    made = TextNumbers()
    made.put_read(3, 0, 0, read_tokens(WORDS))
    return made


def edit(position: int, removed: int, inserted: str) -> Edit:
    return Edit(position, TEXT[position : position + removed], (), inserted, ())


def test_each_character_finds_its_token(numbers: TextNumbers) -> None:
    assert [found.token_id if (found := numbers.at(i)) else None for i in (0, 3, 4, 9, 22, 23)] == [
        0, 0, 1, 2, None, None,
    ]  # fmt: skip
    assert [t.token_id for t in numbers.between(3, 10)] == [0, 1, 2]
    assert numbers.between(4, 4) == []
    found = numbers.at(10)
    assert found is not None
    assert found.place == ReadPlace(3, 2)


def test_half_a_character_is_passed_over() -> None:
    numbers = TextNumbers()
    halves = [
        ReadToken(7, 0, 0, -1.0, 1, 1.0),
        ReadToken(8, 0, 1, -1.0, 1, 1.0),
        ReadToken(9, 1, 2, -1, 1, 1),
    ]
    numbers.put_read(1, 0, 0, halves)
    assert [found.token_id if (found := numbers.at(i)) else None for i in (0, 1, 2)] == [8, 9, None]


def test_typing_moves_what_comes_after_and_marks_it_stale(numbers: TextNumbers) -> None:
    numbers.follow(edit(9, 0, " blue"))
    assert [(t.token_id, t.start, t.stale) for t in numbers] == [
        (0, 0, False), (1, 4, False), (2, 14, True), (3, 16, True), (4, 21, True), (5, 23, True),
    ]  # fmt: skip


def test_an_edit_inside_a_token_takes_it_away(numbers: TextNumbers) -> None:
    numbers.follow(edit(6, 1, "x"))
    assert [t.token_id for t in numbers] == [0, 2, 3, 4, 5]
    assert numbers.at(6) is None


def test_a_deletion_takes_away_what_it_touches(numbers: TextNumbers) -> None:
    numbers.follow(edit(2, 8, ""))
    assert [(t.token_id, t.start, t.end) for t in numbers] == [(3, 3, 8), (4, 8, 10), (5, 10, 14)]


def test_a_new_reading_replaces_what_it_covers(numbers: TextNumbers) -> None:
    numbers.follow(edit(9, 0, " blue"))
    text = [*WORDS[:2], " blue", *WORDS[2:]]
    numbers.put_read(4, 0, 2, read_tokens(text)[2:])
    assert [t.start for t in numbers] == [0, 4, 9, 14, 16, 21, 23]
    assert not any(t.stale for t in numbers)
    assert [t.place for t in numbers][:3] == [ReadPlace(3, 0), ReadPlace(3, 1), ReadPlace(4, 2)]


def test_generated_tokens_have_their_numbers_at_once(numbers: TextNumbers) -> None:
    tokens = [Token(50, b" ran", " ran", -0.5, 0.9, 1, 0.7, ()), Token(51, b".", ".", -0.1, 0.9, 1, 0.7, ())]
    numbers.put_generated(len(TEXT), tokens)
    found = numbers.at(len(TEXT) + 4)
    assert found is not None
    assert (found.token_id, found.place) == (51, None)


def test_another_model_makes_all_numbers_old(numbers: TextNumbers) -> None:
    numbers.all_stale()
    assert all(t.stale and t.place is None for t in numbers)
    before = numbers.revision
    numbers.clear()
    assert len(numbers) == 0
    assert numbers.revision > before


def test_perplexity_and_bits_per_byte() -> None:
    numbers = TextNumbers()
    halved = [ReadToken(i, i, i + 1, -math.log(2), 1, 1.0) for i in range(4)]
    numbers.put_read(1, 0, 0, halved)
    assert perplexity(list(numbers)) == pytest.approx(2)
    assert bits_per_byte(list(numbers), "abcd") == pytest.approx(1)
    assert math.isnan(perplexity([]))
    assert math.isnan(bits_per_byte([], ""))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12), st.integers(0, 9)), max_size=12))
def test_after_any_edits_no_two_tokens_share_a_character(edits: list[tuple[int, int, int]]) -> None:
    numbers = TextNumbers()
    numbers.put_read(3, 0, 0, read_tokens(WORDS))
    length = len(TEXT)
    for position, removed, inserted in edits:
        at = min(position, length)
        gone = min(removed, length - at)
        numbers.follow(Edit(at, "-" * gone, (), "+" * inserted, ()))
        length += inserted - gone
        tokens = list(numbers)
        assert all(0 <= t.start <= t.end <= length for t in tokens)
        assert all(one.end <= other.start for one, other in pairwise(tokens))


def test_many_edits_of_a_long_text_leave_what_a_plain_list_would_have() -> None:
    chance = random.Random(5)
    numbers = TextNumbers()
    numbers.put_read(1, 0, 0, [ReadToken(i, 2 * i, 2 * i + 2, -1.0 - i, i, 1.0) for i in range(1500)])
    plain = list(numbers)
    assert len(plain) == 1500
    for _ in range(150):
        position = chance.choice([chance.randrange(3000), 1500])
        removed, inserted = chance.randrange(4), chance.randrange(4)
        numbers.follow(Edit(position, "r" * removed, (), "i" * inserted, ()))
        end, by = position + removed, inserted - removed
        plain = [t for t in plain if t.start < end and t.end <= position] + [
            replace(t, start=t.start + by, end=t.end + by, place=None, stale=True)
            for t in plain
            if t.start >= end
        ]
        if chance.random() < 0.2:
            at = chance.randrange(2500)
            read = [ReadToken(9, 0, 3, -2.0, 4, 1.0), ReadToken(9, 3, 5, -2.0, 4, 1.0)]
            numbers.put_read(2, at, 0, read)
            new = [
                TextToken(9, at + t.start, at + t.end, -2.0, 4, 1.0, ReadPlace(2, i))
                for i, t in enumerate(read)
            ]
            plain = [t for t in plain if t.end <= at] + new + [t for t in plain if t.start >= at + 5]
        probe = chance.randrange(3000)
        expected = [t for t in plain if t.start < probe + 40 and t.end > probe]
        assert list(numbers.between(probe, probe + 40)) == expected
        assert numbers.at(probe) == next((t for t in plain if t.start <= probe < t.end), None)
        assert numbers.any_stale == any(t.stale for t in plain)
    assert list(numbers) == plain
    assert len(numbers) == len(plain)
