"""The one hub of the window: what the model and the library say comes in here, in two matches."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from studio import __version__, paths
from studio.core import chain, presets
from studio.core import messages as m
from studio.core.errors import StudioError
from studio.sessions import Sessions
from studio.store import records as r
from studio.ui import theme as themes
from studio.ui.info_dialog import InfoDialog, shortcut_rows
from studio.ui.library_dialog import LibraryDialog
from studio.ui.main_window import MainWindow
from studio.ui.report_dialog import ReportDialog
from studio.ui.run_options import RunOptions, new_seed
from studio.ui.token_index import TokenIndex
from studio.worker import LibraryThread, ModelThread, SaveSettings
from studio.writing import Writing, prompt_start

MEASURE_MS = 120
COUNT_WORDS_MS = 250
SAVE_SETTINGS_MS = 1500
_HAN_OR_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")


def count_words(text: str) -> int:
    """Words between spaces; a Chinese character or a kana counts as one."""
    return len(text.split()) if text.isascii() else sum(1 for _ in _HAN_OR_WORD.finditer(text))


class Controller(QObject):
    """Wires window, model and library. `start` sends the first requests, `stop` ends both threads."""

    def __init__(
        self, window: MainWindow, model_thread: ModelThread, library: LibraryThread, folder: Path
    ) -> None:
        super().__init__(window)
        self._window = window
        self._thread = model_thread
        self._library = library
        self._folder = folder
        self._jobs = itertools.count(1)
        self._index = TokenIndex()
        self._asked_tokens: set[int] = set()
        self._load_job = self._measure_job = 0
        self._measure_from = 0
        self._hovered = -1
        self._stopped = False
        self.sessions = Sessions(window, library, self)
        self.writing = Writing(window, model_thread, self.sessions, self._index, self._next_job, self)
        self._measure_timer = self._timer(MEASURE_MS, self._measure)
        self._words_timer = self._timer(COUNT_WORDS_MS, self._count_words)
        self._settings_timer = self._timer(SAVE_SETTINGS_MS, self._save_settings)
        model_thread.message.connect(self.on_message)
        library.message.connect(self.on_library_message)
        editor = window.editor
        editor.edited.connect(self._on_edited)
        editor.caret_moved.connect(self._on_caret_moved)
        editor.hovered.connect(self._on_hovered)
        editor.refused.connect(self._on_refused)
        editor.mirror.busy_changed.connect(self._on_busy_changed)
        self.sessions.opened.connect(self._on_session_opened)
        self.sessions.autosave.status_changed.connect(window.status.show_saved)
        self.sessions.autosave.failed.connect(self._on_save_failed)
        window.closing.connect(self.stop)
        window.choice_made.connect(self._on_choice)
        panel = window.sampling
        panel.changed.connect(self._on_sampling_changed)
        panel.save_preset_requested.connect(self._on_save_preset)
        panel.rename_preset_requested.connect(self._on_rename_preset)
        panel.delete_preset_requested.connect(self._on_delete_preset)
        for name, slot in (
            ("open_model", self._on_open_model),
            ("starter_model", self._on_starter_model),
            ("shortcuts", self._on_shortcuts),
            ("about", self._on_about),
        ):
            window.actions_by_name[name].triggered.connect(slot)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_theme)
        editor.set_locked(True)  # until the library says which session was open
        self._restore_sampling()

    def _timer(self, interval_ms: int, slot: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    def _next_job(self) -> int:
        return next(self._jobs)

    @Slot()
    def start(self) -> None:
        """Open the library, then load the model."""
        self._library.submit(r.OpenLibrary(str(self._folder)))
        self.load_model(self._window.settings.model)

    @Slot()
    def stop(self) -> None:
        """Save everything and end both threads. The second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self.sessions.close()
        self._save_settings()
        self._thread.message.disconnect(self.on_message)
        self._library.stop()
        self._thread.stop()

    # -- the model -----------------------------------------------------------------------------------------

    @Slot(object)
    def on_message(self, message: m.Message) -> None:
        """What the model says."""
        match message:
            case m.Progress(job_id=job_id, fraction=fraction):
                if job_id == self._load_job:
                    text = self.tr("Loading the model… {percent}%")
                    self._window.status.show_activity(text.format(percent=round(100 * fraction)))
            case m.ModelLoaded():
                self._on_model_loaded(message)
            case m.GenerationStarted():
                self.writing.on_started(message)
            case m.TokensGenerated():
                self.writing.on_tokens(message)
                self._show_token()
                self._words_timer.start()
            case m.GenerationFinished():
                self.writing.on_finished(message)
                self._measure_timer.start()
                self._words_timer.start()
            case m.ContextMeasured():
                self._on_context_measured(message)
            case m.TextScored():
                pass  # the window does not ask for scores
            case m.JobFailed():
                self._on_job_failed(message)
            case _:
                assert_never(message)

    def load_model(self, name: str) -> None:
        """Load a model by its name in the models folder, the starter's name, or a folder's path."""
        path = Path(name)
        if not path.is_absolute():
            own = paths.models_dir(self._folder) / name
            path = own if own.is_dir() else paths.resource("models", name)
        self._load_job = self._next_job()
        self._window.status.show_activity(self.tr("Loading the model…"))
        self._thread.submit(m.LoadModel(self._load_job, str(path), self._window.settings.device))

    def _on_model_loaded(self, message: m.ModelLoaded) -> None:
        self._window.status.show_model(message.model)
        self._window.status.show_activity("")
        self.writing.on_model_ready(message.model)
        self._measure()

    def _on_job_failed(self, message: m.JobFailed) -> None:
        if message.job_id == self._measure_job and not message.report:
            return
        if message.job_id == self._load_job:
            self._window.status.show_activity("")
        notice = self._window.notice
        text = f"{message.what_happened} {message.what_to_do}"
        if message.report:

            def show() -> None:
                self.show_report(message.what_happened, message.report)

            notice.show_notice(text, "error", self.tr("Show report"), show)
        elif message.job_id == self._load_job and self.writing.model is None:
            notice.show_notice(text, "error", self.tr("Use the starter model"), self._on_starter_model)
        else:
            notice.show_notice(text, "error")

    def show_report(self, what_happened: str, traceback: str) -> None:
        """Open the report of a bug."""
        dialog = ReportDialog(what_happened, traceback, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot()
    def _on_open_model(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Open a GPT-2 model folder"))
        if folder:
            self._choose_model(folder)

    @Slot()
    def _on_starter_model(self) -> None:
        self._choose_model("starter")

    def _choose_model(self, name: str) -> None:
        self.writing.stop()
        self._window.settings = replace(self._window.settings, model=name)
        self._settings_timer.start()
        self.load_model(name)

    # -- the context ---------------------------------------------------------------------------------------

    @Slot()
    def _measure(self) -> None:
        editor, model = self._window.editor, self.writing.model
        if model is None or editor.is_generating or editor.mirror.is_busy:
            return
        end = editor.selection()[1]
        text = editor.manuscript.text
        self._measure_from = prompt_start(text, end, model)
        self._measure_job = self._next_job()
        special = editor.manuscript.special_offsets(self._measure_from, end)
        length = self._window.sampling.options.options().max_new_tokens
        self._thread.submit(
            m.MeasureContext(self._measure_job, text[self._measure_from : end], special, length)
        )

    def _on_context_measured(self, message: m.ContextMeasured) -> None:
        if message.job_id != self._measure_job or self._window.editor.is_generating:
            return
        # What was not sent lies before the window's reach; it counts as unseen, however many tokens it is.
        total = message.n_tokens + (1 if self._measure_from else 0)
        self._window.status.meter.set_counts(message.n_context_tokens, message.n_positions, total)
        self._window.editor.highlighter.set_visible_start(self._measure_from + message.visible_start)

    # -- the library ---------------------------------------------------------------------------------------

    @Slot(object)
    def on_library_message(self, message: r.LibraryMessage) -> None:
        """What the library says."""
        match message:
            case r.LibraryOpened():
                self._on_library_opened(message)
            case r.LibraryFailed():
                self._on_library_failed(message)
            case r.SessionOpened(session=session):
                self.sessions.on_session_opened(session)
            case r.SessionsListed(sessions=sessions):
                self._window.sessions.set_sessions(sessions)
            case r.Saved():
                self.sessions.on_saved(message)
            case r.TokensLoaded(generation_id=generation_id, tokens=tokens):
                if generation_id not in self._index:
                    self._index.add(generation_id, tokens)
                    self._show_token()
            case r.RequestFailed():
                self.sessions.autosave.on_failed(message)
            case r.LibraryClosed():
                pass
            case _:
                assert_never(message)

    def _on_library_opened(self, message: r.LibraryOpened) -> None:
        notice = self._window.notice
        self.writing.next_generation_id = message.next_generation_id
        self.sessions.on_library_opened(message)
        self._window.editor.setFocus()
        if message.set_aside:
            text = self.tr("A new library was started. The damaged one is kept as {path}.")
            notice.show_notice(text.format(path=message.set_aside))
        elif message.read_only:
            self._window.status.show_saved(self.tr("Read only"))
            notice.show_notice(self.tr("The library is open to read only: nothing can be changed."), "warn")
        elif message.interrupted:
            notice.show_notice(self.tr("The app was interrupted while writing. What had appeared is here."))

    def _on_library_failed(self, message: r.LibraryFailed) -> None:
        dialog = LibraryDialog(message, self._window)
        dialog.fresh_requested.connect(self._on_start_fresh)
        dialog.read_only_requested.connect(self._on_open_read_only)
        dialog.retry_requested.connect(self._on_open_again)
        dialog.folder_requested.connect(self._on_other_folder)
        dialog.quit_requested.connect(self._window.close)
        dialog.open()

    @Slot()
    def _on_start_fresh(self) -> None:
        self._library.submit(r.StartFresh(str(self._folder)))

    @Slot()
    def _on_open_read_only(self) -> None:
        self._library.submit(r.OpenLibrary(str(self._folder), read_only=True))

    @Slot()
    def _on_open_again(self) -> None:
        self._library.submit(r.OpenLibrary(str(self._folder)))

    @Slot()
    def _on_other_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self._window, self.tr("Open or start a library in a folder")
        )
        if folder:
            self._folder = Path(folder)
        self._on_open_again()

    @Slot(object)
    def _on_save_failed(self, message: r.RequestFailed) -> None:
        text = f"{message.what_happened} {message.what_to_do}"
        if message.report:

            def show() -> None:
                self.show_report(message.what_happened, message.report)

            self._window.notice.show_notice(text, "error", self.tr("Show report"), show)
        else:
            retry = self.sessions.autosave.save_now
            self._window.notice.show_notice(text, "error", self.tr("Try again"), retry)

    # -- the text ------------------------------------------------------------------------------------------

    @Slot()
    def _on_session_opened(self) -> None:
        self._index.clear()
        self._asked_tokens.clear()
        self.writing.update_actions()
        self._on_edited()
        self._show_token()

    @Slot()
    def _on_edited(self) -> None:
        self._measure_timer.start()
        self._words_timer.start()

    @Slot(bool)
    def _on_busy_changed(self, busy: bool) -> None:
        self.writing.update_actions()
        if not busy:
            self._measure_timer.start()

    @Slot(int)
    def _on_caret_moved(self, _offset: int) -> None:
        self._measure_timer.start()
        self._show_token()

    @Slot(int)
    def _on_hovered(self, offset: int) -> None:
        if offset != self._hovered:
            self._hovered = offset
            self._show_token()

    @Slot(str)
    def _on_refused(self, text: str) -> None:
        self._window.notice.show_notice(text, "warn")

    @Slot()
    def _count_words(self) -> None:
        self._window.status.show_words(count_words(self._window.editor.manuscript.text))

    def _show_token(self) -> None:
        """Show the token under the mouse, else the one before the caret."""
        editor, view = self._window.editor, self._window.probabilities
        if editor.mirror.is_busy or not view.isVisible():
            return
        offset = self._hovered if self._hovered >= 0 else max(editor.caret() - 1, 0)
        source, place_in = editor.manuscript.source_at(offset)
        if source <= 0:
            written = bool(editor.manuscript.text) and source == 0
            view.show_token(None, self.tr("These are your own words.") if written else "")
            editor.mark(0, 0)
            return
        if source not in self._index:
            if source not in self._asked_tokens:
                self._asked_tokens.add(source)
                self._library.submit(r.LoadTokens(source))
            return
        place = self._index.at(source, place_in)
        if place is None:
            view.show_token(None, self.tr("Nothing is known about this token."))
            editor.mark(0, 0)
            return
        view.show_token(place.token)
        start = offset - (place_in - place.start)
        editor.mark(max(start, 0), min(start + place.end - place.start, len(editor.manuscript.text)))

    # -- settings ------------------------------------------------------------------------------------------

    def _restore_sampling(self) -> None:
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
        try:
            panel.set_processors(
                chain.from_json(settings.sampling) if settings.sampling else default.processors
            )
        except ValueError:
            panel.set_processors(default.processors)
        if problems:
            self._window.notice.show_notice(" ".join(problems), "warn")

    def _offer_presets(self, chosen: str) -> tuple[str, ...]:
        found, problems = presets.load_presets(paths.resource("presets"), paths.presets_dir(self._folder))
        self._window.sampling.set_presets(found, chosen)
        return problems

    @Slot()
    def _on_sampling_changed(self) -> None:
        panel = self._window.sampling
        options, preset = panel.options.options(), panel.preset()
        self._window.settings = replace(
            self._window.settings,
            sampling=chain.to_json(panel.processors()),
            preset=preset.name if preset else "",
            max_new_tokens=options.max_new_tokens,
            seed_mode="fixed" if options.seed_fixed else "new",
            seed=options.seed,
            stop=options.stop,
            stop_at_end_of_text=options.stop_at_end_of_text,
        )
        self._settings_timer.start()
        self._measure_timer.start()

    @Slot(str)
    def _on_save_preset(self, name: str) -> None:
        panel = self._window.sampling
        length = panel.options.options().max_new_tokens
        self._with_presets(
            lambda: (
                presets.save_preset(
                    presets.Preset(name, panel.processors(), length),
                    paths.resource("presets"),
                    paths.presets_dir(self._folder),
                ).name
            )
        )

    @Slot(str, str)
    def _on_rename_preset(self, old: str, new: str) -> None:
        own = paths.presets_dir(self._folder)
        self._with_presets(lambda: presets.rename_preset(old, new, paths.resource("presets"), own).name)

    @Slot(str)
    def _on_delete_preset(self, name: str) -> None:
        def delete() -> str:
            presets.delete_preset(name, paths.resource("presets"), paths.presets_dir(self._folder))
            return ""

        self._with_presets(delete)

    def _with_presets(self, change: Callable[[], str]) -> None:
        try:
            chosen = change()
        except ValueError as error:
            self._window.notice.show_notice(str(error), "warn")
            return
        except StudioError as error:
            self._window.notice.show_notice(str(error), "error")
            return
        self._offer_presets(chosen)

    @Slot(str, str)
    def _on_choice(self, setting: str, _value: str) -> None:
        self._settings_timer.start()
        if setting == "theme":
            self._on_system_theme()
        elif setting == "language":
            self._window.notice.show_notice(self.tr("The language changes when the app starts again."))
        elif setting == "device":
            self._choose_model(self._window.settings.model)

    @Slot()
    def _on_system_theme(self) -> None:
        theme = themes.choose(self._window.settings.theme)
        if theme is not self._window.theme:
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            themes.apply(app, theme)
            self._window.set_theme(theme)

    @Slot()
    def _save_settings(self) -> None:
        file = paths.settings_file(self._folder)
        self._library.submit(SaveSettings(file, self._window.current_settings()))

    # -- help ----------------------------------------------------------------------------------------------

    @Slot()
    def _on_shortcuts(self) -> None:
        rows = shortcut_rows(list(self._window.actions_by_name.values()))
        self._show_info(InfoDialog(self.tr("Keyboard shortcuts"), "", rows, self._window))

    @Slot()
    def _on_about(self) -> None:
        text = self.tr(
            "GPT-2 Studio {version}\n\nWrite with GPT-2 and see why it wrote what it wrote, wholly on this "
            "computer. Nothing is sent anywhere.\n\nYour texts: {folder}\nPython {python}, MIT licence. "
            "Icons: Lucide (ISC). The starter model's data and licences are in its model card."
        ).format(version=__version__, folder=self._folder, python=sys.version.split()[0])
        self._show_info(InfoDialog(self.tr("About GPT-2 Studio"), text, (), self._window))

    def _show_info(self, dialog: InfoDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
