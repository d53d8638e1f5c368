from __future__ import annotations

import random

from studio.core.history import ROOT, History, Node
from studio.core.manuscript import Manuscript
from studio.core.outline import Outline


def whole(history: History, *, with_pruned: bool = False, only_bookmarks: bool = False) -> Outline:
    outline = Outline(history, with_pruned=with_pruned, only_bookmarks=only_bookmarks)
    assert outline.work(60)
    outline.take()
    return outline


def tree(*parents: int) -> Manuscript:
    """Node k + 1 comes after parents[k]; the text stands at the last one."""
    manuscript = Manuscript()
    for number, parent in enumerate(parents, 1):
        if manuscript.history.head != parent:
            manuscript.go_to(parent)
        manuscript.replace(len(manuscript.text), len(manuscript.text), f" {number}")
    return manuscript


def test_branches_follow_the_state_they_leave_and_lines_end_where_branches_end() -> None:
    history = tree(0, 1, 2, 1, 4, 1, 6).history  # 1 goes on to 2-3, to 4-5 and, where the text is, to 6-7
    assert whole(history).rows == [
        (ROOT, 0, 0),
        (1, 0, 0),
        (2, 1, 1),
        (3, 1, 1),
        (4, 1, 1),
        (5, 1, 1),
        (6, 0, 0),
        (7, 0, 0),
    ]


def test_a_pruned_branch_is_listed_only_when_asked_for() -> None:
    manuscript = tree(0, 1, 2, 1, 4)
    manuscript.prune(2)
    assert [row[0] for row in whole(manuscript.history).rows] == [0, 1, 4, 5]
    everything = whole(manuscript.history, with_pruned=True)
    assert [row[:2] for row in everything.rows] == [(0, 0), (1, 0), (2, 1), (3, 1), (4, 0), (5, 0)]
    assert everything.hidden == {2, 3}


def test_the_line_beside_the_last_branch_ends_when_nothing_follows_it() -> None:
    manuscript = tree(0, 1)
    manuscript.prune(2)
    assert whole(manuscript.history, with_pruned=True).rows == [(0, 0, 0), (1, 0, 0), (2, 1, 0)]


def test_only_bookmarks_are_listed_when_asked_for() -> None:
    manuscript = tree(0, 1, 2, 1, 4)
    for number in (2, 5):
        manuscript.rename(number, "", True)
    outline = whole(manuscript.history, only_bookmarks=True)
    assert [row[0] for row in outline.rows] == [0, 2, 5]
    assert outline.head_row() == 2
    manuscript.go_to(4)
    assert outline.head_row() == 0  # 5 comes later


def test_rows_that_grow_are_the_rows_made_anew() -> None:
    chance = random.Random(5)
    manuscript = Manuscript()
    outline = Outline(manuscript.history)
    grown = 0
    for number in range(400):
        what = chance.random()
        if what < 0.1:
            manuscript.undo()
        elif what < 0.15:
            manuscript.go_to(chance.choice([ROOT, *manuscript.history.nodes]))
        elif what < 0.2 and manuscript.history.nodes:
            manuscript.prune(chance.choice(list(manuscript.history.nodes)))
        elif what < 0.22 and manuscript.history.nodes:
            manuscript.bring_back(chance.choice(list(manuscript.history.nodes)))
        else:
            manuscript.replace(len(manuscript.text), len(manuscript.text), f" {number}")
        if not outline.is_current:
            assert outline.work(60)
            outline.take()
        growth = outline.growth()
        grown += len(growth)
        outline.add(growth)
        fresh = whole(manuscript.history)
        assert outline.rows == fresh.rows
        assert outline.rows[outline.head_row()][0] == manuscript.history.head
        on_path = {row[0] for row in outline.rows[: outline.head_row() + 1] if not row[1]}
        assert on_path == {ROOT, *manuscript.history.path(manuscript.history.head)}
    assert grown > 100


def test_fifty_thousand_rows_are_made_in_short_portions_and_changes_meanwhile_are_not_lost() -> None:
    nodes = [Node(k, max(k - 1 - (k % 50 == 0), 0), "[]") for k in range(1, 50_001)]
    history = History.of(nodes, 50_000)
    outline = Outline(history)
    portions = 0
    while not outline.work(0.002):
        portions += 1
        if portions == 2:
            history.put(Node(50_001, 49_000, "[]"))  # a branch, in the middle of the work
    outline.take()
    assert portions > 2
    assert len(outline.rows) == 50_002
