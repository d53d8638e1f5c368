"""×3 ▾: continue with several; the arrow chooses how many."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from studio.settings import limits
from studio.ui.actions import plain_text


class SeveralButton(QToolButton):
    """A button that is an action's, with a number of its own."""

    count_changed = Signal(int)

    def __init__(self, action: QAction, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("severalButton")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self._action = action
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        group = QActionGroup(self)
        low, high = limits("n_alternatives")
        for n in range(round(low), round(high) + 1):
            choice = QAction(self.tr("{n} continuations").format(n=QLocale().toString(n)), group)
            choice.setObjectName(f"several{n}")
            choice.setData(n)
            choice.setCheckable(True)
            choice.setChecked(n == count)
            menu.addAction(choice)
        self.setMenu(menu)
        self._show_count(count)
        group.triggered.connect(self._on_chosen)
        action.changed.connect(self._follow)
        self.clicked.connect(action.trigger)
        self._follow()

    def _show_count(self, count: int) -> None:
        self.setText(f"×{count}")

    @Slot(QAction)
    def _on_chosen(self, choice: QAction) -> None:
        self._show_count(choice.data())
        self.count_changed.emit(choice.data())

    @Slot()
    def _follow(self) -> None:
        self.setToolTip(self._action.toolTip())
        self.setAccessibleName(plain_text(self._action))
        self.setEnabled(self._action.isEnabled())
