"""Where the words come from: the passage under the caret, or each of a selection, and how it was made."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QTextEdit, QVBoxLayout, QWidget

from studio.ui.provenance_words import Section
from studio.ui.theme import Theme

LABEL_PX = 124
LINE_HEIGHT_PERCENT = 125


class _Text(QTextEdit):
    """Text to be read and copied. The window's own Copy and Select all are about the writer's text."""

    def event(self, event: QEvent) -> bool:
        """Keep the two shortcuts that mean something here."""
        keys = QKeySequence.StandardKey
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.matches(keys.Copy) or event.matches(keys.SelectAll):
                event.accept()
                return True
        return super().event(event)


class ProvenanceView(QWidget):
    """Shows sections as plain text that can be selected; asks for a second run."""

    reproduce_requested = Signal()
    stop_requested = Signal()
    shown = Signal()  # it has come into view: what it should show has not been looked up

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("provenanceView")
        self._theme = theme
        self._sections: tuple[Section, ...] = ()
        self._empty = ""
        self._running = False
        self.text = _Text()
        self.text.setObjectName("provenanceText")
        self.text.setAccessibleName(self.tr("Where these words come from"))
        self.text.setToolTip(self.tr("How the passage under the caret, or each of the selection, came about"))
        self.text.setReadOnly(True)
        self.text.setAcceptRichText(False)
        self.text.setTabChangesFocus(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.document().setDocumentMargin(4)
        self.reproduce = self._button("provenanceReproduce")
        self.reproduce.clicked.connect(self._on_reproduce)
        self.copy = self._button("provenanceCopy")
        self.copy.setText(self.tr("Copy"))
        self.copy.setToolTip(self.tr("Copy all that is shown here as plain text"))
        self.copy.clicked.connect(self._on_copy)
        buttons = QVBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.reproduce)
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self.text, 1)
        row.addLayout(buttons)
        self.offer(False)
        self.show_sections(())

    def _button(self, name: str) -> QPushButton:
        button = QPushButton()
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._theme = theme
        self._render()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is to be shown."""
        super().showEvent(event)
        self.shown.emit()

    def offer(self, possible: bool, *, running: bool = False, anyway: bool = False) -> None:
        """What the first button does: run again, run although another model is loaded, or stop the run."""
        self._running = running
        text = self.tr("Stop reproducing") if running else self.tr("Reproduce this")
        if anyway and not running:
            text = self.tr("Reproduce anyway")
        tip = (
            self.tr("End the second run; the text is not touched")
            if running
            else self.tr("Run the same prompt, settings and seed again, and compare; the text is not touched")
        )
        self.reproduce.setText(text)
        self.reproduce.setToolTip(tip)
        self.reproduce.setEnabled(possible or running)

    def show_sections(self, sections: Sequence[Section], empty: str = "") -> None:
        """Show these; without any, `empty`, or what this place is for."""
        empty = empty or self.tr(
            "Put the caret into the text, or select some of it. Here it says who wrote each passage: you, or "
            "a model, and then which one, with which settings and seed, when, how fast and on what. "
            "“Reproduce this” lets it be written again and compares."
        )
        if (tuple(sections), empty) == (self._sections, self._empty):
            return  # what is selected stays selected
        same_place = bool(sections) and self._sections[:1] == tuple(sections[:1])
        self._sections, self._empty = tuple(sections), empty
        self.copy.setEnabled(bool(sections))
        self._render()
        if not same_place:
            self.text.verticalScrollBar().setValue(0)

    def plain_text(self) -> str:
        """What is shown, for the clipboard."""
        return "\n\n".join(section.text() for section in self._sections)

    def _render(self) -> None:
        bar = self.text.verticalScrollBar()
        before = bar.value()
        self.text.clear()
        cursor = QTextCursor(self.text.document())
        quiet, ink, title = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        quiet.setForeground(QColor(self._theme.quiet))
        ink.setForeground(QColor(self._theme.ink))
        title.setForeground(QColor(self._theme.ink))
        title.setFontWeight(QFont.Weight.DemiBold)
        if not self._sections:
            cursor.insertText(self._empty, quiet)
        for number, section in enumerate(self._sections):
            cursor.insertBlock(_block_format()) if number else cursor.setBlockFormat(_block_format())
            cursor.insertText(section.title, title)
            for label, value in section.rows:
                cursor.insertBlock(self._row_format())
                cursor.insertText(f"{label}\t" if label else "", quiet)
                cursor.insertText(value, ink)
            if number + 1 < len(self._sections):
                cursor.insertBlock(_block_format())
        bar.setValue(before)

    def _row_format(self) -> QTextBlockFormat:
        """The label hangs out to the left of the value."""
        form = _block_format()
        form.setLeftMargin(LABEL_PX)
        form.setTextIndent(-LABEL_PX)
        form.setTabPositions([QTextOption.Tab(LABEL_PX, QTextOption.TabType.LeftTab)])
        return form

    @Slot()
    def _on_reproduce(self) -> None:
        (self.stop_requested if self._running else self.reproduce_requested).emit()

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.plain_text())


def _block_format() -> QTextBlockFormat:
    form = QTextBlockFormat()
    form.setLineHeight(LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    return form
