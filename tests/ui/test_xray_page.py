"""The X-ray: stage by stage at a place, struck out over the text, and what would change in a run."""

from __future__ import annotations

from driving import Open, finished, fix_seed, press, set_length
from finding import find
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QListWidget
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.core import messages as m
from studio.core.processors import LogitsProcessor, Mirostat, Temperature, TopK
from studio.effects import count_struck
from studio.ui.main_window import MainWindow
from studio.ui.text_numbers import TextToken
from studio.ui.waterfall import ROW, Row

TEXT = "Once upon a time, there was a little fox who lived in a purple submarine."


def controller_of(window: MainWindow) -> Controller:
    controller = window.findChild(Controller)
    assert controller is not None
    return controller


def read_through(window: MainWindow, qtbot: QtBot) -> None:
    numbers, text = controller_of(window).insight.numbers, window.editor.manuscript.text
    qtbot.waitUntil(
        lambda: "".join(text[t.start : t.end] for t in numbers if t.place is not None) == text, timeout=8000
    )
    qtbot.waitUntil(lambda: not controller_of(window).insight.is_reading, timeout=8000)


def rows(window: MainWindow) -> list[Row]:
    model = window.side.xray.waterfall.rows
    return [model.index(i).data(ROW) for i in range(model.rowCount())]


def use(window: MainWindow, *processors: LogitsProcessor) -> None:
    window.sampling.set_processors(processors)


def test_the_waterfall_shows_where_a_word_dies_and_follows_the_settings(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    window.editor.setPlainText(TEXT)
    use(window, Temperature(0.8), TopK(20))
    read_through(window, qtbot)
    window.actions_by_name["xray"].trigger()
    window.editor.set_caret(TEXT.index(" submarine") + 2)
    shown = find(window, QLabel, "xrayToken")
    qtbot.waitUntil(lambda: len(rows(window)) == 3 and rows(window)[2].removes, timeout=5000)
    own, warm, cut = rows(window)
    assert (own.stage, warm.stage, cut.stage) == ("", "Temperature", "TopK")
    assert (own.n_left, warm.n_left, cut.n_left) == (4096, 4096, 20)
    assert warm.shift > 0 == warm.mass_removed
    assert cut.entropy < own.entropy
    assert cut.removes
    assert "removed by Top-k" in shown.text()
    use(window, Temperature(0.8))
    qtbot.waitUntil(lambda: len(rows(window)) == 2, timeout=5000)
    assert "after the settings" in shown.text()


def test_another_token_of_the_list_can_be_followed(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(TEXT)
    use(window, TopK(2))
    read_through(window, qtbot)
    window.actions_by_name["xray"].trigger()
    with qtbot.waitSignal(controller_of(window).insight.inspected, timeout=5000) as asked:
        window.editor.set_caret(TEXT.index(" fox") + 2)
    answer = asked.args[0]
    assert isinstance(answer, m.PlaceInspected)
    window.probabilities.pointed_at.emit(answer.top[5].token_id)
    assert rows(window)[1].removes
    window.probabilities.pointed_at.emit(answer.top[0].token_id)
    assert not rows(window)[1].removes


def test_keys_go_through_the_stages_and_to_a_setting(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(TEXT)
    use(window, Temperature(0.8), Mirostat(4.0))
    read_through(window, qtbot)
    window.editor.set_caret(8)
    qtbot.waitUntil(lambda: len(rows(window)) == 3, timeout=5000)
    QTest.keyClick(
        window.editor, Qt.Key.Key_X, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier
    )
    waterfall = window.side.xray.waterfall
    assert waterfall.hasFocus()
    QTest.keyClick(waterfall, Qt.Key.Key_Down)
    QTest.keyClick(waterfall, Qt.Key.Key_Down)
    assert waterfall.currentIndex().data() == "Mirostat"
    QTest.keyClick(waterfall, Qt.Key.Key_Return)
    focused = window.focusWidget()
    assert focused is not None
    assert focused.objectName() == "param_mirostat_tau"


def test_the_text_shows_what_could_not_have_been_written(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(TEXT)
    use(window)
    read_through(window, qtbot)
    box, summary = find(window, QCheckBox, "effectBox"), find(window, QLabel, "xraySummary")
    window.actions_by_name["effect"].trigger()
    assert box.isChecked()
    qtbot.waitUntil(lambda: summary.text().startswith("All 15 words"), timeout=5000)
    marks = controller_of(window).views.effects.marks
    everything = QRect(0, 0, 10_000, 10_000)
    assert not list(marks.lines(everything))
    use(window, TopK(3))
    qtbot.waitUntil(lambda: "could not have been written" in summary.text(), timeout=5000)
    strokes = list(marks.lines(everything))
    assert strokes
    assert all(line.length() > 3 for line in strokes)
    assert "∞" not in summary.text()
    use(window, Temperature(0.0))
    qtbot.waitUntil(lambda: len(list(marks.lines(everything))) > len(strokes), timeout=5000)
    qtbot.waitUntil(lambda: "→ 1.0." in summary.text(), timeout=5000)  # what is left was certain
    window.actions_by_name["effect"].trigger()
    assert not box.isChecked()
    assert not summary.text()


def test_a_question_about_the_text_that_others_end_is_asked_again(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText(TEXT)
    use(window)
    read_through(window, qtbot)
    summary = find(window, QLabel, "xraySummary")
    window.actions_by_name["effect"].trigger()
    qtbot.waitUntil(lambda: summary.text().startswith("All 15 words"), timeout=5000)
    effects = controller_of(window).views.effects
    use(window, TopK(3))
    effects._ask_text()
    assert effects._job
    assert effects.on_failed(effects._job)  # as at the end of a generation
    qtbot.waitUntil(lambda: "could not have been written" in summary.text(), timeout=5000)


def test_a_run_tells_which_words_other_settings_change(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText("Once upon a time")
    window.editor.set_caret(16)
    set_length(window, 20)
    fix_seed(window, 7)
    use(window, Temperature(1.3))
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window) and len(window.editor.manuscript.text) > 30, timeout=20_000)
    window.actions_by_name["xray"].trigger()
    window.editor.set_caret(24)
    label, changes = find(window, QLabel, "xrayRun"), find(window, QListWidget, "xrayChanges")
    qtbot.waitUntil(lambda: label.text().startswith("Nothing: the same seed"), timeout=8000)
    insight = controller_of(window).insight
    qtbot.waitUntil(lambda: isinstance(insight.pointed.place, m.GeneratedPlace), timeout=5000)
    assert insight.pointed.seed == 7
    use(window, Temperature(1.3), TopK(1))
    qtbot.waitUntil(lambda: changes.count() > 0, timeout=8000)
    assert "here the text parts" in changes.item(0).text()
    assert "Top-k removes" in changes.item(0).text()
    changes.setFocus()
    changes.setCurrentRow(0)
    QTest.keyClick(changes, Qt.Key.Key_Return)
    assert window.editor.caret() > 16


def token(start: int, end: int) -> TextToken:
    return TextToken(0, start, end, -1.0, 1, 1.0, None)


def test_words_are_counted_not_tokens() -> None:
    text = "A sub marine, 你好"
    tokens = [token(0, 1), token(1, 5), token(5, 9), token(9, 13), token(13, 15), token(15, 16)]
    assert count_struck(text, tokens, [tokens[1]]) == (5, 1)
    assert count_struck(text, tokens, tokens[2:4]) == (5, 1)
    assert count_struck(text, tokens, tokens[4:]) == (5, 2)
    assert count_struck("", [], []) == (0, 0)
