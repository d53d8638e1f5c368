"""Opening a library with care. Nothing is written before the file is known to be a sound library of ours.

The order: size and header, read as plain bytes; after an unclean exit everything else through a read-only
connection (so that a damaged file and its log keep their bytes); then the one writing connection with its
exclusive lock; a verified backup before a migration; only then the first write.

When pages are checked (`integrity_check`): always up to SMALL_BYTES; above that after an unclean exit, and
once a week. A check is given up after CHECK_LIMIT_S and tried again at the next start, so that no library is
so large that it cannot be opened. "Clean" is meta.running = 0, written by the last act of `Store.close`.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.store import files, rows
from studio.store.records import Damage
from studio.store.schema import APPLICATION_ID, FILE_NAME, MAJOR_VERSION, MIGRATIONS, SEARCH_SQL, TABLES
from studio.store.trouble import DAMAGED_FILE, LibraryError, damaged_library, explain, trouble

SMALL_BYTES = 32 * 2**20
CHECK_LIMIT_S = 2.0
WEEK_S = 7 * 24 * 3600
BUSY_S = 1.0
"""How long to wait for another program to let go: the window that is just closing."""
TRY_S = 0.1
"""How long one try of opening for writing waits."""


@dataclass(slots=True)
class Opened:
    """An open library file. `copy`: the folder of a private copy, see `_open_read_only`."""

    connection: sqlite3.Connection
    path: Path
    read_only: bool
    checked: bool = False
    running: bool = False  # marked as in use, by this program
    cut_off: bool = False  # it was so marked before: the last program that had it open did not close it
    pending: bool = False
    copy: tempfile.TemporaryDirectory[str] | None = None


def connect(path: Path, mode: str, timeout_s: float = BUSY_S) -> sqlite3.Connection:
    """A connection in autocommit mode; `mode` is that of SQLite's URIs (rw never creates a file).

    One thread uses it at a time. It may be another one that closes it when the interpreter exits.
    """
    # Bytes that are not UTF-8 must not keep a text from being read; the checksum tells of them.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = _decode
    # The file may come from a stranger: its schema may not call functions, and cells are checked when read.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def open_library(folder: Path, *, read_only: bool = False, accept_loss: bool = False) -> Opened:
    """Open or create the library in `folder`. Raises LibraryError, sqlite3.Error or OSError."""
    path = folder / FILE_NAME
    if not os.path.lexists(path):
        if files.size_of(files.companion(path, "-wal")):
            raise damaged_library(
                QT_TRANSLATE_NOOP(
                    "StudioError", "{file} is missing, though its companion {file}-wal is there."
                ),
                file=FILE_NAME,
            )
        if read_only:
            raise LibraryError(
                Damage.FAILED,
                QT_TRANSLATE_NOOP("StudioError", "There is no library in this folder."),
                QT_TRANSLATE_NOOP("StudioError", "Choose another folder, or create one."),
            )
        _create(path)
    files.inspect_file(path, whole=not read_only and not files.size_of(files.companion(path, "-wal")))
    if not read_only and not files.can_write(path):
        raise trouble(Damage.READ_ONLY)
    try:
        opened = _open_read_only(path) if read_only else _open_first(path, accept_loss)
    except (sqlite3.Error, KeyError, ValueError) as error:
        # What was asked of the file so far is fixed, so any complaint that is not known is the file's fault.
        raise (explain(error) or damaged_library(DAMAGED_FILE)) from error
    if opened.pending:
        try:
            _migrate(opened.connection, path)
        except BaseException:
            opened.connection.close()
            raise
    return opened


def _create(path: Path) -> None:
    """A new library appears under its name only when it is complete; an older one is never replaced."""
    from studio.store.migrations import migrate

    files.make_folder(path.parent)
    temporary = files.temporary_beside(path)
    try:
        connection = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA synchronous = OFF")  # one fsync at the end, in `publish`
            migrate(connection)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        files.publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _open_first(path: Path, accept_loss: bool) -> Opened:
    """Of two programs that open a library with a log, each may wait for the other: let go, and try again."""
    until = time.monotonic() + BUSY_S
    while True:
        try:
            return _open_writable(path, accept_loss)
        except (sqlite3.Error, LibraryError) as error:
            known = explain(error)
            if known is None or known.damage is not Damage.LOCKED or time.monotonic() > until:
                raise
        time.sleep(random.uniform(0.01, 0.15))  # noqa: S311 (so that they do not meet again)


def _open_writable(path: Path, accept_loss: bool) -> Opened:
    log = files.companion(path, "-wal")
    checked = False
    unclean = bool(files.size_of(log))
    if unclean:
        looking = connect(path, "mode=ro", TRY_S)
        try:
            checked = _examine(looking, path, unclean=True)
        finally:
            looking.close()
    log_missing = files.size_of(log) is None
    connection = connect(path, "mode=rw", TRY_S)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what was deleted is not to be read in the file
        if not unclean:
            checked = _examine(connection, path, unclean=False, log_missing=log_missing and not accept_loss)
        _pragma(connection, "schema_version")  # takes the lock, for good
        cut_off = connection.execute("SELECT value FROM meta WHERE key = 'running'").fetchone() != ("0",)
        # What the log held is part of a sound library again. Should opening fail from here on, closing the
        # connection may remove the log, and the next start must not miss it.
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'running' AND value <> '0'")
        # Left by a look from outside. With the lock held, nobody else can be using it, and we never do.
        files.companion(path, "-shm").unlink(missing_ok=True)
        for folder in (path.parent, path.parent / "backups"):
            files.remove_unfinished(folder)
        if _pragma(connection, "journal_mode = WAL") != "wal":
            raise trouble(Damage.FAILED)
        connection.execute(f"PRAGMA journal_size_limit = {16 * 2**20}")
        pending = is_pending(connection)
    except BaseException:
        connection.close()
        raise
    told = cut_off and not accept_loss  # of a lost log the user knows
    return Opened(connection, path, read_only=False, checked=checked, pending=pending, cut_off=told)


def _open_read_only(path: Path) -> Opened:
    """What can be read, damaged or not: pages and checksums are not checked, but a newer format is refused.

    SQLite can read a log only where it can make an index file beside it. Where it cannot, and there is
    something in the log, library and log are copied to a private folder and read there. So is a library with
    an older schema: the copy is migrated.
    """
    log = files.companion(path, "-wal")
    copy = None
    if files.size_of(log) is None:
        connection = connect(path, "mode=ro&immutable=1")
    else:
        connection = connect(path, "mode=ro")
        try:
            _pragma(connection, "schema_version")
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
                raise
            if files.size_of(log):
                copy = tempfile.TemporaryDirectory(prefix="gpt2-studio-")
                for file in (path, log):
                    shutil.copyfile(file, Path(copy.name, file.name))
                connection = connect(Path(copy.name, path.name), "mode=rw")
            else:
                connection = connect(path, "mode=ro&immutable=1")
    try:
        identify(connection)
        if is_pending(connection):
            from studio.store.migrations import migrate

            copy = copy or tempfile.TemporaryDirectory(prefix="gpt2-studio-")
            older, connection = connection, connect(Path(copy.name, "migrated.db"), "mode=rwc")
            with contextlib.closing(older):
                older.backup(connection)
            migrate(connection)
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        if copy:
            copy.cleanup()
        raise
    return Opened(connection, path, read_only=True, copy=copy)


def open_wreck(path: Path) -> Opened:
    """What can still be read, for `keeping.salvage`: as for reading only, or at worst without any look."""
    try:
        return _open_read_only(path)
    except (sqlite3.Error, LibraryError, KeyError, ValueError) as error:
        known = explain(error)
        if known is not None and known.damage is not Damage.DAMAGED:
            raise
        connection = connect(path, "mode=ro&immutable=1")
        try:
            with contextlib.suppress(sqlite3.Error):
                refuse_planted(connection)
        except LibraryError:
            connection.close()
            raise
        return Opened(connection, path, read_only=True)


def identify(connection: sqlite3.Connection) -> None:
    """Raise LibraryError unless this is a library of ours that we know how to read."""
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise damaged_library(
            QT_TRANSLATE_NOOP(
                "StudioError", "{file} was not written by this program, or its beginning is damaged."
            ),
            file=FILE_NAME,
        )
    version = _pragma(connection, "user_version")
    if not isinstance(version, int) or version < 1:
        raise damaged_library(
            QT_TRANSLATE_NOOP("StudioError", "The beginning of the library file is damaged.")
        )
    if version > MAJOR_VERSION:
        raise trouble(Damage.NEWER)
    refuse_planted(connection)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    # A table that a pending migration will make may be missing.
    if not is_pending(connection) and not tables.issuperset(TABLES):
        raise damaged_library(QT_TRANSLATE_NOOP("StudioError", "A table of the library is missing."))


def refuse_planted(connection: sqlite3.Connection) -> None:
    """Raise LibraryError if the schema has anything that could do something by itself when we read or write.

    Plain tables and indexes that are not ours are a newer program's of the same major version. A migration
    that makes a trigger, a view, a generated column or another virtual table must raise the major version.
    """
    planted = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')"
        " OR (type = 'table' AND name = 'search' AND sql <> ?)"
        " OR (type = 'table' AND name <> 'search' AND rootpage = 0)",
        (SEARCH_SQL,),
    ).fetchone()[0]
    hidden = connection.execute(
        "SELECT count(*) FROM sqlite_master AS t JOIN pragma_table_xinfo(t.name) AS c"
        " WHERE t.type = 'table' AND t.name NOT LIKE 'search%' AND c.hidden <> 0"
    ).fetchone()[0]
    if planted or hidden:
        raise LibraryError(
            Damage.DAMAGED,
            QT_TRANSLATE_NOOP(
                "StudioError", "{file} contains program code that this program has not put there."
            ),
            QT_TRANSLATE_NOOP(
                "StudioError", "Do not open it if it is from somebody else; if it is yours, restore a backup."
            ),
            file=FILE_NAME,
        )


def _examine(connection: sqlite3.Connection, path: Path, *, unclean: bool, log_missing: bool = False) -> bool:
    """Raise LibraryError if the library is not sound. Returns whether its pages were checked to the end."""
    identify(connection)
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    running, last_check = meta["running"] != "0", int(meta["last_check"])
    if running and log_missing:
        raise LibraryError(
            Damage.LOG_MISSING,
            QT_TRANSLATE_NOOP(
                "StudioError",
                "The newest changes may be missing: the program was cut off, and {file}-wal is gone.",
            ),
            QT_TRANSLATE_NOOP(
                "StudioError", "Put {file}-wal back beside {file}, or open the library without those changes."
            ),
            file=FILE_NAME,
        )
    if not is_pending(connection):
        # SQLite does not notice a changed text. The others are verified when they are opened.
        rows.read_last_session(connection, verify=True)
    age = time.time() - last_check
    due = unclean or running or not 0 <= age < WEEK_S  # a check in the future: the clock was set back
    return (due or path.stat().st_size <= SMALL_BYTES) and _check_pages(connection)


def _check_pages(connection: sqlite3.Connection) -> bool:
    """Whether the check came to its end in time; raises LibraryError if it found damage."""
    # Not quick_check: it takes nearly as long, and does not see it when pages of an index (or of a table that
    # is one) have changed places. A timer because it is one step of SQLite's machine, which no progress
    # handler interrupts.
    timer = threading.Timer(CHECK_LIMIT_S, connection.interrupt)
    timer.start()
    try:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(1)")]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return False
        raise
    finally:
        timer.cancel()
        timer.join()
    if found != ["ok"]:
        raise damaged_library(QT_TRANSLATE_NOOP("StudioError", "A part of the library file is damaged."))
    return True


def is_pending(connection: sqlite3.Connection) -> bool:
    """Whether a migration is to be applied; as `Migrations.pending`, without importing sqlite-utils."""
    found = connection.execute(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = 'studio' ORDER BY id LIMIT ?",
        (len(MIGRATIONS),),
    )
    applied = tuple(name for (name,) in found)
    # Steps are only ever appended, so what was applied is where our list begins. (More than our list: a newer
    # program of the same major version.) A changed name must not have its step applied a second time.
    if not applied or applied != MIGRATIONS[: len(applied)]:
        raise damaged_library(
            QT_TRANSLATE_NOOP("StudioError", "The library file does not know its own version any more.")
        )
    return len(applied) < len(MIGRATIONS)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    from studio.store.backup import back_up
    from studio.store.migrations import migrate

    back_up(connection, path.parent / "backups", "before-migration")
    migrate(connection)
    # The version must be in the header before an older program looks at it.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    row = connection.execute(f"PRAGMA {name}").fetchone()
    return row[0] if row else None


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")
