"""Layers: the logit lens, and its current row in words."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel

from studio.core import messages as m
from studio.ui.inside.lens import LensTable
from studio.ui.inside.view import View
from studio.ui.theme import Theme


class LensView(View):
    """The table, and a sentence about the current row."""

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__("insideLensView", title)
        self.lens = LensTable(theme)
        self.title(QLabel(self.tr("What each layer would have said")), self.lens)
        self._told = self.told("insideLensTold")
        self.column.addWidget(self.lens)
        self.column.addStretch(1)
        self.lens.current_changed.connect(self._tell)
        self.lens.current_changed.connect(self.keep_in_sight)

    def clear(self) -> None:
        """Nothing is known yet."""
        self.lens.show_lens((), "")
        self._told.clear()

    def show_seen(self, message: m.InsideSeen, token: str) -> None:
        """The lens at another place."""
        self.lens.show_lens(message.lens, token)
        if message.lens:
            self._tell()
        else:
            self._told.setText(self.tr("This kind of model does not show what its layers would have said."))

    @Slot()
    def _tell(self) -> None:
        self._told.setText(self.lens.describe(self.lens.current))
