"""No space left: nothing that was committed is lost, and saving goes on when there is space again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studio.store.records import (
    Damage,
    LibraryRequest,
    LoadTokens,
    OpenSession,
    RequestFailed,
    Saved,
    SaveGeneration,
    SaveSession,
    SessionOpened,
    TokensLoaded,
)
from tests.store.library_samples import ask, generation, library, session, token

LONG = "A long story. " * 40_000

SAVES: dict[str, LibraryRequest] = {
    "session": SaveSession(session(1, LONG, revision=2)),
    "new session": SaveSession(session(2, LONG)),
    "generation": SaveGeneration(generation(), 0, (token(),) * 2000, session(1, "short", revision=2)),
}


@pytest.mark.parametrize("save", SAVES)
def test_a_save_that_does_not_fit_changes_nothing(own_library: Path, save: str) -> None:
    with library(own_library) as librarian:
        ask(librarian, SaveSession(session(1, "what was there")), Saved)
        store = librarian._store
        assert store is not None
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 5}")
        failed = ask(librarian, SAVES[save], RequestFailed)
        assert (failed.damage, failed.report) == (Damage.FULL, "")
        assert ask(librarian, OpenSession(1), SessionOpened).session == session(1, "what was there")
        ask(librarian, SaveSession(session(1, "what still fits")), Saved)
        store._connection.execute("PRAGMA max_page_count = 1000000")
        ask(librarian, SAVES[save], Saved)
    with library(own_library) as librarian:
        text = {"session": LONG, "new session": "what still fits", "generation": "short"}[save]
        assert ask(librarian, OpenSession(1), SessionOpened).session.text == text
        if save == "generation":
            assert ask(librarian, LoadTokens(1), TokensLoaded).tokens == (token(),) * 2000


IN_A_SMALL_DISK = """
import sys
from pathlib import Path
from tests.store.library_samples import ask, session
from studio.store.librarian import Librarian
from studio.store.records import *
folder = Path(sys.argv[1])
ballast = folder / "ballast"
ballast.write_bytes(bytes(1_500_000))
librarian = Librarian()
ask(librarian, OpenLibrary(str(folder)), LibraryOpened)
kept = 0
for revision in range(1, 100):
    (answer,) = librarian.run(SaveSession(session(revision, f"{revision} " * 40_000)))
    if not isinstance(answer, Saved):
        break
    kept = revision
assert isinstance(answer, RequestFailed) and answer.damage is Damage.FULL, answer
assert kept > 1
again = ask(librarian, SaveSession(session(revision, "x" * 400_000)), RequestFailed)
assert again.damage is Damage.FULL and not again.report
for number in range(1, kept + 1):
    assert ask(librarian, OpenSession(number), SessionOpened).session.text == f"{number} " * 40_000
ballast.unlink()
ask(librarian, SaveSession(session(revision, "after")), Saved)
ask(librarian, CloseLibrary(), LibraryClosed)
opened = ask(librarian, OpenLibrary(str(folder)), LibraryOpened)
assert opened.last_session.text == "after" and len(opened.sessions) == kept + 1
ask(librarian, CloseLibrary(), LibraryClosed)
"""

ON_A_READ_ONLY_DISK = """
import os, subprocess, sys
from pathlib import Path
from tests.store.library_samples import ask, session
from studio.store.librarian import Librarian
from studio.store.records import *
folder = Path(sys.argv[1])
log = sys.argv[2] == "log"
if os.fork() == 0:
    librarian = Librarian()
    ask(librarian, OpenLibrary(str(folder)), LibraryOpened)
    ask(librarian, SaveSession(session(1, "kept")), Saved)
    if not log:
        ask(librarian, CloseLibrary(), LibraryClosed)
    os._exit(0)
os.wait()
assert (folder / "library.db-wal").exists() is log
subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
librarian = Librarian()
assert ask(librarian, OpenLibrary(str(folder)), LibraryFailed).damage is Damage.READ_ONLY
assert ask(librarian, StartFresh(str(folder)), LibraryFailed).damage is Damage.READ_ONLY
assert ask(librarian, OpenLibrary(str(folder / "new")), LibraryFailed).damage is Damage.READ_ONLY
opened = ask(librarian, OpenLibrary(str(folder), read_only=True), LibraryOpened)
assert opened.last_session.text == "kept"
ask(librarian, CloseLibrary(), LibraryClosed)
"""


def on_its_own_disk(*command: str, folder: Path, size: str = "3m") -> subprocess.CompletedProcess[str]:
    """Run Python with a small disk mounted on `folder`, in a namespace of its own."""
    paths = (Path(__file__).parents[2], Path(__file__).parent)
    folder.mkdir()
    mount = f'mount -t tmpfs -o size={size} disk "$1" && shift && exec "$@"'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, "sh", str(folder), sys.executable, *command],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
    )


def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    trial = subprocess.run(
        ["unshare", "-rm", "sh", "-c", "mount -t tmpfs disk /tmp"], capture_output=True, check=False
    )
    return trial.returncode == 0


NEEDS_MOUNT = pytest.mark.skipif(not may_mount(), reason="this system lets us mount nothing")


@NEEDS_MOUNT
def test_a_full_disk_loses_nothing_and_saving_goes_on(tmp_path: Path) -> None:
    done = on_its_own_disk("-c", IN_A_SMALL_DISK, str(tmp_path / "disk"), folder=tmp_path / "disk")
    assert done.returncode == 0, done.stderr


@NEEDS_MOUNT
@pytest.mark.parametrize("log", ["log", "clean"])
def test_a_read_only_disk_can_be_read(tmp_path: Path, log: str) -> None:
    done = on_its_own_disk("-c", ON_A_READ_ONLY_DISK, str(tmp_path / "disk"), log, folder=tmp_path / "disk")
    assert done.returncode == 0, done.stderr


KINDS = (
    *("session", "later session", "generation", "title", "tags", "copy", "trash", "backup", "restore"),
    *("rescue", "salvage", "salvage in place", "export", "import", "settings", "new library", "migration"),
    "search",
)


@NEEDS_MOUNT
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_write_says_that_the_disk_is_full_and_harms_nothing(tmp_path: Path, kind: str) -> None:
    script = str(Path(__file__).with_name("full_disk_script.py"))
    folder = tmp_path / "disk"
    done = on_its_own_disk(script, str(folder), kind, folder=folder, size="32m")
    assert done.returncode == 0, done.stderr
