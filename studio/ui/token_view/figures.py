"""Probabilities in figures people can read."""

from __future__ import annotations

import math


def one_in(probability: float) -> str:
    """The n of "one in n"; empty for what is likelier than not, and for what cannot be."""
    if probability <= 0 or probability > 2 / 3:
        return ""
    n = 1 / probability
    return f"{round(n):,}" if n < 1e9 else f"{n:.0e}"


def nats(logprob: float) -> str:
    """A log-probability; of what cannot be, minus infinity."""
    return f"{logprob:.2f}".replace("-", "\N{MINUS SIGN}") if math.isfinite(logprob) else "\N{MINUS SIGN}∞"


def bits(of_nats: float) -> str:
    """Nats as bits, one decimal."""
    return f"{abs(of_nats) / math.log(2):.1f}" if math.isfinite(of_nats) else "∞"
