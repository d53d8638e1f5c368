"""Which of several texts is kept. The stage itself changes nothing of a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param
from studio.core.running import LogitsProcessor, Pure

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class BestOf(Pure):
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

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:  # noqa: ARG002
        """The very tensor."""
        return logits


def n_texts(processors: Sequence[LogitsProcessor]) -> int:
    """How many texts a chain wants to choose from."""
    return next((stage.best_of for stage in processors if isinstance(stage, BestOf)), 1)


def best(texts: Sequence[Sequence[float]]) -> int:
    """Which text is the likeliest, of the log-probabilities of the tokens of each (nats).

    The first of equals; one without tokens only if all are.
    """
    means = [sum(logprobs) / len(logprobs) if logprobs else float("-inf") for logprobs in texts]
    return max(range(len(means)), key=lambda i: means[i])
