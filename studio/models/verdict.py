"""Whether a model fits and how fast it will write: from its size, the memory that is free, what was measured.

A token reads every weight once, so that its time goes with the bytes of the model. What other models took on
this machine therefore tells what one takes that has not written here yet; the one nearest in size is asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence
from studio.core.precisions import AUTO, NAMES, UNMEASURED, Measured, choose
from studio.models.records import ShelfModel

PROCESS_BYTES = 250_000_000
"""The interpreter and torch before any model: 230 to 250 MB, measured."""

PEAK = 1.5
"""While it loads, some of a model is in memory twice; core/checkpoints.py asks for as much."""

SLOW = 5.0
"""Tokens a second. Below, one waits for words: people read about five a second."""

USED_BANDWIDTH = 0.6
"""The part of the memory's speed that writing reaches, by `gpt2-studio bench`."""

FAR = 20.0
"""A model so many times smaller tells little: it does not have to wait for the memory."""

MAX_CACHED_TOKENS = 4096
"""Other models than GPT-2 hold keys and values of what has been read, not of the whole window."""

_BITS = {"float32": 32.0, "bfloat16": 16.0, "float16": 16.0, "int8": 8.5, "int4": 5.5}


class Fit(StrEnum):
    """In a word."""

    FITS = "fits"
    SLOW = "slow"
    WONT_FIT = "won't fit"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a model of a size was measured to be here."""

    name: str
    sha256: str
    n_bytes: int
    tokens_per_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be expected of a model on this machine now."""

    fit: Fit
    held_bytes: int  # while it is loaded, the process that computes included
    peak_bytes: int  # while it loads
    free_bytes: int | None  # None: not known here
    precision: str  # in which it would be computed
    tokens_per_s: float = 0.0  # 0.0: not known
    judged_by: str = ""  # the model whose speed was measured; empty: the memory's was
    fits_in: str = ""  # a precision that would fit, if this one does not
    said: Sentence = field(kw_only=True)


def precision_of(model: ShelfModel, wish: str, known: Mapping[str, Measured]) -> str:
    """What a model is computed in if `wish` is set: other models than GPT-2 know float32 only."""
    if model.architecture != "gpt2":
        return "float32"
    if wish != AUTO:
        return wish
    return choose(known[model.sha256]) if model.sha256 in known else UNMEASURED


def model_bytes(model: ShelfModel, precision: str) -> int:
    """Weights, keys and values in memory."""
    n_tokens = (
        model.n_positions if model.architecture == "gpt2" else min(model.n_positions, MAX_CACHED_TOKENS)
    )
    cached = model.n_cached * n_tokens * (4 if precision == "float32" else 2)
    return int(model.n_parameters * _BITS[precision] / 8) + cached


def speeds(
    models: Iterable[ShelfModel], wish: str, known: Mapping[str, Measured], written: Mapping[str, float]
) -> tuple[Speed, ...]:
    """What was measured on this machine: of precisions, and (tokens/s by SHA-256) while it wrote."""
    found = []
    for model in models:
        precision = precision_of(model, wish, known)
        figures = known.get(model.sha256, {}).get(precision)
        if (speed := written.get(model.sha256, 0.0)) > 0:
            found.append(Speed(model.name, model.sha256, model_bytes(model, precision), speed))
        elif figures is not None:
            found.append(Speed(model.name, model.sha256, figures.n_bytes, figures.tokens_per_s))
    return tuple(found)


def judge(
    model: ShelfModel,
    wish: str,
    known: Mapping[str, Measured],
    free_bytes: int | None,
    measured: Iterable[Speed] = (),
    bandwidth: float = 0.0,
) -> Verdict:
    """The verdict on a model. `wish` is a precision or "auto", `free_bytes` what it may take in all."""
    precision = precision_of(model, wish, known)
    if model.why is not None:
        return Verdict(Fit.BROKEN, 0, 0, free_bytes, precision, said=model.why)
    held, peak = _needs(model, precision)
    if free_bytes is not None and peak > free_bytes:
        return _wont_fit(model, precision, free_bytes)
    speed, judged_by = _speed(model, model_bytes(model, precision), tuple(measured), bandwidth)
    fit = Fit.SLOW if 0 < speed < SLOW else Fit.FITS
    said = _said(held, free_bytes, speed, judged_by)
    return Verdict(fit, held, peak, free_bytes, precision, speed, judged_by, said=said)


def _needs(model: ShelfModel, precision: str) -> tuple[int, int]:
    held = model_bytes(model, precision)
    return held + PROCESS_BYTES, int(held * PEAK) + PROCESS_BYTES


def _wont_fit(model: ShelfModel, precision: str, free_bytes: int) -> Verdict:
    held, peak = _needs(model, precision)
    others = NAMES[NAMES.index(precision) + 1 :] if model.architecture == "gpt2" else ()
    fits_in = next((name for name in others if _needs(model, name)[1] <= free_bytes), "")
    values = {"needed": gigabytes(peak), "free": gigabytes(free_bytes), "precision": fits_in}
    template = QT_TRANSLATE_NOOP(
        "StudioError", "It needs {needed} of memory while it loads; {free} are free now."
    )
    if fits_in:
        template = QT_TRANSLATE_NOOP(
            "StudioError",
            "It needs {needed} of memory while it loads; {free} are free now. In {precision} it would fit.",
        )
    said = Sentence(template, tuple(values.items()))
    return Verdict(Fit.WONT_FIT, held, peak, free_bytes, precision, fits_in=fits_in, said=said)


def _speed(
    model: ShelfModel, n_bytes: int, measured: tuple[Speed, ...], bandwidth: float
) -> tuple[float, str]:
    """Tokens a second, and by which model's speed that is judged ("": by the memory's)."""
    own = next((speed for speed in measured if model.sha256 and speed.sha256 == model.sha256), None)
    if own is not None:
        return own.tokens_per_s, model.name
    nearest = min(measured, key=lambda speed: abs(math.log(speed.n_bytes / n_bytes)), default=None)
    by_memory = USED_BANDWIDTH * bandwidth / n_bytes
    if nearest is None or (by_memory and n_bytes > FAR * nearest.n_bytes):
        return by_memory, ""
    return nearest.tokens_per_s * nearest.n_bytes / n_bytes, nearest.name


def _said(held: int, free_bytes: int | None, speed: float, judged_by: str) -> Sentence:
    values = {
        "needed": gigabytes(held),
        "free": gigabytes(free_bytes or 0),
        "speed": f"{speed:,.0f}" if speed >= SLOW else f"{speed:.1f}",
        "name": judged_by,
    }
    needs = QT_TRANSLATE_NOOP("StudioError", "It takes {needed} of memory")
    if free_bytes is not None:
        needs = QT_TRANSLATE_NOOP("StudioError", "It takes {needed} of the {free} of memory that are free")
    if not speed:
        how = QT_TRANSLATE_NOOP("StudioError", "how fast it writes is not known yet")
    elif judged_by:
        how = QT_TRANSLATE_NOOP("StudioError", "about {speed} tokens/s, by what {name} reached here")
    else:
        how = QT_TRANSLATE_NOOP("StudioError", "about {speed} tokens/s, by the speed of this memory")
    parts = (("needs", Sentence(needs, tuple(values.items()))), ("how", Sentence(how, tuple(values.items()))))
    return Sentence(QT_TRANSLATE_NOOP("StudioError", "{needs}; {how}."), parts)


def gigabytes(n_bytes: int) -> str:
    """In MB, or GB from a thousand of them."""
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:,.0f} MB"
