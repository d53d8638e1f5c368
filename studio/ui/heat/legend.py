"""What the colours mean: the ramp with its numbers, one sentence, and the token one points at."""

from __future__ import annotations

import html

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.elided_label import ElidedLabel
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import BY_NAME, LEVELS, Kind, heat_colour, in_words, share, translate
from studio.ui.heat.read_button import ReadButton
from studio.ui.text_numbers import TextToken
from studio.ui.theme import Theme

RAMP_PX = 176
BAND_PX = 9
NARROW_PX = 520


class Ramp(QWidget):
    """The colours from clean to hottest with numbers under them; a mark where the token looked at stands."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("heatRamp")
        self.theme = theme
        self._kind: Kind | None = None
        self._share: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_kind(self, kind: Kind) -> None:
        """Show another kind's numbers."""
        self._kind = kind
        self.setVisible(bool(kind.ticks))
        self.updateGeometry()
        self.update()

    def mark(self, place: float | None) -> None:
        """Put the mark at a place of the ramp, 0..1, or take it away."""
        if place != self._share:
            self._share = place
            self.update()

    def sizeHint(self) -> QSize:
        """A band over a line of numbers."""
        return QSize(RAMP_PX + 48, 6 + BAND_PX + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        kind = self._kind
        if kind is None or not kind.ticks:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        band = QRectF(16, 6, RAMP_PX, BAND_PX)
        steps = len(kind.ticks) if kind.name == "rank" else LEVELS
        width = band.width() / steps
        for step in range(steps):
            level = round(LEVELS * step / (steps - 1))
            colour = heat_colour(self.theme, level, self.theme.paper)
            painter.fillRect(QRectF(band.left() + step * width, band.top(), width + 0.5, BAND_PX), colour)
        painter.setPen(QColor(self.theme.field))
        painter.drawRoundedRect(band.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.setPen(QColor(self.theme.quiet))
        for place, text in kind.ticks:
            x = self._x(band, place)
            box = QRectF(x - 40, band.bottom() + 1, 80, self.fontMetrics().height())
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, translate(text))
        if self._share is not None:
            x = self._x(band, self._share)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.ink))
            tip = band.top() + 3
            painter.drawPolygon(
                QPolygonF([QPointF(x, tip), QPointF(x - 4, tip - 6), QPointF(x + 4, tip - 6)])
            )

    def _x(self, band: QRectF, place: float) -> float:
        """In bands a value stands in the middle of its own."""
        if self._kind is not None and self._kind.name == "rank":
            steps = len(self._kind.ticks)
            return band.left() + band.width() * (round(place * (steps - 1)) + 0.5) / steps
        return band.left() + band.width() * place


class _Hatch(QWidget):
    """A sample of what old numbers look like."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setFixedSize(22, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour = heat_colour(self.theme, LEVELS, self.theme.paper)
        painter.fillRect(self.rect(), QBrush(colour, Qt.BrushStyle.BDiagPattern))


class Legend(QWidget):
    """A strip over the text while words are coloured."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("heatLegend")
        self._ramp = Ramp(theme)
        self._hatch = _Hatch(theme)
        self._meaning = ElidedLabel()
        self._meaning.setObjectName("heatMeaning")
        self._numbers = ElidedLabel()
        self._numbers.setObjectName("heatNumbers")
        self._state = QLabel()
        self._state.setObjectName("heatState")
        self._state.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self._meaning, self._state):
            label.setProperty("quiet", True)
        self.read_button = ReadButton("readAllButton")
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._numbers)
        words.addWidget(self._meaning)
        state = QHBoxLayout()
        state.setSpacing(8)
        state.addWidget(self._hatch)
        state.addWidget(self._state)
        state.addWidget(self.read_button)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(24, 2, 24, 2)
        self._row.setSpacing(4)
        self._row.addWidget(self._ramp)
        self._row.addLayout(words, 1)
        self._row.addLayout(state)
        self._kind = ""
        self.setVisible(False)
        self.show_state("", old=False, more=False, reading=False)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._ramp.theme = self._hatch.theme = theme
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the words come under the ramp."""
        super().resizeEvent(event)
        narrow = self.width() < NARROW_PX
        directions = QBoxLayout.Direction
        self._row.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)

    def show_kind(self, name: str) -> None:
        """Explain another kind; an empty strip goes away."""
        self._kind = name
        kind = BY_NAME.get(name)
        self.setVisible(kind is not None)
        if kind is not None:
            self._ramp.show_kind(kind)
            meaning = translate(kind.meaning)
            self._meaning.show_text(meaning)
            self.setToolTip(meaning)
            self._ramp.setToolTip(meaning)
            self._numbers.setVisible(bool(kind.ticks))

    def show_token(self, token: TextToken | None, text: str) -> None:
        """Tell the numbers of the token one points at, `text`."""
        if token is None:
            self._numbers.show_text("")
            self._ramp.mark(None)
            return
        words = f"“{visible(text)}”  {in_words(token, self._kind)}"
        self._numbers.show_text(words)
        self._numbers.setToolTip(f"<qt>{html.escape(words)}</qt>")  # the text's own < is plain
        self._ramp.mark(share(self._kind, token))

    def show_state(self, text: str, *, old: bool, more: bool, reading: bool) -> None:
        """Tell how the reading goes; `old`: hatched words are there; `more`: there is more text to read."""
        self._state.setText(text)
        self._state.setVisible(bool(text))
        self._hatch.setVisible(old)
        self.read_button.show_state(more=more, reading=reading)
