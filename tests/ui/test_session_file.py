"""A session as a file: out of the window and back into it."""

from __future__ import annotations

from pathlib import Path

from driving import Open, finished, saved, set_length
from finding import find
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.export.exporter import Options
from studio.export.full_json import FULL_JSON

PROMPT = "Once upon a time, there was a little fox who"


def test_a_session_goes_out_as_json_and_comes_back_with_everything(
    open_window: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window()
    window.editor.setPlainText(PROMPT)
    set_length(window, 12)
    for action in ("generate", "retry"):
        window.actions_by_name[action].trigger()
        qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    text = window.editor.toPlainText()
    transfer = find(window, Controller, "controller").transfer
    transfer.export(tmp_path / "story.json", FULL_JSON, Options())
    qtbot.waitUntil(lambda: (tmp_path / "story.json").exists(), timeout=10_000)
    (tmp_path / "letter.txt").write_bytes("Dear 小明,\r\nhow are you? 🙂\n".encode())
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    names = tuple(str(tmp_path / name) for name in ("story.json", "broken.json", "letter.txt"))
    transfer.import_files(names)
    qtbot.waitUntil(lambda: len(window.sessions.model.sessions()) == 3, timeout=10_000)
    qtbot.waitUntil(lambda: window.editor.toPlainText() == text)
    assert find(window, QLabel, "variantPlace").text() == "2/2"
    window.editor.set_caret(len(PROMPT) + 2)
    qtbot.waitUntil(lambda: find(window, QLabel, "tokenRank").isVisible())
    window.sessions.open_requested.emit(3)
    qtbot.waitUntil(lambda: window.editor.toPlainText().startswith("Dear 小明,\nhow"))
    window.editor.set_caret(0)
    QTest.keyClicks(window.editor, "x")
    qtbot.waitUntil(lambda: saved(window))
    set_length(window, 5)
    window.actions_by_name["generate"].trigger()  # its id must not be an imported one's
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    qtbot.waitUntil(lambda: saved(window))
