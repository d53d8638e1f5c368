"""Sessions to files and files to sessions: the work of the library's thread for Export and Import. No Qt.

Both are streams of answers, several a second: between any two the thread may do something else, say a save.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from studio import intake
from studio.core.errors import QT_TRANSLATE_NOOP, Sentence, StudioError
from studio.core.messages import Token
from studio.exchange import (
    ExchangeCancelled,
    ExchangeFailed,
    ExchangeMessage,
    ExchangeProgress,
    ExchangeRequest,
    Exported,
    ExportSessions,
    FilesImported,
    ImportedFile,
    ImportFiles,
)
from studio.export.archive import Archive
from studio.export.formats import EXPORTERS
from studio.intake import Imported
from studio.store import passages, shelf
from studio.store.records import GenerationRecord
from studio.store.shelf import set_origin
from studio.store.store import Store
from studio.store.trash import purge
from studio.store.trouble import LibraryError, explain

STEP_S = 0.05
"""How long the library's thread works on at a stretch."""


def run(store: Store, request: ExchangeRequest) -> Iterator[ExchangeMessage]:
    """Carry out a request on an open library. Only a bug of ours is raised."""
    if isinstance(request, ImportFiles):
        yield from _Import(store, request).steps()
        return
    try:
        yield from _export(store, request)
    except Exception as error:
        yield ExchangeFailed(_understood(error))


def _understood(error: Exception) -> StudioError:
    """What stands in the way, in plain words. Raises `error` if that is a bug of ours."""
    known = error if isinstance(error, StudioError) else explain(error)
    if known is None:
        raise error
    return known


# -- sessions to files -------------------------------------------------------------------------------------


def _export(store: Store, request: ExportSessions) -> Iterator[ExchangeMessage]:
    exporter = next(exporter for exporter in EXPORTERS if exporter.name == request.exporter)
    ids = request.session_ids or session_ids(store)
    if not ids:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is no session to export."),
            QT_TRANSLATE_NOOP("StudioError", "Write something first."),
        )
    left_out: list[Sentence] = []
    reading = _Reading(store, ids, left_out.append)
    started = time.monotonic()
    with contextlib.closing(exporter.steps(reading, Path(request.path), request.options)) as writing:
        for _ in _by_turns(reading, writing):
            if request.cancelled.is_set():
                yield ExchangeCancelled()
                return
            if time.monotonic() - started >= STEP_S:
                yield ExchangeProgress(max(reading.n_taken - 1, 0), len(ids))
                started = time.monotonic()
    yield Exported(request.path, len(ids), tuple(left_out))


def session_ids(store: Store) -> tuple[int, ...]:
    """Every session that is not in the trash, oldest first."""
    archived = store.look(lambda db: shelf.sessions(db, "archived"))
    return tuple(sorted(line.id for line in (*store.sessions(), *archived)))


def archive_of(store: Store, session_id: int, tell: Callable[[Sentence], object]) -> Archive:
    """Everything of one session; tokens are read when they are looked at. `tell` what cannot be read."""
    *_, archive = _archive_steps(store, session_id, tell)
    assert archive is not None
    return archive


def _archive_steps(
    store: Store, session_id: int, tell: Callable[[Sentence], object]
) -> Iterator[Archive | None]:
    """The same, with None where something else can be done; the archive comes last."""
    session = store.session(session_id)
    line = store.look(lambda db: shelf.summary(db, session_id))
    ids = store.look(lambda db: passages.ids_of(db, session_id))
    generations = []
    for generation_id in ids:
        if (generation := store.generation(generation_id)) is not None:
            generations.append(replace(generation, session_id=session_id))  # a copy shares them
        yield None
    tokens = _StoredTokens(store, tuple(generation.id for generation in generations), tell)
    yield Archive(session, line.created_utc, line.updated_utc, line.tags, tuple(generations), tokens)


class _Reading(Iterator[Archive]):
    """The archives of an export. The next one can be read ahead in steps, so that taking it takes no time."""

    def __init__(self, store: Store, ids: tuple[int, ...], tell: Callable[[Sentence], object]) -> None:
        self._store, self._tell, self._left = store, tell, list(ids[::-1])
        self._alone = len(ids) == 1
        self._ready: deque[Archive] = deque()
        self.n_taken = 0

    def ahead(self) -> Iterator[None]:
        """Read until there is one to take, or none is left."""
        while self._left and not self._ready:
            session_id = self._left.pop()
            try:
                for archive in _archive_steps(self._store, session_id, self._tell):
                    if archive is not None:
                        self._ready.append(archive)
                    yield
            except LibraryError as error:
                if self._alone:
                    raise
                self._tell(_left_out(session_id, error))  # damaged, or deleted meanwhile

    def __next__(self) -> Archive:
        for _ in self.ahead():
            pass
        if not self._ready:
            raise StopIteration
        self.n_taken += 1
        return self._ready.popleft()


def _by_turns(reading: _Reading, writing: Iterator[None]) -> Iterator[None]:
    """Read one archive ahead of each step of writing: an exporter takes one a step at most."""
    while True:
        yield from reading.ahead()
        try:
            next(writing)
        except StopIteration:
            return
        yield


class _StoredTokens(Mapping[int, tuple[Token, ...]]):
    """The tokens of some generations, in the library: of a long session they would fill the memory."""

    def __init__(self, store: Store, ids: tuple[int, ...], tell: Callable[[Sentence], object]) -> None:
        self._store, self._ids, self._tell = store, dict.fromkeys(ids), tell

    def __getitem__(self, generation_id: int) -> tuple[Token, ...]:
        if generation_id not in self._ids:
            raise KeyError(generation_id)
        try:
            return self._store.tokens(generation_id)
        except LibraryError as error:
            self._tell(Sentence(error.templates[0], error.values))
            return ()

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def _left_out(session_id: int, error: LibraryError) -> Sentence:
    template = QT_TRANSLATE_NOOP("StudioError", "Session {n} is not in the file: {reason}")
    return Sentence(
        template, (("n", str(session_id)), ("reason", Sentence(error.templates[0], error.values)))
    )


# -- files to sessions -------------------------------------------------------------------------------------


class _Import:
    """One request, file by file."""

    def __init__(self, store: Store, request: ImportFiles) -> None:
        self._store = store
        self._request = request
        self._next_session_id = request.next_session_id
        self._next_generation_id = request.next_generation_id
        self._ids: list[int] = []

    def steps(self) -> Iterator[ExchangeMessage]:
        files: list[ImportedFile] = []
        paths = self._request.paths
        for path in paths:
            progress = ExchangeProgress(len(files), len(paths))
            titles: list[str] = []
            left_out: tuple[Sentence, ...] = ()
            error: StudioError | None = None
            try:
                reading = _read(Path(path))
                while (imported := next(reading)) is None:
                    yield progress
                left_out = imported.left_out
                for archive in intake.adopted(
                    imported.archives, self._next_session_id, self._next_generation_id
                ):
                    for _ in self._keep(archive):
                        yield progress
                    if archive.session.id in self._ids:
                        titles.append(archive.title)
            except Exception as raised:
                error = _understood(raised)
            if titles or error or not self._request.cancelled.is_set():
                files.append(ImportedFile(path, tuple(titles), left_out, error))
            if self._request.cancelled.is_set():
                break
        yield FilesImported(tuple(self._ids), self._next_session_id, self._next_generation_id, tuple(files))

    def _keep(self, archive: Archive) -> Iterator[None]:
        """In one transaction; if that would take long, in the trash until the last one is done."""
        store, session = self._store, replace(archive.session, revision=1)
        if self._request.cancelled.is_set():
            return
        self._next_session_id += 1
        self._next_generation_id += len(archive.generations)
        left = list(archive.generations[::-1])
        with store.together():
            store.save_session(session)
            store.change(lambda db: set_origin(db, session.id, archive.created_utc, archive.tags))
            self._keep_generations(archive, left)
            if left:
                store.delete_session(session.id)
        try:
            while left:
                yield
                if self._request.cancelled.is_set():
                    store.change(lambda db: purge(db, session.id))
                    return
                with store.together():
                    self._keep_generations(archive, left)
                    if not left:
                        store.restore_session(session.id)
        except BaseException:
            with contextlib.suppress(Exception):  # if even that is refused, it stays in the trash
                store.change(lambda db: purge(db, session.id))
            raise
        self._ids.append(session.id)

    def _keep_generations(self, archive: Archive, left: list[GenerationRecord]) -> None:
        """Write some of those that are left, and take them off the list."""
        unchanged = replace(archive.session, text="", runs=(), nodes=(), revision=0)  # it is there already
        started = time.monotonic()
        while left and time.monotonic() - started < STEP_S:
            generation = left.pop()
            self._store.save_generation(generation, 0, archive.tokens.get(generation.id, ()), unchanged)


def _read(path: Path) -> Iterator[Imported | None]:
    """None until the file is read, in another thread, since that may take seconds. Raises StudioError."""
    with ThreadPoolExecutor(1, "import") as pool:
        reading = pool.submit(intake.read, path)
        while wait((reading,), STEP_S).not_done:
            yield None
    yield reading.result()
