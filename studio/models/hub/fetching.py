"""Fetching one file of a commit by requests for ranges: resumed after any break, verified to the last bit."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import httpx2

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.hub.client import Access, PassingError, refused, trouble
from studio.models.hub.listing import RemoteFile
from studio.models.hub.meter import Meter
from studio.models.hub.names import Wanted
from studio.models.hub.patience import Patience
from studio.models.hub.stream import Answer, End, Stream
from studio.models.hub.unfinished import Unfinished, part

MAX_LIES = 3
"""So often may a server answer something else than it was asked for."""

_BLOCK = 1 << 20
_LOOK_S = 0.2
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")

Events = Iterator[dict[str, Any]]


class _LiedError(Exception):
    """The server sent something else than was asked for: nothing of the file is believed any more."""


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class Fetcher:
    """Fetches the files of one download, one after the other."""

    def __init__(
        self, client: httpx2.Client, access: Access, download: Unfinished, meter: Meter, patience: Patience
    ) -> None:
        self._client, self._access, self._download = client, access, download
        self._meter, self._patience = meter, patience

    def fetch(self, file: RemoteFile) -> Events:
        """Have `file` complete and verified in its place.

        Raises StudioError, CancelledError, and OSError if the disk refuses.
        """
        final, unverified = self._download.files / file.name, part(self._download.files, file)
        if final.is_file():
            final.replace(unverified)  # verified once more: the computer may have lost its power since
        for attempt in (1, 2):
            with _Incoming(unverified, file) as incoming:
                yield from self._hash_what_is_there(incoming)
                yield from self._fill(incoming)
                is_right = incoming.is_right()
                if is_right:
                    os.fsync(incoming.handle)
            if is_right:
                unverified.replace(final)
                return
            unverified.unlink()
            self._meter.found(-file.n_bytes)
            if attempt == 1:
                yield {"state": "again", "file": file.name}
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "“{name}” came twice with other contents than the Hub promises."
            ),
            QT_TRANSLATE_NOOP("StudioError", "It was not kept; try again later, or use another endpoint."),
            name=file.name,
        )

    def _hash_what_is_there(self, incoming: _Incoming) -> Events:
        self._meter.found(incoming.n_there)
        for _ in incoming.read_again():
            yield from self._patience.look()
            if self._meter.is_due():
                yield self._meter.fields("checking", incoming.file.name)

    def _fill(self, incoming: _Incoming) -> Events:
        """Ask for what is missing until all has come."""
        lies, furthest = 0, incoming.n_there
        while incoming.n_there < incoming.file.n_bytes:
            before = incoming.n_there
            yield from self._patience.look()
            try:
                yield from self._stream(incoming)
            except _LiedError as error:
                lies += 1
                self._start_over(incoming)
                if lies >= MAX_LIES:
                    raise _not_a_hub(self._access) from error
            except PassingError as error:
                if incoming.n_there > max(before, furthest):
                    self._patience.advanced()
                self._meter.interrupted()
                yield from self._patience.failed(error)
            furthest = max(furthest, incoming.n_there)
        self._patience.advanced()

    def _start_over(self, incoming: _Incoming) -> None:
        self._meter.found(-incoming.n_there)
        self._download.etags.pop(incoming.file.name, None)
        incoming.empty()

    def _stream(self, incoming: _Incoming) -> Events:
        """One request. Returns at its end or when there was a pause. Raises PassingError, _LiedError, ..."""
        file = incoming.file
        headers = dict(self._access.headers)
        if incoming.n_there:
            headers["Range"] = f"bytes={incoming.n_there}-"
            if etag := self._download.etags.get(file.name):
                headers["If-Range"] = etag
        stream = Stream(self._client, self._url(file), headers)
        try:
            while True:
                for event in self._patience.look():
                    stream.abandon()
                    self._meter.interrupted()
                    yield event
                if stream.is_abandoned:
                    return
                match stream.next(_LOOK_S):
                    case Answer() as answer:
                        self._on_answer(answer, incoming)
                    case bytes(data):
                        if incoming.n_there + len(data) > file.n_bytes:
                            raise _LiedError
                        incoming.write(data)
                        self._meter.arrived(len(data))
                    case End(error=None):
                        if incoming.n_there < file.n_bytes:
                            raise trouble(httpx2.RemoteProtocolError("short"), self._access)
                        return
                    case End(error=error):
                        assert error is not None
                        if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL):
                            raise trouble(error, self._access) from error
                        raise error
                    case None:
                        pass
                if self._meter.is_due():
                    yield self._meter.fields("fetching", file.name)
        finally:
            stream.abandon()

    def _on_answer(self, answer: Answer, incoming: _Incoming) -> None:
        """Hold the answer to what was asked. Raises PassingError, _LiedError, StudioError."""
        file, start = incoming.file, incoming.n_there
        headers = answer.headers
        if answer.status == 416 or (answer.status == 206 and not start):
            raise _LiedError
        if answer.status not in (200, 206):
            raise refused(answer.status, headers, self._access, Wanted(self._download.listing.repo))
        if headers.get("content-encoding", "identity") != "identity":
            raise _LiedError
        if answer.status == 200:
            if headers.get("content-length", str(file.n_bytes)) != str(file.n_bytes):
                raise _LiedError
            if start:  # ranges are not known here, or the file has changed
                self._start_over(incoming)
            self._note_etag(file, headers)
        elif not _is_range(headers, start, file.n_bytes):
            raise _LiedError

    def _note_etag(self, file: RemoteFile, headers: Mapping[str, str]) -> None:
        """Remember a strong ETag, so that a file that changed meanwhile is not put together of two."""
        etag = headers.get("etag", "")
        if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', etag) and file.n_bytes > _BLOCK:
            self._download.etags[file.name] = etag
            self._download.save()

    def _url(self, file: RemoteFile) -> str:
        listing = self._download.listing
        return f"{self._access.endpoint}/{listing.repo}/resolve/{listing.commit}/{quote(file.name)}"


class _Incoming:
    """The file that grows, and the hash of what is in it."""

    def __init__(self, path: Path, file: RemoteFile) -> None:
        self.file = file
        self.n_there = 0
        self._path = path

    def __enter__(self) -> _Incoming:
        self.handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self.n_there = os.fstat(self.handle).st_size
        if self.n_there > self.file.n_bytes:
            self.empty()
        self._digest = self._new_digest()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.handle)

    def read_again(self) -> Iterator[None]:
        """Hash what is there, a megabyte a turn; the next `write` goes behind it."""
        os.lseek(self.handle, 0, os.SEEK_SET)
        while block := os.read(self.handle, _BLOCK):
            self._digest.update(block)
            yield

    def write(self, data: bytes) -> None:
        """Append."""
        rest = memoryview(data)
        while rest:
            written = os.write(self.handle, rest)
            self._digest.update(bytes(rest[:written]))
            self.n_there += written
            rest = rest[written:]

    def empty(self) -> None:
        """Begin again."""
        os.ftruncate(self.handle, 0)
        os.lseek(self.handle, 0, os.SEEK_SET)
        self.n_there = 0
        self._digest = self._new_digest()

    def is_right(self) -> bool:
        """Whether all of it is as the Hub promised."""
        expected = self.file.sha256 or self.file.git_sha1
        return self.n_there == self.file.n_bytes and self._digest.hexdigest() == expected

    def _new_digest(self) -> _Digest:
        if self.file.sha256:
            return hashlib.sha256()
        # Git names what it keeps by this; of the small files the Hub tells nothing better.
        return hashlib.sha1(b"blob %d\0" % self.file.n_bytes, usedforsecurity=False)


def full_disk(error: OSError, needed: int, free: int) -> StudioError:
    """What is said when the disk refuses."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space(needed, free)
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The download could not be written ({reason})."),
        QT_TRANSLATE_NOOP("StudioError", "Check the disk and the folder's permissions, then resume it."),
        reason=error.strerror or type(error).__name__,
    )


def no_space(needed: int, free: int) -> StudioError:
    """What is said when it does not fit."""
    return StudioError(
        QT_TRANSLATE_NOOP(
            "StudioError", "There is not enough space: {needed} MB are needed, {free} MB are free."
        ),
        QT_TRANSLATE_NOOP("StudioError", "Make space on the library's disk, then resume the download."),
        needed=f"{-(-needed // 1_000_000):,}",
        free=f"{free // 1_000_000:,}",
    )


def _is_range(headers: Mapping[str, str], start: int, n_bytes: int) -> bool:
    """Whether a 206 answer holds the file from `start` to its end."""
    matched = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if matched is None:
        return False
    first, last, total = matched.groups()
    return int(first) == start and int(last) == n_bytes - 1 and total in ("*", str(n_bytes))


def _not_a_hub(access: Access) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "{host} sends something else than it was asked for."),
        QT_TRANSLATE_NOOP("StudioError", "Check the endpoint and the proxy in the download settings."),
        host=access.host,
    )
