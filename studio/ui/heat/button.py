"""heat: off | probability | rank | entropy | surprisal | origin — in the line over the text."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from studio.ui.heat.kinds import KINDS, OFF, translate


class HeatButton(QToolButton):
    """A menu of kinds, and the two actions that need no menu: off or the last kind, and the next kind."""

    chosen = Signal(str)

    def __init__(
        self, actions: Mapping[str, QAction], kind: str, last: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("heatButton")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._toggle = actions["heat"]
        self.setToolTip(self._toggle.toolTip())
        self.kind, self.last = OFF, last
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        group = QActionGroup(self)
        self._choices: dict[str, QAction] = {}
        for name, title, tip in (
            (OFF, QCoreApplication.translate("HeatButton", "off"), self._toggle.toolTip()),
            *((kind.name, translate(kind.title), translate(kind.meaning)) for kind in KINDS),
        ):
            choice = QAction(title, group)
            choice.setObjectName(f"heat_{name}")
            choice.setData(name)
            choice.setCheckable(True)
            choice.setToolTip(tip)
            menu.addAction(choice)
            self._choices[name] = choice
        self.setMenu(menu)
        group.triggered.connect(self._on_chosen)
        self._toggle.triggered.connect(self._on_toggled)
        actions["heat_next"].triggered.connect(self._on_next)
        self._show(kind)

    def set_kind(self, kind: str) -> None:
        """Colour by another kind, or by none."""
        if kind != self.kind:
            self._show(kind)
            self.chosen.emit(kind)

    def _show(self, kind: str) -> None:
        self.kind = kind
        if kind != OFF:
            self.last = kind
        self._choices[kind].setChecked(True)
        self._toggle.setChecked(kind != OFF)
        self.setText(self.tr("heat: {kind}").format(kind=self._choices[kind].text()) + " ▾")
        self.setAccessibleName(self.text()[:-2])

    @Slot(QAction)
    def _on_chosen(self, choice: QAction) -> None:
        self.set_kind(choice.data())

    @Slot()
    def _on_toggled(self) -> None:
        self.set_kind(self.last if self.kind == OFF else OFF)

    @Slot()
    def _on_next(self) -> None:
        names = [kind.name for kind in KINDS]
        self.set_kind(names[(names.index(self.kind) + 1) % len(names)] if self.kind != OFF else self.last)
