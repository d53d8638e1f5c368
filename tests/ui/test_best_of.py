"""Best of several, through the window: the likeliest is in the text, the others stay beside it."""

from __future__ import annotations

import re

from driving import Open, finished, fix_seed, press, set_length
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.core.chain import with_values
from studio.core.processors.choosing import best
from studio.ui.main_window import MainWindow

PROMPT = "Once upon a time, there was a little fox who"


def test_the_likeliest_is_taken_and_the_others_stay(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    fix_seed(window, 41)
    window.sampling.set_processors(with_values(window.sampling.all_processors(), {"best_of": 4}))
    window.editor.setPlainText(PROMPT)
    set_length(window, 15)
    press(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not finished(window)
    qtbot.waitUntil(lambda: finished(window), timeout=30_000)
    qtbot.waitUntil(lambda: len(window.bottom.variants.cards) >= 4, timeout=5000)
    history = window.editor.manuscript.history
    steps = sorted((n for n in history.nodes.values() if n.source > 0), key=lambda n: n.id)
    written = ["".join(edit.inserted for edit in step.edits) for step in steps]
    assert len(set(written)) == 4
    text = window.editor.toPlainText()[len(PROMPT) :]
    qtbot.waitUntil(lambda: sorted(told(window)) == sorted(written), timeout=5000)
    qtbot.waitUntil(lambda: all("perplexity" in numbers(window, n) for n in (1, 2, 3, 4)), timeout=5000)
    perplexities = [float(re.findall(r"perplexity ([\d.,]+)", numbers(window, n))[0]) for n in (1, 2, 3, 4)]
    assert text == told(window)[best([[-number] for number in perplexities])]


def test_of_a_beam_search_the_best_is_in_the_text_and_the_others_beside_it(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    written = []
    for seed in (41, 42):
        fix_seed(window, seed)
        window.sampling.set_processors(with_values(window.sampling.all_processors(), {"beams": 3}))
        window.editor.setPlainText(PROMPT)
        set_length(window, 12)
        press(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert not finished(window)
        qtbot.waitUntil(lambda: finished(window), timeout=30_000)
        qtbot.waitUntil(lambda: len(window.bottom.variants.cards) >= 3, timeout=5000)
        texts = told(window)[:3]
        assert len(set(texts)) == 3
        assert window.editor.toPlainText() == PROMPT + texts[0]
        written.append(texts)
    assert written[0] == written[1]  # no dice


def told(window: MainWindow) -> list[str]:
    """The texts of the cards."""
    return [card.text.text for card in window.bottom.variants.cards[:4]]


def numbers(window: MainWindow, card: int) -> str:
    """What a card tells."""
    return find(window, QLabel, f"variantNumbers{card}").text()
