"""A damaged library through the real window: a backup put in place, what can be read saved, a fresh start."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from finding import find
from PySide6.QtWidgets import QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from studio import app
from studio.core.history import Run
from studio.store import backup
from studio.store import records as r
from studio.store.librarian import Librarian
from studio.ui.library_dialog import LibraryDialog
from studio.ui.main_window import MainWindow

Open = Callable[[], MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot, own_library: Path) -> Iterator[Open]:
    windows: list[MainWindow] = []

    def open_one() -> MainWindow:
        _, window = app.create(["gpt2-studio", "--library", str(own_library)])
        windows.append(window)
        qtbot.addWidget(window)
        window.show()
        return window

    yield open_one
    for window in windows:
        window.close()


def fill(folder: Path, *, n_backups: int = 1) -> None:
    librarian = Librarian()
    list(librarian.run(r.OpenLibrary(str(folder))))
    for number in range(1, 9):
        text = f"Words of session {number}. " * (300 * number)
        record = r.SessionRecord(number, f"Session {number}", text, (Run(len(text)),), 0, 0.0, 1)
        list(librarian.run(r.SaveSession(record)))
    for _ in range(n_backups):
        *_, made = librarian.run(r.BackupNow())
        assert isinstance(made, r.BackupMade)
        assert made.path
    list(librarian.run(r.CloseLibrary()))


def damage(file: Path, at_page: int = 3) -> bytes:
    data = bytearray(file.read_bytes())
    data[4096 * at_page : 4096 * (at_page + 1)] = random.Random(1).randbytes(4096)
    file.write_bytes(data)
    return bytes(data)


def dialog_of(window: MainWindow, qtbot: QtBot) -> LibraryDialog:
    qtbot.waitUntil(lambda: window.findChild(QDialog, "libraryDialog") is not None, timeout=10_000)
    return find(window, LibraryDialog, "libraryDialog")


def said(dialog: LibraryDialog) -> str:
    return find(dialog, QLabel, "librarySaid").text()


def kept(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.glob("library-damaged-*.db")]


def test_the_newest_sound_backup_is_offered_and_put_in_place(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    fill(own_library, n_backups=2)
    oldest, newest = backup.made(own_library / "backups")
    damage(newest, 5)
    damaged = damage(own_library / "library.db")
    window = open_window()
    dialog = dialog_of(window, qtbot)
    button = find(dialog, QPushButton, "libraryBackup")
    qtbot.waitUntil(button.isVisible, timeout=10_000)
    assert "8 sessions" in said(dialog)
    assert (own_library / "library.db").read_bytes() == damaged
    button.click()
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=20_000)
    assert window.editor.toPlainText().startswith("Words of session 8.")
    assert len(window.sessions.model.sessions()) == 8
    assert kept(own_library) == [damaged]
    (name,) = (path.name for path in own_library.glob("library-damaged-*.db"))
    assert name in window.notice.text()
    assert "as it was on" in window.notice.text()
    assert oldest.exists()
    assert newest.exists()
    assert window.findChild(QDialog, "libraryDialog") is None or not dialog.isVisible()


def test_what_can_be_read_is_saved_and_counted(open_window: Open, qtbot: QtBot, own_library: Path) -> None:
    fill(own_library)
    damaged = damage(own_library / "library.db", 30)
    window = open_window()
    dialog = dialog_of(window, qtbot)
    find(dialog, QPushButton, "librarySalvage").click()  # also while the backup is still being checked
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=20_000)
    assert len(window.sessions.model.sessions()) >= 6
    assert kept(own_library) == [damaged]
    assert "library-damaged-" in window.notice.text()


@pytest.mark.parametrize("n_backups", [0, 2])
def test_without_a_sound_backup_the_other_ways_are_left(
    open_window: Open, qtbot: QtBot, own_library: Path, n_backups: int
) -> None:
    fill(own_library, n_backups=n_backups)
    for path in backup.made(own_library / "backups"):
        damage(path)
    damaged = damage(own_library / "library.db")
    window = open_window()
    dialog = dialog_of(window, qtbot)
    qtbot.waitUntil(lambda: "none" in said(dialog) or "no backup" in said(dialog), timeout=10_000)
    assert not find(dialog, QPushButton, "libraryBackup").isVisible()
    find(dialog, QPushButton, "libraryFresh").click()
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=10_000)
    assert kept(own_library) == [damaged]


def test_a_rescue_that_finds_nothing_says_so_and_leaves_the_ways_open(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    own_library.mkdir()
    (own_library / "library.db").write_bytes(b"SQLite format 3\0" + random.Random(1).randbytes(65520))
    before = (own_library / "library.db").read_bytes()
    window = open_window()
    dialog = dialog_of(window, qtbot)
    find(dialog, QPushButton, "librarySalvage").click()
    qtbot.waitUntil(lambda: "nothing was changed" in said(dialog).lower(), timeout=10_000)
    assert find(dialog, QPushButton, "libraryFresh").isEnabled()
    assert (own_library / "library.db").read_bytes() == before
    assert kept(own_library) == []


def test_a_full_disk_while_a_backup_is_put_in_place_is_said(
    open_window: Open, qtbot: QtBot, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    fill(own_library)
    damaged = damage(own_library / "library.db")
    window = open_window()
    dialog = dialog_of(window, qtbot)
    button = find(dialog, QPushButton, "libraryBackup")
    qtbot.waitUntil(button.isVisible, timeout=10_000)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:  # no file of this process can grow: what a full disk does to SQLite
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, unlimited[1]))
        button.click()
        qtbot.waitUntil(button.isEnabled, timeout=10_000)
        assert said(dialog)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert (own_library / "library.db").read_bytes() == damaged
    assert not list(own_library.glob("*.unfinished"))
    button.click()
    qtbot.waitUntil(lambda: not window.editor.isReadOnly(), timeout=20_000)


@pytest.mark.parametrize("damage_kind", [r.Damage.NEWER, r.Damage.LOCKED, r.Damage.READ_ONLY])
def test_other_troubles_offer_no_rescue(qtbot: QtBot, damage_kind: r.Damage) -> None:
    dialog = LibraryDialog(r.LibraryFailed("/somewhere", damage_kind, "It is so.", "Do this."))
    qtbot.addWidget(dialog)
    for name in ("libraryBackup", "librarySalvage", "libraryFresh"):
        assert dialog.findChild(QPushButton, name) is None


WRITER = """
import sys
from pathlib import Path
from tests.store.library_samples import generation, session
from studio.store.store import Store
from dataclasses import replace
store = Store.open(Path(sys.argv[1]))
store.save_session(session(1, "Once upon a time", title="The fox"))
if sys.argv[2] == "generating":
    newer = session(1, "Once", title="The fox", revision=2)
    store.save_generation(generation(1, 1, text=" there was a fox"), 0, (), newer)
print("saved", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(("what", "expected"), [("generating", "4 words"), ("typing", "last saved")])
def test_after_kill_9_one_line_says_what_is_here(
    open_window: Open, qtbot: QtBot, own_library: Path, what: str, expected: str
) -> None:
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(own_library), what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "saved\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    window = open_window()
    qtbot.waitUntil(lambda: bool(window.notice.text()), timeout=10_000)
    assert "“The fox”" in window.notice.text()
    assert expected in window.notice.text()
    window.close()
    again = open_window()
    qtbot.waitUntil(lambda: not again.editor.isReadOnly(), timeout=10_000)
    assert not again.notice.text()  # told once
