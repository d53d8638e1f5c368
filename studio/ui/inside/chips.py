"""The context as wrapped tokens, each as warm as the attention one head gave it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio.export.table import Table
from studio.ui.heat.kinds import percent
from studio.ui.inside.figure import Figure, tint
from studio.ui.inside.seen import Attention
from studio.ui.theme import Theme

LINE_PX = 22
GAP_PX = 2


class TokenChips(Figure):
    """One chip a token, in the order of the text."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("insideTokens", theme, parent)
        self.setAccessibleName(self.tr("Words by attention"))
        self.setToolTip(
            self.tr(
                "The text the model had read when it chose this word, cut into its tokens. The warmer, the "
                "larger the share of this head's attention (100% in all). The arrow keys go from token to "
                "token."
            )
        )
        self._attention: Attention | None = None
        self._head = 0
        self._places: list[QRectF] = []

    def show_attention(self, attention: Attention | None, head: int) -> None:
        """Show another head, with what it looked at most as the current token."""
        self._attention, self._head = attention, head
        if attention is not None and not self.hasFocus():
            self.current = attention.strongest(head)[0][0]
        self.current = min(self.current, max(self.count() - 1, 0))
        self._lay_out()
        self.update()

    def count(self) -> int:
        """As many as the context has tokens."""
        return len(self._attention.words.texts) if self._attention else 0

    def sizeHint(self) -> QSize:
        """As high as the lines are."""
        bottom = self._places[-1].bottom() if self._places else LINE_PX
        return QSize(296, round(bottom) + 4)

    def _lay_out(self) -> None:
        self._places = self._placed(self.width())
        self.setFixedHeight(self.sizeHint().height())

    def _placed(self, width: float) -> list[QRectF]:
        places: list[QRectF] = []
        if self._attention is None:
            return places
        metrics = QFontMetricsF(self.font())
        left, top = 0.0, 0.0
        for index, text in enumerate(self._attention.words.texts):
            chip = min(metrics.horizontalAdvance(self._attention.words.shown(index)) + 8, width)
            if left > 0 and left + chip > width:
                left, top = 0.0, top + LINE_PX
            places.append(QRectF(left, top, chip, LINE_PX))
            left += chip + GAP_PX
            if text.endswith("\n"):
                left, top = 0.0, top + LINE_PX
        return places

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks the lines elsewhere."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._lay_out()

    def place(self, index: int) -> QRectF:
        """A chip's place."""
        return self._places[index]

    def step(self, key: Qt.Key) -> int:
        """Left and right by one; up and down to the line above or below."""
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return 1 if key == Qt.Key.Key_Right else -1
        if key not in (Qt.Key.Key_Up, Qt.Key.Key_Down) or not self._places:
            return 0
        here = self._places[self.current]
        top = here.top() + (LINE_PX if key == Qt.Key.Key_Down else -LINE_PX)
        line = [i for i, place in enumerate(self._places) if place.top() == top]
        if not line:
            return 0
        return min(line, key=lambda i: abs(self._places[i].center().x() - here.center().x())) - self.current

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """All chips that are in sight."""
        attention = self._attention
        if attention is None:
            return
        shares = attention.heads[self._head]
        strongest = {index for index, _ in attention.strongest(self._head)}
        seen = self.seen(painter, rect)
        for index, place in enumerate(self._places):
            if place.bottom() < seen.top() or place.top() > seen.bottom():
                continue
            chip = place.adjusted(0, 1, 0, -1)
            painter.setPen(
                QPen(QColor(self.theme.accent), 1.2) if index in strongest else Qt.PenStyle.NoPen
            )  # not by colour alone
            painter.setBrush(tint(self.theme, shares[index]))
            painter.drawRoundedRect(chip, 4, 4)
            painter.setPen(QColor(self.theme.ink))
            text = painter.fontMetrics().elidedText(
                attention.words.shown(index), Qt.TextElideMode.ElideRight, int(chip.width()) - 4
            )
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)

    def describe(self, index: int) -> str:
        """A token in words."""
        assert self._attention is not None
        return self.tr("“{token}”: {share} of the attention of head {head}").format(
            token=self._attention.words.shown(index),
            share=percent(self._attention.heads[self._head][index]),
            head=self._head + 1,
        )

    def rows(self) -> Table:
        """Every token's share in this head."""
        found = self._attention
        if found is None:
            return (), ()
        return ["token index", "token", "attention (share of 1)"], [
            (i, found.words.texts[i], share) for i, share in enumerate(found.heads[self._head])
        ]
