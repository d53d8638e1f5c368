"""Strikes out, over the text, the tokens that could not have been written with the settings as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QLineF, QRect
from PySide6.QtGui import QColor, QPainter, QPen

from studio.ui.editor import Editor
from studio.ui.heat.painter import Line, lines_in_view, words
from studio.ui.text_numbers import TextToken
from studio.ui.theme import Theme

WIDTH = 1.6

Struck = Callable[[int, int], Sequence[TextToken]]
"""The tokens between two code points that are to be struck out."""


class EffectMarks:
    """Paints over an editor's words. Only the lines in view cost anything."""

    def __init__(self, editor: Editor, theme: Callable[[], Theme], struck: Struck) -> None:
        self._editor = editor
        self._struck = struck
        self._theme = theme
        self._is_shown = False
        editor.paint_over = self.paint

    def show(self, *, shown: bool) -> None:
        """Strike out, or do not; also: other tokens are to be struck out."""
        self._is_shown = shown
        self._editor.viewport().update()

    def paint(self, area: QRect) -> None:
        """Paint in a part of the editor's viewport."""
        if not self._is_shown or self._editor.mirror.is_busy:
            return
        painter = QPainter(self._editor.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme().error), WIDTH))
        for line in self.lines(area):
            painter.drawLine(line)
        painter.end()

    def lines(self, area: QRect) -> Iterator[QLineF]:
        """The strokes in a part of the viewport."""
        for line, left, top, _ in lines_in_view(self._editor, area):
            yield from self._strokes(line, left, top + line.ascent * 0.68)

    def _strokes(self, line: Line, left: float, y: float) -> Iterator[QLineF]:
        text = self._editor.manuscript.text
        for token in self._struck(line.start, line.end):
            first, last = max(token.start, line.start), min(token.end, line.end)
            first, last = words(text, first, last, whole=False)
            if last > first:
                begin, end = line.span(first, last)
                yield QLineF(left + begin, y, left + end, y)
