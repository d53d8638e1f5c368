"""Beam searches: shows the tree of the last one, and takes a path of it into the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Slot

from studio.core import chain
from studio.core import messages as m
from studio.core.history import ROOT
from studio.core.manuscript import Manuscript
from studio.path_taking import PathTaking
from studio.sessions import Sessions
from studio.store import records as r
from studio.ui.loom.grown import ROOT as PROMPT
from studio.ui.loom.grown import start_words
from studio.ui.main_window import MainWindow
from studio.ui.token_index import TokenIndex
from studio.worker import ModelThread
from studio.writing import Writing


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search went on from, and what it left in the history."""

    manuscript: Manuscript
    parent: int  # the step that all its texts follow
    record: r.GenerationRecord  # of the best text
    generations: tuple[int, ...]  # of the texts, the best first

    @property
    def place(self) -> m.GeneratedPlace:
        """Where the search began."""
        record = self.record
        return m.GeneratedPlace(record.prompt, record.special_offsets, record.max_new_tokens, ())


class Searching(QObject):
    """Fills the page of the beam search."""

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        sessions: Sessions,
        writing: Writing,
        index: TokenIndex,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._thread, self._sessions = window, model_thread, sessions
        self._writing, self._next_job = writing, next_job
        self._taking = PathTaking(window, sessions, writing, index, self)
        self._panel = window.bottom.beams
        self._searched: Searched | None = None
        self._job = 0  # tells of the path that is being taken
        self._panel.plot.take_requested.connect(self.take)
        window.actions_by_name["beams"].triggered.connect(self._on_go_to)

    def session_opened(self) -> None:
        """Another text is shown; nothing was searched for it."""
        if self._searched is not None and self._searched.manuscript is not self._window.editor.manuscript:
            self._searched, self._job = None, 0
            self._panel.clear()

    def on_message(self, message: m.BeamsSearched | m.PathTold) -> None:
        """What the model says about searches, and about paths that were asked for here."""
        match message:
            case m.BeamsSearched():
                self._on_searched(message)
            case m.PathTold():
                self._on_path_told(message)

    def _on_searched(self, message: m.BeamsSearched) -> None:
        run = self._writing.run
        if run is None or message.job_id != run.job_id or not message.nodes:
            return
        records = [draft.log.record for draft in run.drafts]
        self._searched = Searched(
            self._window.editor.manuscript, run.parent, records[0], tuple(record.id for record in records)
        )
        self._job = 0
        self._panel.show_search(message, start_words(records[0].prompt))

    # -- a path taken --------------------------------------------------------------------------------------

    @Slot(int)
    def take(self, node_id: int) -> None:
        """Put the path to a node into the text; a text that was found is there already, as a variant."""
        searched, editor, tree = self._searched, self._window.editor, self._panel.plot.tree
        if searched is None or node_id == PROMPT:
            return
        if not self._can_take(searched):
            self._window.notice.show_notice(self.tr("The text cannot be changed right now."), "warn")
            return
        history = editor.manuscript.history
        node = tree.nodes[node_id]
        if tree.is_found(node) and node.rank <= len(searched.generations):
            generation = searched.generations[node.rank - 1]
            steps = [
                step for step in history.children(searched.parent) if history.nodes[step].source == generation
            ]
            if steps:
                editor.go_to(history.leaf(steps[0]))
                editor.setFocus()
                return
        if searched.parent != ROOT and searched.parent not in history.nodes:
            self._window.notice.show_notice(
                self.tr("The place where the search began is no longer in the history of this text."), "warn"
            )
            return
        self._job = self._next_job()
        processors = chain.from_json(searched.record.processors)
        path = tree.token_ids(node_id)
        self._thread.submit(m.TellPath(self._job, searched.place, path, processors, searched.record.seed))

    def _can_take(self, searched: Searched) -> bool:
        editor = self._window.editor
        return (
            not editor.isReadOnly()
            and not editor.mirror.is_busy
            and self._writing.job_id is None
            and self._writing.model is not None
            and bool(self._sessions.id)
            and searched.manuscript is editor.manuscript
        )

    def _on_path_told(self, message: m.PathTold) -> None:
        searched = self._searched
        if searched is None or message.job_id != self._job or not self._can_take(searched):
            return
        self._job = 0
        record = searched.record
        self._window.editor.go_to(searched.parent)
        processors = chain.from_json(record.processors)
        self._taking.put(message.tokens, searched.place, record.position, processors, record.seed)

    def on_failed(self, job_id: int) -> None:
        """A job has failed, perhaps this one; the window says so."""
        if job_id == self._job:
            self._job = 0

    @Slot()
    def _on_go_to(self) -> None:
        self._window.show_panel("bottom_panel")
        self._window.bottom.setCurrentWidget(self._panel)
        self._panel.take_focus()
