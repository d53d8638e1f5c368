"""What a word can be coloured by, how hot it is then, and its numbers in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.ui.text_numbers import TextToken
from studio.ui.theme import Theme

LEVELS = 16
CLEAN_BITS = 1.0
HOT_BITS = 11.0
"""Up to one bit of surprise (one in two) a word stays clean; from eleven (one in 2,048) it is hottest."""

HOT_ENTROPY_BITS = 8.0
"""As undecided as between 256 tokens that are all alike."""

RANK_BANDS = (1, 10, 100, 1000)
"""GLTR's bands: the favourite, the ten likeliest, the hundred, the thousand, all others."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to colour words. `ticks` are places on its ramp, 0..1, with what stands there."""

    name: str
    title: str
    meaning: str
    ticks: tuple[tuple[float, str], ...]


_T = QT_TRANSLATE_NOOP

KINDS: tuple[Kind, ...] = (
    Kind(
        "probability",
        _T("heat", "probability"),
        _T("heat", "How likely the model thought each word: the paler, the likelier."),
        ((0.0, "100%"), (0.25, "75%"), (0.5, "50%"), (0.75, "25%"), (1.0, "0%")),
    ),
    Kind(
        "rank",
        _T("heat", "rank"),
        _T("heat", "The word's place in the model's list of guesses: 1 is its favourite."),
        ((0.0, "1"), (0.25, "≤10"), (0.5, "≤100"), (0.75, "≤1k"), (1.0, ">1k")),
    ),
    Kind(
        "entropy",
        _T("heat", "entropy"),
        _T("heat", "How undecided the model was before each word, whatever came: 0 bits is certain."),
        ((0.0, "0"), (0.5, "4"), (1.0, _T("heat", "8 bits"))),
    ),
    Kind(
        "surprisal",
        _T("heat", "surprisal"),
        _T("heat", "How surprised the model was by each word: 7.2 bits is one in 147."),
        ((0.0, "1"), (0.5, "6"), (1.0, _T("heat", "11 bits"))),
    ),
    Kind(
        "origin",
        _T("heat", "origin"),
        _T("heat", "Tinted words were generated; dotted lines mark your changes in them."),
        (),
    ),
)
OFF = "off"
BY_NAME = {kind.name: kind for kind in KINDS}


def translate(text: str) -> str:
    """One of the texts above in the language of the window."""
    return QCoreApplication.translate("heat", text)


# -- how hot -----------------------------------------------------------------------------------------------


def share(kind: str, token: TextToken) -> float:
    """Where a token stands on the ramp of a kind: 0 (clean) to 1 (hottest)."""
    if kind == "probability":
        return 1.0 - math.exp(min(token.logprob, 0.0)) if token.logprob == token.logprob else 1.0
    if kind == "rank":
        return sum(token.rank > band for band in RANK_BANDS) / len(RANK_BANDS)
    if kind == "entropy":
        return _within(token.entropy / math.log(2) / HOT_ENTROPY_BITS)
    return surprisal_share(token.logprob)


def surprisal_share(logprob: float) -> float:
    """Where a log-probability in nats stands on the ramp of surprisal."""
    if not logprob > -1e9:
        return 1.0
    return _within((-logprob / math.log(2) - CLEAN_BITS) / (HOT_BITS - CLEAN_BITS))


def _within(value: float) -> float:
    return min(max(value, 0.0), 1.0) if value == value else 0.0


def heat_level(logprob: float) -> int:
    """0 (expected) to LEVELS (hottest) of a log-probability in nats."""
    return round(LEVELS * surprisal_share(logprob))


@lru_cache(maxsize=256)
def heat_colour(theme: Theme, level: int, ground: str = "") -> QColor:
    """What is behind a word of that level: from the ground's colour (the surface's) to the theme's heat."""
    cold, hot = QColor(ground or theme.surface), QColor(theme.heat)
    part = level / LEVELS

    def mixed(one: int, other: int) -> int:
        return round(one + (other - one) * part)

    return QColor(
        mixed(cold.red(), hot.red()), mixed(cold.green(), hot.green()), mixed(cold.blue(), hot.blue())
    )


# -- in words ----------------------------------------------------------------------------------------------


def percent(probability: float) -> str:
    """A probability for people: "41.3%", "0.02%", "<0.01%", "0%"."""
    if probability <= 0:
        return "0%"
    if probability < 0.0001:
        return "<0.01%"
    return f"{probability:.2%}" if probability < 0.01 else f"{probability:.1%}"


def bits(value: float) -> str:
    """A number of bits; what the model thought impossible is infinitely many."""
    if not math.isfinite(value):
        return translate(_T("heat", "∞ bits"))
    return translate(_T("heat", "{n} bits")).format(n=f"{value:.1f}")


def one_in(logprob: float) -> str:
    """ "one in 147"; empty for what was likelier than not, and for the impossible."""
    if not -60 < logprob < math.log(0.667):
        return ""
    return translate(_T("heat", "one in {n}")).format(n=f"{round(math.exp(-logprob)):,}")


def in_words(token: TextToken, first: str = "probability") -> str:
    """All numbers of a token, that of one kind first: "0.68%, one in 147 · 7.2 bits · rank 12 · …"."""
    parts = _parts(token)
    first = first if first in parts else "probability"
    chance = one_in(token.logprob)
    if chance:
        with_chance = first if first in ("probability", "surprisal") else "probability"
        parts[with_chance] += f", {chance}"
    return " · ".join([parts.pop(first), *parts.values()])


def in_few_words(token: TextToken) -> str:
    """ "7.2 bits · rank 12 · entropy 4.1 bits"."""
    parts = _parts(token)
    del parts["probability"]
    return " · ".join(parts.values())


def _parts(token: TextToken) -> dict[str, str]:
    probability = percent(math.exp(token.logprob) if token.logprob > -700 else 0.0)
    if token.logprob == -math.inf:
        probability = translate(_T("heat", "0%: impossible"))
    entropy = bits(token.entropy / math.log(2))
    return {
        "probability": probability,
        "surprisal": bits(token.surprisal_bits),
        "rank": translate(_T("heat", "rank {n}")).format(n=f"{token.rank:,}"),
        "entropy": translate(_T("heat", "entropy {bits}")).format(bits=entropy),
    }
