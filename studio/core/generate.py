"""Writing with a model, token by token."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace

import torch
from torch import Tensor

from studio.core import context, memory
from studio.core.ahead import Account, Ahead, Drafting
from studio.core.drawing import draw
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.hardware import one_thread
from studio.core.messages import (
    END_OF_TEXT,
    BeamsSearched,
    Candidate,
    FinishReason,
    Generate,
    GenerationFinished,
    GenerationStarted,
    Token,
)
from studio.core.model import Cancelled, CausalLM, InterruptedReading
from studio.core.processors.choosing import beams_of
from studio.core.processors.constraints import discarded, is_complete, take
from studio.core.processors.guiding import needs_model
from studio.core.running import ByValue, Cut, Running, RunStart, begin_all
from studio.core.stops import StopMatcher
from studio.core.tokenizer import IncrementalDecoder, Tokenizer
from studio.kernels.library import Description, kernels

N_CANDIDATES = 20
FEW = 2048
"""Tokens that are fewer than these are worth taking out of the vocabulary."""

Watch = Callable[[int, Tensor, Token], None]
"""Told of every token written: the key of its position (see memory.py), the logits (V,), the token."""


def nobody(_key: int, _logits: Tensor, _token: Token) -> None:
    """Nobody watches."""


def sampling_probs(chain: Sequence[Running], ids: Tensor, logits: Tensor) -> Tensor:
    """Probabilities after the chain: (T,) int64, (V,) float32 -> (V,) float32 with sum 1.

    Once a cut has left few tokens, and nothing but values matters to the stages after it, those see only the
    few: a pass over 50 numbers costs a tenth of one over 50,257.
    """
    processed = logits
    for place, stage in enumerate(chain):
        later = chain[place + 1 :]
        if isinstance(stage, Cut) and all(isinstance(following, ByValue) for following in later):
            left = stage.kept(processed)  # (n,)
            after = processed if left is not None else stage(ids, processed)
            if left is None and after is not processed:
                left = (after > -torch.inf).nonzero()[:, 0]
            if left is not None and len(left) <= FEW:
                probs = _among(later, ids, after[left])
                if probs is not None:
                    return torch.zeros_like(logits).scatter(0, left, probs)
            processed = stage(ids, processed) if after is processed else after
        else:
            processed = stage(ids, processed)
    return as_probabilities(processed, logits)


def _among(chain: Sequence[Running], ids: Tensor, few: Tensor) -> Tensor | None:
    """Probabilities after the chain: (n,) float32 -> (n,) with sum 1; None if nothing can be compared."""
    for stage in chain:
        few = stage(ids, few)
    probs = few.softmax(0)
    return probs if bool(probs.sum() > 0.5) else None


def as_probabilities(processed: Tensor, logits: Tensor) -> Tensor:
    """What the draw sees of a chain's last logits: (V,) float32 twice -> (V,) float32 with sum 1.

    Should there be no token left, or no number to compare, the favourite of `logits` gets everything.
    """
    probs = processed.softmax(0)
    if not bool(probs.sum() > 0.5):  # also if it is NaN
        infinite = processed == torch.inf  # such as logits divided by a temperature of 1e-38
        chosen = (
            infinite if bool(infinite.any()) else logits == logits[logits.nan_to_num(-torch.inf).argmax()]
        )
        probs = chosen / chosen.sum()
    return probs


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
    chain = begin_all(request.processors, start)
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
            for ready in stops.feed(token):
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
    asks_model = needs_model(request.processors)
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
            with torch.inference_mode(), nullcontext() if asks_model else one_thread():
                token = choose(tokenizer, chain, ids[:n], logits, request.seed, step)
        except InterruptedReading:
            yield FinishReason.CANCELLED
            return
        watch(key, logits, token)
        key = memory.after(key, token.token_id)
        ids[n] = token.token_id
        if token.token_id != tokenizer.end_of_text_id:
            yield replace(token, text=decoder.feed(token.raw))
        elif request.stop_at_end_of_text and not is_complete(chain):
            yield FinishReason.END_OF_TEXT
            return
        elif not is_complete(chain):
            decoder.reset()
            yield token
        if is_complete(chain):
            yield FinishReason.COMPLETE
            return


def choose(
    tokenizer: Tokenizer,
    chain: Sequence[Running],
    ids: Tensor,
    logits: Tensor,
    seed: int,
    step: int,
    banned: Sequence[int] = (),
) -> Token:
    """Draw the token of a run's position `step` and tell the chain: (T,) int64, (V,) float32.

    `banned` tokens are not there for the chain. The token's `text` is END_OF_TEXT or still to be filled in.
    """
    if not math.isfinite(logits.amax()):  # or one is no number
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "The model's numbers broke down at token {step}: it no longer gives any probabilities.",
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose another model; this one's weights are damaged."),
            step=step + 1,
        )
    left = logits.index_fill(0, ids.new_tensor(banned), -torch.inf) if banned else logits
    probs = sampling_probs(chain, ids, left)  # (V,)
    token_id = draw(probs, seed, step)
    for stage in chain:
        stage.chosen(token_id)
    take(chain, token_id)
    token = describe(tokenizer, logits, probs, token_id)
    ruled_out = discarded(chain)
    return replace(token, discarded=ruled_out) if ruled_out else token


def describe(tokenizer: Tokenizer, logits: Tensor, probs: Tensor, token_id: int) -> Token:
    """A token among all that could have stood in its place: (V,) float32 twice, before and after the chain.

    Its `text` is END_OF_TEXT or still to be filled in.
    """
    about = _about(logits, token_id, min(N_CANDIDATES, len(logits)))
    top = logits.new_tensor(about.top, dtype=torch.int64)
    top_logprobs = [logit - about.log_sum for logit in logits[top].tolist()]
    top_probs: list[float] = probs[top].tolist()
    return Token(
        token_id=token_id,
        raw=tokenizer.token_bytes(token_id),
        text=END_OF_TEXT,
        logprob=float(logits[token_id]) - about.log_sum,
        sampling_prob=float(probs[token_id]),
        rank=about.rank,
        entropy=about.entropy,
        candidates=tuple(
            Candidate(other_id, tokenizer.display(other_id), other_logprob, prob)
            for other_id, other_logprob, prob in zip(about.top, top_logprobs, top_probs, strict=True)
        ),
    )


def _about(logits: Tensor, token_id: int, n_top: int) -> Description:
    """What stands around a token; in one pass of the kernels if they are there. (V,) float32."""
    lib = kernels()
    if lib is not None and logits.device.type == "cpu" and logits.is_contiguous():
        described = lib.describe(logits.data_ptr(), len(logits), token_id, n_top)
        if described is not None:
            return described
    log_sum = logits.logsumexp(0)
    logprobs = logits - log_sum  # (V,)
    entropy = -torch.dot(logprobs.exp(), logprobs.clamp_min(-1e9))  # 0 * -inf would be NaN
    rank = 1 + int((logits > logits[token_id]).sum())
    return Description(float(log_sum), float(entropy), rank, logits.topk(n_top).indices.tolist())
