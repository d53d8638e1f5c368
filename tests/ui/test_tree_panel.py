from __future__ import annotations

import time

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.core.history import Run
from studio.core.manuscript import Manuscript
from studio.ui import theme as themes
from studio.ui.tree_panel import BOOKMARKED, DEPTH, GENERATED, ON_PATH, TreeModel, TreePanel


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
    model.set_history(manuscript.history)
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
    model.set_history(manuscript.history)
    assert [row[0] for row in shown(model)] == [
        "The beginning", "Once", "there", "the good one – upon", "a time",
    ]  # fmt: skip
    assert model.index(3).data(BOOKMARKED)
    assert tester is not None


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


def test_fifty_thousand_states_are_listed_and_painted_in_a_blink(qtbot: QtBot) -> None:
    manuscript = Manuscript()
    for number in range(50_000):
        if number % 50 == 49:
            manuscript.undo()
        manuscript.replace(0, len(manuscript.text), str(number))
    panel = TreePanel(themes.LIGHT)
    qtbot.addWidget(panel)
    panel.resize(500, 200)
    panel.show_history(manuscript.history)
    panel.show()
    best = min(_seconds(panel, manuscript) for _ in range(3))
    assert panel.model.rowCount() == 50_001
    assert best < 1.0  # generous: other programs may need the processor


def _seconds(panel: TreePanel, manuscript: Manuscript) -> float:
    start = time.perf_counter()
    panel.model.set_history(manuscript.history)
    panel.grab()
    return time.perf_counter() - start
