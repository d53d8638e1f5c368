"""The real app under a script's hand: the window of `studio.app.create`, its model process, its library."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QSpinBox, QWidget

from studio import app as studio_app
from studio.controller import Controller
from studio.core import messages as m
from studio.core.errors import STOPPED
from studio.store import records as r
from studio.worker import LibraryThread, ModelThread

CONTROL = Qt.KeyboardModifier.ControlModifier
PLAIN = Qt.KeyboardModifier.NoModifier
POLL_MS = 5


class PaintWatch(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.n = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at it, let it pass."""
        if event.type() == QEvent.Type.Paint:
            self.n += 1
        return False


class RealWindow:
    """Made in the main thread; `wait_for` turns the app's event loop."""

    def __init__(self, library: Path) -> None:
        self.app, self.window = studio_app.create(["gpt2-studio", "--library", str(library)])
        self.editor = self.window.editor
        self.painted = PaintWatch(self.editor.viewport())
        self.loaded: m.ModelLoaded | None = None
        self.finished: m.GenerationFinished | None = None
        self.finished_at = self.first_tokens_at = 0.0  # time.perf_counter()
        self.n_shown = 0  # tokens of the generation under way
        self.saved: r.Saved | None = None
        self.failures: list[m.JobFailed | r.RequestFailed | r.LibraryFailed] = []
        controller = self.window.findChild(Controller)
        model, library_thread = self.window.findChild(ModelThread), self.window.findChild(LibraryThread)
        assert isinstance(controller, Controller)
        assert isinstance(model, ModelThread)
        assert isinstance(library_thread, LibraryThread)
        self.controller, self.model, self.library = controller, model, library_thread
        # After the controller's own connections: the window has done its part when these are called.
        model.message.connect(self._on_message)
        library_thread.message.connect(self._on_library_message)

    def _on_message(self, message: m.Message) -> None:
        match message:
            case m.ModelLoaded():
                self.loaded = message
            case m.TokensGenerated(tokens=tokens):
                if not self.n_shown:
                    self.first_tokens_at = time.perf_counter()
                self.n_shown += len(tokens)
            case m.GenerationFinished():
                self.finished, self.finished_at = message, time.perf_counter()
            case m.JobFailed() if message.templates != STOPPED:  # cancelled for something newer is no failure
                self.failures.append(message)
            case _:
                pass

    def _on_library_message(self, message: r.LibraryMessage) -> None:
        if isinstance(message, r.Saved):
            self.saved = message
        elif isinstance(message, r.RequestFailed | r.LibraryFailed):
            self.failures.append(message)

    def show(self) -> None:
        """Show the window and make it the active one."""
        self.window.show()
        self.window.activateWindow()

    def wait_for(self, condition: Callable[[], object], what: str, timeout_s: float = 60) -> None:
        """Run the event loop until the condition holds; TimeoutError names `what`."""
        loop = QEventLoop()
        until = time.perf_counter() + timeout_s

        def look() -> None:
            if condition() or time.perf_counter() > until:
                loop.quit()

        timer = QTimer()
        timer.timeout.connect(look)
        timer.start(POLL_MS)
        loop.exec()
        timer.stop()
        if not condition():
            raise TimeoutError(f"{what}: not within {timeout_s} s")

    def wait(self, seconds: float) -> None:
        """Run the event loop for some time."""
        until = time.perf_counter() + seconds
        self.wait_for(lambda: time.perf_counter() >= until, "the clock", seconds + 5)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN) -> None:
        """Press and release one key where the focus is."""
        QTest.keyClick(self.app.focusWidget() or self.editor, key, modifier)

    def type(self, text: str, pause_s: float = 0.03) -> None:
        """Type, with the loop running between the keys."""
        for character in text:
            QTest.keyClicks(self.app.focusWidget() or self.editor, character)
            self.wait(pause_s)

    def wait_for_saved(self) -> None:
        """Wait until what the window shows is committed."""
        self.wait_for(lambda: not self.editor.mirror.is_busy and self._is_saved(), "Saved", 60)

    def _is_saved(self) -> bool:
        shown = self.controller.sessions.snapshot()
        return self.saved is not None and (
            shown is None or (shown.id, shown.revision) == (self.saved.session_id, self.saved.revision)
        )

    def set_length(self, n_tokens: int) -> None:
        """Write so many tokens, also past an end of text."""
        length = self.window.findChild(QSpinBox, "param_max_new_tokens")
        assert isinstance(length, QSpinBox)
        length.setValue(n_tokens)
        stop = self.window.findChild(QCheckBox, "param_stop_at_end_of_text")
        assert isinstance(stop, QCheckBox)
        stop.setChecked(False)

    def new_session(self) -> None:
        """Ctrl+N."""
        self.key(Qt.Key.Key_N, CONTROL)
        self.wait_for(lambda: not self.editor.toPlainText() and not self.editor.isReadOnly(), "a new session")

    def press_generate(self) -> float:
        """Ctrl+Enter; the time of the key press."""
        self.finished, self.n_shown = None, 0
        pressed = time.perf_counter()
        self.key(Qt.Key.Key_Return, CONTROL)
        return pressed

    def is_finished(self) -> bool:
        """Whether the generation last asked for has ended and the window knows."""
        return self.finished is not None

    def close(self) -> None:
        """Close the window as its owner would."""
        self.window.close()
