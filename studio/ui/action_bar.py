"""The line of buttons under the text: continue, several, retry, stop, the variants."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.action_button import ActionButton
from studio.ui.several_button import SeveralButton
from studio.ui.variant_switch import VariantSwitch


class ActionBar(QWidget):
    """Derives from the window's actions."""

    def __init__(
        self, actions: Mapping[str, QAction], n_alternatives: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("actionBar")
        self.generate = ActionButton(actions["generate"], "generateButton", primary=True)
        self.several = SeveralButton(actions["generate_several"], n_alternatives)
        self.retry = ActionButton(actions["retry"], "retryButton")
        self.stop = ActionButton(actions["stop"], "stopButton")
        self.variants = VariantSwitch(actions)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 8, 24, 12)
        row.setSpacing(8)
        row.addStretch(1)
        for button in (self.generate, self.several, self.retry, self.stop, self.variants):
            row.addWidget(button)
        row.addStretch(1)
