"""All that is known of one model, under the list of models."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from studio.models.verdict import Fit
from studio.ui.elided_label import ElidedLabel
from studio.ui.icons import icon
from studio.ui.models.model_words import ModelWords
from studio.ui.models.row import Row
from studio.ui.plain import plain_label
from studio.ui.theme import Theme
from studio.ui.tree_model import local_time

SHORT_DIGEST = 16


class ModelDetails(QWidget):
    """Pairs of a name and a value; nothing here can be changed."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelDetails")
        self._theme = theme
        self._words = ModelWords(self)
        self._digest = ""
        self._sign = QLabel()
        self._sign.setFixedWidth(20)
        self._verdict = plain_label("modelVerdict")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._verdict, 1)
        self._grid.addLayout(line, 0, 0, 1, 4)
        self._titles: dict[str, QLabel] = {}
        self._values = {
            name: self._pair(name, title, *place)
            for name, title, place in (
                ("Tokenizer", self.tr("Tokenizer"), (1, 0)),
                ("Licence", self.tr("Licence"), (1, 2)),
                ("Source", self.tr("Source"), (2, 0)),
                ("Added", self.tr("Added"), (2, 2)),
                ("Used", self.tr("Written in"), (3, 0)),
                ("Speed", self.tr("Speed so far"), (3, 2)),
                ("Folder", self.tr("Folder"), (4, 0)),
                ("Notes", self.tr("On the way in"), (5, 0)),
            )
        }
        digest = self._pair("Digest", "SHA-256", 4, 2)
        self._copy = QToolButton()
        self._copy.setObjectName("modelCopyDigest")
        self._copy.setAccessibleName(self.tr("Copy the SHA-256"))
        self._copy.setToolTip(self.tr("Copy the whole SHA-256 of the weights"))
        self._copy.setIcon(icon("copy", theme.ink, theme.quiet))
        self._copy.clicked.connect(self._on_copy)
        self._grid.addWidget(self._copy, 4, 4)
        self._values["Digest"] = digest
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_row(None)

    def _pair(self, name: str, title: str, line: int, column: int) -> ElidedLabel:
        heading = plain_label(f"modelTitle{name}", title, quiet=True)
        heading.setWordWrap(False)
        value = ElidedLabel()
        value.setObjectName(f"model{name}")
        self._grid.addWidget(heading, line, column)
        self._grid.addWidget(value, line, column + 1)
        self._titles[name] = heading
        return value

    def show_row(self, row: Row | None) -> None:
        """Show a model, or none."""
        self._digest = row.model.sha256 if row is not None else ""
        self._copy.setEnabled(bool(self._digest))
        self._verdict.setText(
            self._words.verdict(row) if row is not None else self.tr("Choose a model to see more of it.")
        )
        self._show_sign(row)
        for name, text in self._texts(row).items():
            self._values[name].show_text(text)
            self._values[name].setToolTip(escaped(text) if len(text) > SHORT_DIGEST else "")
            self._titles[name].setVisible(bool(text))

    def _texts(self, row: Row | None) -> dict[str, str]:
        if row is None:
            return dict.fromkeys(self._values, "")
        model, use = row.model, row.use
        unknown = self.tr("not known")
        speed = (
            self.tr("{n} tokens/s").format(n=f"{use.tokens_per_s:,.0f}") if use and use.tokens_per_s else ""
        )
        tokens = self.tr("{kind}, {n} entries").format(kind=model.tokenizer, n=f"{model.vocab_size:,}")
        return {
            "Tokenizer": tokens if model.tokenizer else unknown,
            "Licence": model.about.licence or unknown,
            "Source": self._words.source(row),
            "Added": local_time(model.added_utc),
            "Used": self._words.used(use),
            "Speed": speed,
            "Folder": str(model.folder),
            "Digest": f"{model.sha256[:SHORT_DIGEST]}…" if model.sha256 else self.tr("is being computed…"),
            "Notes": " ".join(model.about.notes),
        }

    def _show_sign(self, row: Row | None) -> None:
        self._sign.setVisible(row is not None and row.verdict is not None)
        if row is not None and row.verdict is not None:
            name, colour = sign(row.verdict.fit, self._theme)
            self._sign.setPixmap(icon(name, colour, colour).pixmap(16, 16))

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._digest)


def escaped(text: str) -> str:
    """A tool tip that shows no markup of whoever made the model."""
    return f"<qt>{escape(text)}</qt>"


def sign(fit: Fit, theme: Theme) -> tuple[str, str]:
    """The icon of a verdict and its colour."""
    return {
        Fit.FITS: ("check", theme.accent),
        Fit.SLOW: ("info", theme.warn),
        Fit.WONT_FIT: ("triangle-alert", theme.warn),
        Fit.BROKEN: ("circle-alert", theme.error),
    }[fit]
