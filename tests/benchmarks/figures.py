"""A measured number with the bar it must keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number and the bar it must stay below (or, for `at_least`, above)."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False

    def is_missed(self) -> bool:
        """Whether the bar is missed."""
        if self.bar is None:
            return False
        return self.value < self.bar if self.at_least else self.value >= self.bar

    def __str__(self) -> str:
        sign = "" if self.bar is None else f"   ({'>=' if self.at_least else '<'} {self.bar:g})"
        return (
            f"  {self.name:<58}{self.value:>10.2f} {self.unit}{sign}{'  MISSED' if self.is_missed() else ''}"
        )
