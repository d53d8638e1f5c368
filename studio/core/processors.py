"""Logits processors: one frozen dataclass each; the fields are its parameters.

A processor is a pure function of the context and the logits, `(T,) int64, (V,) float32 -> (V,) float32`:
`ids` are the tokens the model sees (prompt and what was generated, at least one), `logits` may hold -inf
for what an earlier processor removed. At its "off" value it returns the very tensor it was given; it never
removes the last finite token; what it does not mean to change keeps its exact value. To add one, write a
class and put it into PROCESSORS: panel, presets, command line, validation and saved JSON derive from its
fields.

Only tensor *methods* are used, so the window can read the fields without importing torch. Each processor
gives exactly what the one of the same name in Hugging Face transformers 5 gives, rounding and ties included;
the truncating ones look at the few likeliest tokens first (see `core/truncation.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param
from studio.core.truncation import INF, keep_nucleus, keep_top_k, keep_typical

if TYPE_CHECKING:
    from torch import Tensor

GREEDY_BELOW = 1e-6  # dividing by less could overflow float32; the largest logit would win anyway


class LogitsProcessor(Protocol):
    """A frozen dataclass that maps (T,) int64 and (V,) float32 -> (V,) float32."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    stage: ClassVar[Stage]

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """Return the processed logits; `ids` and `logits` are left as they are."""


@dataclass(frozen=True, slots=True)
class RepetitionPenalty:
    """Make every token of the context less likely, once: divide its logit by θ if positive, else multiply.

    Keskar et al. 2019, CTRL, arXiv 1909.05858, section 4.1.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Repetition penalty"),
        QT_TRANSLATE_NOOP("processors", "Makes tokens that already occur less likely, once each."),
    )
    repetition_penalty: float = param(
        1.0, off=1.0, lo=1.0, hi=2.0, step=0.01, decimals=2, symbol="θ", paper="1909.05858",
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
        seen = _in_vocabulary(ids[-self.repetition_range :], logits)  # [-0:] is everything
        score = logits.gather(-1, seen)
        score = (score * self.repetition_penalty).where(score < 0, score / self.repetition_penalty)
        return logits.scatter(-1, seen, score)


@dataclass(frozen=True, slots=True)
class FrequencyPenalty:
    """Lower every token by α for each time it occurs: l_j <- l_j - α·count_j (OpenAI's definition).

    Counted over everything the model sees: the prompt's tokens and the generated ones.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Frequency penalty"),
        QT_TRANSLATE_NOOP("processors", "Lowers tokens by how often they already occur."),
    )
    frequency_penalty: float = param(
        0.0, off=0.0, lo=-2.0, hi=2.0, step=0.05, decimals=2, symbol="α",
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
        seen = _in_vocabulary(ids, logits)
        counts = logits.new_zeros(logits.shape).scatter_add(-1, seen, logits.new_ones(seen.shape))  # (V,)
        return logits - counts * self.frequency_penalty


@dataclass(frozen=True, slots=True)
class PresencePenalty:
    """Lower every token that occurs by α, however often: l_j <- l_j - α·[count_j > 0] (OpenAI's definition).

    Counted over everything the model sees: the prompt's tokens and the generated ones.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Presence penalty"),
        QT_TRANSLATE_NOOP("processors", "Lowers every token that already occurs by the same amount."),
    )
    presence_penalty: float = param(
        0.0, off=0.0, lo=-2.0, hi=2.0, step=0.05, decimals=2, symbol="α",
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
        seen = _in_vocabulary(ids, logits)
        return logits.scatter(-1, seen, logits.gather(-1, seen) - self.presence_penalty)


@dataclass(frozen=True, slots=True)
class NoRepeatNgram:
    """Remove every token that would complete a sequence of n tokens the context already holds.

    Paulus et al. 2017, arXiv 1705.04304, section 2.5. If that would remove every token left, it removes none.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "No repeated n-gram"),
        QT_TRANSLATE_NOOP("processors", "Removes tokens that would repeat a whole sequence of tokens."),
    )
    no_repeat_ngram_size: int = param(
        0, off=0, lo=0, hi=10, step=1, symbol="n", paper="1705.04304",
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
        banned = _in_vocabulary(windows[:, -1][matches], logits)
        if banned.shape[-1] == 0:
            return logits
        kept = logits.index_fill(-1, banned, -INF)
        return logits if kept.amax().item() == -INF else kept


@dataclass(frozen=True, slots=True)
class Temperature:
    """Divide the logits by t; at 0 keep only the largest (of equal ones that with the lowest id), as it is.

    Ackley, Hinton & Sejnowski 1985; for text see Holtzman et al. 2019, arXiv 1904.09751, section 4.2.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Temperature"),
        QT_TRANSLATE_NOOP("processors", "Sharpens or flattens the probabilities without removing a token."),
    )
    temperature: float = param(
        1.0, off=1.0, lo=0.0, hi=2.0, step=0.05, decimals=2, symbol="t", paper="1904.09751",
        label=QT_TRANSLATE_NOOP("processors", "Temperature"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Below 1 the model plays it safe, above 1 it takes risks. At 0 it always writes the likeliest "
            "token.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:  # noqa: ARG002
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.temperature == 1.0:
            return logits
        if self.temperature < GREEDY_BELOW:
            best = logits.argmax(-1, keepdim=True)  # the first of equal ones
            return logits.new_full(logits.shape, -INF).scatter(-1, best, logits.gather(-1, best))
        return logits / self.temperature


@dataclass(frozen=True, slots=True)
class TopK:
    """Keep the k largest logits, and those equal to the k-th.

    Fan, Lewis & Dauphin 2018, arXiv 1805.04833, section 5.4.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Top-k"),
        QT_TRANSLATE_NOOP("processors", "Removes all but the k likeliest tokens."),
    )
    top_k: int = param(
        0, off=0, lo=0, hi=1000, step=1, log=True, symbol="k", paper="1805.04833",
        label=QT_TRANSLATE_NOOP("processors", "Top-k"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Keeps only the k likeliest tokens. 0 is off; 40 is a common choice.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:  # noqa: ARG002
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.top_k == 0 or self.top_k >= logits.shape[-1]:
            return logits
        return keep_top_k(logits, self.top_k)


@dataclass(frozen=True, slots=True)
class TopP:
    """Keep the nucleus, the smallest set of likeliest tokens with total probability p; at 0 the best one.

    Holtzman et al. 2019, arXiv 1904.09751, section 3.1.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Top-p"),
        QT_TRANSLATE_NOOP("processors", "Removes the unlikely tail outside a share p of the probability."),
    )
    top_p: float = param(
        1.0, off=1.0, lo=0.0, hi=1.0, step=0.01, decimals=2, symbol="p", paper="1904.09751",
        label=QT_TRANSLATE_NOOP("processors", "Top-p"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Keeps the likeliest tokens that together have this share of the probability: few where the "
            "model is sure, many where it is not. 1 is off.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:  # noqa: ARG002
        """(T,) int64, (V,) float32 -> (V,) float32."""
        return logits if self.top_p == 1.0 else keep_nucleus(logits, self.top_p)


@dataclass(frozen=True, slots=True)
class MinP:
    """Keep the tokens at least m times as likely as the likeliest: p_j >= m·max p.

    Nguyen et al. 2024, arXiv 2407.01082.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Min-p"),
        QT_TRANSLATE_NOOP("processors", "Removes tokens far less likely than the likeliest one."),
    )
    min_p: float = param(
        0.0, off=0.0, lo=0.0, hi=1.0, step=0.01, decimals=2, symbol="m", paper="2407.01082",
        label=QT_TRANSLATE_NOOP("processors", "Min-p"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Removes every token less likely than this share of the likeliest one. 0 is off; try 0.05 when "
            "the temperature is high.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:  # noqa: ARG002
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.min_p == 0.0:
            return logits
        probs = logits.softmax(-1)
        return logits.where(probs >= self.min_p * probs.amax(), -INF)


@dataclass(frozen=True, slots=True)
class TypicalP:
    """Keep the tokens whose surprise -log p is nearest to the entropy, until they add up to τ; at least one.

    Meister et al. 2022, Locally typical sampling, arXiv 2202.00666.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Typical-p"),
        QT_TRANSLATE_NOOP(
            "processors", "Removes tokens that are much more or much less surprising than expected."
        ),
    )
    typical_p: float = param(
        1.0, off=1.0, lo=0.0, hi=1.0, step=0.01, decimals=2, symbol="τ", paper="2202.00666",
        label=QT_TRANSLATE_NOOP("processors", "Typical-p"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Keeps tokens that are about as surprising as the model expects the next one to be. 1 is off.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:  # noqa: ARG002
        """(T,) int64, (V,) float32 -> (V,) float32."""
        return logits if self.typical_p == 1.0 else keep_typical(logits, self.typical_p)


PROCESSORS: tuple[type[LogitsProcessor], ...] = (
    RepetitionPenalty,
    FrequencyPenalty,
    PresencePenalty,
    NoRepeatNgram,
    Temperature,
    TopK,
    TopP,
    MinP,
    TypicalP,
)
"""Every processor, in the order of application (Hugging Face's)."""


def _in_vocabulary(ids: Tensor, logits: Tensor) -> Tensor:
    """Drop ids without a logit: some tokenizers know more tokens than the model's head. (T,) -> (<=T,)."""
    return ids[ids < logits.shape[-1]]
