"""The cards by themselves: heat, numbers, keys, long texts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import pytest
from finding import find
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from studio.core.history import History, Node
from studio.core.messages import FinishReason, Token
from studio.settings import Settings
from studio.ui import theme as themes
from studio.ui.heat.kinds import LEVELS, heat_colour, heat_level
from studio.ui.heat_text import HeatText
from studio.ui.main_window import MainWindow
from studio.ui.variant_card import Variant
from studio.ui.variants_panel import VariantsPanel
from studio.variants import variants_here

MakeToken = Callable[..., Token]


def variant(
    node_id: int,
    tokens: Sequence[Token] = (),
    text: str = "",
    reason: FinishReason | None = FinishReason.LENGTH,
    *,
    is_running: bool = False,
) -> Variant:
    return Variant(node_id, node_id, tokens, text, 40 + node_id, reason, is_running)


@pytest.fixture
def panel(qtbot: QtBot) -> VariantsPanel:
    made = VariantsPanel(themes.LIGHT)
    qtbot.addWidget(made)
    made.resize(700, 240)
    made.show()
    return made


@pytest.fixture
def heat(qtbot: QtBot) -> HeatText:
    made = HeatText(themes.LIGHT)
    qtbot.addWidget(made)
    made.resize(200, 150)
    made.show()
    return made


def pixels(widget: HeatText) -> QImage:
    return widget.viewport().grab().toImage()


# -- heat --------------------------------------------------------------------------------------------------


def test_expected_words_stay_clean_and_surprise_glows() -> None:
    levels = [heat_level(math.log(p)) for p in (1.0, 0.6, 0.5, 0.2, 0.05, 0.01, 0.001, 1e-9)]
    assert levels[:3] == [0, 0, 0]
    assert levels == sorted(levels)
    assert levels[-1] == LEVELS == heat_level(-math.inf)
    assert 0 < levels[3] < levels[-2]


@pytest.mark.parametrize("theme", [themes.LIGHT, themes.DARK])
def test_words_can_be_read_on_every_heat_and_more_heat_is_further_from_the_paper(
    theme: themes.Theme,
) -> None:
    colours = [heat_colour(theme, level).name() for level in range(LEVELS + 1)]
    assert colours[0].upper() == theme.surface
    assert all(themes.contrast(theme.ink, colour) >= 4.5 for colour in colours)
    distances = [themes.contrast(theme.surface, colour) for colour in colours]
    assert distances == sorted(distances)
    assert distances[-1] > 1.4


def test_a_surprising_word_has_heat_behind_it_and_says_its_number(heat: HeatText, token: MakeToken) -> None:
    heat.append([token("clean ", 0.9), token("<b>hot</b>", 0.0001)])
    image = pixels(heat)
    hot = heat_colour(themes.LIGHT, heat_level(math.log(0.0001))).rgb()
    places = [QPoint(x, y) for y in range(4, 18) for x in range(image.width()) if image.pixel(x, y) == hot]
    assert places
    assert min(place.x() for place in places) > 20, "only behind the surprising word"
    found = heat.token_at(places[len(places) // 2])
    assert found is not None
    assert found.text == "<b>hot</b>"
    assert "&lt;b&gt;hot" in heat.describe(found)
    assert "0.01%" in heat.describe(found)
    assert heat.token_at(QPoint(4, 8)) is not found
    assert heat.token_at(QPoint(4, 140)) is None


def test_text_that_arrives_bit_by_bit_lies_as_if_it_had_come_at_once(
    qtbot: QtBot, heat: HeatText, token: MakeToken
) -> None:
    words = [
        "Once ",
        "upon",
        " a",
        " time\n",
        "\n",
        "狐狸很",
        "高兴。",
        "a" * 90,
        " \U0001f98a",
        "\u2028x",
    ] * 30
    tokens = [token(word, 0.9 ** (n % 60)) for n, word in enumerate(words)]
    for n in range(0, len(tokens), 3):
        heat.append(tokens[n : n + 3])
        heat.viewport().repaint()
    whole = HeatText(themes.LIGHT)
    qtbot.addWidget(whole)
    whole.append(tokens)
    whole.resize(heat.size())
    whole.show()
    qtbot.waitUntil(lambda: whole.verticalScrollBar().maximum() > 0)
    assert heat.text == whole.text == "".join(words).replace("\u2028", "\n")
    assert heat.verticalScrollBar().maximum() == whole.verticalScrollBar().maximum() > 1000
    for place in (0, 333, heat.verticalScrollBar().maximum()):
        for each in (heat, whole):
            each.verticalScrollBar().setValue(place)
        assert pixels(heat) == pixels(whole)


def test_another_width_breaks_the_lines_anew(heat: HeatText, token: MakeToken) -> None:
    heat.append([token("word ", 0.3)] * 400)
    heat.viewport().repaint()
    narrow = heat.verticalScrollBar().maximum()
    heat.resize(QSize(400, 150))
    heat.viewport().repaint()
    assert 0 < heat.verticalScrollBar().maximum() < 0.7 * narrow


def test_five_thousand_tokens_hold_nothing_up(panel: VariantsPanel, token: MakeToken) -> None:
    kinds = [token(text, p) for text in (" the", " fox", ",", " and", " jumped") for p in (0.9, 0.2, 0.01)]
    texts: list[list[Token]] = [[] for _ in range(8)]
    variants = [variant(n, texts[n]) for n in range(8)]
    slowest = 0.0
    for step in range(250):
        for number, tokens in enumerate(texts):
            tokens.extend(kinds[(step * 7 + k + number) % len(kinds)] for k in range(20))
        started = time.thread_time()
        panel.show_variants(variants, 0)
        for card in panel.cards:
            card.text.viewport().repaint()
        slowest = max(slowest, time.thread_time() - started)
    assert len(panel.cards[7].text.text) > 15_000
    assert slowest < 0.05, f"{1000 * slowest:.0f} ms for one look at eight alternatives"


# -- cards -------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_model_itself(panel: VariantsPanel, token: MakeToken) -> None:
    panel.show_variants([variant(1, [token(" a", 0.5), token(" b", 0.125)]), variant(2)], 1)
    numbers = find(panel, QLabel, "variantNumbers1").text()
    assert "25.0% per token" in numbers
    assert "perplexity 4.0" in numbers
    assert "\u22122.8" in numbers
    assert find(panel, QLabel, "variantEnd1").text() == "length reached · seed 41"
    assert find(panel, QLabel, "variantNumbers2").text() == ""
    assert "25.0%" in panel.cards[0].accessibleDescription()


@pytest.mark.parametrize("reason", [None, *FinishReason])
def test_every_end_has_a_word(panel: VariantsPanel, token: MakeToken, reason: FinishReason | None) -> None:
    panel.show_variants([variant(1, [token()], reason=reason), variant(2, reason=reason, is_running=True)], 1)
    assert " · seed 41" in find(panel, QLabel, "variantEnd1").text()
    assert find(panel, QLabel, "variantEnd2").text()


def test_a_text_without_its_probabilities_gets_them_when_they_come(
    panel: VariantsPanel, token: MakeToken
) -> None:
    panel.show_variants([variant(1, (), " <i>a fox</i>"), variant(2, (), " b")], None)
    assert panel.cards[0].text.text == " <i>a fox</i>"
    panel.show_variants([variant(1, [token(" a fox")]), variant(2, (), " b")], None)
    assert panel.cards[0].text.text == " a fox"
    assert find(panel, QLabel, "variantNumbers1").text()


def test_the_one_in_the_text_is_marked_in_words(panel: VariantsPanel, token: MakeToken) -> None:
    panel.show_variants([variant(1, [token()]), variant(2, [token()])], 2)
    assert [card.accessibleName() for card in panel.cards] == ["Variant 1", "Variant 2 · in the text"]
    panel.show_variants([variant(1, [token()]), variant(2, [token()])], 2, chosen=1)
    assert panel.cards[0].accessibleName() == "Variant 1 · chosen"
    panel.show_variants([], None)
    assert find(panel, QLabel, "variantsEmpty").isVisible()
    assert not panel.cards[0].isVisible()


def test_keys_and_mouse_ask_for_one(qtbot: QtBot, panel: VariantsPanel, token: MakeToken) -> None:
    asked: list[int] = []
    panel.picked.connect(asked.append)
    QTest.keyClick(panel, Qt.Key.Key_1)  # there is none yet
    panel.show_variants([variant(10 * n, [token()]) for n in range(1, 10)], 20)
    panel.setFocus()
    for key in (Qt.Key.Key_3, Qt.Key.Key_9, Qt.Key.Key_Home, Qt.Key.Key_Return, Qt.Key.Key_End):
        QTest.keyClick(panel, key)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Enter, Qt.Key.Key_Left, Qt.Key.Key_Space):
        QTest.keyClick(panel, key)
    assert asked == [30, 90, 10, 90, 80]
    assert panel.cards[7].visibleRegion().boundingRect().width() > 100, "scrolled to where the keyboard is"
    QTest.mouseClick(panel.cards[6], Qt.MouseButton.RightButton)
    QTest.mouseClick(panel.cards[6], Qt.MouseButton.LeftButton)
    assert asked[5:] == [70]


def test_new_ones_come_into_view_with_the_first_of_them_at_the_left(
    qtbot: QtBot, panel: VariantsPanel, token: MakeToken
) -> None:
    bar = find(panel, QScrollArea, "variantsScroll").horizontalScrollBar()
    variants = [variant(n, [token()]) for n in range(1, 7)]
    panel.show_variants(variants[:3], 2)
    panel.show_variants(variants, 4)
    qtbot.waitUntil(lambda: bar.value() == panel.cards[3].x() > 0 or bar.value() == bar.maximum() > 0)
    assert panel.cards[3].visibleRegion().boundingRect().width() == panel.cards[3].width()
    panel.show_variants([*variants, variant(7, [token()])], 4)  # a later one does not move them
    qtbot.wait(50)
    assert bar.value() == panel.cards[3].x()


def test_arrows_scroll_a_long_text(panel: VariantsPanel, token: MakeToken) -> None:
    panel.show_variants([variant(1, [token(" word")] * 500), variant(2, [token()])], 1)
    panel.cards[0].text.viewport().repaint()
    panel.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_Up):
        QTest.keyClick(panel, key)
    bar = panel.cards[0].text.verticalScrollBar()
    assert bar.value() == bar.pageStep()
    QTest.keyClick(panel, Qt.Key.Key_PageUp)
    assert bar.value() == 0


def test_the_button_says_how_many_and_offers_two_to_eight(qtbot: QtBot) -> None:
    window = MainWindow(Settings(n_alternatives=4))
    qtbot.addWidget(window)
    assert window.several_button.text() == "×4"
    choices = [find(window, QAction, f"several{n}") for n in range(2, 9)]
    assert [choice.isChecked() for choice in choices] == [n == 4 for n in range(2, 9)]
    with qtbot.waitSignal(window.several_button.count_changed) as caught:
        choices[0].trigger()
    assert caught.args == [2]
    assert window.several_button.text() == "×2"


# -- which -------------------------------------------------------------------------------------------------


def history(*rows: tuple[int, int, int, bool], head: int) -> History:
    return History.of(
        [Node(n, parent, "", source, pruned=pruned) for n, parent, source, pruned in rows], head
    )


def test_the_nearest_variants_are_those_ahead_else_those_passed() -> None:
    rows = ((1, 0, 0, False), (2, 1, 7, False), (3, 1, 8, False), (4, 3, 0, False), (5, 1, 0, False))
    assert variants_here(history(*rows, head=1)) == ((2, 3), None)
    assert variants_here(history(*rows, head=3)) == ((2, 3), 3)
    assert variants_here(history(*rows, head=4)) == ((2, 3), 3)
    assert variants_here(history(*rows, head=5)) == ((), None)
    pruned = (*rows[:2], (3, 1, 8, True))
    assert variants_here(history(*pruned, head=1)) == ((), None)
