"""The line under the list of models: what goes on, what was done, and one thing to do about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from studio.ui.plain import plain_label, push_button


class ModelNote(QWidget):
    """Words with a button, or the progress of a loading with Stop."""

    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelNote")
        self._do: Callable[[], object] | None = None
        self._text = plain_label("modelNoteText", quiet=True)
        self._action = push_button("modelNoteAction", "", self.tr("Do what the words beside say"))
        self._action.clicked.connect(self._on_action)
        self._progress = QProgressBar()
        self._progress.setObjectName("modelProgress")
        self._progress.setFixedWidth(160)
        self._progress.setRange(0, 100)
        self._stop = push_button(
            "modelStop", self.tr("S&top"), self.tr("Stop loading; the model before goes on writing (Esc)")
        )
        self._stop.clicked.connect(self.stop_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in ((self._text, 1), (self._action, 0), (self._progress, 0), (self._stop, 0)):
            row.addWidget(widget, stretch)
        self.setMinimumHeight(34)
        self.say("")
        self.show_progress(None)

    @property
    def is_loading(self) -> bool:
        """Whether progress is shown."""
        return self._stop.isVisibleTo(self)

    def say(self, text: str, action: str = "", do: Callable[[], object] | None = None) -> None:
        """Show plain words and perhaps a button."""
        self._text.setText(text)
        self._text.setAccessibleName(text)
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self._do = do

    def text(self) -> str:
        """The words."""
        return self._text.text()

    def show_progress(self, fraction: float | None) -> None:
        """How far a loading is; None: nothing is being loaded."""
        for widget in (self._progress, self._stop):
            widget.setVisible(fraction is not None)
        self._progress.setValue(round(100 * (fraction or 0.0)))

    @Slot()
    def _on_action(self) -> None:
        do = self._do
        self.say("")
        if do is not None:
            do()
