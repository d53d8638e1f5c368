"""Model → Optimise model…: a job makes a smaller one, its price is shown, then it is kept or not."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from studio import paths
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model_files import Weights, find_weights
from studio.job_process import JobProcess
from studio.loading import Loading
from studio.model_library import ModelLibrary
from studio.models import job_runner, reports, smaller
from studio.models.built_in import STARTER
from studio.models.recipes import Recipe, check, read_config
from studio.models.records import ShelfModel
from studio.models.reports import Report
from studio.models.shelf import Shelf
from studio.shelf_thread import Contents, ShelfThread
from studio.ui.main_window import MainWindow
from studio.ui.sentences import together, translated

if TYPE_CHECKING:
    from studio.ui.models.optimise_dialog import OptimiseDialog


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a model can be made smaller by."""

    model: ShelfModel
    config: dict[str, Any]
    weights: Weights
    made: Report | None


@dataclass(frozen=True, slots=True)
class _Staged:
    """A place to make it in, and the texts. Closing `stack` deletes both."""

    model: ShelfModel
    recipe: Recipe
    folder: Path
    texts: tuple[Path, ...]
    stack: ExitStack


@dataclass(frozen=True, slots=True)
class _Kept:
    """It is on the shelf."""

    model: ShelfModel
    write: bool


@dataclass(frozen=True, slots=True)
class _Refused:
    """It cannot be done."""

    error: StudioError


class Optimising(QObject):
    """Owns the dialog and the one model that is being made. The disk is touched in the shelf's thread."""

    model_added = Signal(str)  # its id

    def __init__(self, window: MainWindow, models: ModelLibrary, loading: Loading, parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._models, self._loading = window, models, loading
        self.dialog: OptimiseDialog | None = None
        self._model: ShelfModel | None = None  # the one chosen
        self._wanted = ""  # its id, before it is known
        self._is_busy = False  # from being asked for until it is kept or dropped
        self._stopping = False  # stopped while its place was still being made
        self._job: JobProcess | None = None
        self._staged: _Staged | None = None
        self._report: Report | None = None
        self._shelf: ShelfThread | None = None
        self._contents: Contents | None = None
        window.actions_by_name["optimise_model"].triggered.connect(self.open)
        models.optimise_requested.connect(self.open_for)
        self.model_added.connect(models.on_model_added)

    # -- the dialog ----------------------------------------------------------------------------------------

    @Slot()
    def open(self) -> None:
        """Show the dialog, for the model that writes."""
        self.open_for(self._loading.wanted or self._loading.name or STARTER)

    @Slot(str)
    def open_for(self, model_id: str) -> None:
        """Show the dialog for a model of the shelf; while another is being made, show that."""
        if self.dialog is None:
            from studio.ui.models.optimise_dialog import OptimiseDialog

            dialog = self.dialog = OptimiseDialog(self._window)
            dialog.model_chosen.connect(self._on_model_chosen)
            dialog.make_requested.connect(self.make)
            dialog.stop_requested.connect(self.cancel)
            dialog.keep_requested.connect(self.keep)
            dialog.discard_requested.connect(self.discard)
        if self._shelf is not self._models.shelf:  # the first one, or one of another library
            self._shelf = self._models.shelf
            self._shelf.done.connect(self._on_done)
            self._shelf.listed.connect(self._on_listed)
        if not self._is_busy:
            self._wanted = model_id
            self._models.shelf.look()
        if self.dialog.isVisible():
            self.dialog.raise_()
        self.dialog.show()
        self.dialog.activateWindow()

    @Slot(object)
    def _on_listed(self, contents: Contents) -> None:
        self._contents = contents
        if self.dialog is None or not self._wanted or self._is_busy:
            return
        wanted, self._wanted = self._wanted, ""
        self.dialog.set_models(contents.models, wanted)
        self._on_model_chosen(self.dialog.model_id)

    @Slot(str)
    def _on_model_chosen(self, model_id: str) -> None:
        model = self._contents.find(model_id) if self._contents is not None else None
        if model is None:
            return
        self._model = model

        def look(_shelf: Shelf) -> object:
            try:
                made = reports.read(model.folder)
                return _Looked(model, read_config(model.folder), find_weights(model.folder), made)
            except StudioError as error:
                return _Refused(error)

        self._models.shelf.change(look)

    # -- making --------------------------------------------------------------------------------------------

    @Slot()
    def make(self) -> None:
        """Make what is chosen."""
        dialog, model = self.dialog, self._model
        if dialog is None or model is None or self._is_busy:
            return
        recipe, kind = dialog.recipe, dialog.text
        own = self._own_text() if kind == "own" else None
        if own is not None and not own.strip():
            dialog.show_choice(
                self.tr("There is no text yet to judge by: write some, or choose another text.")
            )
            return
        path = Path(dialog.file) if kind == "file" else paths.resource("check", "text.txt")

        def stage(shelf: Shelf) -> object:
            stack = ExitStack()
            try:
                check(recipe, read_config(model.folder))
                folder = stack.enter_context(shelf.staged())
                text = path
                if own is not None:
                    work = stack.enter_context(tempfile.TemporaryDirectory(prefix="gpt2-studio-"))
                    text = Path(work, "text.txt")
                    text.write_text(own, encoding="utf-8")
                return _Staged(model, recipe, folder, (text,), stack)
            except StudioError as error:
                stack.close()
                return _Refused(error)
            except OSError as error:
                stack.close()
                return _Refused(_cannot_write(error))

        self._is_busy, self._stopping = True, False
        dialog.show_progress(0.0, "")
        self._models.shelf.change(stage)

    def _own_text(self) -> str:
        manuscript = self._window.editor.manuscript
        start, end = self._window.editor.selection()
        return manuscript.text[start:end] if end > start else manuscript.text

    def _start(self, staged: _Staged) -> None:
        self._staged = staged
        if self._stopping:
            self._drop()
            return
        self._job = job = JobProcess(
            smaller.spec(staged.model, staged.recipe, staged.folder, staged.texts), self
        )
        job.progressed.connect(self._on_progress)
        job.done.connect(self._on_job_done)
        job.failed.connect(self._on_job_failed)
        job.ended.connect(job.deleteLater)
        job.start()

    @Slot(dict)
    def _on_progress(self, event: dict[str, Any]) -> None:
        fraction = event.get("fraction")
        if self.dialog is not None and isinstance(fraction, int | float) and 0 <= fraction <= 1:
            self.dialog.show_progress(fraction, self.dialog.words.doing(str(event.get("doing"))))

    @Slot(dict)
    def _on_job_done(self, event: dict[str, Any]) -> None:
        self._job = None
        report = smaller.report_of(event)
        if report is None:
            self._on_job_failed(job_runner.broke_off())
            return
        assert self.dialog is not None
        assert self._staged is not None
        self._report = report
        self.dialog.show_made(report, smaller.suggested_name(self._staged.model, report))
        if not self.dialog.isVisible():
            self._window.notice.show_notice(
                self.tr("The smaller model is made; it is not kept yet."),
                "warn",
                self.tr("Look at it"),
                self.open,
            )

    @Slot(object)
    def _on_job_failed(self, error: StudioError) -> None:
        self._job = None
        self._drop()
        self._say(together(*translated(error)))

    @Slot()
    def cancel(self) -> None:
        """Stop; nothing is kept."""
        if not self._is_busy or self._report is not None:
            return
        self._stopping = True
        if self._staged is not None:
            self._drop()
        if self.dialog is not None:
            self.dialog.show_choice(self.tr("Stopped; nothing has changed."))

    # -- and keeping ---------------------------------------------------------------------------------------

    @Slot(str, bool)
    def keep(self, name: str, write: bool) -> None:
        """Put the new model on the shelf; `write`: and load it."""
        staged, report = self._staged, self._report
        if staged is None or report is None:
            return
        if self.dialog is not None:
            self.dialog.show_keeping()

        def adopt(shelf: Shelf) -> object:
            try:
                return _Kept(smaller.adopt(shelf, staged.folder, staged.model, report, name), write)
            except StudioError as error:
                return _Refused(error)
            finally:
                staged.stack.close()

        self._staged = self._report = None
        self._models.shelf.change(adopt)

    @Slot()
    def discard(self) -> None:
        """Delete the new model."""
        self._drop()
        if self.dialog is not None:
            self.dialog.show_choice(self.tr("Discarded; the old model is untouched."))

    def stop(self) -> None:
        """The window closes: what was not kept goes."""
        job, staged = self._job, self._staged
        self._job = self._staged = None
        if job is not None:
            job.stop()
            job.wait(1000)
        if staged is not None:
            staged.stack.close()

    def _drop(self) -> None:
        """End the job if it runs, and have what it made deleted once it is gone."""
        job, staged = self._job, self._staged
        self._job = self._staged = self._report = None
        self._is_busy = False
        if staged is None:
            return

        def delete() -> None:
            self._models.shelf.change(lambda _: staged.stack.close())

        if job is None:
            delete()
        else:
            job.ended.connect(delete)
            job.stop()

    # -- answers of the shelf's thread ---------------------------------------------------------------------

    @Slot(object, object)
    def _on_done(self, _change: object, result: object) -> None:
        dialog = self.dialog
        if dialog is None:
            return
        match result:
            case _Looked(model=model) if model == self._model and not self._is_busy:
                dialog.show_choice()
                dialog.set_model(result.config, result.weights, result.made)
            case _Staged():
                self._start(result)
            case _Kept(model=model, write=write):
                self._is_busy = False
                self.model_added.emit(model.id)
                if write:
                    self._loading.choose(model.id)
                dialog.show_choice(self.tr("“{name}” is on the shelf.").format(name=model.name))
                if write:
                    dialog.close()
            case _Refused(error=error):
                self._is_busy = False
                self._say(together(*translated(error)))

    def _say(self, text: str) -> None:
        """In the dialog, or in the window if that is closed."""
        assert self.dialog is not None
        self.dialog.show_choice(text)
        if not self.dialog.isVisible():
            self._window.notice.show_notice(text, "error")


def _cannot_write(error: OSError) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The text could not be put aside for measuring ({reason})."),
        QT_TRANSLATE_NOOP("StudioError", "Check the disk's free space."),
        reason=error.strerror or type(error).__name__,
    )
