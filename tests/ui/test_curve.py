"""The curve panel by itself: figures, keys, mouse, sentences."""

from __future__ import annotations

import math
import random
from array import array

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.core.messages import ReadToken
from studio.ui import theme as themes
from studio.ui.curve import plot
from studio.ui.curve.panel import AT_ONCE, CurvePanel
from studio.ui.curve.sentence_list import cut
from studio.ui.text_numbers import TextNumbers, bits_per_byte, perplexity
from studio.ui.text_series import Extremes, TextSeries

TEXT = "The fox ran. The purple epistemology sang! Then it slept."
LEFT = Qt.MouseButton.LeftButton


def series_of(text: str, width: int = 4, seed: int = 1) -> TextSeries:
    chance = random.Random(seed)
    numbers = TextNumbers()
    numbers.put_read(
        1,
        0,
        0,
        [
            ReadToken(
                7,
                start,
                min(start + width, len(text)),
                -chance.expovariate(0.4),
                chance.randint(1, 4000),
                2.0,
            )
            for start in range(0, len(text), width)
        ],
    )
    return TextSeries(numbers)


@pytest.fixture
def panel(qtbot: QtBot) -> CurvePanel:
    made = CurvePanel(themes.LIGHT)
    qtbot.addWidget(made)
    made.resize(900, 240)
    made.show()
    return made


def x_of(panel: CurvePanel, index: int) -> QPoint:
    area = panel.plot._area()
    return QPoint(round(plot.x_of(index, area, panel.plot.view)), 80)


def test_perplexity_and_bits_per_byte_are_those_of_the_definition() -> None:
    text = "Füchse 🦊 laufen"
    numbers = TextNumbers()
    tokens = [ReadToken(7, i, i + 1, -0.3 * i, 1 + i, 1.0) for i in range(len(text))]
    numbers.put_read(1, 0, 0, tokens)
    series = TextSeries(numbers)
    n = len(series)
    assert series.perplexity(0, n) == pytest.approx(perplexity(list(numbers)))
    assert series.bits_per_byte(0, n, text) == pytest.approx(bits_per_byte(list(numbers), text))
    assert series.span(3, 6) == (3, 6)
    assert series.span(4, 4) == (4, 4)
    assert math.isnan(series.perplexity(0, 0))


def test_the_impossible_is_infinite_in_words_and_does_not_break_the_picture(panel: CurvePanel) -> None:
    numbers = TextNumbers()
    numbers.put_read(1, 0, 0, [ReadToken(7, 0, 3, -math.inf, 4096, 0.0), ReadToken(7, 3, 7, -1.0, 2, 1.0)])
    panel.show_series(TextSeries(numbers), "The fox")
    assert "perplexity ∞ · ∞ bits/byte · 2 tokens" in panel.figures(0, 2)
    assert "0%: impossible" in panel.plot.describe(0)
    panel.grab()


@pytest.mark.parametrize("text", ["", " \n ", "x"])
def test_almost_no_text_is_drawn_without_trouble(panel: CurvePanel, text: str) -> None:
    panel.show_series(series_of(text), text)
    panel.grab()
    QTest.keyClick(panel.plot, Qt.Key.Key_Right)
    QTest.keyClick(panel.plot, Qt.Key.Key_Plus)
    QTest.mouseClick(panel.plot, LEFT, pos=QPoint(200, 80))
    panel.grab()


def test_the_keys_move_the_crosshair_zoom_and_go_there(qtbot: QtBot, panel: CurvePanel) -> None:
    text = TEXT * 20
    panel.show_series(series_of(text), text)
    view = panel.plot
    view.set_cursor(10)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.cursor_index == 11
    assert "token 12" in view.accessibleDescription()
    for _ in range(4):
        QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.view.last - view.view.first < len(series_of(text)) / 3
    assert view.view.first <= 11 <= view.view.last
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.view.last == len(series_of(text)), "the view follows the crosshair"
    with qtbot.waitSignal(panel.wanted) as wanted:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert wanted.args == [series_of(text).starts[-1] + 1]
    QTest.keyClick(view, Qt.Key.Key_0)
    assert (view.view.first, view.view.last) == (0, len(series_of(text)))


def test_a_brush_zooms_a_click_goes_there_and_a_double_click_shows_all(
    qtbot: QtBot, panel: CurvePanel
) -> None:
    text = TEXT * 20
    panel.show_series(series_of(text), text)
    view, whole = panel.plot, panel.plot.view
    QTest.mousePress(view, LEFT, pos=x_of(panel, 50))
    QTest.mouseMove(view, x_of(panel, 80))
    QTest.mouseMove(view, x_of(panel, 100))
    qtbot.wait(10)
    QTest.mouseRelease(view, LEFT, pos=x_of(panel, 100))
    assert view.view.first == pytest.approx(50.5, abs=1.5)
    assert view.view.last == pytest.approx(100.5, abs=1.5)
    with qtbot.waitSignal(panel.wanted) as wanted:
        QTest.mouseClick(view, LEFT, pos=x_of(panel, 60))
    assert wanted.args == [60 * 4 + 1]
    QTest.mouseDClick(view, LEFT, pos=x_of(panel, 60))
    assert (view.view.first, view.view.last) == (whole.first, whole.last)


def test_a_zoom_stays_when_the_numbers_change_and_all_stays_all(panel: CurvePanel) -> None:
    panel.show_series(series_of(TEXT * 10), TEXT * 10)
    panel.show_series(series_of(TEXT * 20), TEXT * 20)
    assert panel.plot.view.last == len(series_of(TEXT * 20))
    panel.plot.zoom(0.1, 100.0)
    before = panel.plot.view
    panel.show_series(series_of(TEXT * 21), TEXT * 21)
    assert panel.plot.view == before


def test_lines_can_be_switched_off_and_the_token_pointed_at_is_marked(panel: CurvePanel) -> None:
    panel.show_series(series_of(TEXT), TEXT)
    panel.show_pointed(9)
    assert panel.plot.view.marked == 2
    panel._switches["rank"].click()
    assert panel.plot.view.lines == {"surprisal", "entropy"}
    panel.grab()
    panel.show_pointed(len(TEXT) + 3)
    assert panel.plot.view.marked == -1


def test_the_selection_has_its_own_figures(panel: CurvePanel) -> None:
    series = series_of(TEXT)
    panel.show_series(series, TEXT)
    panel.show_selection(4, 12)
    assert f"selection: {panel.figures(1, 3)}" in panel._figures.full
    assert "2 tokens" in panel._figures.full
    panel.show_selection(4, 4)
    assert "selection" not in panel._figures.full
    assert "Perplexity: " in panel._figures.toolTip()


def test_sentences_are_sorted_by_surprise_and_one_goes_to_the_text(qtbot: QtBot, panel: CurvePanel) -> None:
    panel.show_series(series_of(TEXT), TEXT)
    model = panel.list.sentence_model
    assert model.rowCount() == 3
    bits = [model.sentence(row).bits for row in range(3)]
    assert bits == sorted(bits, reverse=True)
    panel.list.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert [model.sentence(row).start for row in range(3)] == [0, 13, 43]
    with qtbot.waitSignal(panel.wanted) as wanted:
        panel.list.clicked.emit(model.index(1, 2))
    assert wanted.args == [13]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three", ["One.", "Two!", "Three"]),
        ('He said, "No." Then left.', ['He said, "No."', "Then left."]),
        ("It cost 3.50 in all.", ["It cost 3.50 in all."]),
        ("你好。世界！“再见。”好", ["你好。", "世界！", "“再见。”", "好"]),
        ("Title\n\nText", ["Title", "Text"]),
        ("  \n ", []),
    ],
)
def test_texts_are_cut_into_sentences(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in cut(text, 0, len(text))] == found


def test_the_table_has_a_row_for_each_token(panel: CurvePanel) -> None:
    panel.show_series(series_of(TEXT), TEXT)
    header, rows = panel.plot.rows()
    assert len(rows) == len(series_of(TEXT))
    assert all(len(row) == len(header) for row in rows)
    assert "".join(str(row[3]) for row in rows) == TEXT
    assert b"bits" in panel._export.svg()


def test_a_hidden_panel_makes_up_for_what_it_missed(panel: CurvePanel) -> None:
    panel.hide()
    panel.show_series(series_of(TEXT), TEXT)
    assert panel.list.sentence_model.rowCount() == 0
    panel.show()
    assert panel.list.sentence_model.rowCount() == 3


def test_sentences_of_a_very_long_text_come_in_slices_and_are_all_there(
    panel: CurvePanel, qtbot: QtBot
) -> None:
    text = "The little fox ran away. " * 6000
    series = series_of(text)
    assert len(series) > AT_ONCE
    panel.show_series(series, text)
    model = panel.list.sentence_model
    assert model.rowCount() == 0
    panel.show_series(series_of(text, seed=2), text)  # while the first are being found
    qtbot.waitUntil(lambda: model.rowCount() == 6000, timeout=20_000)
    qtbot.waitUntil(lambda: not panel._slices.isActive(), timeout=20_000)
    panel.show_series(series_of(TEXT), TEXT)
    assert model.rowCount() == 3


def test_extremes_of_any_stretch_are_those_of_its_numbers() -> None:
    chance = random.Random(3)
    values = array("d", [chance.choice((chance.random(), chance.random(), math.inf)) for _ in range(400)])
    found = Extremes(values)
    for _ in range(300):
        first = chance.randrange(400)
        last = chance.randint(first + 1, 400)
        part = values[first:last]
        assert found.within(first, last) == (min(part), max(part))
        assert found.largest_finite(first, last) == max(filter(math.isfinite, part), default=0.0)


def test_a_long_text_shows_the_single_token_that_sticks_out(panel: CurvePanel) -> None:
    width = round(panel.plot._area().width())
    series = series_of("word" * 300 * width)
    series.surprisal = array("d", [1.0] * len(series))
    series.surprisal[len(series) // 3] = 30.0
    view = plot.View(0.0, float(len(series)))
    area, scale = panel.plot._area(), plot.scales(series, view)
    points = plot._points(area, series, view, scale, plot.SURPRISAL)
    (peak,) = (point for point in points if point.y() < area.center().y())
    assert peak.x() == pytest.approx(plot.x_of(len(series) // 3, area, view), abs=1.5)
