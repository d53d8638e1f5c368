"""Downloads that are not complete: folders of the shelf's `.staging`, each with a file that says what it is.

`download-<repository's hash>-<commit>/` holds `download.json`, a lock, and in `files/` what has come: what is
complete under its name, the file under way as `….part`. Reading these needs no network and no torch.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from studio import settings
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.hub import names
from studio.models.hub.listing import Listing, RemoteFile

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

STATE = "download.json"
FILES = "files"
PART = ".part"
_LOCK = "lock"
PATIENCE_S = 5.0
_MAX_STATE_BYTES = 1_000_000


@dataclass(slots=True)
class Unfinished:
    """What is known of one download. `etags` grows while it runs."""

    folder: Path
    listing: Listing
    revision: str  # as it was asked for
    name: str  # what the model is to be called
    endpoint: str
    etags: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> Path:
        """Where the model's files are made."""
        return self.folder / FILES

    @property
    def done_bytes(self) -> int:
        """How much has come."""
        return sum(max(_size(self.files / f.name), _size(part(self.files, f))) for f in self.listing.files)

    def save(self) -> None:
        """Write down what this is. Raises OSError."""
        record = {key: value for key, value in asdict(self).items() if key != "folder"}
        settings.write_whole(self.folder / STATE, json.dumps(record, ensure_ascii=False))


def part(files: Path, file: RemoteFile) -> Path:
    """Where a file is while it is not verified."""
    return files / f"{file.name}{PART}"


def place(staging: Path, listing: Listing) -> Path:
    """The folder of this commit's download."""
    repo = hashlib.sha256(f"{listing.repo}/{listing.gguf}".encode()).hexdigest()[:12]
    return staging / f"download-{repo}-{listing.commit}"


def read(folder: Path) -> Unfinished | None:
    """What a folder of `.staging` is the download of; None if it says nothing that makes sense."""
    path = folder / STATE
    try:
        if path.stat().st_size > _MAX_STATE_BYTES:
            return None
        record = json.loads(path.read_bytes())
        listed = record["listing"]
        files = tuple(RemoteFile(**file) for file in listed["files"])
        found = Unfinished(
            folder,
            Listing(**{**listed, "files": files, "left_out": tuple(listed["left_out"])}),
            str(record["revision"]),
            str(record["name"]),
            str(record["endpoint"]),
            {str(name): str(etag) for name, etag in dict(record["etags"]).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if _makes_sense(found) else None


def _makes_sense(found: Unfinished) -> bool:
    listing = found.listing
    return (
        names.is_repository(listing.repo)
        and names.is_commit(listing.commit)
        and isinstance(listing.licence, str)
        and bool(listing.files)
        and all(_file_makes_sense(file) for file in listing.files)
    )


def _file_makes_sense(file: RemoteFile) -> bool:
    name: Any = file.name
    plain = isinstance(name, str) and Path(name).name == name and not name.startswith(".")
    return plain and type(file.n_bytes) is int and isinstance(file.sha256 or file.git_sha1, str)


def in_staging(staging: Path) -> list[Unfinished]:
    """All that could be resumed, by name."""
    try:
        folders = sorted(staging.glob("download-*"))
    except OSError:
        return []
    found = (read(folder) for folder in folders)
    return sorted((one for one in found if one is not None), key=lambda one: one.name.casefold())


def of(staging: Path, wanted: names.Wanted) -> Unfinished | None:
    """The download of that repository and revision, if one was begun."""
    for one in in_staging(staging):
        is_file = wanted.file in ("", one.listing.gguf)
        is_revision = wanted.revision in (one.revision, one.listing.commit)
        if one.listing.repo == wanted.repo and is_revision and is_file:
            return one
    return None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Have a download's folder, made if need be, for this process alone. Raises StudioError, OSError.

    The system gives the lock back when the process ends, however that comes about.
    """
    while True:
        (folder / FILES).mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), (folder / _LOCK).stat()):
                    break  # else it was removed after this was opened: whoever had it has finished
        except BlockingIOError as error:
            os.close(handle)
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "This model is being downloaded already."),
                QT_TRANSLATE_NOOP("StudioError", "Wait for the other download, or cancel it first."),
            ) from error
        os.close(handle)
    try:
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    """Raises BlockingIOError if another process has it."""
    if sys.platform == "win32":
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def discard(folder: Path) -> None:
    """Delete what has come as soon as the job that made it is gone."""
    until = time.monotonic() + PATIENCE_S
    while folder.is_dir() and time.monotonic() < until:
        try:
            with locked(folder):
                pass
        except StudioError:
            time.sleep(0.05)
            continue
        forget(folder)


def forget(folder: Path) -> None:
    """Delete what has come. The download must not be running."""
    shutil.rmtree(folder, ignore_errors=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
