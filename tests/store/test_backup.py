"""Backups: made while saves go on, complete or not there at all, thinned, restored, and what is salvaged."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio.core.history import Node
from studio.store import backup
from studio.store.librarian import Librarian
from studio.store.records import (
    BackupMade,
    BackupNow,
    BackupProgress,
    Backups,
    CheckBackup,
    CloseLibrary,
    Damage,
    DeleteSession,
    EmptyTrash,
    LibraryClosed,
    LibraryMessage,
    LibraryRestored,
    LibrarySalvaged,
    ListBackups,
    RequestFailed,
    RestoreBackup,
    Salvage,
    Saved,
    SaveSession,
    SessionsListed,
    TagSession,
    TrashEmptied,
)
from studio.store.store import Store
from tests.store.library_samples import TEXTS, ask, fill, generation, library, session, token

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


def make(librarian: Librarian, *, only_if_due: bool = False) -> Path | None:
    """The path of a new backup."""
    *_, done = librarian.run(BackupNow(only_if_due))
    assert isinstance(done, BackupMade), done
    return Path(done.path) if done.path else None


def days(*numbers: float) -> set[datetime]:
    return {NOW - timedelta(days=number) for number in numbers}


@pytest.mark.parametrize(
    ("ages", "kept"),
    [
        ((), ()),
        ((0, 1, 2), (0, 1, 2)),
        ((0, 0.1, 0.2, 1), (0, 1)),  # the newest of a day
        (range(40), (*range(7), 10, 17, 20)),  # days; Sundays; the end of April
        (range(0, 40, 8), (0, 8, 16, 24, 32)),  # a day is one that has a backup
        ((-5, -400, 0, 1), (-5, -400, 0, 1)),  # the clock was set back: those of the future stay
        ((-1,), (-1,)),
        (range(0, 900, 30), (*range(0, 360, 30),)),
    ],
)
def test_thinning_keeps_days_weeks_and_months(ages: tuple[float, ...], kept: tuple[float, ...]) -> None:
    assert days(*ages) - backup.superfluous(days(*ages), NOW) == days(*kept)


def test_thinning_deletes_daily_backups_only(tmp_path: Path) -> None:
    names = [f"library-20260520T0{k}0000Z-{reason}.db" for k in range(3) for reason in ("daily", "by-hand")]
    names += ["library-20260520T000000Z-daily-2.db", "library-20269920T000000Z-daily.db", "my-own.db"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert backup.thin(tmp_path, NOW) == 3
    left = {path.name for path in tmp_path.iterdir()}
    assert set(names) - left == {name for name in names if "T00" in name or "T01" in name} - left
    assert sum("by-hand" in name for name in left) == 3


def test_a_daily_backup_is_made_once_a_day(own_library: Path) -> None:
    folder = own_library / "backups"
    with library(own_library) as librarian:
        assert make(librarian, only_if_due=True) is None  # an empty library
        ask(librarian, SaveSession(session()), Saved)
        first = make(librarian, only_if_due=True)
        assert first is not None
        assert first.parent == folder
        assert make(librarian, only_if_due=True) is None
        assert make(librarian) is not None
    time = backup.time_of(first)
    assert time is not None
    for path in folder.iterdir():
        path.rename(folder / "library-29990101T000000Z-daily.db")  # as if the clock was set back
    assert backup.is_due(folder, time)


@pytest.fixture
def large(own_library: Path) -> Iterator[Librarian]:
    chance = random.Random(2)
    with library(own_library) as librarian:
        for number in range(1, 30):
            ask(librarian, SaveSession(session(number, chance.randbytes(500_000).hex())), Saved)
        yield librarian


def test_saves_go_on_while_a_backup_is_made(
    large: Librarian, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PAGES", 4)
    steps: list[LibraryMessage] = []
    for step in large.run(BackupNow()):
        steps.append(step)
        if isinstance(step, BackupProgress):
            number = len(steps)
            start = time.perf_counter()
            ask(large, SaveSession(session(100 + number, "during " * 100_000)), Saved)
            assert time.perf_counter() - start < 2
            assert list(large.run(BackupNow())) == [BackupMade("", 0)]  # one is under way
    assert len(steps) > 1
    done = steps[-1]
    assert isinstance(done, BackupMade)
    assert all(isinstance(step, BackupProgress) and 0 <= step.fraction <= 1 for step in steps[:-1])
    (info,) = ask(large, CheckBackup(done.path), Backups).backups
    assert (info.n_sessions, info.checked) == (29, True)  # as the library was when it began
    ask(large, CloseLibrary(), LibraryClosed)
    store = Store.open(own_library)
    assert len(store.sessions()) == 29 + len(steps) - 1
    store.close()


@pytest.mark.parametrize("request_", [CloseLibrary(), EmptyTrash()])
def test_a_backup_is_given_up_when_the_library_is_closed_or_purged(
    large: Librarian, own_library: Path, request_: CloseLibrary | EmptyTrash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PAGES", 1)
    ask(large, DeleteSession(1), SessionsListed)
    running = large.run(BackupNow())
    assert isinstance(next(running), BackupProgress)
    ask(large, request_, LibraryClosed if isinstance(request_, CloseLibrary) else TrashEmptied)
    assert list(running) in ([BackupMade("", 0)], [])
    assert list((own_library / "backups").iterdir()) == []


def test_a_backup_is_listed_checked_and_restored_elsewhere(own_library: Path, tmp_path: Path) -> None:
    fill(own_library)
    with library(own_library) as librarian:
        ask(librarian, SaveSession(replace(session(1, "kept"), nodes=(Node(1, 0, "[]"),), head=1)), Saved)
        path = make(librarian)
        assert path is not None
        ask(librarian, SaveSession(session(1, "later", revision=2)), Saved)
        (info,) = ask(librarian, ListBackups(str(own_library)), Backups).backups
        assert (info.path, info.n_sessions, info.checked) == (str(path), len(TEXTS), True)
        assert (info.n_bytes, info.created_utc[:2]) == (path.stat().st_size, "20")
        assert ask(librarian, CheckBackup(str(path)), Backups).backups == (info,)
        target = tmp_path / "elsewhere"
        restored = ask(librarian, RestoreBackup(str(path), str(target)), LibraryRestored)
        assert restored == LibraryRestored(str(target), len(TEXTS))
        for taken in (target, own_library):
            failed = ask(librarian, RestoreBackup(str(path), str(taken)), RequestFailed)
            assert "already" in failed.what_happened
        ask(librarian, DeleteSession(2), SessionsListed)
        emptied = ask(librarian, EmptyTrash(), TrashEmptied)
        assert emptied == TrashEmptied(1, 1, info.created_utc, info.created_utc)
    store = Store.open(target)
    assert store.session(1).text == "kept"
    assert [line.id for line in store.sessions()] == [1, *range(8, 1, -1)]
    store.close()
    data = bytearray(path.read_bytes())
    data[data.index(b"]]session 5") + 3] ^= 1
    path.write_bytes(data)
    with library(own_library) as librarian:
        (info,) = ask(librarian, CheckBackup(str(path)), Backups).backups
        assert not info.checked


WRITER = """
import sys
from tests.store.library_samples import ask
from studio.store.librarian import Librarian
from studio.store.records import *
from studio.store import backup
backup._PAGES = 8
librarian = Librarian()
ask(librarian, OpenLibrary(sys.argv[1]), LibraryOpened)
print("ready", flush=True)
while True:
    for message in librarian.run(BackupNow()):
        assert not isinstance(message, RequestFailed), message
"""


@pytest.mark.timeout(300)
def test_kill_9_leaves_no_incomplete_backup(own_library: Path) -> None:
    fill(own_library)
    chance = random.Random(4)
    paths = (Path(__file__).parents[2], Path(__file__).parent)
    for _ in range(20):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(own_library)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.2))
        child.kill()
        child.communicate()
    made = backup.made(own_library / "backups")
    assert made
    with library(own_library) as librarian:
        for path in made:
            (info,) = ask(librarian, CheckBackup(str(path)), Backups).backups
            assert (info.n_sessions, info.checked) == (len(TEXTS), True)


def test_a_text_is_salvaged_without_its_line_of_the_list(own_library: Path, tmp_path: Path) -> None:
    fill(own_library)
    file = own_library / "library.db"
    data = bytearray(file.read_bytes())
    at = data.index(b"session 5 session 5") // 4096 * 4096  # its preview, and all others
    data[at : at + 4096] = bytes(4096)
    file.write_bytes(data)
    salvaged = ask(Librarian(), Salvage(str(own_library), str(tmp_path / "new")), LibrarySalvaged)
    assert (salvaged.n_saved, salvaged.n_doubtful, salvaged.n_lost) == (0, len(TEXTS), 0)
    store = Store.open(tmp_path / "new")
    assert all(store.session(number).text == text for number, text in TEXTS.items())
    store.close()


def test_what_can_be_read_is_salvaged(own_library: Path, tmp_path: Path) -> None:
    fill(own_library)
    with library(own_library) as librarian:
        ask(librarian, TagSession(7, ("kept",)), SessionsListed)
        ask(librarian, DeleteSession(6), SessionsListed)
    file = own_library / "library.db"
    data = bytearray(file.read_bytes())
    at = data.index(b"]]session 5") // 4096 * 4096
    data[at : at + 4096] = bytes(4096)
    changed = data.index(b"]]session 3") + 2
    data[changed : changed + 1] = b"S"
    file.write_bytes(data)
    librarian = Librarian()
    salvaged = ask(librarian, Salvage(str(own_library), str(tmp_path / "new")), LibrarySalvaged)
    assert salvaged.n_saved + salvaged.n_doubtful + salvaged.n_lost == len(TEXTS)
    assert salvaged.n_saved >= len(TEXTS) - 2
    assert salvaged.n_doubtful >= 1
    assert file.read_bytes() == data
    store = Store.open(tmp_path / "new")
    for number in (1, 2, 4, 6, 7, 8):
        assert store.session(number).text == TEXTS[number]
    assert store.session(3).text == "S" + TEXTS[3][1:]
    assert 6 not in [line.id for line in store.sessions()]
    assert next(line for line in store.sessions() if line.id == 7).tags == ("kept",)
    assert store.tokens(1) == (token(),) * 50
    assert store.generation(1) == generation(1, 8)
    store.close()
    failed = ask(librarian, Salvage(str(own_library), str(tmp_path / "new")), RequestFailed)
    assert failed.damage is Damage.FAILED
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(f"file:{tmp_path}/nothing?mode=ro", uri=True).execute("SELECT 1")
