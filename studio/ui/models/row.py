"""A model as it is shown: what is known of it from the shelf, the library, the machine and the engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from studio.models.records import ShelfModel
from studio.models.verdict import Verdict
from studio.store.records import ModelUse


class State(Enum):
    """What the engine has of it."""

    RESTS = auto()
    LOADING = auto()
    LOADED = auto()
    ONLY_IN_MEMORY = auto()  # it is loaded, and its files are gone
    IN_TRASH = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """One model."""

    model: ShelfModel
    state: State = State.RESTS
    is_default: bool = False
    verdict: Verdict | None = None
    use: ModelUse | None = None
    is_listed: bool = True  # on the shelf: it can be renamed and removed

    @property
    def is_built_in(self) -> bool:
        """Whether it ships with the app."""
        return self.model.about.source == "built in"
