"""The models that can write: what stands on the shelf, what is known of it, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog

from studio import paths
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.free_memory import available_memory_bytes
from studio.core.messages import JobFailed, PerformanceMeasured, Quantity
from studio.library_worker import SaveFile
from studio.loading import Loading
from studio.model_rows import Known, loaded_id, rows
from studio.models.built_in import STARTER
from studio.models.machine import as_json, read_bandwidth
from studio.models.outside import look_at
from studio.models.records import ShelfModel
from studio.models.shelf import Shelf
from studio.precision import Precision
from studio.sessions import Sessions
from studio.shelf_thread import Contents, ShelfThread
from studio.store import records as r
from studio.ui import sentences
from studio.ui.main_window import MainWindow
from studio.worker import LibraryThread
from studio.writing import Writing

if TYPE_CHECKING:
    from studio.ui.models.dialog import ModelsDialog

N_IN_MENU = 8


class ModelLibrary(QObject):
    """Owns the dialog and the shelf's thread, which starts when it is first needed."""

    optimise_requested = Signal(str)  # a model's id
    export_requested = Signal(str)  # a model's id

    def __init__(
        self,
        window: MainWindow,
        library: LibraryThread,
        loading: Loading,
        precision: Precision,
        sessions: Sessions,
        writing: Writing,
        folder: Path,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._library, self._loading, self._writing = window, library, loading, writing
        self._precision, self._sessions = precision, sessions
        self._folder = folder
        self._shelf: ShelfThread | None = None
        self.contents = Contents((), ())
        self._uses: dict[str, r.ModelUse] = {}  # by the SHA-256 of the weights
        self._bandwidth = 0.0
        self._added = ""  # the id of a model that has just come
        self._to_choose = ""  # the id of a model that is to be chosen in the dialog
        self._to_load = ""  # the id of a model that is being put back
        self.dialog: ModelsDialog | None = None
        window.actions_by_name["open_model"].triggered.connect(self._on_open_model)
        window.actions_by_name["starter_model"].triggered.connect(self.use_starter)
        window.actions_by_name["models"].triggered.connect(self.open)
        window.actions_by_name["unload_model"].triggered.connect(loading.unload)
        chip = window.model_chip
        chip.menu_wanted.connect(self._on_menu_wanted)
        chip.model_chosen.connect(loading.choose)
        chip.stop_requested.connect(loading.cancel)
        loading.changed.connect(self._on_loading_changed)
        loading.progressed.connect(self._on_progress)
        sessions.opened.connect(self._on_session_opened)
        writing.progressed.connect(self._on_written)
        self._show_chip()

    @property
    def shelf(self) -> ShelfThread:
        """The shelf's thread."""
        if self._shelf is None:
            self._shelf = shelf = ShelfThread(paths.models_dir(self._folder), self)
            shelf.listed.connect(self._on_listed)
            shelf.done.connect(self._on_done)
            shelf.failed.connect(self._on_failed)
            shelf.change(Shelf.sweep)
        return self._shelf

    def stop(self) -> None:
        """End the thread."""
        if self._shelf is not None:
            self._shelf.stop()
            self._shelf = None

    def set_folder(self, folder: Path) -> None:
        """The library is in another folder."""
        self.stop()
        self._folder = folder

    # -- the dialog ----------------------------------------------------------------------------------------

    @Slot()
    def open(self) -> None:
        """Show the dialog."""
        if self.dialog is None:
            from studio.ui.models.dialog import ModelsDialog

            window = self._window
            dialog = self.dialog = ModelsDialog(window.theme, window.actions_by_name, window)
            dialog.write_requested.connect(self._loading.choose)
            dialog.unload_requested.connect(self._loading.unload)
            dialog.stop_requested.connect(self._loading.cancel)
            dialog.default_requested.connect(self._on_default)
            dialog.rename_requested.connect(self._on_rename)
            dialog.remove_requested.connect(self.remove)
            dialog.restore_requested.connect(self._on_restore)
            dialog.empty_trash_requested.connect(self._on_empty_trash)
            dialog.in_place_requested.connect(self.use_in_place)
            dialog.action_requested.connect(self._on_action)
            dialog.idle_chosen.connect(self._loading.choose_idle_minutes)
            dialog.show_idle_minutes(window.settings.idle_unload_minutes)
            self._bandwidth = read_bandwidth(paths.machine_file(self._folder))
        self.shelf.hash_unknown()
        self._library.submit(r.ListModelUses())
        self._show()
        if self.dialog.isVisible():
            self.dialog.raise_()
        self.dialog.show()
        self.dialog.activateWindow()

    def _known(self) -> Known:
        info = self._writing.model
        return Known(
            self._window.settings,
            info,
            self._loading.name if info is not None else "",
            self._loading.wanted,
            self._precision.known.latest(),
            self._uses,
            available_memory_bytes(),
            self._bandwidth,
        )

    def _show(self) -> None:
        self._show_chip()
        if self.dialog is None:
            return
        self.dialog.show_rows(*rows(self.contents, self._known()))
        if self._to_choose and self.contents.find(self._to_choose) is not None:
            self.dialog.table.choose(self._to_choose)
            self._to_choose = ""
        if not self._loading.is_loading:
            self.dialog.note.show_progress(None)

    def say(
        self, text: str, action: str = "", do: Callable[[], object] | None = None, kind: str = "info"
    ) -> None:
        """In the dialog if it is open, else over the text; `kind` as a notice has it."""
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.note.say(text, action, do)
        else:
            self._window.notice.show_notice(text, kind, action, do)

    @property
    def said(self) -> str:
        """The words that `say` would replace."""
        if self.dialog is not None and self.dialog.isVisible():
            return self.dialog.note.text()
        return self._window.notice.text()

    # -- the chip ------------------------------------------------------------------------------------------

    def _show_chip(self) -> None:
        info, note = self._writing.model, ""
        if self._loading.is_loading:
            note = self.tr("loading…")
        elif info is not None and self._is_gone(self._loading.name):
            note = self.tr("only in memory")
        self._window.model_chip.show_name(info.name if info is not None else "", note)

    def _is_gone(self, name: str) -> bool:
        """Whether the files of a loaded model are not where they were."""
        if not self.contents.models or name == STARTER or Path(name).is_absolute():
            return False
        model = self.contents.find(name)
        return model is None or model.why is not None

    @Slot()
    def _on_menu_wanted(self) -> None:
        """The models used lately, then others, and the starter."""
        by_id = {model.id: model for model in self.contents.models if model.why is None}
        recent = [name for name in self._window.settings.recent_models if name in by_id]
        ids = list(dict.fromkeys([*recent, *by_id]))[:N_IN_MENU] or [STARTER]
        if STARTER not in ids:
            ids[-1] = STARTER
        current = loaded_id(self.contents, self._loading.name) if self._writing.model is not None else ""
        names = [(i, by_id[i].name if i in by_id else i, i == current) for i in ids]
        self._window.model_chip.show_models(
            names, is_loading=self._loading.is_loading, is_loaded=self._writing.model is not None
        )
        self.shelf.look()

    # -- loading -------------------------------------------------------------------------------------------

    @Slot()
    def _on_loading_changed(self) -> None:
        if self._loading.is_loading and self.dialog is not None:
            self.dialog.note.show_progress(0.0)
        if not self._loading.is_loading and self._writing.model is None:
            self._window.actions_by_name["unload_model"].setEnabled(False)
        self._show()

    def on_model_loaded(self) -> None:
        """A model writes now."""
        self._window.actions_by_name["unload_model"].setEnabled(True)
        if self.dialog is not None:
            self.dialog.note.show_progress(None)
        self.shelf.look()
        self._show()

    @Slot(float)
    def _on_progress(self, fraction: float) -> None:
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.note.show_progress(fraction)

    def on_failed(self, message: JobFailed, text: str) -> bool:
        """A job has failed; whether it was to load a model. Then that is said, with one thing to do."""
        wanted = self._loading.on_failed(message)
        if wanted is None:
            return False
        action = ""
        do: Callable[[], object] = self.use_starter
        if (removed := self._find_removed(wanted)) is not None:
            text = self.tr("“{name}” was removed: it is in the trash of models.").format(name=removed.name)
            action, do = self.tr("Put it back and load it"), partial(self._load_removed, wanted)
        elif self._writing.model is None and not self._loading.is_loading:
            action = self.tr("Use the starter model")
        if self._writing.model is not None:
            text += " " + self.tr("“{name}” goes on writing.").format(name=self._writing.model.name)
        if not message.report:
            self._window.notice.show_notice(text, "error", action, do)
        return True

    def _find_removed(self, model_id: str) -> ShelfModel | None:
        return next((model for model in self.contents.trashed if model.id == model_id), None)

    def _load_removed(self, model_id: str) -> None:
        self._to_load = model_id
        self.shelf.change(lambda shelf: shelf.restore(model_id))

    @Slot()
    def use_starter(self) -> None:
        """Write with the model that ships with the app."""
        self._loading.choose(STARTER)

    @Slot()
    def _on_open_model(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Open a GPT-2 model folder"))
        if folder:
            self._loading.choose(folder)

    # -- asked for -----------------------------------------------------------------------------------------

    @Slot(str)
    def on_model_added(self, model_id: str) -> None:
        """A model was imported, downloaded or made: say so once, and offer to write with it."""
        self._added = self._to_choose = model_id
        self.shelf.look()

    @Slot(str)
    def _on_default(self, model_id: str) -> None:
        self._window.settings = replace(self._window.settings, default_model=model_id)
        self._window.choice_made.emit("default_model", model_id)
        self._show()

    @Slot(str, str)
    def _on_rename(self, model_id: str, name: str) -> None:
        self.shelf.change(lambda shelf: shelf.rename(model_id, name))

    @Slot(str)
    def remove(self, model_id: str) -> None:
        """Put a model into the trash; it can be taken back."""
        model = self.contents.find(model_id)
        if model is None or model_id == STARTER:
            return
        self.shelf.change(lambda shelf: shelf.remove(model_id))
        if self._window.settings.default_model == model_id:
            self._on_default("")
        text = self.tr("“{name}” is in the trash.").format(name=model.name)
        if model.in_place:
            text = self.tr("“{name}” is not listed any more; its folder was not touched.").format(
                name=model.name
            )
        if self._loading.name == model_id and self._writing.model is not None:
            text += " " + self.tr("It stays in memory and goes on writing until it is unloaded.")
        self.say(text, self.tr("Undo"), lambda: self._on_restore(model_id))

    @Slot(str)
    def _on_restore(self, model_id: str) -> None:
        self._to_choose = model_id
        self.shelf.change(lambda shelf: shelf.restore(model_id))

    @Slot()
    def _on_empty_trash(self) -> None:
        self.shelf.change(Shelf.empty_trash)

    @Slot(str)
    def use_in_place(self, folder: str) -> None:
        """List a folder of the user's without copying it."""

        def use(shelf: Shelf) -> ShelfModel:
            if (why := look_at(Path(folder)).why) is not None:
                to_do = QT_TRANSLATE_NOOP(
                    "StudioError", "Choose the folder that holds config.json and model.safetensors."
                )
                raise StudioError(why.template, to_do, **dict(why.values))
            return shelf.use_in_place(Path(folder))

        self.shelf.change(use)

    @Slot(str, str)
    def _on_action(self, name: str, model_id: str) -> None:
        """Something that others do."""
        if name == "optimise_model":
            self.optimise_requested.emit(model_id)
        elif name == "export_model":
            self.export_requested.emit(model_id)
        else:
            self._window.actions_by_name[name].trigger()

    # -- answered ------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_listed(self, contents: Contents) -> None:
        self.contents = contents
        added = contents.find(self._added) if self._added else None
        if added is not None:
            self._added = ""
            text = self.tr("“{name}” stands on the shelf of models now.").format(name=added.name)
            self.say(text, self.tr("Write with it"), lambda: self._loading.choose(added.id))
        self._show()

    @Slot(object, object)
    def _on_done(self, _change: object, result: object) -> None:
        if isinstance(result, ShelfModel):
            self._to_choose = result.id
            if result.id == self._to_load:
                self._to_load = ""
                self._loading.choose(result.id)

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self.say(sentences.together(*sentences.translated(error)))

    def on_library_message(self, message: r.ModelsUsed | r.SessionModels) -> None:
        """What was written with which model."""
        match message:
            case r.ModelsUsed(uses=uses):
                self._uses = {use.sha256: use for use in uses}
                self._show()
            case r.SessionModels(session_id=session_id, models=models):
                if session_id == self._sessions.id:
                    self._window.tree.name_models(models)

    def on_performance(self, message: PerformanceMeasured) -> None:
        """The memory was measured: models that have not written here are judged by it."""
        for figure in message.figures:
            if figure.quantity is Quantity.BANDWIDTH:
                self._bandwidth = figure.value
                self._library.submit(SaveFile(paths.machine_file(self._folder), as_json(figure.value)))
                self._show()

    @Slot()
    def _on_session_opened(self) -> None:
        if self._sessions.id:
            self._library.submit(r.ListSessionModels(self._sessions.id))

    @Slot(object)
    def _on_written(self, records: tuple[r.GenerationRecord, ...]) -> None:
        self._window.tree.name_models((record.id, record.model_name) for record in records)
