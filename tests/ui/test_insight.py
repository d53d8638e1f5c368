"""The text is read while one pauses, and its numbers follow the text, through the real window."""

from __future__ import annotations

import pytest
from driving import Open, finished, press
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.core import messages as m
from studio.insight import MAX_READ_CHARS, Insight, stretch
from studio.ui.main_window import MainWindow

TEXT = "Once upon a time, there was a little fox who lived in a tree."


def insight_of(window: MainWindow) -> Insight:
    controller = window.findChild(Controller)
    assert controller is not None
    return controller.insight


def covered(insight: Insight, text: str) -> bool:
    return "".join(text[t.start : t.end] for t in insight.numbers if not t.stale) == text


def test_what_one_types_has_numbers_soon_and_an_edit_renews_only_the_rest(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    insight, editor = insight_of(window), window.editor
    editor.setPlainText(TEXT)
    qtbot.waitUntil(lambda: covered(insight, TEXT), timeout=5000)
    before = list(insight.numbers)
    editor.replace_range(len(TEXT), len(TEXT), " And")
    assert list(insight.numbers) == before
    qtbot.waitUntil(lambda: covered(insight, TEXT + " And"), timeout=5000)
    assert [t.logprob for t in insight.numbers][: len(before)] == [t.logprob for t in before]


def test_what_the_model_writes_has_its_numbers_as_it_appears(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    insight, editor = insight_of(window), window.editor
    editor.setPlainText(TEXT)
    editor.set_caret(len(TEXT))
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(editor.manuscript.text) > len(TEXT) + 20, timeout=10_000)
    assert insight.numbers.at(len(TEXT) + 10) is not None
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    written = {t.start: t.logprob for t in insight.numbers if t.start >= len(TEXT)}
    qtbot.waitUntil(lambda: covered(insight, editor.manuscript.text), timeout=5000)
    again = {t.start: t.logprob for t in insight.numbers if t.start in written}
    assert again == pytest.approx(written, abs=1e-3)


def test_the_place_pointed_at_is_asked_about_and_again_when_a_slider_moves(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    insight, editor = insight_of(window), window.editor
    editor.setPlainText(TEXT)
    qtbot.waitUntil(lambda: covered(insight, TEXT), timeout=5000)
    with qtbot.waitSignal(insight.inspected, timeout=3000) as first:
        insight.point(TEXT.index("fox"))
    answer = first.args[0]
    assert isinstance(answer, m.PlaceInspected)
    assert answer.wanted[0].text.strip() == "fox"[: len(answer.wanted[0].text.strip())]
    with qtbot.waitSignal(insight.inspected, timeout=3000) as second:
        window.sampling.neutralise()
    assert second.args[0].from_memory
    assert second.args[0].n_left >= answer.n_left


def test_a_long_text_is_read_around_the_caret_in_a_stretch_that_stays() -> None:
    text = "A line of words.\n" * 40_000
    assert stretch("short", 3) == (0, 5)
    start, end = stretch(text, 400_000)
    assert 0 < start < 400_000 < end
    assert end - start == MAX_READ_CHARS
    assert text[start - 1] == "\n"
    assert stretch(text, 401_000) == (start, end)
