"""What a processor's fields mean: range, step, off value, label and tip, declared once as field metadata.

The sampling panel, the command line, the presets and the validation all derive from this. Imports neither
torch nor Qt; labels and tips are English and marked for lupdate, the window translates them with
`QCoreApplication.translate("processors", label)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from studio.core.errors import QT_TRANSLATE_NOOP, RefusedError, Sentence

if TYPE_CHECKING:
    from dataclasses import Field


@dataclass(frozen=True, slots=True)
class Stage:
    """How a whole processor is called and what it does, in English."""

    label: str
    tip: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of one processor."""

    name: str  # unique over all processors: objectName `param_<name>`, flag `--<name-with-dashes>`
    type: type[int] | type[float]
    default: float
    off: float | None  # at this value its processor does nothing; None: the field cannot switch it off
    lo: float
    hi: float
    step: float
    decimals: int  # 0 for whole numbers
    log: bool  # a slider should be logarithmic (above `lo`, which may be 0)
    label: str
    tip: str
    symbol: str = ""  # in the formula of the paper
    paper: str = ""  # arXiv id

    def parse(self, text: str) -> float:
        """Read a value as a person would type it; raises ValueError with one sentence."""
        try:
            number: float = self.type(text)
        except ValueError:
            raise self._no_number(repr(text[:40])) from None
        return self.checked(number)

    def checked(self, value: object) -> float:
        """Return `value` in the right type; raises ValueError with one sentence if it is not allowed."""
        wanted = (int,) if self.type is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise self._no_number(repr(value))
        if not self.lo <= value <= self.hi:  # nor is NaN
            raise RefusedError(
                QT_TRANSLATE_NOOP("StudioError", "{label} must be between {lo} and {hi}."),
                label=Sentence(self.label, context="processors"),
                lo=f"{self.lo:g}",
                hi=f"{self.hi:g}",
            )
        return self.type(value)

    def clamped(self, value: float) -> float:
        """Return the allowed value nearest to `value`; NaN becomes the default."""
        if math.isnan(value):
            return self.default
        inside = min(max(value, self.lo), self.hi)
        return round(inside) if self.type is int else float(inside)

    def _no_number(self, shown: str) -> RefusedError:
        whole = QT_TRANSLATE_NOOP("StudioError", "{label} must be a whole number, not {value}.")
        number = QT_TRANSLATE_NOOP("StudioError", "{label} must be a number, not {value}.")
        label = Sentence(self.label, context="processors")
        return RefusedError(whole if self.type is int else number, label=label, value=shown)


class HasParameters(Protocol):
    """A dataclass whose fields were made by `param`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


def param(
    default: float,
    *,
    off: float | None,
    lo: float,
    hi: float,
    step: float,
    decimals: int = 0,
    log: bool = False,
    label: str,
    tip: str,
    symbol: str = "",
    paper: str = "",
) -> Any:
    """Make a dataclass field that knows its range and what it is for (see `Parameter`)."""
    described = {
        "default": default, "type": type(default), "off": off, "lo": lo, "hi": hi, "step": step,
        "decimals": decimals, "log": log, "label": label, "tip": tip, "symbol": symbol, "paper": paper,
    }  # fmt: skip
    return field(default=default, metadata=described)


def parameters(owner: type[HasParameters] | HasParameters) -> tuple[Parameter, ...]:
    """Describe the fields of a processor class (or of one of its instances), in order."""
    return tuple(_parameter(f) for f in fields(owner))


def _parameter(described: Field[Any]) -> Parameter:
    return Parameter(name=described.name, **described.metadata)


def validate(processor: HasParameters) -> None:
    """Raise ValueError with one sentence if a field has a wrong type or is out of range."""
    for parameter in parameters(processor):
        parameter.checked(getattr(processor, parameter.name))


def is_off(processor: HasParameters) -> bool:
    """Whether the processor returns the logits as they are."""
    return any(p.off is not None and getattr(processor, p.name) == p.off for p in parameters(processor))
