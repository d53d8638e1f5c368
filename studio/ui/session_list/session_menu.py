"""What can be done with a session of the list: its context menu."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from studio.store.records import SessionSummary
from studio.ui.actions import ACTIONS

LIST_KEYS = {"open": "Return", "rename": "F2", "delete": "Del"}
"""Keys of the list itself; the window's shortcuts act on the list's row as well while it has the keyboard."""


class SessionMenu(QMenu):
    """Emits the name of what was chosen."""

    chosen = Signal(str)

    def __init__(self, session: SessionSummary, writable: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sessionMenu")
        if session.deleted_utc:
            self._add("open", self.tr("Open to read"))
            self._add("restore", self.tr("Restore"), writable)
            self.addSeparator()
            self._add("empty_trash", self.tr("Empty trash…"), writable)
            return
        self._add("open", self.tr("Open"))
        self.addSeparator()
        pin = self.tr("Unpin") if session.pinned else self.tr("Pin to the top")
        archive = self.tr("Take out of the archive") if session.archived else self.tr("Archive")
        for name, text in (
            ("pin", pin),
            ("rename", self.tr("Rename…")),
            ("tags", self.tr("Tags…")),
            ("duplicate", self.tr("Duplicate")),
            ("archive", archive),
        ):
            self._add(name, text, writable)
        self.addSeparator()
        self._add("delete", self.tr("Delete"), writable)

    def _add(self, name: str, text: str, enabled: bool = True) -> None:
        shortcuts = {row.name: row.shortcut for row in ACTIONS} | LIST_KEYS
        key = QKeySequence(shortcuts.get(name, "")).toString(QKeySequence.SequenceFormat.NativeText)
        action = self.addAction(f"{text}\t{key}" if key else text)
        action.setObjectName(f"session_{name}")
        action.setEnabled(enabled)
        action.triggered.connect(lambda: self.chosen.emit(name))
