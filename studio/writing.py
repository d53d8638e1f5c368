"""The model writes in the editor: Continue, Retry, Stop, and what each generation leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal, Slot

from studio.alternatives import Draft, by_model, found, make_drafts, put_beside, seeds_from, timed
from studio.core import chain
from studio.core import messages as m
from studio.core.processors.choosing import beams_of, chosen, n_texts
from studio.sessions import Sessions
from studio.store import records as r
from studio.text_places import last_generation, prompt_start
from studio.ui.main_window import MainWindow
from studio.ui.run_options import new_seed
from studio.ui.token_index import TokenIndex
from studio.worker import ModelThread


@dataclass(slots=True)
class Run:
    """The generation under way."""

    job_id: int
    drafts: tuple[Draft, ...]  # the first is written into the text, the others beside it
    prompt_start: int  # in the text
    parent: int  # the step they all follow
    keeps_best: bool = False  # the likeliest text is taken, see core/processors/choosing.py
    wanted: int | None = None  # the step the user has chosen meanwhile
    first_token_at: float = 0.0  # time.monotonic()
    stopping: bool = False


class Writing(QObject):
    """One generation at a time, of one text or of several alternatives."""

    progressed = Signal(object)  # tuple[r.GenerationRecord, ...]: what is being written, or has just ended

    started = Signal()  # the model is about to be asked

    model_wanted = Signal()  # something is to be written, and there is no model

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        sessions: Sessions,
        index: TokenIndex,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._thread = model_thread
        self._sessions = sessions
        self._index = index
        self._next_job = next_job
        self._run: Run | None = None
        self._wanted: Callable[[], None] | None = None  # pressed while the model was still loading
        self.model: m.ModelInfo | None = None
        self.is_loading = True  # a model is on its way
        self.next_generation_id = 1
        sessions.before_leaving = self.detach
        actions = window.actions_by_name
        actions["generate"].triggered.connect(self.generate)
        actions["generate_several"].triggered.connect(self.generate_several)
        actions["retry"].triggered.connect(self.retry)
        actions["stop"].triggered.connect(self.stop)
        window.editor.edited.connect(self.update_actions)
        self.update_actions()

    @property
    def run(self) -> Run | None:
        """The generation under way."""
        return self._run

    @property
    def job_id(self) -> int | None:
        """The job that writes now."""
        return self._run.job_id if self._run else None

    # -- asked for -----------------------------------------------------------------------------------------

    @Slot()
    def generate(self) -> None:
        """Write on at the caret."""
        self._continue(n_texts(self._window.sampling.processors()), self.generate)

    @Slot()
    def generate_several(self) -> None:
        """Write on at the caret several times at once; all are kept."""
        count = self._window.settings.n_alternatives
        if searching := beams_of(self._window.sampling.processors()):
            count = min(count, searching.beams)  # it finds no more
        self._continue(count, self.generate_several)

    def _continue(self, count: int, wanted: Callable[[], None]) -> None:
        editor = self._window.editor
        if self._run is None and not editor.isReadOnly() and self._ready(wanted):
            best_of = count > 1 and wanted == self.generate
            self._start(editor.selection()[1], None, None, count=count, keeps_best=best_of)

    @Slot()
    def retry(self) -> None:
        """Replace the last generation by another one; the earlier stays in the library, and in Undo."""
        editor = self._window.editor
        if self._run is not None or editor.isReadOnly():
            return
        last = last_generation(editor.manuscript)
        if last is None:
            return
        if not self._ready(self.retry):
            return
        source, start, end = last
        history = editor.manuscript.history
        node = history.nodes.get(history.head)
        if node is not None and node.source == source:
            self._start(node.edits[-1].position, source, None, instead=True)  # a sibling of the last step
        else:
            self._start(start, source, (start, end))

    def regenerate(self, offset: int) -> bool:
        """Write on from a character of a generation; the rest of it gives way, and is kept as a variant.

        False if the model did not write that character.
        """
        editor = self._window.editor
        manuscript = editor.manuscript
        source, place_in = manuscript.source_at(offset)
        if source <= 0:
            return False
        if self._run is not None or editor.isReadOnly() or not self._ready(self.generate):
            return True
        node = manuscript.history.nodes.get(manuscript.history.head)
        if node is not None and node.source == source and place_in == 0:
            self._start(node.edits[-1].position, source, None, instead=True)
            return True
        end = at = 0
        for run in manuscript.runs:
            at += run.length
            if run.source == source:
                end = at
        self._start(offset, source, (offset, end))
        return True

    def _ready(self, wanted: Callable[[], None]) -> bool:
        """Whether model and library are there; if not, `wanted` is done as soon as they are."""
        if self.model is not None and self._sessions.id:
            return True
        self._wanted = wanted
        text = self.tr("The model is loading; writing starts as soon as it is ready.")
        self._window.status.show_activity(text)
        self.update_actions()
        if self.model is None:
            self.model_wanted.emit()
        return False

    def without_model(self) -> str:
        """What is said where the model would say something, while there is none."""
        if self.is_loading:
            return self.tr("The model is loading.")
        return self.tr("No model is loaded. Continue loads it again; Model → Models… has others.")

    def on_model_gone(self) -> None:
        """There is no model any more."""
        self.model = None
        self.update_actions()

    def on_model_ready(self, model: m.ModelInfo) -> None:
        """A model is loaded; what was asked for meanwhile starts."""
        self.model = model
        if self._run is not None:  # was asked for while this message was on its way: this model writes it
            for draft in self._run.drafts:
                draft.log.record = by_model(draft.log.record, model)
        self.update_actions()
        self.start_waiting()

    def start_waiting(self) -> None:
        """Do what was asked for before model and library were there."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted()

    def _start(
        self,
        position: int,
        retry_of: int | None,
        replaced: tuple[int, int] | None,
        *,
        instead: bool = False,
        count: int = 1,
        keeps_best: bool = False,
    ) -> None:
        window, model = self._window, self.model
        assert model is not None
        editor = window.editor
        options = window.sampling.options.options()
        seed = options.seed if options.seed_fixed else new_seed()
        window.sampling.options.show_seed(seed)
        processors = chain.effective(window.sampling.processors())
        text = editor.manuscript.text
        start = prompt_start(text, position, model)
        record = r.GenerationRecord(
            self.next_generation_id,
            self._sessions.id,
            retry_of,
            position,
            text[start:position],
            editor.manuscript.special_offsets(start, position),
            chain.to_json(processors),
            options.max_new_tokens,
            options.stop,
            options.stop_at_end_of_text,
            seed,
            model_name="",
            model_sha256="",
            model_path="",
            device="",
            created_utc=datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        )
        record = by_model(record, model)
        seeds = seeds_from(seed, count)
        drafts = make_drafts(record, seeds, searched=beams_of(processors) is not None)
        self.next_generation_id += count
        job_id = self._next_job()
        self._run = Run(job_id, drafts, start, editor.manuscript.history.head, keeps_best)
        editor.begin_generation(record.id, position, replaced, instead=instead)
        window.status.show_activity(self.tr("Reading the text…"))
        self.update_actions()
        self.started.emit()
        self.progressed.emit(tuple(draft.log.record for draft in drafts))
        asked = (job_id, record.prompt, record.special_offsets, processors, record.max_new_tokens)
        ends = (record.stop, record.stop_at_end_of_text)
        self._thread.submit(
            m.Generate(*asked, seed, *ends, draft=window.settings.draft_ahead)
            if count == 1
            else m.GenerateAlternatives(*asked, seeds, *ends)
        )

    @Slot()
    def stop(self) -> None:
        """Stop; what is there stays."""
        if self._wanted is not None:
            self._wanted = None
            self._window.status.show_activity("")
        if self._run is not None and not self._run.stopping:
            self._run.stopping = True
            self._thread.cancel(self._run.job_id)

    def choose(self, node_id: int) -> None:
        """Take this alternative into the text as soon as the writing is over."""
        if self._run is not None:
            self._run.wanted = node_id

    def detach(self) -> None:
        """End the generation here and now, without waiting for the model: the text is about to go."""
        self._wanted = None
        if self._run is not None:
            self._thread.cancel(self._run.job_id)
            self._finish(m.GenerationFinished(self._run.job_id, m.FinishReason.CANCELLED, 0, 0.0, 0.0))

    # -- answered ------------------------------------------------------------------------------------------

    def on_started(self, message: m.GenerationStarted) -> None:
        """The prompt is measured."""
        if self._run is None or message.job_id != self._run.job_id:
            return
        window, model = self._window, self.model
        assert model is not None
        window.status.show_activity(self.tr("Writing…"))
        window.status.meter.set_counts(
            message.n_context_tokens, model.n_positions, message.n_prompt_tokens + self._run.prompt_start
        )
        window.editor.set_visible_start(self._run.prompt_start + message.visible_start)
        asked = self._run.drafts[0].log.record.max_new_tokens
        if message.max_new_tokens < asked:
            text = self.tr("This model's window holds {context} tokens, so it writes {n} at most.")
            window.notice.show_notice(text.format(context=model.n_positions, n=message.max_new_tokens))

    def on_tokens(self, message: m.TokensGenerated | m.AlternativeTokens) -> int | None:
        """New words; returns where in the text they begin, None if they are not in it (any more)."""
        run = self._run
        if run is None or message.job_id != run.job_id:
            return None
        assert self.model is not None
        now = time.monotonic()
        if not run.first_token_at:
            run.first_token_at = now
        index = message.index if isinstance(message, m.AlternativeTokens) else 0
        draft = run.drafts[index]
        start = draft.log.record.position + len(draft.text)
        for text, special in draft.add(message.tokens, self.model.end_of_text_id):
            if index == 0:
                self._window.editor.add_generated(text, special=special)
        self._index.add(draft.log.record.id, message.tokens)
        self._keep(run, draft)
        if ruled_out := max(token.discarded for token in message.tokens):
            self._say_discarded(ruled_out)
        if now > run.first_token_at:
            n_tokens = sum(len(each.log.tokens) for each in run.drafts)
            self._window.status.show_speed((n_tokens - 1) / (now - run.first_token_at))
        return start if index == 0 else None

    def _say_discarded(self, ruled_out: float) -> None:
        text = self.tr("Writing… Here the pattern rules out {percent} of what the model thinks likely.")
        self._window.status.show_activity(text.format(percent=f"{100 * ruled_out:.1f} %"))

    def on_alternative_finished(self, message: m.AlternativeFinished) -> None:
        """One of several is over."""
        run = self._run
        if run is not None and message.job_id == run.job_id:
            draft = run.drafts[message.index]
            draft.finish(message.reason)
            self._keep(run, draft)

    def _keep(self, run: Run, draft: Draft) -> None:
        """Have a draft saved as it is now, with its step, and tell who shows it."""
        put_beside(self._window.editor.manuscript, run.drafts, run.parent)
        self._sessions.autosave.follow(draft.log)
        self.progressed.emit(tuple(each.log.record for each in run.drafts))

    def on_finished(self, message: m.GenerationFinished) -> None:
        """The generation is over, for whatever reason."""
        if self._run is None or message.job_id != self._run.job_id:
            return
        if message.decode_s > 0 and message.n_tokens > 1:
            self._window.status.show_speed(message.n_tokens / message.decode_s)
        empty = not any(draft.text for draft in self._run.drafts)
        self._finish(message)
        if empty and message.reason in (m.FinishReason.END_OF_TEXT, m.FinishReason.STOP):
            reasons = {
                m.FinishReason.END_OF_TEXT: self.tr("The model thinks the text ends here and wrote nothing."),
                m.FinishReason.STOP: self.tr("The first words were a stop string, so nothing was inserted."),
            }
            self._window.notice.show_notice(reasons[message.reason])

    def on_failed(self, job_id: int) -> None:
        """A job has failed, perhaps this one, perhaps before its first word."""
        if self._run is not None and job_id == self._run.job_id:
            self._finish(m.GenerationFinished(job_id, m.FinishReason.FAILED, 0, 0.0, 0.0))

    def _finish(self, message: m.GenerationFinished) -> None:
        run, self._run, reason = self._run, None, message.reason
        assert run is not None
        editor = self._window.editor
        editor.end_generation()
        run.drafts = found(run.drafts)
        for draft in run.drafts:
            draft.finish(reason)
            log = draft.log
            log.record = timed(log.record, message)
            log.dirty = True
            if log.tokens or reason is not m.FinishReason.FAILED:
                self._sessions.autosave.follow(log)
        put_beside(editor.manuscript, run.drafts, run.parent)
        steps = [draft.node_id for draft in run.drafts if draft.node_id is not None]
        if run.keeps_best and run.wanted is None:
            stages = chain.from_json(run.drafts[0].log.record.processors)
            taken = chosen(stages, [[token.logprob for token in draft.log.tokens] for draft in run.drafts])
            run.wanted = run.drafts[taken].node_id
        if run.wanted in steps:
            editor.go_to(run.wanted)
        elif steps and not run.drafts[0].text:
            editor.go_to(steps[0])  # the first wrote nothing: show one that did
        self.progressed.emit(tuple(draft.log.record for draft in run.drafts))
        self._window.status.show_activity("")
        self._window.update_openings()
        self.update_actions()

    @Slot()
    def update_actions(self) -> None:
        """Continue, Retry and Stop are enabled where they mean something."""
        window, busy = self._window, self._run is not None
        writable = not window.editor.isReadOnly()
        for name in ("generate", "generate_several"):
            window.actions_by_name[name].setEnabled(not busy and writable)
        window.actions_by_name["retry"].setEnabled(
            not busy and writable and last_generation(window.editor.manuscript) is not None
        )
        window.actions_by_name["stop"].setEnabled(busy or self._wanted is not None)
        window.update_actions()
