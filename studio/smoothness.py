"""How smooth the window is while the model writes: the whole app without a screen, in a process of its own.

`gpt2-studio bench` starts it with the flag of `__main__`; what came out is one line of JSON on stdout.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from studio import app, paths, settings
from studio.core import messages as m
from studio.ui.main_window import MainWindow
from studio.worker import ModelThread

TICK_MS = 5
N_TOKENS = 100
SETTLED_MS = 700
"""From the loaded model to the first key: late pages are made meanwhile."""

PATIENCE_S = 180
PROMPT = "Once upon a time there was a little dog who lived near the sea. Every morning he "


class Watch(QObject):
    """Waits for the model, has it write, and notes the time between the ticks of a timer meanwhile."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.gaps_ms: list[float] = []
        self.finished: m.GenerationFinished | None = None
        self.problem = ""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._last = 0.0
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._give_up)
        self._patience.start(PATIENCE_S * 1000)
        model = window.findChild(ModelThread)
        assert isinstance(model, ModelThread)
        model.message.connect(self._on_message)

    @Slot(object)
    def _on_message(self, message: m.Message) -> None:
        match message:
            case m.ModelLoaded():
                QTimer.singleShot(SETTLED_MS, self._begin)
            case m.GenerationFinished():
                self.finished = message
                self._leave()
            case m.JobFailed(what_happened=what_happened):
                self.problem = what_happened
                self._leave()
            case _:
                pass

    @Slot()
    def _begin(self) -> None:
        window = self._window
        window.editor.setPlainText(PROMPT)
        self._last = time.perf_counter()
        self._timer.start()
        window.actions_by_name["generate"].trigger()

    @Slot()
    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps_ms.append(1000 * (now - self._last))
        self._last = now

    @Slot()
    def _give_up(self) -> None:
        self.problem = "the model did not finish in time."
        self._leave()

    def _leave(self) -> None:
        self._timer.stop()
        self._patience.stop()
        self._window.close()


def main(arguments: Sequence[str]) -> int:
    """Measure with the model in the folder `arguments[0]`; print the figures. 1 if it could not be done."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with TemporaryDirectory(prefix="gpt2-studio-", ignore_cleanup_errors=True) as name:
        library = Path(name)
        wanted = settings.Settings(
            model=str(Path(arguments[0]).absolute()), max_new_tokens=N_TOKENS, stop_at_end_of_text=False
        )
        settings.save(paths.settings_file(library), wanted)
        application, window = app.create(["gpt2-studio", "--library", name])
        watch = Watch(window)
        window.show()
        application.exec()
    finished = watch.finished
    if finished is None or len(watch.gaps_ms) < 2:
        print(watch.problem or "The window was closed.", file=sys.stderr)
        return 1
    ordered = sorted(watch.gaps_ms)
    figures = {
        "n_gaps": len(ordered),
        "median_ms": statistics.median(ordered),
        "p99_ms": ordered[math.ceil(0.99 * len(ordered)) - 1],
        "max_ms": ordered[-1],
        "tokens_per_second": finished.n_tokens / finished.decode_s if finished.decode_s else 0.0,
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}), flush=True)
    return 0
