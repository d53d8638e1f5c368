"""The lines of the palette: actions, sessions, and places in texts that a query finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from PySide6.QtCore import QAbstractListModel, QDate, QLocale, QModelIndex, QPersistentModelIndex, Qt, QTime
from PySide6.QtGui import QAction, QKeySequence

from studio.store import words
from studio.store.records import Hit, SessionSummary
from studio.ui.actions import ACTIONS, plain, plain_text
from studio.ui.session_list.lines import first_words

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole

USEFUL = ("generate", "new", "find", "history", "export", "shortcuts")
"""What is offered before anything is typed."""

TITLE_CHARS = 200


class Kind(Enum):
    """What a line is."""

    HEADING = "heading"
    ACTION = "action"
    SESSION = "session"
    TEXT = "text"
    GENERATION = "generation"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `ranges` are (from, to) within `text` of what was found, in code points."""

    kind: Kind
    text: str
    detail: str = ""  # an action's shortcut, a session's day, the title of a text's session
    ranges: tuple[tuple[int, int], ...] = ()
    icon: str = ""
    action: str = ""  # its name
    enabled: bool = True
    session_id: int = 0
    hit: Hit | None = None

    @property
    def key(self) -> tuple[Kind, str, int, int | None]:
        """What stays the same when the lines around it change."""
        return self.kind, self.action, self.session_id, self.hit.generation_id if self.hit else None


def action_rows(query: str, actions: Mapping[str, QAction]) -> list[Row]:
    """The actions that have every word of the query, in any order, in this language or in English.

    Those that begin as the query does come first. Without a query: all.
    """
    wanted = words.fold(query).split()
    whole = " ".join(wanted)
    found: list[tuple[int, Row]] = []
    for row in ACTIONS:
        action = actions[row.name]
        names = [words.fold(plain_text(action)), words.fold(plain(row.text)), row.name.replace("_", " ")]
        if not all(any(_has(name, word) for name in names) for word in wanted):
            continue
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        line = Row(
            Kind.ACTION, plain_text(action), shown, icon=row.icon, action=row.name, enabled=action.isEnabled()
        )
        found.append((0 if any(name.startswith(whole) for name in names) else 1, line))
    return [line for _, line in sorted(found, key=lambda pair: pair[0])]


def _has(name: str, word: str) -> bool:
    """Whether a word of `name` begins so; where words are not apart (Chinese), whether it is in it."""
    return word in name if not word.isascii() else f" {name}".find(f" {word}") >= 0


def useful_rows(actions: Mapping[str, QAction]) -> list[Row]:
    """The few actions that are offered before anything is typed."""
    rows = {row.action: row for row in action_rows("", actions)}
    return [rows[name] for name in USEFUL]


def session_rows(
    query: str, sessions: Iterable[SessionSummary], titled: Sequence[Hit], limit: int, untitled: str
) -> list[Row]:
    """Sessions whose title or beginning has what is looked for, in the order given; then `titled`."""
    parsed = words.parse(query)
    patterns = parsed.patterns()
    rows: list[Row] = []
    for session in sessions:
        if len(rows) >= limit:
            break
        title = session.title or first_words(session)
        folded = words.fold(f"{session.title} {session.preview}" if session.title else title)
        if all(pattern.search(folded) for pattern in patterns):
            shown, ranges = words.snippet(parsed, title, 0, TITLE_CHARS)
            rows.append(
                Row(
                    Kind.SESSION,
                    shown or untitled,
                    _day(session.updated_utc),
                    ranges,
                    "file-text",
                    session_id=session.id,
                )
            )
    known = {row.session_id for row in rows}
    for hit in titled[: max(limit - len(rows), 0)]:
        if hit.session_id not in known:
            icon, session_id = "file-text", hit.session_id
            rows.append(Row(Kind.SESSION, hit.snippet, "", hit.ranges, icon, session_id=session_id))
    return rows


def _day(updated_utc: str) -> str:
    """The day of a time in the library, as the reader's language writes it; if it is today, the time."""
    try:
        local = datetime.fromisoformat(updated_utc).replace(tzinfo=UTC).astimezone()
    except ValueError:
        return ""
    form = QLocale.FormatType.ShortFormat
    if local.date() == datetime.now(UTC).astimezone().date():
        return QLocale().toString(QTime(local.hour, local.minute), form)
    return QLocale().toString(QDate(local.year, local.month, local.day), form)


def hit_rows(hits: Iterable[Hit]) -> list[Row]:
    """Places in texts, and in generations that are in no text any more."""
    return [
        Row(
            Kind.TEXT if hit.where == "text" else Kind.GENERATION,
            hit.snippet,
            hit.title,
            hit.ranges,
            "search" if hit.where == "text" else "git-branch",
            session_id=hit.session_id,
            hit=hit,
        )
        for hit in hits
        if hit.where != "title"
    ]


class RowModel(QAbstractListModel):
    """The lines, with headings between them that cannot be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []

    def set_groups(self, groups: Iterable[tuple[str, Sequence[Row]]]) -> None:
        """Show these lines under these headings; an empty group has none."""
        rows: list[Row] = []
        for heading, lines in groups:
            if lines:
                rows += [Row(Kind.HEADING, heading), *lines]
        if rows != self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def row(self, number: int) -> Row:
        """One line."""
        return self._rows[number]

    def chosen(self, key: object = None) -> int:
        """The number of the line with this key, else the first that can be chosen; -1 if there is none."""
        lines = [n for n, row in enumerate(self._rows) if row.kind is not Kind.HEADING]
        return next((n for n in lines if self._rows[n].key == key), lines[0] if lines else -1)

    def moved(self, number: int, steps: int) -> int:
        """So many lines on from `number` (back if negative), headings not counted, at most to the end."""
        lines = [n for n, row in enumerate(self._rows) if row.kind is not Kind.HEADING]
        if number not in lines:
            return lines[0] if lines else -1
        return lines[min(max(lines.index(number) + steps, 0), len(lines) - 1)]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Headings and lines."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """A heading cannot be chosen; an action that is disabled can, so that it is read aloud."""
        if index.isValid() and self._rows[index.row()].kind is Kind.HEADING:
            return Qt.ItemFlag.ItemIsEnabled
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The words; ROW gives the line itself. Read aloud is also what stands beside or below the words."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.text}, {row.detail}" if row.detail else row.text
        return None
