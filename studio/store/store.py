"""The library as verbs in, records out: one connection, one thread, every verb one transaction."""

from __future__ import annotations

import contextlib
import math
import sqlite3
import weakref
from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.messages import Token
from studio.store import backup, files, packing, passages, rows, running, search, shelf, trash
from studio.store.opening import SMALL_BYTES, Opened, open_library
from studio.store.packing import clean
from studio.store.records import (
    BackupMade,
    Damage,
    Found,
    GenerationRecord,
    LibraryOpened,
    SessionRecord,
    SessionSummary,
    TrashEmptied,
)
from studio.store.trouble import DAMAGED_FILE, LibraryError, damaged_library, explain, trouble

if TYPE_CHECKING:
    from sqlite_utils import Database

Result = TypeVar("Result")

INDEX_SLICE_S = 0.02
INDEX_AT_CLOSE_S = 0.5


class Store:
    """An open library. Every verb raises LibraryError, sqlite3.Error or OSError if the surroundings fail it.

    Nothing is changed by a verb that raises. When one returns, what it wrote is committed and on the disk.
    """

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._connection = opened.connection
        self._identity = running.identity(opened.path)
        # Not `__del__`: SQLite folds the log in when the connection is collected, but would leave the mark.
        self._finish = weakref.finalize(self, running.finish, opened, self._identity)
        self._pieces = passages.Pieces(self._connection)
        self._index_checked = False
        self._copying: backup.Copying | None = None
        self.read_only = opened.read_only
        self.found = self._look()
        """What was there when the library was opened, read before anything was written."""
        self._saved_order: int = self._value("SELECT coalesce(max(saved_order), 0) FROM sessions")
        if not self.read_only:
            running.begin(opened)

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False, accept_loss: bool = False) -> Self:
        """Open or create the library in `folder`."""
        opened = open_library(folder, read_only=read_only, accept_loss=accept_loss)
        try:
            return cls(opened)
        except BaseException as error:
            running.finish(opened, running.identity(opened.path))
            if isinstance(error, sqlite3.Error | ValueError) and not explain(error):
                # The questions are fixed and the schema known: what they meet is the file's fault.
                raise damaged_library(DAMAGED_FILE) from error
            raise

    def close(self) -> None:
        """Fold the log in and let go of the file. An interpreter that exits in good order does so too."""
        if self._copying is not None:
            with contextlib.suppress(sqlite3.Error):
                self._copying.finish(stop=True)
        if self._finish.alive:
            with contextlib.suppress(sqlite3.Error, OSError, StudioError):  # the next search does it
                self.index(INDEX_AT_CLOSE_S)
        self._finish()

    # -- reading -------------------------------------------------------------------------------------------

    def sessions(self) -> tuple[SessionSummary, ...]:
        """All but the deleted and archived ones, the pinned first, then the last saved."""
        return shelf.sessions(self._connection)

    def look(self, verb: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `verb` finds in the library."""
        return verb(self._connection)

    def session(self, session_id: int, *, with_nodes: bool = True) -> SessionRecord:
        """One session, deleted or not."""
        session = rows.read_session(
            self._connection, session_id, verify=not self.read_only, with_nodes=with_nodes
        )
        if session is None:
            raise shelf.no_session()
        return session

    def last_session(self) -> SessionRecord | None:
        """The one that was open last, if there is any."""
        return rows.read_last_session(self._connection, verify=not self.read_only)

    def generation(self, generation_id: int) -> GenerationRecord | None:
        """How a passage came about; None if it was never saved."""
        return passages.read_generation(self._connection, generation_id, verify=not self.read_only)

    def generations_of(self, session_id: int) -> tuple[GenerationRecord, ...]:
        """All generations of a session, oldest first, also those no longer in its text.

        A copy shares those of the session it was made from: they are given as its own.
        """
        found = map(self.generation, passages.ids_of(self._connection, session_id))
        return tuple(replace(g, session_id=session_id) for g in found if g is not None)

    def tokens(self, generation_id: int) -> tuple[Token, ...]:
        """The tokens of a generation from the first on, up to a gap if there is one (see save_generation)."""
        return passages.read_tokens(self._connection, generation_id, self._pieces, verify=not self.read_only)

    def search(self, text: str, limit: int) -> Found:
        """What is found in all that is committed."""
        found: Found | None = None
        with self._healing():
            if not self._index_checked and not self.read_only:
                self._index_checked = True
                if (files.size_of(self._opened.path) or 0) <= SMALL_BYTES:
                    self.change(search.check)
            self.index(math.inf, pieces=False)
            found = search.find(self._connection, text, limit)
        # None: the index has been made anew.
        return found or search.find(self._connection, text, limit)

    # -- writing -------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """The verbs within are one transaction."""
        try:
            with self._writing():
                yield
        except BaseException:
            self._pieces = passages.Pieces(self._connection)  # it may know of what was taken back
            raise

    def save_session(self, session: SessionRecord) -> SessionSummary:
        """Write a session as it is now; it becomes the first of the list if it was changed, not if only read.

        One of an earlier revision than the stored one (a save that failed and is sent again late) adds only
        what cannot be wrong by now: its nodes.
        """
        with self._writing() as db:
            self._write_session(db, session)
        return self._summary(session.id)

    def save_generation(
        self, generation: GenerationRecord, first_token: int, tokens: Sequence[Token], session: SessionRecord
    ) -> SessionSummary:
        """Write a generation as it is now, with its tokens from `first_token` on, and the session's text.

        Sending the same again changes nothing. If an earlier part was never written (its save failed), the
        text is saved all the same, and `tokens` gives those before the gap.
        """
        with self._writing() as db:
            self._write_session(db, session)
            model_id = self._write_generation(db, generation)
            pieces = self._pieces.of(model_id)
            new = packing.new_pieces(tokens, pieces)
            self._connection.executemany(
                "INSERT INTO pieces (model_id, token_id, text) VALUES (?, ?, ?)",
                ((model_id, token_id, text) for token_id, text in new.items()),
            )
            passages.write_tokens(self._connection, generation, first_token, tokens, ChainMap(new, pieces))
        pieces.update(new)  # only now: what was rolled back is not in the library
        return self._summary(session.id)

    def change(self, verb: Callable[[sqlite3.Connection], object]) -> None:
        """Carry out `verb` as one transaction."""
        with self._writing():
            verb(self._connection)

    def index(self, limit_s: float = INDEX_SLICE_S, *, pieces: bool = True) -> bool:
        """Index some of what was changed, for about so long; whether there is nothing left to do.

        Without `pieces`, long texts are left for later.
        """
        if self.read_only or not self._value("SELECT EXISTS (SELECT * FROM stale)"):
            return True
        if files.free_bytes(self._opened.path) < backup.LEAVES_BYTES:
            return True  # a search does without
        with self._writing():
            return search.index_stale(self._connection, limit_s, pieces=pieces)

    def duplicate_session(self, session_id: int, new_id: int) -> None:
        """Make a second session like this one; it becomes the first of the list."""
        with self._writing():
            self._saved_order += 1
            shelf.duplicate(self._connection, session_id, new_id, self._saved_order, _now())

    def empty_trash(self) -> TrashEmptied:
        """Delete the deleted sessions for good, and say what backups still hold them."""
        if self._copying is not None:  # emptying writes into the file that is being copied
            self._copying.finish(stop=True)
        purged = trash.in_trash(self._connection)
        for session_id in purged:
            with self._writing():
                trash.purge(self._connection, session_id)
        if purged:
            with self._healing():
                trash.wipe(self._connection)
        backups = backup.made(self._opened.path.parent / backup.FOLDER)
        holding = trash.still_in(backups, self.library_id(), purged) if purged else ()
        times = sorted(backup.created_utc(path) for path in holding)
        return TrashEmptied(len(purged), len(holding), times[0] if times else "", times[-1] if times else "")

    @contextlib.contextmanager
    def _healing(self) -> Iterator[None]:
        """The index holds nothing of its own: should it be damaged, make it anew and go on."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if self.read_only or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
                raise
            self.change(search.make_anew)
            self.index(math.inf, pieces=False)

    def back_up(self, *, only_if_due: bool) -> Iterator[float | BackupMade]:
        """Make a backup. Gives how far it is, several times a second, and what came of it at last.

        Saves go on in between. Nothing is made if one is under way, or `only_if_due` and there is no need.
        """
        folder, now = self._opened.path.parent / backup.FOLDER, datetime.now(UTC)
        needed = not only_if_due or backup.is_needed(self._connection, self._opened.path, folder, now)
        if self._copying or self.read_only or not needed:
            yield BackupMade("", 0)
            return
        self._refuse_if_moved()
        reason, whole = backup.BY_HAND, False
        if only_if_due:
            reason, whole = backup.DAILY, backup.begins_a_week(folder, now)
        copying = backup.Copying(self._connection, self._opened.path, folder, reason, whole=whole)
        self._copying, given_up = copying, True
        try:
            yield from copying.steps()
            given_up = False
        finally:
            self._copying = None
            copied = copying.finish(stop=given_up)
        if copied is None:
            yield BackupMade("", 0)
        elif copied.n_damaged:  # what is older may be all there is of it
            yield BackupMade(str(copied.path), 0, copied.n_damaged)
        else:
            mine = self.library_id()
            n_removed = backup.thin(folder, now, lambda path: backup.library_id(path) == mine)
            yield BackupMade(str(copied.path), n_removed)

    def library_id(self) -> str:
        """Which library this is; its backups are of the same."""
        return str(self._connection.execute("SELECT value FROM meta WHERE key = 'library_id'").fetchone()[0])

    def rename_session(self, session_id: int, title: str) -> None:
        """Change the title only: the session keeps its place in the list."""
        line, body = rows.pack_session(replace(self.session(session_id, with_nodes=False), title=title))
        with self._writing() as db:
            db.table("sessions").update(session_id, line)
            db.table("manuscripts").update(session_id, body)
            search.mark_session(self._connection, session_id)

    def delete_session(self, session_id: int) -> None:
        """Take it off the list. It stays in the library."""
        with self._writing() as db:
            db.execute(
                "UPDATE sessions SET deleted_utc = ? WHERE id = ? AND deleted_utc IS NULL",
                (_now(), session_id),
            )

    def restore_session(self, session_id: int) -> None:
        """Put it back on the list."""
        with self._writing() as db:
            db.execute("UPDATE sessions SET deleted_utc = NULL WHERE id = ?", (session_id,))

    # -- inside --------------------------------------------------------------------------------------------

    @cached_property
    def _database(self) -> Database:
        # At the first save, not when opening: importing sqlite-utils takes 0.1 s.
        from sqlite_utils import Database

        return Database(self._connection, execute_plugins=False)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Database]:
        if self.read_only:
            raise trouble(Damage.READ_ONLY)
        self._refuse_if_moved()
        with self._database.atomic():
            yield self._database

    def _refuse_if_moved(self) -> None:
        # SQLite would go on writing into a file that has no name any more, and say that all is well.
        if running.identity(self._opened.path) != self._identity:
            raise LibraryError(
                Damage.FAILED,
                QT_TRANSLATE_NOOP(
                    "StudioError", "The library file has been moved, replaced or deleted while it was open."
                ),
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "Put it back where it was, or export your text; what you see has not been saved.",
                ),
            )

    def _write_session(self, db: Database, session: SessionRecord) -> None:
        stored = rows.read_revision(self._connection, session.id)
        if stored is None or session.revision >= stored:
            self._write_text(db, session, exists=stored is not None)
        rows.write_nodes(self._connection, session.id, session.revision, session.nodes)

    def _write_text(self, db: Database, session: SessionRecord, *, exists: bool) -> None:
        line, body = rows.pack_session(session)
        rows.write_last_viewed(self._connection, session.id)
        if exists and rows.is_unchanged(self._connection, session.id, line, body):
            db.table("manuscripts").update(session.id, body)  # where the caret is
            return
        now = _now()
        self._saved_order += 1
        line |= {"saved_order": self._saved_order, "updated_utc": now}
        if exists:
            db.table("sessions").update(session.id, line)
            db.table("manuscripts").update(session.id, body)
        else:
            db.table("sessions").insert({"id": session.id, **line, "created_utc": now})
            db.table("manuscripts").insert({"session_id": session.id, **body})
        search.mark_session(self._connection, session.id)

    def _write_generation(self, db: Database, generation: GenerationRecord) -> int:
        """Returns the id of its model."""
        model = (clean(generation.model_name), clean(generation.model_sha256))
        db.execute("INSERT OR IGNORE INTO models (name, sha256) VALUES (?, ?)", model)
        model_id = self._value("SELECT id FROM models WHERE name = ? AND sha256 = ?", *model)
        prompt = clean(generation.prompt)
        key = sha256(prompt.encode()).digest()
        db.execute("INSERT OR IGNORE INTO prompts (sha256, text) VALUES (?, ?)", (key, prompt))
        prompt_id = self._value("SELECT id FROM prompts WHERE sha256 = ?", key)
        environment_id = None
        if environment := clean(generation.environment):
            db.execute("INSERT OR IGNORE INTO environments (text) VALUES (?)", (environment,))
            environment_id = self._value("SELECT id FROM environments WHERE text = ?", environment)
        row = {
            **rows.pack_generation(generation),
            "prompt_id": prompt_id,
            "model_id": model_id,
            "environment_id": environment_id,
            "interrupted": 0,
        }
        if self._value("SELECT count(*) FROM generations WHERE id = ?", generation.id):
            db.table("generations").update(generation.id, row)
        else:
            db.table("generations").insert({"id": generation.id, **row})
        search.mark_generation(self._connection, generation.id)
        return model_id

    def _look(self) -> LibraryOpened:
        return LibraryOpened(
            folder=str(self._opened.path.parent),
            read_only=self.read_only,
            sessions=self.sessions(),
            last_session=self.last_session(),
            next_session_id=self._next_id("sessions"),
            next_generation_id=self._next_id("generations"),
            interrupted=shelf.interrupted(self._connection),
            cut_off=running.cut_off(self._connection) if self._opened.cut_off else None,
        )

    def _summary(self, session_id: int) -> SessionSummary:
        return shelf.summary(self._connection, session_id)

    def _next_id(self, table: str) -> int:
        """One more than any id there ever was."""
        return 1 + self._value("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", table)

    def _value(self, sql: str, *parameters: int | str | bytes) -> int:
        value = self._connection.execute(sql, parameters).fetchone()[0]
        assert isinstance(value, int)
        return value


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
