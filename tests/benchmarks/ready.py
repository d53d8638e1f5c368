"""Run the app itself (`python -m studio`) until its model is ready; then close it.

Prints when the window knew (CLOCK_MONOTONIC, ns), and how long the model process computed until then (s).
"""

from __future__ import annotations

import os
import runpy
import sys
import time
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication

from studio.core import messages as m
from studio.worker import ModelThread


class Waiting(QObject):
    """Waits for the model."""

    def __init__(self) -> None:
        super().__init__()
        self._window = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "mainWindow")
        thread = self._window.findChild(ModelThread)
        assert isinstance(thread, ModelThread)
        self._thread = thread
        thread.message.connect(self._on_message)

    @Slot(object)
    def _on_message(self, message: m.Message) -> None:
        if isinstance(message, m.Progress):
            return
        self._thread.message.disconnect(self._on_message)
        print(time.monotonic_ns(), children_cpu_s(), type(message).__name__, flush=True)
        self._window.close()


def children_cpu_s() -> float:
    """Processor time of the child processes that run now (Linux; elsewhere 0)."""
    total = 0
    for task in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for child in task.read_text("ascii").split():
            fields = Path(f"/proc/{child}/stat").read_text("utf-8").rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK") if total else 0.0


def main() -> None:
    """Run `studio` as a program, waiting in its loop."""
    run_loop = QApplication.exec
    waiting = []

    def wait_along(*_: object) -> int:
        waiting.append(Waiting())
        return run_loop()

    with patch.object(QApplication, "exec", wait_along):
        sys.argv = ["gpt2-studio", *sys.argv[1:]]
        runpy.run_module("studio", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
