"""Requests and answers about what could follow: trees of continuations, and settings that fit a passage.

All are part of messages.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from studio.core.processors import LogitsProcessor
from studio.core.reading_messages import GeneratedPlace, Place

if TYPE_CHECKING:
    from studio.core.messages import Token

CUTS = (
    "top_k", "top_p", "min_p", "typical_p", "top_n_sigma", "tfs_z", "top_a", "epsilon_cutoff", "eta_cutoff",
)  # fmt: skip
"""Fields that only say how much is removed: the tightest that still leaves the passage makes it likeliest."""

MAX_PASSAGE = 256
"""Tokens of a passage that settings are looked for; of a longer one, the first."""

TUNABLE = ("temperature", "repetition_penalty", "frequency_penalty", "presence_penalty", *CUTS)
"""Fields that may be looked for."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One token that could follow its parent."""

    id: int  # counts up from 1 in the order of growth; 0 is the place itself
    parent: int
    token_id: int
    text: str  # this token alone; bytes that are half a character read as U+FFFD
    raw: bytes
    logprob: float  # nats, after its parent; under the model or after the chain, as was asked
    cumulative: float  # nats, of all tokens from the place to this one, one after the other
    ends: bool = False  # it is the end-of-text token: nothing follows
    rank: int = -1  # of a search: the best text it is part of, 1 the best; 0: it was dropped; -1: no search


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A field of a processor with another value."""

    name: str  # as in Parameter.name; a processor's class name if the whole stage is switched off
    before: float
    after: float
    n_steps: int  # how many steps of the field's slider lie between them


# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GrowTree:
    """Ask for the most probable continuations of a place, best first by their cumulative probability.

    The most probable node that has no children yet gets its `width` likeliest, again and again, until there
    are `max_nodes`, or none is left that is nearer than `depth` and at least `min_prob` probable. Answered by
    TreeGrown..., TreeFinished; or JobFailed. A cancelled one ends in TreeFinished too.
    """

    job_id: int
    place: GeneratedPlace
    width: int  # 1..32
    depth: int  # tokens
    max_nodes: int
    min_prob: float  # 0..1, of all tokens from the place on
    processors: tuple[LogitsProcessor, ...] = ()  # none: the model's own probabilities
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TellPath:
    """Ask for the tokens of a continuation as if they had been drawn there. Answered by PathTold."""

    job_id: int
    place: GeneratedPlace
    token_ids: tuple[int, ...]
    processors: tuple[LogitsProcessor, ...] = ()
    seed: int = 0


class Question(StrEnum):
    """What the settings are to do."""

    LIKELIEST = "likeliest"  # make the passage as likely as can be
    ENTROPY = "entropy"  # give the passage this average entropy
    REACHABLE = "reachable"  # let every token of the passage be drawn at all, with the smallest change


@dataclass(frozen=True, slots=True)
class TuneSettings:
    """Ask for sampling settings that fit a passage. Answered by Progress..., SettingsFound; or JobFailed.

    The passage is `token_ids` after `place`; or, if there are none, `n_tokens` tokens of the text read last
    from `place`, a ReadPlace, on. It counts as one run that began with its first token. A cancelled one ends
    as a cancelled ScoreText does.
    """

    job_id: int
    place: Place
    n_tokens: int
    token_ids: tuple[int, ...]
    question: str  # of Question
    processors: tuple[LogitsProcessor, ...]  # the chain as it is set
    parameters: tuple[str, ...]  # names of the fields that may change; REACHABLE may change any
    target: float = 0.0  # nats: the average entropy wanted
    seed: int = 0
    text: str = ""  # for REACHABLE: a word to be spelled at the place instead of token_ids


# -- messages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TreeGrown:
    """New nodes, in the order of growth; a parent comes before its children."""

    job_id: int
    nodes: tuple[TreeNode, ...]


@dataclass(frozen=True, slots=True)
class TreeFinished:
    """The tree has all it was asked for, or was cancelled."""

    job_id: int
    n_nodes: int
    n_passes: int  # over the weights; 0: all was known
    cancelled: bool


@dataclass(frozen=True, slots=True)
class BeamsSearched:
    """How a beam search went: every beginning it weighed, kept or dropped; sent before its texts.

    A node's probabilities are those after the chain. Followers of a node come the best text's first, then the
    likeliest first.
    """

    job_id: int
    nodes: tuple[TreeNode, ...]
    n_weighed: int  # beginnings in all; the least of a long search are not among the nodes
    length_penalty: float  # a text's score is its `cumulative` / tokens ** length_penalty


@dataclass(frozen=True, slots=True)
class PathTold:
    """The tokens of a path with all their numbers."""

    job_id: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """What settings make of a passage."""

    logprob: float  # nats, mean of its possible tokens after the chain
    entropy: float  # nats, mean after the chain
    n_impossible: int  # tokens that cannot be drawn
    prob: float  # 0..1, of the whole passage


@dataclass(frozen=True, slots=True)
class SettingsFound:
    """The settings that answer a question best; those asked about, if there are no better ones."""

    job_id: int
    question: str
    processors: tuple[LogitsProcessor, ...]
    changes: tuple[SettingChange, ...]
    before: Fit
    after: Fit
    n_tokens: int
    curve_name: str  # the field that changed most, "" if there is none
    curve: tuple[tuple[float, float], ...]  # its values, and what the passage is then: see `question`
    words: tuple[str, ...] = ()  # the tokens of the passage that were impossible before
