from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QClipboard, QGuiApplication, QInputMethodEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.core.history import Run
from studio.core.manuscript import Manuscript, Origin
from studio.core.messages import END_OF_TEXT
from studio.ui.editor import MAX_TEXT_CHARACTERS, Editor


def paste(editor: Editor, text: str) -> None:
    data = QMimeData()
    data.setText(text)
    editor.insertFromMimeData(data)


def generate(editor: Editor, source: int, *pieces: str, at: int | None = None) -> None:
    editor.begin_generation(source, editor.caret() if at is None else at)
    for piece in pieces:
        editor.add_generated(piece)
    editor.end_generation()


def test_typing_undo_and_redo_with_the_keyboard(editor: Editor) -> None:
    QTest.keyClicks(editor, "Hello")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.keyClicks(editor, "you")
    assert editor.toPlainText() == "Hello\nyou"
    QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert editor.toPlainText() == "Hello"
    QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert editor.toPlainText() == ""
    for _ in range(2):
        QTest.keyClick(editor, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(
        editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert editor.toPlainText() == "Hello\nyou"


def test_a_generation_is_one_step_and_the_caret_rides_at_its_end(editor: Editor) -> None:
    QTest.keyClicks(editor, "Once")
    generate(editor, 1, " upon", " a", " time")
    assert editor.toPlainText() == "Once upon a time"
    assert editor.caret() == 16
    editor.undo()
    assert editor.toPlainText() == "Once"
    editor.redo()
    assert list(editor.manuscript.origins(0, 16)) == [(0, 4, Origin.WRITTEN), (4, 16, Origin.GENERATED)]


def test_the_caret_is_not_moved_when_the_user_has_put_it_elsewhere(editor: Editor) -> None:
    editor.setPlainText("Once upon. The end.")
    editor.begin_generation(1, 9)
    editor.set_caret(3)
    editor.add_generated(" a time")
    assert editor.caret() == 3
    editor.set_caret(21)
    editor.add_generated(" long ago")
    editor.end_generation()
    assert editor.toPlainText() == "Once upon a time long ago. The end."
    assert editor.caret() == 30  # the same letter as before


def test_the_text_cannot_be_changed_while_the_model_writes_in_it(editor: Editor) -> None:
    editor.setPlainText("Once")
    editor.begin_generation(1, 4)
    QTest.keyClicks(editor, "xyz")
    paste(editor, "pasted")
    editor.undo()
    assert editor.toPlainText() == "Once"
    editor.end_generation()
    QTest.keyClicks(editor, "!")
    assert "!" in editor.toPlainText()


def test_the_view_follows_only_from_the_end(editor: Editor, qtbot: QtBot) -> None:
    editor.setPlainText("\n".join(f"line {n}" for n in range(100)))
    bar = editor.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(0)
    editor.begin_generation(1, len(editor.toPlainText()))
    editor.add_generated("\nmore" * 20)
    assert bar.value() == 0
    bar.setValue(bar.maximum())
    editor.add_generated("\nmore" * 20)
    assert bar.value() == bar.maximum()
    editor.end_generation()


def test_a_retry_gives_way_only_to_words_and_undo_brings_the_old_ones_back(editor: Editor) -> None:
    editor.setPlainText("Once")
    generate(editor, 1, " upon", at=4)
    editor.begin_generation(2, 4, (4, 9))
    assert editor.toPlainText() == "Once upon"
    editor.end_generation()  # it wrote nothing
    assert editor.toPlainText() == "Once upon"
    editor.begin_generation(2, 4, (4, 9))
    editor.add_generated(" more")
    editor.end_generation()
    assert editor.toPlainText() == "Once more"
    editor.undo()
    assert editor.toPlainText() == "Once upon"
    assert editor.manuscript.source_at(5) == (1, 1)


def test_ten_megabytes_are_refused_aloud_and_nothing_is_lost(editor: Editor, qtbot: QtBot) -> None:
    editor.setPlainText("mine")
    with qtbot.waitSignal(editor.refused) as refused:
        paste(editor, "x" * 10_000_000)
    assert refused.args is not None
    assert "10,000,000" in refused.args[0]
    assert editor.toPlainText() == "mine"


def test_a_large_paste_arrives_whole_in_one_step_without_blocking(editor: Editor, qtbot: QtBot) -> None:
    text = "A sentence of an ordinary kind. " * 12_000 + "\nend"
    paste(editor, text)
    assert editor.isReadOnly()  # until all of it is shown
    qtbot.waitUntil(lambda: not editor.isReadOnly(), timeout=20_000)
    assert editor.toPlainText() == text
    editor.undo()
    assert editor.toPlainText() == ""
    assert len(text) < MAX_TEXT_CHARACTERS


def test_odd_characters_are_cleaned_at_the_door_and_said(editor: Editor, qtbot: QtBot) -> None:
    with qtbot.waitSignal(editor.refused):
        paste(editor, "a\ufffcb")
    paste(editor, "🙂中\u00a0\0ع\r\nend")
    assert editor.toPlainText() == "a\ufffdb🙂中\u00a0\0ع\nend"


def test_copy_gives_the_text_itself(editor: Editor) -> None:
    text = "one\u00a0two🙂\nthree"
    editor.setPlainText(text)
    editor.selectAll()
    editor.copy()
    assert QGuiApplication.clipboard().text(QClipboard.Mode.Clipboard) == text
    editor.cut()
    assert editor.toPlainText() == ""
    editor.paste()
    assert editor.toPlainText() == text


def test_an_input_methods_proposal_is_not_text_until_it_is_committed(editor: Editor) -> None:
    QApplication.sendEvent(editor, QInputMethodEvent("ni hao", []))
    assert editor.toPlainText() == ""
    commit = QInputMethodEvent()
    commit.setCommitString("你好")
    QApplication.sendEvent(editor, commit)
    assert editor.toPlainText() == "你好"
    editor.undo()
    assert editor.toPlainText() == ""


def test_the_end_of_text_token_is_not_the_characters(editor: Editor) -> None:
    QTest.keyClicks(editor, END_OF_TEXT)
    editor.insert_end_of_text()
    assert editor.toPlainText() == END_OF_TEXT * 2
    assert editor.manuscript.special_offsets(0, 26) == (13,)


def test_backspace_and_delete_step_over_a_soft_break_at_once(editor: Editor, qtbot: QtBot) -> None:
    editor.setPlainText("x" * 40_000)
    qtbot.waitUntil(lambda: not editor.mirror.is_busy)
    block = editor.document().begin().next()
    cursor = editor.textCursor()
    cursor.setPosition(block.position())
    editor.setTextCursor(cursor)
    QTest.keyClick(editor, Qt.Key.Key_Backspace)
    assert len(editor.toPlainText()) == 39_999
    cursor.setPosition(editor.document().begin().length() - 1)
    editor.setTextCursor(cursor)
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert len(editor.toPlainText()) == 39_998


def test_colours_follow_origins(editor: Editor) -> None:
    editor.setPlainText("my words")
    generate(editor, 1, " its words", at=8)
    block = editor.document().begin()
    colours = {f.start: f.format.foreground().color().name() for f in block.layout().formats()}
    assert colours == {8: "#2f6f6d"}
    editor.highlighter.set_show_origins(False)
    assert block.layout().formats() == []


def ink(editor: Editor, offset: int) -> int:
    """The darkest pixel of the character at `offset` (0 black, 255 white)."""
    cursor = QTextCursor(editor.document())
    cursor.setPosition(offset)
    left = editor.cursorRect(cursor)
    cursor.setPosition(offset + 1)
    right = editor.cursorRect(cursor)
    image = editor.viewport().grab(
        QRect(left.left() + 2, left.top(), right.left() - left.left() - 3, left.height())
    )
    pixels = image.toImage()
    return min(
        pixels.pixelColor(x, y).lightness()
        for x in range(pixels.width())
        for y in range(3, pixels.height() - 3)
    )


def test_what_the_model_cannot_see_is_dimmed_exactly(editor: Editor) -> None:
    editor.setStyleSheet(editor.styleSheet() + "QTextEdit#editor { background: #FCFBF8; color: #1F1D1A; }")
    editor.setPlainText("MMMMMMMM")
    full = ink(editor, 2)
    editor.set_visible_start(4)
    assert ink(editor, 3) > full + 40
    assert abs(ink(editor, 4) - full) < 10
    editor.set_visible_start(0)
    assert abs(ink(editor, 3) - full) < 10


def test_the_mouse_finds_the_character_it_rests_on(editor: Editor, qtbot: QtBot) -> None:
    editor.setPlainText("wide words")
    rect = editor.cursorRect(editor.textCursor())
    cursor = QTextCursor(editor.document())
    cursor.setPosition(5)
    rect = editor.cursorRect(cursor)
    with qtbot.waitSignal(editor.hovered) as hovered:
        QTest.mouseMove(editor.viewport(), rect.center() + QPoint(3, 0))
    assert hovered.args == [5]


def test_a_loaded_session_has_its_caret_and_place(editor: Editor, qtbot: QtBot) -> None:
    text = "\n".join(f"line {n} 🙂" for n in range(400))
    editor.load(Manuscript(text, [Run(len(text))]), 1234, 0.5)
    assert editor.caret() == 1234
    bar = editor.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert abs(editor.scroll_fraction() - 0.5) < 0.1


def test_the_same_mark_again_paints_nothing(editor: Editor, qtbot: QtBot) -> None:
    editor.setPlainText("One word or two")
    qtbot.waitUntil(lambda: not editor.mirror.is_busy)
    editor.mark(4, 8)
    QApplication.processEvents()
    painted: list[QRect] = []
    editor.paint_over = painted.append
    editor.mark(4, 8)
    QApplication.processEvents()
    assert painted == []
    editor.mark(0, 3)
    QApplication.processEvents()
    assert painted
    (selection,) = editor.extraSelections()
    assert (selection.cursor.anchor(), selection.cursor.position()) == (0, 3)
    editor.textCursor().insertText("Then ")  # what is marked has moved on, and so has to be marked anew
    editor.mark(0, 3)
    (selection,) = editor.extraSelections()
    assert (selection.cursor.anchor(), selection.cursor.position()) == (0, 3)
    editor.mark(0, 0)
    assert editor.extraSelections() == []
