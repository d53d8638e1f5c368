"""The list of sessions: what is on it, in which order, and what is said of a session beside its text."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.store import rows, search
from studio.store.packing import clean
from studio.store.records import Damage, Order, SessionSummary, View
from studio.store.trouble import LibraryError

_COLUMNS = (
    "id, title, preview, created_utc, updated_utc, n_characters, pinned, archived, tags,"
    " coalesce(deleted_utc, '')"
)
_VIEWS: dict[View, str] = {
    "current": "deleted_utc IS NULL AND archived = 0",
    "archived": "deleted_utc IS NULL AND archived = 1",
    "trash": "deleted_utc IS NOT NULL",
}
# Order is by what is counted, not by the clock; that of the trash, too, by when a session was last saved.
_ORDERS: dict[Order, str] = {"updated": "saved_order DESC", "created": "id DESC", "title": "id"}


def sessions(
    connection: sqlite3.Connection, view: View = "current", order: Order = "updated"
) -> tuple[SessionSummary, ...]:
    """The sessions of a view, pinned ones first."""
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM sessions WHERE {_VIEWS[view]} ORDER BY pinned DESC, {_ORDERS[order]}"
    )
    listed = map(_summary, found)
    if order == "title":
        return tuple(
            sorted(listed, key=lambda line: (not line.pinned, (line.title or line.preview).casefold()))
        )
    return tuple(listed)


def summary(connection: sqlite3.Connection, session_id: int) -> SessionSummary:
    """One line of the list."""
    found = connection.execute(f"SELECT {_COLUMNS} FROM sessions WHERE id = ?", (session_id,))
    return _summary(found.fetchone())


def interrupted(connection: sqlite3.Connection) -> tuple[int, ...]:
    """Sessions with a generation that a crash cut short. Each generation is told of once."""
    found = connection.execute(
        "SELECT DISTINCT session_id FROM generations JOIN sessions ON sessions.id = session_id"
        " WHERE finish_reason IS NULL AND interrupted = 0 AND deleted_utc IS NULL ORDER BY session_id"
    )
    return tuple(session_id for (session_id,) in found)


def _summary(row: Any) -> SessionSummary:
    pinned, archived, tags, deleted_utc = row[6:]
    line: tuple[int, str, str, str, str, int] = row[:6]
    return SessionSummary(*line, bool(pinned), bool(archived), _tags(tags), deleted_utc)


def _tags(packed: str) -> tuple[str, ...]:
    if packed == "[]":
        return ()
    try:
        return tuple(map(str, json.loads(packed)))
    except (ValueError, TypeError):
        return ()  # a tag is no reason not to show the list


def pin(connection: sqlite3.Connection, session_id: int, pinned: bool) -> None:
    """Keep a session at the top, or no more."""
    _change(connection, "UPDATE sessions SET pinned = ? WHERE id = ?", int(pinned), session_id)


def archive(connection: sqlite3.Connection, session_id: int, archived: bool) -> None:
    """Take a session to the archive, or back."""
    _change(connection, "UPDATE sessions SET archived = ? WHERE id = ?", int(archived), session_id)


def tag(connection: sqlite3.Connection, session_id: int, tags: Iterable[str]) -> None:
    """These tags and no others; each once, in this order."""
    kept = dict.fromkeys(text for text in (clean(tag).strip() for tag in tags) if text)
    packed = json.dumps(list(kept), ensure_ascii=False)
    _change(connection, "UPDATE sessions SET tags = ? WHERE id = ?", packed, session_id)


def set_origin(
    connection: sqlite3.Connection, session_id: int, created_utc: str, tags: Iterable[str]
) -> None:
    """What an imported session brings along: when it was begun, and its tags."""
    tag(connection, session_id, tags)
    if created_utc:
        connection.execute(
            "UPDATE sessions SET created_utc = ? WHERE id = ?", (clean(created_utc), session_id)
        )


def duplicate(
    connection: sqlite3.Connection, session_id: int, new_id: int, saved_order: int, now: str
) -> None:
    """A second session with the same text and the same history. Generations are shared, see trash.py."""
    row = connection.execute(
        "INSERT INTO sessions (id, saved_order, title, preview, n_characters, revision, created_utc,"
        " updated_utc, tags, copied_from) SELECT ?, ?, title, preview, n_characters, revision, ?, ?, tags, id"
        " FROM sessions WHERE id = ?",
        (new_id, saved_order, now, now, session_id),
    )
    if row.rowcount != 1:
        raise no_session()
    connection.execute(
        "INSERT INTO manuscripts (session_id, caret, scroll, checksum, runs, text, head)"
        " SELECT ?, caret, scroll, checksum, runs, text, head FROM manuscripts WHERE session_id = ?",
        (new_id, session_id),
    )
    rows.copy_nodes(connection, session_id, new_id)
    search.mark_session(connection, new_id)


def _change(connection: sqlite3.Connection, sql: str, value: int | str, session_id: int) -> None:
    if connection.execute(sql, (value, session_id)).rowcount != 1:
        raise no_session()


def no_session() -> LibraryError:
    """There is no session of that id."""
    return LibraryError(
        Damage.FAILED,
        QT_TRANSLATE_NOOP("StudioError", "This session is not in the library any more."),
        QT_TRANSLATE_NOOP("StudioError", "Choose another one from the list."),
    )
