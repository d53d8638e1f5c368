"""What is done with the sessions of the list: pin, rename, tag, duplicate, archive, delete, restore, destroy.

The library answers each of these with the list of the current sessions. If another list is shown, that one is
asked for; what is shown is always an answer to what was asked for last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from PySide6.QtCore import QDateTime, QLocale, QObject, Slot

from studio.sessions import Sessions
from studio.store import records as r
from studio.ui.main_window import MainWindow
from studio.ui.session_list.lines import name, one_line
from studio.ui.session_list.tag_dialog import TagDialog
from studio.ui.session_list.trash_dialog import TrashDialog
from studio.worker import LibraryThread

COPIED_TITLE_CHARS = 180


class Catalogue(QObject):
    """Carries out what the list and the menu ask for."""

    def __init__(
        self, window: MainWindow, library: LibraryThread, sessions: Sessions, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self._sessions = sessions
        self._known: dict[int, r.SessionSummary] = {}
        self._deleted: set[int] = set()  # and not yet seen in the trash: a late save must not undo it
        self._copy = 0  # to be opened as soon as it is there
        self._emptying: tuple[int, ...] = ()
        self._ask_to_empty = False
        self._verbs: dict[str, Callable[[int], None]] = {
            "pin": self.pin,
            "tags": self.ask_tags,
            "duplicate": self.duplicate,
            "archive": self.archive,
            "delete": self.delete,
            "restore": self.restore,
            "rename": self.ask_rename,
        }
        panel = window.sessions
        panel.verb_requested.connect(self._on_verb)
        panel.rename_requested.connect(self.rename)
        panel.empty_trash_requested.connect(self.ask_to_empty)
        panel.list_requested.connect(self.list_again)
        sessions.opened.connect(self.update_actions)
        actions = window.actions_by_name
        for verb in self._verbs:
            actions[verb].triggered.connect(lambda _=False, verb=verb: self._on_action(verb))
        actions["empty_trash"].triggered.connect(self.ask_to_empty)
        for view in get_args(r.View):
            actions[f"view_{view}"].triggered.connect(lambda _=False, view=view: self._on_view(view))
        self.update_actions()

    # -- from the library ----------------------------------------------------------------------------------

    def on_library_opened(self, message: r.LibraryOpened) -> None:
        """Show the list of another library."""
        self._known = {session.id: session for session in message.sessions}
        self._deleted.clear()
        self._window.sessions.set_writable(not message.read_only)
        self._window.sessions.set_sessions(message.sessions)
        self.update_actions()

    def on_listed(self, message: r.SessionsListed) -> None:
        """A list has come. If it is not the one that is shown, something has changed: ask for that one."""
        self._known |= {session.id: session for session in message.sessions}
        if message.view == "trash":
            self._deleted.difference_update(session.id for session in message.sessions)
        if not self._window.sessions.show_listed(message):
            self.list_again()
        elif message.view == "trash" and self._ask_to_empty:
            self._ask_to_empty = False
            self._show_trash_dialog(message.sessions)
        if self._copy and self._copy in self._known:
            copy, self._copy = self._copy, 0
            self._sessions.open(copy)
        self.update_actions()

    def on_opened(self, message: r.SessionOpened) -> None:
        """A session was read."""
        if message.summary is None:
            return
        self._known[message.summary.id] = message.summary
        if self._sessions.in_trash and self._sessions.id == message.session.id:
            self._window.notice.show_notice(
                self.tr("This session is in the trash: it can be read, not changed."),
                "warn",
                self.tr("Restore"),
                lambda: self.restore(message.session.id),
            )
        self.update_actions()

    def on_saved(self, message: r.Saved) -> None:
        """A session was saved, perhaps one that was deleted before its first save was through."""
        summary = message.summary
        self._known[summary.id] = summary
        if summary.id in self._deleted and not summary.deleted_utc:
            self._library.submit(r.DeleteSession(summary.id))
            return
        self._window.sessions.update_session(summary)
        if summary.id == self._sessions.id:
            self.update_actions()

    def on_failed(self, message: r.RequestFailed) -> None:
        """Something could not be changed: show the list as it is."""
        if message.unsaved is None and message.session_id is not None:
            self._copy = 0
            if message.session_id in self._known:  # else it was never saved: it is deleted when it has been
                self._deleted.discard(message.session_id)
            self.list_again()

    def on_trash_emptied(self, message: r.TrashEmptied) -> None:
        """Say what is gone, and what backups still hold."""
        gone, self._emptying = self._emptying, ()
        self._sessions.autosave.drop(gone)
        if self._sessions.id in gone:
            self._sessions.put_away(self._window.sessions.neighbour(self._sessions.id))
        text = self.tr("Destroyed sessions: {n}.").format(n=QLocale().toString(message.n_sessions))
        if not message.n_sessions:
            text = self.tr("The trash was empty.")
        elif not message.n_backups:
            text += " " + self.tr("No backup holds any of them.")
        else:
            held = self.tr(
                "Backups that still hold some of them: {n}, made from {oldest} to {newest}; delete those too "
                "if nothing may be left."
            )
            if message.oldest_utc == message.newest_utc:
                held = self.tr(
                    "One backup, made on {oldest}, still holds some of them; delete it too if nothing may be "
                    "left."
                )
            text += " " + held.format(
                n=QLocale().toString(message.n_backups),
                oldest=_day(message.oldest_utc),
                newest=_day(message.newest_utc),
            )
        self._window.notice.show_notice(text, "warn" if message.n_backups else "info")
        self.list_again()

    # -- wishes --------------------------------------------------------------------------------------------

    @Slot()
    def list_again(self) -> None:
        """Ask for the list that is shown."""
        panel = self._window.sessions
        self._library.submit(r.ListSessions(panel.view, panel.order))

    def pin(self, session_id: int) -> None:
        """Keep a session at the top, or no more."""
        session = self._session(session_id)
        self._known[session_id] = replace(session, pinned=not session.pinned)
        self._library.submit(r.PinSession(session_id, not session.pinned))

    def archive(self, session_id: int) -> None:
        """Take a session to the archive, or back; it stays open if it is."""
        session = self._session(session_id)
        self._known[session_id] = replace(session, archived=not session.archived)
        self._window.sessions.remove_session(session_id)
        self._library.submit(r.ArchiveSession(session_id, not session.archived))
        text = self.tr("The session is in the archive now.")
        if session.archived:
            text = self.tr("The session is back on the list.")
        self._window.notice.show_notice(
            text, action=self.tr("Undo"), do=lambda: self._archive_as(session_id, session.archived)
        )

    def _archive_as(self, session_id: int, archived: bool) -> None:
        self._known[session_id] = replace(self._session(session_id), archived=archived)
        self._library.submit(r.ArchiveSession(session_id, archived))

    def ask_tags(self, session_id: int) -> None:
        """Ask for a session's tags."""
        session = self._session(session_id)
        panel = self._window.sessions
        dialog = TagDialog(panel.model.title(session), session.tags, panel.tags_in_use(), self._window)
        dialog.accepted.connect(lambda: self.tag(session_id, dialog.tags()))
        dialog.open()

    def tag(self, session_id: int, tags: tuple[str, ...]) -> None:
        """Give a session these tags and no others."""
        self._known[session_id] = replace(self._session(session_id), tags=tags)
        self._library.submit(r.TagSession(session_id, tags))

    def ask_rename(self, session_id: int) -> None:
        """Ask for a session's name."""
        self._window.sessions.ask_rename(session_id, self._session(session_id).title)

    @Slot(int, str)
    def rename(self, session_id: int, title: str) -> None:
        """Give a session another name."""
        if not self._sessions.autosave.enabled:
            return
        self._known[session_id] = replace(self._session(session_id), title=title)
        if session_id == self._sessions.id:
            self._sessions.rename(title)
            if not self._sessions.is_stored:
                return
        self._library.submit(r.RenameSession(session_id, title))

    def duplicate(self, session_id: int) -> None:
        """Make a copy and open it. The open session is saved first, with the words being written."""
        session = self._session(session_id)
        if session_id == self._sessions.id:
            self._sessions.leave()
            title = self._sessions.title()
        else:
            title = name(session)
        self._copy = self._sessions.next_id
        self._sessions.next_id += 1
        self._library.submit(r.DuplicateSession(session_id, self._copy))
        if title:
            copied = self.tr("{title} (copy)").format(title=one_line(title)[:COPIED_TITLE_CHARS])
            self._library.submit(r.RenameSession(self._copy, copied))

    def delete(self, session_id: int) -> None:
        """Put a session into the trash; the notice brings it back."""
        panel, sessions = self._window.sessions, self._sessions
        was_open = session_id == sessions.id
        following = panel.neighbour(session_id)
        if was_open:
            sessions.leave()
        self._deleted.add(session_id)
        panel.remove_session(session_id)
        self._library.submit(r.DeleteSession(session_id))
        if was_open:
            sessions.put_away(following)

        def bring_back() -> None:
            self._restore(session_id)
            sessions.open(session_id)

        self._window.notice.show_notice(
            self.tr("The session was deleted."), action=self.tr("Undo"), do=bring_back
        )

    def restore(self, session_id: int) -> None:
        """Take a session out of the trash."""
        self._restore(session_id)
        if session_id == self._sessions.id:
            self._sessions.read_again()
            self._window.notice.show_notice(self.tr("The session is back on the list."))
        else:
            self._window.notice.show_notice(
                self.tr("The session is back on the list."),
                action=self.tr("Open"),
                do=lambda: self._sessions.open(session_id),
            )

    def _restore(self, session_id: int) -> None:
        self._deleted.discard(session_id)
        self._known[session_id] = replace(self._session(session_id), deleted_utc="")
        if self._window.sessions.view == "trash":
            self._window.sessions.remove_session(session_id)
        self._library.submit(r.RestoreSession(session_id))

    # -- emptying the trash --------------------------------------------------------------------------------

    @Slot()
    def ask_to_empty(self) -> None:
        """Show the trash and ask, twice, whether it is to be emptied."""
        if self._sessions.autosave.enabled:
            self._ask_to_empty = True
            self._on_view("trash")

    def _show_trash_dialog(self, sessions: tuple[r.SessionSummary, ...]) -> None:
        if not sessions:
            self._window.notice.show_notice(self.tr("The trash is empty."))
            return
        titles = [self._window.sessions.model.title(session) for session in sessions]
        dialog = TrashDialog(titles, sum(session.n_characters for session in sessions), self._window)
        dialog.confirmed.connect(lambda: self.empty_trash(tuple(session.id for session in sessions)))
        dialog.open()

    def empty_trash(self, session_ids: tuple[int, ...]) -> None:
        """Destroy what is in the trash: these sessions."""
        self._emptying = session_ids
        self._sessions.autosave.drop(session_ids)
        self._library.submit(r.EmptyTrash())

    # -- actions -------------------------------------------------------------------------------------------

    @Slot(str, int)
    def _on_verb(self, verb: str, session_id: int) -> None:
        if self._sessions.autosave.enabled:
            self._verbs[verb](session_id)
        self.update_actions()

    def _on_action(self, verb: str) -> None:
        """Of the session under the keyboard if the list has it, else of the open one."""
        target = self._target()
        if target is None:
            text = self.tr("Write something first; then there is a session to do this with.")
            if verb == "delete" and self._sessions.id:
                self._sessions.new()
            else:
                self._window.notice.show_notice(text)
        elif bool(target.deleted_utc) == (verb == "restore"):
            if target.id == self._sessions.id:
                self._sessions.autosave.flush()  # the library does this first
            self._on_verb(verb, target.id)
        self.update_actions()

    def _on_view(self, view: str) -> None:
        self._window.show_panel("left_panel")
        self._window.sessions.show_view(view)

    def _target(self) -> r.SessionSummary | None:
        selected = self._window.sessions.selected()
        if selected is not None:
            return self._session(selected.id)
        return None if self._sessions.is_empty else self._session(self._sessions.id)

    def _session(self, session_id: int) -> r.SessionSummary:
        """What is known of a session; one that is being saved for the first time has only its text."""
        known = self._known.get(session_id)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return known or r.SessionSummary(session_id, "", "", now, now, 0)

    @Slot()
    def update_actions(self) -> None:
        """Enable what can be done with the open session."""
        actions, open_id = self._window.actions_by_name, self._sessions.id
        writable, in_trash = self._sessions.autosave.enabled, self._sessions.in_trash
        for verb in self._verbs:
            actions[verb].setEnabled(writable and (in_trash or verb != "restore"))
        session = self._session(open_id)
        actions["pin"].setChecked(session.pinned)
        actions["archive"].setChecked(session.archived)
        actions["empty_trash"].setEnabled(writable)


def _day(utc: str) -> str:
    try:
        when = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    except ValueError:
        return utc
    return QLocale().toString(
        QDateTime.fromSecsSinceEpoch(int(when.timestamp())).date(), QLocale.FormatType.ShortFormat
    )
