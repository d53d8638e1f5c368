"""The library as verbs in, records out: one connection, one thread, every verb one transaction."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import weakref
from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.messages import Token
from studio.store import packing, rows
from studio.store.opening import Opened, open_library
from studio.store.packing import clean
from studio.store.records import Damage, GenerationRecord, LibraryOpened, SessionRecord, SessionSummary
from studio.store.trouble import DAMAGED_FILE, LibraryError, damaged_library, explain, trouble

if TYPE_CHECKING:
    from sqlite_utils import Database

_SUMMARY = "SELECT id, title, preview, created_utc, updated_utc, n_characters FROM sessions"


class Store:
    """An open library. Every verb raises LibraryError, sqlite3.Error or OSError if the surroundings fail it.

    Nothing is changed by a verb that raises. When one returns, what it wrote is committed and on the disk.
    """

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._connection = opened.connection
        self._identity = _identity(opened.path)
        # Not `__del__`: SQLite folds the log in when the connection is collected, but would leave the mark.
        self._finish = weakref.finalize(self, _finish, opened, self._identity)
        self._pieces: dict[int, dict[int, str]] = {}
        self.read_only = opened.read_only
        self.found = self._look()
        """What was there when the library was opened, read before anything was written."""
        self._saved_order: int = self._value("SELECT coalesce(max(saved_order), 0) FROM sessions")
        if not self.read_only:
            self._begin_running()

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False, accept_loss: bool = False) -> Self:
        """Open or create the library in `folder`."""
        opened = open_library(folder, read_only=read_only, accept_loss=accept_loss)
        try:
            return cls(opened)
        except BaseException as error:
            _finish(opened, _identity(opened.path))
            if isinstance(error, sqlite3.Error | ValueError) and not explain(error):
                # The questions are fixed and the schema known: what they meet is the file's fault.
                raise damaged_library(DAMAGED_FILE) from error
            raise

    def close(self) -> None:
        """Fold the log in and let go of the file. An interpreter that exits in good order does so too."""
        self._finish()

    # -- reading -------------------------------------------------------------------------------------------

    def sessions(self) -> tuple[SessionSummary, ...]:
        """All but the deleted ones, the last saved first."""
        found = self._connection.execute(f"{_SUMMARY} WHERE deleted_utc IS NULL ORDER BY saved_order DESC")
        return tuple(SessionSummary(*row) for row in found)

    def session(self, session_id: int, *, with_nodes: bool = True) -> SessionRecord:
        """One session, deleted or not."""
        session = rows.read_session(
            self._connection, session_id, verify=not self.read_only, with_nodes=with_nodes
        )
        if session is None:
            raise LibraryError(
                Damage.FAILED,
                QT_TRANSLATE_NOOP("StudioError", "This session is not in the library any more."),
                QT_TRANSLATE_NOOP("StudioError", "Choose another one from the list."),
            )
        return session

    def last_session(self) -> SessionRecord | None:
        """The one that was saved last, if there is any."""
        return rows.read_last_session(self._connection, verify=not self.read_only)

    def generation(self, generation_id: int) -> GenerationRecord | None:
        """How a passage came about; None if it was never saved."""
        cursor = self._connection.execute(
            "SELECT generations.*, prompts.text AS prompt, models.name AS model_name,"
            " models.sha256 AS model_sha256 FROM generations JOIN prompts ON prompts.id = prompt_id"
            " JOIN models ON models.id = model_id WHERE generations.id = ?",
            (generation_id,),
        )
        row = cursor.fetchone()
        if row is None:
            return None
        values = dict(zip((column[0] for column in cursor.description), row, strict=True))
        return rows.unpack_generation(values, verify=not self.read_only)

    def tokens(self, generation_id: int) -> tuple[Token, ...]:
        """The tokens of a generation from the first on, up to a gap if there is one (see save_generation)."""
        cursor = self._connection.execute(
            "SELECT position, token_id, raw, text, logprob, rank, entropy, sampling_prob, alternatives"
            " FROM tokens WHERE generation_id = ? ORDER BY position",
            (generation_id,),
        )
        tokens: list[Token] = []
        pieces: dict[int, str] | None = None
        for row in cursor:
            if row[0] != len(tokens):
                break
            if pieces is None:
                pieces = self._pieces_of(self._model_of(generation_id))
            tokens.append(packing.unpack_token(row[1:], pieces, verify=not self.read_only))
        return tuple(tokens)

    # -- writing -------------------------------------------------------------------------------------------

    def save_session(self, session: SessionRecord) -> SessionSummary:
        """Write a session as it is now; it becomes the first of the list.

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
            pieces = self._pieces_of(model_id)
            new = packing.new_pieces(tokens, pieces)
            self._connection.executemany(
                "INSERT INTO pieces (model_id, token_id, text) VALUES (?, ?, ?)",
                ((model_id, token_id, text) for token_id, text in new.items()),
            )
            known = ChainMap(new, pieces)
            db.execute(
                "DELETE FROM tokens WHERE generation_id = ? AND position >= ?", (generation.id, first_token)
            )
            # One prepared statement rather than insert_all, which asks for the schema each time.
            self._connection.executemany(
                "INSERT INTO tokens (generation_id, position, token_id, raw, text, logprob, rank, entropy,"
                " sampling_prob, alternatives) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (generation.id, position, *packing.pack_token(token, known))
                    for position, token in enumerate(tokens, first_token)
                ),
            )
        pieces.update(new)  # only now: what was rolled back is not in the library
        return self._summary(session.id)

    def rename_session(self, session_id: int, title: str) -> None:
        """Change the title only: the session keeps its place in the list."""
        line, body = rows.pack_session(replace(self.session(session_id, with_nodes=False), title=title))
        with self._writing() as db:
            db.table("sessions").update(session_id, line)
            db.table("manuscripts").update(session_id, body)

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
        if _identity(self._opened.path) != self._identity:
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
        stored = self._connection.execute(
            "SELECT revision FROM sessions WHERE id = ?", (session.id,)
        ).fetchone()
        if stored is None or session.revision >= stored[0]:
            self._write_text(db, session, exists=stored is not None)
        self._connection.executemany(
            "INSERT INTO nodes (session_id, id, parent, source, revision, created_utc, name, bookmarked,"
            " checksum, packed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " parent = excluded.parent, source = excluded.source, revision = excluded.revision,"
            " created_utc = excluded.created_utc, name = excluded.name, bookmarked = excluded.bookmarked,"
            " checksum = excluded.checksum, packed = excluded.packed WHERE excluded.revision >= revision",
            (rows.pack_node(session.id, session.revision, node) for node in session.nodes),
        )

    def _write_text(self, db: Database, session: SessionRecord, *, exists: bool) -> None:
        now = _now()
        self._saved_order += 1
        line, body = rows.pack_session(session)
        line |= {"saved_order": self._saved_order, "updated_utc": now}
        if exists:
            db.table("sessions").update(session.id, line)
            db.table("manuscripts").update(session.id, body)
        else:
            db.table("sessions").insert({"id": session.id, **line, "created_utc": now})
            db.table("manuscripts").insert({"session_id": session.id, **body})

    def _write_generation(self, db: Database, generation: GenerationRecord) -> int:
        """Returns the id of its model."""
        model = (clean(generation.model_name), clean(generation.model_sha256))
        db.execute("INSERT OR IGNORE INTO models (name, sha256) VALUES (?, ?)", model)
        model_id = self._value("SELECT id FROM models WHERE name = ? AND sha256 = ?", *model)
        prompt = clean(generation.prompt)
        key = sha256(prompt.encode()).digest()
        db.execute("INSERT OR IGNORE INTO prompts (sha256, text) VALUES (?, ?)", (key, prompt))
        prompt_id = self._value("SELECT id FROM prompts WHERE sha256 = ?", key)
        row = {
            **rows.pack_generation(generation),
            "prompt_id": prompt_id,
            "model_id": model_id,
            "interrupted": 0,
        }
        if self._value("SELECT count(*) FROM generations WHERE id = ?", generation.id):
            db.table("generations").update(generation.id, row)
        else:
            db.table("generations").insert({"id": generation.id, **row})
        return model_id

    def _model_of(self, generation_id: int) -> int:
        return self._value("SELECT model_id FROM generations WHERE id = ?", generation_id)

    def _pieces_of(self, model_id: int) -> dict[int, str]:
        """How the tokens of a model read: at most a vocabulary, kept until the library is closed."""
        if model_id not in self._pieces:
            found = self._connection.execute(
                "SELECT token_id, text FROM pieces WHERE model_id = ?", (model_id,)
            )
            self._pieces[model_id] = dict(found)
        return self._pieces[model_id]

    def _look(self) -> LibraryOpened:
        return LibraryOpened(
            folder=str(self._opened.path.parent),
            read_only=self.read_only,
            sessions=self.sessions(),
            last_session=self.last_session(),
            next_session_id=self._next_id("sessions"),
            next_generation_id=self._next_id("generations"),
            interrupted=self._find_interrupted(),
        )

    def _find_interrupted(self) -> tuple[int, ...]:
        """Sessions with a generation that a crash cut short. Each generation is told of once."""
        found = self._connection.execute(
            "SELECT DISTINCT session_id FROM generations JOIN sessions ON sessions.id = session_id"
            " WHERE finish_reason IS NULL AND interrupted = 0 AND deleted_utc IS NULL ORDER BY session_id"
        )
        return tuple(session_id for (session_id,) in found)

    def _begin_running(self) -> None:
        """The first write: from here on an exit without `close` is noticed, even if the log is taken away."""
        run = self._connection.execute
        self._opened.running = True
        run("BEGIN IMMEDIATE")
        try:
            run("UPDATE generations SET interrupted = 1 WHERE finish_reason IS NULL AND interrupted = 0")
            run("UPDATE meta SET value = '1' WHERE key = 'running'")
            if self._opened.checked:
                run("UPDATE meta SET value = ? WHERE key = 'last_check'", (str(int(time.time())),))
            run("COMMIT")
        except BaseException:
            self._connection.rollback()
            raise
        # Into the file itself: a mark that only the log held would vanish with the log.
        run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _summary(self, session_id: int) -> SessionSummary:
        return SessionSummary(*self._connection.execute(f"{_SUMMARY} WHERE id = ?", (session_id,)).fetchone())

    def _next_id(self, table: str) -> int:
        """One more than any id there ever was."""
        return 1 + self._value("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", table)

    def _value(self, sql: str, *parameters: int | str | bytes) -> int:
        value = self._connection.execute(sql, parameters).fetchone()[0]
        assert isinstance(value, int)
        return value


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _finish(opened: Opened, identity: tuple[int, int] | None) -> None:
    """Close. Take the mark of `_begin_running` back, if the file is still the one that carries it."""
    try:
        if opened.running and _identity(opened.path) == identity:
            opened.connection.rollback()
            opened.connection.execute("UPDATE meta SET value = '0' WHERE key = 'running'")
    except sqlite3.Error:
        pass  # say, a full disk: nothing is lost, the next start looks more closely
    finally:
        opened.connection.close()
        if opened.copy is not None:
            opened.copy.cleanup()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
