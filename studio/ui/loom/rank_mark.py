"""The mark before the last word of a text that a search has found: its rank in a ring."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.ui.theme import Theme

RANK_PX = 22.0
"""What the mark takes before the word."""

RADIUS_PX = 8.0


def paint_rank(painter: QPainter, box: QRectF, rank: int, theme: Theme) -> None:
    """A ring with a number at the left end of a box; that of the best is filled. The pen stays as it is."""
    centre = QPointF(box.left() + RADIUS_PX, box.center().y())
    painter.save()
    painter.setPen(QPen(QColor(theme.accent), 1.5))
    painter.setBrush(QColor(theme.accent) if rank == 1 else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(centre, RADIUS_PX, RADIUS_PX)
    font = painter.font()
    font.setItalic(False)
    font.setBold(True)
    font.setPointSizeF(max(font.pointSizeF() * 0.82, 6.0))
    painter.setFont(font)
    painter.setPen(QColor(theme.on_accent if rank == 1 else theme.accent))
    ring = QRectF(centre.x() - RADIUS_PX, centre.y() - RADIUS_PX, 2 * RADIUS_PX, 2 * RADIUS_PX)
    painter.drawText(ring, int(Qt.AlignmentFlag.AlignCenter), str(rank))
    painter.restore()
