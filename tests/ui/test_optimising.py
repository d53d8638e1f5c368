"""Optimise: chosen in the dialog, made by a job, shown with its price, then kept or dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Open
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QSpinBox, QTreeWidget
from pytestqt.qtbot import QtBot

from studio import paths
from studio.models import reports
from studio.models.shelf import Shelf
from studio.ui.main_window import MainWindow
from studio.ui.models.optimise_dialog import OptimiseDialog

WAIT_MS = 60_000
TEXT = "Lily had a red ball. She liked to play with the ball in the park. One day it fell into the lake.\n"


@pytest.fixture
def shelf(own_library: Path) -> Shelf:
    return Shelf(paths.models_dir(own_library))


def opened(window: MainWindow, qtbot: QtBot) -> OptimiseDialog:
    window.actions_by_name["optimise_model"].trigger()
    dialog = find(window, OptimiseDialog, "optimiseDialog")
    estimate = find(dialog, QLabel, "optimiseEstimate")
    qtbot.waitUntil(lambda: "instead of" in estimate.text(), timeout=WAIT_MS)
    return dialog


def button(dialog: OptimiseDialog, name: str) -> QPushButton:
    return find(dialog, QPushButton, name)


def note(dialog: OptimiseDialog) -> str:
    return find(dialog, QLabel, "optimiseNote").text()


def test_a_model_with_fewer_layers_is_made_measured_kept_and_written_with(
    open_window: Open, qtbot: QtBot, shelf: Shelf
) -> None:
    window = open_window()
    window.editor.insertPlainText(3 * TEXT)
    dialog = opened(window, qtbot)
    assert find(dialog, QComboBox, "optimiseModel").currentText() == "starter"
    dialog.form.choose("layers")
    assert find(dialog, QSpinBox, "optimiseKeep_layers").value() == 3
    assert find(dialog, QLabel, "optimiseEstimate").text().startswith("About 7 MB instead of 9 MB.")
    button(dialog, "optimiseMake").click()
    assert button(dialog, "optimiseStop").isVisible()
    qtbot.waitUntil(button(dialog, "optimiseKeep").isVisible, timeout=WAIT_MS)
    table = find(dialog, QTreeWidget, "optimiseTable")
    rows = [table.topLevelItem(at) for at in range(table.topLevelItemCount())]
    shown = {row.text(0): (row.text(1), row.text(2)) for row in rows if row is not None}
    assert shown["Size"] == ("9 MB", "7 MB")
    assert shown["Mean KL"][1].endswith(" nats")
    samples = [
        find(dialog, QPlainTextEdit, f"optimiseSample_{name}").toPlainText() for name in ("before", "after")
    ]
    assert samples[0] != samples[1]
    assert "│" in samples[0]
    assert shelf.models() == []
    name = find(dialog, QLineEdit, "optimiseName")
    assert name.text() == "starter, 3 of 4 layers"
    name.setText("small")
    button(dialog, "optimiseWrite").click()
    label = find(window, QLabel, "statusModel")
    qtbot.waitUntil(lambda: label.text() == "small", timeout=WAIT_MS)
    (model,) = shelf.models()
    assert (model.about.base, model.about.made_by, model.about.source) == (
        "starter",
        "3 of 4 layers",
        "optimised",
    )
    assert reports.read(model.folder) is not None
    assert not list(shelf.staging.iterdir())
    assert not dialog.isVisible()
    opened(window, qtbot)
    qtbot.waitUntil(button(dialog, "optimiseReport").isVisible, timeout=WAIT_MS)
    assert find(dialog, QComboBox, "optimiseModel").currentText() == "small"
    button(dialog, "optimiseReport").click()
    assert table.isVisible()
    assert not dialog.form.isVisible()
    button(dialog, "optimiseReport").click()
    assert dialog.form.isVisible()


def test_what_is_stopped_discarded_or_impossible_leaves_nothing(
    open_window: Open, qtbot: QtBot, shelf: Shelf, tmp_path: Path
) -> None:
    window = open_window(model=False)
    dialog = opened(window, qtbot)
    button(dialog, "optimiseMake").click()  # there is no text yet
    assert note(dialog).startswith("There is no text yet to judge by")
    story = tmp_path / "story.txt"
    story.write_text(TEXT, "utf-8")
    dialog.choose_file(str(story))
    button(dialog, "optimiseMake").click()
    qtbot.waitUntil(lambda: "Loading" in note(dialog) or "Measuring" in note(dialog), timeout=WAIT_MS)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert note(dialog) == "Stopped; nothing has changed."
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: not list(shelf.staging.iterdir()), timeout=WAIT_MS)
    button(dialog, "optimiseMake").click()
    qtbot.waitUntil(button(dialog, "optimiseDiscard").isVisible, timeout=WAIT_MS)
    assert list(shelf.staging.iterdir())
    button(dialog, "optimiseDiscard").click()
    qtbot.waitUntil(lambda: not list(shelf.staging.iterdir()), timeout=WAIT_MS)
    assert shelf.models() == []
