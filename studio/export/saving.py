"""Writing a file so that either the old or the whole new one is there, whatever happens in between."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

_ELSEWHERE = QT_TRANSLATE_NOOP("StudioError", "Choose another folder or file name; nothing was lost.")
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to be written; at the end it takes the place of `path`, with the mode that one had.

    It is in the same folder, forced to the disk before it is renamed, and removed if anything fails; a file
    that was there before is then untouched. A link stays a link: the file it points to is replaced. Raises
    StudioError for whatever the system refuses.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        temporary = target.with_name(f".{secrets.token_hex(8)}.unfinished")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temporary, flags, 0o666)
    except (OSError, ValueError) as error:
        raise _refused(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
        _fsync_folder(target.parent)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _fsync_folder(folder: Path) -> None:
    """Force the new name to the disk, where folders can be opened."""
    if sys.platform != "win32":
        with suppress(OSError):  # some network drives refuse it; the file itself is safe
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _refused(path: Path, error: OSError | ValueError) -> StudioError:
    if isinstance(error, OSError) and error.errno in _FULL:
        return StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is not enough space on the disk to write {file}."),
            QT_TRANSLATE_NOOP("StudioError", "Free some space or choose another disk, then export again."),
            file=path.name,
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "{file} could not be written: {reason}."),
        _ELSEWHERE,
        file=path.name,
        reason=reason,
    )
