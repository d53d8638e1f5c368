"""What the Help menu shows of the app itself: its shortcuts, and what it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot

from studio import __version__
from studio.ui.info_dialog import InfoDialog, shortcut_rows
from studio.ui.main_window import MainWindow


class Helping(QObject):
    """Opens the two dialogs; `folder` says where the texts are kept."""

    def __init__(self, window: MainWindow, folder: Callable[[], Path], parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._folder = window, folder
        window.actions_by_name["shortcuts"].triggered.connect(self._on_shortcuts)
        window.actions_by_name["about"].triggered.connect(self._on_about)

    @Slot()
    def _on_shortcuts(self) -> None:
        rows = shortcut_rows(list(self._window.actions_by_name.values()))
        self._show(InfoDialog(self.tr("Keyboard shortcuts"), "", rows, self._window))

    @Slot()
    def _on_about(self) -> None:
        text = self.tr(
            "GPT-2 Studio {version}\n\nWrite with GPT-2 and see why it wrote what it wrote, wholly on this "
            "computer. Nothing is sent anywhere.\n\nYour texts: {folder}\nPython {python}, MIT licence. "
            "Icons: Lucide (ISC). The starter model's data and licences are in its model card."
        ).format(version=__version__, folder=self._folder(), python=sys.version.split()[0])
        self._show(InfoDialog(self.tr("About GPT-2 Studio"), text, (), self._window))

    def _show(self, dialog: InfoDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
