"""The library as a stream of answers: one request in, messages out. No Qt, no threads of its own to wait for.

All calls must come from one thread, that of the connection.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, assert_never

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.store import files, keeping, model_use, shelf
from studio.store.errand import Errand
from studio.store.opening import connect
from studio.store.records import (
    ArchiveSession,
    BackupNow,
    BackupProgress,
    Backups,
    CheckBackup,
    CloseLibrary,
    CopyBackup,
    Damage,
    DeleteSession,
    DuplicateSession,
    EmptyTrash,
    GenerationLoaded,
    KeepingProgress,
    LibraryClosed,
    LibraryFailed,
    LibraryMessage,
    LibraryOpened,
    LibraryRequest,
    ListBackups,
    ListModelUses,
    ListSessionModels,
    ListSessions,
    LoadGeneration,
    LoadTokens,
    ModelsUsed,
    OpenLibrary,
    OpenSession,
    PinSession,
    RenameSession,
    RequestFailed,
    Rescue,
    Rescued,
    RestoreBackup,
    RestoreSession,
    Salvage,
    Saved,
    SaveGeneration,
    SaveSession,
    SearchLibrary,
    SessionModels,
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

Result = TypeVar("Result")


class Librarian:
    """Holds the open library, if any. An exception never leaves `run`: it becomes an answer."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._errand: Errand[Any] | None = None

    def run(self, request: LibraryRequest) -> Iterator[LibraryMessage]:
        """Carry out one request. What is answered has been done: `Saved` comes after COMMIT."""
        try:
            match request:
                case OpenLibrary():
                    yield self._open(request.folder, request.read_only, request.accept_loss)
                case StartFresh():
                    yield self._start_fresh(request.folder)
                case OpenSession():
                    session = self._open_store().session(request.session_id)
                    line = self._open_store().look(lambda db: shelf.summary(db, request.session_id))
                    yield SessionOpened(session, line)
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
                    yield from self._back_up(request.only_if_due)
                case ListBackups():
                    yield Backups(keeping.list_backups(Path(request.folder), self._id_in(request.folder)))
                case CheckBackup():
                    path = Path(request.path)
                    mine = self._id_in(str(path.parent.parent))
                    yield from self._do(
                        lambda errand: Backups(
                            (keeping.look_at(path, whole=True, library_id=mine, errand=errand),), whole=True
                        )
                    )
                case RestoreBackup():
                    path, into = Path(request.path), Path(request.into_folder)
                    yield from self._do(lambda errand: keeping.restore(path, into, errand))
                case Salvage():
                    folder, into = Path(request.folder), Path(request.into_folder)
                    yield from self._do(lambda errand: keeping.salvage(folder, into, errand))
                case CopyBackup():
                    path, target = Path(request.path), Path(request.target)
                    yield from self._do(lambda errand: keeping.copy_out(path, target, errand))
                case Rescue():
                    yield from self._rescue(Path(request.folder), request.backup)
                case SearchLibrary():
                    yield self._open_store().search(request.query, request.limit)
                case SaveGeneration():
                    summary = self._open_store().save_generation(
                        request.generation, request.first_token, request.tokens, request.session
                    )
                    yield _saved(request, summary)
                case LoadTokens():
                    store, wanted = self._open_store(), request.generation_id
                    yield TokensLoaded(wanted, store.tokens(wanted), store.generation(wanted))
                case LoadGeneration():
                    yield GenerationLoaded(
                        request.generation_id, self._open_store().generation(request.generation_id)
                    )
                case ListModelUses():
                    yield ModelsUsed(self._open_store().look(model_use.uses))
                case ListSessionModels():
                    wanted = request.session_id
                    found = self._open_store().look(lambda db: model_use.of_session(db, wanted))
                    yield SessionModels(wanted, found)
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

    def _rescue(self, folder: Path, backup: str) -> Iterator[LibraryMessage]:
        self._close()
        _refuse_if_in_use(folder / FILE_NAME)

        def work(errand: Errand[Rescued]) -> Rescued:
            if backup:
                return keeping.put_back(Path(backup), folder, errand)
            return keeping.salvage_in_place(folder, errand)

        for step in self._do(work):
            if isinstance(step, Rescued):
                yield replace(self._open(str(folder)), rescued=step)
            else:
                yield step

    def _back_up(self, only_if_due: bool) -> Iterator[LibraryMessage]:
        try:
            for step in self._open_store().back_up(only_if_due=only_if_due):
                yield BackupProgress(step) if isinstance(step, float) else step
        except (OSError, sqlite3.Error) as error:
            known = explain(error)
            if known is None:
                raise
            full = known.damage is Damage.FULL
            raise LibraryError(
                known.damage,
                QT_TRANSLATE_NOOP("StudioError", "The backup could not be made: {reason}."),
                QT_TRANSLATE_NOOP(
                    "StudioError", "Your texts are saved all the same; look at the backups folder."
                ),
                reason=os.strerror(errno.ENOSPC) if full else getattr(error, "strerror", "") or str(error),
            ) from error

    def _do(self, work: Callable[[Errand[Result]], Result]) -> Iterator[Result | KeepingProgress]:
        """Have something long done by a thread; other requests can be answered between two steps."""
        if self._errand is not None:
            raise LibraryError(
                Damage.FAILED,
                QT_TRANSLATE_NOOP("StudioError", "The library is still busy with a check or a restore."),
                QT_TRANSLATE_NOOP("StudioError", "Wait until it is done, then try again."),
            )
        errand = Errand("keeping", work)
        self._errand, given_up = errand, True
        try:
            for fraction in errand.steps():
                yield KeepingProgress(fraction)
            given_up = False
        finally:
            if self._errand is errand:
                self._errand = None
            result = _finish(errand, stop=given_up)
        if result is not None:
            yield result

    def _id_in(self, folder: str) -> str | None:
        """Which library is open, if it is the one in `folder`."""
        store = self._store
        return store.library_id() if store is not None and store.found.folder == folder else None

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
    def is_open(self) -> bool:
        """Whether there is an open library."""
        return self._store is not None

    @property
    def is_ours(self) -> bool:
        """Whether there is an open library that may be written."""
        return self._store is not None and not self._store.read_only

    @property
    def store(self) -> Store:
        """The open library. Raises RuntimeError if there is none."""
        return self._open_store()

    def _open_store(self) -> Store:
        if self._store is None:
            raise RuntimeError("no library is open")
        return self._store

    def _close(self) -> None:
        if self._errand is not None:
            with contextlib.suppress(Exception):  # nobody waits for it any more
                self._errand.finish(stop=True)
            self._errand = None
        store, self._store = self._store, None
        if store is not None:
            store.close()


def _finish(errand: Errand[Result], *, stop: bool) -> Result | None:
    try:
        return errand.finish(stop=stop)
    except (OSError, sqlite3.Error) as error:
        known = explain(error)
        if known is None or known.damage is not Damage.FULL:
            raise
        to_do = QT_TRANSLATE_NOOP(
            "StudioError", "Free some space or choose another disk, then try again; nothing was changed."
        )
        raise LibraryError(Damage.FULL, known.templates[0], to_do) from error


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
        request,
    )
