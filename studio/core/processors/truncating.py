"""Removing what is too unlikely: the rules that look at nothing but the logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param
from studio.core.running import Cut
from studio.core.truncation import INF, keep_nucleus, keep_top_k, keep_typical, top_k

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class TopK(Cut):
    """Keep the k largest logits, and those equal to the k-th.

    Fan, Lewis & Dauphin 2018, arXiv 1805.04833, section 5.4.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Top-k"),
        QT_TRANSLATE_NOOP("processors", "Removes all but the k likeliest tokens."),
        everyday=True,
    )
    top_k: int = param(
        0, off=0, usual=40, lo=0, hi=1000, step=1, log=True, symbol="k", paper="1805.04833",
        label=QT_TRANSLATE_NOOP("processors", "Top-k"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Keeps only the k likeliest tokens. 0 is off; 40 is a common choice.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.top_k == 0 or self.top_k >= logits.shape[-1]:
            return logits
        return keep_top_k(logits, self.top_k)

    def kept(self, logits: Tensor) -> Tensor | None:
        """The tokens it keeps: (V,) float32 -> (k,) int64; see Cut."""
        return top_k(logits, self.top_k) if 0 < self.top_k < len(logits) else None


@dataclass(frozen=True, slots=True)
class TopP(Cut):
    """Keep the nucleus, the smallest set of likeliest tokens with total probability p; at 0 the best one.

    Holtzman et al. 2019, arXiv 1904.09751, section 3.1.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Top-p"),
        QT_TRANSLATE_NOOP("processors", "Removes the unlikely tail outside a share p of the probability."),
        everyday=True,
    )
    top_p: float = param(
        1.0, off=1.0, usual=0.95, lo=0.0, hi=1.0, step=0.01, decimals=2, symbol="p", paper="1904.09751",
        label=QT_TRANSLATE_NOOP("processors", "Top-p"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Keeps the likeliest tokens that together have this share of the probability: few where the "
            "model is sure, many where it is not. 1 is off.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        return logits if self.top_p == 1.0 else keep_nucleus(logits, self.top_p)


@dataclass(frozen=True, slots=True)
class MinP(Cut):
    """Keep the tokens at least m times as likely as the likeliest: p_j >= m·max p.

    Nguyen et al. 2024, arXiv 2407.01082.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Min-p"),
        QT_TRANSLATE_NOOP("processors", "Removes tokens far less likely than the likeliest one."),
        everyday=True,
    )
    min_p: float = param(
        0.0, off=0.0, usual=0.05, lo=0.0, hi=1.0, step=0.01, decimals=2, symbol="m", paper="2407.01082",
        label=QT_TRANSLATE_NOOP("processors", "Min-p"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Removes every token less likely than this share of the likeliest one. 0 is off; try 0.05 when "
            "the temperature is high.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.min_p == 0.0:
            return logits
        probs = logits.softmax(-1)
        return logits.where(probs >= self.min_p * probs.amax(), -INF)


@dataclass(frozen=True, slots=True)
class TypicalP(Cut):
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
        1.0, off=1.0, usual=0.95, lo=0.0, hi=1.0, step=0.01, decimals=2, symbol="τ", paper="2202.00666",
        label=QT_TRANSLATE_NOOP("processors", "Typical-p"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Keeps tokens that are about as surprising as the model expects the next one to be. 1 is off.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        return logits if self.typical_p == 1.0 else keep_typical(logits, self.typical_p)
