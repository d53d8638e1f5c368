"""What a comparison comes to: perplexities, agreement, mean divergence. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.comparing_messages import ComparedStretch

LN2 = math.log(2)


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of a whole text. NaN: nothing to tell; inf: a chain made the text impossible."""

    n_tokens_a: int
    n_tokens_b: int
    perplexity_a: float
    perplexity_b: float
    bits_per_byte_a: float
    bits_per_byte_b: float
    agreement: float  # 0..1: the share of places where both have the same favourite
    mean_kl: float  # bits a token; NaN if the vocabularies differ
    mean_js: float  # bits a token
    impossible_a: int  # stretches that the chain had removed
    impossible_b: int


def summarise(stretches: Sequence[ComparedStretch], text: str) -> Summary:
    """The figures of `stretches`, which make up `text`."""
    n_bytes = len(text.encode("utf-8", "replace"))
    n_a, n_b = sum(s.n_a for s in stretches), sum(s.n_b for s in stretches)
    nats_a = -math.fsum(s.logprob_a for s in stretches)
    nats_b = -math.fsum(s.logprob_b for s in stretches)
    known = [s for s in stretches if s.kl >= 0]
    n_known = sum(s.n_a for s in known)
    return Summary(
        n_a,
        n_b,
        _perplexity(nats_a, n_a),
        _perplexity(nats_b, n_b),
        nats_a / LN2 / n_bytes if n_bytes else math.nan,
        nats_b / LN2 / n_bytes if n_bytes else math.nan,
        sum(s.top_a == s.top_b for s in stretches) / len(stretches) if stretches else math.nan,
        math.fsum(s.kl for s in known) / LN2 / n_known if n_known else math.nan,
        math.fsum(s.js for s in known) / LN2 / n_known if n_known else math.nan,
        sum(s.logprob_a == -math.inf for s in stretches),
        sum(s.logprob_b == -math.inf for s in stretches),
    )


def _perplexity(nats: float, n_tokens: int) -> float:
    if not n_tokens:
        return math.nan
    return math.exp(nats / n_tokens) if nats / n_tokens < 700 else math.inf


def difference_bits(stretch: ComparedStretch) -> float:
    """By how many bits B likes it better than A; 0 if both find it impossible."""
    if stretch.logprob_a == stretch.logprob_b:
        return 0.0
    return (stretch.logprob_b - stretch.logprob_a) / LN2
