"""Help → Performance: what it says of the model, and its button that measures."""

from __future__ import annotations

from driving import Open, finished, press, set_length
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QTableWidget
from pytestqt.qtbot import QtBot

from studio.core import messages as m
from studio.ui.main_window import MainWindow
from studio.ui.performance_dialog import PerformanceDialog, Row
from studio.ui.performance_words import PerformanceWords, megabytes, seconds

FIGURES = (
    m.Figure(m.Quantity.BANDWIDTH, 0, 21.5e9),
    m.Figure(m.Quantity.DECODE, 64, 61.23, 0.87),
    m.Figure(m.Quantity.PREFILL, 512, 1234.0),
    m.Figure(m.Quantity.BATCH, 1, 60.0),
    m.Figure(m.Quantity.BATCH, 8, 240.0),
    m.Figure(m.Quantity.FIRST_TOKEN, 20, 0.21),
    m.Figure(m.Quantity.SAMPLING, 0, 0.00042),
    m.Figure(m.Quantity.LOAD, 0, 2.5),
)


def dialog_of(window: MainWindow) -> PerformanceDialog:
    return find(window, PerformanceDialog, "performanceDialog")


def lines(dialog: PerformanceDialog) -> dict[str, str]:
    """What the dialog says, by name; of headings nothing."""
    return dict(line.split("\t") for line in dialog.text().splitlines() if "\t" in line)


def test_numbers_have_units_and_every_line_says_what_it_means(qtbot: QtBot) -> None:
    words = PerformanceWords()
    rows = words.measured(FIGURES)
    said = {row.name: row.value for row in rows if row.value}
    assert said == {
        "Memory is read at": "21.5 GB/s",
        "Writing after 64 tokens": "61.2 tokens/s (87% of the limit)",
        "Reading 512 tokens": "1,234 tokens/s",
        "Writing 1 text": "60.0 tokens/s",
        "Writing 8 texts at once": "240 tokens/s",
        "First token of a new text": "210 ms",
        "Sampling, each token": "0.42 ms",
    }
    assert all(row.tip for row in rows if row.value)
    assert (seconds(2.5), megabytes(17_400_000), megabytes(400_000)) == ("2.50 s", "17 MB", "0.4 MB")
    assert [row.value for row in words.writing(()) if row.value] == ["none yet"]
    runs = [m.GenerationFinished(1, m.FinishReason.LENGTH, n, 0.05, 1.0) for n in (10, 40, 20)]
    assert [row.value for row in words.writing(runs) if row.value] == [
        "20.0 tokens/s",
        "20.0 tokens/s",
        "50 ms",
    ]


def test_the_line_one_goes_to_is_explained_and_all_lines_can_be_copied(qtbot: QtBot) -> None:
    dialog = PerformanceDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.show_rows(
        [Row("The <b>model</b>"), Row("Threads", "1", "How many compute."), Row("Precision", "int8", "x")]
    )
    table = find(dialog, QTableWidget, "performanceTable")
    table.setFocus()
    table.setCurrentCell(0, 0)
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert find(dialog, QLabel, "performanceMeaning").text() == "How many compute."
    find(dialog, QPushButton, "performanceCopy").click()
    assert QGuiApplication.clipboard().text() == "The <b>model</b>\nThreads\t1\nPrecision\tint8\n"


def test_what_is_shown_follows_the_model_and_measuring_fills_the_rest(
    qtbot: QtBot, open_window: Open
) -> None:
    window = open_window()
    set_length(window, 12)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window) and bool(window.editor.toPlainText()), timeout=20_000)
    window.actions_by_name["performance"].trigger()
    dialog = dialog_of(window)
    qtbot.waitUntil(lambda: "Probabilities kept" in lines(dialog), timeout=20_000)
    said = lines(dialog)
    assert said["Model"] == "starter, 4.3 million parameters"
    assert said["Last generation"].endswith(" tokens/s")
    assert int(said["Probabilities kept"].split()[2]) >= 12
    assert said["On this computer"] == "not measured yet"
    measure, stop = (find(dialog, QPushButton, f"performance{name}") for name in ("Measure", "Stop"))
    measure.setFocus()
    QTest.keyClick(measure, Qt.Key.Key_Space)
    assert stop.isVisible()
    assert not measure.isVisible()
    qtbot.waitUntil(lambda: "Memory is read at" in lines(dialog), timeout=60_000)
    assert measure.isVisible()
    assert not stop.isVisible()
    assert "On this computer" not in lines(dialog)
    table = find(dialog, QTableWidget, "performanceTable")
    last = table.item(table.rowCount() - 1, 0)
    assert last is not None
    assert table.viewport().rect().contains(table.visualItemRect(last).center())
    assert not window.notice.isVisible()
    dialog.close()


def test_esc_stops_measuring_without_a_word_in_the_window_and_the_next_closes(
    qtbot: QtBot, open_window: Open
) -> None:
    window = open_window()
    window.actions_by_name["performance"].trigger()
    dialog = dialog_of(window)
    note = find(dialog, QLabel, "performanceNote")
    find(dialog, QPushButton, "performanceMeasure").click()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert note.text() == "Stopped: nothing was measured."
    before = window.editor.toPlainText()
    find(dialog, QPushButton, "performanceMeasure").click()
    press(window, Qt.Key.Key_Return)  # writing comes first
    assert note.text() == "Stopped: nothing was measured."
    qtbot.waitUntil(lambda: finished(window) and window.editor.toPlainText() != before, timeout=30_000)
    qtbot.waitUntil(lambda: "Last generation" in lines(dialog), timeout=20_000)
    assert not window.notice.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
