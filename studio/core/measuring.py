"""What a precision costs: the same text read by the same model in float32 and in another precision."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Generator, Iterable, Iterator

import torch
from torch import Tensor

from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.compiled import CompiledGPT2
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.memory import LogitMemory
from studio.core.messages import (
    MeasurePrecisions,
    ModelInfo,
    PrecisionFigures,
    PrecisionMeasured,
    PrecisionsMeasured,
    Progress,
)
from studio.core.model import Cancelled, CausalLM, InterruptedReading
from studio.core.packed_weights import memory_bytes
from studio.core.precisions import MAX_TOKENS, can_choose
from studio.core.reader import Reader

N_WRITTEN = 32
"""Tokens written to see how fast; the median of their times counts."""

LIKELY = math.log(1e-3)
N_TOP = 50

Answer = Progress | PrecisionMeasured | PrecisionsMeasured


class Differences:
    """Adds up how far distributions are from float32's."""

    def __init__(self) -> None:
        self._kl: list[float] = []
        self._same = 0
        self._difference, self._n_likely = 0.0, 0
        self._in_common = 0.0

    def add(self, reference: Tensor, other: Tensor) -> None:
        """Log-probabilities of one place: (V,) each, float32's first."""
        p = reference.exp()
        self._kl.append(max(float((p * (reference - other)).where(p > 0, 0.0).sum(dtype=torch.float64)), 0.0))
        self._same += int(reference.argmax() == other.argmax())
        likely = reference > LIKELY
        self._difference += float((reference - other)[likely].abs().sum())
        self._n_likely += int(likely.sum())
        n = min(N_TOP, len(reference))
        best, others = reference.topk(n).indices, other.topk(n).indices
        self._in_common += int(torch.isin(best, others).sum()) / n

    def figures(self, precision: str, n_bytes: int, tokens_per_s: float) -> PrecisionFigures:
        """The result. A KL that is no number (weights beyond a precision's reach) is as bad as can be."""
        n = len(self._kl)
        kl = [1e9 if math.isnan(value) else min(value, 1e9) for value in self._kl]
        difference = self._difference / max(self._n_likely, 1)
        return PrecisionFigures(
            precision,
            n_bytes,
            tokens_per_s,
            n,
            math.fsum(kl) / n,
            max(kl),
            self._same / n,
            difference if math.isfinite(difference) else 1e9,
            self._in_common / n,
        )


def measure_precisions(
    loaded: Checkpoint, request: MeasurePrecisions, cancelled: Cancelled
) -> Iterator[Answer]:
    """Answer a request. Raises StudioError, InterruptedReading."""
    started = time.perf_counter()
    n_threads = torch.get_num_threads()
    if not can_choose(loaded.info):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This model is computed in one precision only."),
            QT_TRANSLATE_NOOP("StudioError", "Others are for GPT-2 models on the processor (CPU)."),
        )
    ids = loaded.tokenizer.encode(request.text, request.special_offsets).ids[:MAX_TOKENS]
    if not ids:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is no text to measure on."),
            QT_TRANSLATE_NOOP("StudioError", "Write some text first, or choose the app's own."),
        )
    reference = torch.empty(len(ids), loaded.model.vocab_size)
    others = [name for name in request.precisions if name != "float32"]
    wanted = ["float32", *others]
    try:
        for number, precision in enumerate(wanted):
            measuring = _measure_one(loaded.info, precision, ids, reference, cancelled)
            while True:
                try:
                    fraction = next(measuring)
                except StopIteration as stop:
                    figures: PrecisionFigures = stop.value
                    break
                yield Progress(request.job_id, (number + fraction) / len(wanted))
            if precision in request.precisions:
                yield PrecisionMeasured(request.job_id, figures)
        yield PrecisionsMeasured(request.job_id, loaded.info.sha256, time.perf_counter() - started)
    finally:
        torch.set_num_threads(n_threads)  # as the model that stays wants it


def _measure_one(
    info: ModelInfo, precision: str, ids: list[int], reference: Tensor, cancelled: Cancelled
) -> Generator[float, None, PrecisionFigures]:
    """Yields the fraction done. In float32 it fills `reference` (N, V); else it compares with that."""
    loading = load_checkpoint(info.path, "cpu", precision)
    while True:
        if cancelled():
            loading.close()
            raise InterruptedReading
        try:
            yield 0.4 * next(loading)
        except StopIteration as stop:
            checkpoint: Checkpoint = stop.value
            break
    if checkpoint.info.sha256 != info.sha256 or checkpoint.info.dtype != precision:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The model's files have changed since it was loaded."),
            QT_TRANSLATE_NOOP("StudioError", "Load the model again, then measure."),
        )
    model = checkpoint.model
    reader = Reader(model, checkpoint.tokenizer, LogitMemory(0))
    differences = Differences()
    with torch.inference_mode():
        for at, row in enumerate(_logprobs(reader, ids, cancelled)):
            if precision == "float32":
                reference[at] = row
            differences.add(reference[at], row)
            if at % 32 == 0:
                yield 0.4 + 0.4 * at / len(ids)
    speed = yield from writing_speed(model, ids, cancelled)
    assert isinstance(model, CompiledGPT2)  # as `can_choose` says
    return differences.figures(precision, memory_bytes(model.config, precision), speed)


def _logprobs(reader: Reader, ids: list[int], cancelled: Cancelled) -> Iterable[Tensor]:
    for row in reader.distributions(ids, cancelled, fresh=True):
        yield row.log_softmax(0)


def writing_speed(model: CausalLM, ids: list[int], cancelled: Cancelled) -> Generator[float, None, float]:
    """Tokens a second: the favourites, written one by one after the text."""
    n_written = min(N_WRITTEN, model.n_positions - 1)
    model.truncate(0)
    logits = model.forward(torch.tensor(ids[-(model.n_positions - n_written) :]), cancelled)
    times = []
    for at in range(n_written):
        if cancelled():
            raise InterruptedReading
        begun = time.perf_counter()
        logits = model.forward(logits.argmax().reshape(1))
        times.append(time.perf_counter() - begun)
        yield 0.8 + 0.2 * at / n_written
    return 1 / statistics.median(times)
