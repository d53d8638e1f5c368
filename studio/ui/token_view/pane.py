"""The token itself, as a chip, and its figures."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from studio.core.messages import Alternative, PlaceInspected, Token
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import percent
from studio.ui.theme import Theme
from studio.ui.token_view.figures import bits, one_in

WIDTH_PX = 200


class TokenPane(QWidget):
    """Figures with their units; each explains itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH_PX)
        self._chip = QLabel()
        self._chip.setObjectName("tokenChip")
        self._chip.setTextFormat(Qt.TextFormat.PlainText)
        self._chip.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._values: list[QLabel] = []
        self._tips: list[tuple[QLabel, QLabel, str]] = []
        numbers = QFormLayout()
        numbers.setHorizontalSpacing(12)
        numbers.setVerticalSpacing(3)
        for name, tip, key in (
            (self.tr("model"), self.tr("How likely the model itself thought this token"), "tokenProbability"),
            (
                self.tr("sampled"),
                self.tr("How likely it was after the sampling settings"),
                "tokenSamplingProbability",
            ),
            (self.tr("rank"), self.tr("1 is the model's favourite"), "tokenRank"),
            (
                self.tr("surprise"),
                self.tr("Minus log2 of the model's probability: each bit halves it"),
                "tokenSurprise",
            ),
            (self.tr("entropy"), self.tr("How undecided the model was: 0 bits is certain"), "tokenEntropy"),
            (self.tr("token"), self.tr("The token's number in the vocabulary"), "tokenId"),
            (
                self.tr("left"),
                self.tr("How many tokens the sampling settings leave to draw from"),
                "tokensLeft",
            ),
            (self.tr("weights"), "", "tokenPrecision"),
        ):
            label, value = QLabel(name), QLabel()
            label.setProperty("quiet", True)
            value.setObjectName(key)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setAccessibleName(name)
            label.setToolTip(tip)
            value.setToolTip(tip)
            numbers.addRow(label, value)
            self._values.append(value)
            self._tips.append((label, value, tip))
        self._precision = self._values.pop()
        self._source = QLabel()
        self._source.setObjectName("tokenSource")
        self._source.setProperty("quiet", True)
        self._source.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._chip)
        column.addLayout(numbers)
        column.addWidget(self._source)
        column.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._chip.setStyleSheet(
            f"background: {theme.tint}; color: {theme.ink}; border-radius: 6px; padding: 4px 10px;"
            "font-size: 15pt;"
        )

    def set_precision(self, name: str, text: str) -> None:
        """The number format of the weights; in a sentence how good the numbers are, for every tip."""
        self._precision.setText(name or "–")
        for label, value, tip in self._tips:
            for part in (label, value):
                part.setToolTip("\n".join(line for line in (tip, text) if line))

    def show_stored(self, token: Token, source: str) -> None:
        """As it was when it was drawn."""
        shown = visible(token.text or token.raw.decode("utf-8", "replace"), token.raw)
        logprob, entropy = token.logprob, token.entropy
        self._show(shown, logprob, token.sampling_prob, token.rank, entropy, token.token_id, "–", source)

    def show_place(self, message: PlaceInspected, before: str) -> None:
        """As the model sees the place now; `before` is the token before, if it is what comes next."""
        left = self.tr("{n} tokens").format(n=f"{message.n_left:,}")
        if message.n_left == 1:
            left = self.tr("1 token")
        if message.wanted:
            token: Alternative = message.wanted[0]
            shown = visible(token.text, token.raw)
            figures = (token.logprob, token.sampling_prob, token.rank, message.entropy, token.token_id)
            self._show(shown, *figures, left, "")
            return
        self._put(
            f"{visible(before)}…" if before else "…",
            ["–", "–", "–", "–", self._bits(message.entropy), "–", left],
            "",
        )
        self._source.setText(self.tr("What could come next here."))

    def _show(
        self,
        shown: str,
        logprob: float,
        after: float,
        rank: int,
        entropy: float,
        token_id: int,
        left: str,
        source: str,
    ) -> None:
        probability = math.exp(logprob)
        rare = one_in(probability)
        own = percent(probability)
        if rare:
            own += " " + self.tr("(one in {n})").format(n=rare)
        values = [
            own,
            percent(after),
            f"{rank:,}",
            self._bits(logprob),
            self._bits(entropy),
            str(token_id),
            left,
        ]
        self._put(shown, values, source)

    def _put(self, shown: str, values: list[str], source: str) -> None:
        room = WIDTH_PX - 24
        self._chip.setText(self._chip.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideRight, room))
        for label, value in zip(self._values, values, strict=True):
            label.setText(value)
        self._source.setText(source)

    def _bits(self, nats: float) -> str:
        return self.tr("{bits} bits").format(bits=bits(nats))
