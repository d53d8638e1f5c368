"""Paints the tree of states as a graph: a line for a branch, a dot for a state, its words beside it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.ui.theme import Theme
from studio.ui.tree_model import (
    BOOKMARKED,
    DEPTH,
    GENERATED,
    GOES_ON,
    HIDDEN,
    IS_HEAD,
    LANES,
    MODEL,
    ON_PATH,
    PATH_GOES_ON,
    STARTS,
    Index,
)

ROW_PX = 22
STEP_PX = 16
MODEL_PX = 180
MAX_DEPTH = 12
"""Deeper branches are painted at this depth: their words must stay in view."""


class TreeDelegate(QStyledItemDelegate):
    """A line a state: a dot (filled for a generation, ringed where the text is) on the line of its branch."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are alike."""
        return QSize(120, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        rect: QRect = getattr(option, "rect")  # noqa: B009 (the stubs give the option no fields)
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        theme, depth = self.theme, min(int(index.data(DEPTH)), MAX_DEPTH)
        painter.save()
        painter.setClipRect(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.tint))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 4, 4)
            if state & QStyle.StateFlag.State_HasFocus:
                painter.setPen(QPen(QColor(theme.accent), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(rect.adjusted(2, 1, -3, -2), 4, 4)
        on_path, hidden = bool(index.data(ON_PATH)), bool(index.data(HIDDEN))
        colour = QColor(theme.accent if on_path else theme.field)
        self._paint_lines(painter, rect, index, depth, colour)
        centre = QPointF(_x(rect, depth), rect.center().y() + 0.5)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(colour if index.data(GENERATED) else QColor(theme.surface))
        painter.drawEllipse(centre, 4, 4)
        if index.data(IS_HEAD):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour, 1.5))
            painter.drawEllipse(centre, 7.5, 7.5)
        painter.setPen(QColor(theme.ink if on_path else theme.quiet))
        if hidden:
            font = painter.font()
            font.setStrikeOut(True)
            painter.setFont(font)
        box = rect.adjusted(28 + depth * STEP_PX, 0, -8, 0)
        if model := index.data(MODEL):
            box.setRight(self._paint_model(painter, box, str(model)))
        text = ("★ " if index.data(BOOKMARKED) else "") + str(index.data())
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        painter.restore()

    def _paint_model(self, painter: QPainter, box: QRect, name: str) -> int:
        """The model that goes on here, at the right end; returns where the words have to end."""
        painter.save()
        shown = painter.fontMetrics().elidedText(f"→ {name}", Qt.TextElideMode.ElideMiddle, MODEL_PX)
        painter.setPen(QColor(self.theme.quiet))
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight | Qt.TextFlag.TextSingleLine
        painter.drawText(box, align, shown)
        painter.restore()
        return box.right() - painter.fontMetrics().horizontalAdvance(shown) - 12

    def _paint_lines(self, painter: QPainter, rect: QRect, index: Index, depth: int, colour: QColor) -> None:
        """The lines of other branches that go past, and the row's own: from above, and on below."""
        quiet, lanes = QPen(QColor(self.theme.field), 1.5), int(index.data(LANES))
        top, bottom, middle = rect.top(), rect.bottom() + 1, rect.center().y() + 0.5
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for lane in range(min(depth, MAX_DEPTH)):
            if lanes >> lane & 1:
                past = index.data(PATH_GOES_ON) if lane == 0 else False
                painter.setPen(QPen(QColor(self.theme.accent), 2) if past else quiet)
                painter.drawLine(QPointF(_x(rect, lane), top), QPointF(_x(rect, lane), bottom))
        x = _x(rect, depth)
        own = QPen(colour, 2 if depth == 0 else 1.5)
        if index.data(HIDDEN):
            own.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(own)
        if index.data(STARTS) and depth:
            left = _x(rect, depth - 1)
            path = QPainterPath(QPointF(left, top))
            path.cubicTo(QPointF(left, middle), QPointF(left, middle), QPointF(x - 4, middle))
            painter.drawPath(path)
        elif index.row():
            painter.drawLine(QPointF(x, top), QPointF(x, middle - 4))
        if index.data(GOES_ON):
            if depth == 0 and not index.data(PATH_GOES_ON):
                painter.setPen(quiet)
            painter.drawLine(QPointF(x, middle + 4), QPointF(x, bottom))


def _x(rect: QRect, lane: int) -> float:
    return rect.left() + 14 + lane * STEP_PX
