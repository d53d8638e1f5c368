"""What to export, in which format, and how; then the file is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from studio.export.archive import Scope
from studio.export.exporter import Exporter
from studio.export.formats import EXPORTERS


@dataclass(frozen=True, slots=True)
class ScopeOffer:
    """One thing that can be exported: how much it is, or `missing`, why it cannot be had."""

    scope: Scope
    size: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What was chosen. `switched_on`: names of fields of Options."""

    scope: Scope
    exporter: Exporter
    switched_on: tuple[str, ...]


class ExportDialog(QDialog):
    """Scopes, formats and options; `chosen` when all is decided but the file."""

    chosen = Signal(object)  # ExportChoice

    def __init__(
        self,
        offers: Sequence[ScopeOffer],
        scope: str,
        exporter_name: str,
        switched_on: Sequence[str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("exportDialog")
        self.setWindowTitle(self.tr("Export"))
        self._switched_on = set(switched_on)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        column.addWidget(self._heading(self.tr("What")))
        column.addLayout(self._make_scopes(offers, scope))
        column.addSpacing(12)
        self._formats = QComboBox()
        self._formats.setObjectName("exportFormat")
        self._formats.setToolTip(self.tr("The kind of file"))
        self._formats.setAccessibleName(self.tr("Format"))
        for exporter in EXPORTERS:
            self._formats.addItem(QCoreApplication.translate("export", exporter.label), exporter.name)
        names = [exporter.name for exporter in EXPORTERS]
        self._formats.setCurrentIndex(names.index(exporter_name) if exporter_name in names else 0)
        self._keeps = QLabel()
        self._keeps.setObjectName("exportKeeps")
        self._keeps.setWordWrap(True)
        self._keeps.setProperty("quiet", True)
        column.addWidget(self._heading(self.tr("&Format"), self._formats))
        column.addWidget(self._formats)
        column.addWidget(self._keeps)
        column.addSpacing(4)
        self._options: dict[str, QCheckBox] = {}
        for name, text, tip in (
            (
                "front_matter",
                self.tr("&Settings before the text"),
                self.tr("Model, sampling and seed of each generation, as front matter"),
            ),
            (
                "mark_generated",
                self.tr("&Mark generated text"),
                self.tr("Show which passages the model wrote"),
            ),
            (
                "colour_by_probability",
                self.tr("&Colour tokens by their probability"),
                self.tr("The less likely a token was, the warmer it is; instead of the marks"),
            ),
            (
                "with_tokens",
                self.tr("&Probabilities of every token"),
                self.tr("Without them the file is many times smaller, and nothing can be looked up later"),
            ),
        ):
            box = QCheckBox(text)
            box.setObjectName(f"export_{name}")
            box.setToolTip(tip)
            box.setChecked(name in self._switched_on)
            self._options[name] = box
            column.addWidget(box)
        column.addStretch(1)
        column.addSpacing(8)
        buttons = QDialogButtonBox()
        self._go = QPushButton(self.tr("Choose &file…"))
        self._go.setObjectName("exportGo")
        self._go.setToolTip(self.tr("Choose where to write it"))
        self._go.setDefault(True)
        self._go.setProperty("primary", True)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.setObjectName("exportCancel")
        cancel.setToolTip(self.tr("Write nothing (Esc)"))
        buttons.addButton(self._go, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self._formats.currentIndexChanged.connect(self._on_format)
        self._on_format()
        self._go.setEnabled(self._scopes.checkedButton() is not None)
        self.setMinimumWidth(520)

    def _heading(self, text: str, buddy: QWidget | None = None) -> QLabel:
        label = QLabel(text)
        label.setProperty("heading", True)
        if buddy is not None:
            label.setBuddy(buddy)
        return label

    def _make_scopes(self, offers: Sequence[ScopeOffer], wanted: str) -> QGridLayout:
        texts = {
            Scope.SESSION: self.tr("&This session"),
            Scope.SELECTION: self.tr("The se&lection"),
            Scope.BRANCH: self.tr("This &branch"),
            Scope.TREE: self.tr("The whole t&ree"),
            Scope.LIBRARY: self.tr("The whole librar&y"),
        }
        tips = {
            Scope.SESSION: self.tr("The text as it stands"),
            Scope.SELECTION: self.tr("The selected characters and nothing else"),
            Scope.BRANCH: self.tr("The text at the state chosen in the history, without other variants"),
            Scope.TREE: self.tr("Every variant: the text at each end of its history"),
            Scope.LIBRARY: self.tr("Every session, also those in the archive, but not the trash"),
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._scopes = QButtonGroup(self)
        for row, offer in enumerate(offers):
            button = QRadioButton(texts[offer.scope])
            button.setObjectName(f"export_{offer.scope}")
            button.setToolTip(tips[offer.scope])
            button.setAccessibleDescription(offer.missing or offer.size)
            button.setEnabled(not offer.missing)
            size = QLabel(offer.missing or offer.size)
            size.setObjectName(f"exportSize_{offer.scope}")
            size.setTextFormat(Qt.TextFormat.PlainText)
            size.setProperty("quiet", True)
            size.setToolTip(tips[offer.scope])
            self._scopes.addButton(button, row)
            grid.addWidget(button, row, 0)
            grid.addWidget(size, row, 1, Qt.AlignmentFlag.AlignRight)
        self._offered = [offer.scope for offer in offers]
        able = [row for row, offer in enumerate(offers) if not offer.missing]
        row = next((row for row in able if offers[row].scope == wanted), able[0] if able else -1)
        if row >= 0:
            self._scopes.button(row).setChecked(True)
        return grid

    @Slot()
    def _on_format(self) -> None:
        exporter = EXPORTERS[self._formats.currentIndex()]
        self._keeps.setText(QCoreApplication.translate("export", exporter.keeps))
        for name, box in self._options.items():
            box.setVisible(name in exporter.options)

    @Slot()
    def _on_accepted(self) -> None:
        on = tuple(name for name, box in self._options.items() if box.isChecked())
        exporter = EXPORTERS[self._formats.currentIndex()]
        choice = ExportChoice(self._offered[self._scopes.checkedId()], exporter, on)
        self.accept()
        self.chosen.emit(choice)
