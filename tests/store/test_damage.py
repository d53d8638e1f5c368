"""Damaged, foreign and newer libraries: a clear answer, and every byte as it was."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
from tests.store.library_samples import TEXTS, ask, contents, end, fill, library, run_unclean, session


@pytest.fixture
def sound(own_library: Path) -> Path:
    """A library of some 100 pages, closed cleanly."""
    return fill(own_library)


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
    assert failed.damage is Damage.LOG_MISSING
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
