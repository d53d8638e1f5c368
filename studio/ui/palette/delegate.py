"""How a line of the palette is painted: as plain text, with what was found bold, underlined and tinted."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QIcon,
    QPainter,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.ui.icons import icon
from studio.ui.palette.rows import ROW, Index, Kind, Row
from studio.ui.theme import Theme
from studio.ui.utf16 import utf16_length

BEFORE_SHARE = 0.35
"""At most so much of a line's width is given to what stands before the first find."""

HEADING_PX, LINE_PX, TWO_LINES_PX = 28, 30, 48


def fit(
    text: str, ranges: tuple[tuple[int, int], ...], metrics: QFontMetrics, width: int
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """`text` cut to `width` pixels so that the first of `ranges` is in it, and the ranges within that."""
    elide_left, elide_right = Qt.TextElideMode.ElideLeft, Qt.TextElideMode.ElideRight
    if metrics.horizontalAdvance(text) <= width:
        return text, ranges
    if ranges:
        begin = ranges[0][0]
        head = metrics.elidedText(text[:begin], elide_left, int(width * BEFORE_SHARE))
        shift = len(head) - begin
        text = head + text[begin:]
        ranges = tuple((start + shift, end + shift) for start, end in ranges)
    text = metrics.elidedText(text, elide_right, width)
    return text, tuple((start, min(end, len(text))) for start, end in ranges if start < len(text))


class RowDelegate(QStyledItemDelegate):
    """Headings small; actions and sessions one line, places in texts two."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """By what kind of line it is."""
        row: Row = index.data(ROW)
        heights = {Kind.HEADING: HEADING_PX, Kind.TEXT: TWO_LINES_PX, Kind.GENERATION: TWO_LINES_PX}
        return QSize(100, heights.get(row.kind, LINE_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        rect: QRect = getattr(option, "rect")  # noqa: B009 (the stubs give the option no fields)
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        font: QFont = getattr(option, "font")  # noqa: B009
        row: Row = index.data(ROW)
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.9)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.kind is Kind.HEADING:
            painter.setFont(small)
            self._words(painter, rect.adjusted(14, 8, -8, 0), row.text, self.theme.quiet)
        else:
            line = rect.adjusted(4, 1, -4, -1)
            self._background(painter, line, state)
            mode = QIcon.Mode.Normal if row.enabled else QIcon.Mode.Disabled
            two = row.kind in (Kind.TEXT, Kind.GENERATION)
            place = QRect(line.left() + 12, line.top() + (5 if two else (line.height() - 16) // 2), 16, 16)
            picture = icon(row.icon, self.theme.ink, self.theme.quiet)
            picture.paint(painter, place, Qt.AlignmentFlag.AlignCenter, mode)
            box = line.adjusted(38, 0, -12, 0)
            ink = self.theme.ink if row.enabled else self.theme.quiet
            if two:
                self._found(painter, QRect(box.left(), box.top() + 3, box.width(), 22), row, font, ink)
                painter.setFont(small)
                below = QRect(box.left(), box.top() + 24, box.width(), 18)
                self._words(painter, below, row.detail.replace("\n", " "), self.theme.quiet)
            else:
                painter.setFont(small)
                wide = painter.fontMetrics().horizontalAdvance(row.detail)
                beside = QRect(box.right() - wide, box.top(), wide + 1, box.height())
                self._words(painter, beside, row.detail, self.theme.quiet)
                self._found(painter, box.adjusted(0, 0, -wide - 12, 0), row, font, ink)
        painter.restore()

    def _background(self, painter: QPainter, line: QRect, state: QStyle.StateFlag) -> None:
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(Qt.PenStyle.NoPen)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(self.theme.tint))
            painter.drawRoundedRect(line, 6, 6)
        if selected:
            painter.setBrush(QColor(self.theme.accent))
            painter.drawRoundedRect(QRect(line.left(), line.top() + 6, 3, line.height() - 12), 1.5, 1.5)

    def _words(self, painter: QPainter, box: QRect, text: str, colour: str) -> None:
        painter.setPen(QColor(colour))
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)

    def _found(self, painter: QPainter, box: QRect, row: Row, font: QFont, ink: str) -> None:
        """The words of a line, with what was found in them marked in three ways."""
        bold = QFont(font)
        bold.setBold(True)
        text, ranges = fit(row.text.replace("\n", " "), row.ranges, QFontMetrics(bold), box.width())
        layout = QTextLayout(text, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        layout.setTextOption(option)
        formats = []
        for start, end in ranges:
            form = QTextCharFormat()
            form.setFontWeight(QFont.Weight.Bold)
            form.setFontUnderline(True)
            form.setBackground(QColor(self.theme.select))
            part = QTextLayout.FormatRange()
            # The stubs do not know the fields of QTextLayout::FormatRange.
            setattr(part, "start", utf16_length(text[:start]))  # noqa: B010
            setattr(part, "length", utf16_length(text[start:end]))  # noqa: B010
            setattr(part, "format", form)  # noqa: B010
            formats.append(part)
        layout.setFormats(formats)
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(box.width() * 2)  # `fit` has seen to the width; no wrapping for a pixel
        layout.endLayout()
        painter.setPen(QColor(ink))
        top = box.top() + (box.height() - line.height()) / 2
        layout.draw(painter, QPointF(box.left(), top))
