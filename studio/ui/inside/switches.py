"""A grid of switches: every head of every layer, and whole layers."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from studio.export.table import Table
from studio.ui.inside.figure import Figure
from studio.ui.theme import Theme

LABEL_PX = 34
MAX_CELL_PX = 22


class SwitchGrid(Figure):
    """A row a layer; its first cell is the whole layer, the others are its heads."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("insideSwitches", theme, parent)
        self.setAccessibleName(self.tr("Heads and layers"))
        self.setToolTip(
            self.tr(
                "Each small square is one head, the first of each row its whole layer. Switch one off "
                "(click, or Space) and the model works without it: a head adds nothing, a layer passes on "
                "what it gets. See what that does to the words. Nothing of the model's file changes."
            )
        )
        self._n_layer = self._n_head = 0
        self._off: frozenset[tuple[int, int]] = frozenset()  # head -1: the whole layer

    def set_size(self, n_layer: int, n_head: int) -> None:
        """Another model."""
        self._n_layer, self._n_head = n_layer, n_head
        self.current = min(self.current, max(self.count() - 1, 0))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    @property
    def heads(self) -> tuple[tuple[int, int], ...]:
        """The (layer, head) pairs that are off."""
        return tuple(sorted(pair for pair in self._off if pair[1] >= 0))

    @property
    def layers(self) -> tuple[int, ...]:
        """The whole layers that are off."""
        return tuple(sorted(layer for layer, head in self._off if head < 0))

    def set_off(self, heads: tuple[tuple[int, int], ...], layers: tuple[int, ...]) -> None:
        """Show these as off."""
        self._off = frozenset(heads) | frozenset((layer, -1) for layer in layers)
        self.update()

    def count(self) -> int:
        """Heads and layers."""
        return self._n_layer * (self._n_head + 1)

    def cell(self) -> float:
        """The side of a square."""
        room = (max(self.width(), 120) - LABEL_PX - 8) / max(self._n_head + 1, 1)
        return max(8.0, min(float(MAX_CELL_PX), room))

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(296, round(max(self._n_layer, 1) * MAX_CELL_PX) + 4)

    def _pair(self, index: int) -> tuple[int, int]:
        layer, column = divmod(index, self._n_head + 1)
        return layer, column - 1

    def place(self, index: int) -> QRectF:
        """A square's place."""
        layer, head = self._pair(index)
        side = self.cell()
        gap = 0 if head < 0 else 8
        return QRectF(LABEL_PX + gap + (head + 1) * side, layer * MAX_CELL_PX, side, MAX_CELL_PX)

    def step(self, key: Qt.Key) -> int:
        """All four directions."""
        row = self._n_head + 1
        return {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -row, Qt.Key.Key_Down: row,
        }.get(key, 0)  # fmt: skip

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """All squares: filled is on, hollow and crossed is off."""
        for layer in range(self._n_layer):
            painter.setPen(QColor(self.theme.quiet))
            label = QRectF(0, layer * MAX_CELL_PX, LABEL_PX - 6, MAX_CELL_PX)
            painter.drawText(
                label, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(layer + 1)
            )
        for index in range(self.count()):
            layer, head = self._pair(index)
            gone = (layer, -1) in self._off
            off = gone or (layer, head) in self._off
            square = self.place(index).adjusted(2, 4, -2, -4)
            painter.setPen(QPen(QColor(self.theme.warn if off else self.theme.field), 1))
            painter.setBrush(QColor(self.theme.surface) if off else QColor(self.theme.bar))
            if not off and head >= 0:
                painter.setBrush(QColor(self.theme.select))
            painter.drawRoundedRect(square, 3, 3)
            if off:
                painter.drawLine(square.topLeft(), square.bottomRight())
                painter.drawLine(square.topRight(), square.bottomLeft())

    def toggle(self, index: int) -> None:
        """Switch one."""
        self._off = self._off ^ {self._pair(index)}
        self.setAccessibleDescription(self.describe(index))
        self.update()
        self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter switch."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.count():
            self.toggle(self.current)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click switches."""
        super().mousePressEvent(event)
        index = self.index_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.toggle(index)

    def describe(self, index: int) -> str:
        """A square in words."""
        layer, head = self._pair(index)
        if head < 0:
            text = self.tr("Layer {layer}: {state}").format(layer=layer + 1, state="{state}")
        else:
            text = self.tr("Head {head} of layer {layer}: {state}").format(
                layer=layer + 1, head=head + 1, state="{state}"
            )
        off = (layer, head) in self._off or (layer, -1) in self._off
        return text.format(state=self.tr("off") if off else self.tr("on"))

    def rows(self) -> Table:
        """Every head and layer."""
        return ["layer", "head (empty: the whole layer)", "on"], [
            (layer + 1, None if head < 0 else head + 1, int((layer, head) not in self._off))
            for layer, head in map(self._pair, range(self.count()))
        ]
