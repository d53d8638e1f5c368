"""Writing several continuations of one prompt at once."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from studio.core import beams, context, memory
from studio.core.chain import effective
from studio.core.choice import Chooser
from studio.core.generate import Watch, nobody
from studio.core.messages import (
    AlternativeFinished,
    AlternativeTokens,
    BeamsSearched,
    FinishReason,
    GenerateAlternatives,
    GenerationFinished,
    GenerationStarted,
    Token,
)
from studio.core.model import Cancelled, CausalLM, InterruptedReading
from studio.core.processors.choosing import beams_of
from studio.core.processors.constraints import is_complete
from studio.core.running import Running, RunStart, begin_all
from studio.core.stops import StopMatcher
from studio.core.tokenizer import IncrementalDecoder, Tokenizer

AlternativesEvent = (
    GenerationStarted | BeamsSearched | AlternativeTokens | AlternativeFinished | GenerationFinished
)


def generate_alternatives(
    model: CausalLM,
    tokenizer: Tokenizer,
    request: GenerateAlternatives,
    cancelled: Cancelled,
    watch: Watch = nobody,
) -> Iterator[AlternativesEvent]:
    """Continue the prompt with every seed: the prompt is read once, each token takes one pass for all.

    Alternative i is the text `generate` writes with seeds[i]. A matrix product of several rows adds in
    another order than one of a single row, so the logits differ in their last bits (by less than 1e-4,
    measured in tests/core/test_alternatives.py); a draw that falls into such a gap would take another token.
    If the chain asks for a beam search, the texts are what that finds, whatever the seeds.
    The model's cache holds the prompt afterwards. Raises StudioError after the tokens so far if the model's
    numbers break.
    """
    if searching := beams_of(request.processors):
        yield from beams.search(model, tokenizer, request, searching, cancelled, watch)
        return
    started = time.perf_counter()
    seen = context.measure(model, tokenizer, request.prompt, request.special_offsets, request.max_new_tokens)
    starts = [
        RunStart(seed, len(seen.ids), tokenizer, model, row, cancelled=cancelled, n_new=seen.max_new_tokens)
        for row, seed in enumerate(request.seeds)
    ]
    processors = effective(request.processors)
    chains = [begin_all(processors, start) for start in starts]
    n_reused = context.reuse(model, seen.ids)
    yield GenerationStarted(
        job_id=request.job_id,
        n_prompt_tokens=seen.n_text_tokens,
        n_context_tokens=seen.n_context_tokens,
        n_reused_tokens=min(n_reused, seen.n_context_tokens),
        visible_start=seen.visible_start,
        max_new_tokens=seen.max_new_tokens,
    )
    ids = torch.tensor(seen.ids + [0] * seen.max_new_tokens)  # (n_context + max_new_tokens,)
    key = memory.key_of(seen.ids)
    rows = []
    for index, seed in enumerate(request.seeds):
        stops = StopMatcher(request.stop)
        chooser = Chooser(tokenizer, processors, chains[index], seed)
        rows.append(_Row(index, ids.clone(), len(seen.ids), key, chooser, chains[index], stops, watch))
    last = FinishReason.LENGTH
    reading_done = None
    try:
        for event in _write(model, tokenizer, request, seen, rows, cancelled):
            if event is None:
                reading_done = time.perf_counter()
                continue
            if isinstance(event, AlternativeFinished):
                last = event.reason
            yield event
    except Exception:
        for row in rows:
            yield from row.told(request.job_id, row.stops.flush())
        raise
    now = time.perf_counter()
    reading_done = reading_done or now
    yield GenerationFinished(
        job_id=request.job_id,
        reason=last,
        n_tokens=sum(row.n_told for row in rows),
        prefill_s=reading_done - started,
        decode_s=now - reading_done,
    )


@dataclass(slots=True)
class _Row:
    """One alternative under way."""

    index: int
    ids: Tensor  # (n_context + max_new_tokens,) int64: what was read and written, and room for the rest
    n: int  # of `ids`, read or written
    key: int  # of the position after these, see memory.py
    chooser: Chooser
    chain: tuple[Running, ...]
    stops: StopMatcher
    watch: Watch
    decoder: IncrementalDecoder = field(default_factory=IncrementalDecoder)
    n_told: int = 0  # tokens handed out

    def take(
        self, tokenizer: Tokenizer, request: GenerateAlternatives, logits: Tensor, step: int
    ) -> Generator[AlternativesEvent, None, FinishReason | None]:
        """Write one token: (V,) float32. Returns why this was the last, if it was."""
        token = self.chooser.choose(self.ids[: self.n], logits, step, self.decoder)
        self.watch(self.key, logits, token, self.chooser.head)
        self.key = memory.after(self.key, token.token_id)
        self.ids[self.n] = token.token_id
        self.n += 1
        if token.token_id == tokenizer.end_of_text_id:
            if is_complete(self.chain):
                return FinishReason.COMPLETE
            if request.stop_at_end_of_text:
                return FinishReason.END_OF_TEXT
            self.decoder.reset()
        yield from self.told(request.job_id, self.stops.feed(token))
        if self.stops.found is not None:
            return FinishReason.STOP
        return FinishReason.COMPLETE if is_complete(self.chain) else None

    def told(self, job_id: int, tokens: Iterator[Token]) -> Iterator[AlternativeTokens]:
        """The message that hands out these tokens, if there are any."""
        ready = tuple(tokens)
        self.n_told += len(ready)
        if ready:
            yield AlternativeTokens(job_id, self.index, ready)

    def finished(self, job_id: int, reason: FinishReason) -> Iterator[AlternativesEvent]:
        """What waited for a stop string, and the end."""
        yield from self.told(job_id, self.stops.flush())
        yield AlternativeFinished(job_id, self.index, reason, self.n_told, self.stops.found)


def _write(
    model: CausalLM,
    tokenizer: Tokenizer,
    request: GenerateAlternatives,
    seen: context.Context,
    rows: list[_Row],
    cancelled: Cancelled,
) -> Iterator[AlternativesEvent | None]:
    """Yield None once the prompt is read, then what the rows write until each has finished."""
    job_id = request.job_id
    branches = None
    gone: set[int] = set()
    reason = FinishReason.LENGTH
    for step in range(seen.max_new_tokens):
        try:
            if cancelled():
                raise InterruptedReading
            if step == 0:
                logits = context.read(model, seen.ids, cancelled).expand(len(rows), -1)  # (N, V)
                yield None
                branches = model.branch(len(rows), seen.max_new_tokens - 1)
            elif branches is not None:
                logits = branches.forward(torch.stack([row.ids[row.n - 1] for row in rows]))
            live = []
            for place, row in enumerate(rows):
                ended = yield from row.take(tokenizer, request, logits[place], step)
                if ended is None:
                    live.append(place)
                else:
                    yield from row.finished(job_id, ended)
                    gone.add(row.index)
        except InterruptedReading:
            reason = FinishReason.CANCELLED
            rows = [row for row in rows if row.index not in gone]
            break
        if len(live) < len(rows):
            rows = [rows[place] for place in live]
            if not rows:
                return
            if branches is not None:
                branches.keep(live)
    for row in rows:
        yield from row.finished(job_id, reason)
