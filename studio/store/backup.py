"""Verified copies of the library, made through SQLite, never by copying the live file."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.store import files
from studio.store.trouble import damaged_library

FOLDER = "backups"
"""Beside the library."""

_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"library-(\d{8}T\d{6}Z)-([a-z-]+)(-\d+)?\.db")


def made(folder: Path) -> tuple[Path, ...]:
    """The backups in a folder, the oldest first. What only looks like one is not told from one here."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if created_utc(path)))


def created_utc(path: Path) -> str:
    """When a backup was made, by its name; empty if it has no such name."""
    found = _NAME.fullmatch(path.name)
    try:
        time = datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) if found else None
    except ValueError:
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""


def back_up(connection: sqlite3.Connection, folder: Path, reason: str) -> Path:
    """Copy the library to folder/library-<UTC>-<reason>.db: written, checked, forced to disk, then named."""
    files.make_folder(folder)
    time = datetime.now(UTC).strftime(_TIME)
    target, n = folder / f"library-{time}-{reason}.db", 1
    temporary = files.temporary_beside(target)
    try:
        copy = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.backup(copy)
            # The copy holds all that the log of the original held, and nobody is running on it.
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("UPDATE meta SET value = '0' WHERE key = 'running'")
            if copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise damaged_library(
                    QT_TRANSLATE_NOOP(
                        "StudioError", "A backup of the library could not be made: its copy is damaged."
                    )
                )
        finally:
            copy.close()
        while not files.publish(temporary, target):
            n += 1
            target = folder / f"library-{time}-{reason}-{n}.db"
    finally:
        temporary.unlink(missing_ok=True)
    return target
