"""Which earlier words mattered: bars to the right for those that spoke for the token, to the left against."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from studio.core.inside_messages import SENTENCES
from studio.core.messages import Weight, WordsWeighed
from studio.export.table import Table
from studio.ui.inside.figure import ROW_PX, Figure
from studio.ui.inside.seen import Words, words_of
from studio.ui.theme import Theme

MAX_ROWS = 40
NUMBER_PX = 62


class WeightBars(Figure):
    """The strongest tokens first; sentences in the order of the text."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("insideWeights", theme, parent)
        self.setAccessibleName(self.tr("What mattered"))
        self.setToolTip(
            self.tr(
                "▲ and a bar to the right: without it the word would have been less likely. ▼ and a bar to "
                "the left: it would have been more likely. Measured in nats of log-probability: 0.7 nats "
                "double or halve the probability. For single tokens this is an estimate (gradient times "
                "input); for sentences it is measured, by reading the text again without them."
            )
        )
        self.words = Words((), ())
        self._all: tuple[Weight, ...] = ()
        self._shown: tuple[Weight, ...] = ()
        self._by_sentence = False

    def show_weights(self, message: WordsWeighed | None) -> None:
        """Show an answer, or nothing yet."""
        self.words = words_of(message) if message else Words((), ())
        self._all = message.weights if message else ()
        self._by_sentence = message is not None and message.method == SENTENCES
        shown = self._all
        if not self._by_sentence:
            shown = tuple(sorted(self._all, key=lambda weight: -abs(weight.nats))[:MAX_ROWS])
        self._shown = shown
        self.current = 0
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    @property
    def shown(self) -> tuple[Weight, ...]:
        """What the rows are about."""
        return self._shown

    def count(self) -> int:
        """At most MAX_ROWS tokens, or all sentences."""
        return len(self._shown)

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(296, max(self.count(), 1) * ROW_PX)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """All rows in sight."""
        largest = max((abs(weight.nats) for weight in self._shown), default=0) or 1
        words_px = rect.width() * (0.45 if self._by_sentence else 0.32)
        bars = QRectF(words_px + 8, 0, rect.width() - words_px - 8 - NUMBER_PX, ROW_PX)
        middle, half = bars.center().x(), bars.width() / 2 - 1
        seen = self.seen(painter, rect)
        centre = Qt.AlignmentFlag.AlignVCenter
        for index, weight in enumerate(self._shown):
            top = index * ROW_PX
            if top > seen.bottom() or top + ROW_PX < seen.top():
                continue
            painter.setPen(QColor(self.theme.ink))
            side = Qt.AlignmentFlag.AlignLeft if self._by_sentence else Qt.AlignmentFlag.AlignRight
            text = painter.fontMetrics().elidedText(
                self.named(weight), Qt.TextElideMode.ElideRight, int(words_px)
            )
            painter.drawText(QRectF(0, top, words_px, ROW_PX), centre | side, text)
            length = half * abs(weight.nats) / largest
            left = middle if weight.nats >= 0 else middle - length
            colour = QColor(self.theme.plus if weight.nats >= 0 else self.theme.minus)
            painter.fillRect(QRectF(left, top + 4, max(length, 1.0), ROW_PX - 8), colour)
            painter.fillRect(QRectF(middle - 0.5, top, 1, ROW_PX), QColor(self.theme.line))
            number = f"{'▲' if weight.nats >= 0 else '▼'} {abs(weight.nats):.2f}"
            painter.drawText(
                QRectF(rect.width() - NUMBER_PX, top, NUMBER_PX, ROW_PX),
                centre | Qt.AlignmentFlag.AlignRight,
                number,
            )

    def named(self, weight: Weight) -> str:
        """The words of a stretch."""
        if self._by_sentence:
            return self.words.stretch(weight.first, weight.end)
        return self.words.shown(weight.first)

    def describe(self, index: int) -> str:
        """A row in words."""
        weight = self._shown[index]
        text = (
            self.tr("“{words}” spoke for it: {nats} nats.")
            if weight.nats >= 0
            else self.tr("“{words}” spoke against it: {nats} nats.")
        )
        return text.format(words=self.named(weight), nats=f"{abs(weight.nats):.3f}")

    def rows(self) -> Table:
        """All stretches, in the order of the text."""
        return ["first token", "end token", "words", "log-probability lost without it (nats)"], [
            (w.first, w.end, "".join(self.words.texts[w.first : w.end]), w.nats) for w in self._all
        ]
