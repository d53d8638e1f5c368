"""Removing what is too unlikely: cuts at a probability that depends on the shape of the distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param
from studio.core.running import Cut, Pure
from studio.core.truncation import INF, keep_tail_free

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class TopNSigma(Cut):
    """Keep the logits within n standard deviations of the largest: l_j >= max l - n·σ(l).

    σ is taken over the tokens left. Does the same at every temperature. Tang et al. 2024, arXiv 2411.07641.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Top-nσ"),
        QT_TRANSLATE_NOOP("processors", "Removes the noise far below the best token, at any temperature."),
    )
    top_n_sigma: float = param(
        0.0, off=0.0, usual=1.0, lo=0.0, hi=10.0, step=0.05, decimals=2, symbol="n", paper="2411.07641",
        label=QT_TRANSLATE_NOOP("processors", "Top-nσ"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Keeps tokens whose raw score is within this many standard deviations of the best. 0 is off; 1 "
            "is strict, 2 is loose.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.top_n_sigma == 0.0:
            return logits
        left = logits if logits.amin() > -INF else logits[logits > -INF]
        if len(left) < 2:
            return logits
        deviation = float(left.double().std(-1))
        return logits.where(logits >= float(logits.amax()) - self.top_n_sigma * deviation, -INF)


@dataclass(frozen=True, slots=True)
class EpsilonCutoff(Cut):
    """Keep the tokens of at least probability ε; at least the best.

    Hewitt, Manning & Liang 2022, arXiv 2210.15191, section 4.2.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Epsilon cut-off"),
        QT_TRANSLATE_NOOP("processors", "Removes every token below a fixed probability."),
    )
    epsilon_cutoff: float = param(
        0.0, off=0.0, usual=0.0005, lo=0.0, hi=0.2, step=0.0001, decimals=4, log=True, symbol="ε",
        paper="2210.15191",
        label=QT_TRANSLATE_NOOP("processors", "Epsilon cut-off"),
        tip=QT_TRANSLATE_NOOP(
            "processors", "Removes every token less likely than this. 0 is off; try 0.0003 to 0.0009."
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.epsilon_cutoff == 0.0:
            return logits
        removed = (logits.softmax(-1) < self.epsilon_cutoff) & (logits < logits.amax())
        return logits.masked_fill(removed, -INF)


@dataclass(frozen=True, slots=True)
class EtaCutoff(Cut):
    """Keep the tokens of at least probability η = min(ε, √ε·exp(-H)); at least the best.

    H is the entropy in nats. Hewitt, Manning & Liang 2022, arXiv 2210.15191, section 4.3.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Eta cut-off"),
        QT_TRANSLATE_NOOP(
            "processors", "Removes tokens below a probability that sinks where the model is unsure."
        ),
    )
    eta_cutoff: float = param(
        0.0, off=0.0, usual=0.001, lo=0.0, hi=0.2, step=0.0001, decimals=4, log=True, symbol="ε",
        paper="2210.15191",
        label=QT_TRANSLATE_NOOP("processors", "Eta cut-off"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Removes every token less likely than this, and fewer where many words fit. 0 is off; try 0.0003 "
            "to 0.002.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.eta_cutoff == 0.0:
            return logits
        epsilon = logits.new_tensor(self.eta_cutoff)
        logprobs = logits - logits.logsumexp(-1)
        probs = logprobs.softmax(-1)
        entropy = -(logprobs.clamp_min(-1e30) * probs).sum(-1)  # 0 * -inf would be NaN
        eta = epsilon.minimum(epsilon.sqrt() * (-entropy).exp())
        return logits.masked_fill((logits.softmax(-1) < eta) & (logits < logits.amax()), -INF)


@dataclass(frozen=True, slots=True)
class TopA(Cut):
    """Keep the tokens of at least a·(max p)²: many where the best is unlikely, few where it is sure.

    BlinkDL 2022, RWKV-LM, “the top-a sampling method”.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Top-a"),
        QT_TRANSLATE_NOOP("processors", "Removes more, the surer the model is of its best token."),
    )
    top_a: float = param(
        0.0, off=0.0, usual=0.2, lo=0.0, hi=1.0, step=0.01, decimals=2, symbol="a",
        label=QT_TRANSLATE_NOOP("processors", "Top-a"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Removes every token less likely than this times the square of the best one's probability. "
            "0 is off; try 0.2.",
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        if self.top_a == 0.0:
            return logits
        probs = logits.softmax(-1)
        best = probs.amax()
        return logits.where(probs >= self.top_a * best * best, -INF)


@dataclass(frozen=True, slots=True)
class TailFree(Pure):
    """Keep the head of the sorted probabilities that holds the share z of their curvature; at least one.

    Curvature is the absolute second difference. Phénix & Egan 2019, “Tail free sampling”.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Tail-free"),
        QT_TRANSLATE_NOOP(
            "processors", "Finds where the flat tail of unlikely tokens begins and removes it."
        ),
    )
    tfs_z: float = param(
        1.0, off=1.0, usual=0.95, lo=0.0, hi=1.0, step=0.01, decimals=2, symbol="z",
        label=QT_TRANSLATE_NOOP("processors", "Tail-free"),
        tip=QT_TRANSLATE_NOOP(
            "processors", "Cuts where the probabilities stop falling and run flat. 1 is off; try 0.95."
        ),
    )  # fmt: skip

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        return logits if self.tfs_z == 1.0 else keep_tail_free(logits, self.tfs_z)
