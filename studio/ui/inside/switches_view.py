"""Switches: let the model work without some of its heads and layers, and write again."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel

from studio.ui.inside.switches import SwitchGrid
from studio.ui.inside.view import View
from studio.ui.plain import push_button
from studio.ui.theme import Theme


class SwitchesView(View):
    """The grid with its two buttons."""

    changed = Signal()
    regenerate_wanted = Signal()

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__("insideSwitchesView", title)
        self.grid = SwitchGrid(theme)
        self.title(QLabel(self.tr("Layers (first square) and their heads")), self.grid)
        self._off = self.told("insideOff")
        self.column.addWidget(self.grid)
        self.all_on = push_button(
            "insideAllOn", self.tr("Everything on"), self.tr("Let the whole model work again")
        )
        self.all_on.clicked.connect(self._on_all_on)
        self.regenerate = push_button(
            "insideRegenerate",
            self.tr("Regenerate from here"),
            self.tr("Let the model write on from this word again; what it wrote before is kept as a variant"),
        )
        self.regenerate.clicked.connect(self.regenerate_wanted)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.all_on)
        row.addWidget(self.regenerate)
        row.addStretch(1)
        self.column.addLayout(row)
        self.column.addStretch(1)
        self.grid.changed.connect(self.changed)
        self.grid.current_changed.connect(self.keep_in_sight)
        self.show_off("")

    def show_off(self, names: str) -> None:
        """What the model works without."""
        self.all_on.setEnabled(bool(names))
        self._off.setText(
            self.tr("Off: {names}").format(names=names)
            if names
            else self.tr("Everything is on. Switch something off, then let the model write again.")
        )

    @Slot()
    def _on_all_on(self) -> None:
        self.grid.set_off((), ())
        self.changed.emit()
