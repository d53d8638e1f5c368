"""What the list shows: the sessions under headings, filtered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from studio.store.records import SessionSummary

Index = QModelIndex | QPersistentModelIndex
SESSION = Qt.ItemDataRole.UserRole
HEADING = Qt.ItemDataRole.UserRole + 1


class SessionModel(QAbstractListModel):
    """Headings and sessions, filtered."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sessions: tuple[SessionSummary, ...] = ()
        self._rows: list[str | SessionSummary] = []
        self._filter = ""

    def set_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        """Show these, in this order."""
        self._sessions = tuple(sessions)
        self._rebuild()

    def set_filter(self, words: str) -> None:
        """Show only sessions whose title or beginning has all these words."""
        self._filter = words.casefold().strip()
        self._rebuild()

    def update(self, summary: SessionSummary) -> None:
        """A session was saved: its line changes in place; a new or older one comes to the top."""
        if self._sessions and self._sessions[0].id == summary.id and summary in self._rows[1:2]:
            return
        if self._sessions and self._sessions[0].id == summary.id and not self._filter and len(self._rows) > 1:
            same_day = self._heading(self._sessions[0]) == self._heading(summary)
            self._sessions = (summary, *self._sessions[1:])
            if same_day:
                self._rows[1] = summary
                self.dataChanged.emit(self.index(1), self.index(1))
                return
        self._sessions = (summary, *(s for s in self._sessions if s.id != summary.id))
        self._rebuild()

    def sessions(self) -> tuple[SessionSummary, ...]:
        """All sessions, unfiltered."""
        return self._sessions

    def row_of(self, session_id: int) -> int:
        """The row of a session, -1 if it is not shown."""
        for row, entry in enumerate(self._rows):
            if isinstance(entry, SessionSummary) and entry.id == session_id:
                return row
        return -1

    def _rebuild(self) -> None:
        self.beginResetModel()
        self._rows = []
        words = self._filter.split()
        heading = ""
        for session in self._sessions:
            haystack = f"{session.title} {session.preview}".casefold()
            if not all(word in haystack for word in words):
                continue
            if (name := self._heading(session)) != heading:
                self._rows.append(heading := name)
            self._rows.append(session)
        self.endResetModel()

    def _heading(self, session: SessionSummary) -> str:
        try:
            day = datetime.fromisoformat(session.updated_utc).replace(tzinfo=UTC).astimezone().date()
        except ValueError:
            day = date.min
        today = datetime.now(UTC).astimezone().date()
        if day >= today:
            return self.tr("Today")
        return self.tr("Yesterday") if day == today - timedelta(days=1) else self.tr("Earlier")

    def title(self, session: SessionSummary) -> str:
        """What a session is called: its name, else its first words."""
        return session.title or session.preview or self.tr("Empty session")

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Headings and sessions."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if index.isValid() and isinstance(self._rows[index.row()], str):
            return Qt.ItemFlag.ItemIsEnabled
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title or heading; SESSION gives the summary."""
        if not index.isValid():
            return None
        entry = self._rows[index.row()]
        if role == HEADING:
            return isinstance(entry, str)
        if isinstance(entry, str):
            return entry if role == Qt.ItemDataRole.DisplayRole else None
        if role == SESSION:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self.title(entry)
        return None
