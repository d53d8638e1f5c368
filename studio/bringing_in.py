"""Bringing models that lie on this computer: chosen or dropped, and copied by a job."""

from __future__ import annotations

from collections import deque
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog

from studio.core.errors import Sentence, StudioError
from studio.job_process import JobProcess
from studio.model_library import ModelLibrary
from studio.models import bringing
from studio.models.bringing import Found
from studio.models.records import ShelfModel
from studio.models.shelf import Shelf
from studio.transfer import Transfer
from studio.ui.main_window import MainWindow
from studio.ui.sentences import said, together, translated

_SUFFIXES = "*.safetensors *.gguf config.json *.bin *.pt *.pth *.ckpt"
_Staging = AbstractContextManager[Path]


@dataclass(frozen=True, slots=True)
class _Recognised:
    """What lies where something was chosen."""

    found: Found


@dataclass(frozen=True, slots=True)
class _Staged:
    """There is room for it, and an empty folder."""

    found: Found
    folder: Path
    staging: _Staging


@dataclass(frozen=True, slots=True)
class _Adopted:
    """It is on the shelf."""

    model: ShelfModel


@dataclass(frozen=True, slots=True)
class _Refused:
    """It cannot be brought."""

    error: StudioError


class BringingIn(QObject):
    """One model after the other. The disk is looked at in the shelf's thread, the file is read by a job."""

    model_added = Signal(str)  # its id

    def __init__(self, window: MainWindow, models: ModelLibrary, transfer: Transfer, parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._models = window, models
        self._waiting: deque[str] = deque()
        self._is_busy = False
        self._job: JobProcess | None = None
        self._staged: _Staged | None = None
        self._progress = ""  # the notice that is ours
        self._connected = False
        window.actions_by_name["import_model"].triggered.connect(self._on_file)
        window.actions_by_name["import_model_folder"].triggered.connect(self._on_folder)
        transfer.drop.models_dropped.connect(self._on_dropped)
        self.model_added.connect(models.on_model_added)

    # -- asked for -----------------------------------------------------------------------------------------

    @Slot()
    def _on_file(self) -> None:
        filters = (
            self.tr("Models ({patterns})").format(patterns=_SUFFIXES),
            self.tr("All files ({patterns})").format(patterns="*"),
        )
        name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Import a model"), "", ";;".join(filters))
        if name:
            self.bring(name)

    @Slot()
    def _on_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Import a model's folder"))
        if folder:
            self.bring(folder)

    @Slot(tuple)
    def _on_dropped(self, paths: tuple[str, ...]) -> None:
        for path in paths:
            self.bring(path)

    def bring(self, path: str) -> None:
        """Put the model at `path` on the shelf, after those that are on their way."""
        self._waiting.append(path)
        self._next()

    @Slot()
    def cancel(self) -> None:
        """Stop what is being brought."""
        if self._job is None or self._staged is None:
            return
        name = self._staged.found.name
        self._drop_job()
        self._say(self.tr("Importing “{name}” was stopped; nothing has changed.").format(name=name), "info")
        self._end()

    def stop(self) -> None:
        """The window closes. What was half copied is swept up at the next start."""
        self._waiting.clear()
        if self._job is not None:
            self._job.stop()
            self._job.wait(1000)

    # -- one after the other -------------------------------------------------------------------------------

    def _next(self) -> None:
        if self._is_busy or not self._waiting:
            return
        self._is_busy = True
        path = Path(self._waiting.popleft())
        if not self._connected:
            self._connected = True
            self._models.shelf.done.connect(self._on_done)

        def look(_shelf: Shelf) -> object:
            try:
                return _Recognised(bringing.recognise(path))
            except StudioError as error:
                return _Refused(error)

        self._models.shelf.change(look)

    @Slot(object, object)
    def _on_done(self, _change: object, result: object) -> None:
        match result:
            case _Recognised(found=found) if found.needs_consent:
                self._ask(found)
            case _Recognised(found=found):
                self._stage(found)
            case _Staged():
                self._start(result)
            case _Adopted(model=model):
                self._progress = ""
                self.model_added.emit(model.id)
                self._end()
            case _Refused(error=error):
                self._fail(error)

    def _ask(self, found: Found) -> None:
        """A pickle: the warning stays until it is answered, and the next one waits for nobody."""
        template, values = found.warning
        self._window.notice.show_notice(
            said(Sentence(template, tuple(values.items()))),
            "warn",
            self.tr("Import it"),
            lambda: self._on_accepted(found),
        )
        self._end()

    def _on_accepted(self, found: Found) -> None:
        if self._is_busy:
            self._window.notice.show_notice(
                self.tr("Another model is being imported; try again then."), "warn"
            )
            return
        self._is_busy = True
        self._stage(found)

    def _stage(self, found: Found) -> None:
        def stage(shelf: Shelf) -> object:
            try:
                bringing.check_room(found, shelf.folder)
                staging = shelf.staged()
                return _Staged(found, staging.__enter__(), staging)
            except StudioError as error:
                return _Refused(error)

        self._show_progress(found, 0)
        self._models.shelf.change(stage)

    def _start(self, staged: _Staged) -> None:
        self._staged = staged
        self._job = JobProcess(
            bringing.spec(staged.found, staged.folder), self, bringing.wall_s(staged.found)
        )
        self._job.progressed.connect(self._on_progress)
        self._job.done.connect(self._on_job_done)
        self._job.failed.connect(self._on_job_failed)
        self._job.ended.connect(self._job.deleteLater)
        self._job.start()

    @Slot(dict)
    def _on_progress(self, event: dict[str, Any]) -> None:
        fraction = event.get("fraction")
        if self._staged is not None and isinstance(fraction, int | float) and 0 <= fraction <= 1:
            self._show_progress(self._staged.found, fraction)

    def _show_progress(self, found: Found, fraction: float) -> None:
        text = self.tr("Importing “{name}”… {percent}%").format(
            name=found.name, percent=round(100 * fraction)
        )
        notice = self._window.notice
        if text == self._progress or (self._progress and notice.text() != self._progress):
            return  # something else is said there now, or it was closed
        self._progress = text
        notice.show_notice(text, "warn", self.tr("Cancel"), self.cancel)

    @Slot(dict)
    def _on_job_done(self, event: dict[str, Any]) -> None:
        staged = self._staged
        assert staged is not None

        def adopt(shelf: Shelf) -> object:
            try:
                return _Adopted(bringing.adopt(shelf, staged.folder, staged.found, event))
            except StudioError as error:
                return _Refused(error)
            finally:
                staged.staging.__exit__(None, None, None)

        self._job = self._staged = None
        self._models.shelf.change(adopt)

    @Slot(object)
    def _on_job_failed(self, error: StudioError) -> None:
        self._drop_job()
        self._fail(error)

    def _fail(self, error: StudioError) -> None:
        self._say(together(*translated(error)), "error")
        self._end()

    def _say(self, text: str, kind: str) -> None:
        self._progress = ""
        self._window.notice.show_notice(text, kind)

    def _drop_job(self) -> None:
        """End the job, and have what it made deleted."""
        staged, job = self._staged, self._job
        assert staged is not None
        assert job is not None
        job.ended.connect(
            lambda: self._models.shelf.change(lambda _: staged.staging.__exit__(None, None, None))
        )
        self._job = self._staged = None
        job.stop()

    def _end(self) -> None:
        self._is_busy = False
        self._next()
