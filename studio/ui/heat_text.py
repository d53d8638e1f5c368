"""Generated text with a warmth behind each word: the less the model expected it, the warmer.

It is laid out line by line as it arrives: what stands above the last few lines is never measured again until
the width changes, and only what is in view is painted.
"""

from __future__ import annotations

import html
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from studio.core.messages import Token
from studio.ui.document_mirror import clean_generated
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import LEVELS, heat_colour, heat_level, percent
from studio.ui.theme import Theme

OPEN_LINES = 12
"""The last paragraph is cut when it has this many lines, so that adding to it stays cheap."""

LINE_HEIGHT = 1.3
MARGIN = 2


@dataclass(slots=True)
class _Piece:
    """A stretch of text that is laid out: a paragraph, or whole lines of one."""

    layout: QTextLayout
    start: int  # in the text
    end: int
    y: float
    height: float


class HeatText(QAbstractScrollArea):
    """Shows tokens; grows at its end and stays where it is: beginnings are what one compares."""

    clicked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # always: lines would break elsewhere when it comes; its handle is invisible while there is no need
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAutoFillBackground(False)
        self.setMinimumHeight(24)
        self._theme = theme
        self._formats: list[QTextCharFormat] = []
        self._text = ""
        self._tokens: list[Token] = []
        self._starts: list[int] = []  # of the tokens, in the text
        self._heat: list[tuple[int, int, int]] = []  # start, end, level > 0; neighbours merged
        self._heat_ends: list[int] = []
        self._pieces: list[_Piece] = []
        self._laid_out_width = -1
        self.set_theme(theme)

    @property
    def text(self) -> str:
        """All of it."""
        return self._text

    def clear(self) -> None:
        """Show nothing."""
        self._text = ""
        for part in (self._tokens, self._starts, self._heat, self._heat_ends, self._pieces):
            part.clear()
        self._laid_out_width = -1
        self.verticalScrollBar().setValue(0)
        self.viewport().update()

    def append(self, tokens: Sequence[Token]) -> None:
        """Add tokens."""
        for token in tokens:
            start, level = len(self._text), heat_level(token.logprob)
            self._tokens.append(token)
            self._starts.append(start)
            self._text += clean_generated(token.text)
            end = len(self._text)
            if level == 0 or end == start:
                continue
            if self._heat and self._heat[-1][1] == start and self._heat[-1][2] == level:
                self._heat[-1] = (self._heat[-1][0], end, level)
                self._heat_ends[-1] = end
            else:
                self._heat.append((start, end, level))
                self._heat_ends.append(end)
        self._show_added()

    def append_plain(self, text: str) -> None:
        """Add text of which no probabilities are known."""
        self._text += clean_generated(text)
        self._show_added()

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._theme = theme
        self._formats = []
        for level in range(LEVELS + 1):
            form = QTextCharFormat()
            form.setBackground(heat_colour(theme, level))
            self._formats.append(form)
        self._laid_out_width = -1
        self.viewport().update()

    # -- layout --------------------------------------------------------------------------------------------

    def _show_added(self) -> None:
        if self._laid_out_width < 0 or self.viewport().visibleRegion().isEmpty():
            self._laid_out_width = -1  # wholly, when it is painted
        else:
            self._lay_out_end()
        self.viewport().update()

    def _lay_out(self) -> None:
        """Everything, at the present width."""
        self._laid_out_width = self.viewport().width()
        self._pieces.clear()
        self._lay_out_end()

    def _lay_out_end(self) -> None:
        """From the beginning of the last piece on."""
        last = self._pieces.pop() if self._pieces else None
        start, y = (last.start, last.y) if last else (0, float(MARGIN))
        while start <= len(self._text):
            newline = self._text.find("\n", start)
            end = len(self._text) if newline < 0 else newline
            piece = self._piece(start, end, y)
            n_lines = piece.layout.lineCount()
            if newline < 0 and n_lines > OPEN_LINES:
                split = start + piece.layout.lineAt(n_lines - 2).textStart()
                above = self._piece(start, split, y)
                self._pieces.append(above)
                piece = self._piece(split, end, y + above.height)
            self._pieces.append(piece)
            y = piece.y + piece.height
            if newline < 0:
                break
            start = newline + 1
        bar = self.verticalScrollBar()
        page = self.viewport().height()
        bar.setRange(0, max(0, math.ceil(y) + MARGIN - page))
        bar.setPageStep(page)
        bar.setSingleStep(self.fontMetrics().height())

    def _piece(self, start: int, end: int, y: float) -> _Piece:
        layout = QTextLayout(self._text[start:end], self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.setFormats(self._ranges(start, end))
        layout.setCacheEnabled(True)
        step = self.fontMetrics().height() * LINE_HEIGHT
        width, height = max(self._laid_out_width - 2 * MARGIN, 20), 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, height))
            height += step
        layout.endLayout()
        return _Piece(layout, start, end, y, max(height, step))

    def _ranges(self, start: int, end: int) -> list[QTextLayout.FormatRange]:
        ranges = []
        for begin, stop, level in self._heat[bisect_right(self._heat_ends, start) :]:
            if begin >= end:
                break
            part = QTextLayout.FormatRange()
            part.start = max(begin, start) - start
            part.length = min(stop, end) - start - part.start
            part.format = self._formats[level]
            ranges.append(part)
        return ranges

    # -- events --------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks the lines elsewhere."""
        super().resizeEvent(event)
        if self._laid_out_width >= 0:
            if self._laid_out_width != self.viewport().width():
                self._laid_out_width = -1
            else:
                self._lay_out_end()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines in view."""
        if self._laid_out_width < 0:
            self._lay_out()
        top = self.verticalScrollBar().value()
        seen = QRectF(event.rect()).translated(0, top)
        painter = QPainter(self.viewport())
        painter.setPen(QColor(self._theme.ink))
        painter.translate(MARGIN, -top)
        for piece in self._pieces:
            if piece.y > seen.bottom():
                break
            if piece.y + piece.height >= seen.top():
                piece.layout.draw(painter, QPointF(0, piece.y), [], seen.translated(-MARGIN, 0))

    def token_at(self, point: QPoint) -> Token | None:
        """The token under a point of the viewport."""
        y = max(point.y(), MARGIN) + self.verticalScrollBar().value()
        for piece in self._pieces:
            if piece.y <= y < piece.y + piece.height:
                for number in range(piece.layout.lineCount()):
                    line = piece.layout.lineAt(number)
                    if y - piece.y < line.y() + line.height() * LINE_HEIGHT:
                        if point.x() - MARGIN > line.naturalTextWidth():
                            return None
                        place = line.xToCursor(point.x() - MARGIN, line.CursorPosition.CursorOnCharacter)
                        found = bisect_right(self._starts, piece.start + int(place)) - 1
                        return self._tokens[found] if found >= 0 else None
        return None

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell of the token under the mouse."""
        if event.type() == QEvent.Type.ToolTip:
            assert isinstance(event, QHelpEvent)
            token = self.token_at(event.pos())
            if token is None:
                return False  # the card's own tip
            QToolTip.showText(event.globalPos(), self.describe(token), self.viewport())
            return True
        return super().viewportEvent(event)

    def describe(self, token: Token) -> str:
        """A token's numbers in words, as rich text in which the token itself is plain."""
        words = self.tr("“{token}”: {probability} from the model itself, rank {rank}").format(
            token=visible(token.text, token.raw),
            probability=percent(math.exp(token.logprob)),
            rank=f"{token.rank:,}",
        )
        return f"<qt>{html.escape(words)}</qt>"

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click anywhere takes the whole text."""
        if event.button() == Qt.MouseButton.LeftButton and self.viewport().rect().contains(
            event.position().toPoint()
        ):
            self.clicked.emit()
