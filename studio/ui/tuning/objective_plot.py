"""How good a passage is along one setting: a line, with what was and what was found on it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from studio.export.table import Table
from studio.ui.theme import Theme

LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 60, 16, 26, 40


class ObjectivePlot(QWidget):
    """A curve of points (setting, figure)."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("objectivePlot")
        self.setAccessibleName(self.tr("The passage along one setting"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.theme = theme
        self._points: tuple[tuple[float, float], ...] = ()
        self._x_title = self._y_title = ""
        self._before = self._after = 0.0

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(460, 180)

    def minimumSizeHint(self) -> QSize:
        """Still readable."""
        return QSize(300, 150)

    def show_curve(
        self,
        points: tuple[tuple[float, float], ...],
        titles: tuple[str, str],
        before: float,
        after: float,
    ) -> None:
        """Show another curve; `titles` are those of the setting and of the figure, with units."""
        self._points, (self._x_title, self._y_title) = points, titles
        self._before, self._after = before, after
        shown = self.tr("{figure} along {setting}: {low} to {high}; from {before} to {after}.")
        values = [y for _, y in points] or [0.0]
        self.setAccessibleDescription(
            shown.format(
                figure=self._y_title,
                setting=self._x_title,
                low=f"{min(values):.3g}",
                high=f"{max(values):.3g}",
                before=f"{before:g}",
                after=f"{after:g}",
            )
        )
        self.setToolTip(self.accessibleDescription())
        self.update()

    def rows(self) -> Table:
        """The points as a table."""
        return [self._x_title, self._y_title], [[x, y] for x, y in self._points]

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """The curve in its axes."""
        if len(self._points) < 2:
            return
        theme = self.theme
        box = rect.adjusted(LEFT_PX, TOP_PX, -RIGHT_PX, -BOTTOM_PX)
        xs, ys = [x for x, _ in self._points], [y for _, y in self._points]
        low_x, high_x, low_y, high_y = min(xs), max(xs), min(ys), max(ys)
        span_x, span_y = (high_x - low_x) or 1.0, (high_y - low_y) or 1.0

        def at(x: float, y: float) -> QPointF:
            return QPointF(
                box.left() + (x - low_x) / span_x * box.width(),
                box.bottom() - (y - low_y) / span_y * box.height(),
            )

        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.drawLine(box.topLeft(), box.bottomLeft())
        painter.setPen(QColor(theme.quiet))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for y in (low_y, high_y) if high_y > low_y else (low_y,):
            middle = at(low_x, y).y()
            painter.drawText(QRectF(rect.left(), middle - 9, LEFT_PX - 6, 18), right, f"{y:.3g}")
        for x, side in ((low_x, Qt.AlignmentFlag.AlignLeft), (high_x, Qt.AlignmentFlag.AlignRight)):
            painter.drawText(QRectF(box.left(), box.bottom() + 2, box.width(), 16), int(side), f"{x:g}")
        painter.drawText(
            QRectF(box.left(), box.bottom() + 20, box.width(), 18),
            int(Qt.AlignmentFlag.AlignHCenter),
            self._x_title,
        )
        painter.drawText(QRectF(rect.left() + 8, rect.top() + 2, rect.width() - 16, 18), 0, self._y_title)
        painter.setPen(QPen(QColor(theme.bar), 2))
        painter.drawPolyline(QPolygonF([at(x, y) for x, y in self._points]))
        known = dict(self._points)
        for value, filled in ((self._before, False), (self._after, True)):
            if value in known:
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.setBrush(QColor(theme.accent if filled else theme.surface))
                painter.drawEllipse(at(value, known[value]), 5, 5)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All of it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter, QRectF(self.rect()))
        if self.hasFocus():
            painter.setPen(QPen(QColor(self.theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
