"""Requests and answers about how probable a text is, for figures of its own. All are part of messages.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScoreText:
    """Ask for the probability of every token of a text. Answered by Progress..., TextScored; or JobFailed.

    Longer texts than the context are scored in windows that advance by `stride` tokens, so that every token
    but the first window's has at least n_positions - stride tokens before it.
    """

    job_id: int
    text: str
    stride: int | None = None  # None: half the context window


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """One token of a text that was read, not written, by the model."""

    token_id: int
    raw: bytes
    text: str  # what this token completed, as in Token
    logprob: float  # nats
    rank: int
    entropy: float  # nats


@dataclass(frozen=True, slots=True)
class TextScored:
    """The whole text, scored. The first token is predicted from end-of-text."""

    job_id: int
    tokens: tuple[ScoredToken, ...]
    n_bytes: int  # UTF-8
    perplexity: float  # exp(-mean logprob)
    bits_per_byte: float
    stride: int
