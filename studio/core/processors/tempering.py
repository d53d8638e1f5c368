"""Making the probabilities sharper or flatter without removing a token."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param
from studio.core.running import ByValue
from studio.core.truncation import INF, entropy

if TYPE_CHECKING:
    from torch import Tensor

GREEDY_BELOW = 1e-6  # dividing by less could overflow float32; the largest logit would win anyway


@dataclass(frozen=True, slots=True)
class Temperature(ByValue):
    """Divide the logits by t; at 0 keep only the largest (of equal ones that with the lowest id), as it is.

    Ackley, Hinton & Sejnowski 1985; for text see Holtzman et al. 2019, arXiv 1904.09751, section 4.2.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Temperature"),
        QT_TRANSLATE_NOOP("processors", "Sharpens or flattens the probabilities without removing a token."),
        everyday=True,
    )
    temperature: float = param(
        1.0, off=1.0, usual=0.8, lo=0.0, hi=2.0, step=0.05, decimals=2, symbol="t", paper="1904.09751",
        label=QT_TRANSLATE_NOOP("processors", "Temperature"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Below 1 the model plays it safe, above 1 it takes risks. At 0 it always writes the likeliest "
            "token.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.temperature == 1.0:
            return logits
        return tempered(logits, self.temperature)


@dataclass(frozen=True, slots=True)
class DynamicTemperature(ByValue):
    """Divide by a temperature between two, by how unsure the model is: T = low + (high - low)·(H / H_max)^e.

    H is the entropy of what is left, H_max that of as many equally likely tokens (kalomaze 2023, koboldcpp).
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Dynamic temperature"),
        QT_TRANSLATE_NOOP("processors", "Takes risks where many words fit, and none where only few do."),
    )
    dynatemp_high: float = param(
        0.0, off=0.0, usual=1.5, lo=0.0, hi=5.0, step=0.05, decimals=2, symbol="T_max",
        label=QT_TRANSLATE_NOOP("processors", "Dynamic temperature"),
        tip=QT_TRANSLATE_NOOP(
            "processors", "The temperature where the model has no idea how to go on. 0 is off; try 1.5."
        ),
    )  # fmt: skip
    dynatemp_low: float = param(
        0.5, off=None, lo=0.0, hi=5.0, step=0.05, decimals=2, symbol="T_min",
        label=QT_TRANSLATE_NOOP("processors", "Lowest temperature"),
        tip=QT_TRANSLATE_NOOP("processors", "The temperature where the model is sure of the next token."),
    )  # fmt: skip
    dynatemp_exponent: float = param(
        1.0, off=None, lo=0.1, hi=5.0, step=0.1, decimals=1, symbol="e",
        label=QT_TRANSLATE_NOOP("processors", "Steepness"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Above 1 the temperature stays low until the model is very unsure; below 1 it rises "
            "early."
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.dynatemp_high == 0.0:
            return logits
        n_left = int((logits > -INF).sum())
        if n_left < 2:
            return logits
        unsure = min(max(entropy(logits) / math.log(n_left), 0.0), 1.0)
        span = self.dynatemp_high - self.dynatemp_low
        return tempered(logits, self.dynatemp_low + span * unsure**self.dynatemp_exponent)


@dataclass(frozen=True, slots=True)
class QuadraticSmoothing(ByValue):
    """Bend the logits around the largest: l_j <- l + f·(s·d³ - k·d²) with d = l_j - l.

    l = max l_j, k = (3 - c) / 2, s = (c - 1) / 2. Near the top differences shrink, far below
    they grow: a flatter head and a shorter tail (kalomaze 2024, text-generation-webui).
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Quadratic smoothing"),
        QT_TRANSLATE_NOOP("processors", "Evens out the best tokens and pushes the poor ones further down."),
    )
    smoothing_factor: float = param(
        0.0, off=0.0, usual=0.3, lo=0.0, hi=10.0, step=0.01, decimals=2, log=True, symbol="f",
        label=QT_TRANSLATE_NOOP("processors", "Quadratic smoothing"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Makes the best tokens more alike and the rest less likely; the lower, the more alike. 0 is off; "
            "try 0.3.",
        ),
    )  # fmt: skip
    smoothing_curve: float = param(
        1.0, off=None, lo=1.0, hi=3.0, step=0.05, decimals=2, symbol="c",
        label=QT_TRANSLATE_NOOP("processors", "Smoothing curve"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Above 1 the poor tokens fall faster and the best stay more "
            "alike.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.smoothing_factor == 0.0:
            return logits
        best = logits.amax()
        below = logits - best  # (V,) <= 0
        bent = below * below * ((self.smoothing_curve - 1) / 2 * below - (3 - self.smoothing_curve) / 2)
        return (best + self.smoothing_factor * bent).where(logits > -INF, -INF)


def tempered(logits: Tensor, temperature: float) -> Tensor:
    """The logits divided by a temperature; near 0 only the first of the largest is left, as it is."""
    if temperature < GREEDY_BELOW:
        best = logits.argmax(-1, keepdim=True)  # the first of equal ones
        return logits.new_full(logits.shape, -INF).scatter(-1, best, logits.gather(-1, best))
    return logits / temperature
