"""The schema, as a list of steps that is only ever appended to. A released step is never edited.

All pending steps run in one transaction (`migrate`), so a library has either the old schema or the new one.
SQLite 3.37 or later, for STRICT.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from studio.store.schema import APPLICATION_ID, SEARCH_SQL

migrations = Migrations("studio")


@migrations()
def m001_first_schema(db: Database) -> None:
    """Sessions, generations, tokens.

    Checks guard only what the program itself could get wrong and what no user's text can touch: a save must
    never fail because of what was written. `length()` is not used: it stops at NUL.
    """
    statements = (
        f"PRAGMA application_id = {APPLICATION_ID}",
        "PRAGMA user_version = 1",
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        # One short row per line of the session list, so that listing ten thousand never reads their texts.
        # AUTOINCREMENT: an id is never given out twice, even after its session was purged. `saved_order`
        # counts saves of all sessions: the order of the list does not depend on the clock.
        """CREATE TABLE sessions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            saved_order INTEGER NOT NULL UNIQUE,
            title TEXT NOT NULL,
            preview TEXT NOT NULL,
            n_characters INTEGER NOT NULL CHECK (n_characters >= 0),
            revision INTEGER NOT NULL,
            created_utc TEXT NOT NULL,
            updated_utc TEXT NOT NULL,
            deleted_utc TEXT
        ) STRICT""",
        # `runs`: JSON [[length, source, offset], ...], see core/manuscript.py. `checksum` covers the whole
        # SessionRecord, title included: SQLite itself does not notice a flipped bit in a text.
        """CREATE TABLE manuscripts (
            session_id INTEGER PRIMARY KEY REFERENCES sessions (id),
            caret INTEGER NOT NULL CHECK (caret >= 0),
            scroll REAL NOT NULL CHECK (scroll BETWEEN 0 AND 1),
            checksum BLOB NOT NULL,
            runs TEXT NOT NULL,
            text TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE models (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            UNIQUE (name, sha256)
        ) STRICT""",
        # How each token of a model's vocabulary reads, as far as it has been among the alternatives.
        """CREATE TABLE pieces (
            model_id INTEGER NOT NULL REFERENCES models (id),
            token_id INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (model_id, token_id)
        ) STRICT, WITHOUT ROWID""",
        # Prompts are long, and retries share them.
        """CREATE TABLE prompts (
            id INTEGER PRIMARY KEY,
            sha256 BLOB NOT NULL UNIQUE,
            text TEXT NOT NULL
        ) STRICT""",
        # No foreign key on `retry_of`: the earlier generation may be one that could not be saved (disk full),
        # and that must not keep the later one out. No list of finish reasons: a new one is not a migration.
        """CREATE TABLE generations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            session_id INTEGER NOT NULL REFERENCES sessions (id),
            retry_of INTEGER,
            position INTEGER NOT NULL CHECK (position >= 0),
            prompt_id INTEGER NOT NULL REFERENCES prompts (id),
            special_offsets TEXT NOT NULL,
            processors TEXT NOT NULL,
            max_new_tokens INTEGER NOT NULL,
            stop TEXT NOT NULL,
            stop_at_end_of_text INTEGER NOT NULL CHECK (stop_at_end_of_text IN (0, 1)),
            seed INTEGER NOT NULL,
            model_id INTEGER NOT NULL REFERENCES models (id),
            model_path TEXT NOT NULL,
            device TEXT NOT NULL,
            created_utc TEXT NOT NULL,
            finish_reason TEXT,
            interrupted INTEGER NOT NULL DEFAULT 0 CHECK (interrupted IN (0, 1)),
            n_tokens INTEGER NOT NULL CHECK (n_tokens >= 0),
            prefill_s REAL,
            decode_s REAL,
            checksum BLOB NOT NULL,
            text TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX generations_of_session ON generations (session_id)",
        # What a crash cut short is found at every start, among a hundred thousand.
        """CREATE INDEX generations_unfinished ON generations (session_id)
            WHERE finish_reason IS NULL AND interrupted = 0""",
        # `alternatives`: see packing.py. A float that is not a number reads back from NULL.
        """CREATE TABLE tokens (
            generation_id INTEGER NOT NULL REFERENCES generations (id),
            position INTEGER NOT NULL CHECK (position >= 0),
            token_id INTEGER NOT NULL,
            raw BLOB NOT NULL,
            text TEXT NOT NULL,
            logprob REAL,
            rank INTEGER NOT NULL,
            entropy REAL,
            sampling_prob REAL,
            alternatives BLOB NOT NULL,
            PRIMARY KEY (generation_id, position)
        ) STRICT, WITHOUT ROWID""",
        "INSERT INTO meta VALUES ('running', '0'), ('last_check', '0')",
        # Tells this library from every other one: a backup belongs to the library with the same id.
        "INSERT INTO meta VALUES ('library_id', lower(hex(randomblob(16))))",
    )
    for statement in statements:
        db.execute(statement)


@migrations()
def m002_nodes(db: Database) -> None:
    """The tree of every state a text has been in, and where in it the text stands.

    A program that knows only m001 would save a text without moving `head` along, so the major version goes
    up: such a program says that the library is newer, and leaves it alone.
    """
    statements = (
        "PRAGMA user_version = 2",
        # The checksum of the session covers `head`, unless it is 0: those of m001 stay as they are.
        "ALTER TABLE manuscripts ADD COLUMN head INTEGER NOT NULL DEFAULT 0",
        # `packed`: see core/history.py, `pack_edits`. `revision`: that of the session when the node was
        # saved, so that an older state of it that is sent late does not replace a newer one. No foreign key
        # on `parent`: the node before may be one whose save failed. `checksum`: CRC-32, see rows.py.
        """CREATE TABLE nodes (
            session_id INTEGER NOT NULL REFERENCES sessions (id),
            id INTEGER NOT NULL CHECK (id > 0),
            parent INTEGER NOT NULL,
            source INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            created_utc TEXT NOT NULL,
            name TEXT NOT NULL,
            bookmarked INTEGER NOT NULL CHECK (bookmarked IN (0, 1)),
            checksum INTEGER NOT NULL,
            packed TEXT NOT NULL,
            PRIMARY KEY (session_id, id)
        ) STRICT, WITHOUT ROWID""",
    )
    for statement in statements:
        db.execute(statement)


@migrations()
def m003_list_and_search(db: Database) -> None:
    """Pinned, archived, tagged and copied sessions; the index of words.

    A program that knows only m002 would not put on the list what it changed, so the major version goes up.
    """
    statements = (
        "PRAGMA user_version = 3",
        "ALTER TABLE sessions ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE sessions ADD COLUMN archived INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE sessions ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",  # JSON
        # A copy uses the generations of the session it was made from, see trash.py.
        "ALTER TABLE sessions ADD COLUMN copied_from INTEGER",
        "CREATE INDEX generations_of_prompt ON generations (prompt_id)",
        # The documents that the index does not have as they are now, see search.py.
        "CREATE TABLE stale (id INTEGER PRIMARY KEY) STRICT",
        SEARCH_SQL,
        "INSERT INTO stale SELECT id FROM generations",
        "INSERT INTO stale SELECT id | (1 << 60) FROM sessions",
        "INSERT INTO stale SELECT id | (1 << 61) FROM sessions",
        # Until now, what was overwritten stayed in the file as free space.
        "INSERT INTO meta SELECT 'vacuum_due', EXISTS (SELECT * FROM sessions)",
    )
    for statement in statements:
        db.execute(statement)


@migrations()
def m004_provenance(db: Database) -> None:
    """What a generation ran on; which branches of a history were pruned.

    A program that knows only m003 would find that the checksums of what is new do not match, and would show
    and flip to pruned branches, so the major version goes up.
    """
    statements = (
        "PRAGMA user_version = 4",
        # One row for each set of program, libraries and machine, not one for each generation. JSON, see
        # core/environment.py, as no question is asked of its parts: a new one is not a migration.
        "CREATE TABLE environments (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",
        # NULL: not recorded. The checksum of a generation covers the text, unless there is none.
        "ALTER TABLE generations ADD COLUMN environment_id INTEGER REFERENCES environments (id)",
        # Hidden with everything after it. The checksum of a node covers this, unless it is 0.
        "ALTER TABLE nodes ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0 CHECK (pruned IN (0, 1))",
    )
    for statement in statements:
        db.execute(statement)


def migrate(connection: sqlite3.Connection) -> None:
    """Apply every pending step, all or none. The connection must be in autocommit mode."""
    db = Database(connection, execute_plugins=False)
    with db.atomic():
        migrations.apply(db)
