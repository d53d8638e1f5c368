"""Find settings: asks the model for settings that fit the selected words, and sets them if they are taken."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from studio.core import chain
from studio.core import messages as m
from studio.core.parameters import is_off, parameters
from studio.core.processors import LogitsProcessor
from studio.insight import Insight
from studio.ui import sentences
from studio.ui.glyphs import visible
from studio.ui.main_window import MainWindow
from studio.ui.stage_notes import text_notes
from studio.ui.text_numbers import TextToken
from studio.ui.tuning.dialog import FindSettingsDialog
from studio.worker import ModelThread
from studio.writing import Writing

QUOTE_CHARS = 60
USUAL = ("temperature", "top_k", "top_p", "min_p")


class Tuning(QObject):
    """Owns the dialog, which is made when it is first wanted."""

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        writing: Writing,
        insight: Insight,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._thread, self._writing = window, model_thread, writing
        self._insight, self._next_job = insight, next_job
        self.dialog: FindSettingsDialog | None = None
        self._job = 0
        self._n_asked = 0  # tokens of the passage as selected
        self._found: m.SettingsFound | None = None
        self._before: tuple[tuple[LogitsProcessor, ...], frozenset[str]] | None = None
        window.actions_by_name["find_settings"].triggered.connect(self.open)
        window.sampling.find_button.clicked.connect(self.open)
        window.editor.selectionChanged.connect(self._show_passage)
        insight.pointed_changed.connect(self._show_passage)
        insight.numbers_changed.connect(self._show_passage)

    @Slot()
    def open(self) -> None:
        """Show the dialog for the selected words, or for the one under the caret."""
        if self.dialog is None:
            dialog = self.dialog = FindSettingsDialog(self._window.theme, self._window)
            dialog.find_requested.connect(self.find)
            dialog.stop_requested.connect(self.stop)
            dialog.apply_requested.connect(self.apply)
            dialog.take_back_requested.connect(self.take_back)
            set_names = {p.name for stage in self._chain() if not is_off(stage) for p in parameters(stage)}
            dialog.tick({*set_names.intersection(USUAL), "temperature"})
        self.dialog.set_theme(self._window.theme)
        start, end = self._window.editor.selection()
        self.dialog.ask_for("likeliest" if end > start else "reachable")
        self._show_passage()
        if self.dialog.isVisible():
            self.dialog.raise_()
        self.dialog.show()
        self.dialog.activateWindow()

    def _chain(self) -> tuple[LogitsProcessor, ...]:
        """Every stage in its place; those that are off do nothing."""
        panel = self._window.sampling
        off = panel.off()
        return tuple(
            chain.build(type(stage).__name__, {}) if type(stage).__name__ in off else stage
            for stage in panel.all_processors()
        )

    def _tokens(self) -> list[TextToken]:
        """The selected tokens, or the one looked at, if the model process knows them."""
        start, end = self._window.editor.selection()
        numbers = self._insight.numbers
        if end > start:
            found = list(numbers.between(start, end))
        else:
            token = numbers.at(self._insight.pointed.offset) or numbers.at(max(start - 1, 0))
            found = [token] if token else []
        if not found or any(token.place is None or token.stale for token in found):
            return []
        readings = {token.place.reading for token in found if token.place}
        return found if len(readings) == 1 else []

    @Slot()
    def _show_passage(self) -> None:
        dialog = self.dialog
        if dialog is None:
            return
        tokens = self._tokens()
        if not tokens:
            dialog.show_passage(
                self.tr("Select some words, or put the caret on one; the model must have read them."),
                possible=False,
            )
            return
        text = self._window.editor.manuscript.text[tokens[0].start : tokens[-1].end]
        shown = visible(text) if len(text) <= QUOTE_CHARS else visible(text[:QUOTE_CHARS]) + "…"
        one = self.tr("The passage: “{text}”, 1 token")
        several = self.tr("The passage: “{text}”, {n} tokens")
        words = one if len(tokens) == 1 else several
        dialog.show_passage(words.format(text=shown, n=f"{len(tokens):,}"), possible=True)

    # -- asked ---------------------------------------------------------------------------------------------

    @Slot()
    def find(self) -> None:
        """Ask."""
        dialog, tokens = self.dialog, self._tokens()
        if dialog is None or not tokens:
            return
        if self._writing.job_id is not None:
            dialog.show_message(self.tr("The model is writing. Ask again when it has finished."))
            return
        self.stop()
        place = tokens[0].place
        assert place is not None
        text = ""
        if dialog.question == "reachable" and dialog.word.strip():
            there = self._window.editor.manuscript.text[tokens[0].start : tokens[0].end]
            text = (" " if there.startswith(" ") else "") + dialog.word.strip()
        dialog.clear()
        dialog.show_progress(0.0)
        self._n_asked = len(tokens) if not text else 0
        self._job = self._next_job()
        seed = self._window.sampling.options.options().seed
        self._thread.submit(
            m.TuneSettings(
                self._job,
                place,
                len(tokens),
                (),
                dialog.question,
                self._chain(),
                dialog.ticked(),
                dialog.target,
                seed,
                text,
            )
        )

    @Slot()
    def stop(self) -> None:
        """The answer is not wanted any more."""
        if self._job:
            self._thread.cancel(self._job)
            self._job = 0
            if self.dialog is not None:
                self.dialog.clear()

    def on_progress(self, message: m.Progress) -> None:
        """The search has come further."""
        if self._job and message.job_id == self._job and self.dialog is not None:
            self.dialog.show_progress(message.fraction)

    def on_found(self, message: m.SettingsFound) -> None:
        """The answer."""
        if message.job_id == self._job and self.dialog is not None:
            self._job, self._found = 0, message
            self.dialog.show_found(message, self._notes(message))

    def _notes(self, found: m.SettingsFound) -> str:
        """What of the passage, or of its stages, did not count."""
        notes = [text_notes(found.processors)]
        if found.n_tokens < self._n_asked:
            text = self.tr("Only its first {n} of {all} tokens were looked at.")
            notes.insert(0, text.format(n=f"{found.n_tokens:,}", all=f"{self._n_asked:,}"))
        return " ".join(note for note in notes if note)

    def on_failed(self, message: m.JobFailed) -> bool:
        """A job has failed; whether it was this one: it is said in the dialog."""
        if not self._job or message.job_id != self._job or self.dialog is None:
            return False
        self._job = 0
        self.dialog.show_message(sentences.together(*sentences.translated(message)))
        return True

    # -- decided -------------------------------------------------------------------------------------------

    @Slot()
    def apply(self) -> None:
        """Set what was found; a stage that it left alone keeps its values, also if it is off."""
        found, dialog, panel = self._found, self.dialog, self._window.sampling
        if found is None or dialog is None:
            return
        before, off = panel.all_processors(), panel.off()
        self._before = before, off
        wanted = {type(stage).__name__: stage for stage in found.processors}
        after, still_off = [], set()
        for stage in before:
            name = type(stage).__name__
            new = wanted.get(name)
            if new is None or (name in off and is_off(new)):
                still_off.add(name)
                after.append(stage)
            else:
                after.append(new)
        panel.set_processors(tuple(after), still_off)
        dialog.show_applied(applied=True)

    @Slot()
    def take_back(self) -> None:
        """Set the settings back."""
        if self._before is not None and self.dialog is not None:
            self._window.sampling.set_processors(*self._before)
            self._before = None
            self.dialog.show_applied(applied=False)
            self.dialog.clear()
