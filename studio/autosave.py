"""Saves as the user writes: at most half a second after a change, one save under way at a time.

"Saved" is shown only when the library has answered that the revision on the screen is committed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from PySide6.QtCore import QDateTime, QLocale, QObject, QTimer, Signal, Slot

from studio.core.history import Node
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


class Source(Protocol):
    """Whose text is saved."""

    @property
    def id(self) -> int:
        """The open session; 0 if there is none."""

    def snapshot(self) -> r.SessionRecord | None:
        """The open session as it is now, with the nodes not handed out before; None if there is nothing."""

    def keep_nodes(self, nodes: Sequence[Node]) -> None:
        """Nodes of the open session whose save failed: hand them out again."""


class Autosave(QObject):
    """Turns changes into saves."""

    status_changed = Signal(str)
    failed = Signal(object)  # r.RequestFailed

    def __init__(self, library: LibraryThread, source: Source, parent: QObject) -> None:
        super().__init__(parent)
        self._library = library
        self._source = source
        self._logs: dict[int, GenerationLog] = {}  # until they are wholly saved
        self._sent: deque[Save] = deque()  # not answered yet; answers come in this order
        self._unsaved: list[Save] = []  # failed, of sessions no longer open
        self._destroyed: set[int] = set()  # sessions: a save of theirs would bring them back
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

    def record(self, generation_id: int) -> r.GenerationRecord | None:
        """A generation that is under way or not wholly saved yet, as it is now."""
        log = self._logs.get(generation_id)
        return None if log is None else log.record

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
        session = self._source.snapshot()
        self._dirty = False
        if session is None or session.id in self._destroyed:
            return
        self._wanted = (session.id, session.revision)
        logs = [log for log in self._logs.values() if log.dirty and log.record.session_id == session.id]
        for log in logs:
            first, log.n_saved, log.dirty = log.n_saved, len(log.tokens), False
            self._submit(r.SaveGeneration(log.record, first, tuple(log.tokens[first:]), session))
            session = replace(session, nodes=())  # they are sent once
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
        """See to it that a failed save is sent again.

        An older text never replaces a newer one: the library looks at the revision.
        """
        if request.session.id in self._destroyed:
            return
        is_open = request.session.id == self._source.id
        if isinstance(request, r.SaveGeneration):
            log = self._logs[request.generation.id]
            log.n_saved, log.dirty = 0, True  # all its tokens again: later ones do not follow a gap
            request = replace(request, generation=log.record, first_token=0, tokens=tuple(log.tokens))
        if is_open:
            self._source.keep_nodes(request.session.nodes)
            self._dirty = True
        else:
            self._unsaved.append(request)

    def with_unsaved(self, session: r.SessionRecord) -> r.SessionRecord:
        """A session as the library has it, with what of it could not be saved yet."""
        nodes = {node.id: node for node in session.nodes}
        for request in self._unsaved:
            if request.session.id == session.id:
                nodes |= {node.id: node for node in request.session.nodes}
                session = max(session, request.session, key=lambda record: record.revision)
        return replace(session, nodes=tuple(nodes.values()))

    def drop(self, session_ids: Collection[int]) -> None:
        """These sessions are being destroyed: what of them could not be saved must not bring them back."""
        self._destroyed.update(session_ids)
        self._unsaved = [save for save in self._unsaved if save.session.id not in self._destroyed]
        self._logs = {n: log for n, log in self._logs.items() if log.record.session_id not in self._destroyed}

    def forget(self, shown: int = 0) -> None:
        """Another session is shown: it is saved as it is on the disk. What failed to be saved is kept."""
        self._destroyed.discard(shown)  # it was read just now: it is still there
        self._dirty = False
        self._timer.stop()
        if self._unsaved:
            self._timer.start(RETRY_MS)
