from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.environment import Environment
from studio.core.history import ROOT
from studio.core.manuscript import Manuscript
from studio.core.messages import FinishReason, Token
from studio.core.reproducing import Comparison, Difference, Origin, Outcome, Parting, differences
from studio.core.tracing import trace


def tokens(*words: str) -> list[Token]:
    return [Token(hash(word) % 50_000, word.encode(), word, -1.0, 0.5, 1, 1.0, ()) for word in words]


def compared(
    then: list[Token], now: list[Token], before: FinishReason | None, after: FinishReason
) -> tuple[Outcome, Parting | None, int]:
    comparison = Comparison(then, before)
    for token in now:
        comparison.add([token])
    return comparison.finish(after), comparison.parting, comparison.n_same


LENGTH, CANCELLED, END = FinishReason.LENGTH, FinishReason.CANCELLED, FinishReason.END_OF_TEXT


def test_the_same_tokens_and_the_same_end_are_the_same() -> None:
    assert compared(tokens("a", "b"), tokens("a", "b"), LENGTH, LENGTH) == (Outcome.SAME, None, 2)


def test_the_token_where_they_part_is_told_with_both_words() -> None:
    outcome, parting, n_same = compared(tokens("a", "b", "c"), tokens("a", "x", "c"), LENGTH, LENGTH)
    assert (outcome, parting, n_same) == (Outcome.PARTED, Parting(1, "b", "x"), 1)


def test_an_end_too_early_or_too_late_is_a_difference() -> None:
    assert compared(tokens("a", "b"), tokens("a"), LENGTH, END)[:2] == (Outcome.PARTED, Parting(1, "b", ""))
    assert compared(tokens("a"), tokens("a", "b"), END, LENGTH)[:2] == (Outcome.PARTED, Parting(1, "", "b"))


@pytest.mark.parametrize("reason", [CANCELLED, FinishReason.FAILED, None])
def test_of_what_was_cut_short_the_part_that_exists_is_compared(reason: FinishReason | None) -> None:
    comparison = Comparison(tokens("a", "b"), reason)
    comparison.add(tokens("a", "b", "c"))
    assert comparison.is_decided
    assert comparison.finish(CANCELLED) is Outcome.SAME_SO_FAR
    assert compared(tokens("a", "b"), tokens("a", "c"), reason, LENGTH)[0] is Outcome.PARTED


def test_a_second_run_that_is_stopped_says_nothing() -> None:
    assert compared(tokens("a", "b"), tokens("a"), LENGTH, CANCELLED)[0] is Outcome.STOPPED


THEN = Origin(
    "starter", "ab", "cpu", Environment("0.1.0", (("torch", "2.12.0"),), "studio", "float32", 1, "Linux", "A")
)


def test_what_differs_is_listed_and_what_was_not_recorded_is_not() -> None:
    environment = replace(THEN.environment, libraries=(("torch", "2.13.0"),), n_threads=2)
    now = replace(THEN, device="cuda", environment=environment)
    assert differences(THEN, now) == (
        Difference("device", "cpu", "cuda"),
        Difference("threads", "1", "2"),
        Difference("torch", "2.12.0", "2.13.0"),
    )
    assert differences(replace(THEN, environment=Environment()), THEN) == ()
    assert differences(THEN, THEN) == ()


def origin(manuscript: Manuscript, offset: int) -> int | None:
    return list(trace(manuscript.history, offset))[-1]


def test_the_step_that_put_a_character_there_is_found() -> None:
    manuscript = Manuscript("old ")
    manuscript.replace(4, 4, "new")  # 1
    manuscript.replace(0, 0, "> ")  # 2
    manuscript.replace(6, 7, "NN")  # 3: the n of new
    assert manuscript.text == "> old NNew"
    assert [origin(manuscript, at) for at in range(len(manuscript.text))] == [2, 2, *[ROOT] * 4, 3, 3, 1, 1]
    manuscript.undo()
    assert origin(manuscript, 6) == 1


def test_parts_that_were_off_differ_also_from_none() -> None:
    then = Origin("m", "s", "cpu", Environment(app="1", switched_off="L1H2"))
    now = Origin("m", "s", "cpu", Environment(app="1"))
    assert differences(then, now) == (Difference("switched_off", "L1H2", ""),)
    assert differences(now, then) == (Difference("switched_off", "", "L1H2"),)
    assert differences(then, then) == ()
