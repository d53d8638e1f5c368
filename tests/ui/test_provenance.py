"""Where words come from, and writing them again, through the window with the real model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from driving import Open, finished, fix_seed, press, set_length
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from studio import __version__
from studio.controller import Controller
from studio.core.environment import Environment
from studio.core.history import Run
from studio.core.manuscript import Manuscript
from studio.core.manuscript import Origin as Who
from studio.core.messages import FinishReason
from studio.core.reproducing import Comparison, Difference, Outcome, Parting
from studio.store import records as r
from studio.ui import theme as themes
from studio.ui.main_window import MainWindow
from studio.ui.provenance_view import ProvenanceView
from studio.ui.provenance_words import ProvenanceWords

PROMPT = "Once upon a time, there was a little fox who"


def shown(window: MainWindow) -> str:
    return window.bottom.provenance.plain_text()


def wait_for(qtbot: QtBot, window: MainWindow, text: str) -> None:
    def is_shown() -> None:
        assert text in shown(window), shown(window)

    qtbot.waitUntil(is_shown, timeout=60_000)


def generated(open_window: Open, qtbot: QtBot, tokens: int = 12) -> MainWindow:
    window = open_window()
    QTest.keyClicks(window.editor, PROMPT)
    set_length(window, tokens)
    fix_seed(window, 4711)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window), timeout=60_000)
    window.actions_by_name["provenance"].trigger()
    return window


def controller(window: MainWindow) -> Controller:
    found = window.findChild(Controller, "controller")
    assert found is not None
    return found


def test_each_passage_says_who_wrote_it_and_how(open_window: Open, qtbot: QtBot) -> None:
    window = generated(open_window, qtbot)
    wait_for(qtbot, window, "Seed: 4711")
    text = shown(window)
    assert text.startswith("Written by the model: “")
    model = controller(window).writing.model
    assert model is not None
    for fact in ("Model: starter", model.sha256, "12 of at most 12 tokens", "tokens/s", "at its length",
                 f"{len(PROMPT)} characters", f"GPT-2 Studio {__version__}", "torch", "float"):  # fmt: skip
        assert fact in text, fact
    window.editor.set_caret(5)
    wait_for(qtbot, window, "Written by you")
    wait_for(qtbot, window, "When:")
    assert "Seed" not in shown(window)
    window.editor.selectAll()
    qtbot.waitUntil(lambda: shown(window).count("Written by") == 2)
    find(window, QPushButton, "provenanceCopy").click()
    assert QGuiApplication.clipboard().text() == shown(window)


def test_words_typed_into_a_generated_passage_are_edited_and_those_of_the_start_imported(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window(model=False)
    window.editor.load(Manuscript("Imported words here", (Run(8), Run(6, 9), Run(5, 9, 6))))
    window.actions_by_name["provenance"].trigger()
    window.editor.replace_range(14, 14, "MINE")
    wait_for(qtbot, window, "Edited by you, inside a passage of the model: “MINE”")
    window.editor.set_caret(3)
    wait_for(qtbot, window, "Imported, or written before the history begins: “Imported”")
    window.editor.set_caret(12)
    wait_for(qtbot, window, "How it came about is not in the library.")


def test_it_comes_out_again_also_after_a_restart(open_window: Open, qtbot: QtBot) -> None:
    window = generated(open_window, qtbot)
    before = window.editor.toPlainText()
    wait_for(qtbot, window, "Seed: 4711")
    window.actions_by_name["reproduce"].trigger()
    wait_for(qtbot, window, "Reproduced: the same text came out, 12 of 12 tokens.")
    assert window.editor.toPlainText() == before
    qtbot.waitUntil(lambda: find(window, QLabel, "statusSaved").text().startswith("Saved "))
    window.close()
    again = open_window()
    again.actions_by_name["provenance"].trigger()
    again.editor.set_caret(len(PROMPT) + 5)
    wait_for(qtbot, again, "Seed: 4711")
    find(again, QPushButton, "provenanceReproduce").click()
    wait_for(qtbot, again, "Reproduced: the same text came out, 12 of 12 tokens.")
    assert again.editor.toPlainText() == before


def test_what_was_stopped_is_compared_as_far_as_it_goes(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    QTest.keyClicks(window.editor, PROMPT)
    set_length(window, 300)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > len(PROMPT) + 20, timeout=60_000)
    window.actions_by_name["stop"].trigger()
    qtbot.waitUntil(lambda: finished(window))
    window.editor.set_caret(len(PROMPT) + 5)
    window.actions_by_name["provenance"].trigger()
    wait_for(qtbot, window, "Ended: stopped by you")
    find(window, QPushButton, "provenanceReproduce").click()
    wait_for(qtbot, window, "Reproduced: the same text, as far as it was written")


def test_another_model_is_named_before_it_runs_and_where_they_part_is_told(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    window = generated(open_window, qtbot)
    wait_for(qtbot, window, "Seed: 4711")
    writing = controller(window).writing
    assert writing.model is not None
    writing.model = replace(writing.model, sha256="0" * 64, name="another")
    button = find(window, QPushButton, "provenanceReproduce")
    button.click()
    wait_for(qtbot, window, "Another model is loaded: another, not starter.")
    assert button.text() == "Reproduce anyway"
    button.click()
    wait_for(qtbot, window, "What differs all the same: model: then starter, now another; weights: then ")


def test_the_result_is_told_while_the_record_is_fetched(open_window: Open, qtbot: QtBot) -> None:
    window = generated(open_window, qtbot)
    wait_for(qtbot, window, "Seed: 4711")
    qtbot.waitUntil(lambda: find(window, QLabel, "statusSaved").text().startswith("Saved "), timeout=20_000)
    reproduction, provenance = controller(window).reproduction, controller(window).views.provenance
    window.actions_by_name["reproduce"].trigger()
    wait_for(qtbot, window, "Reproduced: the same text came out, 12 of 12 tokens.")
    provenance._records.clear()  # as when a save has just let go of it
    provenance._result.clear()
    reproduction.finished.emit(Outcome.SAME, reproduction.comparison)
    assert provenance._result[reproduction.generation_id].title.startswith("Reproduced: ")


def test_a_second_run_gives_way_to_writing_and_is_refused_meanwhile(open_window: Open, qtbot: QtBot) -> None:
    window = generated(open_window, qtbot, 300)
    reproduction = controller(window).reproduction
    window.actions_by_name["reproduce"].trigger()
    qtbot.waitUntil(lambda: reproduction.is_running)
    set_length(window, 40)
    press(window, Qt.Key.Key_Return)
    window.actions_by_name["provenance"].trigger()
    qtbot.waitUntil(lambda: not reproduction.is_running, timeout=60_000)
    if not finished(window):
        window.bottom.provenance.reproduce_requested.emit()
        assert not reproduction.is_running
    qtbot.waitUntil(lambda: finished(window), timeout=60_000)


def test_where_nothing_was_generated_there_is_nothing_to_reproduce(open_window: Open) -> None:
    window = open_window(model=False)
    window.editor.replace_range(0, 0, "mine")
    window.actions_by_name["reproduce"].trigger()
    assert "did not write here" in window.notice.text()
    assert not find(window, QPushButton, "provenanceReproduce").isEnabled()


def test_copy_and_select_all_are_about_what_has_the_keyboard(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(model=False)
    window.editor.replace_range(0, 0, "mine")
    window.actions_by_name["provenance"].trigger()
    wait_for(qtbot, window, "Written by you")
    text = window.bottom.provenance.text
    for key in (Qt.Key.Key_A, Qt.Key.Key_C):
        QTest.keyClick(text, key, Qt.KeyboardModifier.ControlModifier)
    assert window.editor.selection() == (4, 4)
    assert "Written by you" in QGuiApplication.clipboard().text()


# -- words -------------------------------------------------------------------------------------------------

RECORD = r.GenerationRecord(
    7, 3, 6, 5, "Once\nupon", (0,),
    '[["RepetitionPenalty", {"repetition_penalty": 1.0}], ["Temperature", {"temperature": 0.8}],'
    ' ["TopK", {"top_k": 40}]]',
    40, ("\n",), False, 5, "a <b>model</b>", "ab" * 32, "/models/x", "cpu", "2026-01-02T03:04:05",
    " text", FinishReason.CANCELLED, 3, 0.1, 0.5,
)  # fmt: skip


@pytest.fixture
def words(qtbot: QtBot) -> ProvenanceWords:
    view = ProvenanceView(themes.LIGHT)
    qtbot.addWidget(view)
    return ProvenanceWords(view)


def test_the_chain_is_told_in_order_without_what_does_nothing(words: ProvenanceWords) -> None:
    assert words.chain(RECORD.processors) == "Temperature 0.80, then Top-k 40"
    assert "none" in words.chain("[]")
    assert words.chain("[[]]")  # a sentence, not an exception


def test_an_environment_of_before_it_was_kept_is_not_recorded(words: ProvenanceWords) -> None:
    assert words.environment(RECORD) == "CPU, the rest was not recorded"
    recorded = replace(RECORD, environment=Environment("0.1.0", (("torch", "2.13"),), n_threads=2).to_json())
    assert words.environment(recorded) == "CPU, 2 threads, torch 2.13, GPT-2 Studio 0.1.0"


def test_when_they_part_both_words_are_shown_and_what_differs(words: ProvenanceWords) -> None:
    comparison = Comparison((), FinishReason.LENGTH, 12, Parting(12, " fox", ""))
    found = (Difference("torch", "2.12", "2.13"), Difference("threads", "1", "2"))
    section = words.result(Outcome.PARTED, comparison, found, recorded=True)
    assert section.text().splitlines() == [
        "Not the same: after 12 equal tokens they part.",
        "Then: “␣fox”",
        "Now: it ended here",
        "What differs: torch: then 2.12, now 2.13; threads: then 1, now 2",
    ]
    nothing = words.result(Outcome.PARTED, comparison, (), recorded=True)
    assert "Nothing that is recorded." in nothing.text()
    unknown = words.result(Outcome.PARTED, comparison, (), recorded=False)
    assert "what it ran on then was not recorded" in unknown.text()


def test_nothing_that_is_shown_is_taken_for_mark_up(qtbot: QtBot, words: ProvenanceWords) -> None:
    view = ProvenanceView(themes.DARK)
    qtbot.addWidget(view)
    section = words.passage("<i>x</i>", 0, 8, Who.GENERATED, RECORD, since=None, unknown=False)
    view.show_sections([section])
    assert "<i>x</i>" in view.text.toPlainText()
    assert "a <b>model</b>" in view.text.toPlainText()
