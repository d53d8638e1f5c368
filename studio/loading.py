"""Which model is loaded: loading one beside the other, stopping that, giving its memory back when idle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio import paths
from studio.core import messages as m
from studio.models.built_in import STARTER
from studio.models.shelf import Shelf
from studio.precision import Precision
from studio.ui.main_window import MainWindow
from studio.ui.precision.words import megabytes
from studio.worker import ModelThread
from studio.writing import Writing

MINUTE_MS = 60_000


class Loading(QObject):
    """The one who asks for models. A model is named by its id on the shelf, "starter", or its folder."""

    changed = Signal()  # another model, none any more, one is on its way, or it is no more
    progressed = Signal(float)  # 0..1
    chosen = Signal(str)  # by the user, with its name: to be remembered
    gone = Signal()  # there was a model, and there is none

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        precision: Precision,
        writing: Writing,
        folder: Path,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._thread, self._precision, self._writing = window, model_thread, precision, writing
        self.folder = folder
        self._next_job = next_job
        self._job = 0
        self._names: dict[int, str] = {}  # what each job loads
        self._chosen: set[int] = set()  # jobs whose model the user wishes to keep
        self._dropped: set[int] = set()  # jobs that were stopped
        self.name = ""  # of what is loaded, or was last
        self._idle = QTimer(self)
        self._idle.setObjectName("idleUnload")
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self._on_idle)
        self.set_idle_minutes(window.settings.idle_unload_minutes)
        window.editor.mirror.changed.connect(self._on_used)
        writing.progressed.connect(self._on_used)
        writing.model_wanted.connect(self.load_again)

    @property
    def is_loading(self) -> bool:
        """Whether a model is on its way."""
        return self._job != 0

    @property
    def wanted(self) -> str:
        """The name of the model that is on its way; empty: none is."""
        return self._names.get(self._job, "")

    # -- asked for -----------------------------------------------------------------------------------------

    def choose(self, name: str) -> None:
        """Write with a model from now on; it is remembered once it is loaded."""
        if self._writing.job_id is not None:
            self._writing.stop()
        self.load(name)
        self._chosen.add(self._job)

    def load(self, name: str) -> None:
        """Load a model; the one before goes on working until it is ready."""
        if self._job:
            self._drop()
        self._job = self._next_job()
        self._names[self._job] = name
        self._writing.is_loading = True
        self._window.status.show_activity(self.tr("Loading the model…"))
        self._thread.submit(self._precision.request(self._job, str(self.place(name))))
        self.changed.emit()

    def place(self, name: str) -> Path:
        """Where a model's files are, or would be."""
        path = Path(name)
        if path.is_absolute():
            return path
        if name == STARTER:
            return paths.resource("models", STARTER)
        return Shelf(paths.models_dir(self.folder)).place(name)

    @Slot()
    def load_again(self) -> None:
        """Something is to be written, and no model is loaded."""
        if not self._job:
            self.load(self.name or self._window.settings.model)

    @Slot()
    def load_anew(self) -> None:
        """The same model, in another way."""
        self.load(self.wanted or self.name or self._window.settings.model)

    @Slot()
    def cancel(self) -> None:
        """Stop the loading; the model before stays."""
        if not self._job:
            return
        wanted = self.wanted
        self._drop()
        self._end()
        if self._writing.model is None:
            self._without(wanted)
        else:
            text = self.tr("Loading was stopped; “{name}” goes on writing.")
            self._window.notice.show_notice(text.format(name=self._writing.model.name))

    def _drop(self) -> None:
        self._thread.cancel(self._job)
        self._dropped.add(self._job)

    def _without(self, wanted: str) -> None:
        """A model was not loaded, and there is no other: the one before, if there was, had to make room."""
        if self.name and self.name != wanted:
            self.load(self.name)
        else:
            self._writing.stop()  # nothing waits for it any more

    @Slot()
    def unload(self) -> None:
        """Give the model's memory back; Continue loads it again."""
        if self._writing.model is not None and self._writing.job_id is None:
            self._thread.submit(m.UnloadModel(self._next_job()))

    def set_idle_minutes(self, minutes: int) -> None:
        """After how long without use the model's memory is given back; 0: never."""
        self._idle.setInterval(minutes * MINUTE_MS)
        self._on_used()

    def choose_idle_minutes(self, minutes: int) -> None:
        """The user sets that."""
        self._window.settings = replace(self._window.settings, idle_unload_minutes=minutes)
        self._window.choice_made.emit("idle_unload_minutes", str(minutes))
        self.set_idle_minutes(minutes)

    @Slot()
    def _on_used(self) -> None:
        if self._idle.interval():
            self._idle.start()
        else:
            self._idle.stop()

    @Slot()
    def _on_idle(self) -> None:
        if self._writing.job_id is not None or self._job:
            self._on_used()
        else:
            self.unload()

    # -- answered ------------------------------------------------------------------------------------------

    def on_progress(self, message: m.Progress) -> None:
        """How far a job is, perhaps this one."""
        if message.job_id == self._job:
            text = self.tr("Loading the model… {percent}%")
            self._window.status.show_activity(text.format(percent=round(100 * message.fraction)))
            self.progressed.emit(message.fraction)

    def on_loaded(self, message: m.ModelLoaded) -> None:
        """A model is ready; a newer wish may be under way."""
        self.name = self._names.get(message.job_id, self.name)
        self._window.status.show_model(message.model)
        if message.job_id in self._chosen:
            self.chosen.emit(self.name)
        if message.job_id == self._job:
            self._end()
        self._on_used()

    def on_unloaded(self, message: m.ModelUnloaded) -> None:
        """No model is loaded."""
        before = self._writing.model
        self._lose()
        if message.makes_room:
            text = self.tr("Memory does not hold two models, so “{name}” was unloaded first.")
            self._window.notice.show_notice(text.format(name=before.name if before else ""))
        else:
            freed = message.bytes_before - message.bytes_after
            text = self.tr("Unloaded: {freed} of memory are free again. Continue loads the model again.")
            if freed < 1_000_000:
                text = self.tr("Unloaded. Continue loads the model again.")
            self._window.status.show_activity(text.format(freed=megabytes(freed)))

    def _lose(self) -> None:
        """There is no model any more."""
        self._writing.on_model_gone()
        self._window.status.show_model(None)
        self._window.status.meter.set_counts(0, 0, 0)
        self.gone.emit()
        self.changed.emit()

    def is_dropped(self, message: m.JobFailed) -> bool:
        """Whether nothing need be said of a failure: it was the loading of a model, and it was stopped."""
        return message.job_id in self._dropped and not message.report

    def on_failed(self, message: m.JobFailed) -> str | None:
        """A job has failed; the name of the model that it was to load, None if it was another job."""
        name = self._names.get(message.job_id)
        if name is None or message.job_id in self._dropped:
            return None
        if message.job_id == self._job:
            self._end()
            if self._writing.model is None:
                self._without(name)
        else:
            self._lose()  # its process had ended, and it could not be loaded again
        return name

    def _end(self) -> None:
        self._job = 0
        self._writing.is_loading = False
        self._window.status.show_activity("")
        self.changed.emit()
