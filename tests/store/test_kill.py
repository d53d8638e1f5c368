"""kill -9 while saving: what was acknowledged is there, whole, and the library is sound."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.store.store import Store
from tests.store.library_samples import library, revision_of

WRITER = """
import sys
from tests.store.library_samples import revision_of
from studio.store.librarian import Librarian
from studio.store.records import LibraryOpened, OpenLibrary, Saved
folder, revision = sys.argv[1], int(sys.argv[2])
librarian = Librarian()
(opened,) = librarian.run(OpenLibrary(folder))
assert isinstance(opened, LibraryOpened), opened
while True:
    revision += 1
    for message in librarian.run(revision_of(revision)):
        assert isinstance(message, Saved), message
        print(message.revision, flush=True)
"""


def killed_after(folder: Path, revision: int, seconds: float) -> int:
    """Let a child save revision after revision, kill it, return the last one it acknowledged."""
    paths = (Path(__file__).parents[2], Path(__file__).parent)
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(revision)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(seconds)
    child.kill()
    rest, _ = child.communicate()
    acknowledged = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
    return int(acknowledged[-1])


@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost_by_kill_9(own_library: Path) -> None:
    chance = random.Random(20261122)
    revision = acknowledged = 0
    for _ in range(20):
        acknowledged = killed_after(own_library, revision, chance.uniform(0, 0.15))
        assert acknowledged > revision
        store = Store.open(own_library)
        assert store._connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store._connection.execute("PRAGMA foreign_key_check").fetchall() == []
        last = store.found.last_session
        assert last is not None
        revision = last.revision
        assert revision >= acknowledged  # one more may be there: saved, killed before it could say so
        saved = revision_of(revision)
        assert last == saved.session
        assert store.generation(saved.generation.id) == saved.generation
        assert store.tokens(saved.generation.id)[-1] == saved.tokens[-1]
        store.close()
    assert revision > 200


def test_killed_while_it_is_made_a_library_is_whole_or_not_there(own_library: Path) -> None:
    chance = random.Random(7)
    script = (
        "import sys; from pathlib import Path; from studio.store.store import Store\n"
        "Store.open(Path(sys.argv[1])); sys.stdin.read()"
    )
    for _ in range(10):
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(own_library)],
            stdin=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        time.sleep(chance.uniform(0.1, 0.6))
        child.kill()
        child.communicate()
        with library(own_library):
            pass
        if chance.random() < 0.7:
            (own_library / "library.db").unlink()
