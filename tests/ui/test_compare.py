"""Two models or two settings on the open text, through the real window and by the panel alone."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from driving import Open, press
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from studio import paths
from studio.core import messages as m
from studio.ui import theme as themes
from studio.ui.compare.panel import ComparePanel
from studio.ui.compare.table import DELTA, KL, RANK, WORD
from studio.ui.compare.words import sentence, sign, signed
from studio.ui.main_window import MainWindow
from studio.ui.plot_export import PlotExport

TEXT = "Once upon a time, there was a little fox who lived in a tree."
STARTER = paths.resource("models", "starter")


def stretch(start: int, end: int, a: float, b: float, kl: float = 0.5) -> m.ComparedStretch:
    return m.ComparedStretch(start, end, 1, 1, a, b, 3, 1, kl, 0.1, " fox", " dog")


ROWS = (
    stretch(0, 4, -1.0, -1.0, 0.0),
    stretch(4, 9, -5.0, -1.0, 2.0),
    stretch(9, 12, -1.0, -math.inf, math.inf),
    stretch(12, 17, -1.0, -2.0, 0.1),
)
FINISHED = m.ComparisonFinished(1, "base", "tuned", True, False, 17, 0.5)


@pytest.fixture
def panel(qtbot: QtBot) -> ComparePanel:
    made = ComparePanel(themes.LIGHT)
    qtbot.addWidget(made)
    made.resize(760, 300)
    made.show()
    made.begin(TEXT, 100)
    made.add(ROWS[:2])
    made.add(ROWS[2:])
    made.finish(FINISHED)
    return made


def shown(panel: ComparePanel, row: int) -> list[object]:
    model = panel.model
    return [model.data(model.index(row, column)) for column in range(model.columnCount())]


def order(panel: ComparePanel) -> list[int]:
    return [panel.model.at(row) for row in range(panel.model.rowCount())]


def test_what_differs_most_comes_first_and_every_column_sorts(panel: ComparePanel) -> None:
    assert order(panel) == [2, 1, 3, 0]
    assert shown(panel, 0) == ["␣a␣", "36.8%", "0%", "−∞ ▼", "∞", "3 → –"]
    assert shown(panel, 1)[3] == "+5.77 ▲"
    panel.table.sortByColumn(WORD, Qt.SortOrder.AscendingOrder)
    assert order(panel) == [0, 1, 2, 3]
    panel.table.sortByColumn(KL, Qt.SortOrder.DescendingOrder)
    assert order(panel) == [2, 1, 3, 0]
    for column in range(RANK + 1):
        assert panel.model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)


def test_b_can_be_the_same_model_in_another_precision(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.insertPlainText(TEXT)
    panel = window.bottom.compare
    window.actions_by_name["compare"].trigger()
    assert panel.precision.isEnabled()
    panel.settings_b.setCurrentIndex(panel.settings_b.findData(""))
    panel.precision.setCurrentIndex(panel.precision.findData("int4"))
    find(panel, QPushButton, "compareGo").click()
    note = find(panel, QLabel, "compareNote")
    qtbot.waitUntil(lambda: "A was computed in float16, B in int4." in note.text(), timeout=30_000)
    assert any(row.kl > 0 for row in panel.model.stretches)
    panel.precision.offer(False)
    assert not panel.precision.isEnabled()
    assert panel.precision.chosen == ""


def test_a_difference_is_said_in_words_and_never_by_colour_alone() -> None:
    assert "15.6" not in sentence(ROWS[0], "Once")
    assert "As likely to both" in sentence(ROWS[0], "Once")
    assert "54.6 times as likely to B (5.8 bits)" in sentence(ROWS[1], " upon")
    assert "B rules it out" in sentence(ROWS[2], "on ")
    assert (sign(0.5), sign(1.5), sign(-1.5)) == ("", "▲", "▼")
    assert signed(-0.4) == "−0.40"


def test_the_keyboard_walks_through_the_words_and_goes_there(panel: ComparePanel, qtbot: QtBot) -> None:
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Right)
    with qtbot.waitSignal(panel.place_chosen, timeout=1000) as chosen:
        QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert chosen.args == [104, 109, " upon"]
    assert panel.table.currentIndex().row() == 1
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Up)
    with qtbot.waitSignal(panel.place_chosen, timeout=1000) as chosen:
        QTest.keyClick(panel.table, Qt.Key.Key_Return)
    assert chosen.args == [109, 112, " a "]


def test_the_text_is_shown_twice_and_both_sides_move_together(panel: ComparePanel, qtbot: QtBot) -> None:
    panel.begin("word " * 2000, 100)
    panel.add([stretch(i * 5, i * 5 + 5, -0.1, -9.0) for i in range(2000)])
    switch = find(panel, QToolButton, "compareSwitch")
    switch.click()
    assert panel.sides.isVisible()
    assert not panel.view.isVisible()
    a, b = panel.sides.views
    cold, hot = a.shade(panel.model.stretches[0]), b.shade(panel.model.stretches[0])
    assert cold is None
    assert hot is not None
    a.verticalScrollBar().setValue(900)
    assert b.verticalScrollBar().value() == 900
    b.verticalScrollBar().setValue(0)
    assert a.verticalScrollBar().value() == 0
    with qtbot.waitSignal(panel.place_chosen) as gone:
        b.setFocus()
        QTest.keyClick(b, Qt.Key.Key_Right)
        QTest.keyClick(b, Qt.Key.Key_Return)
    assert gone.args == [105, 110, "word "]
    switch.click()
    assert panel.view.isVisible()
    assert not panel.sides.isVisible()


def test_figures_and_words_can_be_taken_along(panel: ComparePanel) -> None:
    header, rows = panel.view.rows()
    assert len(rows) == len(ROWS)
    assert all(len(row) == len(header) for row in rows)
    export = panel.view.findChildren(PlotExport)[0]
    svg = export.svg().decode()
    assert "▲" in svg
    assert "likelier to A" in svg


def test_a_long_text_is_laid_out_and_sorted_within_a_frame_or_two(panel: ComparePanel) -> None:
    text = "word " * 5000
    panel.begin(text, 0)
    panel.add([stretch(5 * i, 5 * i + 5, -1.0 - i % 7, -2.0) for i in range(5000)])
    panel.resize(500, 300)
    assert panel.model.rowCount() == 5000
    panel.view.grab()
    panel.view.show_stretch(4999)
    assert panel.view.verticalScrollBar().value() > 1000


def box(window: MainWindow, name: str) -> QComboBox:
    return find(window, QComboBox, name)


def start(window: MainWindow, text: str = TEXT) -> ComparePanel:
    window.editor.setPlainText(text)
    press(window, Qt.Key.Key_C, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    panel = window.bottom.compare
    assert panel.isVisible()
    return panel


def go(panel: ComparePanel, qtbot: QtBot) -> None:
    button = find(panel, QPushButton, "compareGo")
    button.click()
    qtbot.waitUntil(button.isVisible, timeout=30_000)


def note(panel: ComparePanel) -> str:
    return find(panel, QLabel, "compareNote").text()


def test_two_settings_are_compared_in_the_window_and_a_word_is_gone_to(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    panel = start(window)
    go(panel, qtbot)
    assert "".join(panel.model.word(s) for s in panel.model.stretches) == TEXT
    assert find(panel, QLabel, "compareSummary").text().startswith("Perplexity A ")
    first = panel.model.stretches[panel.model.at(0)]
    panel.table.clicked.emit(panel.model.index(0, DELTA))
    assert window.editor.selection() == (first.start, first.end)
    window.editor.replace_range(0, 4, "Never")
    assert note(panel) == "The text has changed since it was compared."
    panel.table.clicked.emit(panel.model.index(0, DELTA))
    assert "no longer there" in note(panel)


def test_the_same_on_both_sides_an_empty_text_and_a_folder_that_is_no_model_are_said(
    open_window: Open, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    panel = start(window)
    settings = box(window, "compareSettingsB")
    settings.setCurrentIndex(settings.findData(""))
    go(panel, qtbot)
    assert note(panel).startswith("Both sides are the same model")
    settings.setCurrentIndex(settings.findData("Greedy"))
    window.editor.setPlainText("")
    go(panel, qtbot)
    assert note(panel).startswith("There is no text to compare.")
    window.editor.setPlainText("a")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    models = box(window, "compareModel")
    models.setCurrentIndex(models.count() - 1)
    models.activated.emit(models.count() - 1)
    assert models.currentData() == str(tmp_path)
    go(panel, qtbot)
    assert "holds no config.json" in note(panel)


def test_a_second_model_of_the_library_is_offered_and_compared(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    folder = paths.models_dir(own_library) / "other"
    shutil.copytree(STARTER, folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"layer_norm_epsilon": 0.5}), "utf-8")
    window = open_window()
    panel = start(window)
    models = box(window, "compareModel")
    models.setCurrentIndex(models.findText("other"))
    models.activated.emit(models.currentIndex())
    assert box(window, "compareSettingsB").currentData() == ""  # the model itself, as A
    go(panel, qtbot)
    assert "mean KL" in find(panel, QLabel, "compareSummary").text()
    assert all(s.kl > 0 for s in panel.model.stretches)


def test_writing_ends_a_comparison(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    panel = start(window, TEXT * 100)
    find(panel, QPushButton, "compareGo").click()
    qtbot.waitUntil(lambda: panel.model.rowCount() > 0, timeout=20_000)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(find(panel, QPushButton, "compareGo").isVisible, timeout=1000)
    assert note(panel).startswith("Stopped")
    qtbot.waitUntil(lambda: len(window.editor.manuscript.text) > len(TEXT) * 100 + 10, timeout=20_000)
    press(window, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
