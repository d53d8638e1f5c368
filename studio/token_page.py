"""Fills the Token tab: what the model thinks of the place looked at, and of words looked up there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Slot

from studio.core import messages as m
from studio.insight import Insight, Pointed
from studio.reading import Reading
from studio.ui.main_window import MainWindow
from studio.ui.token_index import TokenPlace
from studio.worker import ModelThread
from studio.writing import Writing

PATIENCE_MS = 150
"""How long the model is waited for before what was kept is shown: no flicker from one to the other."""


class TokenPage(QObject):
    """Shows a place as the model sees it now; while that is not known, what was kept when it was written."""

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        writing: Writing,
        reading: Reading,
        insight: Insight,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._view = window.probabilities
        self._thread = model_thread
        self._writing = writing
        self._insight = insight
        self._next_job = next_job
        self._kept: TokenPlace | None = None
        self._offset = 0
        self.inspected: m.PlaceInspected | None = None  # of the place looked at
        self._lookup = 0
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._show_kept)
        reading.looked_at.connect(self._on_looked_at)
        insight.pointed_changed.connect(self._on_pointed)
        insight.inspected.connect(self._on_inspected)
        window.sampling.changed.connect(self._on_settings)
        self._view.searched.connect(self._look_up)
        self._view.next_wanted.connect(insight.look_ahead)
        what_next = window.actions_by_name["what_next"]
        self._view.next_wanted.connect(what_next.setChecked)
        what_next.toggled.connect(self._view.set_next)
        self._view.left.connect(window.editor.setFocus)
        self._view.declined.connect(self.show)
        self._view.came_into_view.connect(self.show)
        self._view.how_chosen.connect(self._on_how_chosen)
        self._view.set_how(window.settings.swap)

    # -- the place -----------------------------------------------------------------------------------------

    @Slot(int, object)
    def _on_looked_at(self, offset: int, kept: TokenPlace | None) -> None:
        self._offset, self._kept = offset, kept
        self._mark()
        if self.inspected is None and not self._patience.isActive():
            self._wait()

    def _wait(self) -> None:
        """Show what was kept: soon if the model is asked, else at once."""
        if self._insight.pointed.place is not None and self._writing.model is not None:
            self._patience.start()
        else:
            self._show_kept()

    def _mark(self) -> None:
        editor = self._window.editor
        start = end = 0
        token = self._insight.numbers.at(self._offset)
        if token is not None:
            start, end = token.start, token.end
        elif self._kept is not None:
            source, place_in = editor.manuscript.source_at(self._offset)
            if source > 0:
                start = max(self._offset - (place_in - self._kept.start), 0)
                end = min(start + self._kept.end - self._kept.start, len(editor.manuscript.text))
        editor.mark(start, end)

    @Slot(object)
    def _on_pointed(self, _pointed: Pointed) -> None:
        self.inspected = None
        self._wait()
        self._look_up()

    @Slot(object)
    def _on_inspected(self, message: m.PlaceInspected) -> None:
        self._patience.stop()
        self.inspected = message
        self._view.set_processors(self._insight.processors())
        self.show()

    @Slot()
    def show(self) -> None:
        """Show the place as it is known now."""
        if not self._view.isVisible():
            return
        if self.inspected is None:
            self._show_kept()
            return
        self._mark()
        before = ""
        if self._insight.pointed.ahead:
            token = self._insight.numbers.at(self._offset)
            before = self._window.editor.manuscript.text[token.start : token.end] if token else ""
        self._view.show_place(self.inspected, before)
        if self._view.search_text and not self._lookup:
            self._look_up()

    @Slot()
    def _show_kept(self) -> None:
        if self.inspected is not None or not self._view.isVisible():
            return
        manuscript = self._window.editor.manuscript
        if self._kept is not None and not self._insight.pointed.ahead:
            hint = self.tr("As it was when it was drawn: the model has not read the text since.")
            if self._writing.model is None:
                hint = self.tr("As it was when it was drawn: no model is loaded.")
            self._view.show_token(self._kept.token, hint)
        elif not manuscript.text:
            self._view.show_token(None)
        elif self._writing.model is None:
            self._view.show_token(None, self._writing.without_model())
        elif self._writing.job_id is not None:
            self._view.show_token(None, self.tr("The model reads this as soon as it has finished writing."))
        else:
            self._view.show_token(None, self.tr("The model has not read this yet."))

    # -- words looked up -----------------------------------------------------------------------------------

    @Slot()
    def _on_settings(self) -> None:
        if self._view.search_text:  # the place itself is shown when the answer about it comes
            self._look_up()

    @Slot()
    def _look_up(self) -> None:
        if self._lookup:
            self._thread.cancel(self._lookup)
            self._lookup = 0
        place, text = self._insight.pointed.place, self._view.search_text
        if not text:
            self.show()
        if place is None or not text or self._writing.model is None or not self._view.isVisible():
            return
        self._lookup = self._next_job()
        self._view.set_processors(self._insight.processors())
        seed = self._window.sampling.options.options().seed
        self._thread.submit(m.LookUp(self._lookup, place, text, self._insight.processors(), seed))
        if self._writing.job_id is not None:
            self._view.show_status(self.tr("The model looks it up as soon as it has finished writing."))

    def on_looked_up(self, message: m.LookedUp) -> None:
        """The answer; to an older question it is not wanted any more."""
        if message.job_id == self._lookup:
            self._lookup = 0
            self._view.show_looked_up(message)

    def on_failed(self, message: m.JobFailed, text: str) -> bool:
        """A job has failed; whether it was one of these: it is said in the tab."""
        if message.job_id != self._lookup or not message.job_id:
            return False
        self._lookup = 0
        self._view.show_status(text)
        return True

    @Slot(str)
    def _on_how_chosen(self, how: str) -> None:
        self._window.settings = replace(self._window.settings, swap=how)
        self._window.choice_made.emit("swap", how)
