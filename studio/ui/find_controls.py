"""What the find bar is made of: two fields, switches, buttons, a count, and a line for a sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from studio.ui.icons import icon
from studio.ui.theme import Theme

MAX_CHARS = 1000
NARROW_PX = 600


class FindControls(QWidget):
    """The widgets; what they do is the FindBar's."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: list[tuple[QToolButton, str]] = []
        self.field = self._line(
            "findField",
            self.tr("Find in this text"),
            self.tr("Enter: next. Shift+Enter: previous. Esc: close"),
        )
        self.case = self._switch("findCase", "case-sensitive", self.tr("Match upper and lower case"))
        self.whole = self._switch("findWholeWords", "whole-word", self.tr("Whole words only"))
        tip = self.tr("A pattern: . is any character, \\d a digit, a|b either (regular expression)")
        self.pattern = self._switch("findPattern", "regex", tip)
        tip = self.tr("Only in the selected text")
        self.within_selection = self._switch("findInSelection", "text-select", tip)
        tip = self.tr("Replace what is found (Ctrl+Shift+F)")
        self.more = self._switch("findReplaceToggle", "replace", tip)
        self.count = QLabel()
        self.count.setObjectName("findCount")
        self.count.setProperty("quiet", True)
        self.count.setMinimumWidth(84)
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.previous = self._button("findPrevious", "chevron-up", self.tr("Previous (Shift+F3)"))
        self.following = self._button("findNext", "chevron-down", self.tr("Next (F3)"))
        self.close_button = self._button("findClose", "x", self.tr("Close (Esc)"))
        tip = self.tr("Enter: replace this one and go to the next")
        self.replace_field = self._line("replaceField", self.tr("Replace with"), tip)
        tip = self.tr("Replace this one and go to the next")
        self.replace_button = self._push("replaceOne", self.tr("Replace"), tip)
        tip = self.tr("Replace all that is found; Undo takes it back in one step")
        self.replace_all_button = self._push("replaceAll", self.tr("Replace all"), tip)
        self.message = QLabel()
        self.message.setObjectName("findMessage")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setWordWrap(True)
        self.message.hide()
        self._lay_out()
        self.more.toggled.connect(self.show_replace)
        self.show_replace(False)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in another theme's colours."""
        for button, name in self._buttons:
            button.setIcon(icon(name, theme.ink, theme.quiet))

    def say(self, text: str) -> None:
        """Show one sentence below; an empty one takes it away."""
        self.message.setText(text)
        self.message.setVisible(bool(text))

    @Slot(bool)
    def show_replace(self, shown: bool) -> None:
        """Show or hide the second line."""
        for widget in (self.replace_field, self.replace_button, self.replace_all_button):
            widget.setVisible(shown)

    def _line(self, name: str, text: str, tip: str) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName(name)
        line.setMaxLength(MAX_CHARS)
        line.setPlaceholderText(text)
        line.setAccessibleName(text)
        line.setToolTip(tip)
        return line

    def _button(self, name: str, picture: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setMinimumSize(28, 28)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        self._buttons.append((button, picture))
        return button

    def _switch(self, name: str, picture: str, tip: str) -> QToolButton:
        button = self._button(name, picture, tip)
        button.setCheckable(True)
        return button

    def _push(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        return button

    def _lay_out(self) -> None:
        self._switches = QWidget()
        switches, walk, below = QHBoxLayout(self._switches), QHBoxLayout(), QHBoxLayout()
        switches.setContentsMargins(0, 0, 0, 0)
        for row, widgets in (
            (switches, (self.case, self.whole, self.pattern, self.within_selection, self.more)),
            (walk, (self.count, self.previous, self.following, self.close_button)),
            (below, (self.replace_button, self.replace_all_button)),
        ):
            row.setSpacing(4)
            for widget in widgets:
                row.addWidget(widget)
        switches.addStretch(1)
        below.addStretch(1)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(24, 6, 24, 6)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self._grid.addWidget(self.field, 0, 0)
        self._grid.addWidget(self._switches, 0, 1)
        self._grid.addLayout(walk, 0, 2)
        self._grid.addWidget(self.replace_field, 2, 0)
        self._grid.addLayout(below, 2, 1, 1, 2)
        self._grid.addWidget(self.message, 3, 0, 1, 3)
        QWidget.setTabOrder(self.field, self.replace_field)  # what to write in its place comes next

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the switches go below the field."""
        super().resizeEvent(event)
        self._grid.removeWidget(self._switches)
        if self.width() < NARROW_PX:
            self._grid.addWidget(self._switches, 1, 0, 1, 3)
        else:
            self._grid.addWidget(self._switches, 0, 1)
