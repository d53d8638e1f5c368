"""The prompt editor: a column of text in which one writes, and the model writes on at the caret."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QWidget

from studio.core.history import SPECIAL, Edit, Run
from studio.core.manuscript import Manuscript
from studio.core.messages import END_OF_TEXT
from studio.ui.context_menu import show_menu
from studio.ui.document_mirror import DocumentMirror, clean, clean_generated
from studio.ui.highlighter import OriginHighlighter
from studio.ui.text_area import TextArea
from studio.ui.theme import Theme

MAX_TEXT_CHARACTERS = 2_000_000
"""A text of this length (about 350,000 words) still scrolls and saves smoothly; more is refused, aloud."""

PAUSE_MS = 1500
"""After a pause this long the next keystroke starts a new undo step."""


@dataclass(slots=True)
class _Insertion:
    """A generation under way."""

    source: int
    at: int  # where the next characters go
    length: int  # so far
    replaced: tuple[int, int] | None  # a retry: what gives way to the first characters
    instead: bool  # a retry of the last step: the first characters make a sibling of it


class Editor(TextArea):
    """Shows a Manuscript. Every change by the user ends up there before `edited` is emitted."""

    edited = Signal()
    caret_moved = Signal(int)  # code points
    hovered = Signal(int)  # the character under the mouse; -1: none
    refused = Signal(str)  # what was not done and why, one sentence
    undo_changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editor")
        self.setAccessibleName(self.tr("Text"))
        self.setPlaceholderText(self.tr("Write an opening line, then press Ctrl+Enter."))
        self.setAccessibleDescription(self.placeholderText())  # no tool tip: it would lie on the words
        self._theme = theme
        self._insertion: _Insertion | None = None
        self._visible_start = 0
        self._locked = False
        self.mirror = DocumentMirror(self.document(), Manuscript(), self)
        self.highlighter = OriginHighlighter(self.mirror, theme)
        self.highlighter.setDocument(self.document())
        self.mirror.edited.connect(self._on_edited)
        self.mirror.busy_changed.connect(self._on_busy_changed)
        self.cursorPositionChanged.connect(self.caret_changed)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._on_pause)
        self.mouse_rested.connect(self._on_mouse_rested)
        self.mouse_left.connect(self._on_mouse_left)

    # -- the text ------------------------------------------------------------------------------------------

    @property
    def manuscript(self) -> Manuscript:
        """The text with its origins and its undo steps."""
        return self.mirror.manuscript

    def load(self, manuscript: Manuscript, caret: int = 0, scroll: float = 0.0) -> None:
        """Show another manuscript, caret (code points) and scroll position (0..1) as they were."""
        assert self._insertion is None
        self._visible_start = 0
        self.mirror.load(manuscript)
        self._wanted = (caret, scroll)
        if not self.mirror.is_busy:
            self._restore_place()
        self.undo_changed.emit()

    def toPlainText(self) -> str:
        """The manuscript's text (the document has more paragraphs than it, and fewer kinds of spaces)."""
        return self.manuscript.text

    def setPlainText(self, text: str) -> None:
        """Replace the whole text, as the user would: it can be undone."""
        self.replace_range(0, len(self.manuscript.text), clean(text))

    def replace_range(self, start: int, end: int, text: str, runs: tuple[Run, ...] | None = None) -> None:
        """Put `text` in the place of a range (code points) as one undo step; the caret goes to its end."""
        if self.isReadOnly():
            return
        self.mirror.show(self.manuscript.replace(start, end, text, runs))
        self.set_caret(start + len(text))
        self._announce()

    def insert_end_of_text(self) -> None:
        """Put the real end-of-text token at the caret."""
        start, end = self.selection()
        self.replace_range(start, end, END_OF_TEXT, (Run(len(END_OF_TEXT), SPECIAL),))

    def caret(self) -> int:
        """The caret, in code points."""
        return self.mirror.to_text(self.textCursor().position())

    def set_caret(self, offset: int, anchor: int | None = None) -> None:
        """Move the caret, selecting from `anchor`, and bring it into view."""
        if self.mirror.is_busy:
            self._wanted = (offset, -1.0)
            return
        cursor = self.textCursor()
        cursor.setPosition(self.mirror.to_document(offset if anchor is None else anchor))
        cursor.setPosition(
            self.mirror.to_document(offset),
            QTextCursor.MoveMode.MoveAnchor if anchor is None else QTextCursor.MoveMode.KeepAnchor,
        )
        self.setTextCursor(cursor)

    def selection(self) -> tuple[int, int]:
        """The selected range in code points; empty at the caret."""
        cursor = self.textCursor()
        return self.mirror.to_text(cursor.selectionStart()), self.mirror.to_text(cursor.selectionEnd())

    def scroll_fraction(self) -> float:
        """Where the view stands, 0..1 of the scroll range."""
        bar = self.verticalScrollBar()
        return bar.value() / bar.maximum() if bar.maximum() else 0.0

    @Slot(object)
    def _on_edited(self, _edit: Edit) -> None:
        self._announce()

    def _announce(self) -> None:
        self._pause.start()
        self.edited.emit()
        self.undo_changed.emit()

    @Slot()
    def _on_pause(self) -> None:
        self.manuscript.break_typing()

    @Slot(bool)
    def _on_busy_changed(self, busy: bool) -> None:
        self._update_read_only()
        if not busy:
            self._restore_place()

    def _restore_place(self) -> None:
        caret, scroll = getattr(self, "_wanted", (0, 0.0))
        self.set_caret(min(caret, len(self.manuscript.text)))
        if scroll >= 0:
            bar = self.verticalScrollBar()
            bar.setValue(round(scroll * bar.maximum()))

    # -- undo ----------------------------------------------------------------------------------------------

    @Slot()
    def undo(self) -> None:
        """Take back the last step of writing or generating."""
        if not self.isReadOnly():
            self._after_history(self.manuscript.undo(self.mirror.show))

    @Slot()
    def redo(self) -> None:
        """Do it again."""
        if not self.isReadOnly():
            self._after_history(self.manuscript.redo(self.mirror.show))

    @Slot(int)
    def go_to(self, node_id: int) -> None:
        """Bring the text to another node of its history."""
        if not self.isReadOnly():
            self._after_history(self.manuscript.go_to(node_id, self.mirror.show))

    def history_changed(self) -> None:
        """A state was named, bookmarked, pruned: nothing in the text, but it is saved with it."""
        self._announce()

    def flip(self, steps: int) -> None:
        """Show another variant of the nearest generation that has several."""
        if not self.isReadOnly():
            self._after_history(self.manuscript.flip(steps, self.mirror.show))

    def _after_history(self, edits: tuple[Edit, ...]) -> None:
        if edits:
            self.set_caret(edits[-1].position + len(edits[-1].inserted))
            self._announce()

    # -- generating ----------------------------------------------------------------------------------------

    @property
    def is_generating(self) -> bool:
        """Whether the model is writing here."""
        return self._insertion is not None

    def begin_generation(
        self, source: int, at: int, replaced: tuple[int, int] | None = None, *, instead: bool = False
    ) -> None:
        """The model will write at `at`. Nothing changes before its first characters.

        A retry's `replaced` range gives way to them; `instead` of the last step, they make its sibling.
        """
        assert self._insertion is None
        self._insertion = _Insertion(source, at, 0, replaced, instead)
        self._update_read_only()

    def add_generated(self, text: str, *, special: bool = False) -> None:
        """Put in what the model wrote; the user's caret stays put, a view that was at the end follows."""
        insertion = self._insertion
        assert insertion is not None
        if not text:
            return
        text = clean_generated(text)
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        if not self.manuscript.in_group:
            self.manuscript.begin_group(insertion.source, instead=insertion.instead, show=self.mirror.show)
        if insertion.replaced is not None:
            start, end = insertion.replaced
            insertion.replaced = None
            self.mirror.show(self.manuscript.replace(start, end, ""))
        run = Run(len(text), SPECIAL) if special else Run(len(text), insertion.source, insertion.length)
        self.mirror.show(self.manuscript.replace(insertion.at, insertion.at, text, (run,)))
        insertion.at += len(text)
        insertion.length += len(text)
        if at_end:
            bar.setValue(bar.maximum())

    def end_generation(self) -> None:
        """The generation is one undo step now."""
        if self._insertion is None:
            return
        self._insertion = None
        if self.manuscript.in_group:
            self.manuscript.end_group()
        self._update_read_only()
        self.undo_changed.emit()

    def set_locked(self, locked: bool) -> None:
        """No writing for now: the library is not there yet, or cannot be written."""
        self._locked = locked
        self._update_read_only()

    def _update_read_only(self) -> None:
        read_only = self._locked or self.is_generating or self.mirror.is_busy
        if read_only != self.isReadOnly():
            self.setReadOnly(read_only)
        # A read-only text still has a caret: one goes on reading and selecting with the keyboard.
        flags = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        self.setTextInteractionFlags(flags if read_only else Qt.TextInteractionFlag.TextEditorInteraction)

    # -- look ----------------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._theme = theme
        self.highlighter.set_theme(theme)

    @property
    def visible_start(self) -> int:
        """The model sees nothing before this code point."""
        return self._visible_start

    def set_visible_start(self, offset: int) -> None:
        """Dim what is before `offset`, and draw a line there."""
        if offset != self._visible_start:
            self._visible_start = offset
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the text, then a veil over what the model cannot see."""
        super().paintEvent(event)
        if self._visible_start and not self.mirror.is_busy:
            self.paint_veil(self.mirror.to_document(self._visible_start), self._theme)

    def mark(self, start: int, end: int) -> None:
        """Put a quiet frame of colour behind a stretch of text (a token); an empty one takes it away."""
        first = last = 0
        if end > start and not self.mirror.is_busy:
            first = self.mirror.to_document(start)
            last = self.mirror.to_document(end, before_break=True)
        self.put_behind(first, last, self._theme.select)

    # -- keys and mouse ------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Leave undo, redo and the window's own shortcuts to the window's actions."""
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo):
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Typing shares undo steps; Backspace and Delete step over a soft break."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
            return
        if event.matches(QKeySequence.StandardKey.Redo):
            self.redo()
            return
        cursor = self.textCursor()
        if not cursor.hasSelection() and not self.isReadOnly():
            if event.key() == Qt.Key.Key_Backspace and self.mirror.is_soft_break(cursor.position() - 1):
                self.moveCursor(QTextCursor.MoveOperation.PreviousCharacter)
            elif event.key() == Qt.Key.Key_Delete and self.mirror.is_soft_break(cursor.position()):
                self.moveCursor(QTextCursor.MoveOperation.NextCharacter)
        self.mirror.type()
        super().keyPressEvent(event)
        self.mirror.stop_typing()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """What an input method commits is typing; what it only proposes is not in the document."""
        self.mirror.type()
        super().inputMethodEvent(event)
        self.mirror.stop_typing()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste or drop plain text; refuse what would be too long, aloud, with nothing lost."""
        pasted = source.text()
        start, end = self.selection()
        total = len(self.manuscript.text) - (end - start) + len(pasted)
        if total > MAX_TEXT_CHARACTERS:
            message = self.tr(
                "The clipboard holds {count} characters, and a text can have {limit} in all. "
                "Nothing was pasted."
            )
            self.refused.emit(message.format(count=f"{len(pasted):,}", limit=f"{MAX_TEXT_CHARACTERS:,}"))
            return
        text = clean(pasted)
        if "\ufffd" in text and text.count("\ufffd") != pasted.count("\ufffd"):
            self.refused.emit(self.tr("Characters that no text can hold were replaced by \ufffd."))
        self.replace_range(start, end, text)

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy the text itself, not the document's idea of it."""
        start, end = self.selection()
        # WORKAROUND(PySide 6.11: a QMimeData made here stays Python's, the clipboard deletes it too, and the
        # app crashes at its end): change the one that Qt makes.
        data = super().createMimeDataFromSelection()
        data.text()  # Qt fills it only when asked; afterwards it leaves it alone
        for form in data.formats():
            data.removeFormat(form)
        data.setText(self.manuscript.text[start:end])
        return data

    @Slot(QPoint)
    def _on_mouse_rested(self, point: QPoint) -> None:
        if self.mirror.is_busy:
            return
        cursor = self.cursorForPosition(point)
        position = cursor.position()
        # cursorForPosition gives the nearest gap; the character is the one the mouse is inside.
        if self.cursorRect(cursor).x() > point.x() and position > 0:
            position -= 1
        offset = self.mirror.to_text(position)
        self.hovered.emit(offset if offset < len(self.manuscript.text) else -1)

    @Slot()
    def _on_mouse_left(self) -> None:
        self.hovered.emit(-1)

    @Slot()
    def caret_changed(self) -> None:
        """Say where the caret is."""
        if not self.mirror.is_busy:
            self.caret_moved.emit(self.caret())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The usual, without Qt's own undo (it is off), with the window's words."""
        show_menu(self, event.globalPos())
