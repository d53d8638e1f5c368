"""Which of several texts is kept. The stage itself changes nothing of a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param
from studio.core.running import ByValue, LogitsProcessor

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class BestOf(ByValue):
    """Write n texts at once and keep the one of the highest mean log-probability under the model itself.

    The others stay beside it as variants. Adiwardana et al. 2020, "Sample-and-Rank", arXiv 2001.09977.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Best of several"),
        QT_TRANSLATE_NOOP(
            "processors",
            "Writes several continuations at once and takes the one the model finds likeliest; the others "
            "stay as variants.",
        ),
    )
    best_of: int = param(
        1, off=1, usual=4, lo=1, hi=16, step=1, symbol="n", paper="2001.09977",
        label=QT_TRANSLATE_NOOP("processors", "Best of"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How many continuations are written, of which the likeliest is taken: the highest average "
            "log-probability of a token. 1 is off.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """The very tensor."""
        return logits


@dataclass(frozen=True, slots=True)
class BeamSearch(ByValue):
    """Keep the n likeliest beginnings at every step; a text's score is Σ log p / length^λ. See core/beams.py.

    As transformers' `num_beams` and `length_penalty`. Graves 2012, arXiv 1211.3711.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Beam search"),
        QT_TRANSLATE_NOOP(
            "processors",
            "Looks for the likeliest whole text instead of drawing word by word. It appears when the search "
            "is over; the next best stay as variants. Safe and dry: good for short endings.",
        ),
    )
    beams: int = param(
        1, off=1, usual=4, lo=1, hi=8, step=1, symbol="n", paper="1211.3711",
        label=QT_TRANSLATE_NOOP("processors", "Beams"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How many beginnings are followed side by side; only the likeliest go on. 1 is off. No dice are "
            "thrown, so the same text comes every time.",
        ),
    )  # fmt: skip
    length_penalty: float = param(
        1.0, off=None, lo=-2.0, hi=4.0, step=0.1, decimals=1, symbol="λ",
        label=QT_TRANSLATE_NOOP("processors", "Favour length"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Whether short or long texts win, where some end sooner: 1 compares the average token, more than "
            "1 favours long texts, 0 and less favours short ones.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """The very tensor."""
        return logits


def beams_of(processors: Sequence[LogitsProcessor]) -> BeamSearch | None:
    """The stage of a chain that asks for a search, if it is on."""
    return next((stage for stage in processors if isinstance(stage, BeamSearch) and stage.beams > 1), None)


def n_texts(processors: Sequence[LogitsProcessor]) -> int:
    """How many texts a chain wants to choose from, or finds."""
    if searching := beams_of(processors):
        return searching.beams
    return next((stage.best_of for stage in processors if isinstance(stage, BestOf)), 1)


def best(texts: Sequence[Sequence[float]]) -> int:
    """Which text is the likeliest, of the log-probabilities of the tokens of each (nats).

    The first of equals; one without tokens only if all are.
    """
    means = [sum(logprobs) / len(logprobs) if logprobs else float("-inf") for logprobs in texts]
    return max(range(len(means)), key=lambda i: means[i])


def chosen(processors: Sequence[LogitsProcessor], texts: Sequence[Sequence[float]]) -> int:
    """Which of the texts a chain asked for is taken: the likeliest; a search tells the best first."""
    return 0 if beams_of(processors) else best(texts)
