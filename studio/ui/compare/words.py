"""How a difference looks and reads: colour, sign, figures."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor

from studio.core.compared import LN2, difference_bits
from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.messages import ComparedStretch
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import percent
from studio.ui.theme import Theme

FULL_BITS = 6.0
"""From this difference on (64 times as likely) a word has the whole colour."""

SIGN_BITS = 1.0
"""From this difference on (twice as likely) a sign says it too."""

LEGEND = (
    QT_TRANSLATE_NOOP("compare", "▼ likelier to A  −6 bits"),
    QT_TRANSLATE_NOOP("compare", "+6 bits  likelier to B ▲"),
)
SHORT_LEGEND = (QT_TRANSLATE_NOOP("compare", "A ▼ −6"), QT_TRANSLATE_NOOP("compare", "+6 bits ▲ B"))
"""Left and right of the colours."""

_TIP = QT_TRANSLATE_NOOP(
    "compare", "“{word}”: A {a}, B {b}. {difference}. Favourite of A: {top_a}, of B: {top_b}."
)
_AS_LIKELY = QT_TRANSLATE_NOOP("compare", "As likely to both")
_LIKELIER = QT_TRANSLATE_NOOP("compare", "{times} times as likely to B ({bits} bits)")
_LESS = QT_TRANSLATE_NOOP("compare", "{times} times as likely to A ({bits} bits)")
B_RULES_OUT = QT_TRANSLATE_NOOP("compare", "B rules it out")
A_RULES_OUT = QT_TRANSLATE_NOOP("compare", "A rules it out")


def said(text: str) -> str:
    """A marked text in the language of the window."""
    return QCoreApplication.translate("compare", text)


def colour(bits: float, theme: Theme) -> QColor | None:
    """Behind a word that B likes better by so many bits; None for next to nothing."""
    strength = min(abs(bits) / FULL_BITS, 1.0) ** 0.7  # small differences must be seen too
    if strength < 0.04:
        return None
    shade = QColor(theme.more if bits > 0 else theme.less)
    shade.setAlphaF(strength)
    return shade


def sign(bits: float) -> str:
    """The colour in a character: ▲ likelier to B, ▼ less likely."""
    if abs(bits) < SIGN_BITS:
        return ""
    return "▲" if bits > 0 else "▼"


def signed(bits: float) -> str:
    """`+1.25`, `−0.40`, `−∞`; a true minus sign."""
    if math.isinf(bits):
        return "+∞" if bits > 0 else "−∞"
    return f"{bits:+.2f}".replace("-", "−")


def probability(logprob: float) -> str:
    """Of a log-probability in nats; what a chain removed has "0%"."""
    return percent(math.exp(logprob))


def divergence(nats: float) -> str:
    """In bits, `∞` where one rules out what the other allows, `–` where there is none to tell."""
    if nats < 0:
        return "–"
    return "∞" if math.isinf(nats) else f"{nats / LN2:.3f}"


def ranks(stretch: ComparedStretch) -> str:
    """`3 → 1`; a stretch of several tokens has none."""

    def one(rank: int, logprob: float) -> str:
        return "–" if rank == 0 or logprob == -math.inf else f"{rank:,}"

    return f"{one(stretch.rank_a, stretch.logprob_a)} → {one(stretch.rank_b, stretch.logprob_b)}"


def sentence(stretch: ComparedStretch, word: str) -> str:
    """Everything about one stretch, for tool tips and screen readers."""
    bits = difference_bits(stretch)
    if math.isinf(bits):
        difference = said(A_RULES_OUT if bits > 0 else B_RULES_OUT)
    elif abs(bits) < 0.05:
        difference = said(_AS_LIKELY)
    else:
        times = 2 ** min(abs(bits), 60)
        difference = said(_LIKELIER if bits > 0 else _LESS).format(
            times=f"{times:.1f}" if times < 100 else f"{times:,.0f}", bits=f"{abs(bits):.1f}"
        )
    return said(_TIP).format(
        word=visible(word),
        a=probability(stretch.logprob_a),
        b=probability(stretch.logprob_b),
        difference=difference,
        top_a=visible(stretch.top_a),
        top_b=visible(stretch.top_b),
    )
