"""Models brought through the window: chosen or dropped, copied by a job, then on the shelf."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Open
from finding import find
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from studio import paths
from studio.controller import Controller
from studio.models.shelf import Shelf
from studio.ui.main_window import MainWindow
from tests.conversion.checkpoints import write_folder, write_nanogpt

WAIT_MS = 30_000


@pytest.fixture
def shelf(own_library: Path) -> Shelf:
    return Shelf(paths.models_dir(own_library))


def drop(window: MainWindow, *files: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    args = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window.editor.viewport(), QDragEnterEvent(QPointF(9, 9).toPoint(), *args))
    QApplication.sendEvent(window.editor.viewport(), QDropEvent(QPointF(9, 9), *args))


def test_a_dropped_folder_comes_onto_the_shelf_and_writes(
    open_window: Open, qtbot: QtBot, tmp_path: Path, shelf: Shelf
) -> None:
    window = open_window()
    drop(window, write_folder(tmp_path / "fox", auto_map={}))
    qtbot.waitUntil(lambda: "“fox” stands on the shelf" in window.notice.text(), timeout=WAIT_MS)
    (model,) = shelf.models()
    assert model.about.notes == ("Not kept of config.json: auto_map.",)
    find(window.notice, QPushButton, "noticeAction").click()
    label = find(window, QLabel, "statusModel")
    qtbot.waitUntil(lambda: label.text() == "fox", timeout=WAIT_MS)
    assert not list(shelf.staging.iterdir())


def test_a_pickle_waits_until_its_warning_is_accepted_and_what_is_no_model_is_said(
    open_window: Open, qtbot: QtBot, tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(model=False)
    (tmp_path / "nano").mkdir()
    write_nanogpt(tmp_path / "nano" / "ckpt.pt")
    (tmp_path / "bad.gguf").write_bytes(b"a text")
    drop(window, tmp_path / "bad.gguf")
    qtbot.waitUntil(lambda: "“bad.gguf” is no kind of model file" in window.notice.text(), timeout=WAIT_MS)
    chosen = str(tmp_path / "nano" / "ckpt.pt")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (chosen, ""))
    window.actions_by_name["import_model"].trigger()
    qtbot.waitUntil(lambda: "can hide a program" in window.notice.text(), timeout=WAIT_MS)
    assert shelf.models() == []
    find(window.notice, QPushButton, "noticeAction").click()
    qtbot.waitUntil(lambda: "“nano” stands on the shelf" in window.notice.text(), timeout=WAIT_MS)


def test_an_import_is_cancelled_without_a_trace(
    open_window: Open, qtbot: QtBot, tmp_path: Path, shelf: Shelf
) -> None:
    window = open_window(model=False)
    drop(window, write_folder(tmp_path / "fox"))
    bringing = find(window, Controller, "controller").bringing
    qtbot.waitUntil(lambda: bringing._job is not None, timeout=WAIT_MS)
    assert "Importing “fox”" in window.notice.text()
    find(window.notice, QPushButton, "noticeAction").click()
    assert "was stopped" in window.notice.text()
    qtbot.waitUntil(lambda: not list(shelf.staging.iterdir()), timeout=WAIT_MS)
    assert shelf.models() == []
