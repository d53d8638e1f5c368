"""Model → Models…: what can write, what is known of it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.ui.models.details import ModelDetails
from studio.ui.models.note import ModelNote
from studio.ui.models.row import Row, State
from studio.ui.models.table import ModelTable
from studio.ui.plain import push_button
from studio.ui.precision.words import megabytes
from studio.ui.theme import Theme

IDLE_MINUTES = (0, 5, 15, 30, 60, 240)


class ModelsDialog(QDialog):
    """Shows rows and asks; `studio/model_library.py` acts. A model is named by its id."""

    write_requested = Signal(str)
    unload_requested = Signal()
    stop_requested = Signal()
    default_requested = Signal(str)  # empty: none any more
    rename_requested = Signal(str, str)
    remove_requested = Signal(str)
    restore_requested = Signal(str)
    empty_trash_requested = Signal()
    in_place_requested = Signal(str)  # a folder
    action_requested = Signal(str, str)  # an action's name, and the model it is about
    idle_chosen = Signal(int)  # minutes
    view_changed = Signal()  # shelf or trash

    def __init__(self, theme: Theme, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelsDialog")
        self.setWindowTitle(self.tr("Models"))
        self.setModal(False)
        self._actions = actions
        self._rows: tuple[Row, ...] = ()
        self._trashed: tuple[Row, ...] = ()
        self.table = ModelTable(theme)
        self.table.chosen.connect(self._update)
        self.table.activated_model.connect(self._on_write)
        self.table.renamed.connect(self.rename_requested)
        self.table.remove_pressed.connect(self._on_remove)
        self._details = ModelDetails(theme)
        self.note = ModelNote()
        self.note.stop_requested.connect(self.stop_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addLayout(self._top_row())
        column.addWidget(self.table, 1)
        column.addWidget(self._details)
        column.addLayout(self._note_row())
        column.addLayout(self._bottom_row())
        room = QGuiApplication.primaryScreen().availableSize()
        self.resize(QSize(min(1040, room.width()), min(600, room.height() - 60)))
        self.show_rows((), ())
        self.table.setFocus()

    # -- building ------------------------------------------------------------------------------------------

    def _button(self, name: str, text: str, tip: str, slot: Callable[[], object]) -> QPushButton:
        button = push_button(name, text, tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(slot)
        return button

    def _top_row(self) -> QHBoxLayout:
        self._filter = QLineEdit()
        self._filter.setObjectName("modelFilter")
        self._filter.setClearButtonEnabled(True)
        self._filter.setPlaceholderText(self.tr("Find a model"))
        self._filter.setAccessibleName(self.tr("Find a model"))
        self._filter.setToolTip(self.tr("List only models that have all these words somewhere in their line"))
        self._filter.textChanged.connect(self.table.set_filter)
        self._get = {
            "import_model": self._button(
                "modelImport",
                self.tr("&Import…"),
                self.tr("Put a model from a file or a folder on the shelf"),
                lambda: self._ask("import_model"),
            ),
            "download_model": self._button(
                "modelDownload",
                self.tr("&Download…"),
                self.tr("Fetch a model from the Hugging Face Hub, checked before it is used"),
                lambda: self._ask("download_model"),
            ),
        }
        in_place = self._button(
            "modelInPlace",
            self.tr("Use a &folder…"),
            self.tr("List a model's folder without copying it; nothing in it is ever changed"),
            self._on_in_place,
        )
        self._trash = self._button(
            "modelTrash", "", self.tr("List the models that were removed"), self._on_trash
        )
        self._trash.setCheckable(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._filter, 1)
        for button in (*self._get.values(), in_place, self._trash):
            row.addWidget(button)
        return row

    def _bottom_row(self) -> QHBoxLayout:
        self._write = self._button(
            "modelWrite",
            self.tr("&Write with it"),
            self.tr("Load the chosen model; the one before goes on writing until it is ready (Enter)"),
            lambda: self._on_write(self.table.current()),
        )
        self._write.setProperty("primary", True)
        self._unload = self._button(
            "modelUnload",
            self.tr("&Unload"),
            self.tr("Give the model's memory back; Continue loads it again"),
            self.unload_requested.emit,
        )
        self._default = self._button(
            "modelDefault",
            self.tr("Make d&efault"),
            self.tr("Begin with this model whenever the app starts, whichever was used last; again: not"),
            self._on_default,
        )
        self._rename = self._button(
            "modelRename", self.tr("&Rename"), self.tr("Call it something else (F2)"), self.table.rename
        )
        self._remove = self._button(
            "modelRemove",
            self.tr("Re&move"),
            self.tr("Put the model into the trash (Delete)"),
            self._on_remove,
        )
        self._more = {
            "optimise_model": self._button(
                "modelOptimise",
                self.tr("&Optimise…"),
                self.tr("Make a smaller or faster model of it, beside it"),
                lambda: self._ask("optimise_model"),
            ),
            "export_model": self._button(
                "modelExport",
                self.tr("E&xport…"),
                self.tr("Write it to a folder or a GGUF file for other programs"),
                lambda: self._ask("export_model"),
            ),
        }
        self._open = self._button(
            "modelOpenFolder",
            self.tr("Open fol&der"),
            self.tr("Show the model's files in the file manager"),
            self._on_open,
        )
        self._restore = self._button(
            "modelRestore", self.tr("&Restore"), self.tr("Put the model back on the shelf"), self._on_restore
        )
        self._empty = self._button(
            "modelEmptyTrash",
            self.tr("&Empty the trash…"),
            self.tr("Delete for good what is in the trash"),
            self._on_empty,
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        self._of_shelf = (
            self._write, self._unload, self._default, self._rename, self._remove, *self._more.values(),
            self._open,
        )  # fmt: skip
        for button in (*self._of_shelf, self._restore, self._empty):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _note_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.note, 1)
        row.addWidget(QLabel(self.tr("Unload by itself:")))
        row.addWidget(self._make_idle())
        return row

    def _make_idle(self) -> QComboBox:
        self._idle = QComboBox()
        self._idle.setObjectName("modelIdle")
        self._idle.setAccessibleName(self.tr("Unload the model by itself"))
        self._idle.setToolTip(
            self.tr("After so long without use the model's memory is given back; Continue loads it again")
        )
        for minutes in IDLE_MINUTES:
            text = self.tr("after {n} minutes").format(n=minutes) if minutes else self.tr("never")
            self._idle.addItem(text, minutes)
        self._idle.activated.connect(lambda at: self.idle_chosen.emit(self._idle.itemData(at)))
        return self._idle

    # -- what is shown -------------------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[Row], trashed: Sequence[Row]) -> None:
        """Show what there is now."""
        self._rows, self._trashed = tuple(rows), tuple(trashed)
        self._trash.setText(self.tr("&Trash ({n})").format(n=len(trashed)))
        if not trashed:
            self._trash.setChecked(False)
        self._trash.setEnabled(bool(trashed))
        self.table.show_rows(self._trashed if self._trash.isChecked() else self._rows)

    def show_idle_minutes(self, minutes: int) -> None:
        """Show the setting; one that is not offered is added."""
        if (at := self._idle.findData(minutes)) < 0:
            self._idle.addItem(self.tr("after {n} minutes").format(n=minutes), minutes)
            at = self._idle.count() - 1
        self._idle.setCurrentIndex(at)

    @property
    def row(self) -> Row | None:
        """The one that is chosen."""
        return self.table.rows.get(self.table.current())

    @Slot()
    def _update(self) -> None:
        """Show what belongs to the chosen row, and what can be done with it."""
        row, in_trash = self.row, self._trash.isChecked()
        self._details.show_row(row)
        for button in self._of_shelf:
            button.setVisible(not in_trash)
        for button in (self._restore, self._empty):
            button.setVisible(in_trash)
        self._restore.setEnabled(row is not None)
        for name, button in (self._get | self._more).items():
            button.setVisible(name in self._actions and (name in self._get or not in_trash))
        usable = row is not None and row.model.why is None
        listed = row is not None and row.is_listed
        loaded = row is not None and row.state in (State.LOADED, State.ONLY_IN_MEMORY)
        self._write.setEnabled(usable and row is not None and row.state is State.RESTS)
        self._unload.setEnabled(any(r.state in (State.LOADED, State.ONLY_IN_MEMORY) for r in self._rows))
        self._default.setEnabled(usable and (listed or (row is not None and row.is_built_in)))
        self._default.setText(
            self.tr("No d&efault") if row is not None and row.is_default else self.tr("Make d&efault")
        )
        for button in (self._rename, self._remove):
            button.setEnabled(listed)
        for button in self._more.values():
            button.setEnabled(usable)
        self._open.setEnabled(row is not None)
        self._remove.setToolTip(
            self.tr("Put the model into the trash (Delete); it stays in memory until it is unloaded")
            if loaded
            else self.tr("Put the model into the trash (Delete)")
        )

    # -- asked for -----------------------------------------------------------------------------------------

    def _ask(self, action: str) -> None:
        self.action_requested.emit(action, self.table.current())

    @Slot(str)
    def _on_write(self, model_id: str) -> None:
        if self._write.isEnabled() and self._write.isVisible():
            self.write_requested.emit(model_id)

    @Slot()
    def _on_default(self) -> None:
        if (row := self.row) is not None:
            self.default_requested.emit("" if row.is_default else row.model.id)

    @Slot()
    def _on_remove(self) -> None:
        if self._remove.isEnabled() and self._remove.isVisible():
            self.remove_requested.emit(self.table.current())

    @Slot()
    def _on_restore(self) -> None:
        self.restore_requested.emit(self.table.current())

    @Slot()
    def _on_empty(self) -> None:
        n_bytes = sum(0 if row.model.in_place else row.model.n_bytes for row in self._trashed)
        text = self.tr("Delete {n} models for good? {size} come free. This cannot be undone.")
        if len(self._trashed) == 1:
            text = self.tr("Delete 1 model for good? {size} come free. This cannot be undone.")
        shown = text.format(n=len(self._trashed), size=megabytes(n_bytes))
        self.note.say(shown, self.tr("Delete for good"), self.empty_trash_requested.emit)

    @Slot()
    def _on_trash(self) -> None:
        self.show_rows(self._rows, self._trashed)
        self.view_changed.emit()

    @Slot()
    def _on_in_place(self) -> None:
        dialog = QFileDialog(self, self.tr("Use a model's folder where it is"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.in_place_requested)
        dialog.open()

    @Slot()
    def _on_open(self) -> None:
        if (row := self.row) is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(row.model.folder)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc stops a loading first, then closes."""
        if event.key() == Qt.Key.Key_Escape and self.note.is_loading:
            self.stop_requested.emit()
            return
        super().keyPressEvent(event)
