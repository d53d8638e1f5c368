"""Requests and answers about how fast the model is here, and what it takes. All are part of messages.py."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Quantity(StrEnum):
    """What was measured."""

    BANDWIDTH = "bandwidth"  # bytes read from memory a second
    DECODE = "decode"  # tokens a second, one after another, after `size` others
    PREFILL = "prefill"  # tokens a second of a prompt of `size` tokens
    BATCH = "batch"  # tokens a second of `size` texts together
    FIRST_TOKEN = "first_token"  # noqa: S105 (no password): s, from a prompt of `size` tokens to its first word
    SAMPLING = "sampling"  # s a token: the default chain, the draw, and all that the views show
    LOAD = "load"  # s, from the folder to a model that is ready


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that was measured: a median, of the bandwidth the best."""

    quantity: Quantity
    size: int  # see Quantity; 0: there is none
    value: float
    share_of_bandwidth: float = 0.0  # of what the memory could deliver, how much was used; 0: does not apply


# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasurePerformance:
    """Measure the loaded model on this machine. Answered by Progress..., PerformanceMeasured; or JobFailed.

    What the model had read is put aside meanwhile and comes back with the next request.
    """

    job_id: int
    quick: bool = True  # a few seconds with GPT-2 124M instead of a minute


@dataclass(frozen=True, slots=True)
class TellUsage:
    """Ask what the model takes in memory and computes with. Answered at once by UsageTold or JobFailed."""

    job_id: int


# -- messages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PerformanceMeasured:
    """All figures, in the order of Quantity."""

    job_id: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class UsageTold:
    """What the model process takes now."""

    job_id: int
    weight_bytes: int
    cache_bytes: int  # keys and values of a full context window
    kept_bytes: int  # of texts that one may come back to
    n_kept_logits: int  # positions whose logits are remembered
    logit_bytes: int  # what these take
    process_bytes: int  # all of the model process; 0: not known here
    instructions: str  # "AVX2", ...: what the arithmetic is done with
