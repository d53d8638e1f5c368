"""How a line of the list is painted."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.ui.session_list.model import HEADING, Index
from studio.ui.theme import Theme


class SessionDelegate(QStyledItemDelegate):
    """One line a session; the open one tinted; headings small."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Headings have air above."""
        return QSize(100, 36 if index.data(HEADING) else 30)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row as plain text: a title is the user's."""
        rect: QRect = getattr(option, "rect")  # noqa: B009 (the stubs give the option no fields)
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        font: QFont = getattr(option, "font")  # noqa: B009
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = str(index.data()).replace("\n", " ")
        if index.data(HEADING):
            small = QFont(font)
            small.setPointSizeF(font.pointSizeF() * 0.9)
            painter.setFont(small)
            painter.setPen(QColor(self.theme.quiet))
            box = rect.adjusted(12, 12, -8, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        else:
            row = rect.adjusted(4, 1, -4, -1)
            selected = bool(state & QStyle.StateFlag.State_Selected)
            if selected or state & QStyle.StateFlag.State_MouseOver:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(self.theme.tint))
                painter.drawRoundedRect(row, 6, 6)
            if selected:
                painter.setBrush(QColor(self.theme.accent))
                painter.drawRoundedRect(QRect(row.left(), row.top() + 6, 3, row.height() - 12), 1.5, 1.5)
            painter.setPen(QColor(self.theme.ink))
            box = row.adjusted(10, 0, -8, 0)
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        painter.restore()
