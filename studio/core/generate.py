"""Writing with a model, token by token."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from studio.core import context, memory
from studio.core.ahead import Account, Ahead, Drafting
from studio.core.chain import effective
from studio.core.choice import Chooser
from studio.core.messages import (
    BeamsSearched,
    FinishReason,
    Generate,
    GenerationFinished,
    GenerationStarted,
    Token,
)
from studio.core.model import Cancelled, CausalLM, InterruptedReading
from studio.core.processors.choosing import beams_of
from studio.core.processors.constraints import is_complete
from studio.core.processors.guiding import needs_model
from studio.core.running import Running, RunStart, begin_all
from studio.core.stops import StopMatcher
from studio.core.tokenizer import IncrementalDecoder, Tokenizer

Watch = Callable[[int, Tensor, Token, int], None]
"""Told of every token written: the key of its position (see memory.py), the logits (V,), the token, and as
LogitMemory.put the address of the best tokens or 0."""


def nobody(_key: int, _logits: Tensor, _token: Token, _head: int) -> None:
    """Nobody watches."""


def generate(
    model: CausalLM,
    tokenizer: Tokenizer,
    request: Generate,
    cancelled: Cancelled,
    watch: Watch = nobody,
    drafting: Drafting | None = None,
) -> Iterator[GenerationStarted | BeamsSearched | Token | GenerationFinished]:
    """Continue the prompt: GenerationStarted, the tokens, GenerationFinished.

    With `drafting`, guesses at the next tokens are read along where that is faster; nothing else changes.

    A token whose text may be the beginning of a stop string waits until that is decided. Raises StudioError
    after the tokens so far if the model's numbers break.
    """
    from studio.core import backtracking, beams  # they build on this module

    if searching := beams_of(request.processors):
        yield from beams.search_best(model, tokenizer, request, searching, cancelled, watch)
        return
    started = time.perf_counter()
    seen = context.measure(model, tokenizer, request.prompt, request.special_offsets, request.max_new_tokens)

    rule = backtracking.rule_of(request.processors)
    start = RunStart(
        request.seed, len(seen.ids), tokenizer, model, cancelled=cancelled, goes_back=rule is not None,
        n_new=seen.max_new_tokens,
    )  # fmt: skip
    chain = begin_all(effective(request.processors), start)
    n_reused = context.reuse(model, seen.ids)
    yield GenerationStarted(
        job_id=request.job_id,
        n_prompt_tokens=seen.n_text_tokens,
        n_context_tokens=seen.n_context_tokens,
        n_reused_tokens=min(n_reused, seen.n_context_tokens),
        visible_start=seen.visible_start,
        max_new_tokens=seen.max_new_tokens,
    )
    stops = StopMatcher(request.stop)
    n_tokens = 0
    reason = FinishReason.LENGTH
    reading_done = None
    account = Account()
    ahead = None
    if drafting and not rule and not needs_model(request.processors):  # these read one by one all the same
        n_total = len(seen.ids) + seen.max_new_tokens
        ahead = Ahead(drafting, chain, seen.ids, n_total, request.seed, cancelled)
        account = ahead.account
    try:
        asked = (model, tokenizer, request, seen, chain, cancelled, watch)
        for token in backtracking.tokens(*asked, rule) if rule else _tokens(*asked, ahead):
            if isinstance(token, FinishReason):
                reason = token
                break
            if token is None:
                reading_done = time.perf_counter()
                continue
            for ready in stops.feed(token) if request.stop else (token,):
                n_tokens += 1
                yield ready
            if stops.found is not None:
                reason = FinishReason.STOP
                break
    except Exception:
        yield from stops.flush()
        raise
    finally:
        if ahead:
            ahead.close()
    for ready in stops.flush():
        n_tokens += 1
        yield ready
    now = time.perf_counter()
    reading_done = reading_done or now
    yield GenerationFinished(
        job_id=request.job_id,
        reason=reason,
        n_tokens=n_tokens,
        prefill_s=reading_done - started,
        decode_s=now - reading_done,
        stop_string=stops.found,
        n_guessed=account.n_guessed,
        n_right=account.n_right,
        saved_s=account.saved_s,
    )


def _tokens(
    model: CausalLM,
    tokenizer: Tokenizer,
    request: Generate,
    seen: context.Context,
    chain: Sequence[Running],
    cancelled: Cancelled,
    watch: Watch,
    ahead: Ahead | None,
) -> Iterator[Token | FinishReason | None]:
    """Yield None once the prompt is read, then tokens, and last the reason if it is not LENGTH."""
    decoder = IncrementalDecoder()
    n_context = len(seen.ids)
    ids = torch.tensor(seen.ids + [0] * seen.max_new_tokens)  # (n_context + max_new_tokens,)
    key = memory.key_of(seen.ids)
    chooser = Chooser(tokenizer, effective(request.processors), chain, request.seed)
    for step in range(seen.max_new_tokens):
        if cancelled():
            yield FinishReason.CANCELLED
            return
        n = n_context + step
        try:
            if step == 0:
                logits = context.read(model, seen.ids, cancelled)
                yield None
            else:
                logits = ahead.logits(ids[:n]) if ahead else model.forward(ids[n - 1 : n])
            token = chooser.choose(ids[:n], logits, step, decoder)
        except InterruptedReading:
            yield FinishReason.CANCELLED
            return
        watch(key, logits, token, chooser.head)
        key = memory.after(key, token.token_id)
        ids[n] = token.token_id
        if token.token_id != tokenizer.end_of_text_id:
            yield token
        elif request.stop_at_end_of_text and not is_complete(chain):
            yield FinishReason.END_OF_TEXT
            return
        elif not is_complete(chain):
            decoder.reset()
            yield token
        if is_complete(chain):
            yield FinishReason.COMPLETE
            return
