"""The library's own thread: one request after the other, a long one step by step, what can wait when idle."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio import exchange, paths, settings
from studio.core.errors import QT_TRANSLATE_NOOP
from studio.store import records as r

STEP_MS = 40
"""How often something long says how far it is. Between two steps the thread is free for saves."""

IDLE_MS = 2000
"""After the last request; then what can wait is done, a little at a time."""

TIDY_MS = 100
"""Between two pieces of that."""

CLOSING_BACKUP_S = 0.5
"""How long a backup may keep the library from being closed; it is made the next time instead."""


@dataclass(frozen=True, slots=True)
class SaveSettings:
    """Write the settings file. Done by the library's thread, since an fsync can take longer than a frame."""

    file: Path
    settings: settings.Settings


@dataclass(frozen=True, slots=True)
class SaveFile:
    """Write a small file that can be made again, whole or not at all."""

    file: Path
    text: str


LibraryWork = r.LibraryRequest | exchange.ExchangeRequest | SaveSettings | SaveFile
Answer = r.LibraryMessage | exchange.ExchangeMessage


class LibraryWorker(QObject):
    """Lives in the thread: hands requests to the librarian.

    Something long (a backup, a check) is an iterator that is kept, and asked for its next step by a timer:
    requests that come in between are served at once. The thread's own events come before its timers.
    """

    message = Signal(object)  # Answer

    @Slot()
    def start(self) -> None:
        """Called in the thread, once it runs."""
        from studio.store.librarian import Librarian  # sqlite: not on the way to the first window

        self._librarian = Librarian()
        self._unfinished: list[tuple[LibraryWork, Generator[Answer, None, None]]] = []
        self._stepping, self._idling = QTimer(self), QTimer(self)
        for timer, slot in ((self._stepping, self._on_step), (self._idling, self._on_idle)):
            timer.setSingleShot(True)
            timer.timeout.connect(slot)

    @Slot(object)
    def run(self, request: LibraryWork) -> None:
        """Carry out a request, or begin with it."""
        self._idling.stop()
        if isinstance(request, SaveSettings):
            with contextlib.suppress(OSError):  # full or read-only: the texts' own saves say so
                settings.save(request.file, request.settings)
        elif isinstance(request, SaveFile):
            with contextlib.suppress(OSError):
                settings.write_whole(request.file, request.text)
        else:
            if isinstance(request, r.CloseLibrary):
                self._break_off_exchange()
                self._back_up_at_closing()
            self._serve(request, self._answers(request))
            if isinstance(request, r.OpenLibrary) and self._librarian.is_ours:
                settings.remove_unfinished(paths.settings_file(Path(request.folder)))
        if isinstance(request, r.CloseLibrary):
            self._stepping.stop()
            self.thread().quit()
        else:
            self._idling.start(IDLE_MS)

    def _answers(self, request: r.LibraryRequest | exchange.ExchangeRequest) -> Generator[Answer, None, None]:
        if isinstance(request, exchange.ExportSessions | exchange.ImportFiles):
            from studio import exchanging  # with every format: not on the way to the first window

            yield from exchanging.run(self._librarian.store, request)
        else:
            yield from self._librarian.run(request)

    def _serve(self, request: LibraryWork, answers: Generator[Answer, None, None]) -> None:
        """Pass the answers on: all of them, or those up to the next step of something long."""
        try:
            for message in answers:
                self.message.emit(message)
                if isinstance(message, r.BackupProgress | r.KeepingProgress | exchange.ExchangeProgress):
                    self._unfinished.append((request, answers))
                    # An exchange works in its steps, a backup between them.
                    self._stepping.start(0 if isinstance(message, exchange.ExchangeProgress) else STEP_MS)
                    return
        except Exception as error:  # the librarian answers for its own errors: this is a bug of ours
            report = "".join(traceback.format_exception(error))
            sentences = (
                QT_TRANSLATE_NOOP("StudioError", "The library met an unexpected problem."),
                QT_TRANSLATE_NOOP("StudioError", "Save the report."),
            )
            self.message.emit(
                r.RequestFailed(None, r.Damage.FAILED, *sentences, report=report, templates=sentences)
            )

    @Slot()
    def _on_step(self) -> None:
        unfinished, self._unfinished = self._unfinished, []
        for request, answers in unfinished:
            self._serve(request, answers)
        if not self._unfinished:
            self._idling.start(IDLE_MS)

    @Slot()
    def _on_idle(self) -> None:
        if not self._unfinished and not self._librarian.tidy():
            self._idling.start(TIDY_MS)

    def _break_off_exchange(self) -> None:
        """A file that is half written goes, and so does a session that is half imported."""
        for request, answers in self._unfinished:
            if isinstance(request, exchange.ExportSessions | exchange.ImportFiles):
                answers.close()

    def _back_up_at_closing(self) -> None:
        """Finish the backup that is under way, or make the one that is due, if that takes no time."""
        if not self._librarian.is_open:
            return
        until = time.monotonic() + CLOSING_BACKUP_S
        running = [answers for request, answers in self._unfinished if isinstance(request, r.BackupNow)]
        for answers in (*running, self._librarian.run(r.BackupNow(only_if_due=True))):
            for _ in answers:
                if time.monotonic() > until:
                    return  # closing the library gives it up
