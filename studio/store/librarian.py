"""The library as a stream of answers: one request in, messages out. No Qt, no threads of its own to wait for.

All calls must come from one thread, that of the connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.store import files, keeping, shelf
from studio.store.opening import connect
from studio.store.records import (
    ArchiveSession,
    BackupNow,
    BackupProgress,
    Backups,
    CheckBackup,
    CloseLibrary,
    Damage,
    DeleteSession,
    DuplicateSession,
    EmptyTrash,
    LibraryClosed,
    LibraryFailed,
    LibraryMessage,
    LibraryOpened,
    LibraryRequest,
    ListBackups,
    ListSessions,
    LoadTokens,
    OpenLibrary,
    OpenSession,
    PinSession,
    RenameSession,
    RequestFailed,
    RestoreBackup,
    RestoreSession,
    Salvage,
    Saved,
    SaveGeneration,
    SaveSession,
    SearchLibrary,
    SessionOpened,
    SessionsListed,
    SessionSummary,
    StartFresh,
    TagSession,
    TokensLoaded,
)
from studio.store.schema import FILE_NAME
from studio.store.store import Store
from studio.store.trouble import LibraryError, explain, report


class Librarian:
    """Holds the open library, if any. An exception never leaves `run`: it becomes an answer."""

    def __init__(self) -> None:
        self._store: Store | None = None

    def run(self, request: LibraryRequest) -> Iterator[LibraryMessage]:
        """Carry out one request. What is answered has been done: `Saved` comes after COMMIT."""
        try:
            match request:
                case OpenLibrary():
                    yield self._open(request.folder, request.read_only, request.accept_loss)
                case StartFresh():
                    yield self._start_fresh(request.folder)
                case OpenSession():
                    yield SessionOpened(self._open_store().session(request.session_id))
                case SaveSession():
                    summary = self._open_store().save_session(request.session)
                    yield _saved(request, summary)
                case RenameSession():
                    self._open_store().rename_session(request.session_id, request.title)
                    yield SessionsListed(self._open_store().sessions())
                case DeleteSession():
                    self._open_store().delete_session(request.session_id)
                    yield SessionsListed(self._open_store().sessions())
                case RestoreSession():
                    self._open_store().restore_session(request.session_id)
                    yield SessionsListed(self._open_store().sessions())
                case PinSession():
                    yield self._change_list(lambda db: shelf.pin(db, request.session_id, request.pinned))
                case ArchiveSession():
                    yield self._change_list(
                        lambda db: shelf.archive(db, request.session_id, request.archived)
                    )
                case TagSession():
                    yield self._change_list(lambda db: shelf.tag(db, request.session_id, request.tags))
                case DuplicateSession():
                    self._open_store().duplicate_session(request.session_id, request.new_id)
                    yield SessionsListed(self._open_store().sessions())
                case ListSessions():
                    view, order = request.view, request.order
                    listed = self._open_store().look(lambda db: shelf.sessions(db, view, order))
                    yield SessionsListed(listed, view, order)
                case EmptyTrash():
                    yield self._open_store().empty_trash()
                case BackupNow():
                    for step in self._open_store().back_up(only_if_due=request.only_if_due):
                        yield BackupProgress(step) if isinstance(step, float) else step
                case ListBackups():
                    yield Backups(keeping.list_backups(Path(request.folder)))
                case CheckBackup():
                    yield Backups((keeping.look_at(Path(request.path), whole=True),))
                case RestoreBackup():
                    yield keeping.restore(Path(request.path), Path(request.into_folder))
                case Salvage():
                    yield keeping.salvage(Path(request.folder), Path(request.into_folder))
                case SearchLibrary():
                    yield self._open_store().search(request.query, request.limit)
                case SaveGeneration():
                    summary = self._open_store().save_generation(
                        request.generation, request.first_token, request.tokens, request.session
                    )
                    yield _saved(request, summary)
                case LoadTokens():
                    yield TokensLoaded(
                        request.generation_id, self._open_store().tokens(request.generation_id)
                    )
                case CloseLibrary():
                    self._close()
                    yield LibraryClosed()
                case _:
                    assert_never(request)
        except Exception as error:  # the border: nothing may get past it
            yield _failed(request, error)
            if isinstance(request, CloseLibrary):
                yield LibraryClosed()

    def _open(self, folder: str, read_only: bool = False, accept_loss: bool = False) -> LibraryOpened:
        self._close()
        self._store = Store.open(Path(folder), read_only=read_only, accept_loss=accept_loss)
        return replace(self._store.found, folder=folder)

    def _start_fresh(self, folder: str) -> LibraryOpened:
        self._close()
        _refuse_if_in_use(Path(folder, FILE_NAME))
        aside = files.set_aside(Path(folder))
        return replace(self._open(folder), set_aside=str(aside))

    def tidy(self) -> bool:
        """Do a little of what can wait, when there is nothing else to do; whether there is nothing left.

        Takes about 0.05 s. What stands in the way will be told of by a request that needs it done.
        """
        try:
            return self._store is None or self._store.index()
        except Exception:
            return True

    def _change_list(self, verb: Callable[[sqlite3.Connection], None]) -> SessionsListed:
        store = self._open_store()
        store.change(verb)
        return SessionsListed(store.sessions())

    @property
    def store(self) -> Store:
        """The open library. Raises RuntimeError if there is none."""
        return self._open_store()

    def _open_store(self) -> Store:
        if self._store is None:
            raise RuntimeError("no library is open")
        return self._store

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()


def _saved(request: SaveSession | SaveGeneration, summary: SessionSummary) -> Saved:
    return Saved(request.session.id, request.session.revision, summary)


def _refuse_if_in_use(path: Path) -> None:
    """Raise LibraryError if another program is writing this library: it would go on in the file set aside."""
    if not files.size_of(path) or files.size_of(files.companion(path, "-wal")) is None:
        # While a library is open its log is there. And SQLite must not see an empty library with a log: it
        # would delete the log, which may be all that is left.
        return
    looking = connect(path, "mode=ro")
    try:
        looking.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        known = explain(error)
        if known is not None and known.damage is Damage.LOCKED:
            raise
    finally:
        looking.close()


def _failed(request: LibraryRequest, error: Exception) -> LibraryFailed | RequestFailed:
    known = explain(error)
    bug = "" if known else report(error)
    known = known or LibraryError(
        Damage.FAILED,
        QT_TRANSLATE_NOOP(
            "StudioError", "The library could not do this, because of a mistake in the program."
        ),
        QT_TRANSLATE_NOOP(
            "StudioError",
            "Save the report and send it to the developers; what was saved before is not affected.",
        ),
    )
    if isinstance(request, OpenLibrary | StartFresh) and not bug:
        return LibraryFailed(
            request.folder, known.damage, known.what_happened, known.what_to_do, known.templates, known.values
        )
    match request:
        case SaveSession() | SaveGeneration():
            session_id: int | None = request.session.id
        case (
            OpenSession()
            | RenameSession()
            | DeleteSession()
            | RestoreSession()
            | PinSession()
            | ArchiveSession()
            | TagSession()
            | DuplicateSession()
        ):
            session_id = request.session_id
        case _:
            session_id = None
    unsaved = request if isinstance(request, SaveSession | SaveGeneration) else None
    return RequestFailed(
        session_id,
        known.damage,
        known.what_happened,
        known.what_to_do,
        bug,
        unsaved,
        known.templates,
        known.values,
    )
