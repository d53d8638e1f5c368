"""How a line of the list is painted."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.store.records import SessionSummary
from studio.ui.session_list.lines import one_line
from studio.ui.session_list.model import HEADING, SEARCH, SESSION, Index
from studio.ui.theme import Theme

ROW_PX = 30
"""Headings are as high as the rest: a list with one height is laid out without asking for each."""

CHIP_PX = 16
CHIP_TEXT_PX = 60
CHIPS_SHARE = 0.45
"""So much of a line may go to tags."""

LINE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


class SessionDelegate(QStyledItemDelegate):
    """One line a session; the open one tinted and marked; tags as quiet chips; headings small."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.open_id = 0

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All lines are of one height."""
        return QSize(100, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row as plain text: a title is the user's."""
        rect: QRect = getattr(option, "rect")  # noqa: B009 (the stubs give the option no fields)
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        font: QFont = getattr(option, "font")  # noqa: B009
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.9)
        text = str(index.data())
        if index.data(HEADING):
            painter.setFont(small)
            painter.setPen(QColor(self.theme.quiet))
            painter.drawText(rect.adjusted(12, 10, -8, 0), LINE, text)
        else:
            session = index.data(SESSION)
            row = rect.adjusted(4, 1, -4, -1)
            self._paint_ground(painter, row, state, session)
            box = row.adjusted(10, 0, -8, 0)
            if isinstance(session, SessionSummary) and session.tags:
                self._paint_tags(painter, box, small, session.tags)
            painter.setFont(font)
            quiet = index.data(SEARCH) is not None
            painter.setPen(QColor(self.theme.accent if quiet else self.theme.ink))
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, LINE, text)
        painter.restore()

    def _paint_ground(self, painter: QPainter, row: QRect, state: QStyle.StateFlag, session: object) -> None:
        is_open = isinstance(session, SessionSummary) and session.id == self.open_id
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if is_open or selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.tint))
            painter.drawRoundedRect(row, 6, 6)
        if is_open:
            painter.setBrush(QColor(self.theme.accent))
            painter.drawRoundedRect(QRect(row.left(), row.top() + 6, 3, row.height() - 12), 1.5, 1.5)
        if selected and state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(self.theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(row, 6, 6)

    def _paint_tags(self, painter: QPainter, box: QRect, font: QFont, tags: tuple[str, ...]) -> None:
        """Paint as many tags as have room at the right of `box`, which becomes so much narrower."""
        painter.setFont(font)
        metrics = QFontMetrics(font)
        room = int(box.width() * CHIPS_SHARE)
        for text, width in chips(metrics, tags, room):
            box.setRight(box.right() - width)
            high = max(CHIP_PX, metrics.height() + 2)
            chip = QRect(QPoint(box.right() + 1, box.center().y() - high // 2), QSize(width, high))
            painter.setPen(QColor(self.theme.line))
            painter.setBrush(QColor(self.theme.surface))
            painter.drawRoundedRect(chip, 6, 6)
            painter.setPen(QColor(self.theme.quiet))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine, text)
            box.setRight(box.right() - 4)


def chips(metrics: QFontMetrics, tags: tuple[str, ...], room: int) -> list[tuple[str, int]]:
    """Text and width in pixels of each tag that fits into `room`."""
    found = []
    for tag in tags:
        text = metrics.elidedText(one_line(tag), Qt.TextElideMode.ElideRight, CHIP_TEXT_PX)
        width = metrics.horizontalAdvance(text) + 12
        if (room := room - width - 4) < 0:
            break
        found.append((text, width))
    return found
