"""Find settings: a question about a passage, the fields that may change, the answer to take or refuse."""

from __future__ import annotations

import math
from collections.abc import Collection

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.loom_messages import TUNABLE
from studio.core.messages import SettingsFound
from studio.ui.plain import plain_label, push_button, radio_button
from studio.ui.plot_export import PlotExport
from studio.ui.theme import Theme
from studio.ui.tuning.objective_plot import ObjectivePlot
from studio.ui.tuning.words import TuningWords, label_of

N_COLUMNS = 3


class FindSettingsDialog(QDialog):
    """Stays open beside the text; asks, and shows what was found."""

    find_requested = Signal()
    stop_requested = Signal()
    apply_requested = Signal()
    take_back_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("findSettings")
        self.setWindowTitle(self.tr("Find settings"))
        self.setModal(False)
        self._words = TuningWords(self)
        self._passage = plain_label("tuningPassage", quiet=True)
        self._likeliest = self._radio(
            "likeliest",
            self.tr("make the passage as &likely as can be"),
            self.tr("The settings under which these very words would have been drawn most often"),
        )
        self._entropy = self._radio(
            "entropy",
            self.tr("give it this average &entropy:"),
            self.tr("Entropy says how undecided the choice is: 3 bits are as between 8 equally likely words"),
        )
        self._reachable = self._radio(
            "reachable",
            self.tr("make this &word possible:"),
            self.tr("The smallest change after which no stage removes this word here any more"),
        )
        self._target = QDoubleSpinBox()
        self._target.setObjectName("tuningTarget")
        self._target.setAccessibleName(self.tr("Average entropy, bits"))
        self._target.setToolTip(self.tr("The average entropy wanted, in bits for each token"))
        self._target.setLocale(QLocale.c())
        self._target.setRange(0.0, 16.0)
        self._target.setSingleStep(0.25)
        self._target.setValue(3.0)
        self._target.setSuffix(" " + self.tr("bits"))
        self._word = QLineEdit()
        self._word.setObjectName("tuningWord")
        self._word.setAccessibleName(self.tr("Word that should become possible"))
        self._word.setToolTip(self.tr("The word that should be able to stand here; empty: the one that does"))
        self._word.setPlaceholderText(self.tr("such as dragon"))
        self._word.textEdited.connect(self._on_word_edited)
        self._target.valueChanged.connect(self._on_target_changed)
        questions = QGridLayout()
        questions.setHorizontalSpacing(8)
        questions.addWidget(self._likeliest, 0, 0, 1, 2)
        questions.addWidget(self._entropy, 1, 0)
        questions.addWidget(self._target, 1, 1)
        questions.addWidget(self._reachable, 2, 0)
        questions.addWidget(self._word, 2, 1)
        questions.setColumnStretch(1, 1)
        self._fields = QWidget()
        fields = QGridLayout(self._fields)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setVerticalSpacing(0)
        self._ticks: dict[str, QCheckBox] = {}
        for number, name in enumerate(TUNABLE):
            tick = QCheckBox(label_of(name))
            tick.setObjectName(f"tune_{name}")
            tick.setToolTip(self.tr("Tick what may change; everything else stays as it is set"))
            tick.toggled.connect(self._update)
            self._ticks[name] = tick
            fields.addWidget(tick, number // N_COLUMNS, number % N_COLUMNS)
        self._progress = QProgressBar()
        self._progress.setObjectName("tuningProgress")
        self._progress.setAccessibleName(self.tr("Search"))
        self._progress.setRange(0, 100)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        self._find = push_button("tuningFind", self.tr("&Find"), self.tr("Look for the settings (Enter)"))
        self._find.setDefault(True)
        self._find.clicked.connect(self.find_requested)
        self._stop = push_button("tuningStop", self.tr("&Stop"), self.tr("Stop looking (Esc)"))
        self._stop.clicked.connect(self.stop_requested)
        asking = QHBoxLayout()
        asking.addWidget(self._progress, 1)
        asking.addWidget(self._stop)
        asking.addWidget(self._find)
        self._answer = plain_label("tuningAnswer")
        self.plot = ObjectivePlot(theme)
        self._export = PlotExport(self.plot, self.plot, "settings")
        self._export.put_in_corner()
        self._apply = push_button(
            "tuningApply", self.tr("&Apply"), self.tr("Set the sampling settings to these")
        )
        self._apply.clicked.connect(self.apply_requested)
        self._refuse = push_button(
            "tuningRefuse", self.tr("&Refuse"), self.tr("Leave the settings as they are")
        )
        self._refuse.clicked.connect(self.clear)
        self._back = push_button(
            "tuningTakeBack", self.tr("Settings as &before"), self.tr("Set everything back to what it was")
        )
        self._back.clicked.connect(self.take_back_requested)
        deciding = QHBoxLayout()
        deciding.addStretch(1)
        for button in (self._back, self._refuse, self._apply):
            deciding.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addWidget(self._heading(self.tr("Which settings would …")))
        column.addLayout(questions)
        column.addWidget(self._passage)
        self._may_change = self._heading(self.tr("What may change"))
        column.addWidget(self._may_change)
        column.addWidget(self._fields)
        column.addLayout(asking)
        column.addWidget(self._answer)
        column.addWidget(self.plot)
        column.addLayout(deciding)
        column.addStretch(1)
        self._likeliest.setChecked(True)
        self._searching = False
        self.clear()
        self._back.setVisible(False)
        self.setMinimumWidth(520)

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setProperty("heading", True)
        return label

    def _radio(self, name: str, text: str, tip: str) -> QRadioButton:
        button = radio_button(f"tuning_{name}", text, tip)
        button.toggled.connect(self._update)
        return button

    # -- values --------------------------------------------------------------------------------------------

    @property
    def question(self) -> str:
        """As in TuneSettings."""
        if self._entropy.isChecked():
            return "entropy"
        return "reachable" if self._reachable.isChecked() else "likeliest"

    @property
    def target(self) -> float:
        """The entropy wanted (nats)."""
        return self._target.value() * math.log(2)

    @property
    def word(self) -> str:
        """What was typed."""
        return self._word.text()

    def ticked(self) -> tuple[str, ...]:
        """The fields that may change."""
        return tuple(name for name, tick in self._ticks.items() if tick.isChecked())

    def tick(self, names: Collection[str]) -> None:
        """Tick these fields and no others."""
        for name, box in self._ticks.items():
            box.setChecked(name in names)

    def ask_for(self, question: str) -> None:
        """Choose a question."""
        choices = {"entropy": self._entropy, "reachable": self._reachable}
        choices.get(question, self._likeliest).setChecked(True)

    # -- what is shown -------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.plot.theme = theme
        self._export.set_theme(theme)
        self.plot.update()

    def show_passage(self, text: str, *, possible: bool) -> None:
        """Say which words are meant, or why there are none."""
        self._passage.setText(text)
        self._is_possible = possible
        self._update()

    def show_progress(self, fraction: float) -> None:
        """The search is under way."""
        self._searching = True
        self._progress.setValue(round(100 * fraction))
        self._update()

    def show_message(self, text: str) -> None:
        """Say something in the answer's place."""
        self.clear()
        self._answer.setText(text)
        self._answer.setVisible(bool(text))

    def show_found(self, found: SettingsFound, notes: str = "") -> None:
        """Show an answer, and what is to be said beside it."""
        words = self._words
        self.show_message(f"{words.summary(found)} {notes}".strip())
        self._apply.setVisible(bool(found.changes))
        self._refuse.setVisible(bool(found.changes))
        main = next((change for change in found.changes if change.name == found.curve_name), None)
        heights = {y for _, y in found.curve}
        self.plot.setVisible(main is not None and len(heights) > 1)
        if main is not None:
            points = tuple((x, words.scaled(found.question, y)) for x, y in found.curve)
            titles = (label_of(main.name), words.axis(found.question))
            self.plot.show_curve(points, titles, main.before, main.after)
        self._update()
        if found.changes:
            self._apply.setFocus()

    def show_applied(self, *, applied: bool) -> None:
        """The settings are these now, or as they were again."""
        self._apply.setVisible(False)
        self._refuse.setVisible(False)
        self._back.setVisible(applied)
        if applied:
            self._back.setFocus()

    @Slot()
    def clear(self) -> None:
        """No answer."""
        self._searching = False
        self._answer.setText("")
        self._answer.setVisible(False)
        self.plot.setVisible(False)
        self._apply.setVisible(False)
        self._refuse.setVisible(False)
        self._update()

    _is_possible = False

    @Slot()
    def _update(self) -> None:
        if not hasattr(self, "_searching"):
            return  # still being built
        chooses = self.question != "reachable"
        self._fields.setVisible(chooses)
        self._may_change.setVisible(chooses)
        ready = self._is_possible and (bool(self.ticked()) or not chooses)
        self._find.setEnabled(ready and not self._searching)
        self._stop.setVisible(self._searching)
        size_policy = self._progress.sizePolicy()
        size_policy.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(size_policy)
        self._progress.setVisible(self._searching)

    @Slot(str)
    def _on_word_edited(self, _text: str) -> None:
        self._reachable.setChecked(True)

    @Slot(float)
    def _on_target_changed(self, _value: float) -> None:
        self._entropy.setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc stops the search first, then closes."""
        if event.key() == Qt.Key.Key_Escape and self._searching:
            self.stop_requested.emit()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nobody waits for an answer any more."""
        self.stop_requested.emit()
        super().closeEvent(event)
