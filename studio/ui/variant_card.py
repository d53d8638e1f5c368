"""One variant: its number, its words with their probabilities behind them, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.core.messages import FinishReason, Token
from studio.ui.heat.kinds import percent
from studio.ui.heat_text import HeatText
from studio.ui.theme import Theme

MIN_TEXT_PX = 190
PREVIEW_CHARS = 200


@dataclass(frozen=True, slots=True)
class Variant:
    """What a card shows. `tokens` may grow between two looks at it."""

    node_id: int
    generation_id: int
    tokens: Sequence[Token]
    text: str  # what stands in the history: shown while there are no tokens
    seed: int | None
    reason: FinishReason | None  # None: still writing, or cut short
    is_running: bool


class VariantCard(QFrame):
    """Shows a Variant; a click takes it."""

    clicked = Signal()

    def __init__(self, theme: Theme, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"variantCard{number}")
        self.setProperty("card", True)
        self._number = number
        self._variant: Variant | None = None
        self._n_tokens = 0
        self._logprob = 0.0
        self._head = QLabel()
        self._head.setProperty("heading", True)
        self._count = QLabel()
        self._count.setProperty("quiet", True)
        self.text = HeatText(theme)
        self.text.setObjectName(f"variantText{number}")
        self.text.setMinimumWidth(MIN_TEXT_PX)
        self.text.clicked.connect(self.clicked)
        self._numbers = QLabel()
        self._numbers.setObjectName(f"variantNumbers{number}")
        self._end = QLabel()
        self._end.setObjectName(f"variantEnd{number}")
        for label in (self._numbers, self._end):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setProperty("quiet", True)
        self._numbers.setToolTip(
            self.tr(
                "Under the model itself. Per token: the geometric mean of the probabilities. Perplexity is "
                "one over that: among how many equally likely tokens the model chose, so to say. "
                "Log-probability: of the whole text, in nats."
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 6, 6)
        column.setSpacing(2)
        head = QHBoxLayout()
        head.addWidget(self._head, 1)
        head.addWidget(self._count)
        column.addLayout(head)
        column.addWidget(self.text, 1)
        column.addSpacing(2)
        column.addWidget(self._numbers)
        column.addWidget(self._end)

    def show_variant(self, variant: Variant, *, in_text: bool, has_cursor: bool, is_chosen: bool) -> None:
        """Show a variant; of one that has only grown, what is new."""
        before = self._variant
        grown = (
            before is not None
            and (before.node_id, before.generation_id) == (variant.node_id, variant.generation_id)
            and len(variant.tokens) >= self._n_tokens
            and not (variant.tokens and not self._n_tokens and self.text.text)
        )
        if not grown:
            self._n_tokens, self._logprob = 0, 0.0
            self.text.clear()
        new = variant.tokens[self._n_tokens :]
        if new:
            self.text.append(new)
            self._n_tokens += len(new)
            self._logprob += sum(token.logprob for token in new)
        elif not variant.tokens and not self.text.text:
            self.text.append_plain(variant.text)
        self._variant = variant
        count = self.tr("{n} tokens").format(n=f"{self._n_tokens:,}") if self._n_tokens else ""
        self._count.setText(self.tr("1 token") if self._n_tokens == 1 else count)
        self._numbers.setText(self._describe_numbers())
        self._end.setText(self._describe_end(variant))
        self._show_marks(in_text=in_text, has_cursor=has_cursor, is_chosen=is_chosen)

    def _show_marks(self, *, in_text: bool, has_cursor: bool, is_chosen: bool) -> None:
        name = str(self._number)
        if in_text:
            name = self.tr("{n} · in the text").format(n=self._number)
        elif is_chosen:
            name = self.tr("{n} · chosen").format(n=self._number)
        self._head.setText(name)
        self.setAccessibleName(self.tr("Variant {name}").format(name=name))
        self.setAccessibleDescription(f"{self.text.text[:PREVIEW_CHARS]}. {self._numbers.text()}")
        marks = (("inText", in_text or is_chosen), ("hasCursor", has_cursor))
        if any(self.property(mark) != on for mark, on in marks):
            for mark, on in marks:
                self.setProperty(mark, on)
            for widget in (self, self._head):
                widget.style().unpolish(widget)
                widget.style().polish(widget)

    def _describe_numbers(self) -> str:
        if not self._n_tokens:
            return ""
        mean = self._logprob / self._n_tokens
        perplexity = math.exp(-mean) if mean > -700 else math.inf
        return self.tr("{probability} per token · perplexity {perplexity}\nlog-probability {logprob}").format(
            probability=percent(math.exp(mean)),
            perplexity=f"{perplexity:,.1f}" if perplexity < 1e6 else f"{perplexity:.1e}",
            logprob=f"{self._logprob:,.1f}".replace("-", "\u2212"),
        )

    def _describe_end(self, variant: Variant) -> str:
        parts = []
        if variant.is_running and variant.reason is None:
            parts.append(self.tr("writing…"))
        elif variant.seed is not None:
            parts.append(self._reason(variant.reason))
        if variant.seed is not None:
            parts.append(self.tr("seed {seed}").format(seed=variant.seed))
        return " · ".join(parts)

    def _reason(self, reason: FinishReason | None) -> str:
        match reason:
            case None:
                return self.tr("cut short")
            case FinishReason.LENGTH:
                return self.tr("length reached")
            case FinishReason.STOP:
                return self.tr("stop string")
            case FinishReason.END_OF_TEXT:
                return self.tr("end of text")
            case FinishReason.COMPLETE:
                return self.tr("complete")
            case FinishReason.CANCELLED:
                return self.tr("stopped")
            case FinishReason.FAILED:
                return self.tr("failed")
            case FinishReason.CHOSEN:
                return self.tr("chosen by you")

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.text.set_theme(theme)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click anywhere takes it."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
