"""Compares two models or two settings on the open text: asks the model process, shows what comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from studio import paths
from studio.core import chain
from studio.core import messages as m
from studio.core.precisions import can_choose
from studio.core.processors import LogitsProcessor
from studio.insight import stretch
from studio.models.built_in import starter
from studio.models.shelf import Shelf
from studio.ui.compare.panel import AS_SET, ITSELF, Wanted
from studio.ui.main_window import MainWindow
from studio.ui.sampling_panel import display_name
from studio.ui.sentences import together, translated
from studio.ui.stage_notes import text_notes
from studio.worker import ModelThread
from studio.writing import Writing


class Comparison(QObject):
    """One comparison at a time; writing comes first and ends it."""

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        writing: Writing,
        folder: Path,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._thread = model_thread
        self._writing = writing
        self.folder = folder
        self._next_job = next_job
        self._panel = window.bottom.compare
        self._job = 0  # under way; 0: none
        self._changed = False  # whether the text has, since
        self._notes = ""  # of stages that count otherwise here than while writing
        panel = self._panel
        panel.compare_requested.connect(self._on_compare)
        panel.stop_requested.connect(self.stop)
        panel.browse_requested.connect(self._on_browse)
        panel.place_chosen.connect(self._on_place)
        writing.started.connect(self.stop)
        window.editor.mirror.changed.connect(self._on_changed)
        window.editor.mirror.loaded.connect(self._on_changed)
        window.actions_by_name["compare"].triggered.connect(self._on_action)
        window.bottom.currentChanged.connect(self._on_tab)

    @Slot()
    def _on_action(self) -> None:
        self._window.show_panel("bottom_panel")
        self._window.bottom.setCurrentWidget(self._panel)
        self._panel.take_focus()

    @Slot()
    def _on_tab(self) -> None:
        if self._window.bottom.currentWidget() is self._panel:
            self.offer()

    def offer(self) -> None:
        """Show what there is to choose from now."""
        info = self._writing.model
        models = [starter(), *Shelf(paths.models_dir(self.folder)).models()]
        here = Path(info.path).resolve() if info is not None else None
        others = [
            (model.name, str(model.folder))
            for model in models
            if model.why is None and model.folder.resolve() != here
        ]
        self._panel.precision.offer(info is not None and can_choose(info))
        self._panel.show_models(info.name if info is not None else "", others)
        presets = self._window.sampling.presets()
        self._panel.show_presets([(display_name(preset), preset.name) for preset in presets])

    @Slot(object)
    def _on_compare(self, wanted: Wanted) -> None:
        if self._writing.model is None:
            self._panel.show_note(self._writing.without_model())
            return
        if self._writing.job_id is not None:
            self._panel.show_note(self.tr("The model is busy; compare when it has finished."))
            return
        self.stop()
        editor = self._window.editor
        text = editor.manuscript.text
        start, end = stretch(text, editor.caret())
        self._job, self._changed = self._next_job(), False
        self._panel.begin(text[start:end], start)
        chains = self._chain(wanted.settings_a), self._chain(wanted.settings_b)
        self._notes = text_notes((*chains[0], *chains[1]))
        self._thread.submit(
            m.CompareText(
                self._job,
                text[start:end],
                editor.manuscript.special_offsets(start, end),
                wanted.path,
                *chains,
                self._window.sampling.options.options().seed,
                self._window.settings.device,
                precision=wanted.precision,
            )
        )

    def _chain(self, settings: str) -> tuple[LogitsProcessor, ...]:
        sampling = self._window.sampling
        if settings == ITSELF:
            return ()
        if settings == AS_SET:
            return chain.effective(sampling.processors())
        preset = next((p for p in sampling.presets() if p.name == settings), None)
        return chain.effective(chain.without(preset.processors, preset.off)) if preset else ()

    @Slot()
    def stop(self) -> None:
        """End the comparison; what has come stays."""
        if self._job:
            self._thread.cancel(self._job)
            self._job = 0
            self._panel.end(self.tr("Stopped: only a part has been compared."))

    # -- answers -------------------------------------------------------------------------------------------

    def on_message(self, message: m.Progress | m.TextCompared | m.ComparisonFinished) -> None:
        """How it goes; what an older comparison still says is not wanted."""
        if message.job_id != self._job:
            return
        match message:
            case m.Progress():
                self._panel.show_progress(message.fraction)
            case m.TextCompared():
                self._panel.add(message.stretches)
            case m.ComparisonFinished():
                self._job = 0
                self._panel.finish(message, self._notes)
                self._note_change()

    def on_failed(self, message: m.JobFailed) -> None:
        """It could not be done."""
        if message.job_id == self._job:
            self._job = 0
            self._panel.end(together(*translated(message)))

    def is_own(self, job_id: int) -> bool:
        """Whether a job is the comparison under way."""
        return job_id == self._job != 0

    def on_model_loaded(self) -> None:
        """A is another model from now on."""
        self.stop()
        self.offer()

    # -- the text ------------------------------------------------------------------------------------------

    @Slot()
    def _on_changed(self) -> None:
        if not self._changed and self._panel.model.stretches:
            self._changed = True
            self._note_change()

    def _note_change(self) -> None:
        if self._changed and not self._job:
            self._panel.show_note(self.tr("The text has changed since it was compared."))

    @Slot()
    def _on_browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Compare with the model in a folder"))
        if folder:
            self._panel.add_model(Path(folder).name, folder)

    @Slot(int, int, str)
    def _on_place(self, start: int, end: int, word: str) -> None:
        editor = self._window.editor
        if editor.manuscript.text[start:end] != word:
            self._panel.show_note(self.tr("The text has changed since; this word is no longer there."))
            return
        editor.set_caret(end, start)
        editor.setFocus()
