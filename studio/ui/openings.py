"""What an empty session shows: three openings to begin with at a click."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

OPENINGS = (
    "Once upon a time, there was a little fox who lived under an old oak tree.",
    "Lily found a small blue door at the end of the garden.",
    "The wind blew all night, and in the morning the boat was gone.",
)
"""In English in every language of the app: the starter model knows no other."""


_SPACING_PX = 8
_SIDES_PX = 28
"""What the style puts left and right of a button's text, with its border."""


class _Opening(QPushButton):
    """A sentence; where it is too long for the window, it ends in an ellipsis."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(sentence)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as there is room for."""
        super().resizeEvent(event)
        room = self.width() - _SIDES_PX
        self.setText(self.fontMetrics().elidedText(self.sentence, Qt.TextElideMode.ElideRight, room))


class Openings(QWidget):
    """Three buttons with a heading; fewer where there is no room for them."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("openings")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 4, 0)
        column.setSpacing(_SPACING_PX)
        self._heading = QLabel(self.tr("Or begin with one of these:"))
        self._heading.setProperty("quiet", True)
        column.addWidget(self._heading)
        self._buttons = tuple(map(_Opening, OPENINGS))
        for number, button in enumerate(self._buttons, 1):
            button.setObjectName(f"opening{number}")
            button.setProperty("opening", True)
            button.setToolTip(self.tr("Begin with this sentence"))
            button.clicked.connect(self._on_clicked)
            column.addWidget(button)

    def fit(self, room: QRect) -> None:
        """Take this place in the window. A button that would be cut off at its lower edge is not there."""
        height = self._heading.sizeHint().height()
        for button in self._buttons:
            needed = height + _SPACING_PX + button.sizeHint().height()
            button.setHidden(needed > room.height())
            height = height if button.isHidden() else needed
        self._heading.setHidden(self._buttons[0].isHidden())
        self.setGeometry(room.left(), room.top(), room.width(), height)  # below it, the text takes clicks

    @Slot()
    def _on_clicked(self) -> None:
        button = self.sender()
        assert isinstance(button, _Opening)
        self.chosen.emit(button.sentence)
