"""How a row is drawn: rank, text, an outlined bar (the model) with a filled one in it (sampled)."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.ui.heat.kinds import percent
from studio.ui.theme import Theme
from studio.ui.token_view.rows import ROW, Index, Row

ROW_PX = 20
LEAD_PX = 44
OWN_PX = 58
AFTER_PX = 104
FIGURE_PX = 56
GAP_PX = 8
MIN_BAR_PX = 40
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
"""Made once: joining two of PySide's flags takes as long as drawing a word."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the parts of a row are, in pixels from its left; a part without room has no width."""

    lead: tuple[int, int]
    text: tuple[int, int]
    bar: tuple[int, int]
    own: tuple[int, int]
    after: tuple[int, int]
    figure: tuple[int, int]


def columns(width: int, *, sampled: bool = True) -> Columns:
    """Fit the parts into a width; bar and words share what the figures leave.

    Not `sampled`: the words have the place of the probability after the chain too.
    """
    right = width - GAP_PX
    with_figure = width >= LEAD_PX + 100 + MIN_BAR_PX + OWN_PX + AFTER_PX + FIGURE_PX + 4 * GAP_PX
    figure = (right - FIGURE_PX, FIGURE_PX) if with_figure else (right, 0)
    after_px = AFTER_PX if sampled else 0
    after = (figure[0] - after_px - (GAP_PX if with_figure else 0), after_px)
    own = (after[0] - OWN_PX, OWN_PX)
    left = LEAD_PX + GAP_PX
    spare = max(own[0] - left - 2 * GAP_PX, 0)
    words = min(max(spare * 2 // 5, 72), spare, 220) if sampled else spare * 7 // 10
    bar = (left + words + GAP_PX, max(spare - words, 0))
    return Columns((0, LEAD_PX), (left, words), bar, own, after, figure)


class RowDelegate(QStyledItemDelegate):
    """Draws a Row."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.removed_by = "{stage}"  # how a removal is said, in the window's language

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are alike."""
        return QSize(LEAD_PX + OWN_PX + AFTER_PX, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        row = index.data(ROW)
        if not isinstance(row, Row):
            return
        # The stubs give QStyleOptionViewItem no fields; these are QStyleOption's.
        rect: QRect = getattr(option, "rect")  # noqa: B009
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        painter.save()
        painter.setFont(getattr(option, "font"))  # noqa: B009
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            self._select(painter, rect, focused=bool(state & QStyle.StateFlag.State_HasFocus))
        self.draw(painter, rect, row)
        painter.restore()

    def draw(self, painter: QPainter, rect: QRect, row: Row) -> None:
        """Paint a row into `rect`, in the painter's font."""
        font = QFont(painter.font())
        self._paint_words(painter, rect, font, row)
        painter.setFont(font)
        self._paint_bar(painter, rect, row)

    def _select(self, painter: QPainter, rect: QRect, *, focused: bool) -> None:
        painter.setPen(QPen(QColor(self.theme.accent)) if focused else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.tint))
        painter.drawRoundedRect(QRectF(rect).adjusted(1.5, 0.5, -1.5, -0.5), 4, 4)

    def _paint_words(self, painter: QPainter, rect: QRect, font: QFont, row: Row) -> None:
        theme, place = self.theme, columns(rect.width(), sampled=row.is_sampled)
        removed = bool(row.removed_by)

        def write(
            where: tuple[int, int],
            text: str,
            colour: str,
            side: Qt.AlignmentFlag = LEFT,
        ) -> None:
            box = QRect(rect.left() + where[0], rect.top(), where[1], rect.height())
            painter.setPen(QColor(colour))
            if side is LEFT:  # figures fit into their columns
                text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, side, text)

        painter.setFont(font)
        if row.chosen:
            write(place.lead, "▸", theme.accent)
        write(place.lead, row.lead, theme.accent if row.chosen else theme.quiet, RIGHT)
        ink = theme.quiet if removed else theme.ink
        write(place.own, percent(row.probability), ink, RIGHT)
        after = percent(row.sampling_prob) if row.is_sampled else ""
        if removed:
            whole = self.removed_by.format(stage=row.removed_by)
            metrics = painter.fontMetrics()
            after = whole if metrics.horizontalAdvance(whole) <= AFTER_PX - 4 else row.removed_by
            after = metrics.elidedText(after, Qt.TextElideMode.ElideRight, AFTER_PX)
        write(place.after, after, ink, RIGHT)
        if place.figure[1]:
            write(place.figure, row.figure, theme.quiet, RIGHT)
        shown = QFont(font)
        shown.setBold(row.chosen)
        shown.setStrikeOut(removed)
        shown.setItalic(row.is_sum)
        painter.setFont(shown)
        colour = theme.quiet if removed or row.is_sum else theme.accent if row.chosen else theme.ink
        write(place.text, row.text, colour)

    def _paint_bar(self, painter: QPainter, rect: QRect, row: Row) -> None:
        left, width = columns(rect.width(), sampled=row.is_sampled).bar
        if width < MIN_BAR_PX // 2:
            return
        theme = self.theme
        bar = QRectF(rect.left() + left, rect.top() + 5, width, rect.height() - 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.line))
        painter.drawRect(QRectF(bar.left(), bar.bottom() - 1, bar.width(), 1))
        painter.setBrush(QColor(theme.bar))
        painter.drawRect(QRectF(bar.left(), bar.top(), width * min(row.sampling_prob, 1.0), bar.height()))
        painter.setPen(QPen(QColor(theme.outline), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        own = max(width * min(row.probability, 1.0), 1.0)
        painter.drawRect(QRectF(bar.left(), bar.top(), own, bar.height()))


class Header(QWidget):
    """Names the columns of a list above it."""

    def __init__(self, view: QAbstractItemView, theme: Theme) -> None:
        super().__init__()
        self._view = view
        self.theme = theme
        self.titles: tuple[str, ...] = ("",) * 6
        self._sampled = True
        self.setFixedHeight(18)
        view.viewport().installEventFilter(self)

    def set_titles(self, *titles: str, sampled: bool = True) -> None:
        """Lead, text, bar, model, after, figure."""
        self.titles = titles
        self._sampled = sampled
        self.setAccessibleName(", ".join(title for title in titles if title))
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the list's width."""
        if event.type() == QEvent.Type.Resize:
            self.update()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the names."""
        painter = QPainter(self)
        self.draw(painter, QRect(0, 0, self._view.viewport().width(), self.height()), self.theme)
        painter.end()

    def draw(self, painter: QPainter, rect: QRect, theme: Theme) -> None:
        """Paint the names into `rect`."""
        painter.setPen(QColor(theme.quiet))
        place = columns(rect.width(), sampled=self._sampled)
        parts = (place.lead, place.text, place.bar, place.own, place.after, place.figure)
        for number, (where, title) in enumerate(zip(parts, self.titles, strict=True)):
            if not where[1] or not title:
                continue
            side = LEFT if number in (1, 2) else RIGHT
            shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, where[1])
            box = QRect(rect.left() + where[0], rect.top(), where[1], rect.height())
            painter.drawText(box, side, shown)
