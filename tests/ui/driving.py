"""Drives the whole app through its window, as a user does."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

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


def kill_model_process() -> None:
    """The process that this one's window computes in ends at once."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    for pid in {int(pid) for file in children for pid in file.read_text(encoding="ascii").split()}:
        if b"--model-process" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
