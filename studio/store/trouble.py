"""Errors of the surroundings (disk, permissions, other programs) in plain words; everything else is a bug."""

from __future__ import annotations

import errno
import sqlite3
import traceback
from pathlib import Path

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.store.records import Damage

_FREE_SPACE = QT_TRANSLATE_NOOP(
    "StudioError", "Free some space on this disk; what you see is kept, and the next save goes on from there."
)
_RESCUE = QT_TRANSLATE_NOOP(
    "StudioError",
    "Put a backup in its place, save what can be read, or start afresh; the damaged file is kept.",
)
DAMAGED_FILE = QT_TRANSLATE_NOOP("StudioError", "The library file is damaged.")


class LibraryError(StudioError):
    """Something outside the program stands in the way of the library; `damage` is its kind."""

    def __init__(self, damage: Damage, happened: str, to_do: str, **values: object) -> None:
        super().__init__(happened, to_do, **values)
        self.damage = damage


def damaged_library(happened: str, **values: object) -> LibraryError:
    """The library as a whole cannot be trusted. `happened` is a template, marked as in `StudioError`."""
    return LibraryError(Damage.DAMAGED, happened, _RESCUE, **values)


def damaged_record(happened: str) -> LibraryError:
    """One record is not as it was written. `happened` is a template, marked as in `StudioError`."""
    return LibraryError(
        Damage.DAMAGED,
        happened,
        QT_TRANSLATE_NOOP(
            "StudioError",
            "Close the program and make a copy of the library folder before you go on; check the disk.",
        ),
    )


_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: Damage.LOCKED,
    sqlite3.SQLITE_LOCKED: Damage.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Damage.LOCKED,
    sqlite3.SQLITE_READONLY: Damage.READ_ONLY,
    sqlite3.SQLITE_PERM: Damage.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: Damage.DAMAGED,
    sqlite3.SQLITE_NOTADB: Damage.DAMAGED,
    sqlite3.SQLITE_FULL: Damage.FULL,
    sqlite3.SQLITE_IOERR: Damage.FAILED,
    sqlite3.SQLITE_CANTOPEN: Damage.FAILED,
}

_BY_ERRNO = {
    errno.ENOSPC: Damage.FULL,
    errno.EDQUOT: Damage.FULL,
    errno.EROFS: Damage.READ_ONLY,
    errno.EACCES: Damage.READ_ONLY,
    errno.EPERM: Damage.READ_ONLY,
}

_SENTENCES = {
    Damage.DAMAGED: (DAMAGED_FILE, _RESCUE),
    Damage.NEWER: (
        QT_TRANSLATE_NOOP("StudioError", "This library was written by a newer version of GPT-2 Studio."),
        QT_TRANSLATE_NOOP(
            "StudioError", "Open it with that version, or choose another folder; nothing in it was changed."
        ),
    ),
    Damage.READ_ONLY: (
        QT_TRANSLATE_NOOP(
            "StudioError", "The library cannot be written: its file, its folder or its disk is read-only."
        ),
        QT_TRANSLATE_NOOP("StudioError", "Open it for reading only, or make it writable and try again."),
    ),
    Damage.LOCKED: (
        QT_TRANSLATE_NOOP("StudioError", "Another program has the library open."),
        QT_TRANSLATE_NOOP(
            "StudioError", "Close the other program (perhaps a second window of this one) and try again."
        ),
    ),
    Damage.FULL: (
        QT_TRANSLATE_NOOP("StudioError", "There is no space left on the disk of the library."),
        _FREE_SPACE,
    ),
    Damage.FAILED: (
        QT_TRANSLATE_NOOP("StudioError", "The disk of the library reports an error."),
        QT_TRANSLATE_NOOP("StudioError", "Check that the disk is connected and healthy, then try again."),
    ),
}


def trouble(damage: Damage) -> LibraryError:
    """The usual two sentences for `damage`."""
    return LibraryError(damage, *_SENTENCES[damage])


def explain(error: BaseException) -> LibraryError | None:
    """`error` in plain words if it comes from the surroundings; None if it is a bug of ours.

    SQLite's errors are told apart by their primary result code, never by their wording.
    """
    if isinstance(error, LibraryError):
        return error
    damage = None
    if isinstance(error, sqlite3.Error):
        damage = _BY_SQLITE_CODE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    elif isinstance(error, OSError):
        damage = _BY_ERRNO.get(error.errno or 0, Damage.FAILED)
    return trouble(damage) if damage else None


def report(error: BaseException) -> str:
    """A traceback without any text of the user's: types, files of the program and lines, no values."""
    lines = []
    cause: BaseException | None = error
    while cause is not None:
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        lines += [
            f"  {_inside(frame.filename)}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__, limit=-30)
        ]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(lines)


def _inside(filename: str) -> str:
    """The path from the package on: what lies before it may be the user's name."""
    parts = Path(filename).parts
    roots = [k for k, part in enumerate(parts) if part in {"studio", "site-packages"}]
    return "/".join(parts[roots[-1] :] if roots else parts[-1:])
