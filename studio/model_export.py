"""Model → Export model…: written by a job as a GGUF file or a folder for other programs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model_files import model_name
from studio.export.naming import file_name, with_suffix
from studio.job_process import JobProcess
from studio.loading import Loading
from studio.model_library import ModelLibrary
from studio.models.built_in import STARTER, starter
from studio.models.exporting import clean_up, export_spec
from studio.models.outside import look_at
from studio.models.records import ShelfModel
from studio.models.shelf import Shelf
from studio.ui.main_window import MainWindow
from studio.ui.sentences import together, translated


@dataclass(frozen=True, slots=True)
class _Looked:
    """The model that is to be exported."""

    model: ShelfModel


class ModelExport(QObject):
    """One export at a time: what and where is asked in one dialog, the notice says how far it is."""

    def __init__(self, window: MainWindow, models: ModelLibrary, loading: Loading, parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._models, self._loading = window, models, loading
        self._job: JobProcess | None = None
        self._spec: dict[str, Any] = {}
        self._said = ""
        self._connected = False
        window.actions_by_name["export_model"].triggered.connect(self._on_action)
        models.export_requested.connect(self.ask)

    # -- asked for -----------------------------------------------------------------------------------------

    @Slot()
    def _on_action(self) -> None:
        """The model that writes."""
        self.ask(self._loading.wanted or self._loading.name or STARTER)

    @Slot(str)
    def ask(self, name: str) -> None:
        """Ask how and where to export the model of that id, or in that folder."""
        if self._job is not None:
            self._models.say(self.tr("Another model is being exported; try again then."))
            return
        if not self._connected:
            self._connected = True
            self._models.shelf.done.connect(self._on_done)
        self._models.shelf.change(partial(_look, name))

    @Slot(object, object)
    def _on_done(self, _change: object, result: object) -> None:
        if not isinstance(result, _Looked) or self._job is not None:
            return
        model = result.model
        kinds = {
            self.tr("GGUF for llama.cpp, 16 bits (*.gguf)"): ("gguf", "float16"),
            self.tr("GGUF for llama.cpp, 8 bits (*.gguf)"): ("gguf", "q8_0"),
            self.tr("GGUF for llama.cpp, 32 bits (*.gguf)"): ("gguf", "float32"),
            self.tr("Folder for Hugging Face, 16 bits (*)"): ("folder", "float16"),
            self.tr("Folder for Hugging Face, 32 bits (*)"): ("folder", "float32"),
        }
        list_of_models = self._models.dialog
        where, suggested = self._window.settings.export_folder, file_name(model.name)
        chosen, kind = QFileDialog.getSaveFileName(
            list_of_models if list_of_models is not None and list_of_models.isVisible() else self._window,
            self.tr("Export “{name}”").format(name=model.name),
            str(Path(where, suggested)) if where else suggested,
            ";;".join(kinds),
        )
        if not chosen:
            return
        form, precision = kinds.get(kind, next(iter(kinds.values())))
        out = Path(chosen) if form == "folder" else with_suffix(Path(chosen), ".gguf")
        self._window.settings = replace(self._window.settings, export_folder=str(out.parent))
        self.export(model, form, precision, out)

    def export(self, model: ShelfModel, form: str, precision: str, out: Path) -> None:
        """Start to write it."""
        self._spec = export_spec(model, form, precision, out)
        job = self._job = JobProcess(self._spec, self)
        job.progressed.connect(self._on_progress)
        job.done.connect(self._on_job_done)
        job.failed.connect(self._on_job_failed)
        job.ended.connect(job.deleteLater)
        job.start()
        self._show(0.0)

    @Slot()
    def cancel(self) -> None:
        """Stop it; nothing is left."""
        if self._job is not None:
            self._end(stop=True)
            self._models.say(self.tr("The export was stopped; nothing was written."))

    def stop(self) -> None:
        """The window closes."""
        if self._job is not None:
            self._job.stop()
            self._job.wait(1000)
            clean_up(self._spec)

    # -- on its way ----------------------------------------------------------------------------------------

    @Slot(dict)
    def _on_progress(self, event: dict[str, Any]) -> None:
        self._show(event["fraction"])

    def _show(self, fraction: float) -> None:
        text = self.tr("Exporting “{name}”… {percent}%").format(
            name=self._spec["name"], percent=round(100 * fraction)
        )
        ours = not self._said or self._models.said == self._said  # else it was closed, or there is news
        if text != self._said and ours:
            self._said = text
            self._models.say(text, self.tr("Cancel"), self.cancel, "warn")  # which stays until it is done

    @Slot(dict)
    def _on_job_done(self, event: dict[str, Any]) -> None:
        path = Path(event["path"])
        self._end()
        text = self.tr("“{name}” was written, {size} MB.").format(
            name=path.name, size=f"{event['n_bytes'] / 1e6:,.1f}"
        )
        show = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(path.parent)))
        self._models.say(" ".join([text, *event["notes"]]), self.tr("Show"), show)

    @Slot(object)
    def _on_job_failed(self, error: StudioError) -> None:
        self._end()
        self._models.say(together(*translated(error)), kind="error")

    def _end(self, *, stop: bool = False) -> None:
        job, spec = self._job, self._spec
        assert job is not None
        self._job, self._said = None, ""
        if stop:
            job.ended.connect(lambda: self._models.shelf.change(lambda _: clean_up(spec)))
            job.stop()


def _look(name: str, shelf: Shelf) -> _Looked:
    """The model of that id, or the one in that folder."""
    model = starter() if name == STARTER else shelf.find(name)
    if model is None:
        found = look_at(Path(name))
        model = replace(found, name=model_name(found.folder))
    if model.why is not None:
        raise StudioError(
            model.why.template,
            QT_TRANSLATE_NOOP("StudioError", "Choose another model."),
            **dict(model.why.values),
        )
    return _Looked(model)
