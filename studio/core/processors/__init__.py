"""Logits processors: one frozen dataclass each; the fields are its parameters.

A processor begins a run (see `core/running.py`); what it begins maps the context and the logits,
`(T,) int64, (V,) float32 -> (V,) float32`: `ids` are the tokens the model sees (prompt and what was
generated, at least one), `logits` may hold -inf for what an earlier processor removed. Most are pure and are
called as they are. At its "off" value it returns the very tensor it was given; it never removes the last
finite token; what it does not mean to change keeps its exact value. To add one, write a class and put it
into PROCESSORS: panel, presets, command line, validation and saved JSON derive from its fields.

Only tensor *methods* are used, so the window can read the fields without importing torch. Each processor
that Hugging Face transformers 5 has too gives exactly what that gives, rounding and ties included; the
others give what the definition in their docstring says. The truncating ones look at the few likeliest tokens
first (see `core/truncation.py`).
"""

from __future__ import annotations

from studio.core.processors.choosing import BeamSearch, BestOf
from studio.core.processors.constraints import JsonShape, Pattern
from studio.core.processors.contrastive import ContrastiveSearch
from studio.core.processors.cutoffs import EpsilonCutoff, EtaCutoff, TailFree, TopA, TopNSigma
from studio.core.processors.dry import Dry
from studio.core.processors.guiding import Guidance
from studio.core.processors.repetition import (
    FrequencyPenalty,
    NoRepeatNgram,
    PresencePenalty,
    RepetitionPenalty,
)
from studio.core.processors.steering import Mirostat, Xtc
from studio.core.processors.tempering import DynamicTemperature, QuadraticSmoothing, Temperature
from studio.core.processors.truncating import MinP, TopK, TopP, TypicalP
from studio.core.processors.words import BannedWords, LogitBias
from studio.core.running import LogitsProcessor

PROCESSORS: tuple[type[LogitsProcessor], ...] = (
    Guidance,
    Pattern,
    JsonShape,
    LogitBias,
    RepetitionPenalty,
    FrequencyPenalty,
    PresencePenalty,
    NoRepeatNgram,
    Dry,
    BannedWords,
    TopNSigma,
    Temperature,
    DynamicTemperature,
    QuadraticSmoothing,
    TopK,
    TopP,
    MinP,
    TypicalP,
    EpsilonCutoff,
    EtaCutoff,
    TopA,
    TailFree,
    Xtc,
    Mirostat,
    ContrastiveSearch,
    BeamSearch,
    BestOf,
)
"""Every processor, in the default order of application: Hugging Face's, with the others where they belong.

First the guidance by another prompt and the shape the text must have, then what speaks of particular tokens
(favours, penalties, bans): they mean the model's own logits. So does top-nσ, whose cut no temperature moves.
Then the temperatures, then the cuts, which mean the probabilities one will draw from. XTC comes after them,
for it must choose among what is worth choosing; mirostat last, since it steers by the surprise of what is
really drawn. Contrastive search leaves nothing to draw. Which of several texts is kept, comes after all.
"""

__all__ = [
    "PROCESSORS",
    "BannedWords",
    "BeamSearch",
    "BestOf",
    "ContrastiveSearch",
    "Dry",
    "DynamicTemperature",
    "EpsilonCutoff",
    "EtaCutoff",
    "FrequencyPenalty",
    "Guidance",
    "JsonShape",
    "LogitBias",
    "LogitsProcessor",
    "MinP",
    "Mirostat",
    "NoRepeatNgram",
    "Pattern",
    "PresencePenalty",
    "QuadraticSmoothing",
    "RepetitionPenalty",
    "TailFree",
    "Temperature",
    "TopA",
    "TopK",
    "TopNSigma",
    "TopP",
    "TypicalP",
    "Xtc",
]
