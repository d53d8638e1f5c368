"""Model → Optimise…: what to make, of which model, judged by which text; how it goes; what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from studio.core.model_files import Weights
from studio.models.recipes import VOCABULARY, Recipe, estimate
from studio.models.records import ShelfModel
from studio.models.reports import Report
from studio.ui.models.optimise_form import OptimiseForm
from studio.ui.models.optimise_result import OptimiseResult
from studio.ui.models.optimise_words import OptimiseWords
from studio.ui.plain import plain_label, push_button, radio_button
from studio.ui.precision.words import megabytes

OWN, CHECK, FILE = "own", "check", "file"
_NAME_CHARS = 80
_TALLEST_PX = 560  # with a report and a name


class OptimiseDialog(QDialog):
    """Stays open beside the text. It is being chosen, being made, or made and waiting to be kept."""

    model_chosen = Signal(str)  # its id
    make_requested = Signal()
    stop_requested = Signal()
    keep_requested = Signal(str, bool)  # its name, and whether to write with it
    discard_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("optimiseDialog")
        self.setWindowTitle(self.tr("Optimise a model"))
        self.setModal(False)
        self.words = OptimiseWords(self)
        self._config: Mapping[str, Any] = {}
        self._weights: Weights | None = None
        self._is_placed = False
        self.file = ""
        self._models = QComboBox()
        self._models.setObjectName("optimiseModel")
        self._models.setAccessibleName(self.tr("Model"))
        self._models.setToolTip(self.tr("Which model a smaller one is made of; it stays as it is"))
        self._models.activated.connect(lambda: self.model_chosen.emit(self.model_id))
        self._report = push_button(
            "optimiseReport",
            self.tr("Its re&port"),
            self.tr("Show how this model itself was made, and its price"),
        )
        self._report.setCheckable(True)
        self._report.toggled.connect(self._on_report)
        self._made: Report | None = None  # the report of the chosen model's own making
        self.form = OptimiseForm(self.words)
        self.form.changed.connect(self._update_estimate)
        self._judged = QLabel(self.tr("Judged by"))
        self._own = radio_button(
            "optimiseOwnText", self.tr("my &text"), self.tr("The selected words, or the whole open text")
        )
        self._check = radio_button(
            "optimiseCheckText",
            self.tr("the &app's text"),
            self.tr("A short text that ships with the app, English and Chinese"),
        )
        self._from_file = radio_button(
            "optimiseFileText", self.tr("a f&ile"), self.tr("A plain text file of your own, in UTF-8")
        )
        self._browse = push_button("optimiseBrowse", self.tr("Ch&oose…"), self.tr("Choose the text file"))
        group = QButtonGroup(self)  # without one, those of the form would belong to these
        for button in (self._own, self._check, self._from_file):
            group.addButton(button)
        self._own.setChecked(True)
        self._browse.clicked.connect(self._on_browse)
        self._estimate = plain_label("optimiseEstimate")
        self._note = plain_label("optimiseNote", quiet=True)
        self.result_view = OptimiseResult(self.words)
        self._progress = QProgressBar()
        self._progress.setObjectName("optimiseProgress")
        self._progress.setAccessibleName(self.tr("Progress"))
        self._progress.setToolTip(self.tr("How far the work is"))
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        self._stop = push_button("optimiseStop", self.tr("&Stop"), self.tr("Stop; nothing is kept (Esc)"))
        self._make = push_button(
            "optimiseMake",
            self.tr("&Make it"),
            self.tr("Make the new model and measure both; it is not kept yet"),
        )
        self._name_label = QLabel(self.tr("Na&me"))
        self._name = QLineEdit()
        self._name.setObjectName("optimiseName")
        self._name.setAccessibleName(self.tr("Name of the new model"))
        self._name.setToolTip(self.tr("What the new model is called on the shelf"))
        self._name.setMaxLength(_NAME_CHARS)
        self._name_label.setBuddy(self._name)
        self._discard = push_button(
            "optimiseDiscard", self.tr("&Discard"), self.tr("Delete the new model; the old one is untouched")
        )
        self._keep = push_button("optimiseKeep", self.tr("&Keep"), self.tr("Put the new model on the shelf"))
        self._write = push_button(
            "optimiseWrite", self.tr("Keep and &write with it"), self.tr("Put it on the shelf and load it")
        )
        self._stop.clicked.connect(self.stop_requested)
        self._make.clicked.connect(self.make_requested)
        self._discard.clicked.connect(self.discard_requested)
        self._keep.clicked.connect(lambda: self.keep_requested.emit(self._name.text(), False))
        self._write.clicked.connect(lambda: self.keep_requested.emit(self._name.text(), True))
        self._lay_out()
        self.setMinimumWidth(680)
        self.show_choice()

    def _lay_out(self) -> None:
        of = QHBoxLayout()
        of.setSpacing(12)
        heading = QLabel(self.tr("Make a smaller one of"))
        of.addWidget(heading)
        of.addWidget(self._models, 1)
        of.addWidget(self._report)
        by = QHBoxLayout()
        by.setSpacing(12)
        by.addWidget(self._judged)
        for widget in (self._own, self._check, self._from_file, self._browse):
            by.addWidget(widget)
        by.addStretch(1)
        name = QHBoxLayout()
        name.setSpacing(12)
        name.addWidget(self._name_label)
        name.addWidget(self._name, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._progress, 1)
        buttons.addStretch(0)
        for button in (self._stop, self._make, self._discard, self._keep, self._write):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addLayout(of)
        column.addWidget(self.form)
        column.addLayout(by)
        column.addWidget(self._estimate)
        column.addWidget(self.result_view)
        column.addWidget(self._note)
        column.addLayout(name)
        column.addLayout(buttons)
        column.addStretch(1)

    # -- what is chosen ------------------------------------------------------------------------------------

    @property
    def model_id(self) -> str:
        """The chosen model's id; empty if there is none."""
        found = self._models.currentData()
        return found if isinstance(found, str) else ""

    @property
    def _judging(self) -> tuple[QWidget, ...]:
        return self._judged, self._own, self._check, self._from_file, self._browse

    @property
    def recipe(self) -> Recipe:
        """What is to be made."""
        return self.form.recipe()

    @property
    def text(self) -> str:
        """OWN, CHECK or FILE."""
        return OWN if self._own.isChecked() else CHECK if self._check.isChecked() else FILE

    def set_models(self, models: Sequence[ShelfModel], chosen: str) -> None:
        """Offer these, `chosen` by its id."""
        self._models.blockSignals(True)
        self._models.clear()
        for model in models:
            if not model.trouble:
                self._models.addItem(model.name, model.id)
        at = self._models.findData(chosen)
        self._models.setCurrentIndex(max(at, 0))
        self._models.blockSignals(False)

    def set_model(self, config: Mapping[str, Any], weights: Weights, made: Report | None) -> None:
        """What is known of the chosen model; `made` is the report of its own making."""
        self._config, self._weights = config, weights
        self.form.set_config(config)
        self._made = made
        self._report.setChecked(False)
        self._report.setVisible(made is not None)
        self._fit()

    @Slot(bool)
    def _on_report(self, wanted: bool) -> None:
        """Show the chosen model's own report in the place of the choice, or the choice again."""
        self._set_state(choosing=not wanted, making=False, made=False)
        for widget in (self.form, *self._judging):
            widget.setVisible(not wanted)
        self._models.setEnabled(True)
        self._report.setVisible(self._made is not None)
        self.result_view.setVisible(wanted)
        if self._made is not None and wanted:
            self.result_view.show_report(self._made)
        self.show_note("")
        self._fit()

    @Slot()
    def _update_estimate(self) -> None:
        if self._weights is None or not hasattr(self, "_estimate"):
            return
        recipe = self.recipe
        n_bytes = estimate(recipe, self._config, self._weights)
        if recipe.kind == VOCABULARY or n_bytes is None:
            text = self.tr("How small it gets depends on the text.")
        else:
            text = self.tr("About {after} instead of {before}.").format(
                after=megabytes(n_bytes), before=megabytes(self._weights.n_bytes)
            )
        self._estimate.setText(f"{text} {self.words.explained(recipe.kind)}")
        self._fit()

    @Slot()
    def _on_browse(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Choose a text"), self.file)
        if name:
            self.choose_file(name)

    def choose_file(self, name: str) -> None:
        """Judge by this file."""
        self.file = name
        self._from_file.setChecked(True)
        self._browse.setText(Path(name).name.replace("&", "&&")[:40])

    # -- the three states ----------------------------------------------------------------------------------

    def show_choice(self, note: str = "") -> None:
        """Something is to be chosen."""
        self._report.setChecked(False)
        self._set_state(choosing=True, making=False, made=False)
        self.result_view.hide()
        self.show_note(note)
        self._update_estimate()

    def show_progress(self, fraction: float, doing: str) -> None:
        """It is being made."""
        if self._make.isVisibleTo(self):
            self._set_state(choosing=False, making=True, made=False)
            self.result_view.hide()
            self._fit()
        self._progress.setValue(round(1000 * fraction))
        self.show_note(doing)

    def show_made(self, report: Report, name: str) -> None:
        """It is made; is it to be kept?"""
        self._set_state(choosing=False, making=False, made=True)
        self.result_view.show_report(report)
        self.result_view.show()
        self._name.setText(name)
        self.show_note("")
        self._fit()
        self._keep.setFocus()

    def show_keeping(self) -> None:
        """It is put on the shelf at this moment."""
        for button in (self._discard, self._keep, self._write):
            button.setEnabled(False)

    def show_note(self, text: str) -> None:
        """Say something."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _set_state(self, *, choosing: bool, making: bool, made: bool) -> None:
        for asked in (self._models, self.form, *self._judging):
            asked.setEnabled(choosing)
        for asked in self._judging:
            asked.setVisible(not made)
        self._report.setVisible(choosing and self._made is not None)
        self.form.setVisible(not made)
        self._estimate.setVisible(choosing)
        self._make.setVisible(choosing)
        self._stop.setVisible(making)
        self._progress.setVisible(making)
        for widget in (self._name_label, self._name, self._discard, self._keep, self._write):
            widget.setVisible(made)
            widget.setEnabled(True)

    def _fit(self) -> None:
        if self.isVisible():
            self.adjustSize()

    def showEvent(self, event: QShowEvent) -> None:
        """Lie over the window's middle. Growing before the system had placed it would move it to a corner."""
        super().showEvent(event)
        if self._is_placed:
            return
        self._is_placed = True
        self.adjustSize()
        parent = self.parentWidget()
        if parent is not None:
            middle, tallest = parent.frameGeometry().center(), _TALLEST_PX
            left, top = middle.x() - self.width() // 2, middle.y() - tallest // 2
            self.move(max(left, 0), max(top, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc stops the work first, then closes."""
        if self._stop.isVisible() and event.key() == Qt.Key.Key_Escape:
            self.stop_requested.emit()
            return
        super().keyPressEvent(event)
