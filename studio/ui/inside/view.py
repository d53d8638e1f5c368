"""One view of the page: a column that scrolls, with titles, explanations and buttons of one kind."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from studio.ui.inside.figure import Figure
from studio.ui.plain import plain_label

MARGIN = 12


class View(QScrollArea):
    """`column` is to be filled."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inner = QWidget()
        self.column = QVBoxLayout(self._inner)
        self.column.setContentsMargins(MARGIN, 8, MARGIN - 4, 12)
        self.column.setSpacing(6)
        self.setWidget(self._inner)

    def title(self, label: QLabel, figure: Figure, *others: QWidget) -> QHBoxLayout:
        """What a figure is called, with the button that takes it along."""
        row = QHBoxLayout()
        row.setSpacing(6)
        label.setProperty("heading", True)
        row.addWidget(label)
        row.addStretch(1)
        for widget in (*others, figure.export.button):
            row.addWidget(widget)
        self.column.addLayout(row)
        return row

    def told(self, name: str) -> QLabel:
        """A quiet sentence, to be filled."""
        label = plain_label(name, quiet=True)
        self.column.addWidget(label)
        return label

    @Slot(int)
    def keep_in_sight(self, index: int) -> None:
        """Scroll to what the keyboard has reached in a figure."""
        figure = self.sender()
        if isinstance(figure, Figure) and figure.hasFocus():
            self.bring_into_sight(figure, index)

    def fit(self) -> None:
        """Give the column its new height now, not when the event loop turns."""
        self.column.activate()
        self._inner.resize(self._inner.width(), self._inner.sizeHint().height())

    def bring_into_sight(self, figure: Figure, index: int) -> None:
        """Scroll to a row or cell of a figure."""
        place = figure.mapTo(self._inner, figure.place(index).center().toPoint())
        self.ensureVisible(0, place.y(), 0, 30)
