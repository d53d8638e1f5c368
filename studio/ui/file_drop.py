"""Files dropped onto a window, wherever in it. Dropped text is left to the widget it falls on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from studio.models.bringing import seems_a_model


class FileDrop(QObject):
    """Watches some widgets; `dropped` gives the paths of the files, `models_dropped` those of models."""

    dropped = Signal(tuple)  # of str
    models_dropped = Signal(tuple)  # of str

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__(widgets[0])
        for widget in widgets:
            widget.setAcceptDrops(True)
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what brings files along."""
        kinds = (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop)
        if event.type() not in kinds or not isinstance(event, QDropEvent):
            return super().eventFilter(watched, event)
        urls = event.mimeData().urls()
        paths = tuple(url.toLocalFile() for url in urls if url.isLocalFile())
        if not paths:
            return super().eventFilter(watched, event)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if event.type() == QEvent.Type.Drop:
            models = tuple(path for path in paths if seems_a_model(Path(path)))
            texts = tuple(path for path in paths if path not in models)
            if models:
                self.models_dropped.emit(models)
            if texts:
                self.dropped.emit(texts)
        return True
