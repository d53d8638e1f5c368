"""Requests about whole libraries: backups listed, checked and restored, and what can be saved of a wreck."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.history import Run
from studio.store import backup, files, opening, passages, rows
from studio.store.packing import clean
from studio.store.records import BackupInfo, Damage, LibraryRestored, LibrarySalvaged, SessionRecord
from studio.store.schema import FILE_NAME
from studio.store.store import Store
from studio.store.trouble import LibraryError


def list_backups(folder: Path) -> tuple[BackupInfo, ...]:
    """The backups of the library in `folder`, the newest first; looked at, not checked to the last page."""
    return tuple(look_at(path, whole=False) for path in reversed(backup.made(folder / backup.FOLDER)))


def look_at(path: Path, *, whole: bool) -> BackupInfo:
    """What there is to say of a backup. `whole`: every page and the checksum of every session."""
    n_sessions, sound = 0, True
    try:
        files.inspect_file(path, whole=True)
        with contextlib.closing(opening.connect(path, "mode=ro&immutable=1")) as connection:
            opening.identify(connection)
            (n_sessions,) = connection.execute("SELECT count(*) FROM sessions").fetchone()
            if whole:
                sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
                if not opening.is_pending(connection):
                    for (session_id,) in connection.execute("SELECT id FROM sessions").fetchall():
                        rows.read_session(connection, session_id, verify=True)
    except (sqlite3.Error, LibraryError, OSError, KeyError, ValueError):
        sound = False
    return BackupInfo(str(path), backup.created_utc(path), n_sessions, files.size_of(path) or 0, sound)


def restore(path: Path, into_folder: Path) -> LibraryRestored:
    """A backup becomes the library of a folder that has none."""
    target = into_folder / FILE_NAME
    _refuse_if_taken(into_folder)
    if not backup.restore(path, target):
        raise _taken()
    return LibraryRestored(str(into_folder), look_at(target, whole=False).n_sessions)


def salvage(folder: Path, into_folder: Path) -> LibrarySalvaged:
    """Copy each session that can be read into a new library. The damaged one is only read."""
    _refuse_if_taken(into_folder)
    path = folder / FILE_NAME
    files.inspect_file(path, whole=False)
    opened = opening.open_wreck(path)
    try:
        with contextlib.closing(Store.open(into_folder)) as store:
            return _salvage(opened.connection, store, into_folder)
    finally:
        opened.connection.close()
        if opened.copy is not None:
            opened.copy.cleanup()


def _salvage(wreck: sqlite3.Connection, store: Store, into_folder: Path) -> LibrarySalvaged:
    saved = doubtful = lost = 0
    for session_id in _session_ids(wreck):
        try:
            session = rows.read_session(wreck, session_id, verify=True)
        except (sqlite3.Error, LibraryError, ValueError):
            session = None
            with contextlib.suppress(sqlite3.Error, ValueError):
                session = rows.read_session(wreck, session_id, verify=False, with_nodes=False)
            session = session or _text_alone(wreck, session_id)
            doubtful += session is not None
        else:
            saved += session is not None
        if session is None:
            lost += 1
            continue
        store.save_session(session)
        for generation_id in _ids(wreck, "SELECT id FROM generations WHERE session_id = ?", session_id):
            with contextlib.suppress(sqlite3.Error, LibraryError, ValueError):
                generation = passages.read_generation(wreck, generation_id, verify=True)
                tokens = passages.read_tokens(wreck, generation_id, passages.Pieces(wreck), verify=True)
                if generation is not None:
                    store.save_generation(generation, 0, tokens, session)
        _copy_line(wreck, store, session_id)
    return LibrarySalvaged(str(into_folder), saved, doubtful, lost)


def _text_alone(wreck: sqlite3.Connection, session_id: int) -> SessionRecord | None:
    """A session of which only the text is left."""
    with contextlib.suppress(sqlite3.Error):
        row = wreck.execute("SELECT text FROM manuscripts WHERE session_id = ?", (session_id,)).fetchone()
        if row and isinstance(row[0], str):
            return SessionRecord(session_id, "", row[0], (Run(len(row[0])),), 0, 0.0, 0)
    return None


def _copy_line(wreck: sqlite3.Connection, store: Store, session_id: int) -> None:
    """What the list says of a session beside its text."""
    columns = ("created_utc", "updated_utc", "deleted_utc", "pinned", "archived", "tags")
    with contextlib.suppress(sqlite3.Error):
        sql = f"SELECT {', '.join(columns)} FROM sessions WHERE id = ?"  # noqa: S608
        values = wreck.execute(sql, (session_id,)).fetchone()
        cleaned = [clean(value) if isinstance(value, str) else value for value in values or ()]
        if cleaned:
            update = f"UPDATE sessions SET {' = ?, '.join(columns)} = ? WHERE id = ?"  # noqa: S608
            store.change(lambda db: db.execute(update, (*cleaned, session_id)))


def _session_ids(wreck: sqlite3.Connection) -> Iterator[int]:
    """From wherever they can still be read, and from both ends, as a broken page stops a reading."""
    found: dict[int, None] = {}
    for table, column in (("sessions", "id"), ("manuscripts", "session_id"), ("generations", "session_id")):
        for direction in ("ASC", "DESC"):
            found |= dict.fromkeys(
                _ids(wreck, f"SELECT {column} FROM {table} ORDER BY {column} {direction}")  # noqa: S608
            )
    yield from sorted(found)


def _ids(wreck: sqlite3.Connection, sql: str, *parameters: int) -> list[int]:
    ids: list[int] = []
    with contextlib.suppress(sqlite3.Error):
        for (value,) in wreck.execute(sql, parameters):
            if isinstance(value, int) and value > 0:
                ids.append(value)
    return ids


def _refuse_if_taken(folder: Path) -> None:
    if any(files.size_of(files.companion(folder / FILE_NAME, e)) is not None for e in ("", "-wal")):
        raise _taken()


def _taken() -> LibraryError:
    return LibraryError(
        Damage.FAILED,
        QT_TRANSLATE_NOOP("StudioError", "There is a library in this folder already."),
        QT_TRANSLATE_NOOP("StudioError", "Choose an empty folder; nothing was changed."),
    )
