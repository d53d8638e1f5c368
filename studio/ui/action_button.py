"""A push button that is an action's."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton

from studio.ui.actions import plain_text


class ActionButton(QPushButton):
    """A button that is an action's: same text, tip and enabled state."""

    def __init__(self, action: QAction, name: str, primary: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("primary", primary)
        self._action = action
        action.changed.connect(self._follow)
        self.clicked.connect(action.trigger)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        action = self._action
        self.setText(plain_text(action))
        self.setToolTip(action.toolTip())
        self.setAccessibleName(plain_text(action))
        self.setEnabled(action.isEnabled())
