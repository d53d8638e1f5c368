"""What making a model smaller brought and cost: measured before and after, kept in the new model's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any

REPORT = "studio-report.json"
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two models, read and written with as it is stored."""

    n_bytes: int  # of the weights' files
    n_parameters: int
    computed: str  # "float16": what it was measured in
    tokens_per_s: float
    n_tokens: int  # of the text
    perplexity: float  # of a token of its own; 1e9 stands for more
    bits_per_byte: float  # comparable whatever the tokens are


@dataclass(frozen=True, slots=True)
class Sample:
    """The same beginning written on by both with the same seed."""

    prompt: str
    before: str
    after: str
    seed: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured."""

    kind: str  # one of recipes.KINDS
    made_by: str  # "int8", "8 of 12 layers", "9,120 of 50,257 tokens"
    before: Side
    after: Side
    agreement: float | None  # how often the favourite token is the same; None: the tokens are not
    mean_kl: float | None  # nats a token, from the one to the other; None: the vocabularies differ
    quote: str  # how the text begins that was measured on
    apart: bool  # it was not looked at to decide what to leave out
    left_out: tuple[int, ...]  # of kind "layers": their numbers
    samples: tuple[Sample, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """For a file or a job's answer."""
        return asdict(self)


def from_json(value: Any) -> Report | None:
    """What `to_json` gave; None if it is something else."""
    try:
        agreement, mean_kl, apart = value["agreement"], value["mean_kl"], value["apart"]
        texts = [value[name] for name in ("kind", "made_by", "quote")]
        numbers = [number for number in (agreement, mean_kl) if number is not None]
        if not (
            isinstance(apart, bool)
            and all(isinstance(text, str) for text in texts)
            and all(_is_number(number) for number in (*numbers, value["seconds"]))
        ):
            return None
        return Report(
            kind=texts[0],
            made_by=texts[1],
            before=Side(**_checked(Side, value["before"])),
            after=Side(**_checked(Side, value["after"])),
            agreement=agreement,
            mean_kl=mean_kl,
            quote=texts[2],
            apart=apart,
            left_out=tuple(int(number) for number in value["left_out"]),
            samples=tuple(Sample(**_checked(Sample, sample)) for sample in value["samples"]),
            seconds=value["seconds"],
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def read(folder: Path) -> Report | None:
    """The report in a model's folder; None if there is none that can be used."""
    path = folder / REPORT
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        return from_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError):
        return None


def write(folder: Path, report: Report) -> None:
    """Put it into a folder. Raises OSError."""
    text = json.dumps(report.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / REPORT).write_text(text, encoding="utf-8")


def _checked(kind: type, value: Mapping[str, Any]) -> dict[str, Any]:
    found = {field.name: value[field.name] for field in fields(kind)}
    for field in fields(kind):
        is_text = field.type == "str"
        if is_text != isinstance(found[field.name], str) or not (is_text or _is_number(found[field.name])):
            raise TypeError(field.name)
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
