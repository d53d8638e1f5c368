"""A damaged library is replaced by a backup or by what can be salvaged; the damaged file is always kept."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studio.store import backup
from studio.store.librarian import Librarian
from studio.store.records import (
    BackupCopied,
    BackupMade,
    BackupNow,
    Backups,
    CloseLibrary,
    CopyBackup,
    Damage,
    LibraryClosed,
    LibraryFailed,
    LibraryOpened,
    ListBackups,
    OpenLibrary,
    RequestFailed,
    Rescue,
    Salvage,
)
from studio.store.store import Store
from tests.store.library_samples import TEXTS, ask, contents, end, fill, library, run_unclean


@pytest.fixture
def wreck(own_library: Path) -> Path:
    """A library with a backup, whose pages are damaged from the third one on."""
    fill(own_library)
    with library(own_library) as librarian:
        list(librarian.run(BackupNow()))
    data = bytearray((own_library / "library.db").read_bytes())
    data[8192:12288] = random.Random(1).randbytes(4096)
    (own_library / "library.db").write_bytes(data)
    librarian = Librarian()
    assert ask(librarian, OpenLibrary(str(own_library)), LibraryFailed).damage is Damage.DAMAGED
    return own_library


def the_backup(folder: Path) -> Path:
    (path,) = backup.made(folder / "backups")
    return path


def test_a_backup_takes_the_place_of_a_damaged_library(wreck: Path) -> None:
    damaged = (wreck / "library.db").read_bytes()
    librarian = Librarian()
    opened = ask(librarian, Rescue(str(wreck), str(the_backup(wreck))), LibraryOpened)
    assert opened.rescued is not None
    assert opened.rescued.n_sessions == len(TEXTS) == len(opened.sessions)
    assert opened.rescued.backup_utc == backup.created_utc(the_backup(wreck))
    assert Path(opened.rescued.set_aside).read_bytes() == damaged
    assert the_backup(wreck).exists()
    ask(librarian, CloseLibrary(), LibraryClosed)
    store = Store.open(wreck)
    assert {n: store.session(n).text for n in TEXTS} == TEXTS
    store.close()


def test_what_can_be_read_takes_the_place_of_a_damaged_library(wreck: Path) -> None:
    damaged = (wreck / "library.db").read_bytes()
    librarian = Librarian()
    opened = ask(librarian, Rescue(str(wreck)), LibraryOpened)
    assert opened.rescued is not None
    assert opened.rescued.n_sessions + opened.rescued.n_doubtful == len(opened.sessions) > 0
    assert Path(opened.rescued.set_aside).read_bytes() == damaged
    (listed,) = ask(librarian, ListBackups(str(wreck)), Backups).backups
    assert not listed.foreign  # it is the same library
    ask(librarian, CloseLibrary(), LibraryClosed)
    assert not list(wreck.glob("*.unfinished"))


def test_a_damaged_backup_is_refused_and_nothing_changed(wreck: Path) -> None:
    path = the_backup(wreck)
    data = bytearray(path.read_bytes())
    data[12288:16384] = bytes(4096)
    path.write_bytes(data)
    before = contents(wreck)
    failed = ask(Librarian(), Rescue(str(wreck), str(path)), RequestFailed)
    assert failed.damage is Damage.DAMAGED
    assert not failed.report
    assert failed.request == Rescue(str(wreck), str(path))
    assert contents(wreck) == before


def test_of_a_library_of_which_nothing_is_left_nothing_is_changed(own_library: Path) -> None:
    own_library.mkdir()
    (own_library / "library.db").write_bytes(b"SQLite format 3\0" + random.Random(1).randbytes(65520))
    before = contents(own_library)
    failed = ask(Librarian(), Rescue(str(own_library)), RequestFailed)
    assert not failed.report
    assert contents(own_library) == before
    assert not list(own_library.glob("*.unfinished"))


def test_a_library_in_use_is_not_replaced(own_library: Path) -> None:
    fill(own_library)
    with library(own_library) as librarian:
        list(librarian.run(BackupNow()))
    other = run_unclean(own_library)
    try:
        path = the_backup(own_library)
        assert ask(Librarian(), Rescue(str(own_library), str(path)), RequestFailed).damage is Damage.LOCKED
    finally:
        end(other)


def test_a_missing_library_whose_log_is_there_is_replaced_too(wreck: Path) -> None:
    (wreck / "library.db").unlink()
    (wreck / "library.db-wal").write_bytes(b"log" * 1000)
    opened = ask(Librarian(), Rescue(str(wreck), str(the_backup(wreck))), LibraryOpened)
    assert opened.rescued is not None
    assert Path(opened.rescued.set_aside + "-wal").read_bytes() == b"log" * 1000
    assert len(opened.sessions) == len(TEXTS)


KILLED = """
import os, sys
from pathlib import Path
from studio.store.librarian import Librarian
from studio.store.records import Rescue
import studio.store.store, sqlite_utils
folder, path, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
def die(event, arguments):
    global left
    if event in {"os.link", "os.rename", "os.remove", "open", "sqlite3.connect", "os.mkdir"}:
        if folder in str(arguments[0]):
            left -= 1
            if left == 0:
                os._exit(9)
sys.addaudithook(die)
list(Librarian().run(Rescue(folder, path)))
os._exit(0)
"""


@pytest.mark.parametrize("how", ["backup", "salvage"])
@pytest.mark.skipif(sys.platform == "win32", reason="renames differ")
def test_killed_at_any_step_a_rescue_leaves_the_damaged_library_or_the_new_one(
    wreck: Path, tmp_path: Path, how: str
) -> None:
    with (wreck / "library.db-wal").open("wb") as log:  # a log that belongs to the damaged file
        log.write(b"not a log")
    damaged = (wreck / "library.db").read_bytes()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    outcomes = []
    for step in range(1, 100):
        folder = tmp_path / f"at{step}"
        shutil.copytree(wreck, folder)
        path = str(the_backup(folder)) if how == "backup" else ""
        command = [sys.executable, "-c", KILLED, str(folder), path, str(step)]
        status = subprocess.run(command, env=environment, check=False).returncode
        kept = [file for file in folder.glob("library*") if file.suffix == ".db"]
        assert any(file.read_bytes() == damaged for file in kept), step
        assert (folder / "library.db").exists(), step
        librarian = Librarian()
        (answer,) = librarian.run(OpenLibrary(str(folder)))
        if isinstance(answer, LibraryFailed):
            outcomes.append("old")
            answer = ask(librarian, Rescue(str(folder), path), LibraryOpened)
        else:
            outcomes.append("new")
        assert isinstance(answer, LibraryOpened)
        assert answer.sessions, step
        ask(librarian, CloseLibrary(), LibraryClosed)
        shutil.rmtree(folder)
        if status == 0:
            break
    else:
        pytest.fail("it never came to its end")
    assert outcomes == sorted(outcomes, reverse=True)  # first the old one, then the new one
    assert {"old", "new"} == set(outcomes)


def test_rests_of_a_killed_rescue_are_removed_when_the_library_is_opened(own_library: Path) -> None:
    fill(own_library)
    rest = own_library / "library-salvaged-abcd1234.unfinished"
    rest.mkdir()
    (rest / "library.db").write_bytes(b"half")
    with library(own_library):
        assert not rest.exists()


def test_a_backup_is_copied_somewhere_else(own_library: Path, tmp_path: Path) -> None:
    fill(own_library)
    with library(own_library) as librarian:
        *_, made = librarian.run(BackupNow())
        assert isinstance(made, BackupMade)
        target = tmp_path / "stick" / "copy.db"
        failed = ask(librarian, CopyBackup(made.path, str(target)), RequestFailed)
        assert "could not be copied" in failed.what_happened
        target.parent.mkdir()
        target.write_bytes(b"an older one")
        assert ask(librarian, CopyBackup(made.path, str(target)), BackupCopied).path == str(target)
        assert target.read_bytes() == Path(made.path).read_bytes()
        assert list(target.parent.iterdir()) == [target]
        ask(librarian, CopyBackup(made.path, made.path), RequestFailed)  # onto itself
        assert Path(made.path).read_bytes() == target.read_bytes()


def test_the_first_backup_of_a_week_looks_at_every_session(own_library: Path) -> None:
    fill(own_library)
    file = own_library / "library.db"
    data = bytearray(file.read_bytes())
    data[data.index(b"]]session 5") + 3] ^= 1  # no page is broken
    file.write_bytes(data)
    with library(own_library) as librarian:
        *_, made = librarian.run(BackupNow(only_if_due=True))
        assert isinstance(made, BackupMade)
        assert made.n_damaged == 1
        assert Path(made.path).exists()
        *_, by_hand = librarian.run(BackupNow())
        assert isinstance(by_hand, BackupMade)
        assert by_hand.n_damaged == 0  # the daily one has looked


def test_a_backup_of_another_library_is_told_apart_and_never_thinned(
    own_library: Path, tmp_path: Path
) -> None:
    fill(own_library)
    other = fill(tmp_path / "other")
    with library(other) as librarian:
        *_, made = librarian.run(BackupNow())
        assert isinstance(made, BackupMade)
    place = own_library / "backups"
    place.mkdir()
    for day in range(1, 10):
        shutil.copy(made.path, place / f"library-2020010{day}T000000Z-daily.db")
    (place / "library-20200111T000000Z-daily.db").write_bytes(b"garbage" * 1000)
    (place / "notes.txt").write_text("mine")
    with library(own_library) as librarian:
        *_, daily = librarian.run(BackupNow(only_if_due=True))
        assert isinstance(daily, BackupMade)
        assert daily.n_removed == 0
        listed = ask(librarian, ListBackups(str(own_library)), Backups).backups
        assert [info.foreign for info in listed] == [False, False] + [True] * 9
        assert [info.checked for info in listed] == [True, False] + [True] * 9


def test_a_folder_of_backups_that_cannot_be_read_is_said(own_library: Path) -> None:
    fill(own_library)
    (own_library / "backups").write_bytes(b"not a folder")
    with library(own_library) as librarian:
        assert ask(librarian, ListBackups(str(own_library)), Backups).backups == ()
        failed = [m for m in librarian.run(BackupNow()) if isinstance(m, RequestFailed)]
        assert [(m.report, "could not be made" in m.what_happened) for m in failed] == [("", True)]


def test_salvage_elsewhere_keeps_the_name_of_the_library(wreck: Path, tmp_path: Path) -> None:
    list(Librarian().run(Salvage(str(wreck), str(tmp_path / "new"))))
    assert backup.library_id(tmp_path / "new" / "library.db") == backup.library_id(wreck / "library.db")
