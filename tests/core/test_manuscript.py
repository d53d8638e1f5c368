from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.history import SPECIAL, WRITTEN, Edit, Node, Run, pack_step
from studio.core.manuscript import Manuscript, Origin
from studio.core.messages import END_OF_TEXT


def origins(manuscript: Manuscript) -> list[tuple[int, int, Origin]]:
    return list(manuscript.origins(0, len(manuscript.text)))


def test_text_typed_into_a_generation_is_an_edit_and_keeps_token_places() -> None:
    manuscript = Manuscript("Once ")
    manuscript.replace(5, 5, "upon a time", [Run(11, 7)])
    manuscript.replace(10, 10, "XX")
    assert manuscript.text == "Once upon XXa time"
    assert origins(manuscript) == [
        (0, 5, Origin.WRITTEN),
        (5, 10, Origin.GENERATED),
        (10, 12, Origin.EDITED),
        (12, 18, Origin.GENERATED),
    ]
    assert manuscript.source_at(12) == (7, 5)
    assert manuscript.source_at(0) == (WRITTEN, 0)


def test_a_deletion_in_a_generation_leaves_a_seam_and_undo_heals_it() -> None:
    manuscript = Manuscript("abcdef", [Run(6, 3)])
    manuscript.replace(2, 4, "")
    assert list(manuscript.seams(0, 4)) == [2]
    manuscript.undo()
    assert list(manuscript.seams(0, 6)) == []
    assert manuscript.runs == (Run(6, 3),)


def test_writing_after_or_before_a_generation_is_not_an_edit() -> None:
    manuscript = Manuscript("gen", [Run(3, 1)])
    manuscript.replace(3, 3, " mine")
    manuscript.replace(0, 0, "my ")
    assert [origin for _, _, origin in origins(manuscript)] == [
        Origin.WRITTEN,
        Origin.GENERATED,
        Origin.WRITTEN,
    ]


def test_a_whole_generation_is_one_step_also_with_typing_around_it() -> None:
    manuscript = Manuscript()
    for place, character in enumerate("Hi"):
        manuscript.replace(place, place, character, typing=True)
    manuscript.begin_group()
    manuscript.replace(2, 2, " the", [Run(4, 1)])
    manuscript.replace(6, 6, "re", [Run(2, 1, 4)])
    manuscript.end_group()
    manuscript.replace(8, 8, "!", typing=True)
    steps = []
    while manuscript.can_undo:
        manuscript.undo()
        steps.append(manuscript.text)
    assert steps == ["Hi there", "Hi", ""]
    while manuscript.can_redo:
        manuscript.redo()
    assert manuscript.text == "Hi there!"
    assert manuscript.runs == (Run(2), Run(6, 1), Run(1))


def test_keystrokes_share_a_step_until_a_pause_a_line_end_or_another_place() -> None:
    manuscript = Manuscript()
    for place, character in enumerate("one\ntwo"):
        manuscript.replace(place, place, character, typing=True)
    manuscript.undo()
    assert manuscript.text == "one"
    manuscript.redo()
    manuscript.break_typing()
    manuscript.replace(7, 7, "!", typing=True)
    manuscript.undo()
    assert manuscript.text == "one\ntwo"
    manuscript.replace(0, 0, "x", typing=True)
    manuscript.undo()
    assert manuscript.text == "one\ntwo"


def test_an_empty_group_leaves_no_step() -> None:
    manuscript = Manuscript("a")
    manuscript.begin_group()
    manuscript.end_group()
    assert not manuscript.can_undo


def test_the_end_of_text_token_is_found_only_where_it_is_whole() -> None:
    manuscript = Manuscript("a" + END_OF_TEXT)
    assert manuscript.special_offsets(0, 14) == ()  # typed, so it is text
    manuscript.replace(0, 0, END_OF_TEXT, [Run(13, SPECIAL)])
    assert manuscript.special_offsets(0, 27) == (0,)
    manuscript.replace(13, 13, END_OF_TEXT, [Run(13, SPECIAL)])
    assert manuscript.special_offsets(0, 40) == (0, 13)
    assert manuscript.special_offsets(1, 40) == (12,)
    assert manuscript.special_offsets(0, 20) == (0,)
    manuscript.replace(5, 6, "")
    assert 0 not in manuscript.special_offsets(0, 12)


def test_impossible_edits_are_refused() -> None:
    manuscript = Manuscript("abc")
    with pytest.raises(ValueError, match="no range"):
        manuscript.replace(2, 5, "")
    with pytest.raises(ValueError, match="length"):
        manuscript.replace(0, 0, "xy", [Run(3, 1)])
    with pytest.raises(ValueError, match="cover"):
        Manuscript("abc", [Run(2)])


EDITS = st.lists(
    st.tuples(
        st.floats(0, 1), st.floats(0, 1), st.text(max_size=6), st.integers(0, 3), st.booleans(), st.booleans()
    ),
    max_size=30,
)


@given(start=st.text(max_size=20), edits=EDITS)
def test_text_and_runs_follow_every_edit_and_undo_restores_both(
    start: str, edits: list[tuple[float, float, str, int, bool, bool]]
) -> None:
    manuscript = Manuscript(start)
    sources = [0] * len(start)  # the plain reference: one source for each character
    history = [(manuscript.text, manuscript.runs)]
    for a, b, text, source, typing, undo in edits:
        if undo and manuscript.can_undo:
            manuscript.undo()
            manuscript.redo()
        first, last = sorted((round(a * len(manuscript.text)), round(b * len(manuscript.text))))
        expected = manuscript.text[:first] + text + manuscript.text[last:]
        manuscript.replace(first, last, text, [Run(len(text), source)], typing=typing)
        sources[first:last] = [source] * len(text)
        assert manuscript.text == expected
        assert [manuscript.source_at(i)[0] for i in range(len(expected))] == sources
        assert sum(run.length for run in manuscript.runs) == len(expected)
        history.append((manuscript.text, manuscript.runs))
    while manuscript.can_undo:
        manuscript.undo()
        assert (manuscript.text, manuscript.runs) in history
    assert (manuscript.text, manuscript.runs) == history[0]
    while manuscript.can_redo:
        manuscript.redo()
    assert (manuscript.text, manuscript.runs) == history[-1]


@given(start=st.text(max_size=20), edits=EDITS)
def test_a_view_that_follows_undo_sees_the_text_of_each_edit(
    start: str, edits: list[tuple[float, float, str, int, bool, bool]]
) -> None:
    manuscript = Manuscript(start)
    for a, b, text, *_ in edits:
        first, last = sorted((round(a * len(manuscript.text)), round(b * len(manuscript.text))))
        manuscript.replace(first, last, text)
    view = [manuscript.text]

    def show(edit: object) -> None:
        assert hasattr(edit, "position")
        view.append(manuscript.text)

    while manuscript.can_undo:
        before = len(view)
        done = manuscript.undo(show)
        assert len(view) - before == len(done)
    assert view[-1] == start


def test_another_edit_after_undo_is_a_sibling_and_nothing_is_lost() -> None:
    manuscript = Manuscript("a")
    manuscript.replace(1, 1, "b")
    first = manuscript.history.head
    manuscript.undo()
    manuscript.replace(1, 1, "c")
    assert manuscript.text == "ac"
    manuscript.replace(2, 2, "d")
    manuscript.go_to(first)
    assert manuscript.text == "ab"
    assert manuscript.history.children(0) == (1, 2)
    manuscript.undo()
    manuscript.redo()
    assert manuscript.text == "ab"  # the branch seen last
    manuscript.go_to(3)
    assert manuscript.text == "acd"
    manuscript.go_to(0)
    assert manuscript.text == "a"


def test_undo_after_a_retry_brings_the_earlier_variant_back_also_after_a_restart() -> None:
    manuscript = Manuscript("Once")
    for source, words in ((1, " upon"), (2, " there")):
        manuscript.begin_group(source, instead=source == 2)
        manuscript.replace(4, 4, words, [Run(len(words), source)])
        manuscript.end_group()
    nodes = tuple(manuscript.history.nodes.values())
    for one in (manuscript, Manuscript(manuscript.text, manuscript.runs, nodes, manuscript.history.head)):
        assert one.text == "Once there"
        assert one.history.variants() == ((1, 2), 1)
        texts = []
        while one.can_undo:
            one.undo()
            texts.append(one.text)
        assert texts == ["Once upon", "Once"]
        while one.can_redo:
            one.redo()
            texts.append(one.text)
        assert texts[2:] == ["Once upon", "Once there"]


def test_variants_of_a_generation_flip_with_what_follows_each() -> None:
    manuscript = Manuscript("Once")
    for source, words in ((1, " upon"), (2, " there"), (3, " more")):
        manuscript.begin_group(source)
        manuscript.replace(4, 4, words, [Run(len(words), source)])
        manuscript.end_group()
        if source == 2:
            manuscript.replace(10, 10, " was")
            manuscript.undo()
        if source < 3:
            manuscript.undo()
    assert manuscript.history.variants() == ((1, 2, 4), 2)
    manuscript.flip(-1)
    assert manuscript.text == "Once there was"
    assert manuscript.history.variants() == ((1, 2, 4), 1)
    manuscript.flip(-1)
    assert manuscript.text == "Once upon"
    assert manuscript.flip(-1) == ()
    assert manuscript.source_at(5) == (1, 1)


def test_a_history_comes_back_from_what_was_saved() -> None:
    manuscript = Manuscript("Once")
    manuscript.begin_group(1)
    manuscript.replace(4, 4, " upon", [Run(5, 1)])
    saved = {node.id: node for node in manuscript.take_changed()}  # in mid-generation
    assert saved[1].source == 1
    manuscript.replace(9, 9, " a time", [Run(7, 1, 5)])
    manuscript.end_group()
    manuscript.undo()
    manuscript.replace(4, 4, "!")
    saved |= {node.id: node for node in manuscript.take_changed()}
    assert manuscript.take_changed() == ()
    again = Manuscript(manuscript.text, manuscript.runs, tuple(saved.values()), manuscript.history.head)
    again.undo()
    assert again.text == "Once"
    again.go_to(1)
    assert again.text == "Once upon a time"
    assert again.source_at(6) == (1, 2)


def test_damaged_nodes_cost_only_themselves() -> None:
    nodes = (
        Node(1, 0, pack_step([Edit(0, "", (), "a", (Run(1),))])),
        Node(3, 2, pack_step([])),  # its parent is gone
        Node(4, 1, "not JSON"),
    )
    manuscript = Manuscript("a", (), nodes, 9)
    assert manuscript.history.head == 0
    assert 3 not in manuscript.history.nodes
    with pytest.raises(ValueError, match=r"Expecting value|damaged"):
        manuscript.go_to(4)


@given(start=st.text(max_size=10), edits=EDITS, jumps=st.lists(st.integers(0, 40), max_size=10))
def test_every_node_keeps_its_text_whatever_path_leads_there(
    start: str, edits: list[tuple[float, float, str, int, bool, bool]], jumps: list[int]
) -> None:
    manuscript = Manuscript(start)
    texts = {0: (manuscript.text, manuscript.runs)}
    for number, (a, b, text, source, typing, undo) in enumerate(edits):
        if undo and number < len(jumps):
            manuscript.go_to(jumps[number] % len(texts))
        first, last = sorted((round(a * len(manuscript.text)), round(b * len(manuscript.text))))
        manuscript.replace(first, last, text, [Run(len(text), source)], typing=typing)
        texts[manuscript.history.head] = (manuscript.text, manuscript.runs)
    reloaded = Manuscript(
        manuscript.text, manuscript.runs, tuple(manuscript.history.nodes.values()), manuscript.history.head
    )
    for jump in (*jumps, 0):
        for one in (manuscript, reloaded):
            node_id = sorted(texts)[jump % len(texts)]
            one.go_to(node_id)
            assert (one.text, one.runs) == texts[node_id]
