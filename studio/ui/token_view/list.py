"""The list of alternatives and its keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QListView, QWidget

HOW = ("keep", "regenerate", "bridge")
"""What becomes of the text after a swapped token; by the keys 1, 2 and 3."""

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT, KEYPAD = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.KeypadModifier


class AlternativeList(QListView):
    """Enter or a click takes a row, 1, 2, 3 say how; letters go to the search field; Alt+Up to the text."""

    taken = Signal(int, str, bool)  # row; how, empty: as it is set; whether that is to be set from now on
    typed = Signal(str)  # a letter for the search field
    left = Signal()  # back to the text

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._pressed = QModelIndex()
        self.pressed.connect(self._on_pressed)

    @Slot(QModelIndex)
    def _on_pressed(self, index: QModelIndex) -> None:
        self._pressed = index

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click takes the row it began on."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index == self._pressed:
            self.taken.emit(index.row(), self._how(event.modifiers()), False)
        self._pressed = QModelIndex()

    def event(self, event: QEvent) -> bool:
        """Ctrl+Enter is the list's own while it has the keyboard."""
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() in ENTER and not event.modifiers() & ALT:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class."""
        key, modifiers = event.key(), event.modifiers() & ~KEYPAD
        row = self.currentIndex().row()
        if key in ENTER and row >= 0:
            self.taken.emit(row, self._how(modifiers), False)
        elif key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3) and not modifiers and row >= 0:
            self.taken.emit(row, HOW[key - Qt.Key.Key_1], True)
        elif key == Qt.Key.Key_Escape or (key == Qt.Key.Key_Up and modifiers == ALT):
            self.left.emit()
        elif event.text().strip() and modifiers in (Qt.KeyboardModifier.NoModifier, SHIFT):
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    @staticmethod
    def _how(modifiers: Qt.KeyboardModifier) -> str:
        if modifiers & CONTROL:
            return "regenerate"
        return "bridge" if modifiers & SHIFT else ""
