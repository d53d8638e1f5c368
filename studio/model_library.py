"""The models that can write: what stands on the shelf, and what is done with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from studio import paths
from studio.core.errors import StudioError
from studio.loading import Loading
from studio.models.records import ShelfModel
from studio.models.shelf import Shelf
from studio.sessions import Sessions
from studio.shelf_thread import Contents, ShelfThread
from studio.store import records as r
from studio.ui import sentences
from studio.ui.main_window import MainWindow
from studio.worker import LibraryThread
from studio.writing import Writing


class ModelLibrary(QObject):
    """Owns the dialog and the shelf's thread, which starts when it is first needed."""

    listed = Signal(object)  # Contents, whenever the shelf has been looked at
    optimise_requested = Signal(str)  # a model's id
    export_requested = Signal(str)  # a model's id

    def __init__(
        self,
        window: MainWindow,
        library: LibraryThread,
        loading: Loading,
        writing: Writing,
        sessions: Sessions,
        folder: Path,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._library, self._loading, self._writing = window, library, loading, writing
        self._sessions = sessions
        self._folder = folder
        self._shelf: ShelfThread | None = None
        self.contents: Contents | None = None
        self._uses: dict[str, r.ModelUse] = {}  # by the SHA-256 of the weights
        self._added = ""  # the id of a model that has just come

    @property
    def shelf(self) -> ShelfThread:
        """The shelf's thread."""
        if self._shelf is None:
            self._shelf = shelf = ShelfThread(paths.models_dir(self._folder), self)
            shelf.listed.connect(self._on_listed)
            shelf.failed.connect(self._on_failed)
            shelf.change(Shelf.sweep)
        return self._shelf

    def stop(self) -> None:
        """End the thread."""
        if self._shelf is not None:
            self._shelf.stop()

    @Slot(str)
    def on_model_added(self, model_id: str) -> None:
        """A model was imported, downloaded or made: say so once, and offer to write with it."""
        self._added = model_id
        self.shelf.look()

    def on_library_message(self, message: r.ModelsUsed | r.SessionModels) -> None:
        """What was written with which model."""
        match message:
            case r.ModelsUsed(uses=uses):
                self._uses = {use.sha256: use for use in uses}
            case r.SessionModels(session_id=session_id, models=models):
                if session_id == self._sessions.id:
                    self._window.tree.name_models(models)

    @Slot(object)
    def _on_listed(self, contents: Contents) -> None:
        self.contents = contents
        added = contents.find(self._added) if self._added else None
        if added is not None:
            self._added = ""
            self._tell_added(added)
        self.listed.emit(contents)

    def _tell_added(self, model: ShelfModel) -> None:
        self._window.notice.show_notice(
            self.tr("“{name}” stands on the shelf of models now.").format(name=model.name),
            action=self.tr("Write with it"),
            do=lambda: self._loading.choose(model.id),
        )

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        text = sentences.together(*sentences.translated(error))
        self._window.notice.show_notice(text, "error")
