"""Requests and answers about one text read in two ways. All are part of messages.py."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.processors import LogitsProcessor


@dataclass(frozen=True, slots=True)
class CompareText:
    """Read a text twice: with the loaded model and a chain (A), with a model and a chain (B).

    An empty chain is the model itself. Answered by Progress... and TextCompared..., ComparisonFinished; or
    JobFailed. A second model is loaded beside the first and freed when the answer is complete.
    """

    job_id: int
    text: str
    special_offsets: tuple[int, ...]
    path: str  # the checkpoint folder of B; "": the loaded model, so that only the chains differ
    processors_a: tuple[LogitsProcessor, ...]
    processors_b: tuple[LogitsProcessor, ...]
    seed: int = 0  # of processors that draw
    device: str = "auto"  # for B
    precision: str = ""  # of B, as in LoadModel; "": that of A
    max_tokens: int = 8192  # of the text, as A reads it; what comes after these is left out


@dataclass(frozen=True, slots=True)
class ComparedStretch:
    """The shortest stretch between two places where both have a token's border; mostly one token each.

    Of several tokens the log-probabilities are added up; then there are no ranks.
    """

    start: int  # code points of the text
    end: int
    n_a: int  # tokens
    n_b: int
    logprob_a: float  # nats; -inf if the chain removed it
    logprob_b: float
    rank_a: int  # 1 = the favourite; 0: several tokens
    rank_b: int
    kl: float  # nats, from A to B, summed over the tokens; -1 where the vocabularies differ; inf is possible
    js: float  # nats, 0..ln 2 for each token (Jensen-Shannon); -1 where the vocabularies differ
    top_a: str  # the favourite, where the stretch begins
    top_b: str


@dataclass(frozen=True, slots=True)
class TextCompared:
    """Some stretches of the text, in order."""

    job_id: int
    stretches: tuple[ComparedStretch, ...]


@dataclass(frozen=True, slots=True)
class ComparisonFinished:
    """The whole text has been compared."""

    job_id: int
    name_a: str  # of the models
    name_b: str
    same_vocabulary: bool  # if not, there is neither KL nor JS
    same_weights: bool
    n_characters: int  # code points compared
    seconds: float
    precision_a: str = "float32"  # as in ModelInfo.dtype
    precision_b: str = "float32"
