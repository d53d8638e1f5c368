"""◀ 2/5 ▶: which variant of the nearest generation is shown, and the way to the others."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from studio.ui.actions import plain_text


class VariantSwitch(QWidget):
    """Shown while there is more than one variant."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("variantSwitch")
        self._place = QLabel()
        self._place.setObjectName("variantPlace")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(2)
        for name in ("previous_variant", "next_variant"):
            button = QToolButton()
            button.setObjectName(f"{name}Button")
            button.setDefaultAction(actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setAccessibleName(plain_text(actions[name]))
            row.addWidget(button)
        row.insertWidget(1, self._place)

    def show_place(self, index: int, count: int) -> None:
        """Variant `index` (from 0) of `count`; hidden where there is no choice."""
        self.setVisible(count > 1)
        self._place.setText(f"{index + 1}/{count}")
        self._place.setAccessibleName(self.tr("Variant {n} of {count}").format(n=index + 1, count=count))
