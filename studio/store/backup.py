"""Verified copies of the library, made through SQLite, never by copying the live file.

Between the start and the end of a copy the log is not folded in (`Copying`), so the main file stays as it was
at the start: a second, immutable connection copies it in a thread while the first one goes on saving to the
log. A copy is written under another name, checked, forced to disk, and only then named.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.store import files, opening, soundness
from studio.store.errand import Errand
from studio.store.trouble import damaged_library

FOLDER = "backups"
"""Beside the library."""

DAILY, BY_HAND, BEFORE_MIGRATION = "daily", "by-hand", "before-migration"
_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"library-(\d{8}T\d{6}Z)-([a-z-]+?)(-\d+)?\.db")
LEAVES_BYTES = 64 * 2**20
"""The last of the space is for what is written."""

_PAGES = 256
_COPIED = 0.7
"""What copying is of the whole; the rest is checking."""
_DAY = timedelta(days=1)


def made(folder: Path) -> tuple[Path, ...]:
    """The backups in a folder, the oldest first. What only looks like one is not told from one here."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if time_of(path)))


def time_of(path: Path) -> datetime | None:
    """When a backup was made, by its name; None if it has no such name."""
    found = _NAME.fullmatch(path.name)
    try:
        return datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def created_utc(path: Path) -> str:
    """The same as text."""
    time = time_of(path)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""


def is_due(folder: Path, now: datetime) -> bool:
    """Whether the newest backup is older than a day. One from the future (the clock was set back) is none."""
    times = [time for path in made(folder) if (time := time_of(path)) and time <= now]
    return not times or now - max(times) >= _DAY


def is_needed(connection: sqlite3.Connection, path: Path, folder: Path, now: datetime) -> bool:
    """Whether the daily backup of the library `path` is due, would hold anything, and has room enough."""
    room = files.free_bytes(path) - 1.2 * (files.size_of(path) or 0)
    (used,) = connection.execute("SELECT EXISTS (SELECT * FROM sessions)").fetchone()
    return bool(used) and room > LEAVES_BYTES and is_due(folder, now)


def begins_a_week(folder: Path, now: datetime) -> bool:
    """Whether there is no daily backup of this calendar week (UTC) yet: this one is checked to the last."""
    week = now.strftime("%G-%V")
    return not any(_reason(path) == DAILY and time.strftime("%G-%V") == week for path, time in _timed(folder))


def superfluous(times: Iterable[datetime], now: datetime) -> set[datetime]:
    """Those of the daily backups that need not be kept: the newest of each of the last 7 days that have one

    is kept, and likewise of 4 weeks and 12 months. Those of the future are left alone.
    """
    past = sorted((time for time in times if time <= now), reverse=True)
    keep: set[datetime] = set()
    for name, n in (("%Y-%m-%d", 7), ("%G-%V", 4), ("%Y-%m", 12)):
        newest: dict[str, datetime] = {}
        for time in past:
            newest.setdefault(time.strftime(name), time)
        keep.update(list(newest.values())[:n])
    return set(past) - keep


def thin(folder: Path, now: datetime, is_ours: Callable[[Path], bool] = lambda _: True) -> int:
    """Delete the daily backups that are superfluous; how many. Others are the user's to delete."""
    daily = {path: time for path, time in _timed(folder) if _reason(path) == DAILY}
    gone = superfluous(daily.values(), now)
    paths = [path for path, time in daily.items() if time in gone and is_ours(path)]
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def library_id(path: Path) -> str | None:
    """Which library a file is, or is a backup of; None if it does not say."""
    with contextlib.suppress(sqlite3.Error, OSError):
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        with contextlib.closing(source):
            row = source.execute("SELECT value FROM meta WHERE key = 'library_id'").fetchone()
            return row[0] if row and isinstance(row[0], str) else None
    return None


def back_up(connection: sqlite3.Connection, folder: Path, reason: str) -> Path:
    """Copy the library to folder/library-<UTC>-<reason>.db, now, while nobody else can have it."""
    with _new_file(folder, reason) as temporary:
        _copy(connection, temporary, None)
        return _publish(temporary, folder, reason)


@dataclass(frozen=True, slots=True)
class Copied:
    """A finished copy. `n_damaged`: so many sessions in it are not as they were written."""

    path: Path
    n_damaged: int


class Copying:
    """A copy that is being made by a thread; see `Errand`."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, folder: Path, reason: str, *, whole: bool
    ) -> None:
        """`connection` is the one that writes `path`. `whole`: check each session too.

        Raises sqlite3.Error.
        """
        self._connection, self._path, self._folder, self._reason = connection, path, folder, reason
        self._whole = whole
        self._finished = False
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        (pages,) = connection.execute("PRAGMA wal_autocheckpoint").fetchone()
        self._autocheckpoint = int(pages)
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        self._errand = Errand("backup", self._copy)
        self.steps = self._errand.steps

    def finish(self, *, stop: bool = False) -> Copied | None:
        """Wait for the end. None if it was told to stop before; raises what stood in the way."""
        try:
            return self._errand.finish(stop=stop)
        finally:
            if not self._finished:
                self._finished = True
                self._connection.execute(f"PRAGMA wal_autocheckpoint = {self._autocheckpoint}")

    def _copy(self, errand: Errand[Copied]) -> Copied:
        files.remove_unfinished(self._folder)
        # Immutable: no lock, no log. The VFS keeps the lock of the other connection in this process.
        source = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        with contextlib.closing(source), _new_file(self._folder, self._reason) as temporary:
            n_damaged = _copy(source, temporary, errand, whole=self._whole)
            errand.go_on()
            return Copied(_publish(temporary, self._folder, self._reason), n_damaged)


def _copy(
    source: sqlite3.Connection, target: Path, errand: Errand[Any] | None, *, whole: bool = False
) -> int:
    """Returns how many sessions are damaged, if `whole`; a damaged page is an error."""

    def on_progress(_status: int, remaining: int, total: int) -> None:
        if errand is not None:
            errand.go_on()
            errand.fraction = _COPIED * (1 - remaining / max(total, 1))

    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
        source.backup(copy, pages=_PAGES, progress=on_progress)
        # The copy holds all that the log of the original held, and nobody is running on it.
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("UPDATE meta SET value = '0' WHERE key = 'running'")
        with errand.watching(copy) if errand else contextlib.nullcontext():
            sound = soundness.pages_are_sound(copy, indexes=whole)
        if not sound:
            raise damaged_library(
                QT_TRANSLATE_NOOP(
                    "StudioError", "A backup of the library could not be made: its copy is damaged."
                )
            )
    if not whole or errand is None:
        return 0
    with contextlib.closing(opening.connect(target, "mode=ro")) as copy:
        return soundness.damaged_sessions(copy, errand.go_on)


@contextlib.contextmanager
def _new_file(folder: Path, reason: str) -> Iterator[Path]:
    files.make_folder(folder)
    temporary = files.temporary_beside(folder / f"library-{reason}.db")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        files.companion(temporary, "-journal").unlink(missing_ok=True)


def _publish(temporary: Path, folder: Path, reason: str) -> Path:
    time = datetime.now(UTC).strftime(_TIME)
    target, n = folder / f"library-{time}-{reason}.db", 1
    while not files.publish(temporary, target):
        n += 1
        target = folder / f"library-{time}-{reason}-{n}.db"
    return target


def _timed(folder: Path) -> list[tuple[Path, datetime]]:
    return [(path, time) for path in made(folder) if (time := time_of(path))]


def _reason(path: Path) -> str:
    found = _NAME.fullmatch(path.name)
    return found[2] if found else ""


@contextlib.contextmanager
def restored_copy(backup: Path, folder: Path, errand: Errand[Any] | None = None) -> Iterator[Path]:
    """A checked copy of a backup in `folder`, not yet forced to disk; deleted at the end unless renamed."""
    files.inspect_file(backup, whole=True)
    with _new_file(folder, "restored") as temporary:
        source = sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        with contextlib.closing(source):
            _copy(source, temporary, errand)
        yield temporary


def restore(backup: Path, target: Path, errand: Errand[Any] | None = None) -> bool:
    """Copy a backup to `target`, checked; False if there is a file of that name, which stays as it is."""
    with restored_copy(backup, target.parent, errand) as temporary:
        return files.publish(temporary, target)
