"""One token chosen from a row of logits, among all that could have stood in its place."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

import torch
from torch import Tensor

from studio.core.chain import effective
from studio.core.drawing import DRAW_KEY, draw
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.hardware import one_thread
from studio.core.messages import END_OF_TEXT, Candidate, Token
from studio.core.processors import (
    BeamSearch,
    BestOf,
    MinP,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopP,
)
from studio.core.processors.constraints import discarded, take
from studio.core.processors.guiding import needs_model
from studio.core.processors.tempering import GREEDY_BELOW
from studio.core.running import ByValue, Cut, LogitsProcessor, Running
from studio.core.tokenizer import IncrementalDecoder, Tokenizer
from studio.kernels import choice as compiled
from studio.kernels.library import Description, kernels

N_CANDIDATES = 20
FEW = 2048
"""Tokens that are fewer than these are worth taking out of the vocabulary."""


class Chooser:
    """Chooses the tokens of one run, as `choose` does: the same bits.

    Where the chain is a usual one the kernels do it in two calls, a quarter of a millisecond instead of one
    and a half: after each token that is read, little is left in the processor's caches, and every operation
    of torch's has to be fetched anew.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        processors: Sequence[LogitsProcessor],
        chain: Sequence[Running],
        seed: int,
    ) -> None:
        """`chain` is what the processors have begun."""
        self._tokenizer, self._chain, self._seed = tokenizer, chain, seed
        self._asks_model = needs_model(processors)
        self._quick = _QuickChain.of(processors, seed)
        self.head = 0
        """What LogitMemory.put wants to know of the logits last chosen from, until the next."""

    def choose(
        self, ids: Tensor, logits: Tensor, step: int, decoder: IncrementalDecoder | None = None
    ) -> Token:
        """Draw the token of position `step` and tell the chain: (T,) int64, (V,) float32.

        Its `text` is what it completes for the decoder; END_OF_TEXT for that one, which the decoder is not
        told of, and without a decoder. Raises StudioError if the logits are broken.
        """
        if self._quick is not None:
            token = self._quick.choose(self._tokenizer, ids, logits, step, decoder)
            if token is not None:
                self.head = self._quick.head
                return token
        self.head = 0
        with torch.inference_mode(), nullcontext() if self._asks_model else one_thread():
            token = choose(self._tokenizer, self._chain, ids, logits, self._seed, step)
        if decoder is None or token.token_id == self._tokenizer.end_of_text_id:
            return token
        return replace(token, text=decoder.feed(token.raw))


class _QuickChain:
    """A chain of stages that c/choosing.c knows, in its order."""

    def __init__(self, stages: Sequence[LogitsProcessor], seed: int) -> None:
        self._c = c = compiled.Choice(penalty=1.0, temperature=1.0, top_p=1.0)
        self._range: int | None = None  # of the last tokens, how many are penalised; 0: all
        for stage in stages:
            match stage:
                case RepetitionPenalty():
                    c.penalty, self._range = stage.repetition_penalty, stage.repetition_range
                case Temperature():
                    c.temperature = stage.temperature
                case TopK():
                    c.top_k = stage.top_k
                case TopP():
                    c.top_p = stage.top_p
                case MinP():
                    c.min_p = stage.min_p
        c.key[:] = seed % 2**64, DRAW_KEY
        self._values = torch.frombuffer(c.values, dtype=torch.float32)  # (MANY,), the same memory
        self._head, self._logprobs, self._probs = c.head, c.logprobs, c.probs
        self.head = ctypes.addressof(c.head)  # of the best tokens

    @classmethod
    def of(cls, processors: Sequence[LogitsProcessor], seed: int) -> _QuickChain | None:
        """None if one is on that is not known, they come in another order, or none removes tokens."""
        stages = [stage for stage in effective(processors) if not isinstance(stage, BestOf | BeamSearch)]
        if not all(isinstance(stage, _KNOWN) for stage in stages):
            return None
        order = [_KNOWN.index(type(stage)) for stage in stages]
        cuts = any(isinstance(stage, TopK | TopP | MinP) or is_greedy(stage) for stage in stages)
        return cls(stages, seed) if cuts and order == sorted(set(order)) else None

    def choose(
        self,
        tokenizer: Tokenizer,
        ids: Tensor,
        logits: Tensor,
        step: int,
        decoder: IncrementalDecoder | None = None,
    ) -> Token | None:
        """As Chooser.choose; None if it cannot be told."""
        lib, c = kernels(), self._c
        if lib is None or logits.device.type != "cpu" or not logits.is_contiguous():
            return None
        seen = ids[-self._range :] if self._range else ids
        c.logits, c.n = logits.data_ptr(), len(logits)
        c.ids, c.n_ids = seen.data_ptr(), 0 if self._range is None else len(seen)
        c.n_shown = min(N_CANDIDATES, len(logits))
        c.position = step % 2**64
        if compiled.cut(lib, c) != compiled.Found.LEFT:
            return None
        probs = self._values[: c.n_left].softmax(0)
        compiled.settle(lib, c, probs.data_ptr())
        token_id, top = c.token, self._head[: c.n_shown]
        logprobs, sampling = self._logprobs[: c.n_shown], self._probs[: c.n_shown]
        raw = tokenizer.token_bytes(token_id)
        text = END_OF_TEXT if decoder is None or token_id == tokenizer.end_of_text_id else decoder.feed(raw)
        candidates = tuple(map(Candidate, top, map(tokenizer.display, top), logprobs, sampling))
        return Token(token_id, raw, text, c.logprob, c.prob, c.rank, c.entropy, candidates)


_KNOWN = (RepetitionPenalty, Temperature, TopK, TopP, MinP)


def is_greedy(stage: LogitsProcessor) -> bool:
    """Whether it leaves only the best token."""
    return isinstance(stage, Temperature) and stage.temperature < GREEDY_BELOW


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
    Raises StudioError if the logits are broken.
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
