"""A library from a stranger: what could act by itself is refused, before anything is read or written."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from studio.store.librarian import Librarian
from studio.store.records import Damage, LibraryFailed, OpenLibrary, RequestFailed, Salvage
from tests.store.library_samples import ask, contents, fill

PLANTED = {
    "trigger": "CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM manuscripts; END",
    "view": "CREATE VIEW v AS WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k FROM n) SELECT k FROM n",
    "virtual table": "CREATE VIRTUAL TABLE v USING fts5 (body)",
    "another index": "DROP TABLE search; CREATE VIRTUAL TABLE search USING fts5 (body, tokenize = 'porter')",
    "generated column": "ALTER TABLE sessions ADD COLUMN g BLOB GENERATED ALWAYS AS (hex(zeroblob(1e9)))",
    "view for a table": "DROP TABLE stale; CREATE VIEW stale AS SELECT 1 AS id",
}


@pytest.mark.parametrize("what", PLANTED)
@pytest.mark.parametrize("read_only", [False, True])
def test_what_was_planted_is_refused_and_left_alone(own_library: Path, what: str, read_only: bool) -> None:
    fill(own_library)
    connection = sqlite3.connect(own_library / "library.db")
    connection.executescript(PLANTED[what])
    connection.close()
    before = contents(own_library)
    failed = ask(Librarian(), OpenLibrary(str(own_library), read_only), LibraryFailed)
    assert failed.damage is Damage.DAMAGED
    assert "program code" in failed.what_happened
    refused = ask(Librarian(), Salvage(str(own_library), str(own_library / "new")), RequestFailed)
    assert "program code" in refused.what_happened
    assert contents(own_library) == before


@pytest.mark.timeout(300)
def test_mutated_libraries_lose_nothing_in_silence() -> None:
    script = Path(__file__).parents[1] / "faults" / "library_mutants.py"
    done = subprocess.run(
        [sys.executable, str(script), "--quick", "--seed", "5", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["silent_losses"] == 0
    assert result["runs"] == 40
