"""Paints the heat behind the words of the lines in view. The words themselves are Qt's."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QTextBlock, QTextLine

from studio.core.manuscript import Origin
from studio.ui.editor import Editor
from studio.ui.heat.kinds import LEVELS, OFF, heat_colour, share
from studio.ui.text_numbers import TextNumbers, TextToken
from studio.ui.theme import Theme
from studio.ui.utf16 import Utf16Places, utf16_length

RADIUS = 3
PAD = 1.0
LINE_END_PX = 6
"""The mark of a surprising line end."""

_FIRST_RTL = "\u0590"
_TINTED = (Origin.GENERATED, Origin.EDITED)

Mark = tuple[QRectF, int, bool]
"""A rectangle, its level 0..LEVELS, and whether its number is stale."""


class Line:
    """A laid-out line: which characters of the text it shows, and where."""

    def __init__(self, block: QTextBlock, line: QTextLine, base: int, text: str, places: Utf16Places | None):
        layout = block.layout()
        self._line = line
        self.ascent, self.descent = line.ascent(), line.descent()
        self._base = base  # of the paragraph, in the text
        self._text = text  # of the paragraph
        self._places = places  # if it has characters of two units
        self._preedit = layout.preeditAreaPosition()
        self._preedit_length = utf16_length(layout.preeditAreaText()) if self._preedit >= 0 else 0
        first, last = line.textStart(), line.textStart() + line.textLength()
        self.start = base + self._code_points(self._without_preedit(first))
        self.end = base + self._code_points(self._without_preedit(last))
        self._rtl = not text.isascii() and max(text) >= _FIRST_RTL

    def _without_preedit(self, position: int) -> int:
        if self._preedit < 0 or position <= self._preedit:
            return position
        return max(self._preedit, position - self._preedit_length)

    def _code_points(self, units: int) -> int:
        return self._places.offset(units) if self._places else units

    def _unit(self, offset: int) -> int:
        """The place in the layout of a character of the text."""
        units = self._places.units(offset - self._base) if self._places else offset - self._base
        return units + self._preedit_length if 0 <= self._preedit <= units else units

    def span(self, start: int, end: int) -> tuple[float, float]:
        """Left and right edge of characters start..end, which are in this line."""
        first = self._unit(start)
        if self._rtl:
            rect = QRectF()
            for run in self._line.glyphRuns(first, self._unit(end) - first):
                rect = rect.united(run.boundingRect())
            if not rect.isEmpty():
                return rect.left(), rect.right()
        return self.edge(first), self.edge(self._unit(end))

    def edge(self, unit: int) -> float:
        """Where the caret stands before a place in the layout."""
        # The stubs say float; PySide returns the place too, since Qt takes a pointer to it.
        found: object = self._line.cursorToX(unit)
        return float(found[0]) if isinstance(found, tuple) else self._line.x()


def lines_in_view(editor: Editor, area: QRect) -> Iterator[tuple[Line, float, float, bool]]:
    """Each line in a part of the viewport: left and top in it, and whether a paragraph ends there."""
    scrolled = editor.verticalScrollBar().value()
    layout = editor.document().documentLayout()
    block = editor.cursorForPosition(area.topLeft()).block()
    while block.isValid():
        rect = layout.blockBoundingRect(block).translated(-editor.horizontalScrollBar().value(), -scrolled)
        if rect.top() > area.bottom():
            return
        text = block.text()
        places = None if text.isascii() or max(text) <= "\uffff" else Utf16Places(text)
        base = editor.mirror.to_text(block.position())
        laid_out = block.layout()
        for number in range(laid_out.lineCount()):
            line = laid_out.lineAt(number)
            top = rect.top() + line.y()
            if top > area.bottom():
                return
            if top + 2 * line.height() >= area.top():
                is_last = number == laid_out.lineCount() - 1
                ends = is_last and not editor.mirror.is_soft_break(block.position() + block.length() - 1)
                yield Line(block, line, base, text, places), rect.left(), top, ends
        block = block.next()


class HeatPainter:
    """Colours an editor's words by `kind`; `numbers` is what is known of them."""

    def __init__(self, editor: Editor, theme: Theme) -> None:
        self._editor = editor
        self.theme = theme
        self.numbers = TextNumbers()
        self.kind = OFF
        self.marks_stale = False
        """Whether numbers that are being renewed are hatched; not at once, or every key would flash."""
        editor.paint_under = self.paint

    def paint(self, area: QRect) -> None:
        """Paint what is behind the words in a part of the editor's viewport."""
        if self.kind == OFF or self._editor.mirror.is_busy:
            return
        painter = QPainter(self._editor.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.kind == "origin":
            painter.setBrush(QColor(self.theme.tint))
            for rect, _, _ in self.marks(area):
                painter.drawRect(rect)
        else:
            for rect, level, stale in self.marks(area):
                painter.setBrush(self._brush(level, stale))
                painter.drawRoundedRect(rect, RADIUS, RADIUS)
        painter.end()

    def _brush(self, level: int, stale: bool) -> QBrush:
        if not stale:
            return QBrush(heat_colour(self.theme, level, self.theme.paper))
        hatched = QBrush(heat_colour(self.theme, level, self.theme.paper), Qt.BrushStyle.BDiagPattern)
        scale = 1 / self._editor.devicePixelRatioF()
        hatched.setTransform(hatched.transform().scale(scale, scale) if scale > 1 else hatched.transform())
        return hatched

    def marks(self, area: QRect) -> Iterator[Mark]:
        """What is to be painted in a part of the viewport."""
        for line, left, top, ends in lines_in_view(self._editor, area):
            band = QRectF(left, top - PAD, 0, line.ascent + line.descent + 2 * PAD)
            if self.kind == "origin":
                yield from self._origins(line, band)
            else:
                yield from self._heat(line, band, ends)

    def _origins(self, line: Line, band: QRectF) -> Iterator[Mark]:
        for first, last, origin in self._editor.manuscript.origins(line.start, line.end):
            if origin in _TINTED and last > first:
                left, right = line.span(first, last)
                yield QRectF(band.left() + left, band.top(), right - left, band.height()), LEVELS, False

    def _heat(self, line: Line, band: QRectF, ends_paragraph: bool) -> Iterator[Mark]:
        text = self._editor.manuscript.text
        end = line.end + 1 if ends_paragraph else line.end
        half = 0  # the level of tokens that completed no character yet: it is the next one's
        for token in self.numbers.between(line.start, end):
            level = max(half, round(LEVELS * share(self.kind, token)))
            if token.end == token.start:
                half = level
                continue
            half = 0
            if level == 0:
                continue
            stale = token.stale and self.marks_stale
            first, last = max(token.start, line.start), min(token.end, line.end)
            first, last = words(text, first, last, whole=_is_blank(text, token))
            if last > first:
                left, right = line.span(first, last)
                left, right = min(left, right), max(left, right)
                yield (
                    QRectF(band.left() + left - 0.5, band.top(), right - left + 1, band.height()),
                    level,
                    stale,
                )
            if ends_paragraph and token.start <= line.end < token.end:
                _, right = line.span(line.start, line.end) if line.end > line.start else (0.0, 0.0)
                yield QRectF(band.left() + right + 1, band.top(), LINE_END_PX, band.height()), level, stale


def _is_blank(text: str, token: TextToken) -> bool:
    return text[token.start : token.end].isspace()


def words(text: str, first: int, last: int, whole: bool) -> tuple[int, int]:
    """A token without the space around it; a token that is nothing else keeps it, but for line ends."""
    ends = "\n" if whole else None
    piece = text[first:last]
    stripped = piece.strip(ends)
    start = first + len(piece) - len(piece.lstrip(ends))
    return (start, start + len(stripped)) if stripped else (first, first)
