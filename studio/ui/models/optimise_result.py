"""What making a model smaller brought: a table, and the same beginnings written on by both models."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.models.reports import Report
from studio.ui.models.optimise_words import OptimiseWords
from studio.ui.plain import plain_label

_SAMPLE_LINES = 9


class OptimiseResult(QWidget):
    """Shows one report."""

    def __init__(self, words: OptimiseWords, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("optimiseResult")
        self._words = words
        self._table = table = QTreeWidget()
        table.setObjectName("optimiseTable")
        table.setAccessibleName(self.tr("Before and after"))
        table.setToolTip(self.tr("What was measured of both models; each row explains itself"))
        table.setHeaderLabels(["", self.tr("Before"), self.tr("After")])
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setAllColumnsShowFocus(True)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._on_text = plain_label("optimiseMeasuredOn", quiet=True)
        texts = QHBoxLayout()
        texts.setSpacing(12)
        self._samples = []
        for name, title in (("before", self.tr("Writes before")), ("after", self.tr("Writes after"))):
            heading = QLabel(title)
            view = QPlainTextEdit()
            view.setObjectName(f"optimiseSample_{name}")
            view.setAccessibleName(title)
            view.setToolTip(self.tr("The text's beginning, written on with the same seeds"))
            view.setReadOnly(True)
            view.setTabChangesFocus(True)
            view.setFixedHeight(_SAMPLE_LINES * view.fontMetrics().lineSpacing() + 12)
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(heading)
            column.addWidget(view)
            texts.addLayout(column)
            self._samples.append(view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(table)
        layout.addWidget(self._on_text)
        layout.addLayout(texts)

    def show_report(self, report: Report) -> None:
        """Show it, in place of the one before."""
        self._table.clear()
        for name, before, after, tip in self._words.rows(report):
            row = QTreeWidgetItem(self._table, [name, before, after])
            for column in range(3):
                row.setToolTip(column, tip)
                if column:
                    row.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column in (1, 2):
            self._table.headerItem().setTextAlignment(
                column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            )
        last = self._table.topLevelItem(self._table.topLevelItemCount() - 1)
        assert last is not None
        height = self._table.visualItemRect(last).height() or self._table.fontMetrics().height() + 8
        frame = 2 * self._table.frameWidth() + 2
        header = self._table.header().sizeHint().height()
        self._table.setFixedHeight(header + height * self._table.topLevelItemCount() + frame)
        self._on_text.setText(self._words.measured_on(report))
        for view, name in zip(self._samples, ("before", "after"), strict=True):
            view.setPlainText(
                "\n\n".join(
                    f"{sample.prompt}│{sample.before if name == 'before' else sample.after}"
                    for sample in report.samples
                )
            )
