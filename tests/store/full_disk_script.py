"""Child of test_full_disk.py: one kind of write on a disk with no space left. full_disk_script.py FOLDER KIND

FOLDER is a small disk. The answer says that it is full; what was there before is there afterwards, and
nothing unfinished is; and with space again the same request is carried out.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio import exchange, exchanging, settings
from studio.core.history import Node
from studio.export.exporter import Options
from studio.store import records as r
from studio.store.librarian import Librarian
from studio.store.trouble import LibraryError
from tests.faults.states import Key, one, state_of, unfinished
from tests.faults.store_kills import DATABASES, multiply
from tests.store.library_samples import generation, session, token

Act = Callable[[], object]
FOLDER = Path(sys.argv[1])
LIBRARY, BALLAST, OUTSIDE = FOLDER / "library", FOLDER / "ballast", FOLDER.parent
LONG = "A long story. " * 150_000
TAGS = tuple(f"tag {k}" for k in range(200_000))


def fill_disk() -> None:
    """To the last page."""
    with BALLAST.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


def opened(folder: Path = LIBRARY) -> Librarian:
    librarian = Librarian()
    one(librarian, r.OpenLibrary(str(folder)), r.LibraryOpened)
    return librarian


def filled() -> Librarian:
    """An open library of half a megabyte; session 4 is in the trash."""
    librarian = opened()
    for number in (1, 2, 3, 4):
        record = replace(session(number, f"session {number} " * 9000), nodes=(Node(1, 0, "[]"),), head=1)
        request = r.SaveGeneration(generation(number, number), 0, (token(),) * 20, record)
        one(librarian, request, r.Saved)
    one(librarian, r.DeleteSession(4), r.SessionsListed)
    return librarian


def close(librarian: Librarian) -> None:
    one(librarian, r.CloseLibrary(), r.LibraryClosed)


def is_full(answer: object) -> bool:
    """Whether this says, in two sentences, that there is no space. Raises AssertionError if only half."""
    match answer:
        case exchange.ExchangeFailed():  # the disk of the file, which need not be the library's
            return "not enough space" in answer.error.what_happened and bool(answer.error.what_to_do)
        case exchange.FilesImported():
            error: object = answer.files[0].error
        case OSError():
            return answer.errno == errno.ENOSPC
        case _:
            error = answer
    if not isinstance(error, r.RequestFailed | r.LibraryFailed | LibraryError):
        return False
    assert error.damage is r.Damage.FULL, error
    assert error.what_happened.endswith("."), error
    assert error.what_to_do.endswith("."), error
    assert not getattr(error, "report", ""), error
    return True


def ask(librarian: Librarian, request: r.LibraryRequest) -> Act:
    return lambda: list(librarian.run(request))[-1]


def exchange_with(librarian: Librarian, request: exchange.ExchangeRequest) -> Act:
    return lambda: list(exchanging.run(librarian.store, request))[-1]


def save_settings() -> object:
    try:
        settings.save(FOLDER / "settings.toml", settings.Settings())
    except OSError as error:
        return error
    return (FOLDER / "settings.toml").read_bytes()


def make_backup(librarian: Librarian) -> str:
    made = list(librarian.run(r.BackupNow()))[-1]
    assert isinstance(made, r.BackupMade), made
    return made.path


def plan(kind: str, librarian: Librarian) -> Act:
    """What is to be tried. It may close the library."""
    simple: dict[str, r.LibraryRequest] = {
        "session": r.SaveSession(session(9, LONG)),
        "later session": r.SaveSession(session(1, LONG, revision=2)),
        "generation": r.SaveGeneration(generation(9, 9), 0, (token(),) * 6000, session(9)),
        "title": r.RenameSession(1, LONG),
        "tags": r.TagSession(1, TAGS),
        "copy": r.DuplicateSession(1, 9),
        "trash": r.EmptyTrash(),
        "backup": r.BackupNow(),
    }
    if kind in simple:
        return ask(librarian, simple[kind])
    new = FOLDER / "new"
    match kind:
        case "restore":
            return ask(librarian, r.RestoreBackup(make_backup(librarian), str(new)))
        case "rescue":
            path = make_backup(librarian)
            close(librarian)
            return ask(librarian, r.Rescue(str(LIBRARY), path))
        case "salvage":
            close(librarian)
            return ask(librarian, r.Salvage(str(LIBRARY), str(new)))
        case "salvage in place":
            close(librarian)
            return ask(librarian, r.Rescue(str(LIBRARY), ""))
        case "export":
            (FOLDER / "file.json").write_bytes(b"as it was")
            request = exchange.ExportSessions((), "json", str(FOLDER / "file.json"), Options())
            return exchange_with(librarian, request)
        case "import":
            (OUTSIDE / "file.txt").write_text(LONG, encoding="utf-8")
            return exchange_with(librarian, exchange.ImportFiles((str(OUTSIDE / "file.txt"),), 9, 9))
        case "settings":
            (FOLDER / "settings.toml").write_bytes(b"as it was")
            return save_settings
        case "new library":
            return ask(Librarian(), r.OpenLibrary(str(new)))
    assert kind == "migration", kind
    close(librarian)
    shutil.copyfile(DATABASES / "v001.db", LIBRARY / "library.db")
    multiply(LIBRARY / "library.db")
    return ask(librarian, r.OpenLibrary(str(LIBRARY)))


def state_now(kind: str, librarian: Librarian) -> dict[Key, str]:
    """What the library holds; of one that is closed, a look at a copy."""
    if librarian.is_open:
        return state_of(librarian)
    copy = OUTSIDE / "copy"
    shutil.copytree(LIBRARY, copy)
    looking = opened(copy)
    state = state_of(looking)
    close(looking)
    shutil.rmtree(copy)
    return state


def try_it(kind: str) -> None:
    librarian = filled()
    act = plan(kind, librarian)
    before = state_now(kind, librarian)
    others = {path: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}
    fill_disk()
    answer = act()
    assert is_full(answer), f"{answer!s:.500}"
    assert not unfinished(FOLDER), unfinished(FOLDER)
    assert state_now(kind, librarian) == before
    for path, data in others.items():
        assert path.read_bytes() == data
    BALLAST.unlink()
    answer = act()
    assert not is_full(answer), answer
    assert not isinstance(answer, r.RequestFailed | r.LibraryFailed | exchange.ExchangeFailed), answer
    if not librarian.is_open:
        librarian = opened()
    after = state_of(librarian)
    mine = {"later session": ("session", 1), "title": ("session", 1), "tags": ("session", 1)}
    lost = [key for key in before if after.get(key) != before[key] and mine.get(kind) != key and key[1] != 4]
    assert not lost, lost
    assert not unfinished(FOLDER)
    close(librarian)


def search_on_a_full_disk() -> None:
    """A search does without the index, and so does closing."""
    librarian = filled()
    fill_disk()
    found = one(librarian, r.SearchLibrary("session 2"), r.Found)
    assert [hit.session_id for hit in found.hits] == [2], found
    assert librarian.tidy()
    due = list(librarian.run(r.BackupNow(only_if_due=True)))[-1]
    assert due == r.BackupMade("", 0), due
    close(librarian)
    BALLAST.unlink()
    close(opened())


if __name__ == "__main__":
    search_on_a_full_disk() if sys.argv[2] == "search" else try_it(sys.argv[2])
