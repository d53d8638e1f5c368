"""Pages of information: the keyboard shortcuts, and what this program is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.ui.actions import plain_text


class InfoDialog(QDialog):
    """A title, a text, and a table of two columns if there are rows for it."""

    def __init__(
        self, title: str, text: str, rows: Sequence[tuple[str, str]] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("infoDialog")
        self.setWindowTitle(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        if text:
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        if rows:
            table = QTableWidget(len(rows), 2)
            table.setAccessibleName(title)
            table.horizontalHeader().hide()
            table.verticalHeader().hide()
            table.setShowGrid(False)
            table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
            table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    table.setItem(number, place, QTableWidgetItem(cell))
            column.addWidget(table, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.resize(480, 560 if rows else 280)


def shortcut_rows(actions: Sequence[QAction]) -> list[tuple[str, str]]:
    """(what it does, its keys) of every action that has keys."""
    native = QKeySequence.SequenceFormat.NativeText
    return [
        (plain_text(action), ", ".join(key.toString(native) for key in action.shortcuts()))
        for action in actions
        if action.shortcuts()
    ]
