"""The palette's work: asks the library, opens what was chosen, and brings the reader to the place."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Slot

from studio.core.history import ROOT
from studio.sessions import Sessions
from studio.store import records as r
from studio.store import words
from studio.ui.main_window import MainWindow
from studio.worker import LibraryThread

LOOKED_AT = 2000
"""Of so many sessions the palette looks at the beginnings itself; titles of others the library finds."""

NEAR_CHARS = 5000
"""So far around the place the library knew is looked when the text has changed since."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A place to go to when its session is in the editor."""

    hit: r.Hit
    query: str


class Finding(QObject):
    """Ctrl+K, and the session list when it has nothing by some words."""

    def __init__(
        self, window: MainWindow, library: LibraryThread, sessions: Sessions, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self._sessions = sessions
        self._is_open = False
        self._wanted: _Wanted | None = None
        palette = window.finder
        palette.search_requested.connect(self._on_search)
        palette.session_requested.connect(sessions.open)
        palette.hit_requested.connect(self._on_hit)
        window.actions_by_name["find_anything"].triggered.connect(self._on_asked)
        window.sessions.search_requested.connect(self.open_palette)
        window.editor.mirror.busy_changed.connect(self._on_busy_changed)
        window.sessions.search_requested.connect(self.open_palette)
        sessions.opened.connect(self._on_session_opened)

    def library_opened(self) -> None:
        """There is something to search."""
        self._is_open = True

    @Slot()
    def _on_asked(self) -> None:
        self.open_palette("")

    @Slot(str)
    def open_palette(self, text: str) -> None:
        """Open the palette, with some words in it."""
        self._sessions.autosave.flush()  # a search sees what was just written
        latest = sorted(self._window.sessions.current, key=lambda session: session.updated_utc, reverse=True)[
            :LOOKED_AT
        ]
        self._window.finder.open_palette(text, latest, self._sessions.id, searchable=self._is_open)

    @Slot(str)
    def _on_search(self, query: str) -> None:
        self._library.submit(r.SearchLibrary(query))

    # -- going there ---------------------------------------------------------------------------------------

    @Slot(object, str)
    def _on_hit(self, hit: r.Hit, query: str) -> None:
        self._wanted = _Wanted(hit, query)
        is_here = hit.session_id == self._sessions.id
        self._sessions.open(hit.session_id)
        if is_here:
            self._arrive()

    @Slot()
    def _on_session_opened(self) -> None:
        if self._wanted is not None and self._wanted.hit.session_id != self._sessions.id:
            self._wanted = None  # another one was opened meanwhile
        self._arrive()

    @Slot(bool)
    def _on_busy_changed(self, busy: bool) -> None:
        if not busy:
            self._arrive()

    def _arrive(self) -> None:
        """Go to the place, if its session is wholly shown."""
        wanted, editor = self._wanted, self._window.editor
        if wanted is None or editor.mirror.is_busy:
            return
        self._wanted = None
        editor.setFocus()
        if wanted.hit.generation_id is not None:
            self._offer_branch(wanted)
            return
        place = place_now(wanted.query, editor.manuscript.text, wanted.hit.offset, wanted.hit.length)
        if place is not None:
            editor.set_caret(place[1], anchor=place[0])

    def _offer_branch(self, wanted: _Wanted) -> None:
        """The generation is not in the text as it is now: offer the state of the text that has it."""
        history, notice = self._window.editor.manuscript.history, self._window.notice
        source = wanted.hit.generation_id
        node_id = next((node.id for node in reversed(history.nodes.values()) if node.source == source), ROOT)
        if node_id == ROOT:
            notice.show_notice(self.tr("This passage is no longer in the history of this text."))
            return
        if node_id in history.path(history.head):
            text = self.tr("This passage is in an earlier state of this text.")
        elif history.is_hidden(node_id):
            text = self.tr("This passage is in a branch that was pruned; going there brings it back.")
        else:
            text = self.tr("This passage is in another branch.")
        session_id = self._sessions.id

        def go() -> None:
            if self._sessions.id == session_id:
                self._go_to(node_id, wanted)

        notice.show_notice(text, action=self.tr("Go there"), do=go)

    def _go_to(self, node_id: int, wanted: _Wanted) -> None:
        editor = self._window.editor
        if editor.isReadOnly() or node_id not in editor.manuscript.history.nodes:
            self._window.notice.show_notice(
                self.tr("The text cannot be changed now; it stays as it is."), "warn"
            )
            return
        editor.go_to(node_id)
        place = self._passage(wanted)
        if place is not None and not editor.mirror.is_busy:
            editor.set_caret(place[1], anchor=place[0])
        editor.setFocus()

    def _passage(self, wanted: _Wanted) -> tuple[int, int] | None:
        """Where what was found in a generation is in the text; if it was cut up, where the generation is."""
        hit, at, found = wanted.hit, 0, None
        for run in self._window.editor.manuscript.runs:
            if run.source == hit.generation_id:
                if run.offset <= hit.offset and hit.offset + hit.length <= run.offset + run.length:
                    start = at + hit.offset - run.offset
                    return start, start + hit.length
                found = found or (at, at + run.length)
            at += run.length
        return found


def place_now(query: str, text: str, offset: int, length: int) -> tuple[int, int] | None:
    """Where what was found at `offset` is now, if the text has changed since the library read it; or None."""
    parsed = words.parse(query)
    if words.first(parsed, text[offset : offset + length]) != (0, 0):
        return offset, offset + length
    begin = max(offset - NEAR_CHARS, 0)
    start, end = words.first(parsed, text[begin : offset + NEAR_CHARS])
    return (begin + start, begin + end) if end else None
