"""What was found, in words."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, QObject

from studio.core import chain
from studio.core.messages import Fit, SettingChange, SettingsFound
from studio.core.parameters import Parameter
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import percent

LN2 = math.log(2)


def label_of(name: str) -> str:
    """A field's name, or a whole stage's, as the user reads it."""
    for parameter in chain.all_parameters():
        if parameter.name == name:
            return QCoreApplication.translate("processors", parameter.label)
    return QCoreApplication.translate("processors", chain.BY_NAME[name].stage.label)


class TuningWords(QObject):
    """Finds the words; knows the language of the window."""

    def change(self, change: SettingChange) -> str:
        """Temperature 0.80 → 1.15."""
        parameter = next((p for p in chain.all_parameters() if p.name == change.name), None)
        if not isinstance(parameter, Parameter):
            return self.tr("{setting}: switched off").format(setting=label_of(change.name))

        def shown(value: float) -> str:
            if value == parameter.off and parameter.off != 1.0:
                return self.tr("off")
            return f"{value:.{parameter.decimals}f}"

        return self.tr("{setting} {before} → {after}").format(
            setting=label_of(change.name), before=shown(change.before), after=shown(change.after)
        )

    def figures(self, found: SettingsFound) -> str:
        """What it makes of the passage."""
        match found.question:
            case "entropy":
                return self.tr("average entropy {before} → {after} bits").format(
                    before=f"{found.before.entropy / LN2:.2f}", after=f"{found.after.entropy / LN2:.2f}"
                )
            case "reachable":
                return self.tr("probability {before} → {after}").format(
                    before=self._chance(found.before.prob), after=self._chance(found.after.prob)
                )
            case _:
                return self.tr("perplexity {before} → {after}").format(
                    before=self._perplexity(found.before), after=self._perplexity(found.after)
                )

    def _chance(self, prob: float) -> str:
        if not 0 < prob < 0.01:
            return percent(prob)
        return self.tr("{percent} (one in {n})").format(percent=percent(prob), n=f"{round(1 / prob):,}")

    def _perplexity(self, fit: Fit) -> str:
        if fit.n_impossible:
            return self.tr("infinite ({n} impossible)").format(n=fit.n_impossible)
        perplexity = math.exp(-fit.logprob)
        if perplexity < 10:
            return f"{perplexity:.2f}"
        return f"{perplexity:.3g}" if perplexity < 1000 else f"{perplexity:,.0f}"

    def possible(self, found: SettingsFound) -> str:
        """Which words can be drawn now that could not."""
        if not found.words or found.after.n_impossible >= found.before.n_impossible:
            return ""
        words = ", ".join(f"‘{visible(word)}’" for word in found.words[:3])
        more = len(found.words) - 3
        if found.after.n_impossible == 1:
            return self.tr("1 token stays impossible")
        if found.after.n_impossible:
            return self.tr("{n} tokens stay impossible").format(n=found.after.n_impossible)
        if more > 0:
            return self.tr("{words} and {n} more become possible").format(words=words, n=more)
        if len(found.words) == 1:
            return self.tr("{word} becomes possible").format(word=words)
        return self.tr("{words} become possible").format(words=words)

    def summary(self, found: SettingsFound) -> str:
        """All of it in a sentence."""
        if not found.changes:
            if found.question == "reachable":
                return self.tr("It is possible already: {prob}. Nothing needs to change.").format(
                    prob=percent(found.before.prob)
                )
            return self.tr("The settings are already the best of those you ticked.")
        told = [self.figures(found), self.possible(found)]
        between = self.tr("; ", "between two parts of a sentence")
        return self.tr("{changes}: {told}.").format(
            changes=between.join(map(self.change, found.changes)), told=between.join(filter(None, told))
        )

    def axis(self, question: str) -> str:
        """What the curve shows, with its unit."""
        return {
            "entropy": self.tr("average entropy (bits)"),
            "reachable": self.tr("probability (%)"),
        }.get(question, self.tr("geometric mean probability (%)"))

    def scaled(self, question: str, value: float) -> float:
        """A figure of the curve in the unit of its axis."""
        return value / LN2 if question == "entropy" else 100 * value
