"""Stages that a view cannot follow to the end are named there, in one line."""

from __future__ import annotations

import pytest
from driving import Open
from finding import find
from PySide6.QtWidgets import QCheckBox, QLabel, QSpinBox
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.core.messages import Fit, SettingsFound
from studio.core.processors import BannedWords, Guidance, LogitsProcessor, Pattern, Temperature
from studio.ui.main_window import MainWindow
from studio.ui.stage_notes import text_notes, token_ban_note

TEXT = " the dog ran. Then it slept in the sun"
SENTENCE = Pattern(r" [a-z]+( [a-z]+)*\.")
BACK = BannedWords("slept", 3)


def controller_of(window: MainWindow) -> Controller:
    controller = window.findChild(Controller)
    assert controller is not None
    return controller


def read(window: MainWindow, qtbot: QtBot, *processors: LogitsProcessor) -> None:
    window.editor.setPlainText(TEXT)
    window.sampling.set_processors(processors)
    insight = controller_of(window).insight

    def done() -> bool:
        numbers = list(insight.numbers)
        return bool(numbers) and numbers[-1].end == len(TEXT) and not insight.is_reading

    qtbot.waitUntil(done, timeout=10_000)


def test_where_a_text_leaves_its_pattern_is_said(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    read(window, qtbot, SENTENCE, Temperature(0.8))
    window.actions_by_name["xray"].trigger()
    page = window.side.xray
    window.actions_by_name["effect"].trigger()
    qtbot.waitUntil(lambda: "“Then”" in page.summary.text(), timeout=10_000)
    assert "does not fit" in page.summary.text()
    window.editor.set_caret(TEXT.index("slept") + 2)
    qtbot.waitUntil(lambda: "before this one do not fit" in page.note.text(), timeout=5000)
    window.editor.set_caret(TEXT.index("dog") + 2)
    qtbot.waitUntil(lambda: page.note.isHidden(), timeout=5000)


def test_a_word_that_would_be_taken_back_is_struck_and_its_place_says_why_not(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    read(window, qtbot, BACK, Temperature(0.8))
    window.actions_by_name["xray"].trigger()
    window.actions_by_name["effect"].trigger()
    page = window.side.xray
    qtbot.waitUntil(lambda: page.summary.text().startswith("1 of 9"), timeout=10_000)
    window.editor.set_caret(TEXT.index("slept") + 2)
    qtbot.waitUntil(lambda: "taken back only once" in page.note.text(), timeout=5000)


def test_guidance_moves_the_text_under_the_slider(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    read(window, qtbot, Temperature(1.0))
    window.actions_by_name["xray"].trigger()
    window.actions_by_name["effect"].trigger()
    page = window.side.xray
    qtbot.waitUntil(lambda: "Perplexity" in page.summary.text(), timeout=10_000)
    plain = page.summary.text()
    window.sampling.set_processors((Guidance(3.0, "The cat was awake."), Temperature(1.0)))
    window.sampling.changed.emit()
    qtbot.waitUntil(lambda: page.summary.text() not in ("", plain), timeout=10_000)
    assert "Perplexity" in page.summary.text()


def test_the_loom_says_that_it_does_not_go_back(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    read(window, qtbot, BACK)
    window.editor.set_caret(len(TEXT))
    window.actions_by_name["loom"].trigger()
    panel = window.bottom.loom
    find(panel, QSpinBox, "loomDepth").setValue(2)
    state = find(panel, QLabel, "loomState")
    panel.plot.select(0)
    qtbot.waitUntil(lambda: state.accessibleName().endswith("likeliest first"), timeout=10_000)
    find(panel, QCheckBox, "loomAfterSampling").setChecked(True)
    qtbot.waitUntil(lambda: "going back is not followed" in state.accessibleName(), timeout=10_000)


def test_found_settings_say_how_much_of_a_long_passage_was_looked_at(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    read(window, qtbot, Temperature(0.8))
    window.editor.set_caret(len(TEXT), 0)
    window.actions_by_name["find_settings"].trigger()
    tuning = controller_of(window).views.tuning
    assert tuning.dialog is not None
    tuning.find()
    n_tokens = tuning._n_asked
    assert n_tokens > 8
    fit = Fit(-1.0, 1.0, 0, 0.1)
    found = SettingsFound(tuning._job, "likeliest", (BACK, SENTENCE), (), fit, fit, n_tokens - 3, "", ())
    tuning.on_found(found)
    answer = find(tuning.dialog, QLabel, "tuningAnswer").text()
    assert f"Only its first {n_tokens - 3} of {n_tokens} tokens were looked at." in answer
    assert "going back is not followed" in answer
    assert "counts from the first word" in answer


@pytest.mark.parametrize("chain", [(), (BannedWords("sun"),), (BannedWords("", 4),), (Pattern(""),)])
def test_what_every_view_follows_needs_no_note(chain: tuple[LogitsProcessor, ...]) -> None:
    assert text_notes(chain) == token_ban_note(chain) == ""
