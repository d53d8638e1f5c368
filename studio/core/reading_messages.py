"""Requests and answers about the numbers behind a text. All are part of messages.py."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.processors import LogitsProcessor
from studio.core.xray import StageReport


@dataclass(frozen=True, slots=True)
class Alternative:
    """One token of the vocabulary at one position."""

    token_id: int
    text: str  # this token alone; bytes that are half a character read as U+FFFD
    raw: bytes
    logprob: float  # nats, under the model itself; -inf is possible
    rank: int  # 1 = the model's favourite
    sampling_prob: float  # 0..1, after the whole chain; 0 if the chain removed it
    removed_by: int = -1  # index of the stage of the chain that removed it; -1: it is still there


@dataclass(frozen=True, slots=True)
class ReadToken:
    """One token of a text, and how much the model expected it."""

    token_id: int
    start: int  # code points of the text: what this token completed; half a character completes nothing
    end: int
    logprob: float  # nats
    rank: int
    entropy: float  # nats, of the distribution this token was one outcome of


@dataclass(frozen=True, slots=True)
class ReadPlace:
    """A position in the text read last: that of its token `index`, which may be one past the last."""

    reading: int  # job_id of the ReadText
    index: int


@dataclass(frozen=True, slots=True)
class GeneratedPlace:
    """A position in a generation: after its prompt, as it was sent, and the tokens `token_ids`."""

    prompt: str
    special_offsets: tuple[int, ...]
    max_new_tokens: int
    token_ids: tuple[int, ...]


Place = ReadPlace | GeneratedPlace


# -- requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadText:
    """Ask for the numbers of every token of a text, each in the context it has when one writes on.

    Only what has changed since last time is computed. The tokens around `caret` come first, and of a text of
    more than `max_tokens` no others. Answered by TextRead..., ReadingFinished; or JobFailed.
    """

    job_id: int
    text: str
    special_offsets: tuple[int, ...]
    caret: int = 0  # code points
    max_tokens: int = 4096


@dataclass(frozen=True, slots=True)
class InspectPlace:
    """Ask for the distribution at one position, before and after a chain. Answered by PlaceInspected.

    Answered at once, also while another job runs, if the logits are still in memory; else in its turn.
    """

    job_id: int
    place: Place
    processors: tuple[LogitsProcessor, ...]
    seed: int = 0
    wanted: tuple[int, ...] = ()  # token ids to tell of beside the likeliest
    n_top: int = 40


# -- messages ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextRead:
    """Some tokens of the text being read: those from index `first` on."""

    job_id: int
    first: int
    tokens: tuple[ReadToken, ...]
    n_tokens: int  # of the whole text


@dataclass(frozen=True, slots=True)
class ReadingFinished:
    """All tokens that were to be read have been told."""

    job_id: int
    n_tokens: int  # of the whole text
    n_read: int  # of these, told of


@dataclass(frozen=True, slots=True)
class PlaceInspected:
    """The distribution at one position."""

    job_id: int
    place: Place
    top: tuple[Alternative, ...]  # the likeliest under the model, best first
    wanted: tuple[Alternative, ...]  # those asked for, in that order
    rest: float  # probability, under the model, of all tokens not in `top`
    sampling_rest: float  # the same after the chain
    n_left: int  # tokens the chain left
    entropy: float  # nats, of the model's own distribution
    sampling_entropy: float  # nats, after the chain
    from_memory: bool  # no forward pass was needed
    n_tokens: int = 0  # of the vocabulary
    stages: tuple[StageReport, ...] = ()  # of the chain, in order; their `probs` are of `top` and `wanted`
