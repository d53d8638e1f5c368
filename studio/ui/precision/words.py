"""What is said about a precision: its name, its price, how good the numbers are that it gives."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.core.messages import ModelInfo, PrecisionFigures

SMALL = 1e-6


def divergence(nats: float) -> str:
    """A mean KL without an exponent: "0", "< 0.000001", "0.00027", "0.028"."""
    if nats <= 0.0:
        return "0"
    if nats < SMALL:
        return "< 0.000001"
    digits = next(n for n in range(1, 8) if nats >= 10**-n or n == 7)
    return f"{nats:,.{digits + 1}f}" if nats < 1e6 else "∞"


def megabytes(n_bytes: int) -> str:
    """In MB, or GB from 10,000 of them."""
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes >= 1e10 else f"{n_bytes / 1e6:,.0f} MB"


class PrecisionWords(QObject):
    """Sentences for the dialog, the status bar and wherever numbers are shown."""

    def name(self, precision: str, automatic: str) -> str:
        """A row's name."""
        if precision == "auto":
            return self.tr("Automatic: {precision}").format(precision=automatic)
        return precision

    def explained(self, precision: str) -> str:
        """What it is, for somebody who has never heard of it."""
        return {
            "auto": self.tr(
                "The fastest precision whose mean KL is below 0.001 on the app's own text. Until all have "
                "been measured: float16."
            ),
            "float32": self.tr(
                "32 bits for each number, as exact as it gets; the others are compared with it"
            ),
            "bfloat16": self.tr("16 bits for each number, of which about two and a half digits count"),
            "float16": self.tr("16 bits for each number, of which three and a half digits count"),
            "int8": self.tr("8 bits for each number, with a common scale for small groups of them"),
            "int4": self.tr("4 bits for each number: small and fast, and another writer in places"),
        }[precision]

    def without_kernels(self, info: ModelInfo) -> str:
        """Why the compiled kernels do not compute, and what that costs; empty if they do or never could."""
        match info.no_kernels:
            case "" as nothing:
                return nothing
            case "off":
                return self.tr(
                    "The compiled kernels are switched off (GPT2_STUDIO_KERNELS), so PyTorch computes, more "
                    "slowly and in float32 only."
                )
            case "missing":
                return self.tr(
                    "The compiled kernels are not there, so PyTorch computes, more slowly and in float32 "
                    "only; setting the app up again where there is a C compiler builds them."
                )
            case problem:
                return self.tr(
                    "The compiled kernels cannot be used ({problem}), so PyTorch computes, more slowly and "
                    "in float32 only."
                ).format(problem=problem.rstrip("."))

    def numbers(self, info: ModelInfo, figures: PrecisionFigures | None) -> str:
        """How good the numbers are that are shown, in one sentence."""
        if info.dtype == "float32":
            return self.tr("Numbers of the float32 weights: as exact as the model gets.")
        if figures is None:
            return self.tr(
                "Numbers of the {precision} weights; how far they are from float32's has not been measured "
                "yet (Model → Precision…)."
            ).format(precision=info.dtype)
        return self.tr(
            "Numbers of the {precision} weights: log-probabilities within ±{difference} nats of float32's on "
            "average (mean KL {kl} nats)."
        ).format(
            precision=info.dtype,
            difference=divergence(figures.mean_difference),
            kl=divergence(figures.mean_kl),
        )
