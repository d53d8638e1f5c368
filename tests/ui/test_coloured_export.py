"""The coloured text as a web page, through the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Open, press
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from studio.controller import Controller

TEXT = "Once upon a time, there was a <purple> fox who lived in a tree."


def test_the_text_on_the_screen_is_written_with_its_colours_and_numbers(
    open_window: Open, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    action = window.actions_by_name["export_coloured"]
    assert not action.isEnabled()
    window.editor.setPlainText(TEXT)
    colouring = find(window, Controller, "controller").views.colouring
    qtbot.waitUntil(lambda: len(colouring.series) > 5, timeout=8000)
    assert action.isEnabled()
    asked: list[str] = []

    def name(_parent: object, _title: str, suggested: str, _filter: str) -> tuple[str, str]:
        asked.append(suggested)
        return str(tmp_path / "out"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    press(window, Qt.Key.Key_F4, Qt.KeyboardModifier.NoModifier)
    action.trigger()
    qtbot.waitUntil(lambda: "out.html" in window.notice.text(), timeout=8000)
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert asked[0].startswith("Once upon a time")
    assert "numbers of starter" in page
    assert "&lt;" in page
    assert "<b>surprisal</b>" in page
    assert page.count(" bits · ") > 5
    assert page.count('class="s') > 5
    assert window.settings.export_folder == str(tmp_path)
    window.editor.setPlainText("")
    qtbot.waitUntil(lambda: not action.isEnabled(), timeout=8000)


def test_a_place_that_cannot_be_written_is_said(open_window: Open, qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(model=False)
    colouring = find(window, Controller, "controller").views.colouring
    (tmp_path / "out.html").mkdir()
    colouring.coloured_text.write(tmp_path / "out.html")
    qtbot.waitUntil(lambda: "could not be written" in window.notice.text(), timeout=8000)
