"""Find in the text: F3 and Shift+F3 go on, Esc closes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from studio.ui.editor import Editor
from studio.ui.icons import icon
from studio.ui.theme import Theme


class FindBar(QWidget):
    """Looks for words in an Editor; upper and lower case are the same."""

    closed = Signal()

    def __init__(self, editor: Editor, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("findBar")
        self._editor = editor
        self._field = QLineEdit()
        self._field.setObjectName("findField")
        self._field.setPlaceholderText(self.tr("Find in this text"))
        self._field.setAccessibleName(self._field.placeholderText())
        self._field.setToolTip(self.tr("Enter: next. Shift+Enter: previous. Esc: close"))
        self._field.textEdited.connect(self._on_edited)
        self._count = QLabel()
        self._count.setProperty("quiet", True)
        self._count.setMinimumWidth(90)
        self._previous, self._next, self._close = QToolButton(), QToolButton(), QToolButton()
        for button, name, tip, slot in (
            (self._previous, "findPrevious", self.tr("Previous (Shift+F3)"), self.find_previous),
            (self._next, "findNext", self.tr("Next (F3)"), self.find_next),
            (self._close, "findClose", self.tr("Close (Esc)"), self.close_bar),
        ):
            button.setObjectName(name)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(slot)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(6)
        row.addStretch(1)
        row.addWidget(self._field, 2)
        for widget in (self._count, self._previous, self._next, self._close):
            row.addWidget(widget)
        row.addStretch(1)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in another theme's colours."""
        for button, name in (
            (self._previous, "chevron-up"),
            (self._next, "chevron-down"),
            (self._close, "x"),
        ):
            button.setIcon(icon(name, theme.ink, theme.quiet))

    @Slot()
    def open_bar(self) -> None:
        """Show the bar, with the selected words in it."""
        start, end = self._editor.selection()
        selected = self._editor.manuscript.text[start:end]
        if selected and "\n" not in selected and len(selected) <= 100:
            self._field.setText(selected)
        self.show()
        self._field.setFocus()
        self._field.selectAll()
        self._show_count()

    @Slot()
    def close_bar(self) -> None:
        """Hide the bar; the keyboard goes back to the text."""
        self.hide()
        self._editor.setFocus()
        self.closed.emit()

    @Slot()
    def find_next(self) -> None:
        """Go to the next place after the caret, from the top again after the last."""
        self._go(self._editor.selection()[1])

    @Slot()
    def find_previous(self) -> None:
        """Go to the last place before the selection, from the bottom again before the first."""
        text, words = self._haystack(), self._needle()
        if not words:
            return
        start = self._editor.selection()[0]
        found = text.rfind(words, 0, start)
        self._select(found if found >= 0 else text.rfind(words), len(words))

    def _go(self, start: int) -> None:
        text, words = self._haystack(), self._needle()
        if not words:
            return
        found = text.find(words, start)
        self._select(found if found >= 0 else text.find(words), len(words))

    def _select(self, found: int, length: int) -> None:
        if found >= 0:
            self._editor.set_caret(found + length, anchor=found)
        self._show_count()

    def _haystack(self) -> str:
        # lower(), not casefold(): that one changes lengths (ß), and so the places.
        text = self._editor.manuscript.text
        lower = text.lower()
        return lower if len(lower) == len(text) else text

    def _needle(self) -> str:
        words = self._field.text()
        lower = words.lower()
        return lower if len(lower) == len(words) else words

    def _show_count(self) -> None:
        words = self._needle()
        if not words:
            self._count.clear()
            return
        haystack = self._haystack()
        total = haystack.count(words)
        place = haystack.count(words, 0, self._editor.selection()[0]) + 1
        self._count.setText(
            self.tr("{n} of {total}").format(n=min(place, total), total=total)
            if total
            else self.tr("not found")
        )

    @Slot()
    def _on_edited(self) -> None:
        self._go(self._editor.selection()[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, Esc closes."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.find_previous()
            else:
                self.find_next()
        elif event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        else:
            super().keyPressEvent(event)
