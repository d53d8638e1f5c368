"""A job of `studio/models/jobs.py` for the window: signals instead of an iterator; the window never waits."""

from __future__ import annotations

import json

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal, Slot

from studio.core.errors import StudioError
from studio.models import job_runner, jobs


class JobProcess(QObject):
    """One run of a job. Exactly one of `done` and `failed` is emitted, unless `stop` comes first."""

    progressed = Signal(dict)  # the event's fields
    done = Signal(dict)
    failed = Signal(object)  # StudioError
    ended = Signal()  # the child is gone, whether it was done, failed or stopped

    def __init__(self, spec: jobs.Spec, parent: QObject, wall_s: float | None = None) -> None:
        super().__init__(parent)
        self._spec = dict(spec)
        self._ended = False
        self._rest = b""
        self._process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in jobs.child_environment().items():
            environment.insert(name, value)
        self._process.setProcessEnvironment(environment)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        self._process.readyReadStandardOutput.connect(self._on_output)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._process.kill)
        self._wall_s = wall_s

    @property
    def running(self) -> bool:
        """Whether the child lives."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self) -> None:
        """Start the child. Called once."""
        program, *arguments = job_runner.job_command()
        self._process.start(program, arguments)
        self._process.write(json.dumps(self._spec).encode() + b"\n")
        if self._wall_s is not None:
            self._patience.start(round(1000 * self._wall_s))

    def tell(self, word: str) -> None:
        """Tell the job something, such as "pause"."""
        self._process.write(json.dumps({"control": word}).encode() + b"\n")

    def stop(self) -> None:
        """End the child at once; no signal follows. What it had staged is swept up later."""
        self._ended = True
        self._process.kill()

    def wait(self, timeout_ms: int) -> None:
        """Wait for the end of a stopped child, when the window closes."""
        self._process.waitForFinished(timeout_ms)

    @Slot()
    def _on_output(self) -> None:
        *lines, self._rest = (self._rest + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            if self._ended:
                return
            try:
                event = job_runner.parse(line)
            except StudioError as error:
                self._fail(error)
                return
            if event["event"] == "done":
                self._end()
                self.done.emit(event)
                return
            self.progressed.emit(event)
        if len(self._rest) > jobs.MAX_LINE_BYTES:
            self._fail(job_runner.broke_off())

    @Slot()
    def _on_finished(self) -> None:
        self._on_output()
        if not self._ended:
            self._fail(job_runner.broke_off())
        self.ended.emit()

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and not self._ended:
            self._fail(job_runner.broke_off())
            self.ended.emit()  # there will be no `finished`

    def _fail(self, error: StudioError) -> None:
        self._end()
        self.failed.emit(error)

    def _end(self) -> None:
        self._ended = True
        self._patience.stop()
        self._process.closeWriteChannel()
