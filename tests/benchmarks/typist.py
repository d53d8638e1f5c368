"""Run the app itself (`python -m studio`) and type one key as soon as its window takes keys; then close it.

Prints: when the editor was first painted, when the key was in the text (both CLOCK_MONOTONIC, ns), whether
the window was visible, where its keyboard focus was, and which heavy modules were imported by then.
"""

from __future__ import annotations

import runpy
import sys
import time
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QTextEdit

HEAVY = {"torch", "transformers", "numpy", "sqlite_utils"}
LOOK_MS = 2


class Typist(QObject):
    """Looks every 2 ms whether the window can be typed in."""

    def __init__(self) -> None:
        super().__init__()
        self._window = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "mainWindow")
        editor = self._window.findChild(QTextEdit, "editor")
        assert isinstance(editor, QTextEdit)
        self._editor = editor
        self._painted_at = 0
        editor.viewport().installEventFilter(self)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the first paint, let it pass."""
        if event.type() == QEvent.Type.Paint and not self._painted_at:
            self._painted_at = time.monotonic_ns()
        return False

    def _look(self) -> None:
        if not self._painted_at or self._editor.isReadOnly():
            return
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            key = QKeyEvent(kind, Qt.Key.Key_Q, Qt.KeyboardModifier.NoModifier, "q")
            QApplication.sendEvent(self._editor, key)
        if "q" not in self._editor.toPlainText():
            return
        typed_at = time.monotonic_ns()
        self._timer.stop()
        focus = self._window.focusWidget()
        focus_name = (focus.objectName() or type(focus).__name__) if focus is not None else "nothing"
        heavy = ",".join(sorted(HEAVY & set(sys.modules)))
        visible = "visible" if self._window.isVisible() else "hidden"
        print(self._painted_at, typed_at, visible, focus_name, heavy or "-", flush=True)
        self._window.close()


def main() -> None:
    """Run `studio` as a program, with the typist in its loop."""
    run_loop = QApplication.exec
    typists = []

    def type_along(*_: object) -> int:
        typists.append(Typist())
        return run_loop()

    with patch.object(QApplication, "exec", type_along):
        sys.argv = ["gpt2-studio", *sys.argv[1:]]
        runpy.run_module("studio", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
