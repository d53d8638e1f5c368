"""Drafting ahead in the window: its switch, the smaller model, and what it says it has brought."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from driving import Open, finished, fix_seed, press, set_length
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot
from safetensors.torch import save_file

from studio.core.messages import FinishReason, GenerationFinished
from studio.kernels import library
from studio.ui import drafting_words
from studio.ui import theme as themes
from studio.ui.main_window import MainWindow
from studio.ui.status_line import StatusLine
from tests.core.tiny import STARTER, TINY, TOKENIZER_FILES, config_json, random_weights

PROMPT = "One two three four. One two three four. One two"


def written(window: MainWindow, qtbot: QtBot) -> str:
    """What the model adds to the prompt."""
    window.editor.selectAll()
    QTest.keyClicks(window.editor, PROMPT)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window), timeout=60_000)
    return window.editor.toPlainText().removeprefix(PROMPT)


def test_it_is_on_can_be_switched_off_and_writes_the_same_either_way(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    window = open_window()
    set_length(window, 20)
    fix_seed(window, 12)
    switch = window.actions_by_name["draft_ahead"]
    assert switch.isChecked()
    assert not switch.isIconVisibleInMenu()  # its place is the check mark's
    drafted = written(window, qtbot)
    switch.trigger()
    assert not window.settings.draft_ahead
    assert written(window, qtbot) == drafted != ""
    assert find(window, QLabel, "statusTokensPerSecond").toolTip() == "How fast the model writes"
    window.close()
    assert "draft_ahead = false" in (own_library / "settings.toml").read_text(encoding="utf-8")


@pytest.mark.skipif(library.kernels() is None, reason=library.why_not())
def test_a_smaller_model_is_chosen_kept_and_let_go(
    open_window: Open, qtbot: QtBot, tmp_path: Path, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "little"
    folder.mkdir()
    for file in TOKENIZER_FILES:
        shutil.copy(STARTER / file, folder)
    (folder / "config.json").write_text(json.dumps(config_json(TINY)), encoding="utf-8")
    save_file(random_weights(TINY), folder / "model.safetensors")
    chosen = [str(folder)]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: chosen[0])
    window = open_window()
    none = window.actions_by_name["no_draft_model"]
    assert not none.isEnabled()
    window.actions_by_name["draft_model"].trigger()
    qtbot.waitUntil(lambda: "“little” drafts ahead" in window.notice.text(), timeout=30_000)
    assert window.settings.draft_model == str(folder)
    assert none.isEnabled()
    chosen[0] = str(STARTER)
    window.actions_by_name["draft_model"].trigger()
    qtbot.waitUntil(lambda: "is not smaller" in window.notice.text(), timeout=30_000)
    assert window.settings.draft_model == ""
    chosen[0] = str(folder)
    window.actions_by_name["draft_model"].trigger()
    qtbot.waitUntil(lambda: window.settings.draft_model == str(folder), timeout=30_000)
    none.trigger()
    qtbot.waitUntil(lambda: "No smaller model" in window.notice.text(), timeout=10_000)
    assert window.settings.draft_model == ""
    assert not none.isEnabled()


def test_what_it_brought_is_told_once_it_can_be_felt(qtbot: QtBot) -> None:
    status = StatusLine(themes.LIGHT)
    qtbot.addWidget(status)
    label = find(status, QLabel, "statusTokensPerSecond")
    status.show_speed(50.0)
    finished = GenerationFinished(1, FinishReason.LENGTH, 100, 0.1, 2.0, None, 80, 60, 3.0)
    status.show_drafted(finished)
    assert label.text() == "50 tokens/s (×2.5 by drafting)"
    assert "60 of 80 tokens drafted ahead were right" in label.toolTip()
    assert "20.0 tokens/s" in label.toolTip()
    status.show_speed(50.0)
    status.show_drafted(GenerationFinished(1, FinishReason.LENGTH, 100, 0.1, 2.0, None, 80, 4, -0.01))
    assert label.text() == "50 tokens/s"
    assert "4 of 80" in label.toolTip()
    status.show_drafted(GenerationFinished(1, FinishReason.LENGTH, 100, 0.1, 2.0))
    assert label.toolTip() == "How fast the model writes"


def test_words_for_a_generation_that_took_no_time() -> None:
    assert drafting_words.gain(1.0, 0.0) == 1.0
    assert "0 of 0" in drafting_words.in_words(0, 0, 0.0, 0, 0.0)
