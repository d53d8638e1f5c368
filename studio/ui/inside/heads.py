"""The heads of one layer as small multiples: a strip of the context each, with what it looked at most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from studio.export.table import Table
from studio.ui.heat.kinds import percent
from studio.ui.inside.figure import ROW_PX, Figure, tint
from studio.ui.inside.seen import Attention
from studio.ui.theme import Theme

NUMBER_PX = 24
NAME_PX = 116


MAX_MARKS = 128
"""In a strip: more tokens than that share marks, the strongest showing, so that painting stays cheap."""


def binned(shares: Sequence[float]) -> list[float]:
    """At most MAX_MARKS numbers, each the largest of its stretch."""
    n = len(shares)
    if n <= MAX_MARKS:
        return list(shares)
    cuts = [n * k // MAX_MARKS for k in range(MAX_MARKS + 1)]
    return [max(shares[a:b]) for a, b in pairwise(cuts)]


class HeadStrips(Figure):
    """One row a head: number, strip from the first token to the last, strongest source."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("insideHeads", theme, parent)
        self.setAccessibleName(self.tr("Heads of the layer"))
        self.setToolTip(
            self.tr(
                "A layer has several heads; each looks back at the words read so far and shares out 100% of "
                "its attention among them. The strip is the text from its first word (left) to the last; "
                "the warmer, the more attention. Named is the word it looked at most. Many heads rest on the "
                "very first word when they have nothing to do."
            )
        )
        self._attention: Attention | None = None
        self._strips: list[list[float]] = []  # by head

    def show_attention(self, attention: Attention | None) -> None:
        """Show another layer, or another place."""
        self._attention = attention
        self._strips = [binned(shares) for shares in attention.heads] if attention else []
        self.current = min(self.current, max(self.count() - 1, 0))
        self.setFixedHeight(max(self.count(), 1) * ROW_PX)
        self.update()

    def count(self) -> int:
        """As many as the layer has heads."""
        return len(self._attention.heads) if self._attention else 0

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(296, max(self.count(), 1) * ROW_PX)

    def named(self, head: int) -> tuple[int, float]:
        """What a head looked at most, other than the first token if there is anything else."""
        assert self._attention is not None
        strongest = self._attention.strongest(head, 2)
        return strongest[1] if strongest[0][0] == 0 and len(strongest) > 1 else strongest[0]

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """All heads."""
        attention = self._attention
        if attention is None:
            return
        centre = Qt.AlignmentFlag.AlignVCenter
        strip_px = max(rect.width() - NUMBER_PX - NAME_PX - 8, 24)
        seen = self.seen(painter, rect)
        for head, shares in enumerate(self._strips):
            top = rect.top() + head * ROW_PX
            if top > seen.bottom() or top + ROW_PX < seen.top():
                continue
            if head == self.current:
                painter.fillRect(QRectF(rect.left(), top, rect.width(), ROW_PX), QColor(self.theme.tint))
            painter.setPen(QColor(self.theme.quiet))
            number = QRectF(rect.left(), top, NUMBER_PX - 6, ROW_PX)
            painter.drawText(number, centre | Qt.AlignmentFlag.AlignRight, str(head + 1))
            strip = QRectF(rect.left() + NUMBER_PX, top + 4, strip_px, ROW_PX - 8)
            painter.fillRect(strip, QColor(self.theme.surface))
            n = len(shares)
            width = max(strip.width() / n, 2.0)
            for index, share in enumerate(shares):
                if share >= 0.004:
                    left = strip.left() + (strip.width() - width) * (index / max(n - 1, 1))
                    painter.fillRect(QRectF(left, strip.top(), width, strip.height()), self.ink(share))
            painter.setPen(QColor(self.theme.line))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(strip)
            index, share = self.named(head)
            name = QRectF(strip.right() + 8, top, NAME_PX, ROW_PX)
            number_text = f"{share:.0%}"
            painter.setPen(QColor(self.theme.quiet))
            painter.drawText(name, centre | Qt.AlignmentFlag.AlignRight, number_text)
            room = int(NAME_PX - painter.fontMetrics().horizontalAdvance(number_text) - 8)
            painter.setPen(QColor(self.theme.ink))
            text = painter.fontMetrics().elidedText(
                attention.words.shown(index), Qt.TextElideMode.ElideRight, room
            )
            painter.drawText(name, centre | Qt.AlignmentFlag.AlignLeft, text)

    def ink(self, share: float) -> QColor:
        """A mark in the strip."""
        return tint(self.theme, share)

    def describe(self, index: int) -> str:
        """A head in words."""
        assert self._attention is not None
        parts = [
            f"“{self._attention.words.shown(i)}” {percent(share)}"
            for i, share in self._attention.strongest(index)
        ]
        return self.tr("Head {head} of layer {layer} looked most at {words}").format(
            head=index + 1, layer=self._attention.layer + 1, words=", ".join(parts)
        )

    def rows(self) -> Table:
        """Every head's share of every token."""
        found = self._attention
        if found is None:
            return (), ()
        header = ["layer", "head", "token index", "token", "attention (share of 1)"]
        return header, [
            (found.layer + 1, head + 1, i, found.words.texts[i], share)
            for head, shares in enumerate(found.heads)
            for i, share in enumerate(shares)
        ]
