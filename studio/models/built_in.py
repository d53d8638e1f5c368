"""The starter model, as if it stood on the shelf: it ships with the app and cannot be removed."""

from __future__ import annotations

from dataclasses import replace

from studio import paths
from studio.models.outside import look_at
from studio.models.records import About, ShelfModel

STARTER = "starter"
"""Its id and its name; no model on the shelf can be called so."""

SOURCE = "built in"
LICENCE = "MIT"  # the app's own


def starter() -> ShelfModel:
    """What its folder says of it."""
    found = look_at(paths.resource("models", STARTER))
    return replace(found, id=STARTER, name=STARTER, in_place=True, about=About(SOURCE, LICENCE))
