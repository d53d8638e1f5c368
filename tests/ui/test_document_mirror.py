from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QTextCursor, QTextDocument
from pytestqt.qtbot import QtBot

from studio.core.manuscript import Manuscript
from studio.ui import document_mirror
from studio.ui.document_mirror import DocumentMirror, clean, clean_generated
from studio.ui.editor import Editor
from studio.ui.utf16 import utf16_length

TEXTS = st.text(alphabet=st.sampled_from("ab \n🙂中é\u00a0"), max_size=12)


class Holder(QObject):
    """Owns a document and its mirror for as long as a test needs them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.document = QTextDocument(self)
        self.mirror = DocumentMirror(self.document, Manuscript(text), self)

    def shown(self) -> str:
        kept, position = [], 0
        for character in self.document.toRawText():
            if not self.mirror.is_soft_break(position):
                kept.append("\n" if character == "\u2029" else character)
            position += utf16_length(character)
        return "".join(kept)

    def settle(self) -> None:
        while self.mirror.is_busy:
            QCoreApplication.processEvents()

    def user_replaces(self, start: int, end: int, text: str) -> None:
        cursor = QTextCursor(self.document)
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)


@settings(max_examples=60)
@given(start=TEXTS, edits=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), TEXTS), max_size=8))
def test_the_manuscript_follows_whatever_the_user_does_in_the_document(
    qapp: object, start: str, edits: list[tuple[float, float, str]]
) -> None:
    holder = Holder(start)
    for a, b, text in edits:
        # A cursor never stands inside a surrogate pair.
        length = len(holder.mirror.manuscript.text)
        first, last = sorted(holder.mirror.to_document(round(place * length)) for place in (a, b))
        holder.user_replaces(first, last, text)
        assert holder.mirror.manuscript.text == holder.shown()
    manuscript = holder.mirror.manuscript
    while manuscript.can_undo:
        manuscript.undo(holder.mirror.show)
        assert holder.shown() == manuscript.text
    assert manuscript.text == start
    while manuscript.can_redo:
        manuscript.redo(holder.mirror.show)
        assert holder.shown() == manuscript.text


@given(text=TEXTS)
def test_places_translate_there_and_back(qapp: object, text: str) -> None:
    mirror = Holder(text).mirror
    for offset in range(len(text) + 1):
        position = mirror.to_document(offset)
        assert position == utf16_length(text[:offset])
        assert mirror.to_text(position) == offset


def test_a_paragraph_too_long_to_lay_out_is_shown_in_pieces_but_stays_one(qtbot: QtBot) -> None:
    text = "x" * 50_000 + "\nshort"
    holder = Holder(text)
    holder.settle()
    assert holder.mirror.manuscript.text == text
    assert holder.document.blockCount() > 5
    assert (
        max(len(block) for block in holder.document.toRawText().split("\u2029")) <= 2 * document_mirror.PIECE
    )
    assert holder.shown() == text
    assert holder.mirror.to_text(holder.mirror.to_document(50_001)) == 50_001
    place = holder.mirror.to_document(30_000)
    holder.user_replaces(place, place, "HERE")
    assert holder.mirror.manuscript.text == text[:30_000] + "HERE" + text[30_000:]
    holder.user_replaces(0, holder.mirror.to_document(20_000), "")
    assert holder.mirror.manuscript.text == (text[:30_000] + "HERE" + text[30_000:])[20_000:]
    assert holder.shown() == holder.mirror.manuscript.text
    holder.mirror.manuscript.undo(holder.mirror.show)
    holder.settle()
    holder.mirror.manuscript.undo(holder.mirror.show)
    holder.settle()
    assert holder.shown() == holder.mirror.manuscript.text == text


def test_typing_makes_a_paragraph_long_and_it_is_cut_then(qtbot: QtBot) -> None:
    holder = Holder("a" * 9_990)
    assert holder.document.blockCount() == 1
    for _ in range(30):
        end = holder.document.characterCount() - 1
        holder.user_replaces(end, end, "b")
    qtbot.waitUntil(lambda: holder.document.blockCount() > 1)
    assert holder.mirror.manuscript.text == "a" * 9_990 + "b" * 30
    assert holder.shown() == holder.mirror.manuscript.text


def test_a_long_emoji_paragraph_is_never_cut_inside_a_character(qtbot: QtBot) -> None:
    text = "🙂" * 20_000
    holder = Holder(text)
    holder.settle()
    assert holder.document.blockCount() > 2
    assert holder.document.toRawText().replace("\u2029", "") == text
    assert [holder.mirror.to_text(holder.mirror.to_document(i)) for i in (0, 7_999, 8_000, 20_000)] == [
        0, 7_999, 8_000, 20_000,
    ]  # fmt: skip


def test_a_huge_text_arrives_in_chunks_and_whole(qtbot: QtBot) -> None:
    text = "".join(f"Line {n} of a long text that goes on.\n" for n in range(20_000))
    holder = Holder(text)
    assert holder.mirror.is_busy
    qtbot.waitUntil(lambda: not holder.mirror.is_busy, timeout=20_000)
    assert holder.document.toRawText().replace("\u2029", "\n") == text


def test_clean_text_has_only_what_a_document_can_hold() -> None:
    assert clean("a\r\nb\rc\u2029d\u2028e") == "a\nb\nc\nd\ne"
    assert clean("\ud800x\udc00") == "\ufffdx\ufffd"
    assert clean("\ud83d\ude42") == "🙂"  # two halves that belong together
    assert clean("a\0b\u00a0c") == "a\0b\u00a0c"
    assert clean("\ufdd0\ufdd1\ufffc") == "\ufffd\ufffd\ufffd"
    assert len(clean_generated("a\r\nb\u2029")) == 5


@given(text=st.text())
def test_clean_is_idempotent_and_safe_for_the_document(qapp: object, text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    holder = Holder("")
    holder.user_replaces(0, 0, cleaned)
    assert holder.mirror.manuscript.text == cleaned


def test_no_place_lies_behind_the_document_while_another_manuscript_is_put_in(editor: Editor) -> None:
    editor.load(Manuscript("Once upon a time."), caret=5)
    seen: list[int] = []
    last = editor.document()
    editor.cursorPositionChanged.connect(
        lambda: seen.append(editor.mirror.to_document(8) - (last.characterCount() - 1))
    )
    editor.load(Manuscript("Another text."), caret=3)
    assert seen
    assert max(seen) <= 0
