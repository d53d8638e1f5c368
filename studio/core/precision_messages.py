"""Requests and answers about what a precision costs. All are part of messages.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeasurePrecisions:
    """Load the model again in each precision, read a text, and compare with float32.

    Answered by Progress..., PrecisionMeasured of each, PrecisionsMeasured; or JobFailed. Each is loaded
    beside the loaded model, one at a time, and freed.
    """

    job_id: int
    text: str
    special_offsets: tuple[int, ...]  # as in Generate
    precisions: tuple[str, ...]  # of precisions.NAMES
    gives_way: bool = False  # ends as if cancelled as soon as anything else is asked for


@dataclass(frozen=True, slots=True)
class PrecisionFigures:
    """What a precision costs and brings. Everything but memory and speed is against float32, on one text."""

    precision: str
    n_bytes: int  # weights and KV cache in memory
    tokens_per_s: float  # written one by one after the text, on this machine
    n_tokens: int  # of the text
    mean_kl: float  # nats, from float32's distribution to this one's
    max_kl: float
    agreement: float  # 0..1: of the tokens, where both have the same favourite
    mean_difference: float  # nats: |log-probability - float32's|, over all tokens likelier than 1/1000
    top_50: float  # 0..1: of float32's fifty likeliest, how many are among these fifty


@dataclass(frozen=True, slots=True)
class PrecisionMeasured:
    """One of the precisions is known."""

    job_id: int
    figures: PrecisionFigures


@dataclass(frozen=True, slots=True)
class PrecisionsMeasured:
    """All that were asked for are known."""

    job_id: int
    sha256: str  # of the weights
    seconds: float
