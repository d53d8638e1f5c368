"""The menu bar: rows of actions, and menus of choices that are settings."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from studio.settings import Settings, choices
from studio.ui.actions import MENUS


class Menus(QObject):
    """Fills a window's menu bar."""

    chosen = Signal(str, str)  # a setting's name and value

    def __init__(self, window: QMainWindow, actions: Mapping[str, QAction], settings: Settings) -> None:
        super().__init__(window)
        self._settings = settings
        for title, names in MENUS:
            menu = window.menuBar().addMenu(QCoreApplication.translate("actions", title))
            menu.setToolTipsVisible(True)
            for name in names:
                if not name:
                    menu.addSeparator()
                elif name.startswith("@"):
                    menu.addMenu(self._choice_menu(name[1:], menu))
                else:
                    menu.addAction(actions[name])

    def _choice_menu(self, setting: str, parent: QWidget) -> QMenu:
        titles = {
            "theme": self.tr("&Theme"),
            "language": self.tr("&Language"),
            "device": self.tr("&Compute on"),
        }
        texts = {
            "system": self.tr("As the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
            "en": "English",
            "zh_CN": "简体中文",
            "auto": self.tr("Automatic"),
            "cpu": "CPU",
            "cuda": "GPU (CUDA)",
            "mps": "GPU (Apple)",
        }
        menu = QMenu(titles[setting], parent)
        group = QActionGroup(menu)
        for value in choices(setting):
            action = group.addAction(texts[value])
            action.setCheckable(True)
            action.setChecked(getattr(self._settings, setting) == value)
            action.setData((setting, value))
            menu.addAction(action)
        group.triggered.connect(self._on_triggered)
        return menu

    @Slot(QAction)
    def _on_triggered(self, action: QAction) -> None:
        setting, value = action.data()
        self.chosen.emit(setting, value)
