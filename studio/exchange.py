"""Sessions to files and files to sessions: the work of the library's thread for Export and Import. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from studio import intake
from studio.core.errors import Sentence, StudioError
from studio.export import EXPORTERS
from studio.export.archive import Archive
from studio.export.exporter import Options
from studio.store.store import Store


@dataclass(frozen=True, slots=True)
class ExportSession:
    """Write a session to a file. `session_id` as it is in the library: save first."""

    session_id: int
    exporter: str
    path: str
    options: Options


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """Make sessions of files. Ids count on from these two."""

    paths: tuple[str, ...]
    next_session_id: int
    next_generation_id: int


@dataclass(frozen=True, slots=True)
class Exported:
    """The file is written."""

    path: str


@dataclass(frozen=True, slots=True)
class FilesImported:
    """The sessions are in the library. `left_out` says what could not be taken over."""

    session_ids: tuple[int, ...]
    next_session_id: int
    next_generation_id: int
    left_out: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class ExchangeFailed:
    """One file could not be written or read. Nothing else is affected."""

    error: StudioError


ExchangeRequest = ExportSession | ImportFiles
ExchangeMessage = Exported | FilesImported | ExchangeFailed


def run(store: Store, request: ExchangeRequest) -> Iterator[ExchangeMessage]:
    """Carry out a request on an open library. Errors of the library itself are the caller's."""
    if isinstance(request, ExportSession):
        exporter = next(exporter for exporter in EXPORTERS if exporter.name == request.exporter)
        try:
            exporter.write([archive_of(store, request.session_id)], Path(request.path), request.options)
        except StudioError as error:
            yield ExchangeFailed(error)
        else:
            yield Exported(request.path)
        return
    session_id, generation_id = request.next_session_id, request.next_generation_id
    ids: list[int] = []
    left_out: list[Sentence] = []
    for path in request.paths:
        try:
            imported = intake.read(Path(path))
        except StudioError as error:
            yield ExchangeFailed(error)
            continue
        left_out += imported.left_out
        for archive in intake.adopted(imported.archives, session_id, generation_id):
            _keep(store, archive)
            ids.append(archive.session.id)
            session_id += 1
            generation_id += len(archive.generations)
    yield FilesImported(tuple(ids), session_id, generation_id, tuple(left_out))


def archive_of(store: Store, session_id: int) -> Archive:
    """Everything of one session."""
    generations = store.generations_of(session_id)
    tokens = {generation.id: store.tokens(generation.id) for generation in generations}
    return Archive(store.session(session_id), generations=generations, tokens=tokens)


def _keep(store: Store, archive: Archive) -> None:
    session = replace(archive.session, revision=1)
    store.save_session(session)
    for generation in archive.generations:
        store.save_generation(generation, 0, archive.tokens.get(generation.id, ()), session)
