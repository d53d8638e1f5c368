from __future__ import annotations

import gc
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from studio.core.history import Node, Run
from studio.core.manuscript import Manuscript
from studio.ui import theme as themes
from studio.ui.tree_model import (
    BOOKMARKED,
    DEPTH,
    GENERATED,
    GOES_ON,
    HIDDEN,
    LANES,
    NODE_ID,
    ON_PATH,
    STARTS,
    TreeModel,
    local_time,
)
from studio.ui.tree_panel import TreePanel


def branched() -> Manuscript:
    """A sentence, two continuations of it, words of one's own after the first."""
    manuscript = Manuscript()
    manuscript.replace(0, 0, "Once")
    manuscript.begin_group(1)
    manuscript.replace(4, 4, " upon", [Run(5, 1)])
    manuscript.end_group()
    manuscript.replace(9, 9, " a time")
    manuscript.go_to(1)
    manuscript.begin_group(2)
    manuscript.replace(4, 4, " there", [Run(6, 2)])
    manuscript.end_group()
    return manuscript


def shown(model: TreeModel) -> list[tuple[object, ...]]:
    rows = [model.index(row) for row in range(model.rowCount())]
    return [(row.data(), row.data(DEPTH), row.data(ON_PATH), row.data(GENERATED)) for row in rows]


def test_the_way_here_goes_straight_down_and_branches_are_deeper(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    model = TreeModel(parent)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    manuscript = branched()
    model.show(manuscript.history)
    assert model.refresh(60)
    assert shown(model) == [
        ("The beginning", 0, True, False),
        ("Once", 0, True, False),
        ("upon", 1, False, True),
        ("a time", 1, False, False),
        ("there", 0, True, True),
    ]
    assert model.head_row() == 4
    manuscript.go_to(3)
    manuscript.rename(2, "the good one", True)
    model.show(manuscript.history)
    assert model.refresh(60)
    assert [row[0] for row in shown(model)] == [
        "The beginning", "Once", "there", "the good one – upon", "a time",
    ]  # fmt: skip
    assert model.index(3).data(BOOKMARKED)
    assert tester is not None


def test_typing_adds_a_row_and_resets_nothing(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    model = TreeModel(parent)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    manuscript = branched()
    model.show(manuscript.history)
    model.refresh(60)
    with qtbot.waitSignal(model.rowsInserted), qtbot.assertNotEmitted(model.modelReset):
        manuscript.replace(0, 0, "Then: ")
        assert model.refresh(0)
    assert model.index(model.head_row()).data() == "Then:"
    assert tester is not None


def test_a_branch_starts_and_ends_where_its_line_does(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    model = TreeModel(parent)
    model.show(branched().history)
    model.refresh(60)
    rows = [model.index(row) for row in range(model.rowCount())]
    assert [row.data(STARTS) for row in rows] == [False, False, True, False, False]
    assert [row.data(GOES_ON) for row in rows] == [True, True, True, False, False]
    assert [row.data(LANES) for row in rows] == [0, 0, 1, 1, 0]


def test_a_tool_tip_says_who_wrote_and_when_and_takes_no_words_for_mark_up(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    model = TreeModel(parent)
    manuscript = branched()
    manuscript.replace(0, 0, "<h1>loud</h1>")
    model.show(manuscript.history)
    model.refresh(60)
    model.model_names[2] = "star<ter>"
    tips = [str(model.index(row).data(Qt.ItemDataRole.ToolTipRole)) for row in range(model.rowCount())]
    assert "Your own step" in tips[1]
    assert "Written by the model" in tips[2]
    assert "Written by star&lt;ter&gt;" in tips[4]
    assert "&lt;h1&gt;loud" in tips[5]
    assert local_time(manuscript.history.nodes[1].created_utc) in tips[1]


def shown_panel(qtbot: QtBot, manuscript: Manuscript) -> TreePanel:
    panel = TreePanel(themes.DARK)
    qtbot.addWidget(panel)
    panel.resize(500, 200)
    panel.show_history(manuscript.history)
    panel.show()
    panel.list.setFocus()
    return panel


def test_the_arrow_keys_follow_the_branches(qtbot: QtBot) -> None:
    manuscript = branched()  # 1 goes on to 2-3 and to 4, where the text is
    panel = shown_panel(qtbot, manuscript)
    went = []
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left,
                Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Right):  # fmt: skip
        QTest.keyClick(panel.list, key)
        went.append(panel.list.currentIndex().data(NODE_ID))
    # The end of a branch has no state after it: Right goes to the next branch.
    assert went == [1, 2, 3, 2, 1, 4, 3, 4]


def test_n_finds_the_next_bookmark_from_the_top_again(qtbot: QtBot) -> None:
    manuscript = branched()
    manuscript.rename(1, "", True)
    manuscript.rename(3, "named", False)
    panel = shown_panel(qtbot, manuscript)
    went = []
    for _ in range(3):
        QTest.keyClick(panel.list, Qt.Key.Key_N)
        went.append(panel.list.currentIndex().data(NODE_ID))
    assert went == [1, 3, 1]


def test_only_bookmarks_can_be_listed(qtbot: QtBot) -> None:
    manuscript = branched()
    manuscript.rename(3, "", True)
    panel = shown_panel(qtbot, manuscript)
    button = panel.findChild(QToolButton, "treeOnlyBookmarks")
    assert button is not None
    button.click()
    assert [panel.model.index(row).data(NODE_ID) for row in range(panel.model.rowCount())] == [0, 3]
    button.click()
    assert panel.model.rowCount() == 5


def test_a_pruned_branch_is_asked_for_hidden_and_brought_back(qtbot: QtBot) -> None:
    manuscript = branched()
    panel = shown_panel(qtbot, manuscript)
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    with qtbot.waitSignal(panel.prune_requested) as pruned:
        QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert pruned.args == [3]
    manuscript.prune(2)
    panel.refresh()
    assert panel.model.rowCount() == 3
    button, prune = (panel.findChild(QToolButton, name) for name in ("treeShowPruned", "treePrune"))
    assert button is not None
    assert prune is not None
    button.click()
    assert [panel.model.index(row).data(HIDDEN) for row in range(5)] == [False, False, True, True, False]
    panel.list.setCurrentIndex(panel.model.index(3))
    panel.grab()  # struck through and dotted, without complaint
    assert prune.text() == "Bring back"
    with qtbot.waitSignal(panel.bring_back_requested) as back:
        prune.click()
    assert back.args == [3]
    with qtbot.assertNotEmitted(panel.go_to_requested):
        panel.list.clicked.emit(panel.model.index(3))


def test_a_bookmark_leaves_the_keyboard_where_it_is(qtbot: QtBot) -> None:
    manuscript = branched()
    panel = shown_panel(qtbot, manuscript)
    panel.rename_requested.connect(manuscript.rename)
    for _ in range(2):
        QTest.keyClick(panel.list, Qt.Key.Key_Up)
    QTest.keyClick(panel.list, Qt.Key.Key_B)
    panel.refresh()
    assert panel.list.currentIndex().data(NODE_ID) == 2
    assert panel.list.currentIndex().data(BOOKMARKED)


def test_a_letter_that_is_no_command_does_not_search(qtbot: QtBot) -> None:
    panel = shown_panel(qtbot, branched())
    before = panel.list.currentIndex()
    QTest.keyClick(panel.list, Qt.Key.Key_O)
    assert panel.list.currentIndex() == before


def test_the_keyboard_goes_to_a_state_and_marks_it(qtbot: QtBot) -> None:
    panel = TreePanel(themes.DARK)
    qtbot.addWidget(panel)
    panel.resize(500, 200)
    panel.show_history(branched().history)
    panel.show()
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    with qtbot.waitSignal(panel.go_to_requested) as went:
        QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert went.args == [3]
    with qtbot.waitSignal(panel.rename_requested) as renamed:
        QTest.keyClick(panel.list, Qt.Key.Key_B)
    assert renamed.args == [3, "", True]
    panel.grab()  # the delegate paints without complaint


def test_fifty_thousand_states_never_hold_the_window_up(qtbot: QtBot, request: pytest.FixtureRequest) -> None:
    manuscript = Manuscript(nodes=long_history(), head=50_000)
    panel = TreePanel(themes.LIGHT)
    qtbot.addWidget(panel)
    panel.resize(500, 200)
    panel.show_history(manuscript.history)
    slowest = 0.0
    gc.collect()
    gc.disable()  # as in the window, which collects from a timer
    request.addfinalizer(gc.enable)
    panel.show()
    for _ in range(2000):
        start = time.process_time()  # other tests run beside this one
        panel.refresh()
        slowest = max(slowest, time.process_time() - start)
        if panel.model.rowCount() == 50_001:
            break
    assert panel.model.rowCount() == 50_001
    manuscript.history.put(Node(50_001, 50_000, "[]"))
    manuscript.history.visit(50_001)
    start = time.process_time()
    panel.refresh()
    panel.grab()
    assert panel.list.currentIndex().data(NODE_ID) == 50_001
    assert time.process_time() - start < 0.1  # a key adds one row; to list all anew takes as long
    assert slowest < 0.1  # tests/benchmarks/tree.py measures it: 0.01 s


def long_history() -> list[Node]:
    step = '{"edits":[[0,"",[],"word",[[4,0,0]]]]}'
    return [Node(k, max(k - 1 - (k % 50 == 0), 0), step) for k in range(1, 50_001)]
