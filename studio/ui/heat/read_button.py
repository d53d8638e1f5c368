"""Read the whole text / Stop reading: shown where numbers are, when there is text without them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget


class ReadButton(QToolButton):
    """A quiet button; whoever has it connects `clicked`."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(
            self.tr(
                "Of a long text the model reads what is around the caret. This lets it read all of it; "
                "it can be stopped at any time. (Shift+F6)"
            )
        )
        self.show_state(more=False, reading=False)

    def show_state(self, *, more: bool, reading: bool) -> None:
        """`more`: there is text that has not been read; `reading`: all of it is being read."""
        self.setText(self.tr("Stop reading") if reading else self.tr("Read the whole text"))
        self.setAccessibleName(self.text())
        self.setVisible(more or reading)
