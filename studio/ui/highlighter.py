"""Colours the text by where it came from.

A QSyntaxHighlighter because it repaints one paragraph at a key and adds no undo steps; ExtraSelections took
394 ms a repaint at 2,000 tokens.
"""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat

from studio.core.manuscript import Origin
from studio.ui.document_mirror import DocumentMirror
from studio.ui.theme import Theme
from studio.ui.utf16 import utf16_length

_SEAM_REACH = 1  # characters on each side of a seam that carry its mark


class OriginHighlighter(QSyntaxHighlighter):
    """Generated words in the accent colour; edits inside them dotted."""

    def __init__(self, mirror: DocumentMirror, theme: Theme) -> None:
        # Without a document first: `rehighlight` must not run before the fields are there.
        super().__init__(mirror)
        self._mirror = mirror
        self._show_origins = True
        self._formats: dict[Origin, QTextCharFormat] = {}
        self._seam = QTextCharFormat()
        self._make_formats(theme)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._make_formats(theme)
        self.rehighlight()

    def set_show_origins(self, show: bool) -> None:
        """Colour by origin, or leave all words in ink."""
        if show != self._show_origins:
            self._show_origins = show
            self.rehighlight()

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
        if self._show_origins:
            for first, last, origin in manuscript.origins(start, end):
                if (form := self._formats.get(origin)) is not None:
                    paint(first, last, form)
            for seam in manuscript.seams(start, end):
                paint(max(seam - _SEAM_REACH, start), min(seam + _SEAM_REACH, end), self._seam)

    def _make_formats(self, theme: Theme) -> None:
        generated = QTextCharFormat()
        generated.setForeground(QColor(theme.accent))
        edited = QTextCharFormat()
        edited.setFontUnderline(True)
        edited.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
        edited.setUnderlineColor(QColor(theme.accent))
        special = QTextCharFormat()
        special.setForeground(QColor(theme.accent))
        special.setBackground(QColor(theme.tint))
        special.setFontWeight(QFont.Weight.Bold)
        self._formats = {Origin.GENERATED: generated, Origin.EDITED: edited, Origin.SPECIAL: special}
        self._seam = QTextCharFormat(edited)
        self._seam.setForeground(QColor(theme.accent))
