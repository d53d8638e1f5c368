"""How much to write, with which seed, and where to stop: what is not part of the processor chain."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QToolButton,
    QWidget,
)

from studio.ui.icons import icon
from studio.ui.theme import Theme

MAX_SEED = 2**63 - 1
MAX_STOP_STRINGS = 16


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The values of this form."""

    max_new_tokens: int
    seed: int
    seed_fixed: bool
    stop: tuple[str, ...]
    stop_at_end_of_text: bool


def new_seed() -> int:
    """A seed short enough to be read aloud."""
    return random.SystemRandom().randrange(1, 10**9)


def parse_stop(text: str) -> tuple[str, ...]:
    """One stop string a line; \\n and \\t stand for a line end and a tab, \\\\ for a backslash."""
    strings = []
    for line in text.split("\n"):
        parts = [part.replace("\\n", "\n").replace("\\t", "\t") for part in line.split("\\\\")]
        if stop := "\\".join(parts):
            strings.append(stop)
    return tuple(strings[:MAX_STOP_STRINGS])


def format_stop(stop: tuple[str, ...]) -> str:
    """The text that `parse_stop` reads."""
    return "\n".join(s.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") for s in stop)


class RunOptionsForm(QWidget):
    """Edits RunOptions."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

        self._length = QSpinBox()
        self._length.setObjectName("param_max_new_tokens")
        self._length.setRange(1, 100_000)
        self._length.setSingleStep(10)
        self._length.setLocale(QLocale.c())
        self._length.setKeyboardTracking(False)
        self._length.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._length.setSuffix(self.tr(" tokens"))
        self._length.setToolTip(
            self.tr("How much is written at most. The model sees that much less of what is before the caret.")
        )
        self._add(form, self.tr("&Length"), self._length)

        self._seed = QLineEdit()
        self._seed.setObjectName("param_seed")
        self._seed.setValidator(QRegularExpressionValidator(r"\d{1,19}", self))
        self._seed.setToolTip(
            self.tr(
                "The number that chance starts from. The same seed, settings and model give the same text."
            )
        )
        self._fixed = QCheckBox(self.tr("&Keep"))
        self._fixed.setObjectName("seedFixed")
        self._fixed.setToolTip(
            self.tr("Use this seed again; otherwise each generation gets a new one, shown here.")
        )
        self._dice = QToolButton()
        self._dice.setObjectName("newSeedButton")
        self._dice.setToolTip(self.tr("Throw a new seed"))
        self._dice.setAccessibleName(self._dice.toolTip())
        seed_row = QWidget()
        row = QHBoxLayout(seed_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget, stretch in ((self._seed, 1), (self._dice, 0), (self._fixed, 0)):
            row.addWidget(widget, stretch)
        self._add(form, self.tr("See&d"), self._seed, seed_row)

        self._stop = QPlainTextEdit()
        self._stop.setObjectName("param_stop")
        self._stop.setTabChangesFocus(True)
        self._stop.setFixedHeight(58)
        self._stop.setPlaceholderText(self.tr("one per line, \\n for a line end"))
        self._stop.setToolTip(
            self.tr("Writing ends where one of these would appear; it is not inserted itself.")
        )
        self._add(form, self.tr("Stop &at"), self._stop)

        self._end = QCheckBox(self.tr("Stop at the end &of text"))
        self._end.setObjectName("param_stop_at_end_of_text")
        self._end.setToolTip(
            self.tr(
                "Stop when the model thinks the text is over. Otherwise it starts another text and goes on."
            )
        )
        form.addRow(self._end)

        self.set_options(RunOptions(100, new_seed(), False, (), True))
        self.set_theme(theme)
        self._length.valueChanged.connect(self.changed)
        self._seed.editingFinished.connect(self.changed)
        self._fixed.toggled.connect(self.changed)
        self._stop.textChanged.connect(self.changed)
        self._end.toggled.connect(self.changed)
        self._dice.clicked.connect(self._on_dice)

    def _add(self, form: QFormLayout, text: str, field: QWidget, row: QWidget | None = None) -> None:
        label = QLabel(text)
        label.setBuddy(field)
        field.setAccessibleName(re.sub(r"\(&.\)|&", "", text))
        form.addRow(label, row or field)

    def options(self) -> RunOptions:
        """What is set now."""
        return RunOptions(
            self._length.value(),
            min(int(self._seed.text() or 0), MAX_SEED),
            self._fixed.isChecked(),
            parse_stop(self._stop.toPlainText()),
            self._end.isChecked(),
        )

    def set_options(self, options: RunOptions) -> None:
        """Show other values."""
        self._length.setValue(options.max_new_tokens)
        self._seed.setText(str(options.seed))
        self._fixed.setChecked(options.seed_fixed)
        self._stop.setPlainText(format_stop(options.stop))
        self._end.setChecked(options.stop_at_end_of_text)

    def show_seed(self, seed: int) -> None:
        """The seed that is being used."""
        self._seed.setText(str(seed))

    def set_length(self, max_new_tokens: int) -> None:
        """Show another length."""
        self._length.setValue(max_new_tokens)

    def set_theme(self, theme: Theme) -> None:
        """Draw the icon in another theme's colours."""
        self._dice.setIcon(icon("dice-5", theme.ink, theme.quiet))

    @Slot()
    def _on_dice(self) -> None:
        self._seed.setText(str(new_seed()))
        self._fixed.setChecked(True)
        self.changed.emit()
