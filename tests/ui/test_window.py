"""The whole app through its window: real model process, real library, the user's own keys."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest
from driving import Open, finished, fix_seed, press, saved, set_length
from finding import find
from PySide6.QtCore import QMimeData, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QDoubleSpinBox, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from studio import cli
from studio.controller import Controller
from studio.core import messages as m
from studio.core.manuscript import Origin
from studio.store.librarian import Librarian
from studio.store.records import (
    CloseLibrary,
    LibraryOpened,
    LoadTokens,
    OpenLibrary,
    OpenSession,
    SessionOpened,
    TokensLoaded,
)

PROMPT = "Once upon a time, there was a little fox who"
CONTROL = Qt.KeyboardModifier.ControlModifier


def test_write_continue_stop_retry_undo_quit_and_find_everything_again(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    QTest.keyClicks(window.editor, PROMPT)
    set_length(window, 40)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    first = window.editor.toPlainText()
    assert first.startswith(PROMPT)
    assert len(first) > len(PROMPT) + 20
    assert window.editor.caret() == len(first)
    assert next(window.editor.manuscript.origins(len(PROMPT), len(first)))[2] is Origin.GENERATED
    qtbot.waitUntil(lambda: bool(find(window, QLabel, "tokenRank").text()), timeout=5000)
    assert window.status.meter.used > 10
    assert "tokens/s" in find(window, QLabel, "statusTokensPerSecond").text()

    press(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    second = window.editor.toPlainText()
    assert second != first
    assert second.startswith(PROMPT)
    press(window, Qt.Key.Key_Z)
    assert window.editor.toPlainText() == first
    press(window, Qt.Key.Key_Z)
    assert window.editor.toPlainText() == PROMPT
    press(window, Qt.Key.Key_Y)
    assert window.editor.toPlainText() == first

    window.editor.set_caret(5)
    qtbot.waitUntil(lambda: saved(window))
    window.close()
    again = open_window(model=False)
    assert again.editor.toPlainText() == first
    assert again.editor.caret() == 5
    assert again.editor.manuscript.source_at(len(PROMPT) + 3)[0] == 1
    again.editor.set_caret(len(PROMPT) + 3)
    qtbot.waitUntil(lambda: find(again, QLabel, "tokenRank").isVisible())
    assert [s.preview[:4] for s in again.sessions.model.sessions()] == ["Once"]


def test_same_seed_twice_and_on_the_command_line_is_the_same_text(
    open_window: Open, qtbot: QtBot, capsys: pytest.CaptureFixture[str], own_library: Path
) -> None:
    window = open_window()
    fix_seed(window, 4711)
    set_length(window, 30)
    texts = []
    for _ in range(2):
        window.editor.setPlainText(PROMPT)
        press(window, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: finished(window), timeout=20_000)
        texts.append(window.editor.toPlainText()[len(PROMPT) :])
    assert texts[0] == texts[1]
    arguments = ["generate", "--prompt", PROMPT, "--seed", "4711", "--max-new-tokens", "30", "--json"]
    assert cli.main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["text"] == texts[0]
    window.close()
    librarian = Librarian()
    opened = next(librarian.run(OpenLibrary(str(own_library))))
    assert isinstance(opened, LibraryOpened)
    loaded = next(librarian.run(LoadTokens(1)))
    assert isinstance(loaded, TokensLoaded)
    assert [token.token_id for token in loaded.tokens] == [token["id"] for token in answer["tokens"]]
    list(librarian.run(CloseLibrary()))


def test_stop_keeps_what_came_and_a_second_press_does_nothing(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(PROMPT)
    set_length(window, 400)
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_Return)  # pressed twice
    qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > len(PROMPT) + 20, timeout=20_000)
    stop = find(window, QPushButton, "stopButton")
    assert stop.isEnabled()
    window.actions_by_name["stop"].trigger()
    window.actions_by_name["stop"].trigger()
    qtbot.waitUntil(lambda: finished(window), timeout=2000)
    assert len(window.editor.toPlainText()) > len(PROMPT) + 20
    assert not stop.isEnabled()
    press(window, Qt.Key.Key_Z)
    assert window.editor.toPlainText() == PROMPT


def test_continue_pressed_before_the_model_is_there_waits_for_it(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(model=False)
    QTest.keyClicks(window.editor, PROMPT)
    set_length(window, 10)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > len(PROMPT), timeout=30_000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)


def test_in_the_middle_of_a_text_the_rest_stays(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(f"{PROMPT}\n\nThe end. 🙂")
    window.editor.set_caret(len(PROMPT))
    set_length(window, 12)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    text = window.editor.toPlainText()
    assert text.startswith(PROMPT)
    assert text.endswith("\n\nThe end. 🙂")
    assert len(text) > len(PROMPT) + 10


@pytest.mark.parametrize(
    "prompt",
    ["", "🙂🙂🙂", "从前有一座山，山里有一座庙。", "كان يا ما كان", "\0\x01", "<|endoftext|>", " \n\t"],
    ids=["empty", "emoji", "chinese", "arabic", "control", "special", "white"],
)
def test_odd_prompts_are_continued(open_window: Open, qtbot: QtBot, prompt: str) -> None:
    window = open_window()
    window.editor.setPlainText(prompt)
    set_length(window, 8)
    window.actions_by_name["generate"].trigger()
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    assert window.editor.toPlainText().startswith(prompt)
    assert window.notice.property("kind") != "error" or not window.notice.isVisible()


def test_a_hundred_thousand_tokens_are_dimmed_where_the_model_does_not_see_them(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    data = QMimeData()
    data.setText("word " * 100_000)
    window.editor.insertFromMimeData(data)
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=30_000)
    meter = window.status.meter
    qtbot.waitUntil(lambda: meter.total > meter.used > 0, timeout=20_000)
    assert meter.used == 512 - 100
    assert meter.limit == 512
    set_length(window, 5)
    window.actions_by_name["generate"].trigger()
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    assert len(window.editor.toPlainText()) > 500_000
    assert window.editor.visible_start > 490_000


def test_extreme_settings_never_leave_the_model_without_a_token(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    for name, value in (("temperature", 0.0), ("top_p", 0.0), ("typical_p", 0.0), ("min_p", 1.0)):
        find(window, QDoubleSpinBox, f"param_{name}").setValue(value)
    find(window, QSpinBox, "param_top_k").setValue(1)
    find(window, QSpinBox, "param_no_repeat_ngram_size").setValue(1)
    window.editor.setPlainText(PROMPT)
    set_length(window, 20)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    assert len(window.editor.toPlainText()) > len(PROMPT)


def test_another_session_opened_while_the_model_writes_keeps_both_whole(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    window.editor.setPlainText("First session.")
    window.actions_by_name["new"].trigger()
    window.editor.setPlainText(PROMPT)
    set_length(window, 400)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > len(PROMPT) + 10, timeout=20_000)
    written = window.editor.toPlainText()
    qtbot.waitUntil(lambda: len(window.sessions.model.sessions()) == 2)
    window.sessions.open_requested.emit(1)
    qtbot.waitUntil(lambda: window.editor.toPlainText() == "First session.")
    assert finished(window)
    qtbot.wait(300)  # late tokens of the other session must not land here
    assert window.editor.toPlainText() == "First session."
    window.sessions.open_requested.emit(2)
    qtbot.waitUntil(lambda: window.editor.toPlainText().startswith(PROMPT))
    assert window.editor.toPlainText().startswith(written)


def test_quitting_in_mid_generation_keeps_what_was_on_the_screen(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(PROMPT)
    set_length(window, 400)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > len(PROMPT) + 10, timeout=20_000)
    window.close()
    text = window.editor.toPlainText()
    again = open_window(model=False)
    assert again.editor.toPlainText() == text


def test_a_deleted_session_comes_back_with_undo(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(model=False)
    window.editor.setPlainText("Keep me.")
    qtbot.waitUntil(lambda: saved(window))
    window.actions_by_name["delete"].trigger()
    qtbot.waitUntil(lambda: not window.sessions.model.sessions())
    assert window.editor.toPlainText() == ""
    find(window, QPushButton, "noticeAction").click()
    qtbot.waitUntil(lambda: window.editor.toPlainText() == "Keep me.")


def test_a_damaged_library_is_kept_and_a_new_one_started_when_asked(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    own_library.mkdir()
    (own_library / "library.db").write_bytes(b"not a database" * 1000)
    window = open_window(model=False, ready=False)
    qtbot.waitUntil(lambda: window.findChild(QDialog, "libraryDialog") is not None, timeout=10_000)
    assert window.editor.isReadOnly()
    assert (own_library / "library.db").read_bytes() == b"not a database" * 1000
    find(window, QPushButton, "libraryFresh").click()
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=10_000)
    kept = [path for path in own_library.iterdir() if "damaged" in path.name]
    assert [path.read_bytes() for path in kept] == [b"not a database" * 1000]


def test_settings_and_own_presets_survive_a_restart(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(model=False)
    find(window, QDoubleSpinBox, "param_temperature").setValue(1.37)
    set_length(window, 33)
    window.sampling.save_preset_requested.emit("Mine 我的")
    window.sampling.save_preset_requested.emit("Balanced")  # built in: refused, aloud
    assert window.notice.isVisible()
    window.actions_by_name["right_panel"].trigger()
    window.close()
    again = open_window(model=False)
    assert find(again, QDoubleSpinBox, "param_temperature").value() == 1.37
    assert find(again, QSpinBox, "param_max_new_tokens").value() == 33
    preset = again.sampling.preset()
    assert preset is not None
    assert preset.name == "Mine 我的"
    assert not again.sampling.isVisible()
    again.sampling.delete_preset_requested.emit("Mine 我的")
    assert again.sampling.preset() is None


def test_the_promised_names_are_there(open_window: Open) -> None:
    window = open_window(model=False)
    assert window.objectName() == "mainWindow"
    for name in (
        "editor", "generateButton", "stopButton", "retryButton", "samplingPanel", "presetBox",
        "probabilityView", "sessionList", "newSessionButton", "contextMeter", "statusTokensPerSecond",
        "statusSaved", "param_temperature", "param_top_k", "param_max_new_tokens", "param_seed", "param_stop",
    ):  # fmt: skip
        find(window, QObject, name)


def test_a_full_disk_is_said_and_everything_is_saved_once_there_is_room(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    window = open_window()
    QTest.keyClicks(window.editor, "Before. ")
    qtbot.waitUntil(lambda: saved(window))
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    log_bytes = (own_library / "library.db-wal").stat().st_size
    try:  # no file of this process can grow: what a full disk does to SQLite
        resource.setrlimit(resource.RLIMIT_FSIZE, (log_bytes, unlimited[1]))
        window.editor.setPlainText("Words that need room. " * 2000)
        set_length(window, 20)
        qtbot.waitUntil(lambda: not window.editor.isReadOnly())
        window.actions_by_name["generate"].trigger()
        assert not finished(window)
        qtbot.waitUntil(lambda: finished(window), timeout=20_000)
        status = find(window, QLabel, "statusSaved")
        qtbot.waitUntil(lambda: status.text() == "Not saved", timeout=10_000)
        assert window.notice.isVisible()
        text = window.editor.toPlainText()
        window.actions_by_name["new"].trigger()  # the text leaves the screen unsaved
        window.editor.setPlainText("Another.")
        qtbot.wait(600)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    window.actions_by_name["save"].trigger()
    qtbot.waitUntil(lambda: saved(window), timeout=20_000)
    window.sessions.open_requested.emit(1)
    qtbot.waitUntil(lambda: window.editor.toPlainText() == text, timeout=10_000)
    window.close()
    librarian = Librarian()
    assert isinstance(next(librarian.run(OpenLibrary(str(own_library)))), LibraryOpened)
    opened = next(librarian.run(OpenSession(1)))
    assert isinstance(opened, SessionOpened)
    assert opened.session.text == text
    loaded = next(librarian.run(LoadTokens(1)))
    assert isinstance(loaded, TokensLoaded)
    assert len(loaded.tokens) == 20
    list(librarian.run(CloseLibrary()))


def test_a_generation_that_fails_before_its_first_word_leaves_the_window_ready(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    window.editor.setPlainText(PROMPT)
    controller = find(window, Controller, "controller")
    controller.writing.generate()
    job_id = controller.writing.job_id
    assert job_id is not None
    controller.on_message(m.JobFailed(job_id, "It broke.", "Try again."))
    assert finished(window)
    assert "It broke." in window.notice.text()
    qtbot.waitUntil(lambda: window.editor.toPlainText() == PROMPT)
    assert find(window, QPushButton, "generateButton").isEnabled()


def test_retries_are_variants_that_survive_a_restart(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(PROMPT)
    set_length(window, 12)
    texts = []
    for action in ("generate", "retry", "retry"):
        window.actions_by_name[action].trigger()
        qtbot.waitUntil(lambda: finished(window), timeout=20_000)
        texts.append(window.editor.toPlainText())
    assert len(set(texts)) == 3
    assert find(window, QLabel, "variantPlace").text() == "3/3"
    assert not window.actions_by_name["next_variant"].isEnabled()
    press(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert window.editor.toPlainText() == texts[1]
    window.actions_by_name["undo"].trigger()
    assert window.editor.toPlainText() == texts[0]  # what the first retry replaced
    qtbot.waitUntil(lambda: saved(window))
    window.close()
    again = open_window(model=False)
    assert again.editor.toPlainText() == texts[0]
    assert find(again, QLabel, "variantPlace").text() == "1/3"
    again.actions_by_name["next_variant"].trigger()
    again.actions_by_name["next_variant"].trigger()
    assert again.editor.toPlainText() == texts[2]
    for expected in (texts[1], texts[0], PROMPT, ""):
        again.actions_by_name["undo"].trigger()
        assert again.editor.toPlainText() == expected
