"""Which session is open: opening and starting one, and its state as the library saves it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal, Slot

from studio.autosave import Autosave
from studio.core.history import Node
from studio.core.manuscript import Manuscript
from studio.store import records as r
from studio.ui.main_window import MainWindow
from studio.worker import LibraryThread

_TITLE_CHARS = 60


class Sessions(QObject):
    """Keeps the window's text and the library's sessions together."""

    opened = Signal()  # another session is in the editor

    def __init__(self, window: MainWindow, library: LibraryThread, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self._id = 0
        self._title = ""
        self._base_revision = 0
        self._opening = 0
        self.next_id = 1
        self._stored = False
        self._in_trash = False  # it is shown, and cannot be changed
        self._put_away = False  # it is no longer to be shown, as soon as there is another
        self.autosave = Autosave(library, self, self)
        self.before_leaving: Callable[[], None] = lambda: None
        """Called before another session takes the editor: whatever is being written there ends."""
        panel = window.sessions
        panel.new_requested.connect(self.new)
        panel.open_requested.connect(self.open)
        window.editor.edited.connect(self._on_edited)
        window.actions_by_name["new"].triggered.connect(self.new)
        window.actions_by_name["save"].triggered.connect(self._on_save)

    @property
    def id(self) -> int:
        """The open session."""
        return self._id

    @property
    def in_trash(self) -> bool:
        """Whether the open session is one from the trash: to be read, not changed."""
        return self._in_trash

    @property
    def is_stored(self) -> bool:
        """Whether the library has the open session."""
        return self._stored

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing yet that the library could list."""
        return not self._id or not (self._stored or self._window.editor.manuscript.text)

    def snapshot(self) -> r.SessionRecord | None:
        """The open session as it is now; None if it is new and still empty."""
        editor = self._window.editor
        manuscript = editor.manuscript
        if not self._id or (not manuscript.text and not self._stored):
            return None
        busy = editor.mirror.is_busy
        return r.SessionRecord(
            self._id,
            self._title,
            manuscript.text,
            manuscript.runs,
            0 if busy else editor.caret(),
            editor.scroll_fraction(),
            self._base_revision + manuscript.revision,
            manuscript.take_changed(),
            manuscript.history.head,
        )

    def keep_nodes(self, nodes: Sequence[Node]) -> None:
        """Nodes of the open session whose save failed: hand them out again."""
        self._window.editor.manuscript.history.mark_changed(node.id for node in nodes)

    # -- from the library ----------------------------------------------------------------------------------

    def on_library_opened(self, message: r.LibraryOpened) -> None:
        """Show the sessions and the last one; what was typed meanwhile becomes a session of its own."""
        self.next_id = message.next_session_id
        window = self._window
        self.autosave.enabled = not message.read_only
        window.editor.set_locked(message.read_only)
        if window.editor.manuscript.text:
            self._become(self.next_id, "", 0)
            self.next_id += 1
            self.autosave.touch()
        elif message.last_session is not None:
            self.show(message.last_session)
        else:
            self._start_new()

    def show(self, session: r.SessionRecord, *, in_trash: bool = False) -> None:
        """Put a session into the editor; one from the trash only to be read."""
        self.before_leaving()
        self.autosave.flush()  # what was typed, or could not be saved, since the other session was asked for
        self.autosave.forget(session.id)
        self._become(session.id, session.title, session.revision)
        self._stored = True
        self._set_in_trash(in_trash)
        manuscript = Manuscript(session.text, session.runs, session.nodes, session.head)
        self._window.editor.load(manuscript, session.caret, session.scroll)
        self._opening = 0
        self._after_load()

    def on_session_opened(self, message: r.SessionOpened) -> None:
        """The library has read the session last asked for."""
        session = message.session
        if session.id != self._opening:
            return
        in_trash = message.summary is not None and bool(message.summary.deleted_utc)
        newest = self.autosave.with_unsaved(session)
        self.show(newest, in_trash=in_trash)
        if newest.revision != session.revision and not in_trash:
            self.autosave.touch()

    def on_failed(self, message: r.RequestFailed) -> None:
        """The session to be opened cannot be read: the one in the editor stays, unless it is put away."""
        if message.unsaved is None and message.session_id == self._opening:
            self._opening = 0
            if self._put_away:
                self._start_new()

    def on_saved(self, message: r.Saved) -> None:
        """A save was committed."""
        if message.session_id == self._id:
            self._stored = True
        self.autosave.on_saved(message)

    # -- from the user -------------------------------------------------------------------------------------

    @Slot()
    def new(self) -> None:
        """Start an empty session, unless this one is still empty."""
        if not self._id:
            return
        if self._window.editor.manuscript.text or self._stored:
            self.leave()
            self._start_new()
        self._window.editor.setFocus()

    @Slot(int)
    def open(self, session_id: int) -> None:
        """Open a session from the list."""
        if session_id == self._id and not self._put_away:
            self._window.editor.setFocus()
            return
        self.leave()
        self._ask_for(session_id)

    def read_again(self) -> None:
        """The open session has come back from the trash: it can be changed now."""
        self._ask_for(self._id)

    def put_away(self, next_id: int | None) -> None:
        """Show another session, or a new one, in the place of the open one, which was left."""
        if next_id is None:
            self._start_new()
            return
        self._put_away = True
        self._window.editor.set_locked(True)  # what would be typed now would go with it
        self._ask_for(next_id)

    def _ask_for(self, session_id: int) -> None:
        self._opening = session_id
        self._library.submit(r.OpenSession(session_id))

    def leave(self) -> None:
        """Save what is open, with the caret where it is, before another session comes."""
        self.before_leaving()
        if self._stored and not self._in_trash:
            self.autosave.touch()
        self.autosave.flush()

    def rename(self, title: str) -> None:
        """Give the open session another title."""
        self._title = title
        self.show_title()
        if not self._stored:
            self.autosave.touch()

    def close(self) -> None:
        """The window closes: hand the last state to the library, caret and scroll position included."""
        self.leave()

    def title(self) -> str:
        """Name, else first words."""
        return self._title or self._first_words() or self.tr("New session")

    def show_title(self) -> None:
        """Show the title over the text."""
        self._window.set_title(self.title())

    # -- inside --------------------------------------------------------------------------------------------

    def _first_words(self) -> str:
        head = re.sub(r"\s+", " ", self._window.editor.manuscript.text[: 4 * _TITLE_CHARS]).strip()
        return head if len(head) <= _TITLE_CHARS else head[:_TITLE_CHARS].rsplit(" ", 1)[0] + "…"

    def _become(self, session_id: int, title: str, revision: int) -> None:
        self._id, self._title, self._base_revision = session_id, title, revision
        self._stored = False
        self._window.sessions.set_current(session_id)

    def _start_new(self) -> None:
        self.before_leaving()
        self.autosave.forget()
        self._become(self.next_id, "", 0)
        self.next_id += 1
        self._opening = 0
        self._set_in_trash(False)
        self._window.editor.load(Manuscript())
        self._after_load()

    def _set_in_trash(self, in_trash: bool) -> None:
        self._in_trash, self._put_away = in_trash, False
        self._window.editor.set_locked(in_trash or not self.autosave.enabled)

    def _after_load(self) -> None:
        self.show_title()
        self._window.update_openings()
        self._window.update_actions()
        self.opened.emit()

    @Slot()
    def _on_edited(self) -> None:
        self.autosave.touch()
        if not self._title and self._window.editor.caret() <= 4 * _TITLE_CHARS:
            self.show_title()

    @Slot()
    def _on_save(self) -> None:
        if not self._in_trash:
            self.autosave.touch()
        self.autosave.save_now()
