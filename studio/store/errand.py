"""Something long, done by a thread of its own while the library goes on saving."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Result = TypeVar("Result")

STEP_S = 0.005
"""How long `steps` waits at a time: so much longer is a save under way that comes in between."""


class GivenUpError(Exception):
    """The errand was told to stop."""


class Errand(Generic[Result]):
    """Runs `work`, which is handed the errand: to say how far it is, and to ask whether to go on."""

    def __init__(self, name: str, work: Callable[[Errand[Result]], Result]) -> None:
        self.fraction = 0.0
        """How much is done, 0..1, as far as is known."""
        self._work = work
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._connections: set[sqlite3.Connection] = set()
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name)
        self._thread.start()

    def steps(self) -> Iterator[float]:
        """How far it is, some 200 times a second, until it is done or has failed."""
        while True:
            self._thread.join(STEP_S)
            if not self._thread.is_alive():
                return
            yield self.fraction

    def finish(self, *, stop: bool = False) -> Result | None:
        """Wait for the end. None if it was told to stop before; raises what stood in the way."""
        if stop:
            self._stop.set()
            with self._lock:
                for connection in self._connections:
                    connection.interrupt()
        self._thread.join()
        if self._error is not None and not self._stop.is_set():
            raise self._error
        return self._result

    # -- for the work --------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Raise GivenUpError if the errand was told to stop."""
        if self._stop.is_set():
            raise GivenUpError

    @contextlib.contextmanager
    def watching(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Let a stop interrupt the statement that this connection is carrying out."""
        with self._lock:
            self._connections.add(connection)
        try:
            self.go_on()
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _run(self) -> None:
        try:
            self._result = self._work(self)
        except BaseException as error:
            self._error = error
