"""How exactly the model computes: the choice, what each was measured to cost, and who is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio import paths
from studio.core import messages as m
from studio.core.errors import STOPPED
from studio.core.precisions import AUTO, NAMES, Known, Measured, can_choose, choose
from studio.library_worker import SaveFile
from studio.ui.main_window import MainWindow
from studio.ui.precision.words import PrecisionWords
from studio.ui.sentences import together, translated
from studio.worker import LibraryThread, ModelThread
from studio.writing import Writing

if TYPE_CHECKING:
    from studio.ui.precision.dialog import PrecisionDialog

IDLE_MS = 20_000
"""After the last change of the text or the model: then a model that is not known is measured."""

OWN_CHARS = 20_000
"""Of the user's text; more than the tokens that count can be."""

QUOTE_CHARS = 40


class Precision(QObject):
    """Owns the dialog, what is known, and the measuring."""

    chosen = Signal()  # the model is to be loaded again

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        library: LibraryThread,
        writing: Writing,
        folder: Path,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._thread, self._library = window, model_thread, library
        self._writing, self._next_job = writing, next_job
        self._file = paths.precisions_file(folder)
        self.known = Known.from_file(self._file)
        self._words = PrecisionWords(self)
        self.dialog: PrecisionDialog | None = None
        self._job = 0
        self._is_aside = False  # the job is one that nobody has asked for
        self._own_job = False  # ... one about the user's text
        self._own: Measured = {}
        self._own_quote = ""
        self._failed: set[str] = set()  # weights that could not be measured; not again in this run of the app
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self.measure_aside)
        window.editor.mirror.changed.connect(self._on_changed)
        window.actions_by_name["precision"].triggered.connect(self.open)

    # -- the model -----------------------------------------------------------------------------------------

    def request(self, job_id: int, path: str) -> m.LoadModel:
        """What loads a folder as it is set."""
        settings = self._window.settings
        return m.LoadModel(job_id, path, settings.device, settings.precision, measured=self.known.choices())

    def on_model_loaded(self) -> None:
        """Another model, or the same in another way, or none."""
        self._own, self._own_quote = {}, ""
        self._job = 0
        self._tell()
        self._idle.start()
        if self.dialog is not None:
            self.dialog.show_end()

    def _tell(self) -> None:
        """Say everywhere how good the numbers are, and show in the dialog what is known."""
        info = self._writing.model
        text = self._words.numbers(info, self.known.of(info).get(info.dtype)) if info is not None else ""
        slower = self._words.without_kernels(info) if info is not None else ""
        self._window.status.show_precision("\n".join(filter(None, (text, slower))))
        self._window.probabilities.pane.set_precision(info.dtype if info is not None else "", text)
        self._window.side.xray.show_precision(text)
        if self.dialog is not None:
            known = self.known.of(info) if info is not None else {}
            measured = self._own if self.dialog.own_text else known
            chosen = self._window.settings.precision
            self.dialog.show_figures(info, measured, chosen, choose(known) if info is not None else "")

    # -- the dialog ----------------------------------------------------------------------------------------

    @Slot()
    def open(self) -> None:
        """Show the dialog."""
        if self.dialog is None:
            from studio.ui.precision.dialog import PrecisionDialog

            dialog = self.dialog = PrecisionDialog(self._window)
            dialog.measure_requested.connect(self.measure)
            dialog.stop_requested.connect(self.stop)
            dialog.text_chosen.connect(self._on_text_chosen)
            dialog.use_requested.connect(self.use)
        self._tell()
        if self.dialog.isVisible():
            self.dialog.raise_()
        self.dialog.show()
        self.dialog.activateWindow()

    @Slot()
    def _on_text_chosen(self) -> None:
        assert self.dialog is not None
        quote = self.tr("Measured on “{text}”.").format(text=self._own_quote) if self._own_quote else ""
        self.dialog.show_note(quote if self.dialog.own_text else "")
        self._tell()

    @Slot(str)
    def use(self, precision: str) -> None:
        """Load the model in a precision; from now on every model."""
        self.stop()
        self._window.settings = replace(self._window.settings, precision=precision)
        self._window.choice_made.emit("precision", precision)
        self.chosen.emit()

    # -- measuring -----------------------------------------------------------------------------------------

    @Slot()
    def measure(self) -> None:
        """Measure all precisions on the text that is chosen."""
        dialog = self.dialog
        if dialog is None:
            return
        if self._writing.job_id is not None:
            dialog.show_note(self.tr("The model is writing. Measure when it has finished."))
            return
        self.stop()
        text, offsets = self._check_text(), tuple[int, ...]()
        if dialog.own_text:
            text, offsets = self._own_text()
            self._own = {}
            words = " ".join(text.split())
            self._own_quote = words[:QUOTE_CHARS] + ("…" if len(words) > QUOTE_CHARS else "")
        dialog.show_note("")
        dialog.show_progress(0.0)
        self._ask(text, offsets, NAMES, aside=False, own=dialog.own_text)
        self._tell()

    @Slot()
    def measure_aside(self) -> None:
        """Measure what is not known, if "auto" wants to know it; anything else that is asked ends it."""
        info = self._writing.model
        if (
            info is None
            or self._job
            or self._writing.job_id is not None
            or self._window.settings.precision != AUTO
            or info.sha256 in self._failed
            or not can_choose(info)
        ):
            return
        missing = tuple(name for name in NAMES if name not in self.known.of(info))
        if missing:
            self._ask(self._check_text(), (), missing, aside=True, own=False)

    def _ask(
        self, text: str, offsets: tuple[int, ...], precisions: tuple[str, ...], *, aside: bool, own: bool
    ) -> None:
        self._job, self._is_aside, self._own_job = self._next_job(), aside, own
        self._thread.submit(m.MeasurePrecisions(self._job, text, offsets, precisions, aside))

    def _check_text(self) -> str:
        return paths.resource("check", "text.txt").read_text("utf-8")

    def _own_text(self) -> tuple[str, tuple[int, ...]]:
        manuscript = self._window.editor.manuscript
        start, end = self._window.editor.selection()
        if start == end:
            start, end = 0, len(manuscript.text)
        end = min(end, start + OWN_CHARS)
        return manuscript.text[start:end], manuscript.special_offsets(start, end)

    @Slot()
    def _on_changed(self) -> None:
        self._idle.start()

    @Slot()
    def stop(self) -> None:
        """The answer is not wanted any more; what is known stays."""
        if self._job:
            self._thread.cancel(self._job)
            self._job = 0
            if self.dialog is not None and not self._is_aside:
                self.dialog.show_end(self.tr("Stopped: what was measured stays."))

    # -- answers -------------------------------------------------------------------------------------------

    def on_message(self, message: m.Progress | m.PrecisionMeasured | m.PrecisionsMeasured) -> None:
        """How it goes."""
        info = self._writing.model
        if message.job_id != self._job or not self._job or info is None:
            return
        match message:
            case m.Progress(fraction=fraction):
                if self.dialog is not None and not self._is_aside:
                    self.dialog.show_progress(fraction)
            case m.PrecisionMeasured(figures=figures):
                if self._own_job:
                    self._own[figures.precision] = figures
                else:
                    self.known.add(info, figures)
                    self._library.submit(SaveFile(self._file, self.known.to_json()))
                self._tell()
            case m.PrecisionsMeasured():
                self._job = 0
                if self.dialog is not None and not self._is_aside:
                    self.dialog.show_end()
                    if self._own_job:
                        self._on_text_chosen()

    def on_failed(self, message: m.JobFailed) -> bool:
        """A job has failed; whether it was one of these. What was not asked for is tried again when idle."""
        if not self._job or message.job_id != self._job:
            return False
        self._job = 0
        if self._is_aside:
            info = self._writing.model
            if info is not None and message.templates != STOPPED:
                self._failed.add(info.sha256)
            self._idle.start()
        elif self.dialog is not None:
            self.dialog.show_end(together(*translated(message)))
        return True
