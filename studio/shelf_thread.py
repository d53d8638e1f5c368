"""The shelf of models as the window sees it: looked at, changed and hashed in a thread of its own.

A folder may lie on a disk that sleeps or a share that is gone; the window does not wait for either.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from studio.core.errors import StudioError
from studio.models.built_in import STARTER, starter
from studio.models.hashing import weights_sha256
from studio.models.records import ShelfModel
from studio.models.shelf import Shelf

Change = Callable[[Shelf], object]


@dataclass(frozen=True, slots=True)
class Contents:
    """What is on the shelf."""

    models: tuple[ShelfModel, ...]  # the starter first, then by name
    trashed: tuple[ShelfModel, ...]

    def find(self, model_id: str) -> ShelfModel | None:
        """The model of that id."""
        return next((model for model in self.models if model.id == model_id), None)


class _Worker(QObject):
    """Lives in the thread."""

    listed = Signal(object)  # Contents
    done = Signal(object, object)  # what was asked for, and what came of it
    failed = Signal(object)  # StudioError
    hashing = Signal(str, float)  # a model's id and the fraction; 1.0 at the end

    def __init__(self, folder: Path, stopping: threading.Event) -> None:
        super().__init__()
        self._shelf = Shelf(folder)
        self._stopping = stopping
        self._starter = starter()
        self._work: Generator[float, None, str] | None = None
        self._hashed = ""  # the id of the model that is being hashed
        self._unreadable: set[str] = set()
        self._hashes = False  # what is not known

    @Slot(object)
    def run(self, change: Change | None) -> None:
        """Change something, if there is anything to change; tell what is there now."""
        if change is not None:
            try:
                self.done.emit(change, change(self._shelf))
            except StudioError as error:
                self.failed.emit(error)
        self._list()

    @Slot()
    def hash_unknown(self) -> None:
        """From now on hash weights whose SHA-256 is not known."""
        self._hashes = True
        self._list()

    def _list(self) -> None:
        contents = Contents((self._starter, *self._shelf.models()), tuple(self._shelf.trashed()))
        self.listed.emit(contents)
        unknown = [m for m in contents.models if not (m.sha256 or m.trouble or m.id in self._unreadable)]
        if self._hashes and self._work is None and unknown:
            self._hashed = unknown[0].id
            self._work = weights_sha256(unknown[0].folder)
            QTimer.singleShot(0, self._step)

    @Slot()
    def _step(self) -> None:
        """Hash a piece; what is asked for meanwhile comes between two pieces."""
        if self._work is None or self._stopping.is_set():
            return
        try:
            self.hashing.emit(self._hashed, min(next(self._work), 0.99))
        except StopIteration as stop:
            self._work = None
            self._note(stop.value)
            self.hashing.emit(self._hashed, 1.0)
            self._list()
        except StudioError:
            self._work = None
            self._unreadable.add(self._hashed)
            self._list()
        else:
            QTimer.singleShot(0, self._step)

    def _note(self, digest: str) -> None:
        if self._hashed == STARTER:
            self._starter = replace(self._starter, sha256=digest)
            return
        try:
            self._shelf.know(self._hashed, digest)
        except StudioError:  # it was removed meanwhile, or cannot be written: known for this time only
            self._unreadable.add(self._hashed)


class ShelfThread(QObject):
    """`change` and `look` return at once; answers arrive by the signals."""

    listed = Signal(object)  # Contents
    done = Signal(object, object)
    failed = Signal(object)
    hashing = Signal(str, float)
    _asked = Signal(object)
    _hash_asked = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """`folder` as `paths.models_dir` gives it."""
        super().__init__(parent)
        self._stopping = threading.Event()
        self._thread = QThread(self)
        self._thread.setObjectName("shelf")
        self._worker = _Worker(folder, self._stopping)
        self._worker.moveToThread(self._thread)
        self._asked.connect(self._worker.run)
        self._hash_asked.connect(self._worker.hash_unknown)
        self._worker.listed.connect(self.listed)
        self._worker.done.connect(self.done)
        self._worker.failed.connect(self.failed)
        self._worker.hashing.connect(self.hashing)
        self._thread.finished.connect(self._worker.deleteLater)
        self._thread.start()

    def look(self) -> None:
        """Ask what is on the shelf."""
        self._asked.emit(None)

    def hash_unknown(self) -> None:
        """Ask what is on the shelf, and from now on have hashed whatever was not."""
        self._hash_asked.emit()

    def change(self, change: Change) -> None:
        """Ask for a change; `done` tells what it returned, `failed` why it could not be made."""
        self._asked.emit(change)

    def stop(self, timeout_ms: int = 3000) -> bool:
        """End the thread; True if it ended in time."""
        self._stopping.set()
        self._thread.quit()
        return self._thread.wait(timeout_ms)
