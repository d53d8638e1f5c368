"""Heat behind the words: how hot, what colour, and exactly where, whatever the script."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QInputMethodEvent, QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.core.history import SPECIAL, Run
from studio.core.manuscript import Manuscript
from studio.core.messages import END_OF_TEXT, ReadToken
from studio.ui import theme as themes
from studio.ui.document_mirror import LONG_PARAGRAPH
from studio.ui.editor import Editor
from studio.ui.elided_label import ElidedLabel
from studio.ui.heat.kinds import BY_NAME, LEVELS, heat_colour, in_words, share
from studio.ui.heat.legend import Legend
from studio.ui.heat.painter import HeatPainter
from studio.ui.text_numbers import TextNumbers, TextToken

THEMES = [themes.LIGHT, themes.DARK]


def numbered(probability: float = 0.01, rank: int = 5, entropy: float = 2.0, start: int = 0) -> TextToken:
    logprob = math.log(probability) if probability > 0 else -math.inf
    return TextToken(7, start, start + 1, logprob, rank, entropy, None)


def put_words(numbers: TextNumbers, text: str, probability: float = 0.001) -> list[ReadToken]:
    """Numbers for every word with the space before it, as GPT-2 cuts them, and every line end."""
    tokens = [
        ReadToken(7, found.start(), found.end(), math.log(probability), 50, 3.0)
        for found in re.finditer(r" ?[^\s]+|\n|\s+", text)
    ]
    numbers.put_read(1, 0, 0, tokens)
    return tokens


@pytest.fixture
def painter(editor: Editor) -> HeatPainter:
    made = HeatPainter(editor, themes.LIGHT)
    made.kind = "surprisal"
    return made


def rects(editor: Editor, painter: HeatPainter) -> list[QRectF]:
    return [rect for rect, _, _ in painter.marks(editor.viewport().rect())]


# -- how hot -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["probability", "surprisal"])
def test_less_likely_is_hotter_and_the_impossible_is_hottest(kind: str) -> None:
    levels = [share(kind, numbered(p)) for p in (1.0, 0.4, 0.1, 0.01, 1e-9, 0.0)]
    assert levels == sorted(levels)
    assert levels[0] == 0.0
    assert levels[-1] == 1.0


def test_ranks_have_the_bands_of_gltr() -> None:
    ranks = [1, 2, 10, 11, 100, 101, 1000, 1001]
    assert [share("rank", numbered(rank=rank)) for rank in ranks] == [0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1]


def test_entropy_is_hot_where_the_model_was_undecided_and_bad_numbers_are_clean() -> None:
    assert share("entropy", numbered(entropy=0.0)) == 0.0
    assert share("entropy", numbered(entropy=4 * math.log(2))) == pytest.approx(0.5)
    assert share("entropy", numbered(entropy=20.0)) == 1.0
    assert share("entropy", numbered(entropy=math.nan)) == 0.0


@pytest.mark.parametrize("theme", THEMES)
def test_ink_can_be_read_on_every_heat_and_generated_words_on_their_tint(theme: themes.Theme) -> None:
    colours = [heat_colour(theme, level, theme.paper).name() for level in range(LEVELS + 1)]
    assert colours[0].upper() == theme.paper
    assert min(themes.contrast(theme.ink, colour) for colour in colours) >= 4.5
    lightness = [themes.luminance(colour) for colour in colours]
    assert lightness == sorted(lightness, reverse=not theme.dark), "one order of lightness for everyone"
    assert themes.contrast(theme.accent, theme.tint) >= 4.5


def test_numbers_are_said_with_their_units() -> None:
    assert in_words(numbered(1 / 147, rank=12, entropy=4.1 * math.log(2))) == (
        "0.68%, one in 147 · 7.2 bits · rank 12 · entropy 4.1 bits"
    )
    assert in_words(numbered(1 / 147, rank=12), "surprisal").startswith("7.2 bits, one in 147 · 0.68%")
    assert in_words(numbered(1 / 147, rank=12), "rank").startswith("rank 12 · 0.68%, one in 147")
    assert in_words(numbered(0.0)).startswith("0%: impossible · ∞ bits")
    assert "one in" not in in_words(numbered(0.9))


# -- where -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Once upon a time there was a fox",
        "word " * 60,
        "a 🦊 fox 👩‍👩‍👧 and 𝄞 music",
        "很久 以前 有一只 狐狸",
        "two\n\nparagraphs\tand  spaces",
    ],
)
def test_what_is_behind_a_word_is_where_the_word_is(editor: Editor, painter: HeatPainter, text: str) -> None:
    editor.setPlainText(text)
    put_words(painter.numbers, text)
    found = rects(editor, painter)
    words = list(re.finditer(r"[^\s]+", text))
    assert len(found) >= len(words)
    for word in words:
        edges = []
        for offset in (word.start(), word.end()):
            cursor = QTextCursor(editor.document())
            cursor.setPosition(editor.mirror.to_document(offset))
            edges.append(editor.cursorRect(cursor))
        if edges[0].top() != edges[1].top():
            continue  # a caret after the last word of a line may stand in the next
        behind = [
            r for r in found if abs(r.left() - edges[0].left()) < 2 and abs(r.right() - edges[1].left()) < 3
        ]
        assert any(abs(r.center().y() - edges[0].center().y()) < 8 for r in behind), word


def test_words_from_right_to_left_have_their_heat_behind_them(editor: Editor, painter: HeatPainter) -> None:
    text = "fox שלום עולם end"
    editor.setPlainText(text)
    put_words(painter.numbers, text)
    found = sorted(rects(editor, painter), key=lambda rect: rect.left())
    assert len(found) == 4
    assert all(one.right() < other.left() + 2 for one, other in pairwise(found))
    assert all(rect.width() > 10 for rect in found)


def test_half_a_character_gives_its_heat_to_the_one_it_completes(
    editor: Editor, painter: HeatPainter
) -> None:
    editor.setPlainText("🦊 fox")
    sure = math.log(0.99)
    painter.numbers.put_read(
        1,
        0,
        0,
        [
            ReadToken(1, 0, 0, -9.0, 900, 3.0),
            ReadToken(2, 0, 1, sure, 1, 0.1),
            ReadToken(3, 1, 5, sure, 1, 1.0),
        ],
    )
    marks = list(painter.marks(editor.viewport().rect()))
    assert [level for _, level, _ in marks] == [LEVELS]
    assert marks[0][0].width() > 8


def test_text_without_numbers_is_unmarked_and_only_lines_in_view_are_painted(
    editor: Editor, painter: HeatPainter
) -> None:
    text = "word " * 5000
    editor.setPlainText(text)
    assert rects(editor, painter) == []
    put_words(painter.numbers, text)
    assert 20 < len(rects(editor, painter)) < 400
    bar = editor.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    assert 20 < len(rects(editor, painter)) < 400


def test_pieces_of_a_long_paragraph_are_painted_alike(editor: Editor, painter: HeatPainter) -> None:
    text = "abcd " * (LONG_PARAGRAPH // 2)
    editor.setPlainText(text)
    assert editor.document().blockCount() > 1
    put_words(painter.numbers, text)
    editor.set_caret(len(text) - 1)
    found = rects(editor, painter)
    widths = {round(rect.width()) for rect in found}
    assert max(widths) - min(widths) <= 1, "no mark for the break that is not in the text"


def test_a_surprising_line_end_has_a_mark_of_its_own(editor: Editor, painter: HeatPainter) -> None:
    editor.setPlainText("fox\nend")
    painter.numbers.put_read(1, 0, 0, [ReadToken(1, 3, 4, -9.0, 900, 3.0)])
    found = rects(editor, painter)
    assert len(found) == 1
    cursor = QTextCursor(editor.document())
    cursor.setPosition(3)
    assert found[0].left() >= editor.cursorRect(cursor).left() - 1


def test_an_empty_text_and_one_of_white_space_alone_are_painted_without_trouble(
    editor: Editor, painter: HeatPainter
) -> None:
    assert rects(editor, painter) == []
    editor.setPlainText("   \n\t\n")
    put_words(painter.numbers, "   \n\t\n")
    assert rects(editor, painter)


def test_the_end_of_text_token_is_one_mark_and_the_typed_characters_are_their_own(
    editor: Editor, painter: HeatPainter
) -> None:
    text = END_OF_TEXT + " and " + END_OF_TEXT
    editor.load(Manuscript())
    editor.replace_range(0, 0, END_OF_TEXT, (Run(len(END_OF_TEXT), SPECIAL),))
    editor.replace_range(len(END_OF_TEXT), len(END_OF_TEXT), " and " + END_OF_TEXT)
    n, at = len(END_OF_TEXT), len(END_OF_TEXT) + 5
    spans = ((0, n), (at, at + 2), (at + 2, len(text)))
    painter.numbers.put_read(1, 0, 0, [ReadToken(1, start, end, -9.0, 900, 3.0) for start, end in spans])
    found = rects(editor, painter)
    assert len(found) == 3
    assert found[1].width() + found[2].width() == pytest.approx(found[0].width(), rel=0.3)


def test_what_an_input_method_proposes_moves_the_heat_along(editor: Editor, painter: HeatPainter) -> None:
    editor.setPlainText("fox end")
    painter.numbers.put_read(1, 0, 0, [ReadToken(1, 3, 7, -9.0, 900, 3.0)])
    editor.set_caret(0)
    before = rects(editor, painter)
    QApplication.sendEvent(editor, QInputMethodEvent("wwww", []))
    after = rects(editor, painter)
    assert len(before) == len(after) == 1
    assert after[0].left() > before[0].left() + 10
    assert after[0].width() == pytest.approx(before[0].width(), abs=1)


@pytest.mark.parametrize("theme", THEMES)
def test_heat_is_painted_behind_the_words(editor: Editor, theme: themes.Theme) -> None:
    painter = HeatPainter(editor, theme)
    painter.kind = "surprisal"
    editor.setPlainText("fox end")
    painter.numbers.put_read(1, 0, 0, [ReadToken(1, 3, 7, -20.0, 900, 3.0)])
    image = editor.viewport().grab().toImage()
    hot = QColor(theme.heat).rgb()
    ratio = image.devicePixelRatio()
    left = rects(editor, painter)[0].left() * ratio
    columns = {x for y in range(image.height()) for x in range(image.width()) if image.pixel(x, y) == hot}
    assert columns
    assert min(columns) >= left - 1


def test_generated_words_have_a_tint_when_coloured_by_origin(editor: Editor, painter: HeatPainter) -> None:
    painter.kind = "origin"
    editor.setPlainText("Mine. ")
    editor.begin_generation(7, 6)
    editor.add_generated("Its own words.")
    editor.end_generation()
    found = rects(editor, painter)
    assert len(found) == 1
    cursor = QTextCursor(editor.document())
    cursor.setPosition(6)
    assert found[0].left() == pytest.approx(editor.cursorRect(cursor).left(), abs=2)


def test_numbers_being_renewed_are_hatched_only_once_they_are_late(
    editor: Editor, painter: HeatPainter
) -> None:
    editor.setPlainText("fox end")
    put_words(painter.numbers, "fox end")
    painter.numbers.all_stale()
    assert not any(stale for _, _, stale in painter.marks(editor.viewport().rect()))
    painter.marks_stale = True
    assert all(stale for _, _, stale in painter.marks(editor.viewport().rect()))
    editor.viewport().grab()


# -- the legend --------------------------------------------------------------------------------------------


def test_the_legend_explains_its_kind_and_tells_the_numbers_pointed_at(
    qtbot: QtBot, find_text: Callable[[Legend], str]
) -> None:
    legend = Legend(themes.DARK)
    qtbot.addWidget(legend)
    for name, kind in BY_NAME.items():
        legend.show_kind(name)
        legend.show_token(numbered(1 / 147, rank=12), " fox")
        assert kind.meaning in find_text(legend)
        assert ("rank 12" in find_text(legend)) is True
        legend.grab()
    legend.show_token(numbered(0.5), "<b>x")
    assert "&lt;b&gt;x" in legend._numbers.toolTip()
    legend.show_token(None, "")
    assert "rank 12" not in find_text(legend)
    legend.show_kind("off")
    assert legend.isHidden()


@pytest.fixture
def find_text() -> Callable[[Legend], str]:
    return lambda legend: " ".join(label.full for label in legend.findChildren(ElidedLabel))
