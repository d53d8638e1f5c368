"""The precisions in a table: memory, speed, how near to float32; one is chosen, all can be measured."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.core.messages import ModelInfo, PrecisionFigures
from studio.core.precisions import AUTO, MAX_TOKENS, NAMES, can_choose
from studio.ui.plain import plain_label, push_button, radio_button
from studio.ui.precision.words import PrecisionWords, divergence, megabytes

NAME, MEMORY, SPEED, KL, SAME, STATE = range(6)
PRECISION = Qt.ItemDataRole.UserRole


class PrecisionDialog(QDialog):
    """Stays open beside the text."""

    measure_requested = Signal()
    stop_requested = Signal()
    text_chosen = Signal()  # `own_text` has changed
    use_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("precisionDialog")
        self.setWindowTitle(self.tr("Precision"))
        self.setModal(False)
        self._words = PrecisionWords(self)
        self._measuring = False
        self._info: ModelInfo | None = None
        intro = plain_label("precisionIntro")
        intro.setText(
            self.tr(
                "How many bits the model spends on each of its numbers. Fewer take less memory and write "
                "faster; how far the model then is from itself is measured here."
            )
        )
        self._table = self._make_table()
        self._check = radio_button(
            "precisionCheckText",
            self.tr("the &app's text"),
            self.tr("A short text that ships with the app, English and Chinese. “Automatic” goes by it."),
        )
        self._own = radio_button(
            "precisionOwnText",
            self.tr("my &text"),
            self.tr("The selected words, or the beginning of the open text: its first {n} tokens").format(
                n=MAX_TOKENS
            ),
        )
        self._check.setChecked(True)
        self._own.toggled.connect(self.text_chosen)
        self._progress = QProgressBar()
        self._progress.setObjectName("precisionProgress")
        self._progress.setAccessibleName(self.tr("Measuring"))
        self._progress.setToolTip(self.tr("How far the measuring is"))
        self._progress.setRange(0, 100)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        size_policy = self._progress.sizePolicy()
        size_policy.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(size_policy)
        self._stop = push_button("precisionStop", self.tr("&Stop"), self.tr("Stop measuring (Esc)"))
        self._stop.clicked.connect(self.stop_requested)
        self._measure = push_button(
            "precisionMeasure",
            self.tr("&Measure"),
            self.tr("Let the model read the text in every precision, one after the other"),
        )
        self._measure.clicked.connect(self.measure_requested)
        self._use = push_button(
            "precisionUse",
            self.tr("&Use this"),
            self.tr("Load the model in the chosen row's precision (Enter)"),
        )
        self._use.clicked.connect(self._on_use)
        self._note = plain_label("precisionNote", quiet=True)
        measured_on = QHBoxLayout()
        measured_on.setSpacing(12)
        heading = QLabel(self.tr("Measured on"))
        for widget in (heading, self._check, self._own):
            measured_on.addWidget(widget)
        measured_on.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._progress, 1)
        for button in (self._stop, self._measure, self._use):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addWidget(intro)
        column.addWidget(self._table)
        column.addLayout(measured_on)
        column.addWidget(self._note)
        column.addLayout(buttons)
        column.addStretch(1)
        self.setMinimumWidth(800)
        self.show_figures(None, {}, "", "")

    # -- building ------------------------------------------------------------------------------------------

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget()
        table.setObjectName("precisionTable")
        table.setAccessibleName(self.tr("Precisions"))
        table.setToolTip(self.tr("Arrows choose a row, Enter loads the model in its precision"))
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setAllColumnsShowFocus(True)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = table.headerItem()
        for at, (title, tip) in enumerate(
            (
                (self.tr("Precision"), self.tr("How many bits each of the model's numbers has")),
                (self.tr("Memory"), self.tr("What the loaded model takes: its weights and what it has read")),
                (
                    self.tr("Tokens/s"),
                    self.tr("How fast it writes on this machine, measured after the text, token by token"),
                ),
                (
                    self.tr("KL (nats)"),
                    self.tr(
                        "Kullback-Leibler divergence from float32, the mean of all tokens: how much of what "
                        "the model knows about the next word is lost. 0 is nothing; below 0.001 hardly a "
                        "word comes out otherwise. A nat is 1.44 bits."
                    ),
                ),
                (
                    self.tr("Same favourite"),
                    self.tr("How often the likeliest token is the same as in float32"),
                ),
                (self.tr("State"), self.tr("What the model computes in now, and what has been measured")),
            )
        ):
            head.setText(at, title)
            head.setToolTip(at, tip)
            if at not in (NAME, STATE):
                head.setTextAlignment(at, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        header = table.header()
        header.setStretchLastSection(True)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(88)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for precision in (AUTO, *NAMES):
            row = QTreeWidgetItem(table)
            row.setData(NAME, PRECISION, precision)
            for at in range(STATE + 1):
                row.setToolTip(at, self._words.explained(precision))
                if at not in (NAME, STATE):
                    row.setTextAlignment(at, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        table.itemActivated.connect(self._on_use)
        table.currentItemChanged.connect(self._update)
        return table

    # -- what is shown -------------------------------------------------------------------------------------

    @property
    def own_text(self) -> bool:
        """Whether the user's text is the one measured on."""
        return self._own.isChecked()

    def show_figures(
        self, info: ModelInfo | None, measured: Mapping[str, PrecisionFigures], chosen: str, automatic: str
    ) -> None:
        """Show what is known. `chosen` is the setting, `automatic` what "auto" would be."""
        self._info = info
        for at in range(self._table.topLevelItemCount()):
            row = self._table.topLevelItem(at)
            assert row is not None
            precision: str = row.data(NAME, PRECISION)
            row.setText(NAME, self._words.name(precision, automatic or "–"))
            self._show_row(row, measured.get(precision))
            row.setText(STATE, self._state(precision, precision in measured, chosen))
            for column in range(STATE + 1):
                font = row.font(column)
                font.setBold(precision == chosen)
                row.setFont(column, font)
            if precision == chosen and self._table.currentItem() is None:
                self._table.setCurrentItem(row)
        self._update()

    def _show_row(self, row: QTreeWidgetItem, figures: PrecisionFigures | None) -> None:
        if figures is None:
            for column in (MEMORY, SPEED, KL, SAME):
                row.setText(column, "")
            return
        row.setText(MEMORY, megabytes(figures.n_bytes))
        row.setText(SPEED, f"{figures.tokens_per_s:,.0f}")
        row.setText(KL, divergence(figures.mean_kl))
        row.setText(SAME, f"{figures.agreement:.1%}")

    def _state(self, precision: str, measured: bool, chosen: str) -> str:
        parts = []
        if precision == chosen:
            parts.append(self.tr("chosen"))
        if self._info is not None and precision == self._info.dtype:
            parts.append(self.tr("in use"))
        if precision != AUTO:
            parts.append(self.tr("measured") if measured else self.tr("not measured"))
        return ", ".join(parts)

    def show_progress(self, fraction: float) -> None:
        """It is measured."""
        self._measuring = True
        self._progress.setValue(round(100 * fraction))
        self._update()

    def show_end(self, text: str = "") -> None:
        """It is measured no more; say something."""
        self._measuring = False
        self._update()
        self.show_note(text)

    def show_note(self, text: str) -> None:
        """Say something under the table."""
        self._note.setText(text)

    @Slot()
    def _update(self) -> None:
        if not hasattr(self, "_note"):
            return  # still being built
        possible = self._info is not None and can_choose(self._info)
        self._measure.setVisible(not self._measuring)
        self._measure.setEnabled(possible)
        self._stop.setVisible(self._measuring)
        self._progress.setVisible(self._measuring)
        self._use.setEnabled(possible and not self._measuring)
        if self._info is not None and not possible:
            self.show_note(
                self.tr(
                    "{name} is computed in {precision} only: the other precisions are for GPT-2 models on "
                    "the processor (CPU)."
                ).format(name=self._info.name, precision=self._info.dtype)
                if not self._info.no_kernels
                else self._words.without_kernels(self._info)
            )

    @Slot()
    def _on_use(self) -> None:
        row = self._table.currentItem()
        if row is not None and self._use.isEnabled():
            self.use_requested.emit(row.data(NAME, PRECISION))

    def showEvent(self, event: QShowEvent) -> None:
        """Make the table as high as its rows."""
        super().showEvent(event)
        table = self._table
        last = table.topLevelItem(table.topLevelItemCount() - 1)
        assert last is not None
        bottom = table.header().height() + table.visualItemRect(last).bottom()
        table.setFixedHeight(bottom + 2 * table.frameWidth() + 2)
        self.adjustSize()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc stops the measuring first, then closes."""
        if event.key() == Qt.Key.Key_Escape and self._measuring:
            self.stop_requested.emit()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nobody waits for an answer any more."""
        self.stop_requested.emit()
        super().closeEvent(event)
