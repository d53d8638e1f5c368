"""Steering by what a run remembers: leaving out the obvious at random, and keeping the surprise steady."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param
from studio.core.running import Running, RunStart, Untouched
from studio.core.truncation import INF

if TYPE_CHECKING:
    from torch import Tensor

_XTC_KEY = 0x585443  # sets this stage's randomness apart from any other's of the same seed


@dataclass(frozen=True, slots=True)
class Xtc:
    """Exclude top choices: with probability q remove all but the least likely of the tokens p_j >= t.

    Does nothing where fewer than two are, or where a line end or the end of the text would go. p-e-w 2024,
    text-generation-webui, pull request 6335.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Exclude top choices (XTC)"),
        QT_TRANSLATE_NOOP(
            "processors", "Now and then removes the most obvious words, where another one fits."
        ),
    )
    xtc_probability: float = param(
        0.0, off=0.0, usual=0.5, lo=0.0, hi=1.0, step=0.01, decimals=2, symbol="q",
        label=QT_TRANSLATE_NOOP("processors", "Exclude top choices"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How often the most obvious words are left out, so that the text avoids clichés. 0 is off; 0.5 "
            "is every other token.",
        ),
    )  # fmt: skip
    xtc_threshold: float = param(
        0.1, off=None, lo=0.0, hi=0.5, step=0.01, decimals=2, symbol="t",
        label=QT_TRANSLATE_NOOP("processors", "Obvious from"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How likely a token must be to count as an obvious choice. The least likely of these is kept.",
        ),
    )  # fmt: skip

    def begin(self, start: RunStart) -> Running:
        """The stage with this run's seed."""
        return Untouched() if self.xtc_probability == 0.0 else XtcRun(self, start)


class XtcRun(Untouched):
    """The chance of one run, and the tokens it spares."""

    __slots__ = ("_rule", "_start", "spared")

    def __init__(self, rule: Xtc, start: RunStart) -> None:
        self._rule = rule
        self._start = start
        ends = [start.tokenizer.encode(text).ids for text in ("\n", "\n\n")]
        self.spared = {ids[0] for ids in ends if len(ids) == 1}
        if start.tokenizer.end_of_text_id is not None:
            self.spared.add(start.tokenizer.end_of_text_id)

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if not self.strikes(len(ids)):
            return logits
        probs = logits.softmax(-1)
        above = ((probs >= self._rule.xtc_threshold) & (logits > -INF)).nonzero().flatten()  # (n,)
        if len(above) < 2:
            return logits
        scores = logits[above]
        removed = above[scores > scores.amin()]
        if not len(removed) or not self.spared.isdisjoint(removed.tolist()):
            return logits
        return logits.index_fill(-1, removed, -INF)

    def strikes(self, n_ids: int) -> bool:
        """Whether it does anything after so many tokens."""
        drawn = uniform(self._start.seed, n_ids - self._start.n_prompt, _XTC_KEY)
        return drawn < self._rule.xtc_probability


def uniform(seed: int, position: int, key: int) -> float:
    """A number in [0, 1) that depends on these three alone: Philox 4x64 (Salmon et al. 2011), from "
    "its counter."""
    from numpy.random import Philox

    bits = Philox(key=(key << 64) | (seed % 2**64), counter=position % 2**64).random_raw()
    return (int(bits) >> 11) * 2.0**-53


@dataclass(frozen=True, slots=True)
class Mirostat:
    """Keep the tokens of surprise -log2 p <= μ, at least the best; then μ <- μ - η·(surprise chosen - τ).

    μ begins at 2τ; the surprise is the one this stage finds before it removes anything, in bits. Basu et al.
    2020, arXiv 2007.14966, algorithm of the authors' version 2.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Mirostat"),
        QT_TRANSLATE_NOOP(
            "processors", "Keeps the text equally surprising all along, by watching what it wrote."
        ),
    )
    mirostat_tau: float = param(
        0.0, off=0.0, usual=5.0, lo=0.0, hi=15.0, step=0.1, decimals=1, symbol="τ", paper="2007.14966",
        label=QT_TRANSLATE_NOOP("processors", "Mirostat"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How surprising each token should be on average, in bits. 0 is off; 3 is calm, 5 lively. Works "
            "best without other cut-offs.",
        ),
    )  # fmt: skip
    mirostat_eta: float = param(
        0.1, off=None, lo=0.01, hi=1.0, step=0.01, decimals=2, symbol="η", paper="2007.14966",
        label=QT_TRANSLATE_NOOP("processors", "Mirostat rate"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How quickly it reacts to a token that was too tame or too "
            "wild.",
        ),
    )  # fmt: skip

    def begin(self, start: RunStart) -> Running:
        """The stage with its memory at the beginning."""
        return Untouched() if self.mirostat_tau == 0.0 else MirostatRun(self)


class MirostatRun(Untouched):
    """How surprising a token may be, moved by every one that is chosen."""

    __slots__ = ("_found", "_mu", "_rule")

    def __init__(self, rule: Mirostat) -> None:
        self._rule = rule
        self._mu = 2 * rule.mirostat_tau  # bits
        self._found: Tensor | None = None  # (V,) float32, the surprise of every token at the last call

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        self._found = -logits.softmax(-1).log2()
        return logits.where((self._found <= self._mu) | (logits == logits.amax()), -INF)

    def chosen(self, token_id: int) -> None:
        """Move μ by how much the token's surprise missed τ."""
        if self._found is not None and token_id < len(self._found):
            self.follow(float(self._found[token_id]))

    def follow(self, surprise: float) -> float:
        """What the most surprise was, in bits, before a token of this surprise was chosen."""
        most = self._mu
        if math.isfinite(surprise):
            self._mu -= self._rule.mirostat_eta * (surprise - self._rule.mirostat_tau)
        return most
