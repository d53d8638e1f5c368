"""Which pieces the coloured text is made of."""

from __future__ import annotations

import math
from array import array

from studio.coloured_text import EDITED, GENERATED, by_origin, heat_pieces
from studio.export.coloured_page import Piece
from studio.ui.heat.kinds import LEVELS
from studio.ui.text_numbers import Columns


def columns(*tokens: tuple[int, int, float]) -> Columns:
    """Start, end, bits of surprise of each."""
    return Columns(
        array("l", [t[0] for t in tokens]),
        array("l", [t[1] for t in tokens]),
        array("d", [t[2] for t in tokens]),
        array("d", [2.0 for _ in tokens]),
        array("d", [1200.0 for _ in tokens]),
    )


def test_what_was_not_read_stays_plain_and_the_text_stays_whole() -> None:
    pieces = list(heat_pieces("one two three", columns((3, 7, 11.0)), "surprisal"))
    assert [p.text for p in pieces] == ["one", " two", " three"]
    assert [p.shade for p in pieces] == [0, LEVELS, 0]
    assert pieces[1].title == "11.0 bits, one in 2,048 · 0.05% · rank 1,200 · entropy 2.0 bits"


def test_half_a_character_is_told_of_with_the_whole_one() -> None:
    found = columns((0, 1, 0.0), (1, 1, 12.0), (1, 2, 0.0))
    pieces = list(heat_pieces("a🙂", found, "surprisal"))
    assert [(p.text, p.shade) for p in pieces] == [("a", 0), ("🙂", LEVELS)]
    assert pieces[1].title.count("\n") == 1


def test_an_impossible_word_is_hottest_and_told_as_such() -> None:
    (piece,) = heat_pieces("no", columns((0, 2, math.inf)), "probability")
    assert piece.shade == LEVELS
    assert piece.title.startswith("0%: impossible · ∞ bits")


def test_a_token_is_cut_where_its_origin_changes() -> None:
    origins = [(0, 2, 0), (2, 5, GENERATED), (5, 6, EDITED)]
    pieces = list(by_origin([Piece("abcd", 7, "t"), Piece("ef", 7, "u"), Piece("gh")], origins))
    assert pieces == [
        Piece("ab", 0, "t"),
        Piece("cd", GENERATED, "t"),
        Piece("e", GENERATED, "u"),
        Piece("f", EDITED, "u"),
        Piece("gh"),
    ]
