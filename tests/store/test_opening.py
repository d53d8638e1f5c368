"""Damaged, foreign, newer, locked and read-only libraries: a clear answer, and every byte as it was."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from library_samples import ask, contents, generation, library, session, token, without_privileges

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
    SaveGeneration,
    SaveSession,
    SessionOpened,
    StartFresh,
)

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
TEXTS = {number: f"session {number} " * (200 * number) for number in range(1, 9)}

UNCLEAN = """
import os, sys
from pathlib import Path
from library_samples import session
from studio.store.store import Store
store = Store.open(Path(sys.argv[1]))
store.save_session(session(9, "only in the log"))
print("saved", flush=True)
sys.stdin.read()  # until it is told to end, or killed
os._exit(0)
"""


OPENING = """
import sys
from studio.store.librarian import Librarian
from studio.store.records import OpenLibrary
librarian = Librarian()
(answer,) = librarian.run(OpenLibrary(sys.argv[1]))
print(type(answer).__name__, flush=True)
sys.stdin.read()
"""


def run_unclean(folder: Path) -> subprocess.Popen[str]:
    """A second process that has the library open, and a session in the log."""
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", UNCLEAN, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(root), str(Path(__file__).parent)))},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "saved\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture
def sound(own_library: Path) -> Path:
    """A library of some 100 pages, closed cleanly."""
    with library(own_library) as librarian:
        for number, text in TEXTS.items():
            ask(librarian, SaveSession(session(number, text)), Saved)
        ask(librarian, SaveGeneration(generation(1, 8), 0, (token(),) * 50, session(8, TEXTS[8])), Saved)
    return own_library


def poke(file: Path, at: int, data: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(data)


def rewrite(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def truncate(size: int) -> Callable[[Path], None]:
    return lambda file: os.truncate(file, size)


def zero_page(number: int) -> Callable[[Path], None]:
    return lambda file: poke(file, number * 4096, bytes(4096))


BROKEN: dict[str, Callable[[Path], None]] = {
    "empty": truncate(0),
    "one byte": truncate(1),
    "not a database": lambda file: rewrite(file, b"Dear diary, " * 1000),
    "header only": truncate(100),
    "first page only": truncate(4096),
    "half": lambda file: os.truncate(file, file.stat().st_size // 8192 * 4096),
    "last page gone": lambda file: os.truncate(file, file.stat().st_size - 4096),
    "last byte gone": lambda file: os.truncate(file, file.stat().st_size - 1),
    "magic": lambda file: poke(file, 3, b"x"),
    "another program's": lambda file: poke(file, 68, b"Fossil"[:4]),
    "version zero": lambda file: poke(file, 60, bytes(4)),
    "migration's name": lambda file: rewrite(file, file.read_bytes().replace(b"m001_", b"n001_")),
    "schema page": zero_page(0),
    "second page": zero_page(1),
    "all but the header": lambda file: poke(file, 100, bytes(file.stat().st_size - 100)),
    "a text's page": lambda file: poke(
        file, file.read_bytes().index(b"session 6 session 6") // 4096 * 4096, bytes(4096)
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_library_is_refused_and_left_as_it_is(sound: Path, how: str) -> None:
    BROKEN[how](sound / "library.db")
    before = contents(sound)
    failed = ask(Librarian(), OpenLibrary(str(sound)), LibraryFailed)
    assert failed.damage is Damage.DAMAGED
    assert failed.what_happened.endswith(".")
    assert failed.what_to_do.endswith(".")
    assert contents(sound) == before


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_library_with_a_log_is_left_as_it_is(sound: Path, how: str) -> None:
    end(run_unclean(sound))
    BROKEN[how](sound / "library.db")
    before = contents(sound)
    assert before["library.db-wal"]
    librarian = Librarian()
    (answer,) = librarian.run(OpenLibrary(str(sound)))
    if isinstance(answer, LibraryOpened):  # the log happened to hold the broken pages
        for number, text in TEXTS.items():
            assert ask(librarian, OpenSession(number), SessionOpened).session.text == text
        ask(librarian, CloseLibrary(), LibraryClosed)
    else:
        assert isinstance(answer, LibraryFailed)
        assert answer.damage is Damage.DAMAGED
        assert contents(sound) == before


@pytest.mark.parametrize("seed", range(60))
def test_flipped_bits_are_never_silent(sound: Path, seed: int) -> None:
    chance = random.Random(seed)
    file = sound / "library.db"
    data = bytearray(file.read_bytes())
    for _ in range(chance.choice((1, 1, 4, 64))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)
    librarian = Librarian()
    (answer,) = librarian.run(OpenLibrary(str(sound)))
    if isinstance(answer, LibraryFailed):
        assert answer.damage in {Damage.DAMAGED, Damage.NEWER}
        assert file.read_bytes() == data
        return
    assert isinstance(answer, LibraryOpened), answer
    for number, text in TEXTS.items():
        (answer,) = librarian.run(OpenSession(number))
        if isinstance(answer, SessionOpened):
            assert answer.session == session(number, text)
        else:
            assert isinstance(answer, RequestFailed)
            assert (answer.damage, answer.report) == (Damage.DAMAGED, "")
    ask(librarian, CloseLibrary(), LibraryClosed)


def test_the_checksum_keeps_a_changed_text_from_being_shown_as_sound(sound: Path) -> None:
    file = sound / "library.db"
    for number in (3, 8):
        poke(file, file.read_bytes().index(b"session %d " % number * 20), b"Session")
    failed = ask(Librarian(), OpenLibrary(str(sound)), LibraryFailed)
    assert failed.damage is Damage.DAMAGED
    with library(sound, read_only=True) as librarian:  # reading shows what there is
        assert ask(librarian, OpenSession(8), SessionOpened).session.text.count("Session 8") == 1


def test_a_newer_library_is_refused_untouched(sound: Path) -> None:
    poke(sound / "library.db", 60, (99).to_bytes(4, "big"))
    before = contents(sound)
    for read_only in (False, True):
        failed = ask(Librarian(), OpenLibrary(str(sound), read_only), LibraryFailed)
        assert failed.damage is Damage.NEWER
        assert contents(sound) == before


def test_a_log_that_was_taken_away_is_missed(sound: Path) -> None:
    end(run_unclean(sound))
    (sound / "library.db-wal").unlink()
    before = contents(sound)
    failed = ask(Librarian(), OpenLibrary(str(sound)), LibraryFailed)
    assert failed.damage is Damage.DAMAGED
    assert "library.db-wal" in failed.what_to_do
    assert contents(sound) == before
    librarian = Librarian()
    opened = ask(librarian, OpenLibrary(str(sound), accept_loss=True), LibraryOpened)
    assert len(opened.sessions) == len(TEXTS)
    ask(librarian, CloseLibrary(), LibraryClosed)
    with library(sound):
        pass


def test_a_log_without_its_library_is_not_replayed_into_a_new_one(sound: Path) -> None:
    end(run_unclean(sound))
    (sound / "library.db").unlink()
    librarian = Librarian()
    assert ask(librarian, OpenLibrary(str(sound)), LibraryFailed).damage is Damage.DAMAGED
    opened = ask(librarian, StartFresh(str(sound)), LibraryOpened)
    assert opened.sessions == ()
    ask(librarian, CloseLibrary(), LibraryClosed)


def test_after_a_crash_everything_saved_is_there(sound: Path) -> None:
    end(run_unclean(sound))
    librarian = Librarian()
    opened = ask(librarian, OpenLibrary(str(sound)), LibraryOpened)
    assert opened.last_session == session(9, "only in the log")
    ask(librarian, CloseLibrary(), LibraryClosed)
    assert list(contents(sound)) == ["library.db"]


def test_the_checksum_is_looked_at_before_the_log_is_folded_in(sound: Path) -> None:
    end(run_unclean(sound))
    log = sound / "library.db-wal"
    # A changed text in the last session, as a sound transaction in the log.
    connection = sqlite3.connect(sound / "library.db")
    connection.execute("UPDATE manuscripts SET text = upper(text)")
    connection.commit()
    shutil.copyfile(log, sound / "log")
    shutil.copyfile(sound / "library.db", sound / "copy")
    connection.close()
    (sound / "copy").replace(sound / "library.db")
    (sound / "log").replace(log)
    before = contents(sound)
    assert before["library.db-wal"]
    assert ask(Librarian(), OpenLibrary(str(sound)), LibraryFailed).damage is Damage.DAMAGED
    assert contents(sound) == before


@pytest.mark.parametrize("ending", ["", "raise SystemExit(3)", "1 / 0"])
def test_an_exit_without_closing_is_no_reason_to_worry(own_library: Path, ending: str) -> None:
    script = (
        "import sys; from pathlib import Path; from studio.store.store import Store\n"
        f"store = Store.open(Path(sys.argv[1]))\n{ending}"
    )
    root = Path(__file__).parents[2]
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", script, str(own_library)], cwd=root, check=False, capture_output=True
        )
        assert list(contents(own_library)) == ["library.db"]
        with library(own_library):
            pass


@pytest.mark.parametrize("damage", ["empty", "half"])
def test_starting_fresh_deletes_nothing(sound: Path, damage: str) -> None:
    end(run_unclean(sound))
    BROKEN[damage](sound / "library.db")
    before = contents(sound)
    librarian = Librarian()
    opened = ask(librarian, StartFresh(str(sound)), LibraryOpened)
    assert (opened.sessions, opened.next_session_id) == ((), 1)
    assert opened.set_aside is not None
    aside = Path(opened.set_aside)
    assert aside.name.startswith("library-damaged-")
    after = contents(sound)
    assert after[aside.name] == before["library.db"]
    assert after[aside.name + "-wal"] == before["library.db-wal"]
    ask(librarian, SaveSession(session()), Saved)
    ask(librarian, StartFresh(str(sound)), LibraryOpened)  # and once more, in the same second
    assert len([name for name in contents(sound) if name.startswith("library-damaged-")]) == 3
    ask(librarian, CloseLibrary(), LibraryClosed)


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
    folder = Path("/tmp", f"library-{os.getpid()}")
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
