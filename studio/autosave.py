"""Saves as the user writes: at most half a second after a change, one save under way at a time.

"Saved" is shown only when the library has answered that the revision on the screen is committed.
"""

from __future__ import annotations

from collections import deque
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


Save = r.SaveSession | r.SaveGeneration


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
    failed = Signal(object)  # r.RequestFailed

    def __init__(
        self, library: LibraryThread, snapshot: Callable[[], r.SessionRecord | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._snapshot = snapshot
        self._logs: dict[int, GenerationLog] = {}  # until they are wholly saved
        self._sent: deque[Save] = deque()  # not answered yet; answers come in this order
        self._unsaved: list[Save] = []  # failed, of sessions no longer open
        self._dirty = False
        self._wanted = (0, 0)  # session and revision on the screen
        self.enabled = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.save_now)

    def touch(self) -> None:
        """Something changed. The save follows a fixed time after the first change, not the last."""
        if not self.enabled:
            return
        self._dirty = True
        self.status_changed.emit(self.tr("Saving…"))
        if not self._timer.isActive() and not self._sent:
            self._timer.start(DELAY_MS)

    def follow(self, log: GenerationLog) -> None:
        """Save this generation along with the text from now on."""
        self._logs[log.record.id] = log
        self.touch()

    @Slot()
    def save_now(self) -> None:
        """Save what is not saved yet, unless a save is under way: the next follows when that is done."""
        self._timer.stop()
        if not self._sent:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the library now, also if a save is under way: the text is about to go."""
        self._timer.stop()
        unsaved, self._unsaved = self._unsaved, []
        for request in unsaved:
            self._submit(request)
        if not (self._dirty and self.enabled):
            return
        session = self._snapshot()
        self._dirty = False
        if session is None:
            return
        self._wanted = (session.id, session.revision)
        logs = [log for log in self._logs.values() if log.dirty and log.record.session_id == session.id]
        for log in logs:
            first, log.n_saved, log.dirty = log.n_saved, len(log.tokens), False
            self._submit(r.SaveGeneration(log.record, first, tuple(log.tokens[first:]), session))
        if not logs:
            self._submit(r.SaveSession(session))

    def _submit(self, request: Save) -> None:
        self._sent.append(request)
        self._library.submit(request)

    def on_saved(self, message: r.Saved) -> None:
        """The library has committed a revision."""
        request = self._sent.popleft()
        if isinstance(request, r.SaveGeneration):
            log = self._logs.get(request.generation.id)
            if log is not None and not log.dirty and request.generation.finish_reason is not None:
                del self._logs[log.record.id]
        if self._sent:
            return
        if self._dirty:
            self._timer.start(DELAY_MS)
        elif (message.session_id, message.revision) == self._wanted and not self._unsaved:
            now = QLocale().toString(QDateTime.currentDateTime().time(), QLocale.FormatType.ShortFormat)
            self.status_changed.emit(self.tr("Saved {time}").format(time=now))

    def on_failed(self, message: r.RequestFailed) -> None:
        """A request did not work out: say so. A save is tried again until it does."""
        if message.unsaved is not None:
            self._sent.popleft()
            self._keep(message.unsaved)
            self.status_changed.emit(self.tr("Not saved"))
            self._timer.start(RETRY_MS)
        self.failed.emit(message)

    def _keep(self, request: Save) -> None:
        """See to it that a failed save is sent again, with the newest text there is of its session."""
        newer = [sent.session for sent in self._sent if sent.session.id == request.session.id]
        open_now = self._snapshot()
        is_open = open_now is not None and open_now.id == request.session.id
        if isinstance(request, r.SaveGeneration):
            log = self._logs[request.generation.id]
            log.n_saved, log.dirty = 0, True  # all its tokens again: later ones do not follow a gap
            if not is_open:
                session = newer[-1] if newer else request.session
                self._unsaved.append(r.SaveGeneration(log.record, 0, tuple(log.tokens), session))
        elif not is_open and not newer:
            self._unsaved.append(request)
        self._dirty = self._dirty or is_open

    def take_unsaved(self, session_id: int) -> r.SessionRecord | None:
        """The text of a session whose last save failed, if there is one: the library's copy is older."""
        newest = None
        for request in self._unsaved:
            if request.session.id == session_id:
                newest = request.session
        self._unsaved = [q for q in self._unsaved if q.session.id != session_id]
        return newest

    def forget(self) -> None:
        """Another session is shown: it is saved as it is on the disk. What failed to be saved is kept."""
        self._dirty = False
        self._timer.stop()
        if self._unsaved:
            self._timer.start(RETRY_MS)
