"""Puts another token in a token's place, as a branch; the rest is kept, written anew, or joined on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Slot

from studio.autosave import GenerationLog
from studio.core import chain
from studio.core import messages as m
from studio.core.environment import Environment
from studio.core.history import SPECIAL, WRITTEN, Edit, Run
from studio.core.manuscript import Manuscript
from studio.insight import Insight
from studio.sessions import Sessions
from studio.store import records as r
from studio.text_places import prompt_start
from studio.token_page import TokenPage
from studio.ui.document_mirror import CHUNK, clean_generated
from studio.ui.main_window import MainWindow
from studio.ui.token_index import TokenIndex
from studio.ui.token_view.rows import Row
from studio.worker import ModelThread
from studio.writing import Writing

REST_CHARS = 1000
"""So much of the text after a swapped token is handed to the search for a bridge: its next 12 tokens."""


@dataclass(frozen=True, slots=True)
class Target:
    """What gives way: text[start:end]. Its first bytes may belong to the token before, which stays."""

    start: int
    end: int
    head: bytes = b""
    revision: int = 0  # of the manuscript


class Swapping(QObject):
    """Carries out what the Token tab asks for."""

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        sessions: Sessions,
        writing: Writing,
        insight: Insight,
        page: TokenPage,
        index: TokenIndex,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._thread = model_thread
        self._sessions = sessions
        self._writing = writing
        self._insight = insight
        self._page = page
        self._index = index
        self._next_job = next_job
        self._search = 0  # the job that looks for bridges
        self._waiting: tuple[Target, Row] | None = None  # what it looks for
        view = window.probabilities
        view.swap_requested.connect(self._on_swap_requested)
        view.declined.connect(self.stop)
        view.left.connect(self.stop)
        insight.pointed_changed.connect(self.stop)
        writing.started.connect(self.stop)
        window.editor.edited.connect(self.stop)

    # -- asked for -----------------------------------------------------------------------------------------

    @Slot(object, str)
    def _on_swap_requested(self, row: Row, how: str) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not self._search:
            self._put(waiting[0], row, how)  # one of the bridges
            return
        self.stop()
        target = self.target()
        refusal = self._refusal(row, target)
        if refusal:
            self._window.notice.show_notice(refusal, "warn")
            return
        assert target is not None
        if how == "bridge" and self._rest(target):
            self._find_bridges(target, row)
        else:
            self._put(target, row, how)

    def target(self) -> Target | None:
        """What a swap would replace: the token looked at, or nothing after it; None if that is not known."""
        pointed, manuscript = self._insight.pointed, self._window.editor.manuscript
        token = self._insight.numbers.at(pointed.offset)
        if token is None or token.stale or pointed.place is None or self._page.inspected is None:
            return None
        revision = manuscript.revision
        if pointed.ahead:
            return Target(token.end, token.end, revision=revision)
        raw = self._page.inspected.wanted[0].raw if self._page.inspected.wanted else b""
        there = manuscript.text[token.start : token.end].encode("utf-8", "replace")
        if not raw or not there.endswith(raw):
            return None
        return Target(token.start, token.end, there[: len(there) - len(raw)], revision)

    def _refusal(self, row: Row, target: Target | None) -> str:
        """Why a row cannot be swapped in, in a sentence; empty: it can."""
        if row.is_sum:
            return self.tr(
                "These are all the others together: type a word above the list to find one of them."
            )
        if self._writing.job_id is not None:
            return self.tr("The model is writing. Swap the word when it has finished, or stop it first.")
        if self._window.editor.isReadOnly():
            return self.tr("The text cannot be changed right now, so no word can be swapped.")
        if self._writing.model is None or not self._sessions.id:
            return self._writing.without_model()
        if not row.tokens:
            return self.tr("The model has not read this place since it was written. Try again in a moment.")
        if target is None:
            return self.tr(
                "This token is half a character, or the text has just changed. Choose a neighbouring one."
            )
        if self._written(target, row) is None:
            return self.tr(
                "This token is half a character and makes no whole one here, so it cannot be swapped in."
            )
        return ""

    def _written(self, target: Target, row: Row) -> str | None:
        """The text a swap puts in; None if it is not whole characters."""
        try:
            text = (target.head + b"".join(token.raw for token in row.tokens)).decode("utf-8")
        except ValueError:
            return None
        return clean_generated(text) if text else None

    # -- carried out ---------------------------------------------------------------------------------------

    def _put(self, target: Target, row: Row, how: str) -> None:
        """Change the text, as a sibling of the generation it was part of, else as the next step."""
        editor, manuscript = self._window.editor, self._window.editor.manuscript
        text = self._written(target, row)
        model = self._writing.model
        if text is None or model is None or editor.isReadOnly() or manuscript.revision != target.revision:
            self._window.notice.show_notice(self.tr("The text has changed since. Choose again."), "warn")
            return
        end = target.end
        if how == "regenerate":
            end = passage_end(manuscript, target.end)
        record = self._record(model, target.start, text, len(row.tokens))
        special = model.end_of_text_id is not None and row.tokens[0].token_id == model.end_of_text_id
        source = SPECIAL if special and text == m.END_OF_TEXT else record.id
        replace_beside(manuscript, record.id, target.start, end, text, source, editor.mirror.show)
        log = GenerationLog(record, [_token(row, k) for k in range(len(row.tokens))])
        self._index.add(record.id, log.tokens)
        self._sessions.autosave.follow(log)
        editor.set_caret(target.start + len(text))
        editor.history_changed()
        self._writing.progressed.emit((record,))
        if how == "regenerate":
            editor.setFocus()
            self._writing.generate()

    def _record(self, model: m.ModelInfo, position: int, text: str, n_tokens: int) -> r.GenerationRecord:
        """What is kept of a choice: as of a generation, but nothing was drawn."""
        window = self._window
        manuscript = window.editor.manuscript
        start = prompt_start(manuscript.text, position, model)
        options = window.sampling.options.options()
        record = r.GenerationRecord(
            self._writing.next_generation_id,
            self._sessions.id,
            None,
            position,
            manuscript.text[start:position],
            manuscript.special_offsets(start, position),
            chain.to_json(self._insight.processors()),
            n_tokens,
            (),
            False,
            options.seed,
            model.name,
            model.sha256,
            model.path,
            model.device,
            datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
            text,
            m.FinishReason.CHOSEN,
            n_tokens,
            environment=Environment.of(model).to_json(),
        )
        self._writing.next_generation_id += 1
        return record

    # -- bridges -------------------------------------------------------------------------------------------

    def _rest(self, target: Target) -> str:
        """The text after the swapped token, up to the next end-of-text token."""
        manuscript = self._window.editor.manuscript
        end = min(target.end + REST_CHARS, len(manuscript.text))
        special = manuscript.special_offsets(target.end, end)
        return manuscript.text[target.end : target.end + special[0] if special else end]

    def _find_bridges(self, target: Target, row: Row) -> None:
        place = self._insight.pointed.place
        assert place is not None
        self._search = self._next_job()
        self._waiting = target, row
        self._insight.stop_reading()
        self._window.probabilities.show_status(self.tr("Looking for words that join it to the rest…"))
        seed = self._window.sampling.options.options().seed
        written = tuple(token.token_id for token in row.tokens)
        request = m.FindBridges(
            self._search, place, written, self._rest(target), self._insight.processors(), seed
        )
        self._thread.submit(request)

    @Slot()
    def stop(self) -> None:
        """No bridge is wanted any more."""
        if self._search:
            self._thread.cancel(self._search)
            self._window.probabilities.show_status("")
        self._search, self._waiting = 0, None

    def on_progress(self, message: m.Progress) -> None:
        """The search has come further."""
        if message.job_id == self._search:
            text = self.tr("Looking for words that join it to the rest… {percent}%")
            self._window.probabilities.show_status(text.format(percent=round(100 * message.fraction)))

    def on_bridges(self, message: m.BridgesFound) -> None:
        """The best bridges."""
        if message.job_id == self._search and self._waiting is not None:
            self._search = 0
            self._window.probabilities.show_bridges(message, self._waiting[1])

    def on_failed(self, message: m.JobFailed, text: str) -> bool:
        """A job has failed; whether it was one of these: it is said in the tab."""
        if message.job_id != self._search or not message.job_id:
            return False
        self._search, self._waiting = 0, None
        self._window.probabilities.show_status(text)
        return True


def passage_end(manuscript: Manuscript, offset: int) -> int:
    """Where what was written in one go ends: the generation around `offset`, else the paragraph."""
    text = manuscript.text
    before = manuscript.source_at(offset - 1)[0] if offset else WRITTEN
    after = manuscript.source_at(offset)[0] if offset < len(text) else WRITTEN
    source = after if after > 0 else before
    at, end = 0, -1
    if source > 0:
        for run in manuscript.runs:
            at += run.length
            if run.source == source and at > offset:
                end = at
    if end < 0:
        newline = text.find("\n", offset)
        end = newline if newline >= 0 else len(text)
    return end


def replace_beside(
    manuscript: Manuscript,
    generation: int,
    start: int,
    end: int,
    text: str,
    source: int,
    show: Callable[[Edit], object],
) -> None:
    """Put `text` in the place of text[start:end] as the step of a generation.

    If the last step is the generation that wrote there, the new one is its sibling: a variant of it.
    """
    history = manuscript.history
    head = history.nodes.get(history.head)
    edits = head.edits if head is not None and head.source > 0 else ()
    beside = (
        len(edits) == 1
        and edits[0].position <= start
        and end <= edits[0].position + len(edits[0].inserted)
        and len(edits[0].inserted) < CHUNK
    )
    runs: tuple[Run, ...] = (Run(len(text), source),)
    if beside:
        position, before = edits[0].position, edits[0].inserted
        first, last = start - position, end - position
        text = before[:first] + text + before[last:]
        kept = edits[0].inserted_runs
        runs = (*_cut(kept, 0, first), *runs, *_cut(kept, last, len(before)))
        start, end = position, position + len(edits[0].removed)
    manuscript.begin_group(generation, instead=beside, show=show)
    show(manuscript.replace(start, end, text, runs))
    manuscript.end_group()


def _cut(runs: Sequence[Run], start: int, end: int) -> Iterator[Run]:
    """The runs of the characters from `start` to `end`."""
    at = 0
    for run in runs:
        first, last = max(start - at, 0), min(end - at, run.length)
        if last > first:
            yield Run(last - first, run.source, run.offset + first if run.source > 0 else 0)
        at += run.length


def _token(row: Row, index: int) -> m.Token:
    """A chosen token as it is kept: the figures it had, and no candidates."""
    of = row.tokens[index]
    return m.Token(
        of.token_id, of.raw, of.text, of.logprob, of.sampling_prob, of.rank, row.entropies[index], ()
    )
