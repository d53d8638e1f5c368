"""A column of text: its font, its width in the middle of the window, and where the mouse rests in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMargins, QPoint, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from studio.ui.theme import Theme, text_font

HOVER_MS = 300

VEIL = 0.5
"""How much of the paper's colour lies over veiled words."""


class TextArea(QTextEdit):
    """A QTextEdit that looks like a page."""

    zoom_requested = Signal(int)
    mouse_rested = Signal(QPoint)  # in the viewport
    mouse_left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.paint_under: Callable[[QRect], None] = lambda _area: None
        """Paints behind the words, in a part of the viewport."""
        self.paint_over: Callable[[QRect], None] = lambda _area: None
        """Paints over them."""
        self._column_chars = 70  # before Qt's own constructor: that one already announces a change of font
        super().__init__(parent)
        self.setAcceptRichText(False)
        self.setFrameShape(QTextEdit.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTabChangesFocus(False)
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().rangeChanged.connect(self._on_scroll_range)
        self._on_scroll_range(0, self.verticalScrollBar().maximum())
        self._hover = QTimer(self)
        self._hover.setSingleShot(True)
        self._hover.setInterval(HOVER_MS)
        self._hover.timeout.connect(self._on_hover)
        self._hover_at = QPoint()
        self._marked_in = ""  # the colour of `put_behind`

    def set_font(self, family: str, size_pt: float, column_chars: int) -> None:
        """The text's font, and how many characters a line has at most."""
        # By style sheet: the app's own style sheet resets what setFont says whenever it is applied.
        families = ", ".join(f'"{name}"' for name in text_font(family, size_pt).families() if '"' not in name)
        self.setStyleSheet(f"QTextEdit#editor {{ font-family: {families}; font-size: {size_pt}pt; }}")
        self._column_chars = column_chars
        self._update_margins()

    def _update_margins(self) -> None:
        metrics = QFontMetricsF(self.font())
        column = metrics.averageCharWidth() * self._column_chars + 2 * self.document().documentMargin()
        spare = self.width() - self.verticalScrollBar().sizeHint().width() - column
        side = max(24, int(spare / 2))
        margins = QMargins(side, 24, max(24, int(spare) - side), 8)
        if margins != self.viewportMargins():
            self.setViewportMargins(margins)

    def changeEvent(self, event: QEvent) -> None:
        """Another font has another column width."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._update_margins()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the column centred."""
        super().resizeEvent(event)
        self._update_margins()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is behind the words, the words, and what is over them."""
        self.paint_under(event.rect())
        super().paintEvent(event)
        self.paint_over(event.rect())

    def put_behind(self, first: int, last: int, colour: str) -> None:
        """Colour what is behind the words between two document positions; the same again is not painted."""
        # The stubs do not know QTextEdit::ExtraSelection's two fields.
        there = []
        for each in self.extraSelections():
            shown: QTextCursor = getattr(each, "cursor")  # noqa: B009
            there.append((shown.anchor(), shown.position()))  # they follow the edits
        wanted = [(first, last)] if last > first else []
        if there == wanted and (not wanted or colour == self._marked_in):
            return  # Qt would paint the whole page anew
        self._marked_in = colour
        selections = []
        if wanted:
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(first)
            cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
            form = QTextCharFormat()
            form.setBackground(QColor(colour))
            setattr(selection, "cursor", cursor)  # noqa: B010
            setattr(selection, "format", form)  # noqa: B010
            selections.append(selection)
        self.setExtraSelections(selections)

    def paint_veil(self, boundary: int, theme: Theme) -> None:
        """Paint a veil over all text before a document position, with a line at its edge.

        A veil, because formats would have to be set on every paragraph before it (30 s for 2 MB).
        """
        area = self.viewport().rect()
        if boundary <= self.cursorForPosition(area.topLeft()).position():
            return
        veil = QColor(theme.paper)
        veil.setAlphaF(VEIL)
        painter = QPainter(self.viewport())
        if boundary > self.cursorForPosition(area.bottomRight()).position():
            painter.fillRect(area, veil)
        else:
            cursor = QTextCursor(self.document())
            cursor.setPosition(boundary)
            line = self.cursorRect(cursor)
            painter.fillRect(QRect(0, 0, area.width(), line.top()), veil)
            painter.fillRect(QRect(0, line.top(), line.left(), line.height()), veil)
            painter.setPen(QColor(theme.field))  # not by lightness alone
            painter.drawLine(0, line.bottom(), line.left(), line.bottom())
            painter.drawLine(line.left(), line.top(), line.left(), line.bottom())
            painter.drawLine(line.left(), line.top(), area.width(), line.top())
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl and the wheel zoom the text."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_requested.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell, after a moment, which character the mouse rests on."""
        super().mouseMoveEvent(event)
        self._hover_at = event.position().toPoint()
        self._hover.start()

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse is elsewhere."""
        super().leaveEvent(event)
        self._hover.stop()
        self.mouse_left.emit()

    @Slot(int, int)
    def _on_scroll_range(self, _minimum: int, maximum: int) -> None:
        self.verticalScrollBar().setEnabled(maximum > 0)  # always there, so that the column never jumps

    @Slot()
    def _on_hover(self) -> None:
        self.mouse_rested.emit(self._hover_at)
