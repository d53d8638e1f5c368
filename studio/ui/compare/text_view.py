"""The compared text, each word on the colour of its difference: blue if B finds it likelier, orange if A."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from studio.core.compared import LN2, difference_bits
from studio.core.messages import ComparedStretch
from studio.export.table import Table
from studio.ui.compare import words
from studio.ui.theme import Theme

LINE_PX = 28
MARGIN_PX = 8
LEGEND_PX = 24


class DifferenceView(QAbstractScrollArea):
    """Words in lines; arrows move, Enter or a click goes to the place in the text."""

    chosen = Signal(int)  # a stretch
    looked_at = Signal(int)  # a stretch, by the arrow keys

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareText")
        self.setAccessibleName(self.tr("Differences in the text"))
        self.setToolTip(
            self.tr(
                "Blue ▲: likelier to B. Orange ▼: likelier to A. Arrow keys move, Enter goes to the place in "
                "the text."
            )
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.theme = theme
        self._text = ""
        self._stretches: list[ComparedStretch] = []
        self._boxes: list[tuple[float, int, float]] = []  # left, line, width
        self._line_firsts: list[int] = [0]
        self._widths: dict[str, float] = {}
        self._cursor = 0
        self.verticalScrollBar().setSingleStep(LINE_PX)

    # -- content -------------------------------------------------------------------------------------------

    def begin(self, text: str) -> None:
        """Forget everything; `text` is about to be compared."""
        self._text, self._stretches, self._cursor = text, [], 0
        self._lay_out()

    def add(self, stretches: Sequence[ComparedStretch]) -> None:
        """Some more of the text."""
        first = len(self._stretches)
        self._stretches += stretches
        self._place(first)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.theme = theme
        self.viewport().update()

    def show_stretch(self, index: int) -> None:
        """Bring one into view and put the cursor on it."""
        if not 0 <= index < len(self._boxes):
            return
        self._cursor = index
        top = self._boxes[index][1] * LINE_PX
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if not bar.value() <= top <= bar.value() + height - 2 * LINE_PX:
            bar.setValue(max(0, top - height // 2))
        self.viewport().update()

    def shade(self, stretch: ComparedStretch) -> QColor | None:
        """What lies behind a word, if anything."""
        return words.colour(difference_bits(stretch), self.theme)

    def sign(self, stretch: ComparedStretch) -> str:
        """What stands behind a word, so that colour is not alone."""
        return words.sign(difference_bits(stretch))

    def _shown(self, stretch: ComparedStretch) -> str:
        return self._text[stretch.start : stretch.end].replace("\n", "↵").replace("\t", " ")

    def _lay_out(self) -> None:
        self._boxes, self._line_firsts = [], [0]
        self._place(0)

    def _place(self, first: int) -> None:
        """Give stretches their places, from `first` on."""
        room = self.viewport().width() - MARGIN_PX
        self._place_within(first, room)
        self.verticalScrollBar().setPageStep(self.viewport().height())
        overflow = len(self._line_firsts) * LINE_PX + 2 * MARGIN_PX - self.viewport().height()
        self.verticalScrollBar().setRange(0, max(0, overflow))
        self.viewport().update()

    def _place_within(self, first: int, room: float) -> None:
        metrics = self.fontMetrics()
        x, line = float(MARGIN_PX), len(self._line_firsts) - 1
        if first:
            left, _, width = self._boxes[first - 1]
            x = left + width
            if "\n" in self._word(first - 1):
                x = room
        for index in range(first, len(self._stretches)):
            stretch = self._stretches[index]
            shown = self._shown(stretch) + self.sign(stretch)
            if shown not in self._widths:
                self._widths[shown] = metrics.horizontalAdvance(shown) + 2.0
            width = self._widths[shown]
            if x + width > room and x > MARGIN_PX:
                line, x = line + 1, float(MARGIN_PX)
                self._line_firsts.append(index)
            self._boxes.append((x, line, min(width, room - MARGIN_PX)))
            x = room if "\n" in self._word(index) else x + width

    def _word(self, index: int) -> str:
        return self._text[self._stretches[index].start : self._stretches[index].end]

    def changeEvent(self, event: QEvent) -> None:
        """Another font has other widths."""
        if event.type() == QEvent.Type.FontChange:
            self._widths.clear()
            self._lay_out()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        self._lay_out()
        self.show_stretch(self._cursor)

    # -- painting ------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """The lines in sight."""
        painter = QPainter(self.viewport())
        top = self.verticalScrollBar().value()
        painter.fillRect(self.viewport().rect(), QColor(self.theme.surface))
        painter.translate(0, MARGIN_PX - top)
        first = max(0, (top - MARGIN_PX) // LINE_PX)
        self._paint_lines(painter, first, first + self.viewport().height() // LINE_PX + 2)
        if self.hasFocus() and self._boxes:
            painter.setPen(QPen(QColor(self.theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self._rect(self._cursor), 4, 4)

    def _rect(self, index: int) -> QRectF:
        left, line, width = self._boxes[index]
        return QRectF(left, line * LINE_PX + 2, width, LINE_PX - 5)

    def _paint_lines(self, painter: QPainter, first: int, end: int) -> None:
        if first >= len(self._line_firsts):
            return
        begin = self._line_firsts[first]
        stop = self._line_firsts[end] if end < len(self._line_firsts) else len(self._boxes)
        painter.setFont(self.font())
        small = QFont(self.font())
        small.setPointSizeF(max(self.font().pointSizeF() * 0.7, 5.0))
        centre = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        blank = self.fontMetrics().horizontalAdvance(" ")
        for index in range(begin, stop):
            stretch, rect = self._stretches[index], self._rect(index)
            shown = self._shown(stretch)
            if (shade := self.shade(stretch)) is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(shade)
                painter.drawRoundedRect(
                    rect.adjusted(blank * (len(shown) - len(shown.lstrip(" "))), 0, 0, 0), 3, 3
                )
            painter.setPen(QColor(self.theme.ink))
            painter.drawText(rect.adjusted(1, 0, 0, 0), centre, shown)
            if sign := self.sign(stretch):
                painter.setFont(small)
                painter.drawText(rect.adjusted(0, 0, -2, 0), centre | Qt.AlignmentFlag.AlignRight, sign)
                painter.setFont(self.font())

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """The whole text with its legend, for a file."""
        legend = QRectF(rect.left() + MARGIN_PX, rect.top(), rect.width(), LEGEND_PX)
        paint_legend(painter, legend, self.theme, words.LEGEND)
        painter.save()
        painter.translate(rect.left(), rect.top() + LEGEND_PX + MARGIN_PX)
        self._paint_lines(painter, 0, len(self._line_firsts))
        painter.restore()

    def picture_size(self) -> QSize:
        """As wide as it is, as high as the whole text."""
        height = len(self._line_firsts) * LINE_PX + LEGEND_PX + 2 * MARGIN_PX
        return QSize(max(self.viewport().width(), 320), min(height, 16_000))

    def rows(self) -> Table:
        """Every stretch with all its figures."""
        header = (
            self.tr("start (character)"),
            self.tr("text"),
            self.tr("log-probability A (bits)"),
            self.tr("log-probability B (bits)"),
            self.tr("difference B − A (bits)"),
            self.tr("KL A to B (bits)"),
            self.tr("JS (bits)"),
            self.tr("rank A"),
            self.tr("rank B"),
            self.tr("tokens A"),
            self.tr("tokens B"),
            self.tr("favourite A"),
            self.tr("favourite B"),
        )
        return header, [
            (
                s.start,
                self._text[s.start : s.end],
                s.logprob_a / LN2,
                s.logprob_b / LN2,
                difference_bits(s),
                s.kl / LN2 if s.kl >= 0 else None,
                s.js / LN2 if s.js >= 0 else None,
                s.rank_a or None,
                s.rank_b or None,
                s.n_a,
                s.n_b,
                s.top_a,
                s.top_b,
            )
            for s in self._stretches
        ]

    # -- hands ---------------------------------------------------------------------------------------------

    def _at(self, place: QPoint) -> int | None:
        line = (place.y() - MARGIN_PX + self.verticalScrollBar().value()) // LINE_PX
        if not 0 <= line < len(self._line_firsts):
            return None
        begin = self._line_firsts[line]
        end = self._line_firsts[line + 1] if line + 1 < len(self._line_firsts) else len(self._boxes)
        index = begin + bisect_right([box[0] for box in self._boxes[begin:end]], place.x()) - 1
        if index < begin:
            return None
        left, _, width = self._boxes[index]
        return index if place.x() <= left + width else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the word."""
        index = self._at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self.show_stretch(index)
            self.chosen.emit(index)

    def viewportEvent(self, event: QEvent) -> bool:
        """Explain the word under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._at(event.pos())
            text = self.toolTip()
            if index is not None:
                text = words.sentence(self._stretches[index], self._word(index))
            QToolTip.showText(event.globalPos(), text.replace("<", "‹"), self)
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home, End; Enter goes there."""
        keys = Qt.Key
        if not self._boxes:
            super().keyPressEvent(event)
            return
        last = len(self._boxes) - 1
        steps = {keys.Key_Left: -1, keys.Key_Right: 1, keys.Key_Home: -last, keys.Key_End: last}
        key = keys(event.key())
        if key in steps:
            self._look(self._cursor + steps[key])
        elif key in (keys.Key_Up, keys.Key_Down):
            self._look(self._above_or_below(1 if key == keys.Key_Down else -1))
        elif key in (keys.Key_Return, keys.Key_Enter, keys.Key_Space):
            self.chosen.emit(self._cursor)
        else:
            super().keyPressEvent(event)

    def _look(self, index: int) -> None:
        self.show_stretch(min(max(index, 0), len(self._boxes) - 1))
        self.setAccessibleDescription(words.sentence(self._stretches[self._cursor], self._word(self._cursor)))
        self.looked_at.emit(self._cursor)

    def _above_or_below(self, step: int) -> int:
        left, line, width = self._boxes[self._cursor]
        y = (line + step) * LINE_PX + MARGIN_PX - self.verticalScrollBar().value()
        found = self._at(QPoint(int(left + width / 2), y))
        if found is not None:
            return found
        if not 0 <= line + step < len(self._line_firsts):
            return self._cursor
        following = line + step + 1
        end = self._line_firsts[following] if following < len(self._line_firsts) else len(self._boxes)
        return end - 1


def paint_legend(painter: QPainter, rect: QRectF, theme: Theme, ends: tuple[str, str]) -> None:
    """What the colours mean, between `ends`, two marked texts."""
    painter.setPen(QColor(theme.quiet))
    centre = int(Qt.AlignmentFlag.AlignVCenter)
    texts = tuple(map(words.said, ends))
    x = rect.left()
    advance = painter.fontMetrics().horizontalAdvance
    painter.drawText(QRectF(x, rect.top(), rect.width(), rect.height()), centre, texts[0])
    x += advance(texts[0]) + 6
    steps = 12
    for step in range(steps + 1):
        bits = words.FULL_BITS * (2 * step / steps - 1)
        box = QRectF(x + step * 8, rect.center().y() - 6, 8, 12)
        if (shade := words.colour(bits, theme)) is not None:
            painter.fillRect(box, shade)
    x += (steps + 1) * 8 + 6
    painter.drawText(QRectF(x, rect.top(), rect.width(), rect.height()), centre, texts[1])


class Legend(QWidget):
    """The legend as a widget of its own."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setToolTip(
            self.tr(
                "Orange ▼: likelier to A, blue ▲: likelier to B. One bit of difference is twice as likely; "
                "from six bits on, 64 times, the colour is full."
            )
        )
        self.setFixedHeight(LEGEND_PX)
        advance = self.fontMetrics().horizontalAdvance
        self.setMinimumWidth(math.ceil(sum(map(advance, map(words.said, words.SHORT_LEGEND))) + 124))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        paint_legend(QPainter(self), QRectF(self.rect()), self.theme, words.SHORT_LEGEND)
