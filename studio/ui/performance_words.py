"""What Help → Performance says: numbers with units, each with what it means."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from PySide6.QtCore import QObject

from studio.core.messages import Figure, GenerationFinished, ModelInfo, Quantity, UsageTold
from studio.ui.performance_dialog import Row
from studio.ui.precision.words import PrecisionWords

NOT_KNOWN = "–"


class PerformanceWords(QObject):
    """Makes the rows."""

    def model(self, info: ModelInfo | None, usage: UsageTold | None) -> list[Row]:
        """What is loaded and what computes it."""
        if info is None:
            return [Row(self.tr("The model")), Row(self.tr("Model"), self.tr("no model yet"))]
        backend = {
            "compiled": self.tr("compiled kernels"),
            "studio": "PyTorch",
            "transformers": "transformers",
        }.get(info.backend, info.backend)
        with_what = f"{backend}, {usage.instructions}" if usage is not None else backend
        return [
            Row(self.tr("The model")),
            Row(
                self.tr("Model"),
                self.tr("{name}, {millions} million parameters").format(
                    name=info.name, millions=f"{info.n_parameters / 1e6:,.1f}"
                ),
                self.tr("Every word the model writes makes it go through all its parameters once."),
            ),
            Row(
                self.tr("Precision"),
                info.dtype,
                self.tr("How exactly the parameters are held: fewer bits are faster and less exact."),
            ),
            Row(
                self.tr("Computed with"),
                f"{info.device.upper()}, {with_what}",
                self.tr(
                    "Which program part computes, and the processor's widest instructions it uses: with AVX2 "
                    "eight numbers at once, with AVX-512 sixteen."
                )
                + (f"\n{slower}" if (slower := PrecisionWords().without_kernels(info)) else ""),
            ),
            Row(
                self.tr("Threads"),
                str(info.n_threads),
                self.tr("So many processor cores compute; the window keeps its share of the others."),
            ),
            Row(
                self.tr("Loaded in"),
                seconds(info.load_s),
                self.tr("From opening the model's folder to a model that can write."),
            ),
        ]

    def writing(self, finished: Sequence[GenerationFinished]) -> list[Row]:
        """How the last generations went."""
        rates = [run.n_tokens / run.decode_s for run in finished if run.decode_s > 0 and run.n_tokens > 1]
        rows = [Row(self.tr("When it wrote for you"))]
        tip = self.tr(
            "Tokens are the pieces the model writes, about four characters each. The speed holds from the "
            "first token on."
        )
        if not rates:
            return [*rows, Row(self.tr("Last generation"), self.tr("none yet"), tip)]
        rows.append(Row(self.tr("Last generation"), self._rate(rates[-1]), tip))
        if len(rates) > 1:
            rows.append(
                Row(
                    self.tr("The last {n}, in the middle").format(n=len(rates)),
                    self._rate(statistics.median(rates)),
                    self.tr("Half of these generations were faster, half slower."),
                )
            )
        rows.append(
            Row(
                self.tr("First token after"),
                seconds(finished[-1].prefill_s),
                self.tr("How long the model read what it did not know yet, before it began to write."),
            )
        )
        return rows

    def memory(self, usage: UsageTold | None) -> list[Row]:
        """What the model process takes."""
        rows = [Row(self.tr("Memory"))]
        if usage is None:
            return [*rows, Row(self.tr("The model process"), NOT_KNOWN)]
        whole = megabytes(usage.process_bytes) if usage.process_bytes else NOT_KNOWN
        return [
            *rows,
            Row(self.tr("Parameters"), megabytes(usage.weight_bytes), self.tr("The model itself.")),
            Row(
                self.tr("Context"),
                megabytes(usage.cache_bytes),
                self.tr(
                    "What the model notes of each token it has read (keys and values), for a full window."
                ),
            ),
            Row(
                self.tr("Texts kept"),
                megabytes(usage.kept_bytes),
                self.tr("Notes on texts you left, so that going back to one need not be read again."),
            ),
            Row(
                self.tr("Probabilities kept"),
                self.tr("{size}, {n} places").format(
                    size=megabytes(usage.logit_bytes), n=f"{usage.n_kept_logits:,}"
                ),
                self.tr(
                    "What could have stood at each place, for the token list, the X-ray and the sliders."
                ),
            ),
            Row(
                self.tr("The model process"),
                whole,
                self.tr("All of it, with the libraries it computes with. The window itself is not counted."),
            ),
        ]

    def measured(self, figures: Sequence[Figure]) -> list[Row]:
        """What a measurement has found."""
        rows = [Row(self.tr("Measured"))]
        if not figures:
            return [
                *rows,
                Row(self.tr("On this computer"), self.tr("not measured yet"), self.tr("Press Measure now.")),
            ]
        return rows + [self._figure(figure) for figure in figures if figure.quantity != Quantity.LOAD]

    def _figure(self, figure: Figure) -> Row:
        size = f"{figure.size:,}"
        match figure.quantity:
            case Quantity.BANDWIDTH:
                return Row(
                    self.tr("Memory is read at"),
                    self.tr("{n} GB/s").format(n=f"{figure.value / 1e9:,.1f}"),
                    self.tr(
                        "The limit for writing: each token reads all parameters from memory, so half the "
                        "bytes are twice the speed."
                    ),
                )
            case Quantity.DECODE:
                rate = self._rate(figure.value)
                share = f"{100 * figure.share_of_bandwidth:.0f}"
                return Row(
                    self.tr("Writing after {n} tokens").format(n=size),
                    self.tr("{rate} ({share}% of the limit)").format(rate=rate, share=share),
                    self.tr(
                        "One text, token after token. The limit is what the memory can deliver; a small "
                        "model stays in the processor's own cache and may exceed it."
                    ),
                )
            case Quantity.PREFILL:
                return Row(
                    self.tr("Reading {n} tokens").format(n=size),
                    self._rate(figure.value),
                    self.tr("A text the model has not seen yet is read many tokens at a time."),
                )
            case Quantity.BATCH:
                name = self.tr("Writing 1 text") if figure.size == 1 else self.tr("Writing {n} texts at once")
                return Row(
                    name.format(n=size),
                    self._rate(figure.value),
                    self.tr("All tokens together, as with Continue with several."),
                )
            case Quantity.FIRST_TOKEN:
                return Row(
                    self.tr("First token of a new text"),
                    seconds(figure.value),
                    self.tr("After a prompt of {n} tokens.").format(n=size),
                )
            case Quantity.SAMPLING | Quantity.LOAD:
                return Row(
                    self.tr("Sampling, each token"),
                    seconds(figure.value),
                    self.tr(
                        "The sampling settings, the draw, and all that the views show of a token; a part "
                        "of the time each token takes."
                    ),
                )

    def _rate(self, value: float) -> str:
        return self.tr("{n} tokens/s").format(n=f"{value:,.0f}" if value >= 100 else f"{value:,.1f}")


def seconds(value: float) -> str:
    """In s, or in ms below one."""
    return (
        f"{value:,.2f} s"
        if value >= 1
        else f"{1000 * value:,.0f} ms"
        if value >= 0.01
        else f"{1000 * value:.2f} ms"
    )


def megabytes(n_bytes: int) -> str:
    """In MB of a million bytes."""
    return f"{n_bytes / 1e6:,.0f} MB" if n_bytes >= 10_000_000 else f"{n_bytes / 1e6:,.1f} MB"
