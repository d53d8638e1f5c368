"""Ctrl+K in a library with sessions: where a find brings the reader."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from finding import find
from palette_lines import rows, texts
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from studio import app
from studio.core.history import Run
from studio.core.manuscript import Manuscript
from studio.store.records import GenerationRecord, SessionRecord
from studio.store.store import Store
from studio.ui.main_window import MainWindow
from studio.ui.palette.rows import Kind


def session(number: int, text: str, title: str = "") -> SessionRecord:
    return SessionRecord(number, title, text, (Run(len(text)),), 0, 0.0, 1)


def generation(number: int, session_id: int, text: str) -> GenerationRecord:
    return GenerationRecord(
        number, session_id, None, 0, "", (), "[]", 40, (), True, 1, "starter", "", "", "cpu",
        "2026-01-01T00:00:00", text,
    )  # fmt: skip


@pytest.fixture
def filled(own_library: Path) -> Iterator[Callable[[], MainWindow]]:
    """A library with four sessions, and what opens the app on it."""
    store = Store.open(own_library)
    store.save_session(session(1, "The crow sat in the tree. 我今天去北京大学读书。"))
    manuscript = Manuscript("The beginning. ")
    manuscript.begin_group(7)
    manuscript.replace(15, 15, "A purple elephant came by.", (Run(26, 7),))
    manuscript.end_group()
    manuscript.undo()
    manuscript.replace(15, 15, "Nobody came.")
    written = SessionRecord(
        2, "", manuscript.text, manuscript.runs, 0, 0.0, 3, manuscript.take_changed(), manuscript.history.head
    )
    store.save_generation(generation(7, 2, "A purple elephant came by."), 0, (), written)
    store.save_session(session(3, "é🚀 " * 40_000 + "the treasure is here" + " end" * 1000, title="Long"))
    store.save_session(session(4, "The last one."))
    store.close()
    windows: list[MainWindow] = []

    def open_it() -> MainWindow:
        _, window = app.create(["gpt2-studio", "--library", str(own_library)])
        windows.append(window)
        window.show()
        return window

    yield open_it
    for window in windows:
        window.close()


def go(window: MainWindow, qtbot: QtBot, query: str, kind: Kind) -> None:
    """Find `query`, choose the first line of a kind."""
    window.actions_by_name["find_anything"].trigger()
    palette = window.finder
    palette.field.setText(query)
    qtbot.waitUntil(lambda: bool(texts(palette, kind)), timeout=5000)
    number = next(n for n, row in enumerate(rows(palette)) if row.kind is kind)
    palette.list.setCurrentIndex(palette.model.index(number))
    QTest.keyClick(palette.field, Qt.Key.Key_Return)


def marked(window: MainWindow) -> str:
    start, end = window.editor.selection()
    return window.editor.manuscript.text[start:end]


def test_a_find_opens_its_session_and_marks_the_place(filled: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = filled()
    qtbot.addWidget(window)
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=10_000)
    go(window, qtbot, "CROW", Kind.TEXT)
    qtbot.waitUntil(lambda: marked(window) == "crow", timeout=5000)
    go(window, qtbot, "北京", Kind.TEXT)  # in the session that is open
    assert marked(window) == "北京"
    go(window, qtbot, "treasure", Kind.TEXT)  # shown piece by piece: the place comes when all is there
    qtbot.waitUntil(lambda: marked(window) == "treasure", timeout=20_000)
    QTest.keyClicks(window.editor, "gold")
    go(window, qtbot, "gold", Kind.TEXT)  # just written, not saved before the palette was opened
    assert marked(window) == "gold"
    go(window, qtbot, "Long", Kind.SESSION)


def test_a_find_in_another_branch_asks_before_it_goes_there(
    filled: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = filled()
    qtbot.addWidget(window)
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=10_000)
    go(window, qtbot, "purple", Kind.GENERATION)
    qtbot.waitUntil(lambda: "another branch" in window.notice.text(), timeout=5000)
    assert window.editor.manuscript.text == "The beginning. Nobody came."
    find(window.notice, QPushButton, "noticeAction").click()
    assert window.editor.manuscript.text == "The beginning. A purple elephant came by."
    assert marked(window) == "purple"
    manuscript = window.editor.manuscript
    manuscript.undo(window.editor.mirror.show)
    manuscript.prune(1, window.editor.mirror.show)
    go(window, qtbot, "purple", Kind.GENERATION)
    assert "pruned" in window.notice.text()
    find(window.notice, QPushButton, "noticeAction").click()
    assert marked(window) == "purple"
    window.editor.set_caret(20)
    QTest.keyClicks(window.editor, "ly")
    go(window, qtbot, "elephant", Kind.TEXT)
    go(window, qtbot, "purple", Kind.GENERATION)
    assert "earlier state" in window.notice.text()


def test_words_no_session_is_called_by_are_handed_on_to_the_palette(
    filled: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = filled()
    qtbot.addWidget(window)
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=10_000)
    field = find(window, QLineEdit, "sessionSearch")
    field.setText("treasure")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.finder.isVisible()
    assert window.finder.field.text() == "treasure"
    qtbot.waitUntil(lambda: len(texts(window.finder, Kind.TEXT)) == 1, timeout=5000)


def test_finds_are_shown_soon_after_typing_stops(filled: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = filled()
    qtbot.addWidget(window)
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=10_000)
    window.actions_by_name["find_anything"].trigger()
    palette = window.finder
    palette.field.setText("crow")
    qtbot.waitUntil(lambda: bool(texts(palette, Kind.TEXT)), timeout=5000)  # all is indexed now
    took = []
    for query in ("treasure", "elephant", "last one", "crow tree", "beginning"):
        start = time.perf_counter()
        palette.field.setText(query)
        qtbot.waitUntil(lambda: any(row.hit for row in rows(palette)), timeout=5000)
        took.append(time.perf_counter() - start)
        palette.field.clear()
    assert sorted(took)[2] < 0.5  # 0.09 s where nothing else runs, 0.06 s of it waiting for another key
