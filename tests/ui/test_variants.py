"""Continue with several, through the window: all are kept however the writing ends; one is in the text."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from driving import Open, finished, fix_seed, press, set_length
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from studio import paths
from studio.controller import Controller
from studio.core.history import ROOT
from studio.settings import load
from studio.ui.main_window import MainWindow
from studio.ui.run_options import MAX_SEED
from studio.ui.variant_card import VariantCard

PROMPT = "Once upon a time, there was a little fox who"
CONTROL = Qt.KeyboardModifier.ControlModifier
SEVERAL = CONTROL | Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def start(window: MainWindow, length: int = 20, text: str = PROMPT, count: int = 3) -> None:
    window.editor.setPlainText(text)
    set_length(window, length)
    find(window, QAction, f"several{count}").trigger()
    press(window, Qt.Key.Key_Return, SEVERAL)


def write(window: MainWindow, qtbot: QtBot, length: int = 20, text: str = PROMPT, count: int = 3) -> None:
    start(window, length, text, count)
    assert not finished(window)
    qtbot.waitUntil(lambda: finished(window), timeout=30_000)


def shown(window: MainWindow) -> list[VariantCard]:
    return [card for card in window.bottom.variants.cards if card.isVisible()]


def texts(window: MainWindow) -> list[str]:
    return [card.text.text for card in shown(window)]


def in_text(window: MainWindow) -> list[int]:
    return [n for n, card in enumerate(shown(window), 1) if "in the text" in card.accessibleName()]


def written(window: MainWindow) -> str:
    return window.editor.toPlainText()[len(PROMPT) :]


def nodes(window: MainWindow, parent: int | None = None) -> list[str]:
    """The texts of the generations after `parent`, oldest first; of all without one."""
    history = window.editor.manuscript.history
    return [
        "".join(edit.inserted for edit in node.edits)
        for node in sorted(history.nodes.values(), key=lambda node: node.id)
        if node.source > 0 and parent in (None, node.parent)
    ]


def wait_for_cards(qtbot: QtBot, window: MainWindow, wanted: Callable[[], bool]) -> None:
    qtbot.waitUntil(wanted, timeout=5000)


def test_three_alternatives_stand_side_by_side_and_each_can_be_taken(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.actions_by_name["bottom_panel"].trigger()  # the panel opens by itself
    fix_seed(window, 41)
    write(window, qtbot)
    assert window.bottom.variants.isVisible()
    wait_for_cards(qtbot, window, lambda: texts(window) == nodes(window))
    assert len(set(texts(window))) == 3 == len(shown(window))
    assert written(window) == texts(window)[0]
    assert in_text(window) == [1]
    ends = [find(window, QLabel, f"variantEnd{n}").text() for n in (1, 2, 3)]
    assert [end.split("seed ")[1] for end in ends] == ["41", "42", "43"]
    assert "perplexity" in find(window, QLabel, "variantNumbers1").text()

    QTest.mouseClick(shown(window)[2].text.viewport(), Qt.MouseButton.LeftButton)
    assert written(window) == texts(window)[2]
    wait_for_cards(qtbot, window, lambda: in_text(window) == [3])
    press(window, Qt.Key.Key_Left, ALT)
    wait_for_cards(qtbot, window, lambda: in_text(window) == [2])
    assert written(window) == texts(window)[1]

    window.actions_by_name["variants"].trigger()
    QTest.keyClick(window.bottom.variants, Qt.Key.Key_1)
    assert written(window) == texts(window)[0]
    QTest.keyClick(window.bottom.variants, Qt.Key.Key_Right)
    assert written(window) == texts(window)[0], "only Enter takes it"
    QTest.keyClick(window.bottom.variants, Qt.Key.Key_Return)
    assert written(window) == texts(window)[1]


def test_each_is_what_its_seed_writes_alone(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    fix_seed(window, 7)
    write(window, qtbot, count=4)
    together = nodes(window)
    for number, seed in enumerate(range(7, 11)):
        window.editor.setPlainText(PROMPT)
        fix_seed(window, seed)
        press(window, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: finished(window), timeout=20_000)
        assert written(window) == together[number]


def test_undo_goes_before_all_of_them_and_they_can_still_be_taken(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    write(window, qtbot)
    press(window, Qt.Key.Key_Right, ALT)
    all_of_them = nodes(window)
    press(window, Qt.Key.Key_Z)
    assert window.editor.toPlainText() == PROMPT
    wait_for_cards(qtbot, window, lambda: in_text(window) == [])
    assert texts(window) == all_of_them
    press(window, Qt.Key.Key_Y)
    assert written(window) == all_of_them[1]
    press(window, Qt.Key.Key_Z)
    window.bottom.variants.picked.emit(
        window.editor.manuscript.history.children(window.editor.manuscript.history.head)[2]
    )
    assert written(window) == all_of_them[2]


def test_retry_makes_one_more_and_undo_brings_the_one_before(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    write(window, qtbot)
    first = written(window)
    press(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    wait_for_cards(qtbot, window, lambda: texts(window) == nodes(window))
    assert len(shown(window)) == 4
    assert in_text(window) == [4]
    assert written(window) == texts(window)[3] != first
    press(window, Qt.Key.Key_Z)
    assert written(window) == first


def test_retries_alone_stand_side_by_side_too(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.bottom.setCurrentWidget(window.bottom.variants)
    assert find(window, QLabel, "variantsEmpty").isVisible()
    window.editor.setPlainText(PROMPT)
    set_length(window, 10)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_R):
        press(window, key)
        qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    wait_for_cards(qtbot, window, lambda: len(shown(window)) == 2)
    assert in_text(window) == [2]


def test_everything_is_there_again_after_a_restart(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    fix_seed(window, 5)
    write(window, qtbot, count=5)
    press(window, Qt.Key.Key_Right, ALT)
    wait_for_cards(qtbot, window, lambda: in_text(window) == [2])
    before = texts(window)
    numbers = [find(window, QLabel, f"variantNumbers{n}").text() for n in range(1, 6)]
    ends = [find(window, QLabel, f"variantEnd{n}").text() for n in range(1, 6)]
    heat = [list(card.text._heat) for card in shown(window)]
    window.editor.set_caret(len(window.editor.toPlainText()))
    QTest.keyClicks(window.editor, " My own words.")
    window.close()

    again = open_window(model=False)
    assert again.several_button.text() == "×5"
    again.bottom.setCurrentWidget(again.bottom.variants)
    wait_for_cards(qtbot, again, lambda: len(shown(again)) == 5)
    assert texts(again) == before
    assert in_text(again) == [2], "the text goes through it"
    qtbot.waitUntil(lambda: find(again, QLabel, "variantEnd5").text() == ends[4], timeout=5000)
    assert [find(again, QLabel, f"variantNumbers{n}").text() for n in range(1, 6)] == numbers
    assert [find(again, QLabel, f"variantEnd{n}").text() for n in range(1, 6)] == ends
    assert [card.text._heat for card in shown(again)] == heat


def test_while_they_are_written_all_of_them_are_saved(
    open_window: Open, qtbot: QtBot, own_library: Path, tmp_path: Path
) -> None:
    window = open_window()
    start(window, 300)
    lengths: list[Counter[int]] = []

    def killed() -> tuple[Counter[int], list[str]]:
        """What the library would hold if everything were killed now: its files as they are."""
        file = paths.database_file(own_library)
        for part in ("-wal", ""):
            shutil.copy(f"{file}{part}", tmp_path / f"copy.db{part}")
        with contextlib.closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
            rows = copy.execute("SELECT generation_id, count(*) FROM tokens GROUP BY generation_id")
            steps = copy.execute("SELECT packed FROM nodes WHERE source > 0")
            return Counter(dict(rows.fetchall())), [packed for (packed,) in steps]

    for _ in range(4):
        if finished(window):
            break
        there = {card.text.text for card in shown(window) if len(card.text.text) > 20}
        qtbot.wait(1000)
        n_tokens, stored = killed()
        for text in there:  # a second later all of it is in the library
            beginning = text.split("\n")[0].replace('"', '\\"')
            assert any(beginning in packed for packed in stored)
        lengths.append(n_tokens)
    press(window, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    qtbot.waitUntil(lambda: finished(window), timeout=5000)
    assert lengths  # on a fast machine all may have ended by themselves after one look
    assert set(lengths[-1]) == {1, 2, 3}
    assert all(lengths[-1][n] >= lengths[0][n] for n in (1, 2, 3))
    assert len(nodes(window)) == 3


def test_stop_keeps_what_there_is_of_all_and_a_second_press_does_nothing(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    start(window, 400)
    press(window, Qt.Key.Key_Return, SEVERAL)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(written(window)) > 40, timeout=20_000)
    press(window, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    qtbot.waitUntil(lambda: finished(window), timeout=5000)
    kept = nodes(window)
    assert len(kept) == 3
    assert min(map(len, kept)) > 20
    wait_for_cards(qtbot, window, lambda: texts(window) == kept)
    assert "stopped" in find(window, QLabel, "variantEnd2").text()


def test_one_can_be_chosen_while_they_are_written(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    start(window, 120)
    wait_for_cards(qtbot, window, lambda: len(shown(window)) == 3)
    QTest.mouseClick(shown(window)[1], Qt.MouseButton.LeftButton, pos=shown(window)[1].rect().topLeft())
    assert "chosen" in shown(window)[1].accessibleName()
    assert not finished(window)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    assert written(window) == nodes(window)[1]
    wait_for_cards(qtbot, window, lambda: in_text(window) == [2])


def test_another_session_half_way_keeps_them_all(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    start(window, 400)
    qtbot.waitUntil(lambda: len(written(window)) > 40, timeout=20_000)
    press(window, Qt.Key.Key_N)
    assert finished(window)
    assert window.editor.toPlainText() == ""
    wait_for_cards(qtbot, window, lambda: not shown(window))
    qtbot.waitUntil(lambda: len(window.sessions.model.sessions()) == 1, timeout=5000)
    window.sessions.open_requested.emit(1)
    qtbot.waitUntil(lambda: window.editor.toPlainText().startswith(PROMPT), timeout=5000)
    wait_for_cards(qtbot, window, lambda: len(shown(window)) == 3)
    assert min(map(len, nodes(window))) > 20
    wait_for_cards(qtbot, window, lambda: "stopped" in find(window, QLabel, "variantEnd3").text())


def test_closing_half_way_keeps_them_all(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    start(window, 400)
    qtbot.waitUntil(lambda: len(written(window)) > 40, timeout=20_000)
    window.close()
    again = open_window(model=False)
    assert len(nodes(again)) == 3
    assert min(map(len, nodes(again))) > 20


def test_a_model_that_dies_half_way_leaves_what_it_wrote(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    start(window, 400)
    qtbot.waitUntil(lambda: len(written(window)) > 40, timeout=20_000)
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    for pid in {int(pid) for file in children for pid in file.read_text(encoding="ascii").split()}:
        if b"--model-process" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: finished(window), timeout=5000)
    assert "stopped unexpectedly" in window.notice.text()
    assert len(nodes(window)) == 3
    write(window, qtbot, 10)
    assert len(nodes(window)) == 6


def test_alternatives_that_end_without_a_word_leave_nothing(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    find(window, QPlainTextEdit, "param_stop").setPlainText(" ")
    fix_seed(window, 1)
    write(window, qtbot, 30)
    assert nodes(window) == []
    assert window.editor.toPlainText() == PROMPT
    assert window.editor.manuscript.history.head != ROOT
    assert "stop string" in window.notice.text()
    press(window, Qt.Key.Key_Z)
    assert window.editor.toPlainText() == ""


def test_an_alternative_without_a_word_gives_way_to_one_that_has_some(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    find(window, QPlainTextEdit, "param_stop").setPlainText(" was")
    for seed in range(40):
        fix_seed(window, seed)
        write(window, qtbot, 4, PROMPT, 8)
        after = window.editor.manuscript.history.parent(window.editor.manuscript.history.head)
        siblings = nodes(window, after)
        if 0 < len(siblings) < 8:
            assert written(window) in siblings
            return
    raise AssertionError("no seed of these wrote an empty alternative")


@pytest.mark.parametrize("length", [1, 100_000])
def test_an_empty_prompt_one_token_and_more_than_the_window_holds(
    length: int, open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    find(window, QCheckBox, "param_stop_at_end_of_text").setChecked(length == 1)
    start(window, length, "", 2)
    if length > 1:
        qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > 50, timeout=20_000)
        assert "at most" in window.notice.text()
        press(window, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    assert 1 <= len(nodes(window)) <= 2
    press(window, Qt.Key.Key_Z)
    assert window.editor.toPlainText() == ""


def test_in_the_middle_of_a_text_what_follows_stays(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(PROMPT + " THE END")
    window.editor.set_caret(len(PROMPT))
    set_length(window, 10)
    press(window, Qt.Key.Key_Return, SEVERAL)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    for number, text in enumerate(nodes(window)):
        window.bottom.variants.picked.emit(window.editor.manuscript.history.variants()[0][number])
        assert window.editor.toPlainText() == PROMPT + text + " THE END"


def test_a_library_open_to_read_only_shows_them_and_changes_nothing(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    write(window, qtbot, 5)
    window.close()
    again = open_window()
    again.editor.set_locked(True)  # as such a library does
    find(again, Controller, "controller").writing.update_actions()
    assert not again.several_button.isEnabled()
    again.bottom.setCurrentWidget(again.bottom.variants)
    wait_for_cards(qtbot, again, lambda: len(shown(again)) == 3)
    before = again.editor.toPlainText()
    press(again, Qt.Key.Key_Return, SEVERAL)
    QTest.keyClick(again.bottom.variants, Qt.Key.Key_3)
    assert finished(again)
    assert again.editor.toPlainText() == before
    assert in_text(again) == [1]


def test_the_largest_seed_is_followed_by_the_smallest(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    fix_seed(window, MAX_SEED)
    write(window, qtbot, 3, count=2)
    wait_for_cards(qtbot, window, lambda: len(shown(window)) == 2)
    ends = [find(window, QLabel, f"variantEnd{n}").text() for n in (1, 2)]
    assert [end.split("seed ")[1] for end in ends] == [str(MAX_SEED), "0"]


def test_how_many_is_remembered(open_window: Open, qtbot: QtBot, own_library: Path) -> None:
    window = open_window(model=False)
    assert window.several_button.text() == "×3"
    find(window, QAction, "several8").trigger()
    assert window.several_button.text() == "×8"
    qtbot.waitUntil(lambda: load(paths.settings_file(own_library))[0].n_alternatives == 8, timeout=5000)


def test_pressed_while_the_model_loads_it_starts_when_it_is_there(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(model=False)
    window.editor.setPlainText(PROMPT)
    set_length(window, 5)
    press(window, Qt.Key.Key_Return, SEVERAL)
    qtbot.waitUntil(lambda: len(nodes(window)) == 3 and finished(window), timeout=40_000)
    assert window.bottom.variants.isVisible()
