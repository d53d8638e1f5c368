"""What the find bar is made of: two fields, switches, buttons, a count, and a line for a sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from studio.ui.icons import icon
from studio.ui.theme import Theme

MAX_CHARS = 1000


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
        self.count.setMinimumWidth(110)
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
        tools, below = QHBoxLayout(), QHBoxLayout()
        options = (self.case, self.whole, self.pattern, self.within_selection, self.more)
        walk = (self.previous, self.following, self.close_button)
        tools.setSpacing(4)
        for widget in (*options, self.count, *walk):
            tools.addWidget(widget)
        below.setSpacing(8)
        for button in (self.replace_button, self.replace_all_button):
            below.addWidget(button)
        below.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(24, 6, 24, 6)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.field, 0, 0)
        grid.addLayout(tools, 0, 1)
        grid.addWidget(self.replace_field, 1, 0)
        grid.addLayout(below, 1, 1)
        grid.addWidget(self.message, 2, 0, 1, 2)
