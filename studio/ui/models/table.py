"""The list of models: one line each, filtered by words, renamed in place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem, QWidget

from studio.ui.icons import icon
from studio.ui.models.details import escaped, sign
from studio.ui.models.model_words import ModelWords
from studio.ui.models.row import Row, State
from studio.ui.theme import Theme

NAME, STATE, KIND, PRECISION, PARAMETERS, SIZE, CONTEXT, FIT, USED = range(9)
ROW_PX = 28
GAP_PX = 16
MODEL_ID = Qt.ItemDataRole.UserRole


class ModelTable(QTreeWidget):
    """Arrows choose, Enter writes with it, F2 renames, Delete removes."""

    chosen = Signal()  # another row
    activated_model = Signal(str)
    renamed = Signal(str, str)
    remove_pressed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelTable")
        self.setAccessibleName(self.tr("Models"))
        self.setToolTip(self.tr("Arrows choose, Enter writes with the model, F2 renames, Delete removes"))
        self._theme, self._words = theme, ModelWords(self)
        self._filling = False
        self._filter = ""
        self.rows: dict[str, Row] = {}
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHeaderLabels(
            [
                self.tr("Model"),
                self.tr("State"),
                self.tr("Kind"),
                self.tr("Precision"),
                self.tr("Parameters"),
                self.tr("Size"),
                self.tr("Context"),
                self.tr("Here"),
                self.tr("Last used"),
            ]
        )
        head = self.headerItem()
        head.setToolTip(KIND, self.tr("The architecture that the model's files name"))
        head.setToolTip(PRECISION, self.tr("How the file holds the weights; Model → Precision… says how they"
                                           " are computed"))  # fmt: skip
        head.setToolTip(SIZE, self.tr("On the disk"))
        head.setToolTip(CONTEXT, self.tr("How many tokens of a text the model sees at most"))
        head.setToolTip(
            FIT, self.tr("Whether the model fits into the memory that is free, and how fast it is")
        )
        header = self.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(True)
        for column in (PARAMETERS, SIZE, CONTEXT):
            head.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.itemActivated.connect(self._on_activated)
        self.itemChanged.connect(self._on_item_changed)
        self.itemSelectionChanged.connect(self._on_selection)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these. The one that is chosen stays so."""
        if self.state() == QAbstractItemView.State.EditingState:
            return  # it is asked for again when the name is there
        chosen = self.current()
        same = [row.model.id for row in rows] == list(self.rows)
        self.rows = {row.model.id: row for row in rows}
        self._filling = True
        if not same:
            self.clear()
            for row in rows:
                item = QTreeWidgetItem(self)
                item.setData(NAME, MODEL_ID, row.model.id)
        for at, row in enumerate(rows):
            line = self.topLevelItem(at)
            assert line is not None
            self._fill(line, row)
            if row.model.id == chosen:
                self.setCurrentItem(line)
        self._filling = False
        for column in range(USED):
            width = self.sizeHintForColumn(column)
            self.setColumnWidth(column, max(width + GAP_PX, self.header().sectionSizeHint(column) + 4))
        self.set_filter(self._filter)

    def _fill(self, item: QTreeWidgetItem, row: Row) -> None:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if row.is_listed:
            flags |= Qt.ItemFlag.ItemIsEditable
        item.setFlags(flags)
        font = item.font(NAME)
        font.setBold(row.state in (State.LOADED, State.ONLY_IN_MEMORY))
        item.setSizeHint(USED, QSize(120, ROW_PX))  # the width of the last column is what is left
        for column, text in enumerate(self._words.cells(row)):
            item.setText(column, text)
            item.setFont(column, font)
            if column in (PARAMETERS, SIZE, CONTEXT):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if row.verdict is not None:
            name, colour = sign(row.verdict.fit, self._theme)
            item.setIcon(FIT, icon(name, colour, colour))
            item.setToolTip(FIT, escaped(self._words.verdict(row)))

    def set_filter(self, words: str) -> None:
        """List only models that have all these words in their line, their source or licence."""
        self._filter = words
        wanted = words.casefold().split()
        for at in range(self.topLevelItemCount()):
            item = self.topLevelItem(at)
            assert item is not None
            row = self.rows[item.data(NAME, MODEL_ID)]
            about = row.model.about
            text = " ".join([*self._words.cells(row), about.source, about.licence, row.model.tokenizer])
            item.setHidden(not all(word in text.casefold() for word in wanted))
        current = self.currentItem()
        if (current is None or current.isHidden()) and (first := self._first_shown()) is not None:
            self.setCurrentItem(first)
        self.chosen.emit()

    def _first_shown(self) -> QTreeWidgetItem | None:
        items = (self.topLevelItem(at) for at in range(self.topLevelItemCount()))
        return next((item for item in items if item is not None and not item.isHidden()), None)

    def current(self) -> str:
        """The id of the model that is chosen; empty: none is."""
        item = self.currentItem()
        return str(item.data(NAME, MODEL_ID)) if item is not None and not item.isHidden() else ""

    def choose(self, model_id: str) -> None:
        """Choose a model."""
        for at in range(self.topLevelItemCount()):
            item = self.topLevelItem(at)
            if item is not None and item.data(NAME, MODEL_ID) == model_id:
                self.setCurrentItem(item)

    def rename(self) -> None:
        """Let the name of the chosen model be written anew."""
        if (item := self.currentItem()) is not None:
            self.editItem(item, NAME)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes."""
        if event.key() == Qt.Key.Key_Delete:
            self.remove_pressed.emit()
            return
        super().keyPressEvent(event)

    @Slot()
    def _on_selection(self) -> None:
        if not self._filling:
            self.chosen.emit()

    @Slot(QTreeWidgetItem, int)
    def _on_activated(self, item: QTreeWidgetItem, _column: int) -> None:
        self.activated_model.emit(item.data(NAME, MODEL_ID))

    @Slot(QTreeWidgetItem, int)
    def _on_item_changed(self, item: QTreeWidgetItem, column: int) -> None:
        if self._filling or column != NAME:
            return
        model_id, name = str(item.data(NAME, MODEL_ID)), item.text(NAME)
        if name != self.rows[model_id].model.name:
            self.renamed.emit(model_id, name)
