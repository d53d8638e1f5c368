"""What the right mouse button offers on the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from studio.core.errors import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from studio.ui.editor import Editor

_UNDO = QT_TRANSLATE_NOOP("context menu", "Undo")
_REDO = QT_TRANSLATE_NOOP("context menu", "Redo")
_CUT = QT_TRANSLATE_NOOP("context menu", "Cut")
_COPY = QT_TRANSLATE_NOOP("context menu", "Copy")
_PASTE = QT_TRANSLATE_NOOP("context menu", "Paste")
_SELECT_ALL = QT_TRANSLATE_NOOP("context menu", "Select all")


def show_menu(editor: Editor, place: QPoint) -> None:
    """Show the menu of `editor` at a place of the screen, and do what is chosen."""
    keys = QKeySequence.StandardKey
    can_write, has_selection = not editor.isReadOnly(), editor.textCursor().hasSelection()
    manuscript = editor.manuscript
    menu = QMenu(editor)
    for text, key, slot, enabled in (
        (_UNDO, keys.Undo, editor.undo, can_write and manuscript.can_undo),
        (_REDO, keys.Redo, editor.redo, can_write and manuscript.can_redo),
        (_CUT, keys.Cut, editor.cut, can_write and has_selection),
        (_COPY, keys.Copy, editor.copy, has_selection),
        (_PASTE, keys.Paste, editor.paste, can_write and editor.canPaste()),
        (_SELECT_ALL, keys.SelectAll, editor.selectAll, True),
    ):
        action = QAction(QCoreApplication.translate("context menu", text), menu)
        action.setShortcut(QKeySequence(key))
        action.setEnabled(enabled)
        action.triggered.connect(slot)
        menu.addAction(action)
    menu.addSeparator()
    for name in ("loom", "find_settings"):
        wanted = editor.window().findChild(QAction, f"action_{name}")
        if wanted is not None:
            menu.addAction(wanted)
    menu.exec(place)
    menu.deleteLater()
