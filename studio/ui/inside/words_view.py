"""Words: how much each earlier word, or each earlier sentence, spoke for the token or against it."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar

from studio.core import messages as m
from studio.ui.heat.kinds import percent
from studio.ui.inside.view import View
from studio.ui.inside.weights import WeightBars
from studio.ui.plain import push_button
from studio.ui.theme import Theme


class WordsView(View):
    """Bars, and the choice between words at once and sentences in a while."""

    asked = Signal()  # words instead of sentences, or the other way round
    stop_wanted = Signal()

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__("insideWordsView", title)
        self.weights = WeightBars(theme)
        self.sentences = push_button(
            "insideSentences",
            self.tr("Leave out one sentence"),
            self.tr(
                "Read the text again without each sentence in turn, and see how much less likely this word "
                "becomes; exact, and it takes a while"
            ),
        )
        self.sentences.setCheckable(True)
        self.sentences.clicked.connect(self.asked)
        self.title(QLabel(self.tr("What mattered (nats)")), self.weights)
        self.column.addWidget(self.sentences, 0, Qt.AlignmentFlag.AlignLeft)
        self._progress = QProgressBar()
        self._progress.setObjectName("insideProgress")
        self._progress.setAccessibleName(self.tr("How far it is"))
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._stop = push_button("insideStop", self.tr("Stop"), self.tr("Show what has been weighed so far"))
        self._stop.clicked.connect(self.stop_wanted)
        row = QHBoxLayout()
        row.addWidget(self._progress, 1)
        row.addWidget(self._stop)
        self.column.addLayout(row)
        self._told = self.told("insideWeightsTold")
        self.column.addWidget(self.weights)
        self.column.addStretch(1)
        self.weights.current_changed.connect(self.keep_in_sight)
        self.show_progress(None)

    def clear(self) -> None:
        """Nothing is known yet."""
        self.weights.show_weights(None)
        self._told.clear()

    def show_weights(self, message: m.WordsWeighed) -> None:
        """What mattered."""
        self.show_progress(None)
        self.weights.show_weights(message)
        probability = percent(math.exp(message.logprob))
        parts = [self.tr("Its probability here is {probability}.").format(probability=probability)]
        if message.n_left:
            parts.append(self.tr("Stopped: {n} sentences were not weighed.").format(n=message.n_left))
        self._told.setText(" ".join(parts))

    def show_progress(self, fraction: float | None) -> None:
        """How far the weighing is; None: it is not under way."""
        self._progress.setVisible(fraction is not None)
        self._stop.setVisible(fraction is not None)
        self._progress.setValue(round(1000 * (fraction or 0)))
