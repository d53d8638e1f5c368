from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database, Migrations

from studio.core.environment import Environment
from studio.core.history import Node
from studio.core.messages import FinishReason
from studio.store import migrations, opening, schema
from studio.store.librarian import Librarian
from studio.store.records import (
    CloseLibrary,
    Damage,
    LibraryClosed,
    LibraryFailed,
    LibraryOpened,
    OpenLibrary,
    OpenSession,
    SessionOpened,
)
from studio.store.store import Store
from tests.store import schema_document
from tests.store.library_samples import ask, session

NODES = (
    Node(1, 0, '[[0,"",[],"Once",[[4,0,0]]]]', 0, "2026-01-02T03:04:05"),
    Node(2, 1, '[[4,"",[]," upon a time",[[12,1,0]]]]', 1, "2026-01-02T03:04:06", "ä\0\U0001f469", True),
    Node(3, 1, '[[4,"",[],"!",[[1,0,0]]]]', 0),
)
DATABASES = Path(__file__).parents[1] / "databases"


def tables(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"))


class Failing(sqlite3.Connection):
    """Raises instead of running statement number `fails_at`."""

    fails_at = -1
    done = 0

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if self.done == self.fails_at:
            self.fails_at = -1  # the rollback must work
            raise sqlite3.OperationalError("planted")
        self.done += 1
        return super().execute(sql, *parameters)


def test_a_failure_after_any_statement_leaves_the_old_or_the_new_schema(tmp_path: Path) -> None:
    whole: dict[str, str] = {}
    for fails_at in range(1000):
        file = tmp_path / f"{fails_at}.db"
        connection = sqlite3.connect(file, factory=Failing, isolation_level=None)
        connection.fails_at = fails_at
        failed = False
        try:
            migrations.migrate(connection)
        except sqlite3.OperationalError:
            failed = True
        connection.close()
        again = sqlite3.connect(file, isolation_level=None)
        assert tables(again) == {} or not failed
        migrations.migrate(again)
        whole = whole or tables(again)
        assert tables(again) == whole
        again.close()
        if not failed:
            break
    assert fails_at > len(schema.TABLES)
    assert set(schema.TABLES) < set(whole)


def test_the_short_list_of_names_is_the_list_of_migrations() -> None:
    assert tuple(step.name for step in migrations.migrations._migrations) == schema.MIGRATIONS


def test_the_schema_is_documented_as_it_is() -> None:
    assert schema_document.FILE.read_text(encoding="utf-8") == schema_document.document()


def test_every_shipped_library_opens_with_all_it_holds(own_library: Path) -> None:
    fixtures = sorted(DATABASES.glob("v*.db"))
    assert [file.stem for file in fixtures] == [f"v{n + 1:03}" for n in range(len(schema.MIGRATIONS))]
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    migrations.migrate(fresh)
    for file in fixtures:
        own_library.mkdir()
        shutil.copyfile(file, own_library / schema.FILE_NAME)
        librarian = Librarian()
        opened = ask(librarian, OpenLibrary(str(own_library)), LibraryOpened)
        assert [line.id for line in opened.sessions] == [2, 1]
        assert (opened.next_session_id, opened.next_generation_id, opened.interrupted) == (4, 3, (2,))
        assert opened.last_session is not None
        assert opened.last_session.text == "Zeile eins\n日本語 👩\u200d👧 \0 Ende"
        deleted = ask(librarian, OpenSession(3), SessionOpened).session
        assert deleted == session(3, "deleted, but not gone", title="third")
        ask(librarian, CloseLibrary(), LibraryClosed)
        store = Store.open(own_library)
        if file.stem >= "v002":
            pruned = replace(NODES[2], pruned=file.stem >= "v004")
            assert (store.session(1).nodes, store.session(1).head) == ((*NODES[:2], pruned), 2)
        first = store.generation(1)
        assert first is not None
        recorded = Environment(app="0.1.0", libraries=(("torch", "2.13.0"),))
        assert Environment.from_json(first.environment) == (
            recorded if file.stem >= "v004" else Environment()
        )
        assert (first.prompt, first.stop, first.finish_reason) == (
            "Once",
            ("\n", "Ende"),
            FinishReason.LENGTH,
        )
        assert [token.text for token in store.tokens(1)] == [" upon", " a", " time"]
        assert len(store.tokens(1)[2].candidates) == 20
        assert tables(store._connection) == tables(fresh)  # a released step was not edited
        store.close()
        shutil.rmtree(own_library)
    fresh.close()


@pytest.fixture
def older(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library that a migration made for this test is pending for."""
    store = Store.open(own_library)
    store.save_session(session(1, "written before"))
    store.close()
    two = Migrations("studio")
    for step in migrations.migrations._migrations:
        two._migrations.append(step)

    @two()
    def m999_planted(db: Database) -> None:
        db.execute("CREATE TABLE planted (a INTEGER)")
        db.execute("ALTER TABLE sessions ADD COLUMN tag TEXT")

    monkeypatch.setattr(migrations, "migrations", two)
    monkeypatch.setattr(opening, "MIGRATIONS", (*schema.MIGRATIONS, "m999_planted"))
    return own_library


def test_a_verified_backup_is_made_before_a_migration(older: Path) -> None:
    before = (older / "library.db").read_bytes()
    store = Store.open(older)
    assert "planted" in tables(store._connection)
    assert store.session(1).text == "written before"
    store.close()
    (backup,) = (older / "backups").iterdir()
    copy = sqlite3.connect(backup)
    assert "planted" not in tables(copy)
    assert copy.execute("SELECT text FROM manuscripts").fetchone() == ("written before",)
    assert copy.execute("SELECT value FROM meta WHERE key = 'running'").fetchone() == ("0",)
    copy.close()
    assert before != (older / "library.db").read_bytes()


def test_no_migration_without_its_backup(older: Path) -> None:
    (older / "backups").write_text("in the way", encoding="utf-8")
    before = (older / "library.db").read_bytes()
    failed = ask(Librarian(), OpenLibrary(str(older)), LibraryFailed)
    assert failed.damage is Damage.FAILED
    assert (older / "library.db").read_bytes() == before


def test_a_migration_that_fails_leaves_the_library_as_it_was(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        Database(connection).execute("DROP TABLE tokens, planted")

    monkeypatch.setattr(migrations, "migrate", fail)
    (answer,) = Librarian().run(OpenLibrary(str(older)))
    assert type(answer).__name__ == "RequestFailed"
    monkeypatch.undo()
    store = Store.open(older)
    assert store.session(1).text == "written before"
    store.close()
