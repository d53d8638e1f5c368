"""The sampling panel: presets, the stages of the chain, and what else a generation needs.

The stages derive from the processors' fields; a new processor needs no line here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core import chain
from studio.core.presets import Preset
from studio.core.processors import LogitsProcessor
from studio.ui.icons import icon
from studio.ui.run_options import RunOptionsForm
from studio.ui.stage_list import StageList
from studio.ui.theme import Theme


def display_name(preset: Preset) -> str:
    """A preset's name as the user reads it: the built-in ones are translated."""
    return QCoreApplication.translate("presets", preset.name) if preset.builtin else preset.name


class SamplingPanel(QWidget):
    """Edits a processor chain and RunOptions; asks for presets to be kept."""

    changed = Signal()
    save_preset_requested = Signal(str)
    rename_preset_requested = Signal(str, str)
    delete_preset_requested = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("samplingPanel")
        self.setAccessibleName(self.tr("Sampling"))
        self._presets: tuple[Preset, ...] = ()
        self._loading = False
        self._stages = StageList(theme)
        self._stages.changed.connect(self._on_changed)
        self.options = RunOptionsForm(theme)

        self._box = QComboBox()
        self._box.setObjectName("presetBox")
        self._box.setAccessibleName(self.tr("Preset"))
        self._box.setToolTip(self.tr("Settings that go well together. Ctrl+Shift+P"))
        self._box.activated.connect(self._on_preset_activated)
        self._menu_button = QToolButton()
        self._menu_button.setObjectName("presetMenuButton")
        self._menu_button.setAccessibleName(self.tr("Preset menu"))
        self._menu_button.setToolTip(self.tr("Save, rename or delete a preset"))
        self._menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu_button.setMenu(self._make_menu())

        self._neutral = QPushButton(self.tr("Neutralise all"))
        self._neutral.setObjectName("neutraliseButton")
        self._neutral.setToolTip(self.tr("Switch every stage off: the model's own distribution"))
        self._neutral.setProperty("fold", True)
        self._neutral.clicked.connect(self.neutralise)
        self.find_button = QPushButton(self.tr("Find settings…"))
        self.find_button.setObjectName("findSettingsButton")
        self.find_button.setToolTip(
            self.tr("Find the settings that suit the selected words, or make a word possible (Shift+F5)")
        )
        self.find_button.setProperty("fold", True)

        presets = QHBoxLayout()
        presets.setSpacing(4)
        presets.addWidget(self._box, 1)
        presets.addWidget(self._menu_button)

        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 12, 8, 16)
        column.setSpacing(4)
        column.addWidget(self._heading(self.tr("Preset")))
        column.addLayout(presets)
        column.addSpacing(12)
        heading = QHBoxLayout()
        heading.addWidget(self._heading(self.tr("Choosing the next word")), 1)
        heading.addWidget(self._neutral)
        column.addLayout(heading)
        column.addWidget(self._stages)
        column.addWidget(self.find_button)
        column.addSpacing(12)
        column.addWidget(self._heading(self.tr("Each continuation")))
        column.addWidget(self.options)
        column.addStretch(1)
        self.options.changed.connect(self._on_changed)

        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(body)
        self._scroll = scroll
        self._stages.moved.connect(self._on_moved)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self.set_theme(theme)

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setProperty("heading", True)
        return label

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        self._save = QAction(self.tr("Save as preset…"), menu)
        self._rename = QAction(self.tr("Rename preset…"), menu)
        self._delete = QAction(self.tr("Delete preset"), menu)
        self._save.triggered.connect(self._on_save)
        self._rename.triggered.connect(self._on_rename)
        self._delete.triggered.connect(self._on_delete)
        menu.addActions([self._save, self._rename, self._delete])
        return menu

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in another theme's colours."""
        self._menu_button.setIcon(icon("sliders-horizontal", theme.ink, theme.quiet))
        self.options.set_theme(theme)
        self._stages.set_theme(theme)

    def focus_presets(self) -> None:
        """Put the keyboard into the presets."""
        self._box.setFocus()

    def focus_stage(self, name: str) -> None:
        """Put the keyboard into the first setting of a stage, by its processor's name."""
        row = self._stages.unfolded(name)
        self._scroll.ensureWidgetVisible(row)
        row.focus_setting()

    # -- values --------------------------------------------------------------------------------------------

    def processors(self) -> tuple[LogitsProcessor, ...]:
        """The stages that are on, as they are set, in order."""
        return self._stages.processors()

    def all_processors(self) -> tuple[LogitsProcessor, ...]:
        """Every stage as it is set, in order, also those in `off`."""
        return self._stages.all_processors()

    def off(self) -> frozenset[str]:
        """The names of the stages that are switched off but keep their values."""
        return self._stages.off()

    def set_processors(self, processors: Sequence[LogitsProcessor], off: Collection[str] = ()) -> None:
        """Show another chain; what it leaves out is off."""
        self._loading = True
        self._stages.set_processors(processors, off)
        self._loading = False
        self._show_preset()
        self.changed.emit()

    @Slot()
    def neutralise(self) -> None:
        """Switch every processor off."""
        self.set_processors(chain.default_chain())

    @Slot()
    def _on_changed(self) -> None:
        if not self._loading:
            self._show_preset()
            self.changed.emit()

    @Slot(QWidget)
    def _on_moved(self, row: QWidget) -> None:
        self._scroll.ensureWidgetVisible(row)

    # -- presets -------------------------------------------------------------------------------------------

    def set_presets(self, presets: Sequence[Preset], chosen: str) -> None:
        """Offer these presets; `chosen` is the one the values came from."""
        self._presets = tuple(presets)
        self._box.clear()
        for preset in presets:
            self._box.addItem(display_name(preset), preset.name)
        self._box.setCurrentIndex(self._box.findData(chosen))
        self._take_reference()
        self._show_preset()

    def presets(self) -> tuple[Preset, ...]:
        """Those on offer."""
        return self._presets

    def preset(self) -> Preset | None:
        """The preset chosen last; the values may have been changed since."""
        name = self._box.currentData()
        return next((preset for preset in self._presets if preset.name == name), None)

    def choose_preset(self, name: str) -> None:
        """Take a preset's values."""
        preset = next((preset for preset in self._presets if preset.name == name), None)
        if preset is None:
            return
        self._box.setCurrentIndex(self._box.findData(name))
        if preset.max_new_tokens is not None:
            self.options.set_length(preset.max_new_tokens)
        self.set_processors(preset.processors, preset.off)
        self._take_reference()
        self._show_preset()

    def _take_reference(self) -> None:
        preset = self.preset()
        if preset:
            self._stages.set_reference(preset.processors, preset.off)
        else:
            self._stages.set_reference((), ())

    def _show_preset(self) -> None:
        preset = self.preset()
        own = preset is not None and not preset.builtin
        self._rename.setEnabled(own)
        self._delete.setEnabled(own)
        index = self._box.currentIndex()
        if preset is not None and index >= 0:
            same = self._stages.is_at_reference()
            name = display_name(preset)
            self._box.setItemText(index, name if same else self.tr("{name} (changed)").format(name=name))

    @Slot(int)
    def _on_preset_activated(self, index: int) -> None:
        self.choose_preset(self._box.itemData(index))

    def _ask_name(self, title: str, text: str) -> str:
        name, accepted = QInputDialog.getText(
            self, title, self.tr("Name of the preset:"), QLineEdit.EchoMode.Normal, text
        )
        return name.strip() if accepted else ""

    @Slot()
    def _on_save(self) -> None:
        preset = self.preset()
        suggestion = preset.name if preset and not preset.builtin else ""
        if name := self._ask_name(self.tr("Save as preset"), suggestion):
            self.save_preset_requested.emit(name)

    @Slot()
    def _on_rename(self) -> None:
        preset = self.preset()
        if preset and (name := self._ask_name(self.tr("Rename preset"), preset.name)):
            self.rename_preset_requested.emit(preset.name, name)

    @Slot()
    def _on_delete(self) -> None:
        if preset := self.preset():
            self.delete_preset_requested.emit(preset.name)
