"""The line over the text: its title, and buttons that fold the panels away."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from studio.ui.actions import plain_text

TITLE_PX = 360


class TitleBar(QWidget):
    """Derives from the window's actions."""

    def __init__(
        self,
        actions: Mapping[str, QAction],
        chip: QWidget,
        heat: QWidget,
        legend: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("titleBar")
        self._title = QToolButton()
        self._title.setObjectName("sessionTitle")
        self._title.setAccessibleName(self.tr("Title of the session"))
        self._title.setToolTip(actions["rename"].toolTip())
        self._title.clicked.connect(actions["rename"].trigger)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        row = QHBoxLayout()
        lines.addLayout(row)
        lines.addWidget(legend)
        row.setContentsMargins(8, 6, 8, 0)
        row.setSpacing(2)
        row.addWidget(_button("left_panel", actions))
        row.addStretch(1)
        row.addWidget(self._title)
        row.addStretch(1)
        row.addWidget(chip)
        row.addWidget(heat)
        for name in ("focus", "bottom_panel", "right_panel"):
            row.addWidget(_button(name, actions))

    def set_title(self, title: str) -> None:
        """Show the open session's title, shortened if need be."""
        metrics = self._title.fontMetrics()
        shown = metrics.elidedText(title.replace("&", "&&"), Qt.TextElideMode.ElideRight, TITLE_PX)
        self._title.setText(shown)
        self._title.setAccessibleName(title or self.tr("Title of the session"))


def _button(name: str, actions: Mapping[str, QAction]) -> QToolButton:
    button = QToolButton()
    button.setObjectName(f"{name}Button")
    button.setDefaultAction(actions[name])
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setAccessibleName(plain_text(actions[name]))
    return button
