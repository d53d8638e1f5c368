"""Heat, ribbon and curve through the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Open, finished, press, set_length
from finding import find
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.insight import Insight
from studio.ui.main_window import MainWindow

TEXT = "Once upon a time, there was a purple fox who lived in a tree."
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


def controller_of(window: MainWindow) -> Controller:
    return find(window, Controller, "controller")


def insight_of(window: MainWindow) -> Insight:
    return controller_of(window).insight


def write(window: MainWindow, qtbot: QtBot, text: str = TEXT) -> None:
    window.editor.setPlainText(text)
    qtbot.waitUntil(lambda: len(controller_of(window).views.colouring.series) > 5, timeout=8000)
    qtbot.waitUntil(lambda: not insight_of(window).is_reading, timeout=8000)
    colouring = controller_of(window).views.colouring
    qtbot.waitUntil(lambda: len(colouring.series) == len(insight_of(window).numbers), timeout=8000)


def hot_marks(window: MainWindow) -> int:
    return len(list(window.heat.painter.marks(window.editor.viewport().rect())))


def test_f4_colours_the_words_and_the_kind_is_remembered(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    write(window, qtbot)
    assert window.heat.kind == "off"
    assert window.heat.legend.isHidden()
    press(window, Qt.Key.Key_F4, NONE)
    assert window.heat.kind == "surprisal"
    assert hot_marks(window) > 3
    assert window.heat.legend.isVisible()
    press(window, Qt.Key.Key_F4, SHIFT)
    assert window.heat.kind == "origin"
    press(window, Qt.Key.Key_F4, SHIFT)
    assert window.heat.kind == "probability"
    press(window, Qt.Key.Key_F4, NONE)
    assert window.heat.kind == "off"
    press(window, Qt.Key.Key_F4, NONE)
    assert window.heat.kind == "probability"
    assert window.heat.button.text() == "heat: probability ▾"
    window.close()
    again = open_window()
    assert again.heat.kind == "probability"
    assert again.actions_by_name["heat"].isChecked()


def test_the_menu_of_the_title_line_chooses_a_kind(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(model=False)
    choice = next(a for a in window.heat.button.menu().actions() if a.data() == "rank")
    choice.trigger()
    assert window.heat.kind == "rank"
    assert window.settings.heat == window.settings.heat_last == "rank"


def test_pointing_tells_the_numbers_in_words(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    write(window, qtbot)
    press(window, Qt.Key.Key_F4, NONE)
    window.editor.set_caret(TEXT.index("purple") + 3)
    shown = window.heat.legend._numbers
    qtbot.waitUntil(lambda: "bits" in shown.full)
    assert "one in" in shown.full
    assert "rank" in shown.full


def test_generated_words_are_in_ink_on_heat_and_in_their_own_colour_without(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    write(window, qtbot)
    window.editor.set_caret(len(TEXT))
    set_length(window, 12)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(window.editor.manuscript.text) > len(TEXT) + 10, timeout=10_000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)

    def colours() -> set[str]:
        found, block = set(), window.editor.document().firstBlock()
        while block.isValid():
            found |= {part.format.foreground().color().name().upper() for part in block.layout().formats()}
            block = block.next()
        return found

    assert window.theme.accent in colours()
    press(window, Qt.Key.Key_F4, NONE)
    assert window.theme.accent not in colours()
    press(window, Qt.Key.Key_F4, NONE)
    assert window.theme.accent in colours()


def test_numbers_of_the_model_before_are_called_so_until_they_are_read_anew(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    write(window, qtbot)
    press(window, Qt.Key.Key_F4, NONE)
    state = window.heat.legend._state
    insight = insight_of(window)
    insight.on_model_loaded()
    insight.stop_reading()
    assert insight.old_model == "starter"
    assert "old numbers: starter" in state.text()
    assert window.heat.painter.marks_stale
    insight.read()
    qtbot.waitUntil(lambda: not insight.is_reading, timeout=8000)
    assert insight.old_model == ""
    qtbot.waitUntil(lambda: state.isHidden(), timeout=3000)
    assert not window.heat.painter.marks_stale


def test_a_key_marks_nothing_as_old(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    write(window, qtbot)
    press(window, Qt.Key.Key_F4, NONE)
    window.editor.set_caret(4)
    seen = []
    insight_of(window).numbers_changed.connect(lambda: seen.append(window.heat.painter.marks_stale))
    QTest.keyClicks(window.editor, "x")
    qtbot.waitUntil(lambda: insight_of(window).is_reading, timeout=3000)
    qtbot.waitUntil(lambda: not insight_of(window).is_reading, timeout=8000)
    assert seen
    assert not any(seen)


def test_a_long_text_is_read_around_the_caret_and_wholly_when_asked(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    action = window.actions_by_name["read_all"]
    text = "There was a fox who lived in a tree and ran to the sea. " * 400
    write(window, qtbot, text)
    insight = insight_of(window)
    assert 4096 <= len(insight.numbers) < insight.n_tokens
    press(window, Qt.Key.Key_F4, NONE)
    button = window.heat.legend.read_button
    qtbot.waitUntil(button.isVisible, timeout=3000)
    button.click()
    assert [action.isChecked(), insight.is_reading_whole, button.text()] == [True, True, "Stop reading"]
    button.click()
    assert [action.isChecked(), insight.is_reading_whole] == [False, False]
    action.trigger()
    qtbot.waitUntil(lambda: len(insight.numbers) == insight.n_tokens > 0, timeout=60_000)
    qtbot.waitUntil(lambda: not action.isChecked(), timeout=3000)
    qtbot.waitUntil(button.isHidden, timeout=3000)


# -- the ribbon --------------------------------------------------------------------------------------------


def test_the_ribbon_goes_where_one_clicks_and_drags(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    ribbon, editor = window.heat.ribbon, window.editor
    write(window, qtbot, "There was a fox who lived in a tree.\n" * 60)
    assert ribbon.isVisible()
    assert len(ribbon.bins()) > 20
    assert all(0 <= mean <= highest for _, mean, highest in ribbon.bins())
    bar = editor.verticalScrollBar()
    caret = editor.caret()
    QTest.mousePress(ribbon, Qt.MouseButton.LeftButton, pos=QPoint(7, ribbon.height() // 2))
    assert abs(bar.value() / bar.maximum() - 0.5) < 0.15
    QTest.mouseMove(ribbon, QPoint(7, 8))
    qtbot.waitUntil(lambda: bar.value() < bar.maximum() * 0.1)
    QTest.mouseRelease(ribbon, Qt.MouseButton.LeftButton, pos=QPoint(7, 8))
    assert editor.caret() == caret
    assert "bits a token on average" in ribbon.describe(QPoint(7, ribbon.height() // 2))
    ribbon.setFocus()
    QTest.keyClick(ribbon, Qt.Key.Key_End)
    assert bar.value() == bar.maximum()
    QTest.keyClick(ribbon, Qt.Key.Key_Return)
    assert editor.hasFocus() or QApplication.focusWidget() is None
    assert editor.caret() > len(editor.manuscript.text) / 2
    ribbon.grab()


def test_the_ribbon_can_be_hidden_and_stays_so(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(model=False)
    window.actions_by_name["ribbon"].trigger()
    assert window.heat.ribbon.isHidden()
    window.close()
    again = open_window(model=False)
    assert again.heat.ribbon.isHidden()
    again.actions_by_name["ribbon"].trigger()
    assert again.heat.ribbon.isVisible()
    again.actions_by_name["focus"].trigger()
    assert again.heat.ribbon.isHidden(), "nothing but the text"


@pytest.mark.parametrize("text", ["", "\n", "🦊"])
def test_the_ribbon_of_almost_no_text_is_empty(open_window: Open, own_library: Path, text: str) -> None:
    window = open_window(model=False)
    window.editor.setPlainText(text)
    assert window.heat.ribbon.bins() == []
    window.heat.ribbon.grab()
    assert window.heat.ribbon.describe(QPoint(5, 50)) == window.heat.ribbon.toolTip()


# -- the curve ---------------------------------------------------------------------------------------------


def test_f6_goes_to_the_curve_and_enter_goes_back_to_the_text(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    write(window, qtbot)
    window.editor.set_caret(TEXT.index("purple") + 2)
    press(window, Qt.Key.Key_F6, NONE)
    panel = window.bottom.curve
    assert panel.isVisible()
    plot = panel.plot
    qtbot.waitUntil(lambda: plot.view.marked >= 0)
    token = controller_of(window).views.colouring.series.index_at(TEXT.index("purple"))
    assert plot.view.marked == token
    plot.set_cursor(3)
    QTest.keyClick(plot, Qt.Key.Key_Return)
    assert window.editor.caret() == controller_of(window).views.colouring.series.starts[3] + 1
    assert plot.view.marked == 3
    assert "perplexity" in panel._figures.full
    window.editor.set_caret(12, anchor=0)
    assert "selection: perplexity" in panel._figures.full
