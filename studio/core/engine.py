"""Turns one request into a stream of messages."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from pathlib import PurePath
from typing import assert_never

from studio.core import context
from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.generate import generate
from studio.core.hardware import is_out_of_memory
from studio.core.messages import (
    Cancel,
    ContextMeasured,
    FinishReason,
    Generate,
    GenerationFinished,
    GenerationStarted,
    JobFailed,
    LoadModel,
    MeasureContext,
    Message,
    ModelLoaded,
    Progress,
    Request,
    ScoreText,
    Token,
    TokensGenerated,
)
from studio.core.model import Cancelled, InterruptedReading, never
from studio.core.score import score

STOPPED = (
    QT_TRANSLATE_NOOP("StudioError", "The work was stopped."),
    QT_TRANSLATE_NOOP("StudioError", "Start it again whenever you like."),
)
"""The two sentences of the JobFailed of a LoadModel or ScoreText that was cancelled."""


class Engine:
    """Holds the loaded model. One request at a time; a request that fails leaves it usable."""

    def __init__(self) -> None:
        self._checkpoint: Checkpoint | None = None

    def run(self, request: Request, cancelled: Cancelled = never) -> Iterator[Message]:
        """Carry out `request`, yielding messages as they arise.

        A mistake or a broken environment ends in a JobFailed without report, a bug in one with a traceback;
        only KeyboardInterrupt and SystemExit escape. A cancelled LoadModel or ScoreText ends with STOPPED.
        """
        try:
            yield from self._run(request, cancelled)
        except InterruptedReading:
            yield JobFailed(request.job_id, *STOPPED, templates=STOPPED)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # panics of Rust libraries are no Exception
            yield failure(request.job_id, error)

    def _run(self, request: Request, cancelled: Cancelled) -> Iterator[Message]:
        match request:
            case LoadModel():
                yield from self._load(request, cancelled)
            case Generate():
                yield from self._generate(request, cancelled)
            case MeasureContext():
                yield self._measure(request)
            case ScoreText():
                yield from self._score(request, cancelled)
            case Cancel():
                pass  # read by `cancelled`, while another request runs
            case _:
                assert_never(request)

    def _loaded(self) -> Checkpoint:
        if self._checkpoint is None:
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "No model is loaded."),
                QT_TRANSLATE_NOOP("StudioError", "Choose a model first."),
            )
        return self._checkpoint

    def _load(self, request: LoadModel, cancelled: Cancelled) -> Iterator[Message]:
        loading = load_checkpoint(request.path, request.device)
        while True:
            try:
                fraction = next(loading)
            except StopIteration as stop:
                self._checkpoint = stop.value
                break
            if cancelled():
                loading.close()
                raise InterruptedReading
            yield Progress(request.job_id, fraction)
        yield ModelLoaded(request.job_id, self._loaded().info)

    def _generate(self, request: Generate, cancelled: Cancelled) -> Iterator[Message]:
        checkpoint = self._loaded()
        started = first = time.perf_counter()
        n_tokens = 0
        begun = False
        try:
            for event in generate(checkpoint.model, checkpoint.tokenizer, request, cancelled):
                match event:
                    case GenerationStarted():
                        begun = True
                        yield event
                    case Token():
                        if not n_tokens:
                            first = time.perf_counter()
                        n_tokens += 1
                        yield TokensGenerated(request.job_id, (event,))
                    case GenerationFinished():
                        yield event
                    case _:
                        assert_never(event)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:
            if not begun:
                raise
            yield failure(request.job_id, error)
            now = time.perf_counter()
            if not n_tokens:
                first = now
            yield GenerationFinished(
                request.job_id, FinishReason.FAILED, n_tokens, prefill_s=first - started, decode_s=now - first
            )

    def _measure(self, request: MeasureContext) -> ContextMeasured:
        checkpoint = self._loaded()
        seen = context.measure(
            checkpoint.model,
            checkpoint.tokenizer,
            request.text,
            request.special_offsets,
            request.max_new_tokens,
        )
        return ContextMeasured(
            job_id=request.job_id,
            n_tokens=seen.n_text_tokens,
            n_context_tokens=seen.n_context_tokens,
            visible_start=seen.visible_start,
            n_positions=checkpoint.model.n_positions,
        )

    def _score(self, request: ScoreText, cancelled: Cancelled) -> Iterator[Message]:
        checkpoint = self._loaded()
        scoring = score(checkpoint.model, checkpoint.tokenizer, request, cancelled)
        while True:
            try:
                fraction = next(scoring)
            except StopIteration as stop:
                yield stop.value
                return
            yield Progress(request.job_id, fraction)


def failure(job_id: int, error: BaseException) -> JobFailed:
    """The message for an error: a StudioError speaks for itself, anything else is a bug with a traceback."""
    bug = ""
    if isinstance(error, StudioError):
        known = error
    elif is_out_of_memory(error):
        known = StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is not enough memory."),
            QT_TRANSLATE_NOOP("StudioError", "Close other programs, or choose a smaller model."),
        )
    else:
        known = StudioError(
            QT_TRANSLATE_NOOP("StudioError", "Something went wrong inside the program."),
            QT_TRANSLATE_NOOP("StudioError", "Try again; if it happens again, please report it."),
        )
        bug = report(error)
    return JobFailed(job_id, known.what_happened, known.what_to_do, bug, known.templates, known.values)


def report(error: BaseException) -> str:
    """Where an error happened and its class; not its message, which may quote what the user wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        f"  {PurePath(frame.filename).name}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames
    ]
    return "\n".join([*lines, f"{type(error).__module__}.{type(error).__qualname__}"])
