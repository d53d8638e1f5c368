"""Help → Performance: notes how generations go, asks what the model takes, has it measured."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from studio.core import messages as m
from studio.ui import sentences
from studio.ui.main_window import MainWindow
from studio.ui.performance_dialog import PerformanceDialog
from studio.ui.performance_words import PerformanceWords
from studio.worker import ModelThread
from studio.writing import Writing

N_GENERATIONS = 10


class Performance(QObject):
    """Owns the dialog, which is made when it is first wanted."""

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        writing: Writing,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._thread, self._writing = window, model_thread, writing
        self._next_job = next_job
        self.dialog: PerformanceDialog | None = None
        self._words = PerformanceWords(self)
        self._finished: deque[m.GenerationFinished] = deque(maxlen=N_GENERATIONS)
        self._info = writing.model
        self._usage: m.UsageTold | None = None
        self._figures: tuple[m.Figure, ...] = ()
        self._measuring = 0  # the job under way; 0: none
        self._asking = 0
        self._jobs: deque[int] = deque(maxlen=50)  # those that may still fail, wanted or not
        writing.started.connect(self._on_writing)
        window.actions_by_name["performance"].triggered.connect(self.open)

    @Slot()
    def open(self) -> None:
        """Show the dialog."""
        if self.dialog is None:
            self.dialog = PerformanceDialog(self._window)
            self.dialog.measure_requested.connect(self.measure)
            self.dialog.stop_requested.connect(self.stop)
        if self._measuring == 0:
            self.dialog.show_note("")
        self._ask()
        self._show()
        if self.dialog.isVisible():
            self.dialog.raise_()
        self.dialog.show()
        self.dialog.activateWindow()

    @Slot()
    def measure(self) -> None:
        """Have the model measured, unless it is busy with something else."""
        dialog = self.dialog
        if dialog is None or self._measuring or self._info is None:
            return
        if self._writing.job_id is not None:
            dialog.show_note(self.tr("The model is writing; measure when it has finished."))
            return
        self._measuring = self._new_job()
        dialog.show_note("")
        dialog.show_progress(0.0)
        self._thread.submit(m.MeasurePerformance(self._measuring, quick=True))

    def _new_job(self) -> int:
        job_id = self._next_job()
        self._jobs.append(job_id)
        return job_id

    @Slot()
    def stop(self) -> None:
        """Measure no more; the numbers of before stay."""
        if self._measuring:
            self._thread.cancel(self._measuring)
            self._end(self.tr("Stopped: nothing was measured."))

    def _end(self, note: str) -> None:
        self._measuring = 0
        if self.dialog is not None:
            self.dialog.show_progress(None)
            self.dialog.show_note(note)
            self._ask()

    @Slot()
    def _on_writing(self) -> None:
        """Writing comes first."""
        self.stop()

    # -- answers -------------------------------------------------------------------------------------------

    def on_message(self, message: m.Message) -> None:
        """Whatever the model says."""
        match message:
            case m.ModelLoaded(model=info):
                self._finished.clear()
                self._info, self._usage, self._figures = info, None, ()
                if self._measuring:
                    self._end("")
                self._follow()
            case m.ModelUnloaded():
                self._info, self._usage, self._figures = None, None, ()
                self._follow()
            case m.SwitchedOff(model=info):
                self._info = info
                self._follow()
            case m.GenerationFinished():
                if message.n_tokens and message.reason is not m.FinishReason.FAILED:
                    self._finished.append(message)
                self._follow()
            case m.Progress(job_id=job_id, fraction=fraction):
                if job_id == self._measuring != 0 and self.dialog is not None:
                    self.dialog.show_progress(fraction)
            case m.PerformanceMeasured(job_id=job_id, figures=figures):
                if job_id == self._measuring != 0:
                    self._figures = figures
                    self._end("")
                    self._show()
                    self._show_end()
            case m.UsageTold(job_id=job_id):
                if job_id == self._asking:
                    self._asking, self._usage = 0, message
                    self._show()
            case _:
                pass

    def on_failed(self, message: m.JobFailed) -> bool:
        """A job has failed; whether it was one of these: if it is still wanted, the dialog says so."""
        if message.job_id == self._measuring != 0:
            self._end(sentences.together(*sentences.translated(message)))
        return message.job_id in self._jobs

    # -- the dialog ----------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask what the model takes; it answers when it has finished what it does."""
        if self._info is not None:
            self._asking = self._new_job()
            self._thread.submit(m.TellUsage(self._asking))

    def _follow(self) -> None:
        if self.dialog is not None and self.dialog.isVisible():
            self._ask()
            self._show()

    def _show_end(self) -> None:
        if self.dialog is not None:
            self.dialog.show_end()

    def _show(self) -> None:
        dialog, info = self.dialog, self._info
        if dialog is None:
            return
        words = self._words
        dialog.set_possible(possible=info is not None)
        dialog.show_rows(
            [
                *words.model(info, self._usage),
                *words.writing(tuple(self._finished)),
                *words.memory(self._usage),
                *words.measured(self._figures),
            ]
        )
