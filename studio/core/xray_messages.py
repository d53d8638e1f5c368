"""Requests and answers about what other sampling settings would do. All are part of messages.py."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.processors import LogitsProcessor
from studio.core.reading_messages import GeneratedPlace

# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReshapeText:
    """Ask how likely each token of the text read last would have been under a chain, from stored logits.

    Each window of the text (see reader.py) counts as one run that began with its first token. Answered by
    TextReshaped..., ReshapingFinished; or JobFailed. Tokens around index `around` come first. Positions whose
    logits are gone are left out, or computed again if `recompute`.
    """

    job_id: int
    reading: int  # job_id of the ReadText
    processors: tuple[LogitsProcessor, ...]
    seed: int = 0
    around: int = 0
    recompute: bool = False


@dataclass(frozen=True, slots=True)
class Redraw:
    """Ask which tokens of a run other settings would change, on the same noise. Answered by Redrawn.

    `place` is that after the run's last token.
    """

    job_id: int
    place: GeneratedPlace
    before: tuple[LogitsProcessor, ...]  # the settings it was written with
    after: tuple[LogitsProcessor, ...]
    seed: int


# -- messages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReshapedToken:
    """One token of a text under other settings."""

    logprob: float  # nats, after the chain; -inf: it could not have been written
    removed_by: int  # index of the stage that removed it; -1: it is still there


@dataclass(frozen=True, slots=True)
class TextReshaped:
    """Some tokens of the text: those from index `first` on."""

    job_id: int
    first: int
    tokens: tuple[ReshapedToken, ...]


@dataclass(frozen=True, slots=True)
class ReshapingFinished:
    """All tokens that are known have been told."""

    job_id: int
    n_tokens: int  # of the whole text
    n_unknown: int  # of these, not told of: their logits are not in memory
    broken_at: int = -1  # the first token that a pattern or schema does not allow, which then says no more


@dataclass(frozen=True, slots=True)
class RedrawnToken:
    """A token of a run that other settings would change, where all before it stay as they are."""

    index: int  # in the run
    token_id: int
    text: str  # this token alone
    new_id: int
    new_text: str
    removed_by: int  # the stage of the other settings that removed it; -1: another token wins on the noise
    prob_before: float  # 0..1, of the old token under the settings it was written with
    prob_after: float  # 0..1, of the old token under the others
    new_prob_before: float  # 0..1, of the new token
    new_prob_after: float


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What changes in a run. Up to the first changed token this is what the other settings would write."""

    job_id: int
    n_tokens: int  # of the run
    changed: tuple[RedrawnToken, ...]
    not_repeated_at: int  # the first token that its own settings draw otherwise (an older version); -1: none
