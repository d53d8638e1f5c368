"""Runs a generation again and compares: the same request, as a job that does not touch the text."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from studio.core import chain
from studio.core import messages as m
from studio.core.environment import Environment
from studio.core.processors.choosing import beams_of
from studio.core.reproducing import Comparison, Difference, Origin, differences
from studio.store import records as r
from studio.worker import ModelThread
from studio.writing import Writing


class Reproduction(QObject):
    """One second run at a time. Writing comes first: when it starts, the run ends."""

    started = Signal()  # the model is about to be asked
    changed = Signal()  # it has come further
    finished = Signal(object, object)  # Outcome (None: it failed), Comparison

    def __init__(
        self, model_thread: ModelThread, writing: Writing, next_job: Callable[[], int], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._thread = model_thread
        self._writing = writing
        self._next_job = next_job
        self._job = 0
        self._comparison = Comparison((), None)
        self._rank = 0  # which text of a beam search is compared; 0: there is only one
        self._ended: m.FinishReason | None = None  # that text
        self.generation_id = 0  # what is run again, or was last
        self.record: r.GenerationRecord | None = None  # of that
        writing.started.connect(self.stop)

    @property
    def is_running(self) -> bool:
        """Whether the model is writing something again."""
        return self._job != 0

    @property
    def comparison(self) -> Comparison:
        """How far the run has come."""
        return self._comparison

    def start(self, record: r.GenerationRecord, tokens: tuple[m.Token, ...]) -> None:
        """Run it again with the model that is loaded. Raises ValueError if its settings cannot be read."""
        assert not self._job
        processors = chain.from_json(record.processors)
        self._job, self.generation_id, self.record = self._next_job(), record.id, record
        self._comparison = Comparison(tokens, record.finish_reason)
        self._rank, self._ended = Environment.from_json(record.environment).rank, None
        self.started.emit()
        asked = (self._job, record.prompt, record.special_offsets, processors, record.max_new_tokens)
        ends = (record.stop, record.stop_at_end_of_text)
        if self._rank:
            seeds = (record.seed,) * self._rank  # no dice: only how many texts are told counts
            self._thread.submit(m.GenerateAlternatives(*asked, seeds, *ends))
        else:
            self._thread.submit(m.Generate(*asked, record.seed, *ends))

    def stop(self) -> None:
        """End the run."""
        if self._job:
            self._thread.cancel(self._job)

    def takes(self, message: m.Message) -> bool:
        """Whether a message of the model is about this run; then it has been dealt with."""
        if not self._job or message.job_id != self._job:
            return False
        match message:
            case m.AlternativeFinished(index=index, reason=reason) if index + 1 == self._rank:
                self._ended = reason
            case m.AlternativeTokens(index=index) if index + 1 != self._rank:
                pass
            case m.TokensGenerated(tokens=tokens) | m.AlternativeTokens(tokens=tokens):
                self._comparison.add(tokens)
                if self._comparison.is_decided:
                    self.stop()
                self.changed.emit()
            case m.GenerationFinished(reason=reason):
                self._job = 0
                failed = reason is m.FinishReason.FAILED
                outcome = None if failed else self._comparison.finish(self._ended or reason)
                self.finished.emit(outcome, self._comparison)
            case m.JobFailed():
                self._job = 0
                self.finished.emit(None, self._comparison)
                return False  # the window says what has happened
            case _:
                pass
        return True


def found_differences(record: r.GenerationRecord, model: m.ModelInfo) -> tuple[Difference, ...]:
    """What is recorded of a generation and is otherwise with the model that is loaded now."""
    then = Origin(
        record.model_name, record.model_sha256, record.device, Environment.from_json(record.environment)
    )
    return differences(then, Origin(model.name, model.sha256, model.device, Environment.of(model)))


def is_stopped_search(record: r.GenerationRecord) -> bool:
    """Whether it is a text of a beam search that did not come to its end."""
    try:
        searching = beams_of(chain.from_json(record.processors))
    except ValueError:
        return False
    return searching is not None and record.finish_reason is m.FinishReason.CANCELLED
