"""Says how the passage under the caret, or each of the selection, came about; lets it be run again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Slot

from studio.core.history import ROOT
from studio.core.manuscript import Manuscript
from studio.core.manuscript import Origin as Who
from studio.core.messages import FinishReason
from studio.core.reproducing import Comparison, Outcome
from studio.core.tracing import trace
from studio.reproduction import Reproduction, found_differences, is_stopped_search
from studio.sessions import Sessions
from studio.store import records as r
from studio.ui import sentences
from studio.ui.main_window import MainWindow
from studio.ui.provenance_words import ProvenanceWords, Section
from studio.ui.token_index import TokenIndex
from studio.worker import LibraryThread
from studio.writing import Writing

FOLLOW_MS = 60
"""After the caret has moved. While the model writes it moves thirty times a second, which nobody can read."""

WRITING_MS = 400
MAX_PASSAGES = 20
MAX_RECORDS = 500
TRACE_S = 0.004
"""How long the history is searched before the window gets its turn."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the text with one origin."""

    start: int
    end: int
    who: Who
    source: int  # the generation, if it is one


class Provenance(QObject):
    """Fills the tab, and runs what it shows again."""

    def __init__(
        self,
        window: MainWindow,
        library: LibraryThread,
        sessions: Sessions,
        writing: Writing,
        reproduction: Reproduction,
        index: TokenIndex,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self._sessions = sessions
        self._writing = writing
        self._reproduction = reproduction
        self._index = index
        self._words = ProvenanceWords(self)
        self._records: OrderedDict[int, r.GenerationRecord | None] = OrderedDict()
        self._asked: set[int] = set()
        self._wanted = 0  # to be run again as soon as record and tokens are there
        self._result: dict[int, Section] = {}
        self._allowed = 0  # to be run although another model is loaded
        self._since: dict[tuple[int, int, int], str] = {}  # text, head, offset -> when it was written
        self._traced: tuple[tuple[int, int, int], Iterator[int | None]] | None = None
        self._timer = self._single_shot(FOLLOW_MS, self.show)
        self._trace_timer = self._single_shot(0, self._trace)
        view, actions = window.bottom.provenance, window.actions_by_name
        window.editor.caret_moved.connect(self.follow)
        window.editor.selectionChanged.connect(self.follow)
        window.editor.edited.connect(self.follow)
        view.shown.connect(self.follow)
        view.reproduce_requested.connect(self.reproduce)
        view.stop_requested.connect(reproduction.stop)
        actions["provenance"].triggered.connect(self.open)
        actions["reproduce"].triggered.connect(self._on_reproduce)
        window.tree.generation_wanted.connect(self.record)
        reproduction.changed.connect(self.follow)
        reproduction.finished.connect(self._on_finished)

    def _single_shot(self, interval_ms: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    def session_opened(self) -> None:
        """Another text is shown."""
        self._reproduction.stop()
        self._records.clear()
        self._asked.clear()
        self._result.clear()
        self._since.clear()
        self._wanted = self._allowed = 0
        self.follow()

    @Slot()
    def open(self) -> None:
        """Bring the tab into view, with the keyboard in it."""
        self._window.show_panel("bottom_panel")
        self._window.bottom.setCurrentWidget(self._window.bottom.provenance)
        self._window.bottom.provenance.text.setFocus()

    @Slot()
    def follow(self) -> None:
        """Caret, text or what is known has changed: say so, soon."""
        if self._window.bottom.provenance.isVisible() and not self._timer.isActive():
            self._timer.start(WRITING_MS if self._window.editor.is_generating else FOLLOW_MS)

    # -- what is known -------------------------------------------------------------------------------------

    @Slot(int)
    def record(self, generation_id: int) -> r.GenerationRecord | None:
        """A generation's record, if it is known; else it is asked for."""
        record = self._sessions.autosave.record(generation_id)
        if record is None and generation_id in self._records:
            self._records.move_to_end(generation_id)
            record = self._records[generation_id]
        elif record is None and generation_id not in self._asked:
            self._asked.add(generation_id)
            self._library.submit(r.LoadGeneration(generation_id))
        if record is not None:
            self._window.tree.name_model(generation_id, record.model_name)
        return record

    def on_generation_loaded(self, message: r.GenerationLoaded) -> None:
        """The library has found it, or not."""
        self._asked.discard(message.generation_id)
        if self._sessions.autosave.record(message.generation_id) is None:
            self._records[message.generation_id] = message.generation
        else:  # it was asked for before its first save: the library does not know it yet
            self.record(message.generation_id)
        if len(self._records) > MAX_RECORDS:
            self._records.popitem(last=False)
        if message.generation is not None:
            self._window.tree.name_model(message.generation_id, message.generation.model_name)
        self._run_wanted()
        self.follow()

    def on_tokens_loaded(self) -> None:
        """The tokens of a generation are in the index now."""
        self._run_wanted()

    # -- what is shown -------------------------------------------------------------------------------------

    def _passages(self) -> list[Passage]:
        editor = self._window.editor
        manuscript = editor.manuscript
        start, end = editor.selection()
        if start == end:
            found = manuscript.run_at(max(start - 1, 0))
            if found is None:
                return []
            start, end = found[0], found[0] + found[1].length
        return [
            Passage(a, b, who, manuscript.source_at(a)[0]) for a, b, who in manuscript.origins(start, end)
        ]

    @Slot()
    def show(self) -> None:
        """Show what is known of the passages; ask for what is not."""
        window, view = self._window, self._window.bottom.provenance
        if not view.isVisible() or window.editor.mirror.is_busy:
            return
        passages = self._passages()
        sections = [self._section(passage) for passage in passages[:MAX_PASSAGES]]
        if len(passages) > MAX_PASSAGES:
            sections.append(self._words.more(len(passages) - MAX_PASSAGES))
        target = next((p.source for p in passages if p.source > 0), 0)
        if self._reproduction.is_running:
            sections.insert(0, self._words.running(self._reproduction.comparison))
        elif target in self._result:
            sections.insert(0, self._result[target])
        view.offer(
            target > 0, running=self._reproduction.is_running, anyway=bool(target) and target == self._allowed
        )
        view.show_sections(sections)

    def _section(self, passage: Passage) -> Section:
        manuscript = self._window.editor.manuscript
        record, since = None, None
        if passage.source > 0:
            record = self.record(passage.source)
        if passage.source <= 0:
            since = self._written(manuscript, passage.start)
        text = manuscript.text[passage.start : min(passage.end, passage.start + 200)]
        unknown = passage.source in self._asked
        return self._words.passage(
            text, passage.start, passage.end, passage.who, record, since=since, unknown=not unknown
        )

    def _written(self, manuscript: Manuscript, offset: int) -> str | None:
        """When a character was written by hand; None while that is looked for."""
        key = (id(manuscript), manuscript.revision, offset)
        if key in self._since:
            return self._since[key]
        if self._traced is None:
            self._traced = (key, trace(manuscript.history, offset))
            self._trace_timer.start()
        return None

    @Slot()
    def _trace(self) -> None:
        if self._traced is None:
            return
        key, steps = self._traced
        manuscript = self._window.editor.manuscript
        if key[:2] != (id(manuscript), manuscript.revision):
            self._traced = None  # the text has changed meanwhile
            self.follow()
            return
        end = time.perf_counter() + TRACE_S
        for node_id in steps:
            if node_id is not None:
                node = manuscript.history.nodes.get(node_id) if node_id != ROOT else None
                if len(self._since) > MAX_RECORDS:
                    self._since.clear()
                self._since[key] = node.created_utc if node is not None else ""
                self._traced = None
                self.follow()
                return
            if time.perf_counter() >= end:
                break
        self._trace_timer.start()

    # -- again ---------------------------------------------------------------------------------------------

    @Slot()
    def _on_reproduce(self) -> None:
        if self._reproduction.is_running:
            self._reproduction.stop()
            return
        self.open()
        self.reproduce()

    @Slot()
    def reproduce(self) -> None:
        """Run the generation under the caret, the first one in the selection, again."""
        target = next((passage.source for passage in self._passages() if passage.source > 0), 0)
        refusal = ""
        if not target:
            refusal = self.tr("The model did not write here: put the caret into words that it wrote.")
        elif self._writing.model is None:
            refusal = self._writing.without_model()
        elif self._writing.job_id is not None or self._reproduction.is_running:
            refusal = self.tr("The model is writing. Try again when it has finished.")
        if refusal:
            self._window.notice.show_notice(refusal)
            return
        self._wanted = target
        self._run_wanted()

    def _run_wanted(self) -> None:
        """Start as soon as all that is needed has come."""
        target, model = self._wanted, self._writing.model
        if not target or model is None:
            return
        record = self.record(target)
        if record is None and target not in self._records:
            return
        if record is not None and target not in self._index:
            self._library.submit(r.LoadTokens(target))
            return
        self._wanted = 0
        tokens = tuple(self._index.tokens(target))
        if record is not None and record.finish_reason is FinishReason.CHOSEN:
            self._tell(target, Section(self.tr("You chose these words: there is no draw to repeat.")))
        elif record is not None and is_stopped_search(record):
            text = self.tr(
                "A beam search that was stopped cannot be repeated: it gave what it had just then."
            )
            self._tell(target, Section(text))
        elif record is None or not tokens:
            self._tell(target, Section(self.tr("Nothing is in the library to compare a second run with.")))
        elif record.model_sha256 != model.sha256 and self._allowed != target:
            self._allowed = target
            self._tell(target, self._words.other_model(record, model.name))
        else:
            self._allowed = 0
            self._result.pop(target, None)
            try:
                self._reproduction.start(record, tokens)
            except ValueError as error:
                self._tell(target, Section(sentences.refusal(error)))
        self.follow()

    def _tell(self, target: int, section: Section) -> None:
        self._result[target] = section
        self.follow()

    @Slot(object, object)
    def _on_finished(self, outcome: Outcome | None, comparison: Comparison) -> None:
        target, model = self._reproduction.generation_id, self._writing.model
        record = self._reproduction.record  # just saved, it may be on its way from the library
        if outcome is not None and record is not None and model is not None:
            found = found_differences(record, model)
            recorded = bool(record.environment)
            self._tell(target, self._words.result(outcome, comparison, found, recorded=recorded))
        elif outcome is None:
            self._tell(target, Section(self.tr("The second run failed. Nothing can be said about it.")))
        self.follow()
