"""The curve panel: figures of the text and of the selection, the curves, the sentences."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from studio.ui.curve.plot import ENTROPY, RANK, SURPRISAL
from studio.ui.curve.plot_view import PlotView
from studio.ui.curve.sentence_list import SentenceList, SentenceSpan, sentences
from studio.ui.elided_label import ElidedLabel
from studio.ui.heat.read_button import ReadButton
from studio.ui.plot_export import PlotExport
from studio.ui.text_series import TextSeries
from studio.ui.theme import Theme

AT_ONCE = 20_000
"""Up to so many tokens the sentences are found at once, ..."""

SLICE_S = 0.01
"""... else in slices of this length, so that the keyboard never waits for them."""


class CurvePanel(QWidget):
    """Draws nothing while it is not seen; what it missed it makes up for."""

    wanted = Signal(int)  # a character to go to

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("curvePanel")
        self.setAccessibleName(self.tr("Curve"))
        self._series = TextSeries()
        self._text = ""
        self._selection = (0, 0)
        self._behind = False
        self._cutting: tuple[Iterator[SentenceSpan], TextSeries, str] = (iter(()), self._series, "")
        self._found: list[SentenceSpan] = []
        self._slices = QTimer(self)
        self._slices.timeout.connect(self._on_slice)
        self.plot = PlotView(theme)
        self.list = SentenceList()
        self._figures = ElidedLabel()
        self._figures.setObjectName("curveFigures")
        self._figures.setToolTip(self._explanation())
        self._state = QLabel()
        self._state.setObjectName("curveState")
        self._state.setTextFormat(Qt.TextFormat.PlainText)
        self._state.setProperty("quiet", True)
        self.read_button = ReadButton("curveReadAllButton")
        self._switches = {
            name: self._switch(name, title, tip)
            for name, title, tip in (
                (
                    SURPRISAL,
                    self.tr("━ surprisal"),
                    self.tr(
                        "How surprised the model was by each token, in bits: 1 bit is one in 2, "
                        "7.2 bits is one in 147"
                    ),
                ),
                (
                    ENTROPY,
                    self.tr("▲ entropy"),
                    self.tr(
                        "How undecided the model was before each token, in bits: 0 is certain, "
                        "3 is as between 8 words"
                    ),
                ),
                (
                    RANK,
                    self.tr("• rank"),
                    self.tr(
                        "The token's place among the model's guesses: 1 is its favourite. "
                        "The scale is logarithmic."
                    ),
                ),
            )
        }
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 8, 0)
        head.setSpacing(4)
        head.addWidget(self._figures, 1)
        head.addWidget(self._state)
        head.addWidget(self.read_button)
        for switch in self._switches.values():
            head.addWidget(switch)
        self._export = PlotExport(self.plot, self.plot, "curve")
        head.addWidget(self._export.button)
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.plot)
        parts.addWidget(self.list)
        parts.setStretchFactor(0, 1)
        parts.setSizes([480, 230])
        self.list.setMinimumWidth(120)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(parts, 1)
        self.plot.setToolTip(
            self.tr(
                "Drag to zoom, turn the wheel to zoom, double-click for all of it, click to go there. "
                "Keys: arrows, +, -, 0, Enter."
            )
        )
        self.plot.wanted.connect(self._on_token_wanted)
        self.list.wanted.connect(self.wanted)
        self.set_theme(theme)
        self.show_state("", more=False, reading=False)

    def _switch(self, name: str, title: str, tip: str) -> QToolButton:
        switch = QToolButton()
        switch.setObjectName(f"curve_{name}")
        switch.setText(title)
        switch.setAccessibleName(title.lstrip("━▲• "))
        switch.setToolTip(tip)
        switch.setCheckable(True)
        switch.setChecked(True)
        switch.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        switch.toggled.connect(self._on_switched)
        return switch

    def _explanation(self) -> str:
        return self.tr(
            "Perplexity: the model was as undecided as if it had to guess between that many tokens each "
            "time; lower is more expected.\nBits per byte: how many bits the model would need for each byte "
            "of this text; it can be compared between models with different tokens.\nTokens: pieces of words "
            "as the model reads them; only those read so far are counted."
        )

    # -- what is shown -------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.plot.set_theme(theme)
        self._export.set_theme(theme)

    def show_series(self, series: TextSeries, text: str) -> None:
        """Show the numbers of the text as it is now."""
        self._series, self._text = series, text
        if self.isVisible():
            self._catch_up()
        else:
            self._behind = True

    def _catch_up(self) -> None:
        self._behind = False
        self.plot.show_series(self._series, self._text)
        if self._slices.isActive() and len(self._series) > AT_ONCE:
            return  # those of a moment ago first: a text that is being read would never come to an end
        self._found = []
        self._cutting = sentences(self._series, self._text), self._series, self._text
        self._slices.start(0)
        if len(self._series) <= AT_ONCE:
            self._cut_on(math.inf)

    @Slot()
    def _on_slice(self) -> None:
        self._cut_on(SLICE_S)

    def _cut_on(self, seconds: float) -> None:
        """Find more sentences; once there are no more, show all."""
        until = time.monotonic() + seconds
        cutting, series, text = self._cutting
        for sentence in cutting:
            self._found.append(sentence)
            if time.monotonic() > until:
                return
        self._slices.stop()
        self.list.sentence_model.show_sentences(self._found, text)
        self._show_figures()
        if series is not self._series:
            self._catch_up()

    def show_selection(self, start: int, end: int) -> None:
        """Show the figures of the selected text too."""
        if (start, end) != self._selection:
            self._selection = (start, end)
            if self.isVisible():
                self._show_figures()

    def show_pointed(self, offset: int) -> None:
        """Mark the token of the character at `offset`."""
        if self.isVisible():
            index = self._series.index_at(offset)
            self.plot.mark(index if index >= 0 and offset < self._series.ends[index] else -1)

    def show_state(self, text: str, *, more: bool, reading: bool) -> None:
        """Tell how the reading goes; `more`: there is text to read yet, `reading`: all is being read."""
        self._state.setText(text)
        self._state.setVisible(bool(text))
        self.read_button.show_state(more=more, reading=reading)

    def figures(self, first: int, last: int) -> str:
        """Perplexity, bits per byte and number of tokens first..last in words."""

        def number(value: float, digits: int) -> str:
            return f"{value:,.{digits}f}" if math.isfinite(value) else "∞" if value == math.inf else "–"

        perplexity = self._series.perplexity(first, last)
        return self.tr("perplexity {perplexity} · {bits} bits/byte · {n} tokens").format(
            perplexity=number(perplexity, 1 if perplexity < 1000 else 0),
            bits=number(self._series.bits_per_byte(first, last, self._text), 2),
            n=f"{last - first:,}",
        )

    def _show_figures(self) -> None:
        text = self.figures(0, len(self._series))
        start, end = self._selection
        if end > start:
            first, last = self._series.span(start, end)
            text = (
                self.tr("selection: {figures}").format(figures=self.figures(first, last)) + "   |   " + text
            )
        self._figures.show_text(text)
        self._figures.setToolTip(f"{text}\n\n{self._explanation()}")

    def take_focus(self) -> None:
        """Put the keyboard into the curve, on the token one points at."""
        self.plot.setFocus()
        if self.plot.cursor_index < 0:
            self.plot.set_cursor(max(self.plot.view.marked, 0))

    # -- events --------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Make up for what was missed."""
        super().showEvent(event)
        if self._behind:
            self._catch_up()

    @Slot()
    def _on_switched(self) -> None:
        self.plot.show_lines(frozenset(name for name, switch in self._switches.items() if switch.isChecked()))

    @Slot(int)
    def _on_token_wanted(self, index: int) -> None:
        self.wanted.emit(self._series.starts[index] + 1)
