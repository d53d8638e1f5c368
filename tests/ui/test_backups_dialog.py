"""File → Backups…: what is listed, made, checked, restored beside the library, and copied."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QTreeWidget
from pytestqt.qtbot import QtBot

from studio import app, safekeeping
from studio.controller import Controller
from studio.store import backup
from studio.store import records as r
from studio.ui import theme as themes
from studio.ui.backups_dialog import BackupsDialog
from studio.ui.main_window import MainWindow

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot: QtBot, own_library: Path) -> Iterator[MainWindow]:
    """The app with something written."""
    _, made = app.create(["gpt2-studio", "--library", str(own_library)])
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: not made.editor.isReadOnly(), timeout=10_000)
    QTest.keyClicks(made.editor, "Keep this safe.")
    qtbot.waitUntil(lambda: find(made, QLabel, "statusSaved").text().startswith("Saved "), timeout=10_000)
    yield made
    made.close()


def open_dialog(window: MainWindow) -> BackupsDialog:
    QTest.keyClick(window.editor, Qt.Key.Key_B, CONTROL_SHIFT)
    return find(window, BackupsDialog, "backupsDialog")


def rows(dialog: BackupsDialog) -> list[list[str]]:
    tree = find(dialog, QTreeWidget, "backupsList")
    items = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]
    return [[item.text(column) for column in range(5)] for item in items if item is not None]


def press(dialog: BackupsDialog, name: str) -> None:
    """With the keyboard."""
    button = find(dialog, QPushButton, name)
    assert button.isEnabled(), name
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)


def said(dialog: BackupsDialog) -> str:
    return find(dialog, QLabel, "backupsSaid").text()


def test_a_backup_is_made_checked_restored_and_copied(
    window: MainWindow, qtbot: QtBot, own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = open_dialog(window)
    assert not dialog.isModal()
    empty = find(dialog, QLabel, "backupsEmpty")
    qtbot.waitUntil(empty.isVisible)
    assert "no backup yet" in empty.text()
    press(dialog, "backupsNow")
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1, timeout=20_000)
    assert said(dialog) == "The backup is made and checked."
    assert rows(dialog)[0][1:3] == ["By hand", "1"]
    assert rows(dialog)[0][4] == "Not checked yet"
    assert "next one is due" in find(dialog, QLabel, "backupsWhen").text()
    press(dialog, "backupsCheck")
    qtbot.waitUntil(lambda: rows(dialog)[0][4] == "Sound", timeout=20_000)
    press(dialog, "backupsRestore")
    (files,) = dialog.findChildren(QFileDialog)
    assert files.selectedFiles()[0].startswith(str(own_library) + "-20")
    files.close()
    target = tmp_path / "restored"
    dialog.restore_requested.emit(dialog.chosen(), str(target))
    opener = find(dialog, QPushButton, "backupsOpenRestored")
    qtbot.waitUntil(opener.isVisible, timeout=20_000)
    assert "1 session" in said(dialog)
    started: list[list[str]] = []

    class Started:
        def __init__(self, command: list[str], **_: object) -> None:
            started.append(command)

        def poll(self) -> int | None:
            return None

    monkeypatch.setattr(subprocess, "Popen", Started)
    press(dialog, "backupsOpenRestored")
    assert started[0][-2:] == ["--library", str(target)]
    dialog.restore_requested.emit(dialog.chosen(), str(own_library))  # never over this one
    qtbot.waitUntil(lambda: "already" in said(dialog), timeout=10_000)
    dialog.copy_requested.emit(dialog.chosen(), str(tmp_path / "copy.db"))
    qtbot.waitUntil((tmp_path / "copy.db").exists, timeout=10_000)
    qtbot.waitUntil(lambda: "copy.db" in said(dialog))
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert window.isVisible()


def test_damaged_foreign_and_garbage_files_are_told_apart(
    window: MainWindow, qtbot: QtBot, own_library: Path
) -> None:
    dialog = open_dialog(window)
    press(dialog, "backupsNow")
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1, timeout=20_000)
    dialog.close()
    (made,) = backup.made(own_library / "backups")
    (made.parent / "library-20200101T000000Z-daily.db").write_bytes(b"garbage")
    (made.parent / "holiday.jpg").write_bytes(b"not ours")
    qtbot.wait(50)
    window.actions_by_name["backups"].trigger()
    again = find(window, BackupsDialog, "backupsDialog")
    qtbot.waitUntil(lambda: len(rows(again)) == 2, timeout=10_000)
    assert [row[4] for row in rows(again)] == ["Not checked yet", "Damaged"]
    assert "2020" in rows(again)[1][0]
    tree = find(again, QTreeWidget, "backupsList")
    tree.setCurrentIndex(tree.model().index(1, 0))
    assert not find(again, QPushButton, "backupsRestore").isEnabled()


def test_a_backup_that_cannot_be_made_is_said_in_the_dialog(
    window: MainWindow, qtbot: QtBot, own_library: Path
) -> None:
    (own_library / "backups").write_bytes(b"in the way")
    dialog = open_dialog(window)
    press(dialog, "backupsNow")
    qtbot.waitUntil(lambda: "could not be made" in said(dialog), timeout=10_000)
    assert find(dialog, QPushButton, "backupsNow").isEnabled()
    (own_library / "backups").unlink()


def test_a_backup_is_made_by_itself_some_time_after_the_start(
    window: MainWindow, qtbot: QtBot, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safekeeping, "FIRST_MS", 20)
    controller = find(window, Controller, "controller")
    assert not (own_library / "backups").exists()
    controller.safekeeping._timer.start(10)
    qtbot.waitUntil(lambda: len(backup.made(own_library / "backups")) == 1, timeout=20_000)


def test_a_library_open_to_read_only_gets_no_backups(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = BackupsDialog(tmp_path, themes.LIGHT)
    qtbot.addWidget(dialog)
    dialog.set_read_only(True)
    dialog.show()
    assert not find(dialog, QPushButton, "backupsNow").isEnabled()
    assert "read only" in find(dialog, QLabel, "backupsEmpty").text()


@pytest.mark.parametrize("theme", [themes.LIGHT, themes.DARK])
def test_every_button_explains_itself_and_can_be_reached(
    qtbot: QtBot, tmp_path: Path, theme: themes.Theme
) -> None:
    dialog = BackupsDialog(tmp_path, theme)
    qtbot.addWidget(dialog)
    info = r.BackupInfo(
        str(tmp_path / "library-20260101T000000Z-daily.db"), "2026-01-01T00:00:00Z", 3, 10, True
    )
    dialog.set_backups((info, r.BackupInfo("x", "2025-01-01T00:00:00Z", 3, 10, True, True)))
    dialog.show()
    assert [row[4] for row in rows(dialog)] == ["Not checked yet", "Of another library"]
    for button in dialog.findChildren(QPushButton):
        assert button.objectName()
        assert button.toolTip()
        assert button.text().count("&") == 1
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    texts = [button.text() for button in dialog.findChildren(QPushButton)]
    keys = [text[text.index("&") + 1].lower() for text in texts]
    assert len(set(keys)) == len(keys)


def test_while_something_is_under_way_nothing_else_can_be_begun(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = BackupsDialog(tmp_path, themes.LIGHT)
    qtbot.addWidget(dialog)
    dialog.set_busy("Making a backup…", 0.5)
    assert not find(dialog, QPushButton, "backupsNow").isEnabled()
    dialog.set_idle()
    assert find(dialog, QPushButton, "backupsNow").isEnabled()
