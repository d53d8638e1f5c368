"""Errors of the surroundings (disk, permissions, other programs) in plain words; everything else is a bug."""

from __future__ import annotations

import errno
import sqlite3
import traceback
from pathlib import Path

from studio.store.records import Damage

_FREE_SPACE = "Free some space on this disk; what you see is kept, and the next save goes on from there."
_RESCUE = "Set it aside and start a fresh library; the damaged file is kept beside it."


class LibraryError(Exception):
    """Something outside the program stands in the way: what happened and what to do, one sentence each."""

    def __init__(self, damage: Damage, what_happened: str, what_to_do: str) -> None:
        super().__init__(damage, what_happened, what_to_do)
        self.damage = damage
        self.what_happened = what_happened
        self.what_to_do = what_to_do


def damaged_library(what_happened: str) -> LibraryError:
    """The library as a whole cannot be trusted."""
    return LibraryError(Damage.DAMAGED, what_happened, _RESCUE)


def damaged_record(what: str) -> LibraryError:
    """One record is not as it was written."""
    return LibraryError(
        Damage.DAMAGED,
        f"The library file has changed on the disk by itself: {what} cannot be trusted.",
        "Close the program and make a copy of the library folder before you go on; check the disk.",
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
    Damage.DAMAGED: ("The library file is damaged.", _RESCUE),
    Damage.NEWER: (
        "This library was written by a newer version of GPT-2 Studio.",
        "Open it with that version, or choose another folder; nothing in it was changed.",
    ),
    Damage.READ_ONLY: (
        "The library cannot be written: its file, its folder or its disk is read-only.",
        "Open it for reading only, or make it writable and try again.",
    ),
    Damage.LOCKED: (
        "Another program has the library open.",
        "Close the other program (perhaps a second window of this one) and try again.",
    ),
    Damage.FULL: ("There is no space left on the disk of the library.", _FREE_SPACE),
    Damage.FAILED: (
        "The disk of the library reports an error.",
        "Check that the disk is connected and healthy, then try again.",
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
