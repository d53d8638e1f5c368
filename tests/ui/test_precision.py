"""Precision: the dialog through the real window, measuring when idle, who says how good numbers are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from driving import Open, finished, press, set_length
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QRadioButton, QTreeWidget
from pytestqt.qtbot import QtBot

from studio import paths, precision, settings
from studio.controller import Controller
from studio.core import messages as m
from studio.core.precisions import NAMES, Known
from studio.kernels.library import kernels
from studio.ui.main_window import MainWindow
from studio.ui.performance_words import PerformanceWords
from studio.ui.precision.dialog import KL, MEMORY, NAME, SPEED, STATE, PrecisionDialog
from studio.ui.precision.words import PrecisionWords, divergence, megabytes

pytestmark = pytest.mark.skipif(kernels() is None, reason="there are no compiled kernels")

TEXT = "Once upon a time there was a fox."


def opened(window: MainWindow) -> PrecisionDialog:
    window.actions_by_name["precision"].trigger()
    dialog = find(window, PrecisionDialog, "precisionDialog")
    assert dialog.isVisible()
    return dialog


def cells(dialog: PrecisionDialog, column: int) -> list[str]:
    table = find(dialog, QTreeWidget, "precisionTable")
    rows = [table.topLevelItem(at) for at in range(table.topLevelItemCount())]
    return [row.text(column) for row in rows if row is not None]


def device(window: MainWindow) -> str:
    return find(window, QLabel, "statusDevice").text()


def own(window: MainWindow) -> precision.Precision:
    return find(window, Controller, "controller").precision


def info(dtype: str, backend: str = "compiled") -> m.ModelInfo:
    return m.ModelInfo("small", "", "0" * 64, "gpt2", backend, 1, 1, 1, 1, 1, 0, 1, "cpu", dtype, 1, 0.0)


def test_it_is_said_why_the_compiled_kernels_do_not_compute() -> None:
    words = PrecisionWords()
    plain = info("float32", "studio")
    assert words.without_kernels(plain) == ""
    said = [words.without_kernels(replace(plain, no_kernels=why)) for why in ("off", "missing", "broken.")]
    assert "switched off" in said[0]
    assert "C compiler" in said[1]
    assert "cannot be used (broken)" in said[2]
    rows = {row.name: row.tip for row in PerformanceWords().model(replace(plain, no_kernels="off"), None)}
    assert rows["Computed with"].endswith(said[0])


def test_the_status_bar_and_the_dialog_say_that_the_kernels_are_not_there(
    open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPT2_STUDIO_KERNELS", "off")
    window = open_window()
    label = find(window, QLabel, "statusDevice")
    qtbot.waitUntil(lambda: "switched off" in label.toolTip())
    assert label.text() == "CPU · float32"
    dialog = opened(window)
    assert "switched off" in find(dialog, QLabel, "precisionNote").text()


def test_every_precision_is_measured_and_the_chosen_one_computes(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    window = open_window()
    assert device(window) == "CPU · float16"
    window.editor.insertPlainText(TEXT)
    dialog = opened(window)
    assert cells(dialog, NAME) == ["Automatic: float16", *NAMES]
    assert cells(dialog, STATE)[0] == "chosen"
    assert cells(dialog, STATE)[3] == "in use, not measured"
    find(dialog, QPushButton, "precisionMeasure").click()
    qtbot.waitUntil(lambda: all(cells(dialog, KL)[1:]), timeout=60_000)
    qtbot.waitUntil(find(dialog, QPushButton, "precisionMeasure").isVisible)
    assert all("measured" in state and "not" not in state for state in cells(dialog, STATE)[1:])
    assert cells(dialog, KL)[1] == "0"
    assert all(cell.endswith(" MB") for cell in cells(dialog, MEMORY)[1:])
    assert all(int(cell.replace(",", "")) > 0 for cell in cells(dialog, SPEED)[1:])
    assert "±0.0" in find(window, QLabel, "xrayPrecision").text()

    table = find(dialog, QTreeWidget, "precisionTable")
    row = table.topLevelItem(4)
    assert row is not None
    table.setCurrentItem(row)
    QTest.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: device(window) == "CPU · int8", timeout=30_000)
    assert window.editor.manuscript.text == TEXT
    assert cells(dialog, STATE)[4] == "chosen, in use, measured"
    said = find(window, QLabel, "xrayPrecision").text()
    assert said.startswith("Numbers of the int8 weights: log-probabilities within ±0.0")
    assert said in find(window, QLabel, "tokenProbability").toolTip()
    assert said in find(window, QLabel, "statusDevice").toolTip()
    assert find(window, QLabel, "tokenPrecision").text() == "int8"
    dialog.close()
    window.close()
    assert settings.load(paths.settings_file(own_library))[0].precision == "int8"
    again = open_window()
    assert device(again) == "CPU · int8"
    chosen = find(opened(again), QTreeWidget, "precisionTable").currentItem()
    assert chosen is not None
    assert chosen.text(NAME) == "int8"
    assert find(again, QLabel, "xrayPrecision").text() == said


def test_the_users_own_text_is_measured_apart(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.insertPlainText(TEXT)
    dialog = opened(window)
    find(dialog, QRadioButton, "precisionOwnText").click()
    find(dialog, QPushButton, "precisionMeasure").click()
    qtbot.waitUntil(lambda: all(cells(dialog, KL)[1:]), timeout=60_000)
    qtbot.waitUntil(lambda: find(dialog, QLabel, "precisionNote").text() == f"Measured on “{TEXT}”.")
    find(dialog, QRadioButton, "precisionCheckText").click()
    assert not any(cells(dialog, KL))
    assert find(dialog, QLabel, "precisionNote").text() == ""
    find(dialog, QRadioButton, "precisionOwnText").click()
    assert all(cells(dialog, KL)[1:])
    assert own(window).known.choices() == ()


def test_escape_stops_measuring_before_it_closes(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    dialog = opened(window)
    find(dialog, QPushButton, "precisionMeasure").click()
    assert find(dialog, QPushButton, "precisionStop").isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert find(dialog, QPushButton, "precisionMeasure").isVisible()
    assert find(dialog, QLabel, "precisionNote").text() == "Stopped: what was measured stays."
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window) and bool(window.editor.manuscript.text), timeout=30_000)


def test_an_empty_text_cannot_be_measured_on(open_window: Open, qtbot: QtBot) -> None:
    dialog = opened(open_window())
    find(dialog, QRadioButton, "precisionOwnText").click()
    find(dialog, QPushButton, "precisionMeasure").click()
    note = find(dialog, QLabel, "precisionNote")
    qtbot.waitUntil(lambda: note.text().startswith("There is no text to measure on."), timeout=10_000)
    assert find(dialog, QPushButton, "precisionMeasure").isVisible()


def test_an_unknown_model_is_measured_when_idle_and_remembered(
    open_window: Open, qtbot: QtBot, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "IDLE_MS", 50)
    window = open_window()
    file = paths.precisions_file(own_library)
    qtbot.waitUntil(lambda: len(own(window).known.of(loaded(window))) == len(NAMES), timeout=60_000)
    qtbot.waitUntil(lambda: bool(Known.from_file(file).choices()), timeout=10_000)
    assert device(window) == "CPU · float16"  # the model is not changed under the writer's hands
    dialog = opened(window)
    assert all(cells(dialog, KL)[1:])


def test_writing_does_not_wait_for_what_is_measured_aside(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    set_length(window, 5)
    own(window).measure_aside()
    window.editor.insertPlainText(TEXT)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: finished(window) and len(window.editor.manuscript.text) > len(TEXT), timeout=20_000
    )
    assert len(own(window).known.of(loaded(window))) < len(NAMES)
    assert not window.notice.isVisible()  # nobody is told that it was given up


def test_nothing_is_measured_aside_if_a_precision_was_chosen(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.settings = replace(window.settings, precision="int8")
    own(window).measure_aside()
    dialog = opened(window)
    find(dialog, QPushButton, "precisionMeasure").click()
    qtbot.waitUntil(lambda: bool(cells(dialog, KL)[1]), timeout=60_000)


def loaded(window: MainWindow) -> m.ModelInfo:
    model = find(window, Controller, "controller").writing.model
    assert model is not None
    return model


def test_another_architecture_has_one_precision_and_that_is_said(qtbot: QtBot) -> None:
    dialog = PrecisionDialog()
    qtbot.addWidget(dialog)
    dialog.show_figures(info("float32", "transformers"), {}, "auto", "float16")
    assert not find(dialog, QPushButton, "precisionMeasure").isEnabled()
    assert not find(dialog, QPushButton, "precisionUse").isEnabled()
    assert find(dialog, QLabel, "precisionNote").text().startswith("small is computed in float32 only")


def test_what_is_said_of_numbers_depends_on_what_is_known() -> None:
    words = PrecisionWords()
    figures = m.PrecisionFigures("int8", 1, 1.0, 1, 0.00027, 0.1, 1.0, 0.02, 1.0)
    assert "as exact as the model gets" in words.numbers(info("float32"), None)
    assert "has not been measured yet" in words.numbers(info("int8"), None)
    assert words.numbers(info("int8"), figures) == (
        "Numbers of the int8 weights: log-probabilities within ±0.020 nats of float32's on average "
        "(mean KL 0.00027 nats)."
    )


@pytest.mark.parametrize(
    ("nats", "shown"),
    [(0, "0"), (1e-7, "< 0.000001"), (5e-6, "0.0000050"), (0.00027, "0.00027"), (0.0284, "0.028"),
     (0.5, "0.50"), (12.76, "12.76"), (1e9, "∞")],
)  # fmt: skip
def test_a_divergence_is_shown_without_an_exponent(nats: float, shown: str) -> None:
    assert divergence(nats) == shown


def test_memory_is_shown_in_what_people_count_in() -> None:
    assert megabytes(6_700_000) == "7 MB"
    assert megabytes(12_345_000_000) == "12.3 GB"
