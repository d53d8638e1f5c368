"""What an empty session shows: three openings to begin with at a click."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

OPENINGS = (
    "Once upon a time, there was a little fox who lived under an old oak tree.",
    "Lily found a small blue door at the end of the garden.",
    "The wind blew all night, and in the morning the boat was gone.",
)
"""In English in every language of the app: the starter model knows no other."""


class Openings(QWidget):
    """Three buttons with a heading."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("openings")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 4, 0)
        column.setSpacing(8)
        heading = QLabel(self.tr("Or begin with one of these:"))
        heading.setProperty("quiet", True)
        column.addWidget(heading)
        for number, opening in enumerate(OPENINGS, 1):
            button = QPushButton(opening)
            button.setObjectName(f"opening{number}")
            button.setProperty("opening", True)
            button.setToolTip(self.tr("Begin with this sentence"))
            button.clicked.connect(self._on_clicked)
            column.addWidget(button)

    @Slot()
    def _on_clicked(self) -> None:
        button = self.sender()
        assert isinstance(button, QPushButton)
        self.chosen.emit(button.text())
