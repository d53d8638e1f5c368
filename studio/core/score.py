"""How likely the model finds a text somebody else wrote."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.messages import ScoredToken, ScoreText, TextScored
from studio.core.model import Cancelled, CausalLM, InterruptedReading
from studio.core.tokenizer import IncrementalDecoder, Tokenizer, clean_text


def score(
    model: CausalLM, tokenizer: Tokenizer, request: ScoreText, cancelled: Cancelled
) -> Generator[float, None, TextScored]:
    """Score every token of the text, yielding the fraction done.

    Raises StudioError for an empty text and for broken numbers, InterruptedReading when cancelled. Memory is
    bounded by one chunk's logits, not by the text's length.
    """
    text = clean_text(request.text)
    ids = tokenizer.encode(text).ids
    if not ids:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is no text to score."),
            QT_TRANSLATE_NOOP("StudioError", "Write or choose some text first."),
        )
    window = model.n_positions
    stride = max(1, min(request.stride or window // 2, window))
    start = tokenizer.prefix_ids or (tokenizer.end_of_text_id or 0,)
    sequence = torch.tensor([*start[-1:], *ids])  # (n+1,): the token before each token, and the last one
    decoder = IncrementalDecoder()
    tokens: list[ScoredToken] = []
    for logits, targets in _windows(model, sequence, stride, cancelled):
        for logprob, rank, entropy in measure_rows(logits, targets):
            token_id = ids[len(tokens)]
            raw = tokenizer.token_bytes(token_id)
            tokens.append(ScoredToken(token_id, raw, decoder.feed(raw), logprob, rank, entropy))
        yield len(tokens) / len(ids)
    nats = -math.fsum(token.logprob for token in tokens)
    n_bytes = len(text.encode("utf-8"))
    mean = nats / len(tokens)
    return TextScored(
        job_id=request.job_id,
        tokens=tuple(tokens),
        n_bytes=n_bytes,
        perplexity=math.exp(mean) if mean < 700 else math.inf,
        bits_per_byte=nats / math.log(2) / n_bytes,
        stride=stride,
    )


def _windows(
    model: CausalLM, sequence: Tensor, stride: int, cancelled: Cancelled
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (T, V) logits with the (T,) tokens they predict, until each of sequence[1:] was predicted once.

    Windows begin at multiples of the stride. Positions are absolute in GPT-2, so nothing of one window's
    cache helps the next: what they have in common is read again, without computing logits.
    """
    n = len(sequence) - 1
    chunk = model.chunk_tokens
    done = 0  # tokens predicted
    begin = 0
    while done < n:
        if cancelled():
            raise InterruptedReading
        end = min(begin + model.n_positions, n)
        model.truncate(0)
        for at in range(begin, done, chunk):
            model.forward(sequence[at : min(at + chunk, done)], cancelled)
        while done < end:
            to = min(done + chunk, end)
            yield model.forward_all(sequence[done:to], cancelled), sequence[done + 1 : to + 1]
            done = to
        begin += stride


def measure_rows(logits: Tensor, targets: Tensor) -> list[tuple[float, int, float]]:
    """Logprob (nats), rank and entropy (nats) of each target: (T, V) float32, (T,) int64."""
    with torch.inference_mode():
        log_sums = logits.logsumexp(1, keepdim=True)  # (T, 1)
        if not bool(log_sums.isfinite().all()):
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError", "The model's numbers broke down: it no longer gives any probabilities."
                ),
                QT_TRANSLATE_NOOP("StudioError", "Choose another model; this one's weights are damaged."),
            )
        logprobs = logits - log_sums  # (T, V)
        chosen = logprobs.gather(1, targets[:, None])  # (T, 1)
        ranks = (logprobs > chosen).sum(1) + 1
        entropies = -(logprobs.exp() * logprobs.clamp_min(-1e9)).sum(1)  # 0 * -inf would be NaN
        return list(zip(chosen[:, 0].tolist(), ranks.tolist(), entropies.tolist(), strict=True))
