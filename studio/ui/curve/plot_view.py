"""The curves as a widget: a crosshair for mouse and keys, a brush to zoom, a click to go there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.export.table import Table
from studio.ui.curve import plot
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import in_few_words, in_words
from studio.ui.text_numbers import LN2, TextToken
from studio.ui.text_series import TextSeries
from studio.ui.theme import Theme

MIN_TOKENS = 8
"""No closer than this many tokens across."""

ZOOM = 1.5


class PlotView(QWidget):
    """Shows a TextSeries. `paint` and `rows` are its picture and its numbers, for whoever exports them."""

    wanted = Signal(int)  # a token to go to, by index

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("curvePlot")
        self.setAccessibleName(self.tr("Curve of surprisal, entropy and rank"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 90)
        self.theme = theme
        self._series = TextSeries()
        self._text = ""
        self.view = plot.View(0.0, 1.0)
        self._whole = True  # all tokens are in view, also those still to come
        self.cursor_index = -1  # the token at the crosshair
        self._pressed: QPointF | None = None
        self._brush: QRectF | None = None
        self._picture: QPixmap | None = None

    def sizeHint(self) -> QSize:
        """As large as there is room."""
        return QSize(480, 200)

    # -- what is shown -------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.theme = theme
        self._renew()

    def show_series(self, series: TextSeries, text: str) -> None:
        """Show the numbers of the text as it is now; a zoom stays where it was."""
        self._series, self._text = series, text
        if self._whole:
            self.view = replace(self.view, first=0.0, last=float(max(len(series), 1)))
        else:
            self._look(self.view.first, self.view.last)
        self.cursor_index = min(self.cursor_index, len(series) - 1)
        self._renew()

    def show_lines(self, lines: frozenset[str]) -> None:
        """Show some of the lines."""
        self.view = replace(self.view, lines=lines)
        self._renew()

    def mark(self, index: int) -> None:
        """Mark the token one points at in the text; -1: none."""
        if index != self.view.marked:
            self.view = replace(self.view, marked=index)
            self.update()

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint axes and curves as they are in view into a rectangle of any device."""
        plot.paint(painter, rect, self.theme, self._series, self.view, self._text, self.font())

    def rows(self) -> Table:
        """A header and one row for each token: what the curves are made of."""
        s = self._series
        header = (
            "token", "start (characters)", "end (characters)", "text", "log-probability (nats)",
            "surprisal (bits)", "rank", "entropy (bits)",
        )  # fmt: skip
        return header, [
            (
                i + 1, s.starts[i], s.ends[i], self._text[s.starts[i] : s.ends[i]], -s.surprisal[i] * LN2,
                s.surprisal[i], int(s.rank[i]), s.entropy[i],
            )
            for i in range(len(s))
        ]  # fmt: skip

    def _renew(self) -> None:
        self._picture = None
        self.update()

    # -- zoom ----------------------------------------------------------------------------------------------

    def reset_zoom(self) -> None:
        """All tokens."""
        self._whole = True
        self.view = replace(self.view, first=0.0, last=float(max(len(self._series), 1)))
        self._renew()

    def zoom(self, factor: float, centre: float) -> None:
        """Show `factor` times as many tokens; the one at `centre` stays where it is."""
        first = centre - (centre - self.view.first) * factor
        self._look(first, first + (self.view.last - self.view.first) * factor)

    def _look(self, first: float, last: float) -> None:
        n_tokens = float(max(len(self._series), 1))
        width = min(max(last - first, min(MIN_TOKENS, n_tokens)), n_tokens)
        first = min(max((first + last - width) / 2, 0.0), n_tokens - width)
        self._whole = width >= n_tokens
        self.view = replace(self.view, first=first, last=first + width)
        self._renew()

    # -- the crosshair -------------------------------------------------------------------------------------

    def set_cursor(self, index: int) -> None:
        """Put the crosshair on a token and bring it into view."""
        n_tokens = len(self._series)
        if not n_tokens:
            return
        self.cursor_index = min(max(index, 0), n_tokens - 1)
        width = self.view.last - self.view.first
        if not self.view.first <= self.cursor_index + 0.5 <= self.view.last:
            self._look(self.cursor_index + 0.5 - width / 2, self.cursor_index + 0.5 + width / 2)
        self.setAccessibleDescription(self.describe(self.cursor_index))
        self.update()

    def describe(self, index: int, say: Callable[[TextToken], str] = in_words) -> str:
        """A token of the curve in words."""
        s = self._series
        if not 0 <= index < len(s):
            return ""
        rank, nats = int(s.rank[index]), s.entropy[index] * LN2
        token = TextToken(0, s.starts[index], s.ends[index], -s.surprisal[index] * LN2, rank, nats, None)
        words = visible(self._text[token.start : token.end])
        name = self.tr("token {n}").format(n=f"{index + 1:,}")
        return f"{name}  “{words}”  {say(token)}"

    def _area(self) -> QRectF:
        return plot.plot_area(QRectF(self.rect()), self.fontMetrics().height())

    def _index_under(self, x: float) -> int:
        index = int(plot.index_at(x, self._area(), self.view))
        return min(max(index, 0), len(self._series) - 1)

    # -- events --------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """The curves from a picture of them; crosshair, mark and brush over it."""
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.deviceIndependentSize().toSize() != self.size():
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(QColor(self.theme.surface))
            drawing = QPainter(self._picture)
            self.paint(drawing, QRectF(self.rect()))
            drawing.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        if not len(self._series):
            painter.setPen(QColor(self.theme.quiet))
            hint = self.tr("What you write is drawn here as soon as the model has read it.")
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, hint)
            return
        self._paint_mark(painter, area)
        self._paint_cursor(painter, area)
        if self._brush is not None:
            tint = QColor(self.theme.accent)
            tint.setAlphaF(0.15)
            painter.fillRect(self._brush.intersected(area), tint)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self.theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_mark(self, painter: QPainter, area: QRectF) -> None:
        x = plot.x_of(self.view.marked, area, self.view)
        if self.view.marked >= 0 and area.left() <= x <= area.right():
            painter.setPen(QPen(QColor(self.theme.ink), 1))
            painter.setBrush(QColor(self.theme.ink))
            painter.drawPolygon(
                [
                    QPointF(x, area.bottom()),
                    QPointF(x - 4, area.bottom() + 6),
                    QPointF(x + 4, area.bottom() + 6),
                ]
            )

    def _paint_cursor(self, painter: QPainter, area: QRectF) -> None:
        index = self.cursor_index
        if not 0 <= index < len(self._series):
            return
        x = plot.x_of(index, area, self.view)
        if not area.left() <= x <= area.right():
            return
        painter.setPen(QPen(QColor(self.theme.field), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        scale = plot.scales(self._series, self.view)
        for line in plot.LINES:
            if line in self.view.lines:
                y = plot.y_of(plot.values_of(self._series, line)[index], line, area, scale)
                painter.setPen(QPen(QColor(self.theme.surface), 1.5))
                painter.setBrush(plot.line_colour(self.theme, line))
                painter.drawEllipse(QPointF(x, y), 4, 4)
        words = self.describe(index, in_few_words)
        metrics = self.fontMetrics()
        words = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, self.width() - 84)
        box = QRectF(
            0, area.top() - metrics.height() - 7, metrics.horizontalAdvance(words) + 4, metrics.height()
        )
        box.moveLeft((self.width() - box.width()) / 2)
        painter.setPen(QColor(self.theme.ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The beginning of a click or of a brush."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The crosshair follows; with the button down, the brush grows."""
        if not len(self._series):
            return
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            reach = QApplication.startDragDistance()
            if self._brush is not None or abs(event.position().x() - self._pressed.x()) >= reach:
                left, right = sorted((self._pressed.x(), event.position().x()))
                self._brush = QRectF(left, 0, right - left, self.height())
        self.cursor_index = self._index_under(event.position().x())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Zoom to what was brushed, or go to what was clicked."""
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        brush, self._brush, self._pressed = self._brush, None, None
        area = self._area()
        if brush is not None:
            self._look(
                plot.index_at(brush.left(), area, self.view), plot.index_at(brush.right(), area, self.view)
            )
        elif len(self._series):
            self.wanted.emit(self._index_under(event.position().x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """All of it again."""
        self._pressed = None
        self.reset_zoom()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel zooms, sideways or with Shift it moves."""
        steps = event.angleDelta().y() / 120
        aside = event.angleDelta().x() / 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            steps, aside = 0.0, aside or steps
        if aside:
            move = -aside * (self.view.last - self.view.first) / 10
            self._look(self.view.first + move, self.view.last + move)
        elif steps:
            self.zoom(ZOOM**-steps, plot.index_at(event.position().x(), self._area(), self.view))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Without the mouse there is a crosshair only for the keys."""
        super().leaveEvent(event)
        if not self.hasFocus():
            self.cursor_index = -1
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the crosshair, + and - zoom, 0 shows all, Enter goes there."""
        page = max(round((self.view.last - self.view.first) / 10), 1)
        moves = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self._series), Qt.Key.Key_End: len(self._series),
        }  # fmt: skip
        key = event.key()
        at = self.cursor_index if self.cursor_index >= 0 else max(self.view.marked, 0)
        if key in moves:
            self.set_cursor(at + moves[Qt.Key(key)])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1 / ZOOM, at + 0.5)
        elif key == Qt.Key.Key_Minus:
            self.zoom(ZOOM, at + 0.5)
        elif key == Qt.Key.Key_0:
            self.reset_zoom()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(self._series):
            self.wanted.emit(at)
        else:
            super().keyPressEvent(event)
