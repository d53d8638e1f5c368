"""Pins, tags, copies, archive and trash, through the window and a real library."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import Open
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.store.librarian import Librarian
from studio.store.records import (
    BackupMade,
    BackupNow,
    CloseLibrary,
    ListSessions,
    OpenLibrary,
    SaveSession,
    SessionRecord,
    SessionsListed,
    SessionSummary,
    TagSession,
)
from studio.ui.main_window import MainWindow
from studio.ui.session_list.tag_dialog import TagDialog
from studio.ui.session_list.trash_dialog import TrashDialog

TEXTS = ("The first text.", "The second text.", "The third text.")


@pytest.fixture
def three(own_library: Path) -> None:
    """A library with sessions 1, 2 and 3; 3 was saved last."""
    librarian = Librarian()
    list(librarian.run(OpenLibrary(str(own_library))))
    for number, text in enumerate(TEXTS, 1):
        list(librarian.run(SaveSession(SessionRecord(number, "", text, (), 0, 0.0, 1))))
    list(librarian.run(TagSession(1, ("novel",))))
    list(librarian.run(CloseLibrary()))


@pytest.fixture
def window(three: None, open_window: Open, qtbot: QtBot) -> Iterator[MainWindow]:
    """The app with three sessions, the third open; afterwards saved and closed."""
    made = open_window(model=False)
    qtbot.waitUntil(lambda: listed(made) == [3, 2, 1])
    yield made
    made.close()


def listed(window: MainWindow) -> list[int]:
    return [session.id for session in window.sessions.model.sessions()]


def in_library(folder: Path, view: str = "current") -> dict[int, SessionSummary]:
    librarian = Librarian()
    list(librarian.run(OpenLibrary(str(folder), read_only=True)))
    (answer,) = librarian.run(ListSessions("trash" if view == "trash" else "current"))
    list(librarian.run(CloseLibrary()))
    assert isinstance(answer, SessionsListed)
    return {session.id: session for session in answer.sessions}


def do(window: MainWindow, action: str) -> None:
    assert window.actions_by_name[action].isEnabled(), action
    window.actions_by_name[action].trigger()


def choose(window: MainWindow, session_id: int) -> None:
    """Put the keyboard on a session of the list without opening it."""
    window.activateWindow()
    window.sessions.list.setFocus()
    row = window.sessions.model.row_of(session_id)
    window.sessions.list.setCurrentIndex(window.sessions.model.index(row))
    assert window.sessions.selected() is not None


def open_session(window: MainWindow, qtbot: QtBot, session_id: int) -> None:
    window.sessions.open_requested.emit(session_id)
    qtbot.waitUntil(lambda: controller(window).sessions.id == session_id)


def controller(window: MainWindow) -> Controller:
    return find(window, Controller, "controller")


def test_a_pin_keeps_the_session_on_top_and_its_action_says_so(window: MainWindow, qtbot: QtBot) -> None:
    choose(window, 1)
    do(window, "pin")
    qtbot.waitUntil(lambda: listed(window) == [1, 3, 2])
    assert window.sessions.model.index(0).data() == "Pinned"
    assert not window.actions_by_name["pin"].isChecked()  # of the open one, 3
    open_session(window, qtbot, 1)
    assert window.actions_by_name["pin"].isChecked()
    window.editor.setFocus()
    do(window, "pin")
    qtbot.waitUntil(lambda: listed(window) == [3, 2, 1])
    assert not window.actions_by_name["pin"].isChecked()


def test_tags_are_asked_for_and_become_a_filter(window: MainWindow, qtbot: QtBot) -> None:
    do(window, "tags")
    dialog = find(window, TagDialog, "tagDialog")
    find(dialog, QLineEdit, "tagField").setText("novel, 第一稿")
    dialog.accept()
    qtbot.waitUntil(lambda: window.sessions.tags_in_use() == ("novel", "第一稿"))
    window.sessions.show_tag("novel")
    assert [s.id for s in window.sessions.model.shown()] == [3, 1]


def test_what_changes_elsewhere_does_not_replace_the_view_that_is_shown(
    window: MainWindow, qtbot: QtBot
) -> None:
    do(window, "archive")  # 3, the open one
    qtbot.waitUntil(lambda: listed(window) == [2, 1])
    do(window, "view_archived")
    qtbot.waitUntil(lambda: listed(window) == [3])
    assert window.editor.toPlainText() == TEXTS[2]  # still open, and can be written in
    QTest.keyClicks(window.editor, "More. ")
    qtbot.waitUntil(lambda: find(window, QLabel, "statusSaved").text().startswith("Saved "))
    window.actions_by_name["new"].trigger()
    window.editor.setPlainText("A new one.")
    qtbot.waitUntil(lambda: 4 in {s.id for s in window.sessions.current})
    controller(window).catalogue.pin(4)  # the library answers with the current sessions
    qtbot.waitUntil(lambda: any(s.pinned for s in window.sessions.current))
    qtbot.wait(100)
    assert listed(window) == [3]
    choose(window, 3)
    do(window, "archive")
    qtbot.waitUntil(lambda: listed(window) == [])
    do(window, "view_current")
    qtbot.waitUntil(lambda: listed(window) == [4, 3, 2, 1])


def test_the_order_is_kept_for_the_next_start(window: MainWindow, open_window: Open, qtbot: QtBot) -> None:
    window.sessions.set_order("title")
    qtbot.waitUntil(lambda: listed(window) == [1, 2, 3])
    controller(window).catalogue.rename(1, "Zebra")
    qtbot.waitUntil(lambda: listed(window) == [2, 3, 1])
    window.close()
    again = open_window(model=False)
    qtbot.waitUntil(lambda: listed(again) == [2, 3, 1])


def test_a_copy_has_the_text_as_it_is_now_and_opens(window: MainWindow, qtbot: QtBot) -> None:
    window.editor.set_caret(0)
    QTest.keyClicks(window.editor, "New: ")
    do(window, "duplicate")
    qtbot.waitUntil(lambda: controller(window).sessions.id == 4)
    assert window.editor.toPlainText() == "New: " + TEXTS[2]
    qtbot.waitUntil(lambda: set(listed(window)) == {1, 2, 3, 4})
    titles = {session.id: session.title for session in window.sessions.current}
    assert titles == {1: "", 2: "", 3: "", 4: "New: The third text. (copy)"}
    window.editor.undo()
    assert window.editor.toPlainText() == TEXTS[2]  # its history came with it
    open_session(window, qtbot, 3)
    assert window.editor.toPlainText() == "New: " + TEXTS[2]


def test_deleting_the_open_session_shows_the_one_below(window: MainWindow, qtbot: QtBot) -> None:
    open_session(window, qtbot, 2)
    do(window, "delete")
    qtbot.waitUntil(lambda: window.editor.toPlainText() == TEXTS[0])
    assert listed(window) == [3, 1]
    do(window, "delete")
    qtbot.waitUntil(lambda: window.editor.toPlainText() == TEXTS[2])
    do(window, "delete")
    qtbot.waitUntil(lambda: window.editor.toPlainText() == "" and not window.editor.isReadOnly())
    do(window, "view_trash")
    qtbot.waitUntil(lambda: set(listed(window)) == {1, 2, 3})


def test_deleting_while_the_model_writes_ends_the_writing(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.editor.setPlainText("Once upon a time")
    find(window, QSpinBox, "param_max_new_tokens").setValue(400)
    do(window, "generate")
    qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > 30, timeout=20_000)
    written = window.editor.toPlainText()
    do(window, "delete")
    qtbot.waitUntil(lambda: window.editor.toPlainText() == "")
    assert not window.editor.is_generating
    qtbot.wait(300)
    assert window.editor.toPlainText() == ""  # late words have no place to go
    do(window, "view_trash")
    qtbot.waitUntil(lambda: listed(window) == [1])
    open_session(window, qtbot, 1)
    assert window.editor.toPlainText().startswith(written)


def test_a_session_deleted_before_its_first_save_was_through_stays_deleted(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.actions_by_name["new"].trigger()
    window.editor.setPlainText("Never mind.")
    do(window, "delete")  # no save was even sent
    qtbot.waitUntil(lambda: window.editor.toPlainText() != "Never mind.")
    do(window, "view_trash")
    qtbot.waitUntil(lambda: listed(window) == [4])
    do(window, "view_current")
    qtbot.waitUntil(lambda: listed(window) == [3, 2, 1])


def test_a_session_from_the_trash_is_read_and_becomes_writable_when_restored(
    window: MainWindow, qtbot: QtBot
) -> None:
    do(window, "delete")
    qtbot.waitUntil(lambda: window.editor.toPlainText() == TEXTS[1])
    do(window, "view_trash")
    qtbot.waitUntil(lambda: listed(window) == [3])
    open_session(window, qtbot, 3)
    assert window.editor.toPlainText() == TEXTS[2]
    assert window.editor.isReadOnly()
    assert "trash" in window.notice.text()
    QTest.keyClicks(window.editor, "No.")
    assert window.editor.toPlainText() == TEXTS[2]
    for action in ("generate", "undo", "paste"):
        assert not window.actions_by_name[action].isEnabled()
    do(window, "restore")
    qtbot.waitUntil(lambda: not window.editor.isReadOnly())
    assert listed(window) == []
    QTest.keyClicks(window.editor, "Yes. ")
    qtbot.waitUntil(lambda: 3 in {s.id for s in window.sessions.current})
    qtbot.waitUntil(lambda: find(window, QLabel, "statusSaved").text().startswith("Saved "))
    assert not window.actions_by_name["restore"].isEnabled()


def test_leaving_a_session_of_the_trash_does_not_save_it(
    window: MainWindow, qtbot: QtBot, own_library: Path
) -> None:
    do(window, "delete")
    do(window, "view_trash")
    qtbot.waitUntil(lambda: listed(window) == [3])
    before = window.sessions.model.sessions()[0].updated_utc
    open_session(window, qtbot, 3)
    qtbot.wait(1100)  # a save would have another time
    open_session(window, qtbot, 2)
    window.close()
    assert in_library(own_library, "trash")[3].updated_utc == before


def empty(window: MainWindow, qtbot: QtBot) -> TrashDialog:
    """Ask to empty the trash; the dialog that comes."""
    do(window, "empty_trash")
    qtbot.waitUntil(lambda: window.findChild(TrashDialog) is not None)
    return find(window, TrashDialog, "trashDialog")


def confirm(dialog: TrashDialog, n: int) -> None:
    find(dialog, QPushButton, "trashGoOn").click()
    find(dialog, QLineEdit, "trashNumber").setText(str(n))
    find(dialog, QPushButton, "trashDestroy").click()


def test_emptying_the_trash_says_what_is_gone_and_leaves_what_was_open_in_it(
    window: MainWindow, qtbot: QtBot, own_library: Path
) -> None:
    do(window, "delete")
    qtbot.waitUntil(lambda: window.editor.toPlainText() == TEXTS[1])
    do(window, "view_trash")
    qtbot.waitUntil(lambda: listed(window) == [3])
    open_session(window, qtbot, 3)
    empty(window, qtbot).reject()
    qtbot.wait(50)
    assert listed(window) == [3]  # nothing happened
    qtbot.waitUntil(lambda: window.findChild(TrashDialog) is None)
    confirm(empty(window, qtbot), 1)
    qtbot.waitUntil(lambda: "Destroyed sessions: 1." in window.notice.text())
    assert "No backup holds any of them." in window.notice.text()
    qtbot.waitUntil(lambda: window.editor.toPlainText() in TEXTS[:2])
    qtbot.waitUntil(lambda: listed(window) == [])
    assert not window.editor.isReadOnly()
    window.close()
    assert set(in_library(own_library)) == {1, 2}
    assert in_library(own_library, "trash") == {}


def test_emptying_the_trash_says_which_backups_still_hold_something(window: MainWindow, qtbot: QtBot) -> None:
    library = controller(window)._library
    with qtbot.waitSignal(library.message, check_params_cb=lambda answer: isinstance(answer, BackupMade)):
        library.submit(BackupNow())
    do(window, "delete")
    qtbot.waitUntil(lambda: window.editor.toPlainText() == TEXTS[1])
    confirm(empty(window, qtbot), 1)
    qtbot.waitUntil(lambda: "Destroyed sessions: 1." in window.notice.text())
    assert "One backup, made on " in window.notice.text()


def test_an_empty_trash_is_not_asked_about(window: MainWindow, qtbot: QtBot) -> None:
    do(window, "empty_trash")
    qtbot.waitUntil(lambda: window.notice.text() == "The trash is empty.")
    assert window.findChild(TrashDialog) is None


def test_what_could_not_be_saved_of_a_destroyed_session_does_not_bring_it_back(
    window: MainWindow, qtbot: QtBot, own_library: Path
) -> None:
    QTest.keyClicks(window.editor, "x")
    qtbot.waitUntil(lambda: find(window, QLabel, "statusSaved").text().startswith("Saved "))
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    log_bytes = (own_library / "library.db-wal").stat().st_size
    try:  # no file of this process can grow: what a full disk does to SQLite
        resource.setrlimit(resource.RLIMIT_FSIZE, (log_bytes, unlimited[1]))
        window.editor.setPlainText("Words that need room. " * 3000)
        qtbot.waitUntil(lambda: find(window, QLabel, "statusSaved").text() == "Not saved", timeout=10_000)
        open_session(window, qtbot, 2)
        autosave = controller(window).sessions.autosave
        qtbot.waitUntil(lambda: {save.session.id for save in autosave._unsaved} == {3})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    controller(window).catalogue.delete(3)
    confirm(empty(window, qtbot), 1)
    qtbot.waitUntil(lambda: "Destroyed sessions: 1." in window.notice.text())
    assert autosave._unsaved == []
    autosave.flush()
    QTest.keyClicks(window.editor, "y")
    qtbot.waitUntil(lambda: find(window, QLabel, "statusSaved").text().startswith("Saved "))
    window.close()
    assert set(in_library(own_library)) == {1, 2}


def test_a_session_whose_save_failed_when_it_was_deleted_stays_deleted_once_it_is_saved(
    window: MainWindow, qtbot: QtBot, own_library: Path
) -> None:
    QTest.keyClicks(window.editor, "x")
    qtbot.waitUntil(lambda: find(window, QLabel, "statusSaved").text().startswith("Saved "))
    window.actions_by_name["new"].trigger()
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    log_bytes = (own_library / "library.db-wal").stat().st_size
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (log_bytes, unlimited[1]))
        window.editor.setPlainText("Words that need room. " * 3000)
        qtbot.waitUntil(lambda: find(window, QLabel, "statusSaved").text() == "Not saved", timeout=10_000)
        do(window, "delete")
        qtbot.waitUntil(lambda: window.editor.toPlainText() == TEXTS[2] or "x" in window.editor.toPlainText())
        qtbot.wait(200)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    controller(window).sessions.autosave.flush()
    do(window, "view_trash")
    qtbot.waitUntil(lambda: listed(window) == [4], timeout=10_000)
    window.close()
    assert set(in_library(own_library)) == {1, 2, 3}


def test_a_session_that_cannot_be_read_after_another_was_deleted_leaves_an_empty_one(
    window: MainWindow, qtbot: QtBot
) -> None:
    sessions = controller(window).sessions
    sessions.leave()
    sessions.put_away(99)  # there is none
    qtbot.waitUntil(lambda: window.editor.toPlainText() == "" and not window.editor.isReadOnly())
    assert sessions.id == 4
    assert window.notice.isVisible()


def test_nothing_can_be_changed_in_a_library_that_is_read_only(window: MainWindow, qtbot: QtBot) -> None:
    controller(window).recovery.open_read_only()
    qtbot.waitUntil(lambda: window.editor.isReadOnly() and not window.sessions.writable)
    for name in ("pin", "tags", "duplicate", "archive", "delete", "rename", "restore", "empty_trash"):
        assert not window.actions_by_name[name].isEnabled(), name
    controller(window).catalogue._on_verb("delete", 1)
    controller(window).catalogue.rename(1, "x")
    qtbot.wait(50)
    assert listed(window) == [3, 2, 1]
    assert window.sessions.model.sessions()[2].title == ""


@pytest.mark.parametrize("title", ["\u202eمرحبا", "👩‍👩‍👧", "e\u0301" * 50, "a\nb", "nul\0nul", "<b>x</b>"])
def test_a_name_with_anything_in_it_is_stored_as_it_is(window: MainWindow, qtbot: QtBot, title: str) -> None:
    controller(window).catalogue.rename(1, title)
    controller(window).catalogue.tag(1, (title, "\ud800"))
    qtbot.waitUntil(lambda: window.sessions.current[2].tags == (title, "\ufffd"))
    assert window.sessions.current[2].title == title


def test_the_filters_last_row_opens_the_palette_with_the_words(window: MainWindow, qtbot: QtBot) -> None:
    do(window, "filter_sessions")
    field = find(window.sessions, QLineEdit, "sessionSearch")
    assert field.hasFocus() or not window.isActiveWindow()
    field.setText("nothing like it")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(window.finder.isVisible)


def test_words_written_while_another_session_is_being_read_are_kept(window: MainWindow, qtbot: QtBot) -> None:
    window.sessions.open_requested.emit(2)
    window.editor.setPlainText("Late words.")
    qtbot.waitUntil(lambda: window.editor.toPlainText() == TEXTS[1])
    open_session(window, qtbot, 3)
    assert window.editor.toPlainText() == "Late words."
