"""Models written through the window: as a file or a folder, or stopped without a trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Open
from finding import find
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.models.gguf_header import read_gguf_header

WAIT_MS = 30_000


def test_the_model_that_writes_is_exported_where_and_how_one_says(
    open_window: Open, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(model=False)
    offered: list[str] = []

    def choose(_parent: object, title: str, suggested: str, kinds: str) -> tuple[str, str]:
        offered.extend([title, suggested])
        return str(tmp_path / "mine"), next(kind for kind in kinds.split(";;") if "8 bits" in kind)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    window.actions_by_name["export_model"].trigger()
    qtbot.waitUntil(lambda: "“mine.gguf” was written, 5.2 MB." in window.notice.text(), timeout=WAIT_MS)
    assert offered == ["Export “starter”", "starter"]
    assert read_gguf_header(tmp_path / "mine.gguf").tensors["token_embd.weight"].kind == "Q8_0"
    assert window.settings.export_folder == str(tmp_path)

    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *args: (str(tmp_path), args[3].split(";;")[-1])
    )
    find(window, Controller, "controller").models.export_requested.emit("starter")
    qtbot.waitUntil(lambda: "is there already" in window.notice.text(), timeout=WAIT_MS)
    exporting = find(window, Controller, "controller").model_export
    exporting.ask("starter")
    qtbot.waitUntil(lambda: exporting._job is not None, timeout=WAIT_MS)
    assert "Exporting “starter”…" in window.notice.text()
    find(window.notice, QPushButton, "noticeAction").click()
    assert "The export was stopped" in window.notice.text()
    qtbot.waitUntil(lambda: not list(tmp_path.parent.glob(".*.part")), timeout=WAIT_MS)
