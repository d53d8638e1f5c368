"""Turns one request into a stream of messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from studio.core import context
from studio.core.alternatives import generate_alternatives
from studio.core.bridge import find_bridges
from studio.core.checkpoints import Checkpoint, NoRoomError
from studio.core.comparing import compare
from studio.core.draft_model import Drafts
from studio.core.errors import QT_TRANSLATE_NOOP, STOPPED, StudioError
from studio.core.generate import generate
from studio.core.hardware import physical_cores
from studio.core.inspection import inspect_place
from studio.core.loading import let_go, load
from studio.core.looking import Looking, switch_off
from studio.core.lookup import Vocabulary, look_up
from studio.core.measuring import measure_precisions
from studio.core.memory import LogitMemory, keys_of
from studio.core.messages import (
    AlternativeFinished,
    AlternativeTokens,
    BeamsSearched,
    Cancel,
    ChooseDrafter,
    CompareText,
    ContextMeasured,
    FindBridges,
    FinishReason,
    Generate,
    GenerateAlternatives,
    GenerationFinished,
    GenerationStarted,
    GrowTree,
    InspectPlace,
    JobFailed,
    LoadModel,
    LookInside,
    LookUp,
    MapAttention,
    MeasureContext,
    MeasurePerformance,
    MeasurePrecisions,
    Message,
    ModelLoaded,
    ModelUnloaded,
    PlaceInspected,
    ReadingFinished,
    ReadText,
    Redraw,
    Redrawn,
    Request,
    ReshapeText,
    ReshapingFinished,
    ScoreText,
    SwitchedOff,
    SwitchOff,
    TellPath,
    TellUsage,
    Token,
    TokensGenerated,
    TuneSettings,
    UnloadModel,
    WeighWords,
)
from studio.core.model import Cancelled, InterruptedReading, never
from studio.core.outlook import Outlook
from studio.core.performance import held_bytes, measure, process_bytes, tell_usage
from studio.core.processors.guiding import needs_model
from studio.core.reader import Reader
from studio.core.redrawing import redraw
from studio.core.replay import begin_at
from studio.core.reshaping import broken_at, reshape
from studio.core.score import score
from studio.core.telling import failure, told

if TYPE_CHECKING:
    from torch import Tensor


class Engine:
    """Holds the loaded model. One request at a time; a request that fails leaves it usable."""

    def __init__(self) -> None:
        self._checkpoint: Checkpoint | None = None
        self._reader: Reader | None = None
        self._outlook: Outlook | None = None
        self._looking: Looking | None = None
        self._vocabulary: Vocabulary | None = None
        self._drafts = Drafts()
        self._writes = False  # a core is left to the window then

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
            case UnloadModel():
                yield self._unload(request.job_id)
            case Generate() | GenerateAlternatives():
                yield from self._generate(request, cancelled)
            case MeasureContext():
                yield self._measure(request)
            case ScoreText():
                yield from self._score(request, cancelled)
            case ReadText():
                yield from self._read(request, cancelled)
            case InspectPlace():
                yield self._inspect(request, cancelled)
            case LookInside():
                yield self._inside().look(request, cancelled)
            case MapAttention():
                yield self._inside().map_attention(request, cancelled)
            case WeighWords():
                yield from self._inside().weigh(request, cancelled)
            case SwitchOff():
                yield self._switch_off(request)
            case ReshapeText():
                yield from self._reshape(request, cancelled)
            case Redraw():
                yield self._redraw(request, cancelled)
            case CompareText():
                checkpoint = self._loaded()
                assert self._reader is not None
                yield from compare(checkpoint, self._reader, request, cancelled)
            case GrowTree() | TellPath() | TuneSettings():
                yield from self._foresee(request, cancelled)
            case MeasurePrecisions():
                yield from measure_precisions(self._loaded(), request, cancelled)
            case LookUp() | FindBridges():
                yield from self._swap(request, cancelled)
            case MeasurePerformance():
                yield from measure(self._loaded(), request, cancelled)
            case TellUsage():
                checkpoint = self._loaded()
                assert self._reader is not None
                yield tell_usage(checkpoint, self._reader, request)
            case ChooseDrafter():
                choosing = self._drafts.choose(request, self._loaded(), cancelled)
                yield from told(request.job_id, choosing)
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
        before = self._checkpoint
        try:
            checkpoint = yield from load(request, cancelled)
        except NoRoomError as error:
            if before is None or error.needed > error.available + held_bytes(before):
                raise
            before = None
            yield self._unload(request.job_id, makes_room=True)
            checkpoint = yield from load(request, cancelled)
        self._take(checkpoint)
        if before is not None:
            before = None
            let_go()
        yield ModelLoaded(request.job_id, self._loaded().info)

    def _unload(self, job_id: int, *, makes_room: bool = False) -> ModelUnloaded:
        bytes_before = process_bytes()
        self._checkpoint = self._reader = self._outlook = self._looking = self._vocabulary = None
        self._drafts = Drafts()
        let_go()
        return ModelUnloaded(job_id, bytes_before, process_bytes(), makes_room)

    @property
    def is_loaded(self) -> bool:
        """Whether there is a model."""
        return self._checkpoint is not None

    def _take(self, checkpoint: Checkpoint) -> None:
        """Work with this model from now on; nothing is known of any text yet."""
        self._checkpoint = checkpoint
        self._drafts.take(checkpoint)
        self._reader = Reader(checkpoint.model, checkpoint.tokenizer, LogitMemory())
        self._outlook = Outlook(checkpoint.model, checkpoint.tokenizer, self._reader)
        self._looking = Looking(checkpoint.model, checkpoint.tokenizer, self._reader)
        self._vocabulary = Vocabulary(checkpoint.tokenizer, checkpoint.info.vocab_size)

    def _inside(self) -> Looking:
        self._loaded()
        assert self._looking is not None
        return self._looking

    def _foresee(
        self, request: GrowTree | TellPath | TuneSettings, cancelled: Cancelled
    ) -> Iterator[Message]:
        self._loaded()
        assert self._outlook is not None
        yield from self._outlook.answer(request, cancelled)

    def _switch_off(self, request: SwitchOff) -> SwitchedOff:
        checkpoint = self._loaded()
        off = switch_off(checkpoint.model, request)
        self._take(replace(checkpoint, info=replace(checkpoint.info, switched_off=off)))
        return SwitchedOff(request.job_id, self._loaded().info)

    def _generate(self, request: Generate | GenerateAlternatives, cancelled: Cancelled) -> Iterator[Message]:
        checkpoint, reader = self._loaded(), self._reader
        assert reader is not None
        model, tokenizer = checkpoint.model, checkpoint.tokenizer
        started = first = time.perf_counter()
        n_tokens = 0
        begun, self._writes = False, True
        try:
            for event in (
                generate(
                    model, tokenizer, request, cancelled, reader.learn, self._drafts.wanted(request.draft)
                )
                if isinstance(request, Generate)
                else generate_alternatives(model, tokenizer, request, cancelled, reader.learn)
            ):
                match event:
                    case GenerationStarted():
                        begun = True
                        yield event
                    case Token() | AlternativeTokens():
                        if not n_tokens:
                            first = time.perf_counter()
                        n_tokens += 1 if isinstance(event, Token) else len(event.tokens)
                        yield TokensGenerated(request.job_id, (event,)) if isinstance(event, Token) else event
                    case BeamsSearched() | AlternativeFinished() | GenerationFinished():
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
        finally:
            self._writes = False

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

    def quick(self, request: Request) -> Message | None:
        """The answer, if it takes neither a forward pass nor what a running job changes; else None.

        May be called while `run` is at work, from within `cancelled`.
        """
        if not isinstance(request, InspectPlace) or self._reader is None:
            return None
        try:
            return self._inspect(request, never, only_known=True)
        except LookupError:
            return None
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            return failure(request.job_id, error)

    def _inspect(
        self, request: InspectPlace, cancelled: Cancelled, *, only_known: bool = False
    ) -> PlaceInspected:
        checkpoint, reader = self._loaded(), self._reader
        assert reader is not None
        if only_known and needs_model(request.processors):
            raise LookupError
        start, ids = reader.start_at(request.place, request.seed, cancelled)
        keys = keys_of(ids)
        known = keys[-1] in reader.logits
        logits_after = self._logits_after(reader, ids, keys, cancelled, only_known=only_known)
        chain = begin_at(request.processors, start, ids, logits_after, reader.past)
        logits = logits_after(len(ids))
        return inspect_place(checkpoint.tokenizer, request, chain, ids, logits, from_memory=known)

    def _logits_after(
        self,
        reader: Reader,
        ids: list[int],
        keys: list[int],
        cancelled: Cancelled,
        *,
        only_known: bool = False,
    ) -> Callable[[int], Tensor]:
        """What finds the logits after the first n of `ids`, (V,) float32; raises LookupError if told not to
        compute them. `keys`: those of all these places."""

        def find(n: int) -> Tensor:
            known = reader.logits.get(keys[n])
            if known is None:
                if only_known:
                    raise LookupError
                known = reader.logits_after(ids[:n], cancelled)
            return known

        return find

    def _reshape(self, request: ReshapeText, cancelled: Cancelled) -> Iterator[Message]:
        self._loaded()
        reader = self._reader
        assert reader is not None
        n_told = 0
        n_threads = 1 if self._writes else physical_cores()
        for message in reshape(reader, request, cancelled, n_threads):
            n_told += len(message.tokens)
            yield message
        n_tokens = len(reader.token_ids)
        broken = broken_at(reader, request)
        yield ReshapingFinished(request.job_id, n_tokens, n_tokens - n_told, broken)

    def _redraw(self, request: Redraw, cancelled: Cancelled) -> Redrawn:
        checkpoint, reader = self._loaded(), self._reader
        assert reader is not None
        start, ids = reader.start_at(request.place, request.seed, cancelled)
        logits_after = self._logits_after(reader, ids, keys_of(ids), cancelled)
        return redraw(checkpoint.tokenizer, request, start, ids, logits_after, cancelled)

    def _read(self, request: ReadText, cancelled: Cancelled) -> Iterator[Message]:
        self._loaded()
        reader = self._reader
        assert reader is not None
        n_read = 0
        for message in reader.read(request, cancelled):
            n_read += len(message.tokens)
            yield message
        yield ReadingFinished(request.job_id, len(reader.token_ids), n_read)

    def _swap(self, request: LookUp | FindBridges, cancelled: Cancelled) -> Iterator[Message]:
        checkpoint, reader, vocabulary = self._loaded(), self._reader, self._vocabulary
        assert reader is not None
        assert vocabulary is not None
        parts = (checkpoint.model, checkpoint.tokenizer, reader, vocabulary)
        if isinstance(request, LookUp):
            yield look_up(*parts, request, cancelled)
            return
        yield from told(request.job_id, find_bridges(*parts, request, cancelled))

    def _score(self, request: ScoreText, cancelled: Cancelled) -> Iterator[Message]:
        checkpoint = self._loaded()
        yield from told(request.job_id, score(checkpoint.model, checkpoint.tokenizer, request, cancelled))
