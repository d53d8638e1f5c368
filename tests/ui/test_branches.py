"""Pruning through the window: hidden, taken back, found again after a restart."""

from __future__ import annotations

from driving import Open, saved
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from studio.ui.tree_model import NODE_ID


def with_two_branches(open_window: Open) -> MainWindow:
    """ "Once upon" and, where the text stands, "Once there was": nodes 1-2 and 1-3-4."""
    window = open_window(model=False)
    editor = window.editor
    editor.replace_range(0, 0, "Once")
    editor.replace_range(4, 4, " upon")
    editor.undo()
    editor.replace_range(4, 4, " there")
    editor.replace_range(10, 10, " was")
    window.actions_by_name["history"].trigger()
    return window


def listed(window: MainWindow) -> list[object]:
    window.tree.refresh()
    return [window.tree.model.index(row).data(NODE_ID) for row in range(window.tree.model.rowCount())]


def test_a_pruned_branch_goes_away_with_the_text_that_stood_there_and_undo_brings_both_back(
    open_window: Open, qtbot: QtBot
) -> None:
    window = with_two_branches(open_window)
    assert listed(window) == [0, 1, 2, 3, 4]
    QTest.keyClick(window.tree.list, Qt.Key.Key_Left)
    QTest.keyClick(window.tree.list, Qt.Key.Key_Delete)
    assert window.editor.toPlainText() == "Once"
    assert window.notice.text() == "Branch pruned: 2 states."
    assert listed(window) == [0, 1, 2]
    window.editor.redo()
    assert window.editor.toPlainText() == "Once upon"
    find(window, QPushButton, "noticeAction").click()
    assert window.editor.toPlainText() == "Once there was"
    assert listed(window) == [0, 1, 2, 3, 4]


def test_a_branch_beside_the_text_is_pruned_and_the_text_stays(open_window: Open) -> None:
    window = with_two_branches(open_window)
    assert listed(window)
    window.tree.list.setCurrentIndex(window.tree.model.index(2))
    window.actions_by_name["prune"].trigger()
    assert window.notice.text() == "Branch pruned: 1 state."
    assert window.editor.toPlainText() == "Once there was"
    assert listed(window) == [0, 1, 3, 4]


def test_the_beginning_is_refused_and_so_is_everything_while_the_text_is_locked(open_window: Open) -> None:
    window = with_two_branches(open_window)
    window.tree.list.setCurrentIndex(window.tree.model.index(0))
    window.actions_by_name["prune"].trigger()
    assert "cannot be pruned" in window.notice.text()
    window.editor.set_locked(True)
    window.tree.prune_requested.emit(3)
    assert "right now" in window.notice.text()
    assert listed(window) == [0, 1, 2, 3, 4]


def test_what_was_pruned_is_still_so_after_a_restart_and_can_be_brought_back(
    open_window: Open, qtbot: QtBot
) -> None:
    window = with_two_branches(open_window)
    window.tree.prune_requested.emit(2)
    qtbot.waitUntil(lambda: saved(window))
    window.close()
    again = open_window(model=False)
    again.actions_by_name["history"].trigger()
    assert listed(again) == [0, 1, 3, 4]
    assert again.editor.toPlainText() == "Once there was"
    find(again, QToolButton, "treeShowPruned").click()
    assert listed(again) == [0, 1, 2, 3, 4]
    again.tree.list.setCurrentIndex(again.tree.model.index(2))
    find(again, QToolButton, "treePrune").click()
    find(again, QToolButton, "treeShowPruned").click()
    assert listed(again) == [0, 1, 2, 3, 4]
