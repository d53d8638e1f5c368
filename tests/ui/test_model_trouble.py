"""A model that cannot be loaded, dies, or fails: it is said, and the window goes on."""

from __future__ import annotations

from pathlib import Path

from driving import Open, finished, kill_model_process, press, set_length
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

PROMPT = "Once upon a time, there was a little fox who"


def test_a_model_that_cannot_be_loaded_is_named_and_the_starter_offered(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    own_library.mkdir()
    (own_library / "settings.toml").write_text('model = "nowhere"\n', encoding="utf-8")
    window = open_window(model=False)
    qtbot.waitUntil(lambda: "nowhere" in window.notice.text(), timeout=30_000)
    find(window, QPushButton, "noticeAction").click()
    label = find(window, QLabel, "statusModel")
    qtbot.waitUntil(lambda: label.text() == "starter", timeout=30_000)


def test_a_model_process_that_dies_is_said_and_comes_back(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(PROMPT)
    set_length(window, 400)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > len(PROMPT) + 10, timeout=20_000)
    kill_model_process()
    qtbot.waitUntil(lambda: finished(window), timeout=5000)
    assert "stopped unexpectedly" in window.notice.text()
    text = window.editor.toPlainText()
    set_length(window, 10)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > len(text), timeout=30_000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
