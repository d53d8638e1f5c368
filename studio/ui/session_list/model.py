"""What the list shows: the sessions of a view under headings, filtered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from PySide6.QtCore import QDateTime, QLocale, QModelIndex, QPersistentModelIndex, QStringListModel, Qt
from PySide6.QtWidgets import QWidget

from studio.store.records import Order, SessionSummary, View
from studio.ui.session_list.lines import as_tip, name, one_line

Index = QModelIndex | QPersistentModelIndex
SESSION = Qt.ItemDataRole.UserRole
HEADING = Qt.ItemDataRole.UserRole + 1
SEARCH = Qt.ItemDataRole.UserRole + 2
"""The words of the row that offers to search everywhere."""


@dataclass(frozen=True, slots=True)
class SearchRow:
    """The last row while a filter is typed."""

    words: str


Row = str | SessionSummary | SearchRow


def belongs(session: SessionSummary, view: View) -> bool:
    """Whether a session is on the list of a view."""
    if session.deleted_utc:
        return view == "trash"
    return view == ("archived" if session.archived else "current")


def tags_of(sessions: Iterable[SessionSummary]) -> tuple[str, ...]:
    """The tags in use, in the order of the alphabet."""
    return tuple(sorted({tag for s in sessions for tag in s.tags}, key=lambda tag: (tag.casefold(), tag)))


class SessionModel(QStringListModel):
    """Headings and sessions, filtered.

    A QStringListModel only for the number of rows: the view asks for it once for each row it lays out, which
    for 5,000 sessions takes 7 ms in Python, at every key of the filter.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.view: View = "current"
        self.order: Order = "updated"
        self._sessions: tuple[SessionSummary, ...] = ()
        self._rows: list[Row] = []
        self._filter = ""
        self._tag = ""
        self._haystacks: dict[int, tuple[SessionSummary, str]] = {}

    def set_sessions(
        self, sessions: Sequence[SessionSummary], view: View = "current", order: Order = "updated"
    ) -> None:
        """Show these, in this order."""
        self._sessions, self.view, self.order = tuple(sessions), view, order
        self._show(self._make_rows())

    def set_filter(self, words: str) -> None:
        """Show only sessions whose title or beginning has all these words."""
        self._filter = words.strip()
        self._show(self._make_rows())

    def set_tag(self, tag: str) -> None:
        """Show only sessions with this tag; all if it is empty."""
        self._tag = tag
        self._show(self._make_rows())

    def update(self, summary: SessionSummary) -> None:
        """A session was saved: its line changes in place if it can; one of another view is not shown."""
        before = next((s for s in self._sessions if s.id == summary.id), None)
        others = [s for s in self._sessions if s.id != summary.id]
        if belongs(summary, self.view) and before is not None and self._keeps_place(before, summary):
            others.insert(self._sessions.index(before), summary)
        elif belongs(summary, self.view):
            self._insert(others, summary)
        self._sessions = tuple(others)
        rows = self._make_rows()
        if len(rows) == len(self._rows) and _places(rows) == _places(self._rows):
            self._rows = rows
            if (row := self.row_of(summary.id)) >= 0:
                self.dataChanged.emit(self.index(row), self.index(row))
        else:
            self._show(rows)

    def _keeps_place(self, before: SessionSummary, now: SessionSummary) -> bool:
        """Whether a session was only read, or was saved a moment ago."""
        same = (before.updated_utc, before.pinned) == (now.updated_utc, now.pinned)
        return same and self.order == "updated"

    def _insert(self, sessions: list[SessionSummary], summary: SessionSummary) -> None:
        """Put a session that was saved just now where it belongs among the others."""
        if self.order == "title":
            sessions.append(summary)
            sessions.sort(key=lambda s: (not s.pinned, (s.title or s.preview).casefold()))
        elif self.order == "created":
            sessions.append(summary)
            sessions.sort(key=lambda s: (not s.pinned, -s.id))
        else:
            sessions.insert(0 if summary.pinned else sum(s.pinned for s in sessions), summary)

    def remove(self, session_id: int) -> None:
        """A session leaves the view; what the library answers will say so too."""
        self._sessions = tuple(s for s in self._sessions if s.id != session_id)
        self._show(self._make_rows())

    def sessions(self) -> tuple[SessionSummary, ...]:
        """All sessions of the view, unfiltered."""
        return self._sessions

    def shown(self) -> tuple[SessionSummary, ...]:
        """Those that the filter lets through."""
        return tuple(row for row in self._rows if isinstance(row, SessionSummary))

    def row_of(self, session_id: int) -> int:
        """The row of a session, -1 if it is not shown."""
        for row, entry in enumerate(self._rows):
            if isinstance(entry, SessionSummary) and entry.id == session_id:
                return row
        return -1

    def _show(self, rows: list[Row]) -> None:
        self._rows = rows
        self.setStringList([""] * len(rows))

    def _make_rows(self) -> list[Row]:
        found = self._filtered()
        today = datetime.now().astimezone().date()
        days = [midnight_utc(today), midnight_utc(today - timedelta(days=1))]
        names = self.tr("Today"), self.tr("Yesterday"), self.tr("Earlier")
        pinned, by_title = self.tr("Pinned"), self.tr("By title")
        any_pinned = bool(found) and found[0].pinned
        heading = ""
        rows: list[Row] = []
        for session in found:
            if session.pinned:
                here = pinned
            elif self.order == "title":
                here = by_title if any_pinned else heading
            else:
                when = session.updated_utc if self.order == "updated" else session.created_utc
                here = names[0 if when >= days[0] else 1 if when >= days[1] else 2]
            if here != heading:
                rows.append(heading := here)
            rows.append(session)
        if self._filter:
            rows.append(SearchRow(one_line(self._filter)))
        return rows

    def _filtered(self) -> Sequence[SessionSummary]:
        found: Sequence[SessionSummary] = self._sessions
        if self._tag:
            found = [session for session in found if self._tag in session.tags]
        if words := self._filter.casefold().split():
            first, rest = words[0], words[1:]
            found = [s for s in found if first in self._haystack(s)]
            for word in rest:
                found = [s for s in found if word in self._haystack(s)]
        return found

    def _haystack(self, session: SessionSummary) -> str:
        known = self._haystacks.get(session.id)
        if known is None or known[0] is not session:
            text = f"{session.title}\n{session.preview}\n{' '.join(session.tags)}".casefold()
            known = self._haystacks[session.id] = session, text
        return known[1]

    def title(self, session: SessionSummary) -> str:
        """What a session is called: its title, else its first words."""
        return name(session) or self.tr("Empty session")

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        chosen = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.ItemIsEnabled if isinstance(self._rows[index.row()], str) else chosen

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title or heading; SESSION gives the summary."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        entry = self._rows[index.row()]
        if role == HEADING:
            return isinstance(entry, str)
        if isinstance(entry, str):
            return entry if role == Qt.ItemDataRole.DisplayRole else None
        if isinstance(entry, SearchRow):
            return self._search_data(entry, role)
        if role == SESSION:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self.title(entry)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join([self.title(entry), *map(one_line, entry.tags)])
        if role == Qt.ItemDataRole.ToolTipRole:
            return as_tip(self._tip(entry))
        return None

    def _search_data(self, entry: SearchRow, role: int) -> object:
        if role == SEARCH:
            return entry.words
        text = self.tr("Search everywhere for “{words}”").format(words=entry.words)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text
        return as_tip([text]) if role == Qt.ItemDataRole.ToolTipRole else None

    def _tip(self, session: SessionSummary) -> list[str]:
        lines = [
            self.title(session),
            self.tr("{n} characters, changed {time}").format(
                n=QLocale().toString(session.n_characters), time=local_time(session.updated_utc)
            ),
            self.tr("Created {time}").format(time=local_time(session.created_utc)),
        ]
        if session.tags:
            tags = ", ".join(map(one_line, session.tags))
            lines.append(self.tr("Tags: {tags}").format(tags=tags))
        if session.deleted_utc:
            lines.append(self.tr("Deleted {time}").format(time=local_time(session.deleted_utc)))
        return lines


def local_time(utc: str) -> str:
    """A time of the library as the reader's clock and language have it; "?" if it is none."""
    try:
        when = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    except ValueError:
        return "?"
    shown = QDateTime.fromSecsSinceEpoch(int(when.timestamp()))
    return QLocale().toString(shown, QLocale.FormatType.ShortFormat)


def midnight_utc(day: date) -> str:
    """When a day of the reader's begins, as the library writes times: comparing texts compares times."""
    return datetime.combine(day, time()).astimezone().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _places(rows: list[Row]) -> list[int | Row]:
    return [row.id if isinstance(row, SessionSummary) else row for row in rows]
