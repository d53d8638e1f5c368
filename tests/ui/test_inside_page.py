"""Inside the model, through the window with the real model: what is seen, what is marked, what is off."""

from __future__ import annotations

import pytest
from driving import Open, finished, fix_seed, press, set_length
from finding import find
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.core.environment import Environment
from studio.core.inside_messages import SENTENCES
from studio.core.messages import ReadPlace, Weight, WordsWeighed
from studio.interior import Interior
from studio.ui import theme as themes
from studio.ui.inside.figure import Figure
from studio.ui.inside.heads import MAX_MARKS, binned
from studio.ui.inside.marks import SourceMarks
from studio.ui.inside.page import InsidePage
from studio.ui.inside.weights import WeightBars
from studio.ui.main_window import MainWindow

TEXT = "Once upon a time, there was a fox. The fox was sad. It had no friend in the wood. One day the fox"


def interior(window: MainWindow) -> Interior:
    controller = window.findChild(Controller)
    assert controller is not None
    return controller.views.interior


def opened(open_window: Open, qtbot: QtBot) -> tuple[MainWindow, InsidePage]:
    """The page with the last word of TEXT looked at."""
    window = open_window()
    window.editor.setPlainText(TEXT)
    press(window, Qt.Key.Key_F7, Qt.KeyboardModifier.NoModifier)
    page = window.side.inside
    assert page.isVisible()
    qtbot.waitUntil(lambda: page.attention.attention is not None, timeout=10_000)
    return window, page


def test_f7_shows_what_the_model_looked_at_and_marks_it_in_the_text(open_window: Open, qtbot: QtBot) -> None:
    window, page = opened(open_window, qtbot)
    assert find(window, QLabel, "insideToken").text() == "␣fox"
    assert page.hint == ""
    seen = page.attention.attention
    assert seen is not None
    assert "".join(seen.words.texts) == TEXT[: -len(" fox")]
    assert len(seen.heads) == page.attention.heads.count() > 1
    marks = find(window, SourceMarks, "sourceMarks").marks
    assert marks
    strongest, share = seen.strongest(page.attention.heads.current)[0]
    best = max(marks, key=lambda mark: mark.strength)
    assert TEXT[best.start : best.end] == seen.words.texts[strongest]
    assert best.strength == pytest.approx(share)
    window.side.setCurrentWidget(window.sampling)
    assert not find(window, SourceMarks, "sourceMarks").marks


def test_layer_and_head_are_chosen_with_the_keyboard(open_window: Open, qtbot: QtBot) -> None:
    _, page = opened(open_window, qtbot)
    first = page.attention.attention
    page.attention.layer.setFocus()
    QTest.keyClick(page.attention.layer, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: page.attention.attention not in (None, first), timeout=5000)
    seen = page.attention.attention
    assert seen is not None
    assert seen.layer == 1
    page.attention.heads.setFocus()
    QTest.keyClick(page.attention.heads, Qt.Key.Key_Down)
    assert page.attention.heads.current == 1
    assert "Head 2" in {label.text() for label in page.attention.findChildren(QLabel)}
    page.attention.tokens.setFocus()
    QTest.keyClick(page.attention.tokens, Qt.Key.Key_End)
    told = find(page, QLabel, "insideTold").text()
    assert "of the attention of head 2" in told
    assert seen.words.shown(len(seen.words.texts) - 1) in told


def test_arcs_go_from_every_token_to_those_it_looked_at(open_window: Open, qtbot: QtBot) -> None:
    _, page = opened(open_window, qtbot)
    arcs = page.attention.arcs
    find(page, QPushButton, "insideAsArcs").click()
    qtbot.waitUntil(lambda: arcs.count() > 0, timeout=5000)
    seen = page.attention.attention
    assert seen is not None
    assert arcs.count() == len(seen.words.texts)
    assert arcs.isVisible()
    header, rows = arcs.rows()
    last = [row for row in rows if row[header.index("token index")] == arcs.count() - 1]
    share, source = max((float(str(row[6])), row[4]) for row in last)
    strongest, wanted = seen.strongest(0)[0]
    assert source == strongest
    assert share == pytest.approx(wanted, abs=1e-2)


def test_the_lens_ends_with_what_the_model_thinks_of_the_word(open_window: Open, qtbot: QtBot) -> None:
    window, page = opened(open_window, qtbot)
    page.views.setCurrentWidget(page.lens)
    lens = page.lens.lens
    qtbot.waitUntil(lambda: lens.count() == 5, timeout=5000)
    header, rows = lens.rows()
    token = interior(window).target
    assert token is not None
    assert rows[-1][header.index("rank of the token")] == token.token.rank
    QTest.keyClick(lens, Qt.Key.Key_End)
    assert f"rank {token.token.rank:,}" in find(page, QLabel, "insideLensTold").text()


def test_what_mattered_is_said_by_word_and_by_sentence(open_window: Open, qtbot: QtBot) -> None:
    window, page = opened(open_window, qtbot)
    page.views.setCurrentWidget(page.words)
    bars = page.words.weights
    qtbot.waitUntil(lambda: bars.count() > 5, timeout=10_000)
    sizes = [abs(weight.nats) for weight in bars.shown]
    assert sizes == sorted(sizes, reverse=True)
    find(page, QPushButton, "insideSentences").click()
    qtbot.waitUntil(lambda: bars.count() == 4, timeout=10_000)
    assert [bars.named(weight) for weight in bars.shown][:2] == [
        "Once upon a time, there was a fox.",
        "The fox was sad.",
    ]
    assert "probability here is" in find(page, QLabel, "insideWeightsTold").text()
    qtbot.waitUntil(lambda: bool(find(window, SourceMarks, "sourceMarks").marks))


def test_another_caret_is_another_word_unless_it_is_held(open_window: Open, qtbot: QtBot) -> None:
    window, page = opened(open_window, qtbot)
    chip = find(window, QLabel, "insideToken")
    window.editor.set_caret(TEXT.index(" was sad"))
    inside = interior(window)
    qtbot.waitUntil(lambda: inside.target is not None and inside.target.token.start < 40, timeout=5000)
    QTest.keyClick(page._next, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: chip.text() == "␣was", timeout=5000)
    page.hold.setChecked(True)
    window.editor.set_caret(len(TEXT))
    qtbot.wait(300)
    assert chip.text() == "␣was"
    page.hold.setChecked(False)
    qtbot.waitUntil(lambda: chip.text() == "␣fox", timeout=5000)


def test_without_text_the_page_says_what_it_is_for(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.actions_by_name["inside"].trigger()
    page = window.side.inside
    assert "Put the caret behind a word" in page.hint
    assert not find(window, QLabel, "insideToken").isVisible()


def test_an_edit_takes_the_marks_away_and_looks_again(open_window: Open, qtbot: QtBot) -> None:
    window, _ = opened(open_window, qtbot)
    marks = find(window, SourceMarks, "sourceMarks")
    qtbot.waitUntil(lambda: bool(marks.marks))
    window.editor.replace_range(len(TEXT), len(TEXT), " ran")
    assert marks.marks == ()
    qtbot.waitUntil(lambda: find(window, QLabel, "insideToken").text() == "␣ran", timeout=10_000)
    qtbot.waitUntil(lambda: bool(marks.marks), timeout=10_000)


def generated(window: MainWindow, qtbot: QtBot) -> int:
    """Let the model write; returns the id of the generation."""
    window.editor.set_caret(len(window.editor.manuscript.text))
    set_length(window, 12)
    fix_seed(window, 7)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.is_generating, timeout=10_000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    return max(run.source for run in window.editor.manuscript.runs)


def environment(window: MainWindow, generation_id: int) -> str | None:
    """What its record says was off; None while that is looked up."""
    controller = window.findChild(Controller)
    assert controller is not None
    found = controller.sessions.autosave.record(generation_id)
    if found is None:
        found = controller.views.provenance.record(generation_id)
    return None if found is None else Environment.from_json(found.environment).switched_off


def test_without_a_head_the_model_writes_something_else_and_the_record_says_so(
    open_window: Open, qtbot: QtBot
) -> None:
    window, page = opened(open_window, qtbot)
    first = generated(window, qtbot)
    whole = window.editor.manuscript.text
    page.views.setCurrentWidget(page.switches)
    grid = page.switches.grid
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Space)  # layer 1
    QTest.keyClick(grid, Qt.Key.Key_Down)
    QTest.keyClick(grid, Qt.Key.Key_Right)
    QTest.keyClick(grid, Qt.Key.Key_Space)  # head 1 of layer 2
    assert (grid.layers, grid.heads) == ((0,), ((1, 0),))
    qtbot.waitUntil(lambda: "L1 L2H1" in window.notice.text(), timeout=10_000)
    status = find(window, QLabel, "statusModel").text()
    assert status == "starter without L1 L2H1"
    qtbot.waitUntil(lambda: page.hint == "", timeout=10_000)
    window.editor.set_caret(len(TEXT) + 1)
    qtbot.waitUntil(lambda: page.switches.regenerate.isEnabled(), timeout=10_000)
    interior(window).follow()
    page.switches.regenerate.click()
    qtbot.waitUntil(lambda: window.editor.is_generating, timeout=10_000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    second = max(run.source for run in window.editor.manuscript.runs)
    assert second != first
    assert window.editor.manuscript.text != whole
    assert environment(window, second) == "L1 L2H1"
    qtbot.waitUntil(lambda: environment(window, first) is not None, timeout=5000)
    assert environment(window, first) == ""
    siblings, _ = window.editor.manuscript.history.variants()
    assert len(siblings) == 2
    find(page, QPushButton, "insideAllOn").click()
    qtbot.waitUntil(lambda: find(window, QLabel, "statusModel").text() == "starter", timeout=10_000)
    qtbot.waitUntil(lambda: "on again" in window.notice.text(), timeout=10_000)
    assert (grid.layers, grid.heads) == ((), ())


def test_regenerating_where_one_wrote_oneself_says_why_not(open_window: Open, qtbot: QtBot) -> None:
    window, page = opened(open_window, qtbot)
    page.switches.regenerate.click()
    assert "did not write this word" in window.notice.text()
    assert window.editor.manuscript.text == TEXT


def test_from_the_middle_of_a_generation_its_beginning_stays(open_window: Open, qtbot: QtBot) -> None:
    window, page = opened(open_window, qtbot)
    generated(window, qtbot)
    whole = window.editor.manuscript.text
    window.editor.set_caret(len(TEXT) + 12)
    token = interior(window)._insight.numbers.at(len(TEXT) + 11)
    assert token is not None
    start = token.start
    assert len(TEXT) < start < len(TEXT) + 12
    page.switches.grid.toggle(0)
    page.switches.regenerate.click()
    qtbot.waitUntil(lambda: window.editor.is_generating, timeout=10_000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    assert window.editor.manuscript.text[:start] == whole[:start]
    window.editor.undo()
    assert window.editor.manuscript.text == whole


def test_while_the_model_writes_the_page_says_so(open_window: Open, qtbot: QtBot) -> None:
    window, page = opened(open_window, qtbot)
    window.editor.set_caret(len(TEXT))
    set_length(window, 200)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "writing" in page.hint or "read" in page.hint, timeout=10_000)
    press(window, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    qtbot.waitUntil(lambda: finished(window), timeout=10_000)
    qtbot.waitUntil(lambda: page.hint == "", timeout=10_000)


def test_the_figures_can_be_taken_along_as_pictures_and_tables(open_window: Open, qtbot: QtBot) -> None:
    _, page = opened(open_window, qtbot)
    page.views.setCurrentWidget(page.words)
    qtbot.waitUntil(lambda: page.words.weights.count() > 5, timeout=10_000)
    for figure in (page.attention.heads, page.attention.tokens, page.lens.lens, page.words.weights,
                   page.switches.grid):  # fmt: skip
        assert isinstance(figure, Figure)
        header, rows = figure.rows()
        assert rows
        assert all(len(row) == len(header) for row in rows)
        assert figure.export.svg().startswith(b"<?xml")
        for index in range(figure.count()):
            assert figure.describe(index)


def test_a_bar_says_by_sign_what_its_colour_says(qtbot: QtBot) -> None:
    bars = WeightBars(themes.LIGHT)
    qtbot.addWidget(bars)
    weights = (Weight(0, 1, 0.5), Weight(1, 2, -1.5))
    bars.show_weights(WordsWeighed(1, ReadPlace(1, 2), 3, SENTENCES, ("A ", "b"), (2, 1), -1.0, weights, 0))
    bars.resize(300, 40)
    assert "for it: 0.500 nats" in bars.describe(0)
    assert "against it: 1.500 nats" in bars.describe(1)
    image = bars.grab().toImage()
    middle = QPoint(round(300 * 0.45) + 8 + (300 - round(300 * 0.45) - 8 - 62) // 2, 10)
    assert image.pixelColor(middle + QPoint(6, 0)).name().upper() == themes.LIGHT.plus
    assert image.pixelColor(middle + QPoint(-6, 20)).name().upper() == themes.LIGHT.minus


def test_switching_is_not_called_off_by_looking_elsewhere(open_window: Open, qtbot: QtBot) -> None:
    window, page = opened(open_window, qtbot)
    inside = interior(window)
    page.switches.grid.toggle(1)
    inside._switch()
    window.editor.set_caret(TEXT.index(" was sad"))
    inside.follow()
    window.editor.set_caret(len(TEXT))
    inside.follow()
    qtbot.waitUntil(lambda: "L1H1" in window.notice.text(), timeout=10_000)
    qtbot.waitUntil(
        lambda: page.attention.attention is not None and inside.target is not None, timeout=10_000
    )


def test_a_model_that_has_gone_comes_back_with_everything_on(open_window: Open, qtbot: QtBot) -> None:
    window, page = opened(open_window, qtbot)
    page.switches.grid.toggle(0)
    qtbot.waitUntil(lambda: "L1" in window.notice.text(), timeout=10_000)
    window.actions_by_name["starter_model"].trigger()
    qtbot.waitUntil(lambda: find(window, QLabel, "statusModel").text() == "starter", timeout=20_000)
    assert page.switches.grid.layers == ()


def test_of_a_long_context_the_strip_keeps_what_is_strongest() -> None:
    shares = [0.0] * 1000
    shares[501] = 0.7
    bins = binned(shares)
    assert len(bins) == MAX_MARKS
    assert bins.index(0.7) == 501 * MAX_MARKS // 1000
    assert binned([0.5, 0.5]) == [0.5, 0.5]
