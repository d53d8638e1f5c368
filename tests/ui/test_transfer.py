"""Export and import through the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Open
from finding import find
from PySide6.QtWidgets import QComboBox, QFileDialog, QPlainTextEdit, QPushButton, QRadioButton
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.ui.details_dialog import DetailsDialog
from studio.ui.export_dialog import ExportDialog
from studio.ui.main_window import MainWindow


def opened(open_window: Open, qtbot: QtBot) -> MainWindow:
    """A window whose library is open."""
    window = open_window(model=False)
    controller = find(window, Controller, "controller")
    qtbot.waitUntil(lambda: controller.sessions.id > 0, timeout=10_000)
    return window


def test_a_selection_is_exported_and_the_choice_remembered(
    open_window: Open, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(open_window, qtbot)
    window.editor.setPlainText("Ch. 1/2: one two three")
    window.editor.set_caret(12, 9)
    asked: list[str] = []

    def name(_parent: object, _title: str, suggested: str, _filter: str) -> tuple[str, str]:
        asked.append(suggested)
        return str(tmp_path / "out"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    window.actions_by_name["export"].trigger()
    dialog = find(window, ExportDialog, "exportDialog")
    find(dialog, QRadioButton, "export_selection").click()
    formats = find(dialog, QComboBox, "exportFormat")
    formats.setCurrentIndex(formats.findData("markdown"))
    find(dialog, QPushButton, "exportGo").click()
    qtbot.waitUntil(lambda: (tmp_path / "out.md").exists(), timeout=10_000)
    assert (tmp_path / "out.md").read_text(encoding="utf-8") == "one"
    assert asked == ["Ch. 1 2 one two three.md"]
    qtbot.waitUntil(lambda: "out.md" in window.notice.text())
    settings = window.current_settings()
    assert (settings.export_scope, settings.export_format) == ("selection", "markdown")
    assert settings.export_folder == str(tmp_path)


def test_a_place_that_cannot_be_written_is_said_in_the_window(
    open_window: Open, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(open_window, qtbot)
    window.editor.setPlainText("words")
    (tmp_path / "out.txt").mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "out.txt"), ""))
    window.actions_by_name["export"].trigger()
    find(find(window, ExportDialog, "exportDialog"), QPushButton, "exportGo").click()
    qtbot.waitUntil(lambda: "out.txt could not be written" in window.notice.text(), timeout=10_000)
    assert window.editor.toPlainText() == "words"


def test_several_files_become_sessions_and_what_was_left_out_can_be_read(
    open_window: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(open_window, qtbot)
    files = {"a.txt": b"First.", "b.json": b"[", "c.txt": b"caf\xe9", "d.png": b"\x89PNG\0"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    transfer = find(window, Controller, "controller").transfer
    transfer.import_files(tuple(str(tmp_path / name) for name in files))
    qtbot.waitUntil(lambda: "2 sessions" in window.notice.text(), timeout=10_000)
    assert "2 files could not be imported." in window.notice.text()
    qtbot.waitUntil(lambda: window.editor.toPlainText() == "First.")
    find(window.notice, QPushButton, "noticeAction").click()
    dialog = find(window, DetailsDialog, "detailsDialog")
    text = find(dialog, QPlainTextEdit, "detailsText").toPlainText()
    for words in ("a.txt\n    Session: a", "not valid JSON", "read as cp1252", "not a text file"):
        assert words in text
    dialog.reject()


def test_quitting_in_the_middle_of_an_import_leaves_no_half_session(
    open_window: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(open_window, qtbot)
    (tmp_path / "long.txt").write_text("One sentence more.\n\n" * 400_000, encoding="utf-8")
    find(window, Controller, "controller").transfer.import_files((str(tmp_path / "long.txt"),))
    window.close()
    again = opened(open_window, qtbot)
    titles = [line.title for line in again.sessions.model.sessions()]
    assert titles in ([], [f"long ({n} of 5)" for n in (5, 4, 3, 2, 1)][-len(titles) :])
