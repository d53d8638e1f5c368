"""What the figures of this page have in common: painting that also goes to a file, rows, keys, tool tips."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from studio.export.table import Table
from studio.ui.plot_export import PlotExport
from studio.ui.theme import Theme

ROW_PX = 20


def mixed(one: str, other: str, share: float) -> QColor:
    """A colour between two; 0 is the first."""
    a, b, share = QColor(one), QColor(other), min(max(share, 0.0), 1.0)
    parts = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(x + (y - x) * share) for x, y in parts))


def tint(theme: Theme, share: float) -> QColor:
    """What is behind something of that share: a square root, so that a twentieth can still be seen."""
    return mixed(theme.surface, theme.heat, max(share, 0.0) ** 0.5)


class Figure(QWidget):
    """Rows or cells one of which is current: by click or by keys."""

    current_changed = Signal(int)

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.theme = theme
        self.current = 0
        self.export = PlotExport(self, self, name)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.theme = theme
        self.export.set_theme(theme)
        self.update()

    # -- what a figure fills in ----------------------------------------------------------------------------

    def count(self) -> int:
        """How many rows or cells there are."""
        raise NotImplementedError

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint all of it."""
        raise NotImplementedError

    def rows(self) -> Table:
        """Its numbers."""
        raise NotImplementedError

    def place(self, index: int) -> QRectF:
        """Where a row or cell is."""
        return QRectF(0, index * ROW_PX, self.width(), ROW_PX)

    def describe(self, index: int) -> str:
        """A row or cell in words."""
        raise NotImplementedError

    def step(self, key: Qt.Key) -> int:
        """How far an arrow key moves; 0: not at all."""
        return {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key, 0)

    # -- the rest ------------------------------------------------------------------------------------------

    def set_current(self, index: int) -> None:
        """Make another row or cell the current one."""
        index = min(max(index, 0), self.count() - 1)
        if index >= 0 and index != self.current:
            self.current = index
            self.current_changed.emit(index)
            self.setAccessibleDescription(self.describe(index))
            self.update()

    def index_at(self, point: QPoint) -> int:
        """The row or cell at a point; -1: none."""
        return next((i for i in range(self.count()) if self.place(i).contains(point)), -1)

    def seen(self, painter: QPainter, rect: QRectF) -> QRectF:
        """The part that is to be painted now."""
        return painter.clipBoundingRect() if painter.hasClipping() else rect

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint, with a frame around what is current."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(event.rect())
        self.paint(painter, QRectF(self.rect()))
        if self.hasFocus() and 0 <= self.current < self.count():
            painter.setPen(QPen(QColor(self.theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.place(self.current).adjusted(1, 1, -1, -1), 4, 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End."""
        key = Qt.Key(event.key())
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self.count() - 1}
        if key in ends:
            self.set_current(ends[key])
        elif step := self.step(key):
            self.set_current(self.current + step)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click makes it current."""
        index = self.index_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.set_current(index)
            self.update()

    def event(self, event: QEvent) -> bool:
        """Say in words what the mouse is at; elsewhere, what the figure is."""
        if event.type() == QEvent.Type.ToolTip:
            assert isinstance(event, QHelpEvent)
            index = self.index_at(event.pos())
            if index >= 0:
                text = f"<qt>{html.escape(self.describe(index))}<br><br>{html.escape(self.toolTip())}</qt>"
                QToolTip.showText(event.globalPos(), text, self)
                return True
        return super().event(event)
