"""Stop strings are found wherever the tokens are cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from studio.core.messages import (
    Token,
)
from studio.core.stops import StopMatcher


def tokens_of(text: str, cuts: Sequence[int]) -> list[Token]:
    borders = [0, *sorted(cuts), len(text)]
    parts = [text[a:b] for a, b in pairwise(borders)]
    return [Token(i, b"", part, 0.0, 1.0, 1, 0.0, ()) for i, part in enumerate(parts)]


def first_end(text: str, stops: list[str]) -> tuple[str, str | None]:
    """What is left of `text`, the slow and obvious way: character by character."""
    for end in range(1, len(text) + 1):
        ending = [stop for stop in stops if stop and text[:end].endswith(stop)]
        if ending:
            longest = max(ending, key=len)
            return text[: end - len(longest)], longest
    return text, None


@given(
    text=st.text("ab", max_size=30),
    stops=st.lists(st.text("ab", max_size=5), max_size=3),
    data=st.data(),
)
def test_stop_strings_are_found_wherever_the_tokens_are_cut(
    text: str, stops: list[str], data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=10))
    matcher = StopMatcher(stops)
    out: list[Token] = []
    fed = ""
    for token in tokens_of(text, cuts):
        fed += token.text
        out += matcher.feed(token)
        if matcher.found is not None:
            break
        shown = "".join(token.text for token in out)
        assert fed.startswith(shown)
        assert not any(stop and stop in shown for stop in stops)
    out += matcher.flush()
    left, found = first_end(text, stops)
    assert ("".join(token.text for token in out), matcher.found) == (left, found)
    assert [token.token_id for token in out] == list(range(len(out)))


def test_a_token_cut_by_a_stop_string_keeps_the_rest_of_what_it_is() -> None:
    matcher = StopMatcher(["END"])
    token = Token(5, b"x END.", "x END.", -1.0, 0.5, 2, 1.0, ())
    assert list(matcher.feed(token)) == [replace(token, text="x ")]
    assert list(matcher.flush()) == []


def test_tokens_wait_no_longer_than_a_stop_string_may_begin() -> None:
    matcher = StopMatcher(["abc"])
    released = [[t.text for t in matcher.feed(token)] for token in tokens_of("xabxabab", range(1, 8))]
    assert released == [["x"], [], [], ["a", "b", "x"], [], [], ["a", "b"], []]
