"""The library's files as files: names, fsync, renaming. Nothing here deletes or overwrites a library."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.store.schema import FILE_NAME
from studio.store.trouble import damaged_library

_MAGIC = b"SQLite format 3\0"
_UNFINISHED = re.compile(r"library-([a-z-]+-)?[a-z0-9_]{8}\.unfinished(-journal|-wal|-shm)?")


def companion(path: Path, ending: str) -> Path:
    """`library.db-wal` and the like."""
    return path.with_name(path.name + ending)


def size_of(path: Path) -> int | None:
    """Bytes of the file; None if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def free_bytes(path: Path) -> int:
    """What there is left on the disk of `path`."""
    return shutil.disk_usage(path).free


def make_folder(folder: Path) -> None:
    """Create `folder` for its owner's eyes only. One that exists keeps its mode: it may hold other things."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def inspect_file(path: Path, *, whole: bool) -> None:
    """Raise LibraryError if `path` cannot be an SQLite file. (SQLite takes an empty file for a new one.)

    `whole`: no log might complete it, so it must end where a page ends. (SQLite would go on with zeros.)
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise damaged_library(QT_TRANSLATE_NOOP("StudioError", "{file} is not a file."), file=FILE_NAME)
    if status.st_size == 0:
        raise damaged_library(
            QT_TRANSLATE_NOOP("StudioError", "The library file is empty: its content has been lost.")
        )
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise damaged_library(
            QT_TRANSLATE_NOOP("StudioError", "{file} is not a library, or its beginning is damaged."),
            file=FILE_NAME,
        )
    page_size = int.from_bytes(header[16:18], "big")
    page_size = 65536 if page_size == 1 else page_size
    if whole and (page_size < 512 or status.st_size % page_size):
        raise damaged_library(QT_TRANSLATE_NOOP("StudioError", "The library file has been cut off."))


def can_write(path: Path) -> bool:
    """Whether the library could be written, before anything tries to. SQLite makes files beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)


def fsync_file(path: Path) -> None:
    """Force a finished file to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Force new names in `folder` to the disk. Windows has no such call, and needs none."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def temporary_beside(path: Path) -> Path:
    """A new empty file in the folder of `path`, 0600, whose name says what it was to become."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.stem}-", suffix=".unfinished", dir=path.parent)
    os.close(descriptor)
    return Path(name)


def remove_unfinished(folder: Path) -> None:
    """Delete what a program that was killed has left of `temporary_beside`. What cannot be deleted stays.

    Only for whom the library in or beside `folder` is locked: nobody else can be writing such a file there.
    """
    with contextlib.suppress(OSError):
        for file in folder.iterdir():
            if _UNFINISHED.fullmatch(file.name):
                if file.is_dir():
                    shutil.rmtree(file)
                else:
                    file.unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> bool:
    """Give a finished file its name, for good. False if another file has that name: it stays as it is."""
    fsync_file(temporary)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links (FAT, some network drives)
        if path.exists():
            return False
        temporary.rename(path)
    fsync_folder(path.parent)
    return True


def set_aside(folder: Path) -> Path:
    """Rename a damaged library and its companions to library-damaged-<UTC>.db; returns that path.

    The log goes first: were the program killed in between, a log without its library could otherwise be
    replayed into the fresh one. A library without its log is refused, and set aside by the next try.
    """
    path, target = folder / FILE_NAME, _name_aside(folder)
    for ending in (*_COMPANIONS, ""):
        if os.path.lexists(companion(path, ending)):
            companion(path, ending).rename(companion(target, ending))
    fsync_folder(folder)
    return target


def put_in_place(finished: Path, folder: Path) -> Path:
    """Make a finished file the library; the damaged one is set aside as by `set_aside`; returns its path.

    There is a library.db at every moment: first the damaged one gets its second name, then its companions
    follow, then the finished one takes its place. Were the program killed in between, the damaged one would
    still be there, and what has been set aside of it is whole.
    """
    fsync_file(finished)
    path, target = folder / FILE_NAME, _name_aside(folder)
    if os.path.lexists(path):
        _name_twice(path, target)
        fsync_folder(folder)
    for ending in _COMPANIONS:  # before the new one comes: SQLite would replay the old log into it
        if os.path.lexists(companion(path, ending)):
            companion(path, ending).rename(companion(target, ending))
    fsync_folder(folder)
    finished.replace(path)
    fsync_folder(folder)
    return target


_COMPANIONS = ("-wal", "-shm", "-journal")


def _name_aside(folder: Path) -> Path:
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target, n = folder / f"library-damaged-{time}.db", 1
    while any(os.path.lexists(companion(target, ending)) for ending in ("", *_COMPANIONS)):
        n += 1
        target = folder / f"library-damaged-{time}-{n}.db"
    return target


def _name_twice(path: Path, target: Path) -> None:
    try:
        os.link(path, target, follow_symlinks=False)
    except (OSError, NotImplementedError):  # a file system without hard links, or a folder of that name
        if not path.is_file():
            path.rename(target)
            return
        try:
            shutil.copyfile(path, target)
            fsync_file(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
