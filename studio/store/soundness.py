"""Whether a library file is sound to the last page and the last session: for copies, which nobody writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from studio.store import opening, rows
from studio.store.trouble import LibraryError


def pages_are_sound(connection: sqlite3.Connection, *, indexes: bool) -> bool:
    """Whether every page is what it should be; with `indexes` also whether they fit their tables (slower)."""
    pragma = "PRAGMA integrity_check(1)" if indexes else "PRAGMA quick_check(1)"
    return bool(connection.execute(pragma).fetchone() == ("ok",))


def damaged_sessions(connection: sqlite3.Connection, go_on: Callable[[], None]) -> int:
    """How many sessions are not as they were written, by their checksums. `go_on` may raise between two."""
    if opening.is_pending(connection):
        return 0  # an older schema: its checksums are looked at when it has been migrated
    n_damaged = 0
    for (session_id,) in connection.execute("SELECT id FROM sessions").fetchall():
        go_on()
        try:
            rows.read_session(connection, session_id, verify=True)
        except (LibraryError, KeyError, ValueError):
            n_damaged += 1
    return n_damaged
