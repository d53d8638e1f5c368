"""The one hub of the window: what the model and the library say comes in here, in two matches."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QObject, Qt, Slot

from studio import exchange, paths
from studio.branches import Branches
from studio.bringing_in import BringingIn
from studio.catalogue import Catalogue
from studio.core import messages as m
from studio.finding import Finding
from studio.guessing import Guessing
from studio.helping import Helping
from studio.insight import Insight
from studio.loading import Loading
from studio.model_export import ModelExport
from studio.model_library import ModelLibrary
from studio.optimising import Optimising
from studio.precision import Precision
from studio.preferences import Preferences
from studio.reading import Reading
from studio.recovery import Recovery
from studio.reproduction import Reproduction
from studio.safekeeping import Safekeeping
from studio.sessions import Sessions
from studio.store import records as r
from studio.swapping import Swapping
from studio.token_page import TokenPage
from studio.transfer import Transfer
from studio.ui import sentences
from studio.ui.main_window import MainWindow
from studio.ui.report_dialog import ReportDialog
from studio.ui.token_index import TokenIndex
from studio.views import Views
from studio.worker import LibraryThread, ModelThread
from studio.writing import Writing


class Controller(QObject):
    """Wires window, model and library. `start` sends the first requests, `stop` ends both threads."""

    def __init__(
        self, window: MainWindow, model_thread: ModelThread, library: LibraryThread, folder: Path
    ) -> None:
        super().__init__(window)
        self.setObjectName("controller")
        self._window = window
        self._thread = model_thread
        self._library = library
        self._folder = folder
        self._jobs = itertools.count(1)
        self._stopped = False
        self.sessions = Sessions(window, library, self)
        self.catalogue = Catalogue(window, library, self.sessions, self)
        index = TokenIndex()
        self.writing = Writing(window, model_thread, self.sessions, index, self._next_job, self)
        self.reading = Reading(window, model_thread, library, self.writing, index, self._next_job, self)
        self.insight = Insight(window, model_thread, self.writing, self._next_job, self)
        self.reading.pointed.connect(self.insight.point)
        shared = (self.writing, self.reading, self.insight, self._next_job, self)
        self.token_page = TokenPage(window, model_thread, *shared)
        own = (self.writing, self.insight, self.token_page, index, self._next_job, self)
        self.swapping = Swapping(window, model_thread, self.sessions, *own)
        self.branches = Branches(window, self)
        self.guessing = Guessing(window, model_thread, self._next_job, self)
        self.helping = Helping(window, lambda: self._folder, self)
        self.reproduction = Reproduction(model_thread, self.writing, self._next_job, self)
        self.reproduction.started.connect(self.insight.stop_reading)
        self.reproduction.finished.connect(self.insight.on_generation_finished)
        threads, texts = (model_thread, library), (self.sessions, self.writing, self.insight)
        self.views = Views(window, threads, *texts, self.reproduction, index, folder, self._next_job, self)
        self.preferences = Preferences(window, library, folder, self)
        self.transfer = Transfer(window, library, self.sessions, self.writing, self)
        self.finding = Finding(window, library, self.sessions, self)
        self.safekeeping = Safekeeping(window, library, folder, self)
        self.recovery = Recovery(window, library, folder, self)
        self.recovery.folder_chosen.connect(self._on_folder_chosen)
        self.precision = Precision(window, model_thread, library, self.writing, folder, self._next_job, self)
        self.loading = Loading(
            window, model_thread, self.precision, self.writing, folder, self._next_job, self
        )
        self.loading.chosen.connect(self.preferences.set_model)
        self.loading.gone.connect(self._on_model_gone)
        about = (self.loading, self.precision, self.sessions, self.writing)
        self.models = ModelLibrary(window, library, *about, folder, self)
        self.views.model_added.connect(self.models.on_model_added)
        self.bringing = BringingIn(window, self.models, self.transfer, self)
        self.optimising = Optimising(window, self.models, self.loading, self)
        self.model_export = ModelExport(window, self.models, self.loading, self)
        for chosen in (self.preferences.device_chosen, self.precision.chosen):
            chosen.connect(self.loading.load_anew)
        model_thread.message.connect(self.on_message)
        library.message.connect(self.on_library_message)
        self.sessions.opened.connect(self._on_session_opened)
        self.sessions.autosave.status_changed.connect(window.status.show_saved)
        self.sessions.autosave.failed.connect(self._on_save_failed)
        window.closing.connect(self.stop)
        window.editor.refused.connect(lambda text: window.notice.show_notice(text, "warn"))
        window.editor.mirror.busy_changed.connect(self.writing.update_actions)
        window.editor.set_locked(True)  # until the library says which session was open
        window.update_openings()

    def _next_job(self) -> int:
        return next(self._jobs)

    @Slot()
    def start(self) -> None:
        """Open the library, then load the model."""
        if not paths.database_file(self._folder).exists():
            self._window.editor.set_locked(False)  # no session to wait for: what is typed becomes the first
            self._window.update_openings()
        self._library.submit(r.OpenLibrary(str(self._folder)))
        self.loading.load(self._window.settings.default_model or self._window.settings.model)
        self.views.start()

    @Slot()
    def stop(self) -> None:
        """Save everything and end both threads. The second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self.views.stop()
        self.bringing.stop()
        self.optimising.stop()
        self.model_export.stop()
        self.models.stop()
        self.transfer.cancel()
        self.sessions.close()
        self.preferences.save()
        self.safekeeping.stop()
        self._thread.message.disconnect(self.on_message)
        self._window.hide()  # what is left to write needs no window
        self._library.stop()
        self._thread.stop()

    # -- the model -----------------------------------------------------------------------------------------

    @Slot(object)
    def on_message(self, message: m.Message) -> None:
        """What the model says."""
        self.views.finish()
        self.views.performance.on_message(message)
        if self.reproduction.takes(message):
            return
        match message:
            case m.Progress():
                self.loading.on_progress(message)
                self.swapping.on_progress(message)
                self.views.comparison.on_message(message)
                self.views.interior.on_progress(message)
                self.views.tuning.on_progress(message)
                self.precision.on_message(message)
            case m.ModelLoaded():
                self._on_model_loaded(message)
            case m.ModelUnloaded():
                self.loading.on_unloaded(message)
            case m.GenerationStarted():
                self.writing.on_started(message)
            case m.TokensGenerated() | m.AlternativeTokens():
                start = self.writing.on_tokens(message)
                if start is not None:
                    self.insight.on_generated(start, message.tokens)
                self.reading.follow()
            case m.AlternativeFinished():
                self.writing.on_alternative_finished(message)
            case m.GenerationFinished():
                self.writing.on_finished(message)
                self.guessing.on_finished(message)
                self.insight.on_generation_finished()
                self.reading.text_changed()
                self.reading.follow()
            case m.ContextMeasured():
                self.reading.on_measured(message)
            case m.TextRead():
                self.insight.on_text_read(message)
            case m.ReadingFinished():
                self.insight.on_reading_finished(message)
            case m.PlaceInspected():
                self.insight.on_inspected(message)
            case m.TreeGrown() | m.TreeFinished() | m.PathTold():
                self.views.weaving.on_message(message)
                if isinstance(message, m.PathTold):
                    self.views.searching.on_message(message)
            case m.BeamsSearched():
                self.views.searching.on_message(message)
            case m.SettingsFound():
                self.views.tuning.on_found(message)
            case m.InsideSeen() | m.AttentionMapped() | m.WordsWeighed():
                self.views.interior.on_answer(message)
            case m.SwitchedOff():
                self.views.interior.on_switched(message)
                self.views.weaving.on_model_loaded()
            case m.TextReshaped() | m.ReshapingFinished() | m.Redrawn():
                self.views.effects.on_message(message)
            case m.PerformanceMeasured():
                self.models.on_performance(message)
            case m.TextScored() | m.UsageTold():
                pass  # the window does not ask for scores; Performance has heard the others
            case m.TextCompared() | m.ComparisonFinished():
                self.views.comparison.on_message(message)
            case m.PrecisionMeasured() | m.PrecisionsMeasured():
                self.precision.on_message(message)
            case m.LookedUp():
                self.token_page.on_looked_up(message)
            case m.BridgesFound():
                self.swapping.on_bridges(message)
            case m.DrafterChosen():
                self.guessing.on_chosen(message)
            case m.JobFailed():
                self._on_job_failed(message)
            case _:
                assert_never(message)

    def _on_model_loaded(self, message: m.ModelLoaded) -> None:
        self.loading.on_loaded(message)
        self.insight.on_model_loaded()
        self.views.effects.on_model_loaded()
        self.guessing.on_model_loaded()
        self.writing.on_model_ready(message.model)
        self.precision.on_model_loaded()
        self.views.comparison.on_model_loaded()
        self.views.interior.on_model_loaded(message.model)
        self.reading.measure()
        self.views.weaving.on_model_loaded()
        self.models.on_model_loaded()

    @Slot()
    def _on_model_gone(self) -> None:
        self.precision.on_model_loaded()
        self.views.comparison.on_model_loaded()
        self.views.interior.on_model_gone()
        self.views.weaving.on_model_loaded()

    def _on_job_failed(self, message: m.JobFailed) -> None:
        if self.loading.is_dropped(message):
            return
        if (
            self.insight.on_failed(message.job_id)
            or self.views.effects.on_failed(message.job_id)
            or self.reading.asked(message.job_id)
            or self.views.interior.on_failed(message)
            or self.views.performance.on_failed(message)
            or self.precision.on_failed(message)
        ) and not message.report:
            return
        if self.views.comparison.is_own(message.job_id):
            self.views.comparison.on_failed(message)
            if not message.report:
                return
        happened, to_do = sentences.translated(message)
        text = sentences.together(happened, to_do)
        if not message.report and (
            self.token_page.on_failed(message, text) or self.swapping.on_failed(message, text)
        ):
            return
        self.writing.on_failed(message.job_id)
        self.guessing.on_failed(message.job_id)
        self.views.weaving.on_failed(message.job_id)
        self.views.searching.on_failed(message.job_id)
        if self.views.tuning.on_failed(message):
            return
        if self.models.on_failed(message, text) and not message.report:
            return
        notice = self._window.notice
        if message.report:
            show = partial(self.show_report, happened, message.report)
            notice.show_notice(text, "error", self.tr("Show report"), show)
        else:
            notice.show_notice(text, "error")

    def show_report(self, what_happened: str, traceback: str) -> None:
        """Open the report of a bug."""
        dialog = ReportDialog(what_happened, traceback, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # -- the library ---------------------------------------------------------------------------------------

    @Slot(object)
    def on_library_message(self, message: r.LibraryMessage | exchange.ExchangeMessage) -> None:
        """What the library says."""
        match message:
            case (
                exchange.ExchangeProgress()
                | exchange.Exported()
                | exchange.ExchangeCancelled()
                | exchange.FilesImported()
                | exchange.ExchangeFailed()
            ):
                self.transfer.on_message(message)
            case r.LibraryOpened():
                self._on_library_opened(message)
            case r.LibraryFailed():
                self.recovery.on_failed_to_open(message)
            case r.SessionOpened():
                self.sessions.on_session_opened(message)
                self.catalogue.on_opened(message)
            case r.SessionsListed():
                self.catalogue.on_listed(message)
            case r.TrashEmptied():
                self.catalogue.on_trash_emptied(message)
            case r.Saved():
                self.sessions.on_saved(message)
                self.catalogue.on_saved(message)
            case r.TokensLoaded():
                self.reading.on_tokens_loaded(message)
                self.views.on_tokens_loaded(message)
            case r.GenerationLoaded():
                self.views.on_generation_loaded(message)
            case r.ModelsUsed() | r.SessionModels():
                self.models.on_library_message(message)
            case r.RequestFailed():
                self._on_request_failed(message)
            case r.Found():
                self._window.finder.show_found(message)
            case r.LibraryClosed():
                pass
            case r.Backups() if self.recovery.is_asking:
                self.recovery.on_backups(message)
            case r.KeepingProgress() if self.recovery.is_asking:
                self.recovery.on_progress(message)
            case r.BackupProgress() | r.BackupMade() | r.BackupCopied() | r.Backups() | r.KeepingProgress():
                self.safekeeping.on_message(message)
            case r.LibraryRestored() | r.LibrarySalvaged():
                self.safekeeping.on_message(message)
            case _:
                assert_never(message)

    def _on_library_opened(self, message: r.LibraryOpened) -> None:
        self.writing.next_generation_id = message.next_generation_id
        self.sessions.on_library_opened(message)
        self.catalogue.on_library_opened(message)
        self.finding.library_opened()
        self.writing.start_waiting()
        self._window.editor.setFocus()
        self.safekeeping.library_opened(message)
        self.recovery.on_opened(message)

    def _on_request_failed(self, message: r.RequestFailed) -> None:
        match message.request:
            case r.BackupNow() | r.RestoreBackup() | r.CopyBackup():
                self.safekeeping.on_failed(message)
            case r.ListBackups() | r.CheckBackup() | r.Rescue() if self.recovery.is_asking:
                self.recovery.on_failed(message)
            case r.ListBackups() | r.CheckBackup():
                self.safekeeping.on_failed(message)
            case _:
                self.sessions.autosave.on_failed(message)
                self.sessions.on_failed(message)
                self.catalogue.on_failed(message)

    @Slot(str)
    def _on_folder_chosen(self, folder: str) -> None:
        self._folder = self.preferences.folder = Path(folder)
        self.views.set_folder(self._folder)
        self.loading.folder = self._folder
        self.models.set_folder(self._folder)

    @Slot(object)
    def _on_save_failed(self, message: r.RequestFailed) -> None:
        happened, to_do = sentences.translated(message)
        text = sentences.together(happened, to_do)
        if message.report:
            show = partial(self.show_report, happened, message.report)
            self._window.notice.show_notice(text, "error", self.tr("Show report"), show)
        elif message.unsaved is None:
            self._window.notice.show_notice(text, "error")
        else:
            retry = self.sessions.autosave.save_now
            self._window.notice.show_notice(text, "error", self.tr("Try again"), retry)

    # -- the text ------------------------------------------------------------------------------------------

    @Slot()
    def _on_session_opened(self) -> None:
        self.writing.update_actions()
        self.reading.session_opened()
        self.views.session_opened()
