"""What is said about making a model smaller: the ways, their price, what is done at the moment."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject

from studio.models.recipes import HEADS, LAYERS, NEURONS, PRECISION, VOCABULARY
from studio.models.reports import Report, Side
from studio.ui.precision.words import divergence, megabytes


class OptimiseWords(QObject):
    """Sentences for the dialog."""

    def explained(self, kind: str) -> str:
        """What a way is, and what it costs."""
        return {
            PRECISION: self.tr(
                "Every number of the model in fewer bits. float16 and bfloat16 lose next to nothing, 8 bits "
                "little, 4 bits more. 8 and 4 bits are for GPT-2 models."
            ),
            LAYERS: self.tr(
                "Whole layers go, one after the other: the one without which the text stays likeliest "
                "(SLEB, arXiv 2402.09025). Fine-tuning brings back much of what is lost."
            ),
            HEADS: self.tr(
                "The same number of attention heads goes in every layer, those the text needs least "
                "(Michel et al., arXiv 1905.10650), and the model gets narrower by as much, its main "
                "directions kept (SliceGPT, arXiv 2401.15024). Single heads cannot go: all layers of a "
                "GPT-2 have equally many. Costs much; fine-tune the model afterwards."
            ),
            NEURONS: self.tr(
                "Every layer keeps the neurons that say most on the text (Minitron, arXiv 2407.14679). "
                "A quarter can often go at a small price."
            ),
            VOCABULARY: self.tr(
                "Only the tokens that the text needs, and single bytes. The text is cut up as before; any "
                "other text can still be written, with more tokens. For byte-level BPE."
            ),
        }[kind]

    def doing(self, what: str) -> str:
        """What the job is at."""
        return {
            "load": self.tr("Loading…"),
            "before": self.tr("Measuring the model as it is…"),
            "make": self.tr("Making the new model…"),
            "after": self.tr("Measuring the new model…"),
        }.get(what, "")

    def rows(self, report: Report) -> Iterator[tuple[str, str, str, str]]:
        """What was measured: name, before, after, explanation."""
        before, after = report.before, report.after
        yield (
            self.tr("Size"),
            megabytes(before.n_bytes),
            megabytes(after.n_bytes),
            self.tr("Of the files with the weights"),
        )
        yield (
            self.tr("Parameters"),
            f"{before.n_parameters:,}",
            f"{after.n_parameters:,}",
            self.tr("How many numbers the model consists of"),
        )
        yield (
            self.tr("Speed"),
            self._speed(before),
            self._speed(after),
            self.tr("Each computed in the precision it is stored in, beside whatever else this computer did"),
        )
        yield (
            self.tr("Perplexity"),
            f"{before.perplexity:,.2f}",
            f"{after.perplexity:,.2f}",
            self.tr("Among how many equally likely tokens the model chooses, as it were; less is better"),
        )
        yield (
            self.tr("Bits per byte"),
            f"{before.bits_per_byte:.3f}",
            f"{after.bits_per_byte:.3f}",
            self.tr("The same in a measure that does not depend on the vocabulary; less is better"),
        )
        same = "–" if report.agreement is None else f"{report.agreement:.1%}"
        yield (
            self.tr("Same favourite"),
            "",
            same,
            self.tr("How often the likeliest token is the same in both models"),
        )
        kl = "–" if report.mean_kl is None else self.tr("{n} nats").format(n=divergence(report.mean_kl))
        yield (
            self.tr("Mean KL"),
            "",
            kl,
            self.tr(
                "Kullback-Leibler divergence of the new model from the old one, the mean of all tokens; not "
                "known where the vocabularies differ"
            ),
        )

    def measured_on(self, report: Report) -> str:
        """On which text, and whether it was fair."""
        said = self.tr("Measured on {n} tokens: “{quote}”.").format(
            n=f"{report.before.n_tokens:,}", quote=report.quote
        )
        if report.apart or report.kind in (PRECISION, VOCABULARY):
            return said
        return f"{said} " + self.tr(
            "The text was too short to be cut in two, so it also decided what went: others will fare worse."
        )

    def _speed(self, side: Side) -> str:
        return self.tr("{n} tokens/s ({precision})").format(
            n=f"{side.tokens_per_s:,.0f}", precision=side.computed
        )
