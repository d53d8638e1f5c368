"""The small windows of the session list: tags, and emptying the trash."""

from __future__ import annotations

import pytest
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from studio.ui.session_list.tag_dialog import MAX_TAG_CHARS, MAX_TAGS, TagDialog, parse_tags
from studio.ui.session_list.trash_dialog import TrashDialog

# -- dialogs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("novel, draft 2", ("novel", "draft 2")),
        ("小说，草稿、二", ("小说", "草稿", "二")),
        (" #a ,, a; b ", ("a", "b")),
        ("x" * 500, ("x" * MAX_TAG_CHARS,)),
        (",".join(map(str, range(99))), tuple(map(str, range(MAX_TAGS)))),
        (" ", ()),
    ],
)
def test_tags_are_typed_with_commas_between(typed: str, tags: tuple[str, ...]) -> None:
    assert parse_tags(typed) == tags


def test_the_last_tag_is_completed_from_those_in_use(qtbot: QtBot) -> None:
    dialog = TagDialog("A title", ("draft",), ("novel", "draft", "poem"))
    qtbot.addWidget(dialog)
    field = find(dialog, QLineEdit, "tagField")
    field.setText("draft, no")
    completer = field.completer()
    completer.setCompletionPrefix(field.text())
    assert [completer.completionModel().index(0, 0).data()] == ["novel"]
    assert completer.pathFromIndex(completer.completionModel().index(0, 0)) == "draft, novel"
    field.setText("draft, novel")
    assert dialog.tags() == ("draft", "novel")


def test_tags_left_alone_stay_as_they_are(qtbot: QtBot) -> None:
    odd = ("with, a comma", "two\nlines")
    dialog = TagDialog("", odd, ())
    qtbot.addWidget(dialog)
    assert dialog.tags() == odd


def test_the_trash_is_emptied_after_two_questions_and_never_by_enter(qtbot: QtBot) -> None:
    dialog = TrashDialog([f"Session <b>{n}</b>" for n in range(12)], 3456)
    qtbot.addWidget(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.show()
    dialog.activateWindow()
    confirmed: list[bool] = []
    dialog.confirmed.connect(lambda: confirmed.append(True))
    texts = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "12 sessions, 3456 characters" in texts.replace(",456", "456")
    assert "… and 4 more" in texts
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()  # Enter keeps them
    dialog.show()
    find(dialog, QPushButton, "trashGoOn").click()
    field, destroy = find(dialog, QLineEdit, "trashNumber"), find(dialog, QPushButton, "trashDestroy")
    for typed in ("", "1", "13", "twelve", "-12"):
        field.setText(typed)
        assert not destroy.isEnabled()
    field.setText("12")
    assert destroy.isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert confirmed == []
    destroy.click()
    assert confirmed == [True]
    assert not dialog.isVisible()
