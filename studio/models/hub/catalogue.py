"""The models that are offered by name: `resources/models/catalogue.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from studio import paths
from studio.models.records import About, ShelfModel


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a model before anyone is asked."""

    repo: str
    name: str
    language: str
    architecture: str
    n_parameters: int
    n_layer: int
    n_embd: int
    n_positions: int
    licence: str  # as published; empty: its card states none
    good_for: str  # an English sentence, to be translated
    about_mb: int = 0  # the weights' size; 0: not known beforehand

    def as_model(self) -> ShelfModel:
        """As it would stand on the shelf, to be judged like those that do."""
        return ShelfModel(
            id="",
            name=self.name,
            folder=Path(),
            in_place=False,
            architecture=self.architecture,
            n_parameters=self.n_parameters,
            precision="float32",
            n_bytes=self.about_mb * 1_000_000,
            n_positions=self.n_positions,
            vocab_size=0,
            tokenizer="",
            sha256="",
            added_utc="",
            about=About(licence=self.licence),
            n_cached=2 * self.n_layer * self.n_embd,
        )


def catalogue() -> tuple[Entry, ...]:
    """All of them, in the order of the file."""
    text = paths.resource("models", "catalogue.toml").read_text(encoding="utf-8")
    return tuple(Entry(**entry) for entry in tomllib.loads(text)["model"])
