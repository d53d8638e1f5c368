"""The window: sessions | text over probabilities | sampling, a line of buttons, a status line.

It shows and asks; what happens is decided in `controller.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from studio.settings import Settings, limits
from studio.ui import theme as themes
from studio.ui.action_bar import ActionBar
from studio.ui.actions import make_actions, set_icons
from studio.ui.bottom_panel import BottomPanel
from studio.ui.editor import Editor
from studio.ui.find_bar import FindBar
from studio.ui.heat.view import HeatView
from studio.ui.icons import icon
from studio.ui.menus import Menus
from studio.ui.models.chip import ModelChip
from studio.ui.notice_bar import NoticeBar
from studio.ui.openings import Openings
from studio.ui.palette.overlay import Palette
from studio.ui.session_list.panel import SessionPanel
from studio.ui.side_panel import SidePanel
from studio.ui.status_line import StatusLine
from studio.ui.title_bar import TitleBar

ZOOM_STEP = 1.1


class MainWindow(QMainWindow):
    """Builds the widgets and keeps their places; `closing` is emitted when the window is about to go."""

    closing = Signal()
    choice_made = Signal(str, str)  # a setting's name and value, from a menu of choices

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("GPT-2 Studio")
        self.settings = settings
        self.theme = themes.choose(settings.theme)
        self.setWindowIcon(icon("app", self.theme.accent, self.theme.quiet))
        self.actions_by_name = make_actions(self, self.theme)
        self.editor = Editor(self.theme)
        self.heat = HeatView(self.editor, self.theme, self.actions_by_name, settings, self)
        self.sessions = SessionPanel(self.theme)
        self.sessions.add_button(self.actions_by_name["models"])
        self.model_chip = ModelChip(self.actions_by_name)
        self.side = SidePanel(self.theme)
        self.sampling = self.side.sampling
        self.bottom = BottomPanel(self.theme)
        self.probabilities, self.tree = self.bottom.probabilities, self.bottom.tree
        self.notice = NoticeBar(self.theme)
        self.find_bar = FindBar(self.editor, self.theme)
        self.status = StatusLine(self.theme, self)
        self.openings = Openings(self.editor)
        self.setStatusBar(self.status)
        self.setCentralWidget(self._make_columns())
        self.finder = Palette(self.editor, self.actions_by_name, self.theme, self)
        self._menus = Menus(self, self.actions_by_name, settings)
        self._menus.chosen.connect(self._on_choice)
        self.heat.setting_chosen.connect(self._on_choice)
        self._connect_actions()
        self.openings.chosen.connect(self._on_opening)
        self.editor.installEventFilter(self)
        self.editor.edited.connect(self.update_openings)
        self.editor.mirror.busy_changed.connect(self.update_openings)
        self.setMinimumSize(720, 480)
        # WORKAROUND(self.screen() makes the screen a child of this wrapper, and it can be deleted with it)
        screen = QGuiApplication.primaryScreen().availableGeometry()
        self.resize(min(1280, screen.width() - 8), min(800, screen.height() - 40))
        self._restore(settings)
        self.editor.setFocus()

    # -- building ------------------------------------------------------------------------------------------

    def _make_columns(self) -> QSplitter:
        self._title_bar = TitleBar(self.actions_by_name, self.model_chip, self.heat.button, self.heat.legend)
        self._action_bar = ActionBar(self.actions_by_name, self.settings.n_alternatives)
        self.several_button = self._action_bar.several

        text_column = QWidget()
        text_column.setObjectName("centre")
        column = QVBoxLayout(text_column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        notice_holder = QHBoxLayout()
        notice_holder.setContentsMargins(24, 4, 24, 0)
        notice_holder.addWidget(self.notice)
        column.addWidget(self._title_bar)
        column.addLayout(notice_holder)
        column.addWidget(self.find_bar)
        column.addWidget(self.heat.row, 1)
        column.addWidget(self._action_bar)

        self._rows = QSplitter(Qt.Orientation.Vertical)
        self._rows.setChildrenCollapsible(False)
        self._rows.addWidget(text_column)
        self._rows.addWidget(self.bottom)
        self._rows.setStretchFactor(0, 1)
        self._rows.setSizes([460, 268])
        self.bottom.setMinimumHeight(150)
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._columns.setChildrenCollapsible(False)
        for widget, stretch in ((self.sessions, 0), (self._rows, 1), (self.side, 0)):
            self._columns.addWidget(widget)
            self._columns.setStretchFactor(self._columns.count() - 1, stretch)
        self.sessions.setMinimumWidth(160)
        self.side.setMinimumWidth(320)
        self._columns.setSizes([210, 730, 340])
        return self._columns

    def _connect_actions(self) -> None:
        actions = self.actions_by_name
        editor = self.editor
        for name, slot in (
            ("quit", self.close),
            ("undo", editor.undo),
            ("redo", editor.redo),
            ("previous_variant", self._on_previous_variant),
            ("next_variant", self._on_next_variant),
            ("cut", editor.cut),
            ("copy", editor.copy),
            ("paste", editor.paste),
            ("select_all", editor.selectAll),
            ("find", self.find_bar.open_bar),
            ("replace", self.find_bar.open_replace),
            ("find_next", self.find_bar.find_next),
            ("find_previous", self.find_bar.find_previous),
            ("insert_end_of_text", editor.insert_end_of_text),
            ("left_panel", self._on_panels),
            ("right_panel", self._on_panels),
            ("bottom_panel", self._on_panels),
            ("filter_sessions", self._on_filter_sessions),
            ("alternatives", self._on_alternatives),
            ("history", self._on_history),
            ("presets", self._on_presets),
            ("origins", self._on_origins),
            ("focus", self._on_panels),
            ("full_screen", self._on_full_screen),
            ("zoom_in", self._on_zoom_in),
            ("zoom_out", self._on_zoom_out),
            ("zoom_reset", self._on_zoom_reset),
        ):
            actions[name].triggered.connect(slot)
        self.bottom.currentChanged.connect(editor.caret_changed)
        editor.zoom_requested.connect(self._on_zoom)
        editor.undo_changed.connect(self.update_actions)

    # -- state ---------------------------------------------------------------------------------------------

    def _restore(self, settings: Settings) -> None:
        for name, checked in (
            ("left_panel", settings.left_panel_visible),
            ("right_panel", settings.right_panel_visible),
            ("bottom_panel", settings.bottom_panel_visible),
            ("origins", settings.show_origins),
        ):
            self.actions_by_name[name].setChecked(checked)
        self.editor.highlighter.set_show_origins(settings.show_origins)
        self._set_text_size(settings.text_size_pt)
        for widget, state in (
            (self._columns, settings.splitter_columns),
            (self._rows, settings.splitter_rows),
        ):
            if state:
                widget.restoreState(QByteArray.fromBase64(state.encode()))
        if settings.window_geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.window_geometry.encode()))
        self.sessions.set_order(settings.session_order)
        self._on_panels()
        self.update_actions()

    def current_settings(self) -> Settings:
        """The settings with the window's own state in them."""

        def base64(state: QByteArray) -> str:
            return bytes(state.toBase64().data()).decode()

        checked = {name: action.isChecked() for name, action in self.actions_by_name.items()}
        return replace(
            self.settings,
            left_panel_visible=checked["left_panel"],
            right_panel_visible=checked["right_panel"],
            bottom_panel_visible=checked["bottom_panel"],
            show_origins=checked["origins"],
            show_ribbon=checked["ribbon"],
            session_order=self.sessions.order,
            window_geometry=base64(self.saveGeometry()),
            splitter_columns=base64(self._columns.saveState()),
            splitter_rows=base64(self._rows.saveState()),
        )

    def set_title(self, title: str) -> None:
        """Show the open session's title."""
        self._title_bar.set_title(title)
        self.setWindowTitle(f"{title} – GPT-2 Studio" if title else "GPT-2 Studio")

    @Slot()
    def update_actions(self) -> None:
        """Enable what can be done now."""
        writable = not self.editor.isReadOnly()
        manuscript = self.editor.manuscript
        siblings, index = manuscript.history.variants()
        self._action_bar.variants.show_place(index, len(siblings))
        self.tree.show_history(manuscript.history)
        for name, enabled in (
            ("undo", writable and manuscript.can_undo),
            ("redo", writable and manuscript.can_redo),
            ("cut", writable),
            ("paste", writable),
            ("insert_end_of_text", writable),
            ("previous_variant", writable and index > 0),
            ("next_variant", writable and index < len(siblings) - 1),
        ):
            self.actions_by_name[name].setEnabled(enabled)

    @Slot()
    def update_openings(self) -> None:
        """Show the openings while there is no text."""
        self.openings.setVisible(not self.editor.manuscript.text and not self.editor.isReadOnly())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the openings under the first line of the text column."""
        if watched is self.editor and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            area = self.editor.viewport().geometry()
            self.openings.fit(area.adjusted(0, 56, 0, 0))
        return super().eventFilter(watched, event)

    @Slot(str)
    def _on_opening(self, text: str) -> None:
        self.editor.setPlainText(text)
        self.editor.setFocus()

    # -- slots ---------------------------------------------------------------------------------------------

    @Slot()
    def _on_panels(self) -> None:
        focus = self.actions_by_name["focus"].isChecked()
        panels: dict[str, QWidget] = {
            "left_panel": self.sessions,
            "right_panel": self.side,
            "bottom_panel": self.bottom,
        }
        for name, panel in panels.items():
            panel.setVisible(self.actions_by_name[name].isChecked() and not focus)
        for bar in (self.status, self.menuBar(), self._title_bar, self._action_bar):
            bar.setVisible(not focus)

    def show_panel(self, name: str) -> None:
        """Show a panel by the name of its action, and end the focus mode that would hide it."""
        self.actions_by_name["focus"].setChecked(False)
        self.actions_by_name[name].setChecked(True)
        self._on_panels()

    @Slot()
    def _on_previous_variant(self) -> None:
        self.editor.flip(-1)

    @Slot()
    def _on_next_variant(self) -> None:
        self.editor.flip(1)

    @Slot()
    def _on_filter_sessions(self) -> None:
        self.show_panel("left_panel")
        self.sessions.focus_search()

    @Slot()
    def _on_alternatives(self) -> None:
        self.show_panel("bottom_panel")
        self.bottom.setCurrentWidget(self.probabilities)
        self.probabilities.take_focus()

    @Slot()
    def _on_history(self) -> None:
        self.show_panel("bottom_panel")
        self.bottom.setCurrentWidget(self.tree)
        self.tree.list.setFocus()

    @Slot()
    def _on_presets(self) -> None:
        self.show_panel("right_panel")
        self.side.setCurrentWidget(self.sampling)
        self.sampling.focus_presets()

    @Slot()
    def _on_origins(self) -> None:
        self.editor.highlighter.set_show_origins(self.actions_by_name["origins"].isChecked())

    @Slot()
    def _on_full_screen(self) -> None:
        if self.actions_by_name["full_screen"].isChecked():
            self.showFullScreen()
        else:
            self.showNormal()

    @Slot(int)
    def _on_zoom(self, steps: int) -> None:
        self._set_text_size(self.settings.text_size_pt * ZOOM_STEP**steps)

    @Slot()
    def _on_zoom_in(self) -> None:
        self._on_zoom(1)

    @Slot()
    def _on_zoom_out(self) -> None:
        self._on_zoom(-1)

    @Slot()
    def _on_zoom_reset(self) -> None:
        self._set_text_size(Settings().text_size_pt)

    def _set_text_size(self, size_pt: float) -> None:
        low, high = limits("text_size_pt")
        size_pt = round(min(max(size_pt, low), high), 1)
        self.settings = replace(self.settings, text_size_pt=size_pt)
        self.editor.set_font(self.settings.text_font_family, size_pt, self.settings.column_width_chars)

    @Slot(str, str)
    def _on_choice(self, setting: str, value: str) -> None:
        changed: dict[str, Any] = {setting: value}
        self.settings = replace(self.settings, **changed)
        self.choice_made.emit(setting, value)

    def set_theme(self, theme: themes.Theme) -> None:
        """Use another theme's colours everywhere."""
        self.theme = theme
        set_icons(self.actions_by_name, theme)
        for part in (
            self.editor,
            self.heat,
            self.sessions,
            self.side,
            self.bottom,
            self.notice,
            self.find_bar,
            self.finder,
            self.status,
        ):
            part.set_theme(theme)

    @Slot()
    def raise_to_front(self) -> None:
        """Come to the front: the app was started a second time."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, when there is nothing to stop, closes what is open: notice, find, focus mode, full screen.

        Enter presses the button that has the keyboard, as Space does; Qt has that in dialogs only.
        """
        focus = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus, QAbstractButton):
            if not event.isAutoRepeat():
                focus.click()
            return
        if event.key() == Qt.Key.Key_Escape:
            if self.notice.isVisible():
                self.notice.hide()
            elif self.find_bar.isVisible():
                self.find_bar.close_bar()
            elif self.actions_by_name["focus"].isChecked():
                self.actions_by_name["focus"].trigger()
            elif self.actions_by_name["full_screen"].isChecked():
                self.actions_by_name["full_screen"].trigger()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Everything is saved before the window goes."""
        self.closing.emit()
        super().closeEvent(event)
