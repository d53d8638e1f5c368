from __future__ import annotations

import pytest

from studio.core.history import ROOT, History, Node, Run
from studio.core.manuscript import Manuscript


def with_variants() -> Manuscript:
    """ "Once" and three generations after it, the last of them in the text, with a word typed after each."""
    manuscript = Manuscript()
    manuscript.replace(0, 0, "Once")
    for number, text in enumerate((" one", " two", " three"), 1):
        manuscript.go_to(1)
        manuscript.begin_group(number)
        manuscript.replace(4, 4, text, (Run(len(text), number),))
        manuscript.end_group()
        manuscript.replace(len(manuscript.text), len(manuscript.text), "!")
    return manuscript  # 2-3, 4-5, 6-7


def test_variants_pass_over_a_pruned_branch() -> None:
    manuscript = with_variants()
    assert manuscript.history.variants() == ((2, 4, 6), 2)
    assert manuscript.prune(4) == 2
    assert manuscript.history.variants() == ((2, 6), 1)
    manuscript.flip(-1)
    assert manuscript.text == "Once one!"
    manuscript.bring_back(4)
    assert manuscript.history.variants() == ((2, 4, 6), 0)


def test_pruning_where_the_text_stands_goes_to_the_state_before() -> None:
    manuscript = with_variants()
    revision = manuscript.revision
    manuscript.take_changed()
    assert manuscript.prune(6) == 2
    assert (manuscript.text, manuscript.history.head) == ("Once", 1)
    assert manuscript.revision > revision
    assert [(node.id, node.pruned) for node in manuscript.take_changed()] == [(6, True)]


def test_redo_does_not_go_into_a_pruned_branch() -> None:
    manuscript = with_variants()
    manuscript.undo()
    manuscript.undo()
    manuscript.prune(6)
    manuscript.redo()
    assert manuscript.text == "Once two"
    for node_id in (2, 4):
        manuscript.prune(node_id)
    assert not manuscript.can_redo
    assert manuscript.redo() == ()


def test_undo_of_a_retry_does_not_go_back_to_a_pruned_variant() -> None:
    manuscript = Manuscript()
    manuscript.replace(0, 0, "Once")
    for number in (1, 2):
        manuscript.begin_group(number, instead=number == 2)
        manuscript.replace(4, 4, f" {number}", (Run(2, number),))
        manuscript.end_group()
    manuscript.prune(2)
    manuscript.undo()
    assert manuscript.text == "Once"


def test_what_is_typed_after_pruning_does_not_change_the_step_the_branch_came_from() -> None:
    manuscript = Manuscript()
    manuscript.replace(0, 0, "a", typing=True)
    manuscript.break_typing()
    manuscript.replace(1, 1, "b", typing=True)
    manuscript.prune(2)
    manuscript.replace(1, 1, "c", typing=True)
    manuscript.go_to(2)
    assert manuscript.text == "ab"


def test_going_to_a_pruned_state_brings_it_back() -> None:
    manuscript = with_variants()
    manuscript.prune(2)
    manuscript.prune(4)
    manuscript.go_to(3)
    assert manuscript.text == "Once one!"
    assert not manuscript.history.is_hidden(3)
    assert manuscript.history.hidden() == {4, 5}


def test_a_branch_within_a_pruned_one_stays_pruned_when_that_comes_back() -> None:
    manuscript = with_variants()
    assert manuscript.prune(7) == 1
    assert manuscript.prune(6) == 1  # 7 is hidden already
    manuscript.bring_back(6)
    assert manuscript.history.hidden() == {7}


def test_the_beginning_cannot_be_pruned() -> None:
    with pytest.raises(KeyError):
        with_variants().prune(ROOT)


def test_a_text_that_was_stored_inside_a_pruned_branch_has_it_back() -> None:
    history = History.of([Node(1, 0, "[]", pruned=True), Node(2, 1, "[]")], 2)
    assert not history.is_hidden(2)
    assert [node.id for node in history.take_changed()] == [1]
