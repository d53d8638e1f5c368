"""The two threads behind the window: `ModelThread` owns the model process, `LibraryThread` the library.

Importing torch in a thread of the window's own process stalled it for 230-540 ms (DECISIONS 1), so the engine
runs in a child process and this QThread only moves messages. The rest of the window sees `submit`, `cancel`
and one signal, and does not know.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QThread, Signal, Slot

from studio.core import messages as m
from studio.core import wire
from studio.core.errors import QT_TRANSLATE_NOOP
from studio.library_worker import LibraryWork, LibraryWorker
from studio.store import records as r

MODEL_PROCESS_FLAG = "--model-process"
STOP_TIMEOUT_MS = 3000
START_TIMEOUT_S = 2.0


def model_process_command() -> tuple[str, list[str]]:
    """Program and arguments that start the model process: this program again, dispatched by a flag."""
    if getattr(sys, "frozen", False):
        return sys.executable, [MODEL_PROCESS_FLAG]
    return sys.executable, [
        "-P",
        "-m",
        "studio",
        MODEL_PROCESS_FLAG,
    ]  # -P: not what lies in the current folder


class _ModelProcess(QObject):
    """Lives in the thread: writes requests to the process, turns what it says into messages."""

    message = Signal(object)  # m.Message
    start_needed = Signal()  # a request waits and there is no process

    def __init__(self) -> None:
        super().__init__()
        self.started = threading.Event()  # set when `start` is through
        self._waiting: list[m.Request] = []
        self._process: QProcess | None = None
        self._frames = wire.FrameBuffer()
        self._active: dict[int, m.Request] = {}
        self._model: m.LoadModel | None = None  # what to load again after a crash
        self._stopping = False

    @Slot(object)
    def submit(self, request: m.Request) -> None:
        if self._stopping:
            return
        if self._process is None:
            self._waiting.append(request)
            self.start_needed.emit()
            return
        if not isinstance(request, m.Cancel):
            self._active[request.job_id] = request
        self._process.write(wire.encode(request))

    @Slot()
    def start(self) -> None:
        """Start the process and hand it what waits. The window's thread stands still meanwhile."""
        if self._process is None and not self._stopping:
            self._start()
        self.started.set()
        waiting, self._waiting = self._waiting, []
        for request in waiting:
            self.submit(request)

    def _start(self) -> None:
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        package_parent = str(Path(__file__).resolve().parent.parent)
        search_path = [package_parent, environment.value("PYTHONPATH")]
        environment.insert("PYTHONPATH", os.pathsep.join(part for part in search_path if part))
        process.setProcessEnvironment(environment)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        process.readyReadStandardOutput.connect(self._on_output)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._frames = wire.FrameBuffer()
        self._process = process
        process.start(*model_process_command())

    @Slot()
    def _on_output(self) -> None:
        if self._process is None:
            return
        data = bytes(self._process.readAllStandardOutput().data())
        try:
            messages = [wire.decode(payload) for payload in self._frames.feed(data)]
        except (ValueError, KeyError, TypeError):
            self._process.kill()  # it no longer speaks our language; `_on_finished` tells the window
            return
        for message in messages:
            self._note(message)
            self.message.emit(message)

    def _note(self, message: m.Message | m.Request) -> None:
        match message:
            case m.ModelLoaded(job_id=job_id):
                request = self._active.pop(job_id, None)
                if isinstance(request, m.LoadModel):
                    self._model = request
            case m.ModelUnloaded(makes_room=makes_room):
                self._model = None
                if not makes_room:
                    self._active.pop(message.job_id, None)
            case (
                m.GenerationFinished()
                | m.ContextMeasured()
                | m.TextScored()
                | m.ReadingFinished()
                | m.PlaceInspected()
                | m.TreeFinished()
                | m.PathTold()
                | m.SettingsFound()
                | m.InsideSeen()
                | m.AttentionMapped()
                | m.WordsWeighed()
                | m.SwitchedOff()
                | m.ReshapingFinished()
                | m.Redrawn()
                | m.ComparisonFinished()
                | m.LookedUp()
                | m.BridgesFound()
                | m.PerformanceMeasured()
                | m.UsageTold()
                | m.PrecisionsMeasured()
                | m.DrafterChosen()
                | m.JobFailed()
            ):
                self._active.pop(message.job_id, None)
            case _:
                pass

    @Slot()
    def _on_finished(self) -> None:
        self._on_output()  # what it said before it died
        self._fail(QT_TRANSLATE_NOOP("StudioError", "The model process stopped unexpectedly."))

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._model = None  # it would fail again, for ever
            self._fail(QT_TRANSLATE_NOOP("StudioError", "The model process could not be started."))

    def _fail(self, what_happened: str) -> None:
        process, self._process = self._process, None
        if process is None or self._stopping:
            return
        process.deleteLater()
        lost, self._active = self._active, {}
        to_do = QT_TRANSLATE_NOOP(
            "StudioError", "Your text is safe. Try again; if it happens again, choose a smaller model."
        )
        sentences = (what_happened, to_do)
        for job_id, request in lost.items():
            if isinstance(
                request,
                m.Generate
                | m.GenerateAlternatives
                | m.LoadModel
                | m.UnloadModel
                | m.ScoreText
                | m.CompareText
                | m.GrowTree
                | m.TellPath
                | m.TuneSettings
                | m.LookUp
                | m.FindBridges
                | m.MeasurePerformance
                | m.MeasurePrecisions
                | m.ChooseDrafter,
            ):
                self.message.emit(m.JobFailed(job_id, *sentences, templates=sentences))
            if isinstance(request, m.Generate | m.GenerateAlternatives):
                finished = m.GenerationFinished(job_id, m.FinishReason.FAILED, 0, 0.0, 0.0)
                self.message.emit(finished)
        if self._model is not None and self._model not in lost.values():
            self.submit(self._model)

    @Slot()
    def stop(self) -> None:
        self._stopping = True
        if self._process is not None:
            self._process.closeWriteChannel()  # end of stdin: the process leaves at once
            if not self._process.waitForFinished(STOP_TIMEOUT_MS):
                self._process.kill()
                self._process.waitForFinished(STOP_TIMEOUT_MS)
            self._process = None
        self.thread().quit()


class ModelThread(QObject):
    """The model, as the window sees it. `submit` and `cancel` return at once; answers arrive by `message`."""

    message = Signal(object)  # m.Message
    _submitted = Signal(object)
    _start_requested = Signal()
    _stop_requested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopped = False
        self._thread = QThread(self)
        self._thread.setObjectName("model")
        self._process = _ModelProcess()
        self._process.moveToThread(self._thread)
        self._submitted.connect(self._process.submit)
        self._start_requested.connect(self._process.start)
        self._stop_requested.connect(self._process.stop)
        self._process.start_needed.connect(self._on_start_needed)
        self._process.message.connect(self.message)
        self._thread.finished.connect(self._process.deleteLater)
        self._thread.start()

    def submit(self, request: m.Request) -> None:
        """Queue a request."""
        self._submitted.emit(request)

    @Slot()
    def _on_start_needed(self) -> None:
        """Have the process started, and do nothing until it is: 5-20 ms, once.

        WORKAROUND(PySide 6.11: starting a process connects inside Qt while this thread's Python holds the
        interpreter; a window that destroys an object at that moment holds Qt's lock and waits for the
        interpreter, and both wait for ever, about once in a thousand starts; tests/faults/lock_order.py).
        """
        if self._stopped:
            return
        self._process.started.clear()
        self._start_requested.emit()
        self._process.started.wait(START_TIMEOUT_S)

    def cancel(self, job_id: int) -> None:
        """Stop a job, running or queued. The thread itself never blocks, so this arrives at once."""
        self._submitted.emit(m.Cancel(job_id))

    def stop(self) -> bool:
        """End the model process and the thread; True if both ended in time."""
        self._stopped = True
        self._stop_requested.emit()
        return self._thread.wait(3 * STOP_TIMEOUT_MS)


class LibraryThread(QObject):
    """The library, as the window sees it."""

    message = Signal(object)  # r.LibraryMessage
    _submitted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = QThread(self)
        self._thread.setObjectName("library")
        self._worker = LibraryWorker()
        self._worker.moveToThread(self._thread)
        self._submitted.connect(self._worker.run)
        self._worker.message.connect(self.message)
        self._thread.started.connect(self._worker.start)
        self._thread.finished.connect(self._worker.deleteLater)
        self._thread.start()

    def submit(self, request: LibraryWork) -> None:
        """Queue a request."""
        self._submitted.emit(request)

    def stop(self, timeout_ms: int = 10_000) -> bool:
        """Write what is queued, close the library, end the thread; True if that was done in time."""
        self._submitted.emit(r.CloseLibrary())
        return self._thread.wait(timeout_ms)
