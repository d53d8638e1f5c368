"""The precisions a model can be computed in, what is known of their price, and which one is taken by itself.

Without torch: the window, the command line and the model process all ask here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from studio import __version__
from studio.core.messages import ModelInfo, PrecisionFigures

AUTO = "auto"
NAMES = ("float32", "bfloat16", "float16", "int8", "int4")
"""The most exact first, as in their size."""

UNMEASURED = "float16"
"""What "auto" is until a model has been measured: a mean KL of 5e-6 and half the memory of float32."""

MAX_MEAN_KL = 1e-3
"""Nats. "auto" takes the fastest precision below it."""

NEARLY_AS_FAST = 0.9
"""Of the fastest. Speeds measured in passing vary by as much; among these the most exact is taken."""

MAX_TOKENS = 320
"""Of a text that is measured on. float32's distributions of all of them are held: 64 MB for GPT-2."""

_MAX_FILE_BYTES = 1 << 20

Measured = dict[str, PrecisionFigures]
"""By precision."""


def choose(measured: Mapping[str, PrecisionFigures]) -> str:
    """What "auto" is: the fastest that is as good as float32, or `UNMEASURED` while not all are known."""
    if not measured.keys() >= set(NAMES):
        return UNMEASURED
    good = [f for f in measured.values() if f.precision == "float32" or f.mean_kl < MAX_MEAN_KL]
    fastest = max(f.tokens_per_s for f in good)
    return min(
        (f for f in good if f.tokens_per_s >= NEARLY_AS_FAST * fastest),
        key=lambda f: (f.mean_kl, NAMES.index(f.precision)),
    ).precision


def can_choose(info: ModelInfo) -> bool:
    """Whether this model, as it is loaded, can have other precisions."""
    return info.backend == "compiled"


def machine(info: ModelInfo) -> str:
    """What a speed depends on, as it is remembered: another version of the app measures again."""
    return f"{__version__}; {info.cpu}; {info.n_threads}"


class Known:
    """What has been measured on the app's check text: by weights and machine. A file beside the settings."""

    def __init__(self) -> None:
        self._models: dict[str, dict[str, Measured]] = {}  # by SHA-256 of the weights, by machine

    def of(self, info: ModelInfo) -> Measured:
        """What is known of a model here."""
        return self._models.get(info.sha256, {}).get(machine(info), {})

    def add(self, info: ModelInfo, figures: PrecisionFigures) -> None:
        """Remember; what is known from other versions and machines stays."""
        self._models.setdefault(info.sha256, {}).setdefault(machine(info), {})[figures.precision] = figures

    def latest(self) -> dict[str, Measured]:
        """What was measured last of each model, by SHA-256."""
        return {sha256: list(machines.values())[-1] for sha256, machines in self._models.items()}

    def choices(self) -> tuple[tuple[str, str], ...]:
        """What "auto" is for each model that has been measured: SHA-256 and precision.

        Which machine this is nobody knows before torch has looked: what was measured last counts.
        """
        return tuple((sha256, choose(measured)) for sha256, measured in self.latest().items())

    def to_json(self) -> str:
        """For the file."""
        return json.dumps(
            {
                sha256: {name: [asdict(f) for f in found.values()] for name, found in machines.items()}
                for sha256, machines in self._models.items()
            }
        )

    @classmethod
    def from_file(cls, path: Path) -> Known:
        """Read the file; what cannot be used is not known. Never raises: all of it can be measured again."""
        known = cls()
        try:
            if path.stat().st_size <= _MAX_FILE_BYTES:
                for sha256, name, entry in _entries(json.loads(path.read_text("utf-8"))):
                    figures = _figures(entry)
                    if figures is not None:
                        known._models.setdefault(sha256, {}).setdefault(name, {})[figures.precision] = figures
        except (OSError, ValueError, RecursionError):
            pass
        return known


def _entries(content: Any) -> Iterable[tuple[str, str, Any]]:
    for sha256, machines in _items(content):
        for name, found in _items(machines):
            for entry in found if isinstance(found, list) else ():
                yield sha256, name, entry


def _items(value: Any) -> Collection[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _figures(entry: Any) -> PrecisionFigures | None:
    wanted: dict[str, Any] = {}
    for field in fields(PrecisionFigures):
        value = entry.get(field.name) if isinstance(entry, dict) else None
        if field.name == "precision":
            if value not in NAMES:
                return None
        elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        wanted[field.name] = value
    return PrecisionFigures(**wanted)
