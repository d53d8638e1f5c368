"""Values of a JSON document, each checked to be what it should be; if not, a sentence that says where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.export.characters import whole_characters
from studio.intake.importer import not_readable

MAX_INT = 2**63 - 1
_NOT_FINITE = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


class Place:
    """A value and where in the document it is, like `archives.3.session.title`."""

    __slots__ = ("_name", "_parent", "value")

    def __init__(self, value: object, name: str | int = "", parent: Place | None = None) -> None:
        self.value = value
        self._name = name
        self._parent = parent

    def __str__(self) -> str:
        if self._parent is None:
            return ""
        return f"{self._parent}.{self._name}".lstrip(".")

    def wrong(self) -> StudioError:
        """The value is not what it should be."""
        return not_readable(
            QT_TRANSLATE_NOOP(
                "StudioError", "The file is damaged or was changed: “{place}” is not as it should be."
            ),
            place=str(self)[:100] or "archives",
        )

    def fields(self, names: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Place]:
        """The values of an object with these names and no others; the `optional` ones may be missing."""
        if not isinstance(self.value, dict):
            raise self.wrong()
        if not set(names) - set(optional) <= self.value.keys() <= set(names):
            raise self.wrong()
        return {name: Place(value, name, self) for name, value in self.value.items()}

    def items(self, limit: int = MAX_INT) -> Iterator[Place]:
        """The values of a list."""
        if not isinstance(self.value, list) or len(self.value) > limit:
            raise self.wrong()
        return (Place(value, number, self) for number, value in enumerate(self.value))

    def row(self, length: int) -> list[Place]:
        """The values of a list of this length."""
        found = list(self.items(length))
        if len(found) != length:
            raise self.wrong()
        return found

    def text(self, limit: int = MAX_INT) -> str:
        """A text, lone surrogates as U+FFFD."""
        if not isinstance(self.value, str) or len(self.value) > limit:
            raise self.wrong()
        return whole_characters(self.value)

    def whole(self, low: int = 0, high: int = MAX_INT) -> int:
        """A whole number between these."""
        if type(self.value) is not int or not low <= self.value <= high:
            raise self.wrong()
        return self.value

    def real(self) -> float:
        """A number, or one of "nan", "inf", "-inf"."""
        if isinstance(self.value, str) and self.value in _NOT_FINITE:
            return _NOT_FINITE[self.value]
        if isinstance(self.value, float):
            return self.value
        return float(self.whole(-MAX_INT))

    def truth(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.wrong()
        return self.value
