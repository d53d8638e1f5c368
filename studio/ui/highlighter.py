"""Colours the text by where it came from.

A QSyntaxHighlighter because it repaints one paragraph at a key and adds no undo steps; ExtraSelections took
394 ms a repaint at 2,000 tokens.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextBlock, QTextCharFormat

from studio.core.manuscript import Origin
from studio.ui.document_mirror import DocumentMirror
from studio.ui.theme import Theme
from studio.ui.utf16 import utf16_length

_SEAM_REACH = 1  # characters on each side of a seam that carry its mark


SLICE_S = 0.008
"""Paragraphs out of view get another look this long at a time: all of 2 MB at once take seconds."""


class OriginHighlighter(QSyntaxHighlighter):
    """Generated words in the accent colour; edits inside them dotted."""

    def __init__(self, mirror: DocumentMirror, theme: Theme) -> None:
        # Without a document first: `rehighlight` must not run before the fields are there.
        super().__init__(mirror)
        self._mirror = mirror
        self._show_origins = True
        self._in_ink = False
        self._always = False
        self._theme = theme
        self._left = 0  # paragraphs that still have the look before
        self._next = 0  # of these the first, by number
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._restyle)
        self._formats: dict[Origin, QTextCharFormat] = {}
        self._seam = QTextCharFormat()
        self._make_formats(theme)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._theme = theme
        self._make_formats(theme)
        self.rehighlight()

    def set_show_origins(self, show: bool) -> None:
        """Colour by origin, or leave all words in ink."""
        if show != self._show_origins:
            self._show_origins = show
            self.rehighlight()

    def set_look(self, *, in_ink: bool, always: bool, first: QTextBlock) -> None:
        """Words in ink, for what is behind them has a meaning; or origins whether they are wanted or not.

        Paragraphs from `first` on, which should be in view, change at once, the others soon.
        """
        if (in_ink, always) != (self._in_ink, self._always):
            self._in_ink, self._always = in_ink, always
            self._make_formats(self._theme)
            self._left, self._next = self.document().blockCount(), first.blockNumber()
            self._restyle()

    def _restyle(self) -> None:
        document = self.document()
        deadline = time.perf_counter() + SLICE_S
        while self._left > 0 and time.perf_counter() < deadline:
            if self._next >= document.blockCount():
                self._next = 0
            self.rehighlightBlock(document.findBlockByNumber(self._next))
            self._next += 1
            self._left -= 1
        if self._left > 0:
            self._slices.start()
        else:
            self._slices.stop()

    def highlightBlock(self, text: str) -> None:  # Qt calls it
        """Format one paragraph."""
        if not text:
            return
        start = self._mirror.to_text(self.currentBlock().position())
        end = start + len(text)
        astral = not text.isascii() and max(text) > "\uffff"

        def units(offset: int) -> int:
            return utf16_length(text[: offset - start]) if astral else offset - start

        def paint(first: int, last: int, form: QTextCharFormat) -> None:
            self.setFormat(units(first), units(last) - units(first), form)

        manuscript = self._mirror.manuscript
        if self._show_origins or self._always:
            for first, last, origin in manuscript.origins(start, end):
                if (form := self._formats.get(origin)) is not None:
                    paint(first, last, form)
            for seam in manuscript.seams(start, end):
                paint(max(seam - _SEAM_REACH, start), min(seam + _SEAM_REACH, end), self._seam)

    def _make_formats(self, theme: Theme) -> None:
        generated = QTextCharFormat()
        edited = QTextCharFormat()
        edited.setFontUnderline(True)
        edited.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
        edited.setUnderlineColor(QColor(theme.accent))
        special = QTextCharFormat()
        if not self._in_ink:
            generated.setForeground(QColor(theme.accent))
            special.setForeground(QColor(theme.accent))
            special.setBackground(QColor(theme.tint))
        special.setFontWeight(QFont.Weight.Bold)
        self._formats = {Origin.GENERATED: generated, Origin.EDITED: edited, Origin.SPECIAL: special}
        self._seam = QTextCharFormat(edited)
        if not self._in_ink:
            self._seam.setForeground(QColor(theme.accent))
