"""Help → Performance: how fast the model is here, what it takes, and a button that measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.ui.plain import plain_label, push_button


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; without a value it is a heading."""

    name: str
    value: str = ""
    tip: str = ""  # what the number means


class PerformanceDialog(QDialog):
    """Stays open beside the text."""

    measure_requested = Signal()
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("performanceDialog")
        self.setWindowTitle(self.tr("Performance"))
        self.setModal(False)
        self._rows: tuple[Row, ...] = ()
        self._measuring = False
        self._table = table = QTableWidget(0, 2)
        table.setObjectName("performanceTable")
        table.setAccessibleName(self.tr("How fast the model is on this computer, and what it takes"))
        table.setToolTip(
            self.tr("Rest the mouse on a line, or go to it with the arrow keys, to read what it means")
        )
        table.horizontalHeader().hide()
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        table.currentCellChanged.connect(self._on_current)
        self._meaning = plain_label("performanceMeaning")
        self._meaning.setProperty("quiet", True)
        self._meaning.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self._meaning.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._note = plain_label("performanceNote")
        self._progress = QProgressBar()
        self._progress.setObjectName("performanceProgress")
        self._progress.setAccessibleName(self.tr("Measuring"))
        self._progress.setRange(0, 100)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(policy)
        self._measure = push_button(
            "performanceMeasure",
            self.tr("&Measure now"),
            self.tr("Let the model write, read and sample for some seconds; the text is not touched"),
        )
        self._measure.clicked.connect(self.measure_requested)
        self._stop = push_button("performanceStop", self.tr("&Stop"), self.tr("Stop measuring (Esc)"))
        self._stop.clicked.connect(self.stop_requested)
        self._copy = push_button(
            "performanceCopy", self.tr("&Copy as text"), self.tr("Put all lines on the clipboard")
        )
        self._copy.clicked.connect(self.copy)
        self._close = push_button("performanceClose", self.tr("C&lose"), self.tr("Close this page (Esc)"))
        self._close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addWidget(self._measure)
        buttons.addWidget(self._stop)
        buttons.addStretch(1)
        buttons.addWidget(self._copy)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addWidget(table, 1)
        column.addWidget(self._meaning)
        column.addWidget(self._note)
        column.addWidget(self._progress)
        column.addLayout(buttons)
        self.resize(560, 620)
        self.show_progress(None)
        self._measure.setFocus()

    # -- what is shown -------------------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Fill the table; the line that is chosen stays so."""
        if tuple(rows) == self._rows:
            return
        self._rows = tuple(rows)
        table = self._table
        table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for place, text in enumerate((row.name, row.value)):
                item = QTableWidgetItem(text)
                item.setToolTip(row.tip)
                if not row.value:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled)
                if place:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                table.setItem(number, place, item)
        self._on_current(table.currentRow())

    @Slot(int)
    def _on_current(self, number: int) -> None:
        self._meaning.setText(self._rows[number].tip if 0 <= number < len(self._rows) else "")

    def show_progress(self, fraction: float | None) -> None:
        """How far the measuring is; None: nothing is measured."""
        self._measuring = fraction is not None
        self._progress.setVisible(self._measuring)
        self._progress.setValue(round(100 * (fraction or 0.0)))
        keyboard_was_here = self._measure.hasFocus() or self._stop.hasFocus()
        self._stop.setVisible(self._measuring)
        self._measure.setVisible(not self._measuring)
        if keyboard_was_here:
            (self._stop if self._measuring else self._measure).setFocus()

    def show_end(self) -> None:
        """Bring the last lines into view: what was measured."""
        self._table.scrollToBottom()

    def show_note(self, text: str) -> None:
        """Say something: what stands in the way, how the measuring ended."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def set_possible(self, *, possible: bool) -> None:
        """Whether there is a model that can be measured now."""
        self._measure.setEnabled(possible)

    def text(self) -> str:
        """All lines, a tab between name and value."""
        return "".join(
            f"{row.name}\t{row.value}\n" if row.value else f"\n{row.name}\n" for row in self._rows
        ).lstrip()

    @Slot()
    def copy(self) -> None:
        """Put the lines on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())
        self.show_note(self.tr("Copied."))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc stops the measuring first, then closes."""
        if event.key() == Qt.Key.Key_Escape:
            if self._measuring:
                self.stop_requested.emit()
            else:
                self.close()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nobody waits for the numbers any more."""
        self.stop_requested.emit()
        super().closeEvent(event)
