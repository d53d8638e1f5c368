"""Draws the tree of continuations, left to right; arrows walk it, Enter takes a path into the text."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio.core.messages import TreeNode
from studio.export.table import Table
from studio.ui.heat.kinds import percent
from studio.ui.loom.grown import GAP_PX, ROOT, ROW_PX, GrownTree, Spot, label, laid_out, percent_of
from studio.ui.loom.rank_mark import RANK_PX, paint_rank
from studio.ui.theme import Theme

MARGIN_PX = 16
PAD_PX = 6
THICKEST_PX = 7.0
ZOOM_STEP = 1.15
ZOOMS = (0.3, 3.0)
DRAG_PX = 4


class TreePlot(QWidget):
    """A tree that can be walked, moved and zoomed."""

    take_requested = Signal(int)  # a node whose path goes into the text
    grow_requested = Signal(int)  # a node that is to have followers
    selected = Signal(int)
    stop_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        figure: Callable[[TreeNode], str] = lambda node: percent(percent_of(node.logprob)),
    ) -> None:
        """`figure` is what stands beside a node's word."""
        super().__init__(parent)
        self.setObjectName("treePlot")
        self.setAccessibleName(self.tr("Tree of continuations"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.theme = theme
        self._figure = figure
        self.tree = GrownTree()
        self.current = ROOT
        self.hint = ""
        """What is said while there is no tree."""
        self._start = "…"
        self._spots: dict[int, Spot] = {}
        self._extent = (0.0, 0.0)
        self._zoom = 1.0
        self._offset = QPointF(MARGIN_PX, MARGIN_PX)
        self._pressed: QPoint | None = None
        self._dragged = False
        self._hovered: int | None = None
        self._end_of_text = self.tr("end of text")

    # -- what is shown -------------------------------------------------------------------------------------

    def show_tree(self, tree: GrownTree, start: str) -> None:
        """Show another tree; `start` are the last words before it. What was selected stays, if it can."""
        path = self.tree.token_ids(self.current) if self.current in self.tree.nodes else ()
        same = start == self._start
        self.tree, self._start = tree, start
        self.current = (tree.find(path) if same else None) or ROOT
        self._hovered = None
        if not same:
            self._offset = QPointF(MARGIN_PX, MARGIN_PX)
        self.tree_grown()

    def tree_grown(self) -> None:
        """The tree has new nodes."""
        metrics = QFontMetricsF(self.font())
        small = QFontMetricsF(self._small())

        def measure(node: TreeNode) -> float:
            word = metrics.horizontalAdvance(label(node, self._end_of_text))
            number = small.horizontalAdvance(self._figure(node))
            return word + number + 3 * PAD_PX + (RANK_PX if self.tree.is_found(node) else 0)

        root = metrics.horizontalAdvance(self._start) + 2 * PAD_PX
        self._spots, *extent = laid_out(self.tree, root, measure)
        self._extent = (extent[0], extent[1])
        self.update()

    def select(self, node_id: int) -> None:
        """Look at a node."""
        self.current = node_id
        self._bring_into_view(node_id)
        self.selected.emit(node_id)
        self.update()

    def content_size(self) -> tuple[float, float]:
        """What a picture of the whole tree takes (px)."""
        return self._extent[0] + 2 * MARGIN_PX, self._extent[1] + 2 * MARGIN_PX

    def rows(self) -> Table:
        """The tree as a table, in the order of reading."""
        header = [
            self.tr("node"),
            self.tr("parent"),
            self.tr("token"),
            self.tr("token id"),
            self.tr("log-probability (nats)"),
            self.tr("cumulative log-probability (nats)"),
            self.tr("cumulative probability"),
            self.tr("text so far"),
        ]
        searched = any(node.rank >= 0 for node in self.tree.nodes.values())
        if searched:
            header.insert(-1, self.tr("best text it is part of (0: dropped)"))
        table: list[list[str | int | float | None]] = []
        for node_id in self.tree.in_order():
            n = self.tree.nodes[node_id]
            figures: list[float] = [n.logprob, n.cumulative, percent_of(n.cumulative)]
            rank = [n.rank] if searched else []
            table.append([n.id, n.parent, n.text, n.token_id, *figures, *rank, self.tree.words(node_id)])
        return header, table

    # -- painting ------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """The whole tree, as large as fits into `rect`, without selection."""
        width, height = self.content_size()
        scale = min(rect.width() / width, rect.height() / height, 1.0) if width and height else 1.0
        painter.save()
        painter.translate(rect.topLeft())
        painter.scale(scale, scale)
        painter.translate(MARGIN_PX, MARGIN_PX)
        self._paint_tree(painter, frozenset(), None, None)
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """What is in sight."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.theme.paper))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not len(self.tree):
            painter.setPen(QColor(self.theme.quiet))
            box = self.rect().adjusted(24, 8, -24, -8)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.hint)
        else:
            painter.translate(self._offset)
            painter.scale(self._zoom, self._zoom)
            way = (
                {node.id for node in self.tree.path(self.current)}
                if self.current in self.tree.nodes
                else set()
            )
            seen = painter.transform().inverted()[0].mapRect(QRectF(event.rect()))
            self._paint_tree(painter, frozenset(way), self.current, seen)
        painter.resetTransform()
        if self.hasFocus():
            painter.setPen(QPen(QColor(self.theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_tree(
        self, painter: QPainter, way: frozenset[int], current: int | None, seen: QRectF | None
    ) -> None:
        theme = self.theme
        for node in self.tree.nodes.values():
            spot, before = self._spots[node.id], self._spots[node.parent]
            line = QRectF(QPointF(before.x, before.y), QPointF(spot.x + spot.width, spot.y)).normalized()
            if seen is not None and not line.adjusted(-4, -ROW_PX, 4, ROW_PX).intersects(seen):
                continue
            self._paint_edge(painter, node, spot, before, on_way=node.id in way)
            self._paint_node(painter, node, spot, way, current)
        root = self._spots[ROOT]
        box = QRectF(root.x, root.y - ROW_PX / 2 + 2, root.width, ROW_PX - 4)
        if current == ROOT:
            painter.setPen(QPen(QColor(theme.accent), 1.5))
            painter.setBrush(QColor(theme.tint))
            painter.drawRoundedRect(box, 6, 6)
        painter.setPen(QColor(theme.quiet))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self._start)

    def _paint_edge(
        self, painter: QPainter, node: TreeNode, spot: Spot, before: Spot, *, on_way: bool
    ) -> None:
        start = QPointF(before.x + before.width, before.y)
        end = QPointF(spot.x, spot.y)
        bend = QPainterPath(start)
        turn = end.x() - GAP_PX
        if turn > start.x() and start.y() == end.y():
            bend.lineTo(end)
        else:
            if turn > start.x():
                bend.lineTo(QPointF(turn, start.y()))
            corner = max(turn, start.x())
            middle = (corner + end.x()) / 2
            bend.cubicTo(QPointF(middle, start.y()), QPointF(middle, end.y()), end)
        thick = max(1.0, THICKEST_PX * math.sqrt(percent_of(node.logprob)))
        colour = QColor(self.theme.accent if on_way else self.theme.bar)
        if not on_way:
            colour.setAlphaF(0.3 + 0.6 * percent_of(node.cumulative) ** 0.25)
        style = Qt.PenStyle.SolidLine if node.rank else Qt.PenStyle.DashLine
        painter.setPen(QPen(colour, thick if node.rank else 1.5, style, Qt.PenCapStyle.FlatCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(bend)

    def _paint_node(
        self, painter: QPainter, node: TreeNode, spot: Spot, way: frozenset[int], current: int | None
    ) -> None:
        theme = self.theme
        box = QRectF(spot.x, spot.y - ROW_PX / 2 + 2, spot.width, ROW_PX - 4)
        chosen = node.id == current
        if chosen or (current is not None and node.id == self._hovered):
            painter.setPen(QPen(QColor(theme.accent), 1.5) if chosen else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.tint))
            painter.drawRoundedRect(box, 6, 6)
        centre = Qt.AlignmentFlag.AlignVCenter
        font = painter.font()
        if node.ends:
            font.setItalic(True)
            painter.setFont(font)
        quiet = node.ends or not node.rank
        painter.setPen(QColor(theme.accent if node.id in way else theme.quiet if quiet else theme.ink))
        inside = box.adjusted(PAD_PX, 0, -PAD_PX, 0)
        if self.tree.is_found(node):
            paint_rank(painter, inside, node.rank, theme)
            inside.setLeft(inside.left() + RANK_PX)
        painter.drawText(inside, int(centre | Qt.AlignmentFlag.AlignLeft), label(node, self._end_of_text))
        font.setItalic(False)
        painter.setFont(self._small())
        painter.setPen(QColor(theme.quiet))
        painter.drawText(inside, int(centre | Qt.AlignmentFlag.AlignRight), self._figure(node))
        painter.setFont(font)

    def _small(self) -> QFont:
        font = self.font()
        font.setPointSizeF(max(font.pointSizeF() * 0.82, 6.0))
        return font

    # -- walking -------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, End goes along the first line, Enter takes the path, plus and minus zoom, Esc stops.

        Right at the end asks for more.
        """
        keys = Qt.Key
        match event.key():
            case keys.Key_Left if self.current in self.tree.nodes:
                self.select(self.tree.nodes[self.current].parent)
            case keys.Key_Right:
                self._go_right()
            case keys.Key_Down | keys.Key_Up:
                self._go_along(1 if event.key() == keys.Key_Down else -1)
            case keys.Key_Home:
                self.select(ROOT)
            case keys.Key_End:
                self.select(self.tree.end_of_line(self.current))
            case keys.Key_Return | keys.Key_Enter if self.current != ROOT:
                self.take_requested.emit(self.current)
            case keys.Key_Plus | keys.Key_Equal:
                self.zoom(ZOOM_STEP)
            case keys.Key_Minus:
                self.zoom(1 / ZOOM_STEP)
            case keys.Key_0:
                self.reset_view()
            case keys.Key_Escape:
                self.stop_requested.emit()
            case _:
                super().keyPressEvent(event)

    def _go_right(self) -> None:
        children = self.tree.children(self.current)
        if children:
            self.select(children[0])
        elif self.current in self.tree.nodes and not self.tree.nodes[self.current].ends:
            self.grow_requested.emit(self.current)

    def _go_along(self, step: int) -> None:
        """To the next word of the same column, as the eye would."""
        if self.current == ROOT:
            children = self.tree.children(ROOT)
            if children:
                self.select(children[0])
            return
        here = self._spots[self.current]
        column = [n for n in self.tree.in_order() if self._spots[n].x == here.x]
        index = column.index(self.current) + step
        if 0 <= index < len(column):
            self.select(column[index])

    def _bring_into_view(self, node_id: int) -> None:
        spot = self._spots.get(node_id)
        if spot is None:
            return
        left = spot.x * self._zoom + self._offset.x()
        right = (spot.x + spot.width) * self._zoom + self._offset.x()
        middle = spot.y * self._zoom + self._offset.y()
        half = ROW_PX * self._zoom
        x, y = self._offset.x(), self._offset.y()
        if right > self.width() - MARGIN_PX:
            x -= right - self.width() + MARGIN_PX
        elif left < MARGIN_PX:
            x += MARGIN_PX - left
        if middle + half > self.height():
            y -= middle + half - self.height()
        elif middle - half < 0:
            y += half - middle
        self._offset = QPointF(x, y)

    # -- moving and zooming --------------------------------------------------------------------------------

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Draw larger or smaller around a point of the widget."""
        new = min(max(self._zoom * factor, ZOOMS[0]), ZOOMS[1])
        at = about if about is not None else QPointF(self.rect().center())
        self._offset = at - (at - self._offset) * (new / self._zoom)
        self._zoom = new
        self.update()

    def reset_view(self) -> None:
        """Normal size, from the beginning."""
        self._zoom = 1.0
        self._offset = QPointF(MARGIN_PX, MARGIN_PX)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Moves the drawing; with Ctrl it zooms."""
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(ZOOM_STEP ** (turn.y() / 120), event.position())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._offset += QPointF(turn.y() / 2, 0)
        else:
            self._offset += QPointF(turn.x() / 2, turn.y() / 2)
        self.update()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click, or the beginning of a drag."""
        self._pressed = event.position().toPoint()
        self._dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the drawing, or look what is under the mouse."""
        at = event.position().toPoint()
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = at - self._pressed
            if self._dragged or moved.manhattanLength() > DRAG_PX:
                self._dragged = True
                self._offset += QPointF(moved)
                self._pressed = at
                self.update()
            return
        found = self.node_at(event.position())
        if found != self._hovered:
            self._hovered = found
            pointing = found is not None and found != ROOT
            self.setCursor(Qt.CursorShape.PointingHandCursor if pointing else Qt.CursorShape.ArrowCursor)
            self.selected.emit(found if found is not None else self.current)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a leaf takes its path, on another word selects it."""
        dragged, self._pressed = self._dragged, None
        if dragged or event.button() != Qt.MouseButton.LeftButton:
            return
        found = self.node_at(event.position())
        if found is not None:
            self.select(found)
            if found != ROOT and not self.tree.children(found):
                self.take_requested.emit(found)

    def node_at(self, point: QPointF) -> int | None:
        """The node under a point of the widget."""
        at = (point - self._offset) / self._zoom
        for node_id, spot in self._spots.items():
            if spot.x <= at.x() <= spot.x + spot.width and abs(spot.y - at.y()) <= ROW_PX / 2:
                return node_id
        return None

    def point_of(self, node_id: int) -> QPoint:
        """The middle of a node's word in the widget."""
        spot = self._spots[node_id]
        return (QPointF(spot.x + spot.width / 2, spot.y) * self._zoom + self._offset).toPoint()
