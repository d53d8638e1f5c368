"""Beam search: the likeliest whole texts instead of one likely word after another.

Several beginnings are kept side by side; at every step the likeliest continuations of all of them together
go on. The rules of what ends, what counts and when it is over are those of transformers' `generate` with
`num_beams`, `length_penalty` and `early_stopping=False`; without other stages the texts are the same. The log
probabilities that add up are those after the chain. Nothing is drawn. Graves 2012, arXiv 1211.3711.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, is_dataclass, replace

import torch
from torch import Tensor

from studio.core import context, memory
from studio.core.beam_tree import BeamTree
from studio.core.choice import as_probabilities, describe
from studio.core.generate import Watch
from studio.core.messages import (
    AlternativeFinished,
    AlternativeTokens,
    BeamsSearched,
    FinishReason,
    Generate,
    GenerateAlternatives,
    GenerationFinished,
    GenerationStarted,
    Token,
)
from studio.core.model import Cancelled, CausalLM, InterruptedReading
from studio.core.processors.choosing import BeamSearch
from studio.core.processors.constraints import is_complete, take
from studio.core.running import Running, RunStart, begin_all
from studio.core.stops import StopMatcher
from studio.core.tokenizer import IncrementalDecoder, Tokenizer

BeamsEvent = GenerationStarted | BeamsSearched | AlternativeTokens | AlternativeFinished | GenerationFinished


@dataclass(frozen=True, slots=True)
class _Beam:
    """A text under way, or a finished one."""

    chain: tuple[Running, ...]
    key: int  # of the position after it, see memory.py
    tokens: tuple[Token, ...] = ()
    log_prob: float = 0.0  # nats, of all its tokens
    node: int = -1  # in the tree: of its last token, or the one before while that is still to be read
    score: float = 0.0  # log_prob / length ** length_penalty
    reason: FinishReason | None = None
    place: int = 0  # in the record of the search, see beam_tree.py


def search(
    model: CausalLM,
    tokenizer: Tokenizer,
    request: GenerateAlternatives,
    rule: BeamSearch,
    cancelled: Cancelled,
    watch: Watch,
) -> Iterator[BeamsEvent]:
    """The best texts, the best first, at most as many as the request has seeds; told when all is decided.

    The seeds themselves mean nothing. If cancelled, the best as they are then. BeamsSearched comes first.
    """
    started = time.perf_counter()
    seen = context.measure(model, tokenizer, request.prompt, request.special_offsets, request.max_new_tokens)
    n_new = seen.max_new_tokens
    start = RunStart(request.seeds[0], len(seen.ids), tokenizer, model, cancelled=cancelled, n_new=n_new)
    first = _Beam(begin_all(request.processors, start), memory.key_of(seen.ids))
    n_reused = context.reuse(model, seen.ids)
    yield GenerationStarted(
        job_id=request.job_id,
        n_prompt_tokens=seen.n_text_tokens,
        n_context_tokens=seen.n_context_tokens,
        n_reused_tokens=min(n_reused, seen.n_context_tokens),
        visible_start=seen.visible_start,
        max_new_tokens=seen.max_new_tokens,
    )
    found = _Search(tokenizer, request, rule, seen, first, watch)
    reading_done = None
    reason = FinishReason.LENGTH
    try:
        for step in range(seen.max_new_tokens):
            if cancelled():
                raise InterruptedReading
            if step == 0:
                logits = context.read(model, seen.ids, cancelled)[None]
                reading_done = time.perf_counter()
                tree = model.tree(rule.beams * seen.max_new_tokens)
            else:
                logits = tree.forward(*found.asked())
                found.was_read(tree.n_nodes)
            found.go_on(logits, last=step + 1 == seen.max_new_tokens)
            if found.is_over():
                break
    except InterruptedReading:
        reason = FinishReason.CANCELLED
        found.give_up()
    texts = found.finished
    n_tokens = 0
    yield found.record.told(request.job_id, [text.place for text in texts], rule.length_penalty)
    for index, text in enumerate(texts[: len(request.seeds)]):
        tokens, stop = _told(tokenizer, text.tokens, request.stop)
        ended = text.reason or reason
        n_tokens += len(tokens)
        if tokens:
            yield AlternativeTokens(request.job_id, index, tokens)
        yield AlternativeFinished(request.job_id, index, ended, len(tokens), stop)
        if index == 0:
            reason = ended
    now = time.perf_counter()
    reading_done = reading_done or now
    yield GenerationFinished(
        request.job_id, reason, n_tokens, prefill_s=reading_done - started, decode_s=now - reading_done
    )


def search_best(
    model: CausalLM,
    tokenizer: Tokenizer,
    request: Generate,
    rule: BeamSearch,
    cancelled: Cancelled,
    watch: Watch,
) -> Iterator[GenerationStarted | BeamsSearched | Token | GenerationFinished]:
    """Only the best text, token by token."""
    r = request
    several = GenerateAlternatives(
        r.job_id, r.prompt, r.special_offsets, r.processors, r.max_new_tokens, (r.seed,), r.stop,
        r.stop_at_end_of_text,
    )  # fmt: skip
    stop = None
    for event in search(model, tokenizer, several, rule, cancelled, watch):
        match event:
            case GenerationStarted() | BeamsSearched():
                yield event
            case AlternativeTokens():
                yield from event.tokens
            case AlternativeFinished():
                stop = event.stop_string
            case GenerationFinished():
                yield replace(event, stop_string=stop)


class _Search:
    """All beams of one search."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        request: GenerateAlternatives,
        rule: BeamSearch,
        seen: context.Context,
        first: _Beam,
        watch: Watch,
    ) -> None:
        self._tokenizer, self._request, self._rule, self._watch = tokenizer, request, rule, watch
        self._prompt = torch.tensor(seen.ids)
        self._stops = [stop.encode() for stop in request.stop]
        self._running = [first]
        self.record = BeamTree(tokenizer)
        self.finished: list[_Beam] = []  # at most `beams`, the best first

    def asked(self) -> tuple[list[int], Tensor]:
        """Which token is to be read next after which node: (R,) int64."""
        ids = torch.tensor([beam.tokens[-1].token_id for beam in self._running])
        return [beam.node for beam in self._running], ids

    def was_read(self, n_nodes: int) -> None:
        """Note that the last tokens are the newest of the tree's nodes."""
        first = n_nodes - len(self._running)
        self._running = [replace(beam, node=first + i) for i, beam in enumerate(self._running)]

    @torch.inference_mode()
    def go_on(self, logits: Tensor, *, last: bool) -> None:
        """One more token: (R, V) float32, a row for each running beam."""
        rows, sums = [], []
        for beam, row in zip(self._running, logits, strict=True):
            written = torch.tensor([token.token_id for token in beam.tokens], dtype=torch.int64)
            ids = torch.cat([self._prompt, written])
            processed = row
            for stage in beam.chain:
                processed = stage(ids, processed)
            rows.append(processed)
            sums.append(processed.log_softmax(0) + beam.log_prob)
        n = self._rule.beams
        together = torch.cat(sums)  # (R*V,)
        best = together.topk(min(2 * n, len(together)))  # of n that end, n others still go on
        running: list[_Beam] = []
        for rank, (log_prob, at) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True)):
            if log_prob == float("-inf") or log_prob != log_prob:
                break
            number, token_id = divmod(at, logits.shape[1])
            parent = self._running[number]
            if rank >= n and (last or len(running) == n):
                self.record.add(parent.place, token_id, log_prob, followed=False)
                continue
            beam = self._extended(parent, logits[number], rows[number], token_id, log_prob, last=last)
            if beam.reason is None:
                running.append(beam)
            elif rank < n:
                self.finished.append(beam)
        self._running = running[:n]
        self._rank()

    def is_over(self) -> bool:
        """Whether no running beam can still displace a finished one, as transformers guesses it."""
        if not self._running:
            return True
        return len(self.finished) == self._rule.beams and self._running[0].score <= self.finished[-1].score

    def give_up(self) -> None:
        """What runs counts as it is."""
        self.finished += [beam for beam in self._running if beam.tokens]
        self._rank()

    def _rank(self) -> None:
        self.finished.sort(key=lambda beam: -beam.score)
        del self.finished[self._rule.beams :]

    def _extended(
        self, parent: _Beam, logits: Tensor, processed: Tensor, token_id: int, log_prob: float, *, last: bool
    ) -> _Beam:
        """A beam with one more token: (V,) float32 twice, before and after the chain."""
        chain = tuple(stage if is_dataclass(stage) else copy.copy(stage) for stage in parent.chain)
        for stage in chain:
            stage.chosen(token_id)
        take(chain, token_id)
        token = describe(self._tokenizer, logits, as_probabilities(processed, logits), token_id)
        self._watch(parent.key, logits, token, 0)
        score = log_prob / (len(parent.tokens) + 1) ** self._rule.length_penalty
        tokens = (*parent.tokens, token)
        reason = FinishReason.LENGTH if last else None
        if is_complete(chain):
            reason = FinishReason.COMPLETE
        elif token_id == self._tokenizer.end_of_text_id and self._request.stop_at_end_of_text:
            reason, tokens = FinishReason.END_OF_TEXT, parent.tokens  # it counts, but is not written
        elif self._stops and any(stop in b"".join(t.raw for t in tokens) for stop in self._stops):
            reason = FinishReason.STOP
        key = memory.after(parent.key, token_id)
        place = self.record.add(parent.place, token_id, log_prob)
        return _Beam(chain, key, tokens, log_prob, parent.node, score, reason, place)


def _told(
    tokenizer: Tokenizer, tokens: Sequence[Token], stop: tuple[str, ...]
) -> tuple[tuple[Token, ...], str | None]:
    """The tokens with their texts, up to a stop string, and which one that was."""
    decoder, stops = IncrementalDecoder(), StopMatcher(stop)
    ready: list[Token] = []
    for token in tokens:
        if token.token_id == tokenizer.end_of_text_id:
            decoder.reset()
        else:
            token = replace(token, text=decoder.feed(token.raw))
        ready += stops.feed(token)
        if stops.found is not None:
            break
    return (*ready, *stops.flush()), stops.found
