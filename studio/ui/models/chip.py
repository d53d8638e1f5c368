"""The chip over the text: which model writes, and one click to another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

NAME_PX = 160


class ModelChip(QToolButton):
    """Its menu holds the models used lately."""

    menu_wanted = Signal()  # `show_models` is wanted, now
    model_chosen = Signal(str)
    stop_requested = Signal()

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelChip")
        self._actions = actions
        self._menu = QMenu(self)
        self._menu.setObjectName("modelChipMenu")
        self._menu.aboutToShow.connect(self._on_menu)
        self.setMenu(self._menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.show_name("", "")

    def show_name(self, name: str, note: str) -> None:
        """Show the model's name, shortened if need be; `note` says what is the matter with it."""
        name = name or self.tr("no model")
        text = f"{name} ({note})" if note else name
        metrics = self.fontMetrics()
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, NAME_PX)
        self.setText(text.replace(name, shown, 1).replace("&", "&&") + " ▾")
        self.setAccessibleName(self.tr("Model: {name}").format(name=text))
        self.setToolTip(
            self.tr("The model that writes: {name}. Click to choose another one.").format(name=text)
        )

    def show_models(
        self, models: Sequence[tuple[str, str, bool]], *, is_loading: bool, is_loaded: bool
    ) -> None:
        """Fill the menu: id and name of each model, and whether it is the one in use."""
        menu = self._menu
        menu.clear()
        for model_id, name, in_use in models:
            action = menu.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(in_use)
            action.triggered.connect(partial(self.model_chosen.emit, model_id))
        menu.addSeparator()
        if is_loading:
            menu.addAction(self.tr("Stop loading")).triggered.connect(self.stop_requested)
        self._actions["unload_model"].setEnabled(is_loaded)
        menu.addAction(self._actions["unload_model"])
        menu.addAction(self._actions["models"])

    @Slot()
    def _on_menu(self) -> None:
        self.menu_wanted.emit()
