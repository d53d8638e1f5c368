"""Drives the whole app through its window, as a user does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QSpinBox

from studio.ui.main_window import MainWindow

CONTROL = Qt.KeyboardModifier.ControlModifier

Open = Callable[..., MainWindow]
"""The fixture `open_window`: open_window(model=True, ready=True)."""


def press(window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier = CONTROL) -> None:
    QTest.keyClick(window.editor, key, modifier)


def finished(window: MainWindow) -> bool:
    return not window.editor.is_generating


def set_length(window: MainWindow, tokens: int) -> None:
    find(window, QSpinBox, "param_max_new_tokens").setValue(tokens)


def fix_seed(window: MainWindow, seed: int) -> None:
    options = window.sampling.options
    options.set_options(replace(options.options(), seed=seed, seed_fixed=True))
    options.changed.emit()


def saved(window: MainWindow) -> bool:
    """Whether all that is on the screen is on the disk, as the status line says."""
    return find(window, QLabel, "statusSaved").text().startswith("Saved ")
