"""The line at the bottom: saved, words, context, speed, model, device."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from studio.core.messages import GenerationFinished, ModelInfo
from studio.ui import drafting_words
from studio.ui.theme import Theme

_FELT = 1.1
"""A gain in speed that is told."""


class ContextMeter(QWidget):
    """How much of the context window the text before the caret fills: a bar and the numbers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("contextMeter")
        self._theme = theme
        self.used, self.limit, self.total = 0, 0, 0
        self.set_counts(0, 0, 0)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._theme = theme
        self.update()

    def set_counts(self, used: int, limit: int, total: int) -> None:
        """`used` tokens of a window of `limit` are seen; the text before the caret has `total` (or more)."""
        self.used, self.limit, self.total = used, limit, total
        self.setAccessibleName(self.text())
        tip = self.tr(
            "The model sees the last {used} tokens before the caret; its window holds {limit}, "
            "and the rest is kept free for what it writes."
        ).format(used=f"{used:,}", limit=f"{limit:,}")
        if total > used:
            tip += " " + self.tr("The dimmed beginning of the text is out of its sight.")
        self.setToolTip(
            tip if limit else self.tr("How much of the text the model sees. No model is loaded yet.")
        )
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """The numbers in words."""
        if not self.limit:
            return self.tr("context –")
        return self.tr("context {used}/{limit}").format(used=f"{self.used:,}", limit=f"{self.limit:,}")

    def sizeHint(self) -> QSize:
        """Text and bar."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 96, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint text and bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.quiet))
        width = self.fontMetrics().horizontalAdvance(self.text())
        painter.drawText(QRectF(8, 0, width + 4, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
        bar = QRectF(width + 18, self.height() / 2 - 3, 64, 6)
        painter.setPen(QColor(self._theme.field))
        painter.drawRoundedRect(bar, 3, 3)
        if self.limit:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.warn if self.total > self.used else self._theme.accent))
            fill = bar.adjusted(1, 1, -1, -1)
            fill.setWidth(fill.width() * min(self.used / self.limit, 1.0))
            painter.drawRoundedRect(fill, 2, 2)
        painter.end()


class StatusLine(QStatusBar):
    """The window's status bar."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._saved = self._label("statusSaved", self.tr("Whether the text as it stands is on the disk"))
        self._words = self._label("statusWords", self.tr("Words in this text"))
        self.meter = ContextMeter(theme)
        self._speed = self._label("statusTokensPerSecond", self.tr("How fast the model writes"))
        self._activity = self._label("statusActivity", self.tr("What is going on"))
        self._model = self._label("statusModel", self.tr("The model that writes"))
        self._device = self._label("statusDevice", self.tr("Where the model computes"))
        for widget in (self._saved, self._words, self.meter, self._speed, self._activity):
            self.addWidget(widget)
        for widget in (self._model, self._device):
            self.addPermanentWidget(widget)
        self.show_model(None)

    def _label(self, name: str, tip: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setToolTip(tip)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.meter.set_theme(theme)

    def show_saved(self, text: str) -> None:
        """ "Saved 12:04", "Saving …", "Not saved"."""
        self._saved.setText(text)

    def show_words(self, words: int) -> None:
        """Count of words."""
        self._words.setText(self.tr("1 word") if words == 1 else self.tr("{n} words").format(n=f"{words:,}"))

    def show_speed(self, tokens_per_second: float | None) -> None:
        """Tokens per second of the generation under way or the last one."""
        if tokens_per_second is None:
            self._speed.clear()
        else:
            self._speed.setText(self.tr("{n} tokens/s").format(n=f"{tokens_per_second:.0f}"))

    def show_drafted(self, finished: GenerationFinished) -> None:
        """What drafting ahead has brought in the last generation: a tip, and the gain if it can be felt."""
        tip = self.tr("How fast the model writes")
        if finished.n_guessed and finished.decode_s > 0:
            told = (finished.n_guessed, finished.n_right, finished.saved_s)
            tip += "\n" + drafting_words.in_words(*told, finished.n_tokens, finished.decode_s)
            gain = drafting_words.gain(finished.saved_s, finished.decode_s)
            if gain >= _FELT:
                speed = f"{finished.n_tokens / finished.decode_s:.0f}"
                text = self.tr("{n} tokens/s (×{gain} by drafting)")
                self._speed.setText(text.format(n=speed, gain=f"{gain:.1f}"))
        self._speed.setToolTip(tip)

    def show_activity(self, text: str) -> None:
        """What is going on: loading, writing; empty when nothing is."""
        self._activity.setText(text)

    def show_model(self, model: ModelInfo | None) -> None:
        """The model and its device."""
        if model is None:
            self._model.setText(self.tr("no model yet"))
            self._device.clear()
            return
        self._model.setText(
            self.tr("{name} without {parts}").format(name=model.name, parts=_few(model.switched_off))
            if model.switched_off
            else model.name
        )
        millions = f"{model.n_parameters / 1e6:,.1f}"
        self._model.setToolTip(
            self.tr(
                "{name}: {architecture}, {millions} million parameters, context of {context} tokens"
            ).format(
                name=model.name,
                architecture=model.architecture,
                millions=millions,
                context=f"{model.n_positions:,}",
            )
        )
        self._device.setText(f"{model.device.upper()} · {model.dtype}")
        self._device.setToolTip(
            self.tr("Computes on {device} in {dtype} with {threads} threads").format(
                device=model.device.upper(), dtype=model.dtype, threads=model.n_threads
            )
        )

    def show_precision(self, text: str) -> None:
        """How good the numbers are, in a sentence; added to what is said of the device."""
        lines = self._device.toolTip().splitlines()[:1]
        self._device.setToolTip("\n".join([*lines, text] if text else lines))


def _few(names: str) -> str:
    """The first of several names."""
    parts = names.split()
    return " ".join(parts[:3]) + (" …" if len(parts) > 3 else "")
