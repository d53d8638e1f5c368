"""Requests about whole libraries: backups listed, checked and restored, and what can be saved of a wreck."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.history import Run
from studio.core.messages import Token
from studio.store import backup, files, opening, passages, rows, soundness
from studio.store.errand import Errand
from studio.store.packing import clean
from studio.store.records import (
    BackupCopied,
    BackupInfo,
    Damage,
    GenerationRecord,
    LibraryRestored,
    LibrarySalvaged,
    Rescued,
    SessionRecord,
)
from studio.store.schema import FILE_NAME
from studio.store.store import Store
from studio.store.trouble import LibraryError

_CHUNK_BYTES = 2**20


def list_backups(folder: Path, library_id: str | None = None) -> tuple[BackupInfo, ...]:
    """The backups of the library in `folder`, the newest first; looked at, not checked to the last page.

    With `library_id`, those of another library are told apart.
    """
    place = folder / backup.FOLDER
    try:
        made = backup.made(place)
    except OSError as error:
        raise LibraryError(
            Damage.FAILED,
            QT_TRANSLATE_NOOP("StudioError", "The folder of the backups cannot be read: {reason}."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Check its permissions and its disk; the library is not affected."
            ),
            reason=error.strerror or "",
        ) from error
    return tuple(look_at(path, whole=False, library_id=library_id) for path in reversed(made))


def look_at(
    path: Path, *, whole: bool, library_id: str | None = None, errand: Errand[Any] | None = None
) -> BackupInfo:
    """What there is to say of a backup. `whole`: every page and the checksum of every session."""
    n_sessions, sound, foreign = 0, True, False
    try:
        files.inspect_file(path, whole=True)
        with contextlib.closing(opening.connect(path, "mode=ro&immutable=1")) as connection:
            opening.identify(connection)
            (n_sessions,) = connection.execute("SELECT count(*) FROM sessions").fetchone()
            foreign = library_id is not None and _id_of(connection) != library_id
            if whole:
                sound = _is_sound(connection, errand)
    except (sqlite3.Error, LibraryError, OSError, KeyError, ValueError):
        sound = False
    if errand is not None:
        errand.go_on()  # an interrupted check says nothing about the backup
    size = files.size_of(path) or 0
    return BackupInfo(str(path), backup.created_utc(path), n_sessions, size, sound, foreign)


def _is_sound(connection: sqlite3.Connection, errand: Errand[Any] | None) -> bool:
    with errand.watching(connection) if errand else contextlib.nullcontext():
        if not soundness.pages_are_sound(connection, indexes=False):
            return False
    if errand is not None:
        errand.fraction = 0.5
    return soundness.damaged_sessions(connection, errand.go_on if errand else lambda: None) == 0


def restore(path: Path, into_folder: Path, errand: Errand[Any] | None = None) -> LibraryRestored:
    """A backup becomes the library of a folder that has none."""
    target = into_folder / FILE_NAME
    _refuse_if_taken(into_folder)
    if not backup.restore(path, target, errand):
        raise _taken()
    return LibraryRestored(str(into_folder), look_at(target, whole=False).n_sessions)


def salvage(folder: Path, into_folder: Path, errand: Errand[Any] | None = None) -> LibrarySalvaged:
    """Copy each session that can be read into a new library. The damaged one is only read."""
    _refuse_if_taken(into_folder)
    path = folder / FILE_NAME
    files.inspect_file(path, whole=False)
    opened = opening.open_wreck(path)
    try:
        with contextlib.closing(Store.open(into_folder)) as store:
            return _salvage(opened.connection, store, into_folder, errand)
    finally:
        opened.connection.close()
        if opened.copy is not None:
            opened.copy.cleanup()


def copy_out(path: Path, target: Path, errand: Errand[Any]) -> BackupCopied:
    """Copy a backup's file; `target` is replaced when the copy is whole and on the disk."""
    temporary = target.with_name(f".{secrets.token_hex(8)}.unfinished")
    try:
        if target.exists() and target.samefile(path):
            raise shutil.SameFileError(errno.EEXIST, os.strerror(errno.EEXIST))
        size = max(files.size_of(path) or 0, 1)
        with path.open("rb") as source, temporary.open("xb") as copy:
            while data := source.read(_CHUNK_BYTES):
                errand.go_on()
                copy.write(data)
                errand.fraction = min(copy.tell() / size, 1)
        files.fsync_file(temporary)
        temporary.replace(target)
        files.fsync_folder(target.parent)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise LibraryError(
            Damage.FAILED,
            QT_TRANSLATE_NOOP("StudioError", "The backup could not be copied there: {reason}."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Choose another folder or disk; the backup itself is untouched."
            ),
            reason=error.strerror or str(error),
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return BackupCopied(str(target))


def put_back(path: Path, folder: Path, errand: Errand[Any]) -> Rescued:
    """A copy of a backup takes the place of a damaged library, which is set aside."""
    with backup.restored_copy(path, folder, errand) as copy:
        found = look_at(copy, whole=True, errand=errand)
        if not found.checked:
            raise LibraryError(
                Damage.DAMAGED,
                QT_TRANSLATE_NOOP("StudioError", "This backup is damaged."),
                QT_TRANSLATE_NOOP("StudioError", "Choose another way; nothing was changed."),
            )
        errand.go_on()
        aside = files.put_in_place(copy, folder)
    return Rescued(str(aside), found.n_sessions, backup_utc=backup.created_utc(path))


def salvage_in_place(folder: Path, errand: Errand[Any]) -> Rescued:
    """What can be read of a damaged library takes its place; the damaged one is set aside."""
    with tempfile.TemporaryDirectory(prefix="library-salvaged-", suffix=".unfinished", dir=folder) as own:
        done = salvage(folder, Path(own), errand)
        if not done.n_saved and not done.n_doubtful:
            raise LibraryError(
                Damage.DAMAGED,
                QT_TRANSLATE_NOOP("StudioError", "Nothing can be read of this library any more."),
                QT_TRANSLATE_NOOP("StudioError", "Choose another way; nothing was changed."),
            )
        errand.go_on()
        aside = files.put_in_place(Path(own, FILE_NAME), folder)
    return Rescued(str(aside), done.n_saved, done.n_doubtful, done.n_lost)


def _salvage(
    wreck: sqlite3.Connection, store: Store, into_folder: Path, errand: Errand[Any] | None
) -> LibrarySalvaged:
    saved = doubtful = lost = 0
    # It is the same library, so that its backups are its own.
    library_id = None
    with contextlib.suppress(sqlite3.Error):
        library_id = _id_of(wreck)
    if library_id is not None:
        store.change(lambda db: db.execute(_SET_ID, (library_id,)))
    ids = list(_session_ids(wreck))
    for n_done, session_id in enumerate(ids):
        if errand is not None:
            errand.go_on()
            errand.fraction = n_done / len(ids)
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
            read = _generation(wreck, generation_id)
            if read is not None:
                generation, tokens = read
                store.save_generation(generation, 0, tokens, session)
        _copy_line(wreck, store, session_id)
    return LibrarySalvaged(str(into_folder), saved, doubtful, lost)


def _generation(
    wreck: sqlite3.Connection, generation_id: int
) -> tuple[GenerationRecord, tuple[Token, ...]] | None:
    """A generation and its tokens, if both are as they were written."""
    with contextlib.suppress(sqlite3.Error, LibraryError, ValueError):
        generation = passages.read_generation(wreck, generation_id, verify=True)
        tokens = passages.read_tokens(wreck, generation_id, passages.Pieces(wreck), verify=True)
        if generation is not None:
            return generation, tokens
    return None


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
    values = None
    with contextlib.suppress(sqlite3.Error):
        sql = f"SELECT {', '.join(columns)} FROM sessions WHERE id = ?"
        values = wreck.execute(sql, (session_id,)).fetchone()
    if values:
        cleaned = [clean(value) if isinstance(value, str) else value for value in values]
        update = f"UPDATE sessions SET {' = ?, '.join(columns)} = ? WHERE id = ?"
        with contextlib.suppress(sqlite3.IntegrityError):  # a value that is not one
            store.change(lambda db: db.execute(update, (*cleaned, session_id)))


def _session_ids(wreck: sqlite3.Connection) -> Iterator[int]:
    """From wherever they can still be read, and from both ends, as a broken page stops a reading."""
    found: dict[int, None] = {}
    for table, column in (("sessions", "id"), ("manuscripts", "session_id"), ("generations", "session_id")):
        for direction in ("ASC", "DESC"):
            found |= dict.fromkeys(_ids(wreck, f"SELECT {column} FROM {table} ORDER BY {column} {direction}"))
    yield from sorted(found)


_SET_ID = "UPDATE meta SET value = ? WHERE key = 'library_id'"


def _id_of(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = 'library_id'").fetchone()
    return row[0] if row and isinstance(row[0], str) and row[0] else None


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
