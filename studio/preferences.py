"""What the user has set: sampling, presets, theme, language. Restored at the start, saved after a change."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from studio import paths
from studio.core import chain, presets
from studio.core.errors import Sentence, StudioError
from studio.library_worker import SaveSettings
from studio.ui import sentences
from studio.ui import theme as themes
from studio.ui.main_window import MainWindow
from studio.ui.run_options import RunOptions, new_seed
from studio.worker import LibraryThread

SAVE_MS = 1500
N_RECENT = 8


class Preferences(QObject):
    """Keeps the window's settings and the files in the library's folder together."""

    device_chosen = Signal()

    def __init__(self, window: MainWindow, library: LibraryThread, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self.folder = folder
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MS)
        self._timer.timeout.connect(self.save)
        panel = window.sampling
        panel.changed.connect(self._on_sampling_changed)
        panel.save_preset_requested.connect(self._on_save_preset)
        panel.rename_preset_requested.connect(self._on_rename_preset)
        panel.delete_preset_requested.connect(self._on_delete_preset)
        window.choice_made.connect(self._on_choice)
        window.several_button.count_changed.connect(self._on_count_changed)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_theme)
        self._restore()

    @Slot()
    def save(self) -> None:
        """Hand the settings to the library's thread: an fsync can take longer than a frame."""
        self._timer.stop()
        self._library.submit(SaveSettings(paths.settings_file(self.folder), self._window.current_settings()))

    @Slot(str)
    def set_model(self, name: str) -> None:
        """Remember the model, also among those used lately."""
        settings = self._window.settings
        recent = (name, *(other for other in settings.recent_models if other != name))[:N_RECENT]
        self._window.settings = replace(settings, model=name, recent_models=recent)
        self._timer.start()

    def _restore(self) -> None:
        settings, panel = self._window.settings, self._window.sampling
        default = presets.default_preset(paths.resource("presets"))
        problems = self._offer_presets(settings.preset or default.name)
        panel.options.set_options(
            RunOptions(
                settings.max_new_tokens,
                settings.seed if settings.seed_mode == "fixed" else new_seed(),
                settings.seed_mode == "fixed",
                settings.stop,
                settings.stop_at_end_of_text,
            )
        )
        processors, off = default.processors, default.off
        if settings.sampling:
            with contextlib.suppress(ValueError):  # another version's chain
                processors, off = chain.from_json(settings.sampling), frozenset(settings.sampling_off)
        panel.set_processors(processors, off)
        if problems:
            self._window.notice.show_notice(sentences.together(*map(sentences.said, problems)), "warn")

    @Slot()
    def _on_sampling_changed(self) -> None:
        panel = self._window.sampling
        options, preset = panel.options.options(), panel.preset()
        self._window.settings = replace(
            self._window.settings,
            sampling=chain.to_json(panel.all_processors()),
            sampling_off=tuple(sorted(panel.off())),
            preset=preset.name if preset else "",
            max_new_tokens=options.max_new_tokens,
            seed_mode="fixed" if options.seed_fixed else "new",
            seed=options.seed,
            stop=options.stop,
            stop_at_end_of_text=options.stop_at_end_of_text,
        )
        self._timer.start()

    # -- presets -------------------------------------------------------------------------------------------

    def _offer_presets(self, chosen: str) -> tuple[Sentence, ...]:
        found, problems = presets.load_presets(paths.resource("presets"), paths.presets_dir(self.folder))
        self._window.sampling.set_presets(found, chosen)
        return problems

    @Slot(str)
    def _on_save_preset(self, name: str) -> None:
        panel = self._window.sampling
        length = panel.options.options().max_new_tokens
        preset = presets.Preset(name, panel.all_processors(), length, off=panel.off())
        shipped, own = paths.resource("presets"), paths.presets_dir(self.folder)
        self._change_presets(lambda: presets.save_preset(preset, shipped, own).name)

    @Slot(str, str)
    def _on_rename_preset(self, old: str, new: str) -> None:
        shipped, own = paths.resource("presets"), paths.presets_dir(self.folder)
        self._change_presets(lambda: presets.rename_preset(old, new, shipped, own).name)

    @Slot(str)
    def _on_delete_preset(self, name: str) -> None:
        def delete() -> str:
            presets.delete_preset(name, paths.resource("presets"), paths.presets_dir(self.folder))
            return ""

        self._change_presets(delete)

    def _change_presets(self, change: Callable[[], str]) -> None:
        try:
            chosen = change()
        except ValueError as error:
            self._window.notice.show_notice(sentences.refusal(error), "warn")
        except StudioError as error:
            text = sentences.together(*sentences.translated(error))
            self._window.notice.show_notice(text, "error")
        else:
            self._offer_presets(chosen)
            self._on_sampling_changed()

    @Slot(int)
    def _on_count_changed(self, count: int) -> None:
        self._window.settings = replace(self._window.settings, n_alternatives=count)
        self._timer.start()

    # -- choices -------------------------------------------------------------------------------------------

    @Slot(str, str)
    def _on_choice(self, setting: str, _value: str) -> None:
        self._timer.start()
        if setting == "theme":
            self._on_system_theme()
        elif setting == "language":
            self._window.notice.show_notice(self.tr("The language changes when the app starts again."))
        elif setting == "device":
            self.device_chosen.emit()

    @Slot()
    def _on_system_theme(self) -> None:
        theme = themes.choose(self._window.settings.theme)
        if theme is not self._window.theme:
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            themes.apply(app, theme)
            self._window.set_theme(theme)
