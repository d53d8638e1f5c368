"""The library's thread: saves are answered while a backup is made, what can wait is done when idle."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from studio import library_worker
from studio.core.history import Run
from studio.store import backup
from studio.store import records as r
from studio.store.librarian import Librarian
from studio.worker import LibraryThread

Answers = list[tuple[float, object]]


class Heard(QObject):
    """What the library said, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: Answers = []

    @Slot(object)
    def hear(self, message: object) -> None:
        self.answers.append((time.perf_counter(), message))

    def of(self, kind: type[object]) -> list[object]:
        return [message for _, message in self.answers if isinstance(message, kind)]


def session(number: int, text: str, revision: int = 1) -> r.SessionRecord:
    return r.SessionRecord(number, "", text, (Run(len(text)),), 0, 0.0, revision)


@pytest.fixture
def heard(qtbot: QtBot) -> Heard:
    return Heard()


@pytest.fixture
def library(heard: Heard, own_library: Path) -> Iterator[LibraryThread]:
    thread = LibraryThread()
    thread.message.connect(heard.hear)
    thread.submit(r.OpenLibrary(str(own_library)))
    yield thread
    thread.stop()


def fill(library: LibraryThread, n_bytes: int) -> None:
    """Words that a search index would not make smaller."""
    chance = random.Random(3)
    for number in range(1, 1 + n_bytes // 2_000_000):
        library.submit(r.SaveSession(session(number, chance.randbytes(1_000_000).hex())))


@pytest.mark.timeout(300)
def test_saves_are_answered_at_once_while_a_backup_is_made(
    library: LibraryThread, heard: Heard, qtbot: QtBot, own_library: Path
) -> None:
    fill(library, 60_000_000)
    qtbot.waitUntil(lambda: len(heard.of(r.Saved)) == 30, timeout=60_000)
    library.submit(r.BackupNow())
    qtbot.waitUntil(lambda: bool(heard.of(r.BackupProgress)), timeout=20_000)
    waits: list[float] = []
    while not heard.of(r.BackupMade) and len(waits) < 100:
        start = time.perf_counter()
        library.submit(r.SaveSession(session(100, "while it is copied", 1 + len(waits))))
        qtbot.waitUntil(lambda: len(heard.of(r.Saved)) == 31 + len(waits), timeout=10_000)
        waits.append(time.perf_counter() - start)
    qtbot.waitUntil(lambda: bool(heard.of(r.BackupMade)), timeout=60_000)
    (made,) = heard.of(r.BackupMade)
    assert isinstance(made, r.BackupMade)
    assert Path(made.path).stat().st_size > 60_000_000
    assert waits
    assert statistics.median(waits) < 0.1, waits  # 0.015 s when nothing else runs
    assert not heard.of(r.RequestFailed)


def test_a_check_leaves_room_for_saves_too(
    library: LibraryThread, heard: Heard, qtbot: QtBot, own_library: Path
) -> None:
    fill(library, 20_000_000)
    library.submit(r.BackupNow())
    qtbot.waitUntil(lambda: bool(heard.of(r.BackupMade)), timeout=60_000)
    (made,) = heard.of(r.BackupMade)
    assert isinstance(made, r.BackupMade)
    library.submit(r.CheckBackup(made.path))
    library.submit(r.SaveSession(session(100, "meanwhile")))
    library.submit(r.CheckBackup(made.path))  # one at a time
    qtbot.waitUntil(lambda: bool(heard.of(r.Backups)), timeout=60_000)
    kinds = [type(message).__name__ for _, message in heard.answers]
    assert (
        kinds.index("KeepingProgress") < len(kinds) - 1 - kinds[::-1].index("Saved") < kinds.index("Backups")
    )
    (failed,) = heard.of(r.RequestFailed)
    assert isinstance(failed, r.RequestFailed)
    assert "busy" in failed.what_happened
    assert failed.request == r.CheckBackup(made.path)


@pytest.mark.timeout(300)
def test_closing_gives_a_long_backup_up_and_leaves_no_rest(
    library: LibraryThread, heard: Heard, qtbot: QtBot, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library, 60_000_000)
    library.submit(r.BackupNow())
    monkeypatch.setattr(backup, "_PAGES", 1)  # slowly
    qtbot.waitUntil(lambda: bool(heard.of(r.BackupProgress)), timeout=60_000)
    start = time.perf_counter()
    assert library.stop()
    assert time.perf_counter() - start < 3  # half a second for the backup, half a one for the index
    left = list((own_library / "backups").iterdir())
    assert all(path.suffix == ".db" for path in left)  # a fast disk may have been in time


def test_a_backup_that_is_due_is_made_at_closing(
    library: LibraryThread, heard: Heard, qtbot: QtBot, own_library: Path
) -> None:
    library.submit(r.SaveSession(session(1, "kept")))
    assert library.stop()
    (made,) = (own_library / "backups").iterdir()
    assert "daily" in made.name


def test_nothing_is_backed_up_at_closing_if_none_is_due(own_library: Path, qtbot: QtBot) -> None:
    for revision in (1, 2):
        thread = LibraryThread()
        thread.submit(r.OpenLibrary(str(own_library)))
        thread.submit(r.SaveSession(session(1, "kept", revision)))
        assert thread.stop()
        assert len(list((own_library / "backups").iterdir())) == 1


def test_the_search_is_prepared_when_nothing_else_is_to_do(
    library: LibraryThread, heard: Heard, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_worker, "IDLE_MS", 50)
    tidied: list[bool] = []
    tidy = Librarian.tidy

    def tidy_and_tell(self: Librarian) -> bool:
        tidied.append(tidy(self))
        return tidied[-1]

    monkeypatch.setattr(Librarian, "tidy", tidy_and_tell)
    for number in range(1, 60):
        library.submit(r.SaveSession(session(number, f"fox {number} " * 5000)))
    qtbot.waitUntil(lambda: tidied[-1:] == [True], timeout=30_000)
    assert len(tidied) > 1  # in pieces
    library.submit(r.SearchLibrary("fox 7"))
    qtbot.waitUntil(lambda: bool(heard.of(r.Found)), timeout=10_000)
