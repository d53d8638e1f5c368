"""One text read in two ways, side by side: by two models, or by one under two chains of settings.

Two models with the same vocabulary are compared token by token, with the Kullback-Leibler and the
Jensen-Shannon divergence of their distributions (Lin 1991). With other tokenizers only what stands between
borders that both have can be compared: the log-probability of the same characters, a sum over tokens.
"""

from __future__ import annotations

import itertools
import math
import time
from bisect import bisect_left
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.comparing_messages import ComparedStretch, CompareText, ComparisonFinished, TextCompared
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.memory import LogitMemory
from studio.core.messages import Progress
from studio.core.model import Cancelled, InterruptedReading
from studio.core.reader import Reader, token_spans
from studio.core.running import begin_all

LOADING = 0.4
"""The part of the progress that loading a second model takes."""

TELL_S = 0.1
N_TOLD = 64
"""Stretches are told of when so much time has passed, or when there are so many."""

Answer = Progress | TextCompared | ComparisonFinished


@dataclass(frozen=True, slots=True)
class _Read:
    """One token as one side sees it."""

    end: int  # code point of the text
    logprob: float  # nats
    rank: int
    logprobs: Tensor  # (V,), after the chain


class Side:
    """One model with one chain, about to read one text."""

    def __init__(self, checkpoint: Checkpoint, reader: Reader, request: CompareText, which: str) -> None:
        self.checkpoint, self.reader = checkpoint, reader
        self.processors = request.processors_a if which == "a" else request.processors_b
        self._seed = request.seed
        encoded = checkpoint.tokenizer.encode(request.text, request.special_offsets)
        self.ids = encoded.ids
        self.ends = [end for _, end in token_spans(encoded)]

    def cut(self, end: int) -> None:
        """Leave out what comes after `end`, a token's border."""
        n = bisect_left(self.ends, end) + 1  # the token that completes it; half a character after it is not
        del self.ids[n:], self.ends[n:]

    def read(self, rows: Iterable[Tensor], cancelled: Cancelled) -> Iterator[_Read]:
        """Each token in order, from the logits (V,) that predict it."""
        source = iter(rows)
        for run in self.reader.runs_of(self.ids):
            chain = begin_all(self.processors, self.reader.start_of(run, self.ids, self._seed, cancelled))
            whole = torch.tensor(run.ids)
            for at, row in enumerate(itertools.islice(source, run.n)):
                if chain and cancelled():
                    raise InterruptedReading
                token_id = self.ids[run.first + at]
                with torch.inference_mode():
                    before, logits = run.context(at, whole), row
                    for running in chain:
                        logits = running(before, logits)
                    logprobs = logits.log_softmax(0)
                    own = logprobs[token_id]
                    rank = 1 + int((logprobs > own).sum())
                if (chosen := run.chosen(at)) is not None:
                    for running in chain:
                        running.chosen(chosen)
                yield _Read(self.ends[run.first + at], float(own), rank, logprobs)


def compare(
    first: Checkpoint, reader: Reader, request: CompareText, cancelled: Cancelled
) -> Iterator[Answer]:
    """Answer a request. Raises StudioError, InterruptedReading. The second model is freed at the end."""
    started = time.perf_counter()
    n_threads = torch.get_num_threads()
    same_files = not request.path or Path(request.path).resolve() == Path(first.info.path).resolve()
    same = same_files and request.precision in ("", first.info.dtype)
    if same and request.processors_a == request.processors_b:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "Both sides are the same model with the same settings."),
            QT_TRANSLATE_NOOP("StudioError", "Choose another model or other settings for one of them."),
        )
    a = Side(first, reader, request, "a")
    if not a.ids:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is no text to compare."),
            QT_TRANSLATE_NOOP("StudioError", "Write or choose some text first."),
        )
    second = first
    try:
        if not same:
            second = yield from _load(first, request, cancelled)
        own = reader if same else Reader(second.model, second.tokenizer, LogitMemory(0))
        b = Side(second, own, request, "b")
        _shorten(a, b, request.max_tokens)
        together = same or (a.ids == b.ids and same_vocabulary(first, second))
        done = LOADING if not same else 0.0
        for told in _in_portions(_stretches(a, b, cancelled, same_model=same, together=together)):
            yield TextCompared(request.job_id, told)
            yield Progress(request.job_id, done + (1 - done) * told[-1].end / a.ends[-1])
        yield ComparisonFinished(
            request.job_id,
            first.info.name,
            second.info.name,
            together,
            first.info.sha256 == second.info.sha256,
            a.ends[-1],
            time.perf_counter() - started,
            first.info.dtype,
            second.info.dtype,
        )
    finally:
        torch.set_num_threads(n_threads)  # as the model that stays wants it


def same_vocabulary(one: Checkpoint, other: Checkpoint) -> bool:
    """Whether every token id means the same to both, so that their distributions can be compared."""
    n = one.model.vocab_size
    mine, others = one.tokenizer, other.tokenizer
    return n == other.model.vocab_size and all(
        mine.token_bytes(token_id) == others.token_bytes(token_id) for token_id in range(n)
    )


def divergences(logprobs_a: Tensor, logprobs_b: Tensor) -> tuple[float, float]:
    """KL(A||B) and JS in nats of two distributions (V,); 0 * log 0 counts as 0, KL may be inf."""
    p, q = logprobs_a.exp(), logprobs_b.exp()
    mean = (p + q) / 2
    kl = float((p * (logprobs_a - logprobs_b)).where(p > 0, 0.0).sum())
    js = float((p.xlogy(p / mean) + q.xlogy(q / mean)).where(mean > 0, 0.0).sum()) / 2
    return max(kl, 0.0), min(max(js, 0.0), math.log(2))


def _load(
    first: Checkpoint, request: CompareText, cancelled: Cancelled
) -> Generator[Progress, None, Checkpoint]:
    path, precision = request.path or first.info.path, request.precision or first.info.dtype
    loading = load_checkpoint(path, request.device, precision)
    while True:
        try:
            fraction = next(loading)
        except StopIteration as stop:
            checkpoint: Checkpoint = stop.value
            return checkpoint
        if cancelled():
            loading.close()
            raise InterruptedReading
        yield Progress(request.job_id, LOADING * fraction)


def _shorten(a: Side, b: Side, max_tokens: int) -> None:
    """Let both end at the last border they have in common within `max_tokens` tokens."""
    limit = min(side.ends[min(max_tokens, len(side.ends)) - 1] for side in (a, b))
    common = set(a.ends) & set(b.ends)
    end = max((border for border in common if border <= limit), default=a.ends[-1])
    a.cut(end)
    b.cut(end)


def _stretches(
    a: Side, b: Side, cancelled: Cancelled, *, same_model: bool, together: bool
) -> Iterator[ComparedStretch]:
    """From one common border to the next. Only a chunk of each side's distributions is held at a time."""
    rows_a = a.reader.distributions(a.ids, cancelled, fresh=not same_model)
    if same_model:
        rows_a, rows_b = itertools.tee(rows_a)
    else:
        rows_b = b.reader.distributions(b.ids, cancelled, fresh=True)
    left, right = a.read(rows_a, cancelled), b.read(rows_b, cancelled)
    start = 0
    while start < a.ends[-1]:
        of_a, of_b = [next(left)], [next(right)]
        while (end := of_a[-1].end) != of_b[-1].end or end == start:  # half a character completes nothing
            behind = of_a[-1].end - of_b[-1].end
            if behind <= 0:
                of_a.append(next(left))
            if behind >= 0:
                of_b.append(next(right))
        yield _stretch(start, end, (a, of_a), (b, of_b), together=together)
        start = end


def _stretch(
    start: int, end: int, a: tuple[Side, list[_Read]], b: tuple[Side, list[_Read]], *, together: bool
) -> ComparedStretch:
    (side_a, of_a), (side_b, of_b) = a, b
    kl = js = -1.0
    if together:
        with torch.inference_mode():
            pairs = [divergences(x.logprobs, y.logprobs) for x, y in zip(of_a, of_b, strict=True)]
        kl, js = math.fsum(pair[0] for pair in pairs), math.fsum(pair[1] for pair in pairs)
    return ComparedStretch(
        start=start,
        end=end,
        n_a=len(of_a),
        n_b=len(of_b),
        logprob_a=math.fsum(x.logprob for x in of_a),
        logprob_b=math.fsum(y.logprob for y in of_b),
        rank_a=of_a[0].rank if len(of_a) == 1 else 0,
        rank_b=of_b[0].rank if len(of_b) == 1 else 0,
        kl=kl,
        js=js,
        top_a=side_a.checkpoint.tokenizer.display(int(of_a[0].logprobs.argmax())),
        top_b=side_b.checkpoint.tokenizer.display(int(of_b[0].logprobs.argmax())),
    )


def _in_portions(stretches: Iterable[ComparedStretch]) -> Iterator[tuple[ComparedStretch, ...]]:
    waiting: list[ComparedStretch] = []
    last = time.perf_counter()
    for stretch in stretches:
        waiting.append(stretch)
        if len(waiting) >= N_TOLD or time.perf_counter() - last >= TELL_S:
            yield tuple(waiting)
            waiting, last = [], time.perf_counter()
    if waiting:
        yield tuple(waiting)
