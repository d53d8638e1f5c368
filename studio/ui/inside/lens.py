"""The logit lens: what the model would have said after each layer, and how the chosen token's rank rose."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from studio.core.messages import LensRow
from studio.export.table import Table
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import percent
from studio.ui.inside.figure import Figure, tint
from studio.ui.theme import Theme

LINE_PX = 22
LAYER_PX = 24
RANK_PX = 50
CURVE_PX = 44
CELL_PX = 58


class LensTable(Figure):
    """A row a layer: its likeliest tokens, warm by probability; then rank, and the ranks as a line."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("insideLens", theme, parent)
        self.setAccessibleName(self.tr("What each layer would have said"))
        self.setToolTip(
            self.tr(
                "The model works in layers, one after the other. Each row shows the words it would have "
                "offered had it stopped there (the “logit lens”): row 0 before any layer, the last row its "
                "real answer. At the right the rank of the word that stands in the text: 1 is the favourite; "
                "the line shows how it got there. Early rows are often strange."
            )
        )
        self._rows: tuple[LensRow, ...] = ()
        self._token = ""

    def show_lens(self, rows: tuple[LensRow, ...], token: str) -> None:
        """Show the lens of another place."""
        self._rows, self._token = rows, token
        self.current = min(self.current, max(self.count() - 1, 0))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def count(self) -> int:
        """One more than there are layers."""
        return len(self._rows)

    def sizeHint(self) -> QSize:
        """All rows under a line of headings."""
        return QSize(296, (max(self.count(), 1) + 1) * LINE_PX)

    def place(self, index: int) -> QRectF:
        """A layer's row."""
        return QRectF(0, (index + 1) * LINE_PX, self.width(), LINE_PX)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Headings, rows, line."""
        if not self._rows:
            return
        centre = Qt.AlignmentFlag.AlignVCenter
        cells_px = rect.width() - LAYER_PX - RANK_PX - CURVE_PX - 4
        n_cells = max(1, min(5, int(cells_px // CELL_PX)))
        cell_px = cells_px / n_cells
        painter.setPen(QColor(self.theme.quiet))
        head = QRectF(LAYER_PX, 0, cells_px, LINE_PX)
        painter.drawText(head, centre | Qt.AlignmentFlag.AlignLeft, self.tr("likeliest tokens"))
        head = QRectF(LAYER_PX + cells_px, 0, RANK_PX, LINE_PX)
        painter.drawText(head, centre | Qt.AlignmentFlag.AlignRight, self.tr("rank"))
        for index, row in enumerate(self._rows):
            top = (index + 1) * LINE_PX
            painter.setPen(QColor(self.theme.quiet))
            number = QRectF(0, top, LAYER_PX - 8, LINE_PX)
            painter.drawText(number, centre | Qt.AlignmentFlag.AlignRight, str(row.layer))
            for k, (text, probability) in enumerate(row.top[:n_cells]):
                cell = QRectF(LAYER_PX + k * cell_px, top + 1, cell_px - 2, LINE_PX - 2)
                painter.setPen(
                    QPen(QColor(self.theme.accent), 1.4) if text == self._token else Qt.PenStyle.NoPen
                )
                painter.setBrush(tint(self.theme, probability))
                painter.drawRoundedRect(cell, 4, 4)
                painter.setPen(QColor(self.theme.ink))
                shown = painter.fontMetrics().elidedText(
                    visible(text), Qt.TextElideMode.ElideRight, int(cell.width()) - 6
                )
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, shown)
            rank = QRectF(LAYER_PX + cells_px, top, RANK_PX, LINE_PX)
            painter.setPen(QColor(self.theme.accent if row.rank == 1 else self.theme.ink))
            painter.drawText(rank, centre | Qt.AlignmentFlag.AlignRight, f"{row.rank:,}")
        self._curve(painter, rect.width() - CURVE_PX)

    def _curve(self, painter: QPainter, left: float) -> None:
        """The ranks on a logarithmic scale: right is rank 1."""
        scale = math.log(max(max(row.rank for row in self._rows), 2))
        points = [
            QPointF(left + 8 + (CURVE_PX - 14) * (1 - math.log(row.rank) / scale), (index + 1.5) * LINE_PX)
            for index, row in enumerate(self._rows)
        ]
        painter.setPen(QPen(QColor(self.theme.bar), 1.6))
        painter.setBrush(QColor(self.theme.bar))
        painter.drawPolyline(points)
        for point in points:
            painter.drawEllipse(point, 2.2, 2.2)

    def describe(self, index: int) -> str:
        """A row in words."""
        row = self._rows[index]
        words = ", ".join(f"“{visible(text)}” {percent(probability)}" for text, probability in row.top)
        text = (
            self.tr("Before any layer: {words}.")
            if row.layer == 0
            else self.tr("After layer {layer}: {words}.").format(layer=row.layer, words="{words}")
        )
        own = self.tr(
            "“{token}” has rank {rank} with {probability}. {kl} nats away from the final answer "
            "(KL divergence; 0: the same)."
        ).format(
            token=visible(self._token),
            rank=f"{row.rank:,}",
            probability=percent(row.probability),
            kl=f"{row.kl:.2f}",
        )
        return f"{text.format(words=words)} {own}"

    def rows(self) -> Table:
        """A row a layer."""
        n = max((len(row.top) for row in self._rows), default=0)
        header = [
            "layer",
            "token",
            "probability of the token",
            "rank of the token",
            "KL to the answer (nats)",
        ]
        header += [name for k in range(1, n + 1) for name in (f"top {k}", f"probability of top {k}")]
        return header, [
            (
                row.layer,
                self._token,
                row.probability,
                row.rank,
                row.kl,
                *(part for pair in row.top for part in pair),
            )
            for row in self._rows
        ]
