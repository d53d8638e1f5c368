"""Penalties for tokens that occur already, and the ban on repeating whole sequences of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param
from studio.core.running import Pure
from studio.core.truncation import INF

if TYPE_CHECKING:
    from torch import Tensor


def in_vocabulary(ids: Tensor, logits: Tensor) -> Tensor:
    """Drop ids without a logit: some tokenizers know more tokens than the model's head. (T,) -> (<=T,)."""
    return ids[ids < logits.shape[-1]]


@dataclass(frozen=True, slots=True)
class RepetitionPenalty(Pure):
    """Make every token of the context less likely, once: divide its logit by θ if positive, else multiply.

    Keskar et al. 2019, CTRL, arXiv 1909.05858, section 4.1.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Repetition penalty"),
        QT_TRANSLATE_NOOP("processors", "Makes tokens that already occur less likely, once each."),
        everyday=True,
    )
    repetition_penalty: float = param(
        1.0, off=1.0, usual=1.1, lo=1.0, hi=2.0, step=0.01, decimals=2, symbol="θ", paper="1909.05858",
        label=QT_TRANSLATE_NOOP("processors", "Repetition penalty"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Makes words that already occur in the text less likely. 1 is off; 1.1 suits small models.",
        ),
    )  # fmt: skip
    repetition_range: int = param(
        0, off=None, lo=0, hi=4096, step=16,
        label=QT_TRANSLATE_NOOP("processors", "Repetition range"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How many of the last tokens the repetition penalty looks at. 0 means everything the model sees.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.repetition_penalty == 1.0:
            return logits
        seen = in_vocabulary(ids[-self.repetition_range :], logits)  # [-0:] is everything
        score = logits.gather(-1, seen)
        score = (score * self.repetition_penalty).where(score < 0, score / self.repetition_penalty)
        return logits.scatter(-1, seen, score)


@dataclass(frozen=True, slots=True)
class FrequencyPenalty(Pure):
    """Lower every token by α for each time it occurs: l_j <- l_j - α·count_j (OpenAI's definition).

    Counted over everything the model sees: the prompt's tokens and the generated ones.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Frequency penalty"),
        QT_TRANSLATE_NOOP("processors", "Lowers tokens by how often they already occur."),
    )
    frequency_penalty: float = param(
        0.0, off=0.0, usual=0.3, lo=-2.0, hi=2.0, step=0.05, decimals=2, symbol="α",
        label=QT_TRANSLATE_NOOP("processors", "Frequency penalty"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Makes a word less likely each time it has occurred. 0 is off; below 0 it becomes more likely.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.frequency_penalty == 0.0:
            return logits
        seen = in_vocabulary(ids, logits)
        counts = logits.new_zeros(logits.shape).scatter_add(-1, seen, logits.new_ones(seen.shape))  # (V,)
        return logits - counts * self.frequency_penalty


@dataclass(frozen=True, slots=True)
class PresencePenalty(Pure):
    """Lower every token that occurs by α, however often: l_j <- l_j - α·[count_j > 0] (OpenAI's definition).

    Counted over everything the model sees: the prompt's tokens and the generated ones.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Presence penalty"),
        QT_TRANSLATE_NOOP("processors", "Lowers every token that already occurs by the same amount."),
    )
    presence_penalty: float = param(
        0.0, off=0.0, usual=0.3, lo=-2.0, hi=2.0, step=0.05, decimals=2, symbol="α",
        label=QT_TRANSLATE_NOOP("processors", "Presence penalty"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Makes every word that has occurred less likely, no matter how often, so that new subjects "
            "come up. 0 is off.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.presence_penalty == 0.0:
            return logits
        seen = in_vocabulary(ids, logits)
        return logits.scatter(-1, seen, logits.gather(-1, seen) - self.presence_penalty)


@dataclass(frozen=True, slots=True)
class NoRepeatNgram(Pure):
    """Remove every token that would complete a sequence of n tokens the context already holds.

    Paulus et al. 2017, arXiv 1705.04304, section 2.5. If that would remove every token left, it removes none.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "No repeated n-gram"),
        QT_TRANSLATE_NOOP("processors", "Removes tokens that would repeat a whole sequence of tokens."),
    )
    no_repeat_ngram_size: int = param(
        0, off=0, usual=3, lo=0, hi=10, step=1, symbol="n", paper="1705.04304",
        label=QT_TRANSLATE_NOOP("processors", "No repeated n-gram"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Never writes the same run of this many tokens twice. 0 is off; below 3 even common phrases "
            "are lost.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        size, length = self.no_repeat_ngram_size, ids.shape[-1]
        if size == 0 or length < size:
            return logits
        windows = ids.unfold(-1, size, 1)  # (T - n + 1, n)
        prefix = ids[length + 1 - size :]  # (n - 1,)
        matches = (windows[:, :-1] == prefix).all(-1)  # (T - n + 1,) bool
        banned = in_vocabulary(windows[:, -1][matches], logits)
        if banned.shape[-1] == 0:
            return logits
        kept = logits.index_fill(-1, banned, -INF)
        return logits if kept.amax().item() == -INF else kept
