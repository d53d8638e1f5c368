"""Two models, or two settings, on the text: what to compare, the words by colour, the table, the figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from studio.core.compared import Summary, summarise
from studio.core.messages import ComparedStretch, ComparisonFinished
from studio.ui.compare.precision_box import AS_A, PrecisionBox
from studio.ui.compare.side_by_side import SideBySide, Switch
from studio.ui.compare.table import DELTA, ComparisonModel
from studio.ui.compare.text_view import DifferenceView, Legend
from studio.ui.plot_export import PlotExport
from studio.ui.theme import Theme

SAME = ""
BROWSE = "…"
ITSELF = ""
AS_SET = "\0as set"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A path or SAME; for each side ITSELF, AS_SET or a preset's name; B's precision."""

    path: str
    settings_a: str
    settings_b: str
    precision: str = AS_A


class ComparePanel(QWidget):
    """Asks for a comparison and shows it as it comes."""

    compare_requested = Signal(object)  # Wanted
    stop_requested = Signal()
    browse_requested = Signal()
    place_chosen = Signal(int, int, str)  # where the compared text had it, and what

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparePanel")
        self.setAccessibleName(self.tr("Compare"))
        self._text, self._offset = "", 0
        self._last_model = 0
        self.view = DifferenceView(theme)
        self.model = ComparisonModel(theme, self)
        self.table = self._make_table()
        self._legend = Legend(theme)
        self._legend.setObjectName("compareLegend")
        self.sides = SideBySide(theme)
        self._switch = Switch()
        self._switch.toggled.connect(self._on_switched)
        self._export = PlotExport(self.view, self.view, "comparison", self.view.picture_size)
        self._summary = QLabel()
        self._summary.setObjectName("compareSummary")
        self._summary.setWordWrap(True)
        self._summary.setTextFormat(Qt.TextFormat.PlainText)
        self._summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._summary.setToolTip(
            self.tr(
                "Perplexity: how many words each was torn between, on average. Bits per byte: the same, "
                "comparable between tokenizers. KL: how far B's distributions are from A's, on average; "
                "infinite once B rules out what A allows, and then JS, between 0 and 1, says more."
            )
        )
        self._note = QLabel()
        self._note.setObjectName("compareNote")
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setProperty("quiet", True)
        self._progress = QProgressBar()
        self._progress.setObjectName("compareProgress")
        self._progress.setAccessibleName(self.tr("Progress of the comparison"))
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(self.view, 1)
        texts.addWidget(self.sides, 1)
        self.sides.hide()
        below = QHBoxLayout()
        below.addWidget(self._legend, 1)
        below.addWidget(self._export.button)
        texts.addLayout(below)
        left = QWidget()
        left.setLayout(texts)
        texts.setContentsMargins(0, 0, 0, 0)
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._body.setChildrenCollapsible(False)
        self._body.addWidget(left)
        self._body.addWidget(self.table)
        self._body.setStretchFactor(0, 5)
        self._body.setStretchFactor(1, 6)
        self._body.setSizes([310, 390])
        self._empty = QLabel(
            self.tr(
                "See where two models, or two settings, disagree about this text: choose A and B, then "
                "Compare."
            )
        )
        self._empty.setObjectName("compareEmpty")
        self._empty.setProperty("quiet", True)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(self._make_choices())
        column.addWidget(self._progress)
        column.addWidget(self._note)
        figures = QHBoxLayout()
        figures.addWidget(self._summary, 1)
        figures.addWidget(self._switch, 0, Qt.AlignmentFlag.AlignRight)
        column.addLayout(figures)
        column.addWidget(self._body, 1)
        column.addWidget(self._empty, 1)
        self.view.chosen.connect(self._on_chosen)
        self.view.looked_at.connect(self._on_looked_at)
        self.sides.chosen.connect(self._on_chosen)
        self.sides.looked_at.connect(self._on_looked_at)
        self.show_models("", ())
        self.show_presets(())
        self._show_state(running=False)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("compareTable")
        table.setAccessibleName(self.tr("Differences, the greatest first"))
        table.setToolTip(self.tr("Click a heading to sort; Enter or a click goes to the place in the text"))
        table.setModel(self.model)
        table.setSortingEnabled(True)
        table.sortByColumn(DELTA, Qt.SortOrder.DescendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        for section, width in ((0, 78), (1, 50), (2, 50), (3, 62), (4, 54), (5, 60)):
            header.resizeSection(section, width)
        table.clicked.connect(self._on_row)
        table.activated.connect(self._on_row)
        return table

    def _make_choices(self) -> QHBoxLayout:
        self._name_a = QLabel()
        self._name_a.setObjectName("compareNameA")
        self._name_a.setTextFormat(Qt.TextFormat.PlainText)
        self.settings_a = self._box("compareSettingsA", self.tr("Settings of A"))
        self.settings_b = self._box("compareSettingsB", self.tr("Settings of B"))
        self.models = self._box("compareModel", self.tr("Model of B"))
        self.models.activated.connect(self._on_model)
        self.precision = PrecisionBox()
        self._go = QPushButton(self.tr("Compa&re"))
        self._go.setObjectName("compareGo")
        self._go.setToolTip(self.tr("Read the text with A and with B and show where they differ"))
        self._go.setProperty("primary", True)
        self._go.clicked.connect(self._on_go)
        self._stop = QPushButton(self.tr("S&top"))
        self._stop.setObjectName("compareStop")
        self._stop.setToolTip(self.tr("Stop comparing; what has come stays"))
        self._stop.clicked.connect(self.stop_requested)
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget, stretch in (
            (QLabel(self.tr("A")), 0),
            (self._name_a, 0),
            (self.settings_a, 1),
            (QLabel(self.tr("B")), 0),
            (self.models, 1),
            (self.precision, 0),
            (self.settings_b, 1),
            (self._go, 0),
            (self._stop, 0),
        ):
            row.addWidget(widget, stretch)
        return row

    def _box(self, name: str, title: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        box.setAccessibleName(title)
        box.setToolTip(title)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(8)
        return box

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.view.set_theme(theme)
        self.sides.set_theme(theme)
        self.model.theme = self._legend.theme = theme
        self._export.set_theme(theme)
        self.table.viewport().update()
        self._legend.update()

    @Slot()
    def take_focus(self) -> None:
        """Put the keyboard where one begins: at the table, or at the button if there is none yet."""
        (self.table if self.model.rowCount() else self._go).setFocus()

    # -- what can be chosen --------------------------------------------------------------------------------

    def show_models(self, current: str, others: Sequence[tuple[str, str]]) -> None:
        """The loaded model's name; name and path of others."""
        self._name_a.setText(current or "–")
        path = self.models.currentData()
        known = {p for _, p in others}
        kept = [(self.models.itemText(i), self.models.itemData(i)) for i in range(self.models.count())]
        extra = [pair for pair in kept if pair[1] not in (SAME, BROWSE, *known)]
        self.models.clear()
        self.models.addItem(self.tr("the same model"), SAME)
        for name, where in (*others, *extra):
            self.models.addItem(name, where)
        self.models.addItem(self.tr("another folder…"), BROWSE)
        self.models.setCurrentIndex(max(0, self.models.findData(path)))
        self._last_model = self.models.currentIndex()

    def add_model(self, name: str, path: str) -> None:
        """A folder that was looked for is B now."""
        if (index := self.models.findData(path)) < 0:
            index = self.models.count() - 1
            self.models.insertItem(index, name, path)
        self.models.setCurrentIndex(index)
        self._last_model = index

    def show_presets(self, presets: Sequence[tuple[str, str]]) -> None:
        """Shown name and name of each preset."""
        for box, first in ((self.settings_a, ITSELF), (self.settings_b, AS_SET)):
            chosen = box.currentData() if box.count() else first
            box.clear()
            box.addItem(self.tr("the model itself"), ITSELF)
            box.addItem(self.tr("settings as they are"), AS_SET)
            for shown, name in presets:
                box.addItem(shown, name)
            box.setCurrentIndex(max(0, box.findData(chosen)))

    @Slot(int)
    def _on_model(self, index: int) -> None:
        if self.models.itemData(index) == BROWSE:
            self.models.setCurrentIndex(self._last_model)
            self.browse_requested.emit()
            return
        self._last_model = index
        if self.models.itemData(index) != SAME and self.settings_b.currentData() == AS_SET:
            self.settings_b.setCurrentIndex(self.settings_b.findData(self.settings_a.currentData()))

    @Slot()
    def _on_go(self) -> None:
        settings = self.settings_a.currentData(), self.settings_b.currentData()
        self.compare_requested.emit(Wanted(self.models.currentData(), *settings, self.precision.chosen))

    # -- a comparison --------------------------------------------------------------------------------------

    def begin(self, text: str, offset: int) -> None:
        """A comparison has begun; `text` stands at `offset` of the document."""
        self._text, self._offset = text, offset
        self.view.begin(text)
        self.sides.begin(text)
        self.model.begin(text)
        self._summary.setText("")
        self.show_note(self.tr("Reading…"))
        self._progress.setValue(0)
        self._show_state(running=True)

    def show_progress(self, fraction: float) -> None:
        """How much is done, 0..1."""
        self._progress.setValue(round(1000 * fraction))

    def add(self, stretches: Sequence[ComparedStretch]) -> None:
        """Some more of the text."""
        self.view.add(stretches)
        if self._switch.isChecked():
            self.sides.add(stretches)
        self.model.add(stretches)
        self._show_state(running=True)

    def finish(self, finished: ComparisonFinished, note: str = "") -> None:
        """All of it is there; `note` is said too."""
        stretches = self.model.stretches
        figures = summarise(stretches, self._text[: finished.n_characters])
        self._summary.setText(self._in_words(figures))
        notes = [said for said in (note, self.precision.told(finished)) if said]
        if not finished.same_vocabulary:
            notes.append(
                self.tr(
                    "A and B cut text into other tokens: compared are stretches between borders both have; "
                    "there is no KL."
                )
            )
        if finished.same_weights and finished.name_a != finished.name_b:
            notes.append(self.tr("Both folders hold the same weights."))
        if finished.n_characters < len(self._text):
            notes.append(self.tr("Compared: the first {n} tokens.").format(n=f"{figures.n_tokens_a:,}"))
        self.show_note(" ".join(notes))
        self._show_state(running=False)

    def end(self, note: str) -> None:
        """It ended early; what has come stays."""
        self.show_note(note)
        self._show_state(running=False)

    def show_note(self, text: str) -> None:
        """One quiet line; none if empty."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _in_words(self, figures: Summary) -> str:
        def number(value: float, digits: int) -> str:
            return "∞" if math.isinf(value) else "–" if math.isnan(value) else f"{value:,.{digits}f}"

        parts = [
            self.tr("Perplexity A {a}, B {b}").format(
                a=number(figures.perplexity_a, 2), b=number(figures.perplexity_b, 2)
            ),
            self.tr("bits per byte A {a}, B {b}").format(
                a=number(figures.bits_per_byte_a, 3), b=number(figures.bits_per_byte_b, 3)
            ),
            self.tr("same favourite {percent}").format(percent=f"{figures.agreement:.0%}"),
        ]
        if not math.isnan(figures.mean_kl):
            parts.append(self.tr("mean KL {bits} bits").format(bits=number(figures.mean_kl, 3)))
        if math.isinf(figures.mean_kl):
            parts.append(self.tr("mean JS {bits} bits").format(bits=number(figures.mean_js, 3)))
        for side, n in (("A", figures.impossible_a), ("B", figures.impossible_b)):
            if n == 1:
                parts.append(self.tr("1 word impossible for {side}").format(side=side))
            elif n:
                parts.append(self.tr("{n} words impossible for {side}").format(n=f"{n:,}", side=side))
        return " · ".join(parts)

    def _show_state(self, *, running: bool) -> None:
        any_rows = bool(self.model.stretches)
        self._body.setVisible(any_rows)
        self._switch.setVisible(any_rows)
        self._empty.setVisible(not any_rows)
        self._summary.setVisible(bool(self._summary.text()))
        self._note.setVisible(bool(self._note.text()))
        self._progress.setVisible(running)
        self._go.setVisible(not running)
        self._stop.setVisible(running)

    # -- going there ---------------------------------------------------------------------------------------

    @Slot(bool)
    def _on_switched(self, twice: bool) -> None:
        """The text twice instead of the difference and its table."""
        self.sides.begin(self._text)
        for widget in (self.view, self.table, self._legend, self._export.button):
            widget.setVisible(not twice)
        self.sides.setVisible(twice)
        if twice:  # only once they have their width: their lines are broken once
            self.sides.settle()
            self.sides.add(self.model.stretches)

    @Slot(int)
    def _on_looked_at(self, index: int) -> None:
        self.table.setCurrentIndex(self.model.index(self.model.row_of(index), 0))

    @Slot(int)
    def _on_chosen(self, index: int) -> None:
        self._on_looked_at(index)
        self._go_to(index)

    @Slot(QModelIndex)
    def _on_row(self, row: QModelIndex) -> None:
        index = self.model.at(row.row())
        self.view.show_stretch(index)
        self._go_to(index)

    def _go_to(self, index: int) -> None:
        stretch = self.model.stretches[index]
        start, end = self._offset + stretch.start, self._offset + stretch.end
        self.place_chosen.emit(start, end, self.model.word(stretch))
