"""Everything that shows the numbers in and beside the text; `studio/colouring.py` feeds it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtGui import QAction, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.settings import Settings
from studio.ui.editor import Editor
from studio.ui.heat.button import HeatButton
from studio.ui.heat.kinds import OFF
from studio.ui.heat.legend import Legend
from studio.ui.heat.painter import HeatPainter
from studio.ui.heat.ribbon import Ribbon
from studio.ui.theme import Theme


class HeatView(QObject):
    """Button, legend, painter and ribbon of one editor. `row` holds the editor with the ribbon beside it."""

    setting_chosen = Signal(str, str)

    def __init__(
        self,
        editor: Editor,
        theme: Theme,
        actions: Mapping[str, QAction],
        settings: Settings,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self._actions = actions
        self.painter = HeatPainter(editor, theme)
        self.legend = Legend(theme)
        self.ribbon = Ribbon(editor, theme)
        self.button = HeatButton(actions, settings.heat, settings.heat_last)
        self.row = QWidget()
        self.row.setObjectName("textRow")
        row = QHBoxLayout(self.row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(editor, 1)
        row.addWidget(self.ribbon)
        self.button.chosen.connect(self._on_chosen)
        self.ribbon.wanted.connect(self.show_character)
        self.ribbon.chosen.connect(self._on_caret_wanted)
        for name in ("ribbon", "focus"):
            actions[name].toggled.connect(self._update_ribbon)
        actions["ribbon"].setChecked(settings.show_ribbon)
        self._update_ribbon()
        self._show(settings.heat)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.painter.theme = theme
        self.legend.set_theme(theme)
        self.ribbon.set_theme(theme)
        self._editor.viewport().update()

    @property
    def kind(self) -> str:
        """What words are coloured by."""
        return self.button.kind

    def show_character(self, offset: int) -> None:
        """Scroll until a character is in the middle of the view; the caret stays."""
        editor = self._editor
        cursor = QTextCursor(editor.document())
        cursor.setPosition(editor.mirror.to_document(offset))
        bar = editor.verticalScrollBar()
        bar.setValue(bar.value() + editor.cursorRect(cursor).center().y() - editor.viewport().height() // 2)

    def _show(self, kind: str) -> None:
        self.painter.kind = kind
        self.legend.show_kind(kind)
        first = self._editor.cursorForPosition(QPoint(0, 0)).block()
        highlighter = self._editor.highlighter
        highlighter.set_look(in_ink=kind not in (OFF, "origin"), always=kind == "origin", first=first)
        self._editor.viewport().update()

    @Slot(str)
    def _on_chosen(self, kind: str) -> None:
        self._show(kind)
        self.setting_chosen.emit("heat", kind)
        if kind != OFF:
            self.setting_chosen.emit("heat_last", kind)

    @Slot(int)
    def _on_caret_wanted(self, offset: int) -> None:
        self._editor.set_caret(offset)
        self._editor.setFocus()

    @Slot()
    def _update_ribbon(self) -> None:
        self.ribbon.setVisible(self._actions["ribbon"].isChecked() and not self._actions["focus"].isChecked())
