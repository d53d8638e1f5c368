"""The surprisal of the whole text as a narrow strip beside it, with what is in view framed."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from studio.ui.editor import Editor
from studio.ui.heat.kinds import HOT_BITS, bits, one_in
from studio.ui.text_numbers import LN2
from studio.ui.text_series import TextSeries
from studio.ui.theme import Theme

WIDTH_PX = 14
BIN_PX = 3
GAP_PX = 2


class Ribbon(QWidget):
    """From top to bottom the whole text. A bar is as long as the tokens there were surprising."""

    wanted = Signal(int)  # the character one wants to see
    chosen = Signal(int)  # the character one wants the caret at

    def __init__(self, editor: Editor, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("ribbon")
        self.setAccessibleName(self.tr("Surprisal along the text"))
        self.setToolTip(
            self.tr(
                "The whole text from top to bottom: the longer a bar, the more the words there surprised the "
                "model. Click or drag to go there."
            )
        )
        self.setFixedWidth(WIDTH_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._editor = editor
        self._theme = theme
        self._series = TextSeries()
        self._picture: QPixmap | None = None
        bar = editor.verticalScrollBar()
        bar.valueChanged.connect(self.update)
        bar.rangeChanged.connect(self.renew)

    def sizeHint(self) -> QSize:
        """Narrow."""
        return QSize(WIDTH_PX, 100)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._theme = theme
        self.renew()

    def show_series(self, series: TextSeries) -> None:
        """Show the numbers of the text as it is now."""
        self._series = series
        self.renew()

    def renew(self) -> None:
        """Draw anew when next seen."""
        self._picture = None
        self.update()

    # -- places --------------------------------------------------------------------------------------------

    def _area(self) -> QRectF:
        """Where the text is drawn: a short one is as tall as it is beside it, a long one fills the strip."""
        viewport = self._editor.viewport()
        top = viewport.y() + 4
        height = self.height() - top - 8
        page = self._editor.document().documentLayout().documentSize().height()
        return QRectF(0, top, self.width(), max(min(page, height), 1.0))

    def _y(self, offset: int) -> float:
        area, length = self._area(), max(len(self._editor.manuscript.text), 1)
        return area.top() + area.height() * min(offset / length, 1.0)

    def offset_at(self, y: float) -> int:
        """The character at a height of this widget."""
        area, length = self._area(), len(self._editor.manuscript.text)
        return min(max(int((y - area.top()) / area.height() * length), 0), max(length - 1, 0))

    def bins(self) -> list[tuple[float, float, float]]:
        """Top, and mean and maximal surprisal in bits, of every bin in which something is known."""
        area, length, series = self._area(), len(self._editor.manuscript.text), self._series
        n_bins = max(int(area.height() / BIN_PX), 1)
        found = []
        if not length or not len(series):
            return []
        for number in range(n_bins):
            first, last = self._tokens(length * number // n_bins, length * (number + 1) // n_bins)
            if last > first:
                part = [min(value, 2 * HOT_BITS) for value in series.surprisal[first:last]]
                found.append((area.top() + number * BIN_PX, math.fsum(part) / len(part), max(part)))
        return found

    def _tokens(self, start: int, end: int) -> tuple[int, int]:
        """The tokens of a stretch; if it is shorter than a character, the one it is part of."""
        first, last = self._series.span(start, max(end, start + 1))
        return first, last

    def _seen(self) -> tuple[int, int]:
        """The characters in view."""
        editor = self._editor
        area = editor.viewport().rect()
        first = editor.cursorForPosition(area.topLeft()).position()
        last = editor.cursorForPosition(area.bottomRight()).position()
        return editor.mirror.to_text(first), editor.mirror.to_text(last)

    # -- events --------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bars from a picture of them, then the frame of what is in view."""
        painter = QPainter(self)
        theme = self._theme
        painter.fillRect(self.rect(), QColor(theme.paper))
        if self._editor.mirror.is_busy:
            return
        if self._picture is None or self._picture.deviceIndependentSize().toSize() != self.size():
            self._picture = self._draw()
        painter.drawPixmap(0, 0, self._picture)
        if self._editor.verticalScrollBar().maximum() > 0:
            first, last = self._seen()
            frame = QRectF(0.5, self._y(first), self.width() - 1, max(self._y(last) - self._y(first), 8))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.field), 1))
            veil = QColor(theme.ink)
            veil.setAlphaF(0.06)
            painter.setBrush(veil)
            painter.drawRoundedRect(frame, 3, 3)
        elif self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        pale, strong = QColor(self._theme.heat), QColor(self._theme.warn)
        pale.setAlphaF(0.55)
        room = self.width() - 2 * GAP_PX
        for top, mean, highest in self.bins():
            for value, colour in ((highest, pale), (mean, strong)):
                length = room * min(value / HOT_BITS, 1.0)
                painter.fillRect(QRectF(GAP_PX, top, max(length, 0.75), BIN_PX - 1), colour)
        painter.end()
        return picture

    def event(self, event: QEvent) -> bool:
        """The tip tells the numbers of the place under the mouse."""
        if event.type() == QEvent.Type.ToolTip:
            assert isinstance(event, QHelpEvent)
            QToolTip.showText(event.globalPos(), self.describe(event.pos()), self)
            return True
        return super().event(event)

    def describe(self, point: QPoint) -> str:
        """The numbers of a place in words."""
        half = BIN_PX / 2
        first, last = self._tokens(self.offset_at(point.y() - half), self.offset_at(point.y() + half))
        if last <= first or self._editor.mirror.is_busy:
            return self.toolTip()
        part = self._series.surprisal[first:last]
        mean, highest = math.fsum(part) / len(part), max(part)
        text = self.tr("Here: {mean} a token on average, at most {max}").format(
            mean=bits(mean), max=bits(highest)
        )
        chance = one_in(-highest * LN2)
        return f"{text} ({chance})\n{self.toolTip()}" if chance else f"{text}\n{self.toolTip()}"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.wanted.emit(self.offset_at(event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.wanted.emit(self.offset_at(event.position().y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of a scroll bar; Enter puts the caret into what is in view."""
        bar, key = self._editor.verticalScrollBar(), event.key()
        steps = {
            Qt.Key.Key_Up: -bar.singleStep(),
            Qt.Key.Key_Down: bar.singleStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_Home: -bar.maximum(),
            Qt.Key.Key_End: bar.maximum(),
        }
        if key in steps:
            bar.setValue(bar.value() + steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self._seen()[0])
        else:
            super().keyPressEvent(event)
