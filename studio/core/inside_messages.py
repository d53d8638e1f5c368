"""Requests and answers about what happens inside the model. All are part of messages.py.

Layers and heads count from 0 here; for people the window counts from 1. Numbers that come by the thousand
travel as bytes: float16 or uint16, little-endian, row by row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studio.core.reading_messages import Place

GRADIENT = "gradient"
"""WeighWords.method: each token, by the gradient of the log-probability times the token's embedding."""

SENTENCES = "sentences"
"""WeighWords.method: each sentence, by what the log-probability loses when it is left out."""


@dataclass(frozen=True, slots=True)
class LensRow:
    """What the model would have said, had it ended after a layer."""

    layer: int  # how many layers had worked; 0: only the embedding
    top: tuple[tuple[str, float], ...]  # its five likeliest tokens and their probabilities
    probability: float  # of the token asked about, 0..1
    rank: int  # of that token; 1 = the favourite
    kl: float  # nats: how far this is from the model's own answer; 0 for the last layer


@dataclass(frozen=True, slots=True)
class Weight:
    """A stretch of the context and how much it spoke for the token (positive) or against it."""

    first: int  # tokens of the context
    end: int
    nats: float  # of log-probability


# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookInside:
    """Ask for attention and logit lens at one place, for the token that stands there.

    Answered by InsideSeen or JobFailed.
    """

    job_id: int
    place: Place
    layer: int  # whose attention
    token_id: int


@dataclass(frozen=True, slots=True)
class MapAttention:
    """Ask what every token of the context looked at, in one head.

    Answered by AttentionMapped or JobFailed.
    """

    job_id: int
    place: Place
    layer: int
    head: int
    n_links: int = 8  # of each token: the strongest


@dataclass(frozen=True, slots=True)
class WeighWords:
    """Ask which earlier words mattered for the token at a place.

    Answered by Progress..., WordsWeighed; or JobFailed. Leaving out sentences can be stopped at any time:
    what has been weighed by then is answered.
    """

    job_id: int
    place: Place
    token_id: int
    method: str = GRADIENT


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """Go on without these (layer, head) pairs and whole layers; without any: with everything.

    Answered by SwitchedOff or JobFailed. All that was known of any text is forgotten.
    """

    job_id: int
    heads: tuple[tuple[int, int], ...]
    layers: tuple[int, ...]


# -- messages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InsideSeen:
    """Attention of every head of a layer when the token was predicted, and the logit lens."""

    job_id: int
    place: Place
    token_id: int
    layer: int
    tokens: tuple[str, ...]  # T: what the model had read, each alone as text
    lengths: tuple[int, ...]  # T: code points of the text that each token completed
    attention: bytes  # (H, T) float16: how much each head looked at each token; rows sum to 1
    n_head: int
    lens: tuple[LensRow, ...]  # empty where this kind of model does not show it


@dataclass(frozen=True, slots=True)
class AttentionMapped:
    """The strongest links of every token of the context in one head."""

    job_id: int
    place: Place
    layer: int
    head: int
    n_tokens: int  # T
    n_links: int  # K <= T
    sources: bytes  # (T, K) uint16: indices of tokens, the strongest first
    shares: bytes  # (T, K) float16


@dataclass(frozen=True, slots=True)
class WordsWeighed:
    """What earlier words meant for the token. Of stretches not in `weights` nothing is known (yet)."""

    job_id: int
    place: Place
    token_id: int
    method: str
    tokens: tuple[str, ...]
    lengths: tuple[int, ...]
    logprob: float  # nats, of the token with the whole context
    weights: tuple[Weight, ...]  # in the order of the context
    n_left: int  # stretches not weighed, because it was stopped


def names_of(heads: Iterable[tuple[int, int]], layers: Iterable[int]) -> str:
    """What is off, for people and records: "L3 L5H2", counted from 1; a layer includes its heads."""
    whole = set(layers)
    names = {(layer, -1) for layer in whole} | {pair for pair in heads if pair[0] not in whole}
    return " ".join(f"L{a + 1}" if b < 0 else f"L{a + 1}H{b + 1}" for a, b in sorted(names))
