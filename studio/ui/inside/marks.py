"""Marks under words of the editor: what the model looked at, or what mattered. The text stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QTextCursor
from PySide6.QtWidgets import QWidget

from studio.ui.editor import Editor
from studio.ui.theme import Theme

MAX_MARKS = 24


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the text (code points) and how strongly it is marked.

    0..1 in amber, as attention is; signed: -1..1, blue speaks for something, orange against it.
    """

    start: int
    end: int
    strength: float
    signed: bool = False


class SourceMarks(QWidget):
    """A sheet of glass over the editor. An edit takes all marks away: they were about the text before."""

    def __init__(self, editor: Editor, theme: Theme) -> None:
        super().__init__(editor)
        self.setObjectName("sourceMarks")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.theme = theme
        self._editor = editor
        self._marks: tuple[Mark, ...] = ()
        editor.viewport().installEventFilter(self)
        editor.verticalScrollBar().valueChanged.connect(self.update)
        editor.mirror.changed.connect(self.clear)
        editor.mirror.loaded.connect(self.clear)
        self.hide()

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is marked."""
        return self._marks

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Mark these, the strongest if there are too many."""
        strongest = sorted(marks, key=lambda mark: -abs(mark.strength))[:MAX_MARKS]
        self._marks = tuple(mark for mark in strongest if 0 <= mark.start < mark.end)
        self._follow()
        self.setVisible(bool(self._marks))
        self.raise_()
        self.update()

    @Slot()
    def clear(self) -> None:
        """Mark nothing."""
        if self._marks:
            self.show_marks(())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lie where the text is."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._follow()
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        self.setGeometry(self._editor.viewport().geometry())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A bar under each marked word, the thicker the stronger."""
        editor = self._editor
        if editor.mirror.is_busy:
            return
        painter = QPainter(self)
        n = len(editor.manuscript.text)
        for mark in self._marks:
            if mark.end > n:
                continue
            first, last = (
                editor.mirror.to_document(mark.start),
                editor.mirror.to_document(mark.end, before_break=True),
            )
            side = self.theme.plus if mark.strength >= 0 else self.theme.minus
            colour = QColor(side if mark.signed else self.theme.warn)
            thick = 1.5 + 4 * min(abs(mark.strength), 1.0)
            for line in self._lines(first, last):
                painter.fillRect(QRectF(line.left(), line.bottom() - 1, line.width(), thick), colour)

    def _lines(self, first: int, last: int) -> list[QRectF]:
        """The rectangles of a stretch that is in sight, one a line, without white space at its beginning."""
        document = self._editor.document()
        while first < last and document.characterAt(first).isspace():
            first += 1
        cursor = QTextCursor(document)
        cursor.setPosition(first)
        begin = self._editor.cursorRect(cursor)
        cursor.setPosition(last)
        end = self._editor.cursorRect(cursor)
        if first >= last or end.bottom() < 0 or begin.top() > self.height():
            return []
        if begin.top() == end.top():
            return [QRectF(begin.left(), begin.top(), end.left() - begin.left(), begin.height())]
        found = []
        left, top, height = begin.left(), begin.top(), max(begin.height(), 1)
        while top < end.top():  # long stretches: whole lines between the first and the last
            found.append(QRectF(left, top, self.width() - left - 8, height))
            left, top = 4, top + height
        found.append(QRectF(4, end.top(), max(end.left() - 4, 0), end.height()))
        return found
