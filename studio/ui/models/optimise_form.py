"""What to make of a model: the ways it can be made smaller, each with its number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QLabel, QRadioButton, QSpinBox, QWidget

from studio.models.recipes import (
    BITS,
    HEADS,
    KINDS,
    LAYERS,
    NEURONS,
    PRECISION,
    PRECISIONS,
    VOCABULARY,
    Recipe,
    n_parts,
)
from studio.ui.models.optimise_words import OptimiseWords
from studio.ui.plain import radio_button

COUNTED = (LAYERS, HEADS, NEURONS)


class OptimiseForm(QWidget):
    """One recipe is chosen."""

    changed = Signal()

    def __init__(self, words: OptimiseWords, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("optimiseForm")
        names = {
            PRECISION: self.tr("&Fewer bits"),
            LAYERS: self.tr("Fewer &layers"),
            HEADS: self.tr("Fewer &heads, narrower"),
            NEURONS: self.tr("Fewer &neurons"),
            VOCABULARY: self.tr("Smaller &vocabulary"),
        }
        self._radios: dict[str, QRadioButton] = {}
        self._spins: dict[str, QSpinBox] = {}
        self._notes: dict[str, QLabel] = {}
        self._bits = QComboBox()
        self._bits.setObjectName("optimisePrecision")
        self._bits.setAccessibleName(self.tr("Precision of the new model"))
        self._bits.setToolTip(words.explained(PRECISION))
        self._bits.addItems(PRECISIONS)
        self._known = False  # which model it is
        group = QButtonGroup(self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(2, 1)
        for row, kind in enumerate(KINDS):
            radio = radio_button(f"optimise_{kind}", names[kind], words.explained(kind))
            self._radios[kind] = radio
            group.addButton(radio)
            grid.addWidget(radio, row, 0)
            if kind == PRECISION:
                grid.addWidget(self._bits, row, 1)
            elif kind in COUNTED:
                grid.addWidget(self._spin(kind, names[kind].replace("&", "")), row, 1)
            note = QLabel()
            note.setObjectName(f"optimiseNote_{kind}")
            note.setProperty("quiet", True)
            self._notes[kind] = note
            grid.addWidget(note, row, 2)
            radio.toggled.connect(self._on_changed)
        self._notes[VOCABULARY].setText(self.tr("what the text needs, and single bytes"))
        self._bits.currentTextChanged.connect(self._on_changed)
        self._radios[PRECISION].setChecked(True)

    def _spin(self, kind: str, name: str) -> QSpinBox:
        spin = QSpinBox()
        spin.setObjectName(f"optimiseKeep_{kind}")
        spin.setAccessibleName(name)
        spin.setToolTip(self.tr("How many stay"))
        spin.setGroupSeparatorShown(True)
        spin.valueChanged.connect(self._on_changed)
        self._spins[kind] = spin
        return spin

    @Slot()
    def _on_changed(self) -> None:
        for kind, spin in self._spins.items():
            spin.setEnabled(self._radios[kind].isChecked())
        self._bits.setEnabled(self._radios[PRECISION].isChecked())
        self.changed.emit()

    def set_config(self, config: Mapping[str, Any]) -> None:
        """Offer what can be done with a model of this config.json."""
        is_gpt2 = config.get("model_type") == "gpt2"
        chosen = self._bits.currentText() if self._known else "int8"
        self._known = True
        self._bits.blockSignals(True)
        self._bits.clear()
        self._bits.addItems([name for name in PRECISIONS if is_gpt2 or name not in BITS])
        self._bits.setCurrentIndex(max(self._bits.findText(chosen), 0))
        self._bits.blockSignals(False)
        for kind, spin in self._spins.items():
            there = n_parts(kind, config)
            self._radios[kind].setEnabled(there > 1)
            spin.blockSignals(True)
            spin.setRange(1, max(there - 1, 1))
            spin.setValue(max(there * 3 // 4, 1))
            spin.setSingleStep(64 if kind == NEURONS else 1)
            spin.blockSignals(False)
            self._notes[kind].setText(
                self.tr("of {there}").format(there=f"{there:,}") if there else self.tr("not with this model")
            )
            if there <= 1 and self._radios[kind].isChecked():
                self._radios[PRECISION].setChecked(True)
        self._on_changed()

    def recipe(self) -> Recipe:
        """What is chosen."""
        kind = next(kind for kind, radio in self._radios.items() if radio.isChecked())
        if kind == PRECISION:
            return Recipe(PRECISION, self._bits.currentText())
        return Recipe(kind, keep=self._spins[kind].value() if kind in COUNTED else 0)

    def choose(self, kind: str) -> None:
        """Choose a way, as by a click."""
        self._radios[kind].setChecked(True)
