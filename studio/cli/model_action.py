"""What an action of `gpt2-studio models` is made of, and what several of them need.

A new action is a `ModelAction` in a file of its own and an entry in `models.ACTIONS`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass

from studio import paths
from studio.cli import inputs
from studio.cli.trouble import EngineFailedError
from studio.models.built_in import STARTER, starter
from studio.models.records import ShelfModel
from studio.models.shelf import Shelf


@dataclass(frozen=True, slots=True)
class ModelAction:
    """`gpt2-studio models <name>`. The parser that `add_flags` gets knows --library and --json already."""

    name: str
    help: str
    add_flags: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_model(parser: argparse.ArgumentParser) -> None:
    """The flag of an action on one model."""
    parser.add_argument("model", metavar="NAME", help="its name or id, as in `models list`")


def shelf(arguments: argparse.Namespace) -> Shelf:
    """The shelf of the library that the arguments name."""
    return Shelf(paths.models_dir(inputs.library(arguments)))


def found(arguments: argparse.Namespace, *, built_in: bool = False) -> ShelfModel:
    """The model that `arguments.model` names, the starter only if `built_in`."""
    name = inputs.clean(arguments.model)
    if name.casefold() == STARTER:
        if built_in:
            return starter()
        raise EngineFailedError("The starter model ships with the app and stays as it is.")
    model = shelf(arguments).find(name)
    if model is None:
        raise EngineFailedError(
            f"There is no model {name[:80]!r} in this library; see `gpt2-studio models list`."
        )
    return model


def as_row(model: ShelfModel) -> dict[str, object]:
    """All that is known of a model, for JSON."""
    row = asdict(model) | {"folder": str(model.folder)}
    del row["why"]  # as `trouble`
    return row
