"""A whole app in its window; or a window's parts without an app: an editor, hand-made tokens."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driving import Open
from finding import find
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio import app
from studio.controller import Controller
from studio.core.messages import Candidate, Token
from studio.ui import theme as themes
from studio.ui.editor import Editor
from studio.ui.main_window import MainWindow


@pytest.fixture
def open_window(qtbot: QtBot, own_library: Path) -> Iterator[Open]:
    """Open the app (again); closing is the fixture's if the test does not."""
    windows: list[MainWindow] = []

    def open_one(*, model: bool = True, ready: bool = True) -> MainWindow:
        _, window = app.create(["gpt2-studio", "--library", str(own_library)])
        windows.append(window)
        find(window, Controller, "controller").views.finish()  # no test waits for the pages that come late
        qtbot.addWidget(window)
        window.show()
        if ready:
            qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=10_000)
        if model:
            label = find(window, QLabel, "statusModel")
            qtbot.waitUntil(lambda: label.text() == "starter", timeout=30_000)
        return window

    yield open_one
    for window in windows:
        window.close()


@pytest.fixture
def editor(qtbot: QtBot) -> Editor:
    """A shown, writable editor."""
    made = Editor(themes.LIGHT)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    return made


@pytest.fixture
def token() -> Callable[..., Token]:
    """Make a token from its text."""

    def make(text: str = " fox", probability: float = 0.25, raw: bytes | None = None) -> Token:
        candidates = (
            Candidate(7, text, math.log(probability), 0.4),
            Candidate(8, " dog", math.log(0.1), 0.1),
            Candidate(9, "\n", math.log(0.01), 0.0),
        )
        data = text.encode() if raw is None else raw
        return Token(7, data, text, math.log(probability), 0.4, 1, 2.0, candidates)

    return make
