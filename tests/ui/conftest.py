"""A window's parts without an app: an editor, hand-made tokens."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from studio.core.messages import Candidate, Token
from studio.ui import theme as themes
from studio.ui.editor import Editor


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
