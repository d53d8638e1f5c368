"""Requests and answers about words one would put in another's place. All are part of messages.py."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.processors import LogitsProcessor
from studio.core.reading_messages import Alternative, Place


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text as the tokens it is spelled with, and how likely they are one after the other."""

    text: str
    tokens: tuple[Alternative, ...]  # each after those before it
    entropies: tuple[float, ...]  # nats, of the model's own distribution each was one outcome of
    logprob: float  # nats, of all of them in a row, under the model itself
    sampling_prob: float  # 0..1, the same after the chain


@dataclass(frozen=True, slots=True)
class Bridge:
    """Words between a swapped token and the text after it."""

    spelling: Spelling  # empty: no bridge, the text follows at once
    logprob: float  # nats, of these words and the next tokens of the text together


# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask how likely a text is at a place, and which tokens have it in them. Answered by LookedUp.

    END_OF_TEXT asks for the token itself. The text is spelled as it is, and with a space before it
    (or without the one it begins with). A cancelled one ends as a cancelled ScoreText does.
    """

    job_id: int
    place: Place
    text: str
    processors: tuple[LogitsProcessor, ...]
    seed: int = 0
    n_matches: int = 200


@dataclass(frozen=True, slots=True)
class FindBridges:
    """Ask for the words that best join `written` to `rest`. Answered by Progress..., BridgesFound.

    A bridge has at most `max_tokens` tokens; it is judged by the joint probability of its own tokens and the
    next `n_rest` of the rest. A cancelled one ends as a cancelled ScoreText does.
    """

    job_id: int
    place: Place  # where the first of `written` stands
    written: tuple[int, ...]  # token ids: what has been swapped in
    rest: str  # the text that follows, or its beginning
    processors: tuple[LogitsProcessor, ...]  # for the bridge's own figures; it is found without them
    seed: int = 0
    max_tokens: int = 4
    n_rest: int = 12
    n_best: int = 3


# -- messages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookedUp:
    """How likely a text is at a place."""

    job_id: int
    place: Place
    text: str
    spellings: tuple[Spelling, ...]
    matches: tuple[Alternative, ...]  # tokens with the text in them, best first under the model
    n_matches: int  # how many there are in the whole vocabulary


@dataclass(frozen=True, slots=True)
class BridgesFound:
    """The best ways to join a swapped token to what follows."""

    job_id: int
    none: Bridge  # without a bridge
    bridges: tuple[Bridge, ...]  # those that join better than none, best first
    n_rest: int  # tokens of the rest that were looked at
