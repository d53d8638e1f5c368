"""From token to token: arcs from every token of the context to those it looked at, in one head."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from studio.export.table import Table
from studio.ui.heat.kinds import percent
from studio.ui.inside.figure import Figure
from studio.ui.inside.seen import Links, Words
from studio.ui.theme import Theme

LINE_PX = 18
WORD_PX = 96
MAX_ARCS = 80
"""Of those that pass through what is in sight."""

LEAST_CURRENT = 0.005
LEAST = 0.08
"""Weaker links are drawn for the current token only: of a thousand tokens they would be a fog."""


class Arcs(Figure):
    """A column of tokens, arcs beside it; those of the current token stand out and are numbered."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("insideArcs", theme, parent)
        self.setAccessibleName(self.tr("Attention from token to token"))
        self.setToolTip(
            self.tr(
                "What every token looked at in this head: an arc goes from a token up to an earlier one, the "
                "thicker the more attention. The current token's arcs stand out, with their shares in "
                "percent; the arrow keys choose it."
            )
        )
        self.words = Words((), ())
        self._links: Links | None = None
        self._strong: list[tuple[float, int, int]] = []  # share, token, source; the strongest first

    def show_links(self, words: Words, links: Links | None) -> None:
        """Show another head, or nothing yet."""
        if links is not None and len(links.of) != len(words.texts):
            links = None  # of another place
        first = self._links is None
        self.words, self._links = words, links
        found = enumerate(links.of if links else ())
        self._strong = sorted(
            ((share, i, s) for i, row in found for s, share in row if share >= LEAST and s != i), reverse=True
        )
        self.current = self.count() - 1 if first else min(self.current, max(self.count() - 1, 0))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def count(self) -> int:
        """As many as the context has tokens."""
        return len(self._links.of) if self._links else 0

    def sizeHint(self) -> QSize:
        """A line each."""
        return QSize(296, max(self.count(), 1) * LINE_PX + 4)

    def place(self, index: int) -> QRectF:
        """A token's line."""
        return QRectF(0, index * LINE_PX, self.width(), LINE_PX)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """The tokens in sight, and the arcs that pass there."""
        links = self._links
        if links is None:
            return
        seen = self.seen(painter, rect)
        words_px = min(WORD_PX, rect.width() * 0.45)
        room = rect.width() - words_px - 44
        mine = dict(links.of[self.current])
        first, last = int(seen.top() // LINE_PX), int(seen.bottom() // LINE_PX)
        passing = [
            arc for arc in self._strong if arc[2] <= last and arc[1] >= first and arc[1] != self.current
        ]
        for share, index, source in passing[:MAX_ARCS]:
            self._arc(painter, words_px, room, index, source, share, QColor(self.theme.field), 0.35)
        for index in range(max(first, 0), min(last + 1, len(links.of))):
            top = index * LINE_PX
            line = QRectF(0, top, words_px - 6, LINE_PX)
            strong = index == self.current or mine.get(index, 0) >= LEAST
            painter.setPen(QColor(self.theme.ink if strong else self.theme.quiet))
            text = painter.fontMetrics().elidedText(
                self.words.shown(index), Qt.TextElideMode.ElideRight, int(line.width())
            )
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
            if index == self.current or mine.get(index, 0) >= 0.01:
                number = QRectF(rect.width() - 42, top, 42, LINE_PX)
                text = f"{mine.get(index, 0):.0%}"
                painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        for source, share in links.of[self.current]:
            if share >= LEAST_CURRENT:
                colour = QColor(self.theme.accent)
                self._arc(painter, words_px, room, self.current, source, share, colour, 1.0)

    def _arc(
        self,
        painter: QPainter,
        left: float,
        room: float,
        token: int,
        source: int,
        share: float,
        colour: QColor,
        alpha: float,
    ) -> None:
        y_from, y_to = (token + 0.5) * LINE_PX, (source + 0.5) * LINE_PX
        colour.setAlphaF(alpha)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(colour, 0.8 + 4 * share)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if token == source:
            painter.drawEllipse(QPointF(left + 5, y_from), 4, 4)
            return
        bulge = min(room, 14 + (token - source) * 5.0) * 4 / 3
        path = QPainterPath(QPointF(left, y_from))
        path.cubicTo(left + bulge, y_from, left + bulge, y_to, left, y_to)
        painter.drawPath(path)

    def describe(self, index: int) -> str:
        """A token in words."""
        assert self._links is not None
        parts = [
            f"“{self.words.shown(source)}” {percent(share)}" for source, share in self._links.of[index][:3]
        ]
        return self.tr("When “{token}” was read, head {head} looked most at {words}").format(
            token=self.words.shown(index), head=self._links.head + 1, words=", ".join(parts)
        )

    def rows(self) -> Table:
        """Every link."""
        links = self._links
        if links is None:
            return (), ()
        texts = self.words.texts
        header = [
            "layer",
            "head",
            "token index",
            "token",
            "looked at index",
            "looked at",
            "attention (share of 1)",
        ]
        return header, [
            (links.layer + 1, links.head + 1, i, texts[i], source, texts[source], share)
            for i, found in enumerate(links.of)
            for source, share in found
        ]
