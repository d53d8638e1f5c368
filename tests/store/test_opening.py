"""Libraries in use or read-only, permissions, when pages are checked, two programs at once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from studio.store import opening
from studio.store.librarian import Librarian
from studio.store.records import (
    CloseLibrary,
    Damage,
    LibraryClosed,
    LibraryFailed,
    LibraryOpened,
    OpenLibrary,
    OpenSession,
    RequestFailed,
    Saved,
    SaveSession,
    SessionOpened,
    StartFresh,
)
from tests.store.library_samples import (
    TEXTS,
    ask,
    contents,
    end,
    fill,
    library,
    run_unclean,
    session,
    without_privileges,
)

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
OPENING = """
import sys
import tempfile
from studio.store.librarian import Librarian
from studio.store.records import OpenLibrary
librarian = Librarian()
(answer,) = librarian.run(OpenLibrary(sys.argv[1]))
print(type(answer).__name__, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def sound(own_library: Path) -> Path:
    """A library of some 100 pages, closed cleanly."""
    return fill(own_library)


def test_a_library_in_use_is_neither_opened_nor_set_aside(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BUSY_S", 0.1)
    process = run_unclean(sound)
    try:
        before = contents(sound)
        for request in (OpenLibrary(str(sound)), OpenLibrary(str(sound), True), StartFresh(str(sound))):
            failed = ask(Librarian(), request, LibraryFailed)
            assert failed.damage is Damage.LOCKED
            assert contents(sound) == before
    finally:
        end(process)
    with library(sound):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sqlite3.connect(sound / "library.db", timeout=0).execute("SELECT * FROM meta")
        failed = ask(Librarian(), OpenLibrary(str(sound)), LibraryFailed)
        assert failed.damage is Damage.LOCKED


@POSIX
def test_folder_and_file_are_for_their_owner_only(own_library: Path) -> None:
    old = os.umask(0)
    try:
        with library(own_library) as librarian:
            ask(librarian, SaveSession(session()), Saved)
            modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in (own_library, *own_library.iterdir())}
    finally:
        os.umask(old)
    assert modes == {"library": 0o700, "library.db": 0o600, "library.db-wal": 0o600}


@POSIX
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_library_that_cannot_be_written_opens_for_reading(sound: Path, what: str, log: bool) -> None:
    if log:
        end(run_unclean(sound))
        for index in sound.glob("*-shm"):
            index.unlink()
    # Where pytest keeps its files only root may go.
    folder = Path(tempfile.gettempdir(), f"library-{os.getpid()}")
    shutil.copytree(sound, folder)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o777)
    path = folder if what == "folder" else folder / "library.db"
    path.chmod(0o555)
    before = contents(folder)

    def look() -> str:
        librarian = Librarian()
        failed = ask(librarian, OpenLibrary(str(folder)), LibraryFailed)
        opened = ask(librarian, OpenLibrary(str(folder), read_only=True), LibraryOpened)
        assert opened.read_only
        assert opened.last_session == (session(9, "only in the log") if log else session(8, TEXTS[8]))
        assert len(opened.sessions) == len(TEXTS) + log
        refused = ask(librarian, SaveSession(session()), RequestFailed)
        ask(librarian, CloseLibrary(), LibraryClosed)
        return f"{failed.damage} {refused.damage}"

    try:
        assert without_privileges(look) == "read_only read_only"
        assert contents(folder) == before or (what == "file" and not log)
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_reading_only_changes_nothing(sound: Path) -> None:
    before = contents(sound)
    with library(sound, read_only=True) as librarian:
        assert ask(librarian, OpenSession(1), SessionOpened).session.text == TEXTS[1]
        assert ask(librarian, SaveSession(session()), RequestFailed).damage is Damage.READ_ONLY
        store = librarian._store
        assert store is not None
        with pytest.raises(sqlite3.OperationalError):
            store._connection.execute("UPDATE meta SET value = 'x'")
    assert contents(sound) == before
    missing = ask(Librarian(), OpenLibrary(str(sound / "nothing"), read_only=True), LibraryFailed)
    assert missing.damage is Damage.FAILED
    assert not (sound / "nothing").exists()


def checks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether opening and closing the library looked at all its pages."""
    looked: list[bool] = []
    original = opening._check_pages

    def check_pages(connection: sqlite3.Connection) -> bool:
        looked.append(True)
        return original(connection)

    with monkeypatch.context() as patch:
        patch.setattr(opening, "_check_pages", check_pages)
        with library(folder):
            pass
    return bool(looked)


def test_a_large_library_is_checked_when_there_is_reason_to(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks(sound, monkeypatch)  # small: always
    monkeypatch.setattr(opening, "SMALL_BYTES", 0)
    assert not checks(sound, monkeypatch)
    end(run_unclean(sound))
    assert checks(sound, monkeypatch)
    assert not checks(sound, monkeypatch)
    now = time.time()
    for days, due in ((6, False), (8, True), (9, False), (1, True)):  # 1: the clock was set back
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda days=days: now + days * 24 * 3600)
            assert checks(sound, monkeypatch) is due, days


def test_a_check_that_takes_too_long_is_given_up_and_tried_again(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SMALL_BYTES", 0)
    end(run_unclean(sound))
    with monkeypatch.context() as patch:
        patch.setattr(opening, "_check_pages", lambda connection: False)
        with library(sound):
            pass
    connection = sqlite3.connect(sound / "library.db")
    connection.execute("UPDATE meta SET value = '0' WHERE key = 'last_check'")
    connection.commit()
    connection.close()
    assert checks(sound, monkeypatch)


def test_a_check_is_interrupted_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect(tmp_path / "large.db", isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TABLE t (a)")
    connection.execute(
        "INSERT INTO t WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 30000)"
        " SELECT randomblob(3000) FROM n"
    )
    monkeypatch.setattr(opening, "CHECK_LIMIT_S", 0.001)
    assert opening._check_pages(connection) is False
    monkeypatch.setattr(opening, "CHECK_LIMIT_S", 60)
    assert opening._check_pages(connection) is True
    connection.close()


def test_two_programs_that_start_at_once_make_one_library(own_library: Path) -> None:
    for _ in range(3):
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", OPENING, str(own_library)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            for _ in range(2)
        ]
        answers = [process.stdout.readline().strip() for process in processes if process.stdout]
        for process in processes:
            process.communicate("")
        assert sorted(answers) == ["LibraryFailed", "LibraryOpened"]
        assert not list(own_library.glob("*.unfinished"))
        shutil.rmtree(own_library)


def test_what_a_killed_program_left_unfinished_is_gone_after_the_next_start(own_library: Path) -> None:
    fill(own_library)
    mine = "library-notes.unfinished", "my.unfinished", "library-20260520T000000Z-daily.db"
    left = ("library-a1_b2c3d.unfinished", "library-by-hand-abcdefgh.unfinished-journal")
    backups = own_library / "backups"
    backups.mkdir()
    for folder in (own_library, backups):
        for name in (*mine, *left):
            (folder / name).write_bytes(b"half a library")
        (folder / "library-salvaged-a1_b2c3d.unfinished").mkdir()
        (folder / "library-salvaged-a1_b2c3d.unfinished" / "library.db").write_bytes(b"half a library")
    with library(own_library, read_only=True):
        assert (own_library / left[0]).exists()
    with library(own_library):
        pass
    for folder in (own_library, backups):
        assert {path.name for path in folder.iterdir()} - {"library.db", "backups"} == set(mine)
