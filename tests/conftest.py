"""For every test: no display, no network, no file of the user's; nothing may be left running."""

from __future__ import annotations

import os

# Before anything imports Qt or transformers.
os.environ.update(
    QT_QPA_PLATFORM="offscreen",
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    TOKENIZERS_PARALLELISM="false",
)

import gc
import sys
import weakref
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from studio.paths import LIBRARY_VARIABLE

# No deadline: other programs may need the processor. The timed run tries the same examples each time, so
# that what it says is about the change at hand; every other run looks for new ones.
hypothesis.settings.register_profile("studio", deadline=None)
hypothesis.settings.register_profile("timed", deadline=None, derandomize=True)
hypothesis.settings.load_profile("timed" if "GPT2_STUDIO_TIMED_RUN" in os.environ else "studio")

PATIENCE_MS = 2000
"""How long a thread, timer or process may still take to end after its test."""


WINDOWS_A_FILE = 2
"""Opening the whole app takes seconds: in the timed run a file of tests does it so often, test_window.py
always."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, in the timed run only, what would take it beyond a quarter of an hour on two cores."""
    if "GPT2_STUDIO_TIMED_RUN" not in os.environ:
        return
    opened: Counter[Path] = Counter()
    left_out = []
    for item in items:
        if "open_window" in getattr(item, "fixturenames", ()) and item.path.name != "test_window.py":
            opened[item.path] += 1
            if opened[item.path] > WINDOWS_A_FILE:
                left_out.append(item)
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def pytest_collection_finish() -> None:
    """Leave a processor to whatever else runs, once the tests that need torch have imported it."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1 if "PYTEST_XDIST_WORKER" in os.environ else 2)


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library folder of this test alone; the child processes it starts use it too."""
    library = tmp_path / "library"
    monkeypatch.setenv(LIBRARY_VARIABLE, str(library))
    return library


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a Qt test that leaves a QThread, QTimer or QProcess of ours running (an idea of napari's).

    Fixtures that run by themselves are set up first, so this one is torn down last: whatever closes the
    window has had its turn.
    """
    if "qtbot" not in request.fixturenames:
        yield
        return
    started: list[weakref.ref[Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        _note_starts(patch, started)
        yield
    left = _still_running(started)
    assert not left, f"left running: {left}"


def _note_starts(patch: pytest.MonkeyPatch, started: list[weakref.ref[Any]]) -> None:
    """Note every object whose `start` is called from Python. The calls go through unchanged."""
    from PySide6.QtCore import QProcess, QThread, QTimer

    for qt_class in (QThread, QTimer, QProcess):

        def start(self: Any, *args: Any, _original: Any = qt_class.start, **kwargs: Any) -> Any:
            started.append(weakref.ref(self))
            return _original(self, *args, **kwargs)

        patch.setattr(qt_class, "start", start)


def _still_running(started: list[weakref.ref[Any]]) -> list[object]:
    """Those that are still running after all pending deletions and a short wait."""
    from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEvent, QProcess, QThread, QTimer
    from shiboken6 import isValid

    def is_running(thing: object) -> bool:
        if thing is None or not isValid(thing):
            return False
        if isinstance(thing, QThread):
            return thing.isRunning()
        if isinstance(thing, QTimer):
            return thing.isActive()
        return isinstance(thing, QProcess) and thing.state() != QProcess.ProcessState.NotRunning

    deadline = QDeadlineTimer(PATIENCE_MS)
    while True:
        left = [thing for reference in started if is_running(thing := reference())]
        if not left or deadline.hasExpired():
            return left
        left.clear()
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
        QThread.msleep(10)
