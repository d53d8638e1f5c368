"""Verified copies of the library, made through SQLite, never by copying the live file.

Between the start and the end of a copy the log is not folded in (`Copying`), so the main file stays as it was
at the start: a second, immutable connection copies it in a thread while the first one goes on saving to the
log. A copy is written under another name, checked, forced to disk, and only then named.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.store import files
from studio.store.trouble import damaged_library

FOLDER = "backups"
"""Beside the library."""

DAILY, BY_HAND, BEFORE_MIGRATION = "daily", "by-hand", "before-migration"
_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"library-(\d{8}T\d{6}Z)-([a-z-]+?)(-\d+)?\.db")
_PAGES = 256
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


def thin(folder: Path, now: datetime) -> int:
    """Delete the daily backups that are superfluous; how many. Others are the user's to delete."""
    daily = {
        path: time
        for path in made(folder)
        if (time := time_of(path)) and (name := _NAME.fullmatch(path.name)) and name[2] == DAILY
    }
    gone = superfluous(daily.values(), now)
    paths = [path for path, time in daily.items() if time in gone]
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def back_up(connection: sqlite3.Connection, folder: Path, reason: str) -> Path:
    """Copy the library to folder/library-<UTC>-<reason>.db, now, while nobody else can have it."""
    with _new_file(folder, reason) as temporary:
        _copy(connection, temporary, threading.Event())
        return _publish(temporary, folder, reason)


class Copying:
    """A copy that is being made by a thread. `fraction` grows to 1; `finish` gives the path or raises."""

    def __init__(self, connection: sqlite3.Connection, path: Path, folder: Path, reason: str) -> None:
        """`connection` is the one that writes `path`. Raises sqlite3.Error."""
        self.fraction = 0.0
        self._connection, self._path, self._folder, self._reason = connection, path, folder, reason
        self._result: Path | BaseException | None = None
        self._stop = threading.Event()
        self._finished = False
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        (pages,) = connection.execute("PRAGMA wal_autocheckpoint").fetchone()
        self._autocheckpoint = int(pages)
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        self._thread = threading.Thread(target=self._run, name="backup")
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether the copy is done, or has failed, after so long at most."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def finish(self, *, stop: bool = False) -> Path | None:
        """Wait for the end. None if it was told to stop before; raises what stood in the way."""
        if stop:
            self._stop.set()
        self._thread.join()
        if not self._finished:
            self._finished = True
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {self._autocheckpoint}")
        if isinstance(self._result, BaseException):
            if self._stop.is_set():
                return None
            raise self._result
        return self._result

    def _run(self) -> None:
        try:
            # Immutable: no lock, no log. The VFS keeps the lock of the other connection in this process.
            source = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            with contextlib.closing(source), _new_file(self._folder, self._reason) as temporary:
                _copy(source, temporary, self._stop, self)
                self._result = _publish(temporary, self._folder, self._reason)
        except BaseException as error:
            self._result = error


class _StoppedError(Exception):
    pass


def _copy(
    source: sqlite3.Connection, target: Path, stop: threading.Event, copying: Copying | None = None
) -> None:
    def on_progress(_status: int, remaining: int, total: int) -> None:
        if stop.is_set():
            raise _StoppedError
        if copying and total:
            copying.fraction = 1 - remaining / total

    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
        source.backup(copy, pages=_PAGES, progress=on_progress)
        # The copy holds all that the log of the original held, and nobody is running on it.
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("UPDATE meta SET value = '0' WHERE key = 'running'")
        if copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise damaged_library(
                QT_TRANSLATE_NOOP(
                    "StudioError", "A backup of the library could not be made: its copy is damaged."
                )
            )


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


def restore(backup: Path, target: Path) -> bool:
    """Copy a backup to `target`, checked; False if there is a file of that name, which stays as it is."""
    files.inspect_file(backup, whole=True)
    with _new_file(target.parent, "restored") as temporary:
        source = sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        with contextlib.closing(source):
            _copy(source, temporary, threading.Event())
        return files.publish(temporary, target)
