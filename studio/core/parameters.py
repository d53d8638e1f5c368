"""What a processor's fields mean: range, step, off value, label and tip, declared once as field metadata.

The sampling panel, the command line, the presets and the validation all derive from this. Imports neither
torch nor Qt; labels and tips are English and marked for lupdate, the window translates them with
`QCoreApplication.translate("processors", label)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from studio.core.errors import QT_TRANSLATE_NOOP, RefusedError, Sentence

if TYPE_CHECKING:
    from dataclasses import Field

TEXT_LIMIT = 20_000  # characters of a text field: a long list of words, not a book

Value = float | str
"""What a field of a processor may hold."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How a whole processor is called and what it does, in English."""

    label: str
    tip: str
    everyday: bool = False  # one of the few that most people need


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of one processor that holds a number."""

    name: str  # unique over all processors: objectName `param_<name>`, flag `--<name-with-dashes>`
    type: type[int] | type[float]
    default: float
    off: float | None  # at this value its processor does nothing; None: the field cannot switch it off
    usual: float  # what a person would try first: the value when its processor is switched on
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

    def clamped(self, value: Value) -> float:
        """Return the allowed value nearest to `value`; what is no number becomes the default."""
        if isinstance(value, str) or math.isnan(value):
            return self.default
        inside = min(max(value, self.lo), self.hi)
        return round(inside) if self.type is int else float(inside)

    def _no_number(self, shown: str) -> RefusedError:
        whole = QT_TRANSLATE_NOOP("StudioError", "{label} must be a whole number, not {value}.")
        number = QT_TRANSLATE_NOOP("StudioError", "{label} must be a number, not {value}.")
        label = Sentence(self.label, context="processors")
        return RefusedError(whole if self.type is int else number, label=label, value=shown)


@dataclass(frozen=True, slots=True)
class TextParameter:
    """One field of one processor that holds a text."""

    name: str
    default: str
    off: str | None
    check: Callable[[str], object]  # raises ValueError with one sentence
    lines: int  # how many a field should show
    label: str
    tip: str
    example: str = ""  # for an empty field

    type: ClassVar[type[str]] = str

    def parse(self, text: str) -> str:
        """Read a value as a person would type it; raises ValueError with one sentence."""
        return self.checked(text)

    def checked(self, value: object) -> str:
        """Return `value`; raises ValueError with one sentence if it is not allowed."""
        label = Sentence(self.label, context="processors")
        if not isinstance(value, str):
            raise RefusedError(
                QT_TRANSLATE_NOOP("StudioError", "{label} must be a text, not {value}."),
                label=label,
                value=repr(value),
            )
        if len(value) > TEXT_LIMIT:
            raise RefusedError(
                QT_TRANSLATE_NOOP("StudioError", "{label} can have at most {limit} characters."),
                label=label,
                limit=TEXT_LIMIT,
            )
        self.check(value)
        return value


AnyParameter = Parameter | TextParameter


class HasParameters(Protocol):
    """A dataclass whose fields were made by `param` and `text_param`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


def param(
    default: float,
    *,
    off: float | None,
    usual: float | None = None,
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
        "usual": default if usual is None else usual,
        "decimals": decimals, "log": log, "label": label, "tip": tip, "symbol": symbol, "paper": paper,
    }  # fmt: skip
    return field(default=default, metadata=described)


def text_param(
    default: str,
    *,
    off: str | None,
    check: Callable[[str], object],
    lines: int = 1,
    label: str,
    tip: str,
    example: str = "",
) -> Any:
    """Make a dataclass field that holds a text (see `TextParameter`)."""
    described = {
        "default": default, "off": off, "check": check, "lines": lines, "label": label, "tip": tip,
        "example": example,
    }  # fmt: skip
    return field(default=default, metadata=described)


def parameters(owner: type[HasParameters] | HasParameters) -> tuple[AnyParameter, ...]:
    """Describe the fields of a processor class (or of one of its instances), in order."""
    return _parameters(owner if isinstance(owner, type) else type(owner))


@cache
def _parameters(owner: type[HasParameters]) -> tuple[AnyParameter, ...]:
    return tuple(_parameter(f) for f in fields(owner))


def _parameter(described: Field[Any]) -> AnyParameter:
    kind = TextParameter if isinstance(described.default, str) else Parameter
    return kind(name=described.name, **described.metadata)


def validate(processor: HasParameters) -> None:
    """Raise ValueError with one sentence if a field has a wrong type or is out of range."""
    for parameter in parameters(processor):
        parameter.checked(getattr(processor, parameter.name))


def is_off(processor: HasParameters) -> bool:
    """Whether the processor returns the logits as they are."""
    return any(p.off is not None and getattr(processor, p.name) == p.off for p in parameters(processor))
