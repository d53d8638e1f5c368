"""Saves as the user writes: at most half a second after a change, one save under way at a time.

"Saved" is shown only when the library has answered that the revision on the screen is committed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QDateTime, QLocale, QObject, QTimer, Signal, Slot

from studio.core.messages import Token
from studio.store import records as r
from studio.worker import LibraryThread

DELAY_MS = 400
"""From a change to its save; well below the promised second."""

RETRY_MS = 5000
"""After a failed save (a full disk), try again this often."""


@dataclass(slots=True)
class GenerationLog:
    """A generation as the library should know it, and its tokens."""

    record: r.GenerationRecord
    tokens: list[Token] = field(default_factory=list)
    n_saved: int = 0
    dirty: bool = True


class Autosave(QObject):
    """Turns changes into saves. `snapshot` gives the open session as it is now, None if there is nothing."""

    status_changed = Signal(str)
    saved = Signal(object)  # r.SessionSummary
    failed = Signal(object)  # r.RequestFailed

    def __init__(
        self, library: LibraryThread, snapshot: Callable[[], r.SessionRecord | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._snapshot = snapshot
        self._generation: GenerationLog | None = None
        self._in_flight = False
        self._dirty = False
        self._wanted = (0, 0)  # session and revision on the screen
        self.enabled = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.save_now)

    def touch(self) -> None:
        """Something changed. The save follows a fixed time after the first change, not the last."""
        if not self.enabled:
            return
        self._dirty = True
        self.status_changed.emit(self.tr("Saving…"))
        if not self._timer.isActive() and not self._in_flight:
            self._timer.start(DELAY_MS)

    def follow(self, generation: GenerationLog) -> None:
        """Save this generation along with the text from now on."""
        self._generation = generation
        self.touch()

    @Slot()
    def save_now(self) -> None:
        """Save at once what is not saved yet."""
        self._timer.stop()
        if not (self._dirty and self.enabled) or self._in_flight:
            return
        self._send()

    def flush(self) -> None:
        """Hand everything to the library now, also if a save is under way: the text is about to go."""
        self._timer.stop()
        if self._dirty and self.enabled:
            self._send()

    def _send(self) -> None:
        session = self._snapshot()
        self._dirty = False
        if session is None:
            return
        self._in_flight = True
        self._wanted = (session.id, session.revision)
        log = self._generation
        if log is not None and log.record.session_id == session.id and log.dirty:
            first, log.n_saved, log.dirty = log.n_saved, len(log.tokens), False
            self._library.submit(r.SaveGeneration(log.record, first, tuple(log.tokens[first:]), session))
        else:
            self._library.submit(r.SaveSession(session))

    def on_saved(self, message: r.Saved) -> None:
        """The library has committed a revision."""
        self._in_flight = False
        if self._dirty:
            self._timer.start(DELAY_MS)
        elif (message.session_id, message.revision) == self._wanted:
            now = QLocale().toString(QDateTime.currentDateTime().time(), QLocale.FormatType.ShortFormat)
            self.status_changed.emit(self.tr("Saved {time}").format(time=now))
        self.saved.emit(message.summary)

    def on_failed(self, message: r.RequestFailed) -> None:
        """A save did not work out: say so, and try again with everything."""
        self._in_flight = False
        self._dirty = True
        if self._generation is not None:
            self._generation.n_saved = 0
            self._generation.dirty = True
        self.status_changed.emit(self.tr("Not saved"))
        self._timer.start(RETRY_MS)
        self.failed.emit(message)

    def forget(self) -> None:
        """Another session is shown: it is saved as it is on the disk."""
        self._generation = None
        self._dirty = False
        self._timer.stop()
