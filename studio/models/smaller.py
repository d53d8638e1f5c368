"""Putting a smaller model on the shelf: what its job is told, what it is called, what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.models import reports
from studio.models.jobs import Spec
from studio.models.recipes import Recipe
from studio.models.records import About, ShelfModel
from studio.models.reports import Report
from studio.models.shelf import Shelf

JOB = "optimise"
SOURCE = "optimised"


def spec(
    model: ShelfModel, recipe: Recipe, staged: Path, text: Sequence[Path], vocabulary: Sequence[Path] = ()
) -> Spec:
    """What the job is told; see `conversion/smaller/optimise.py`."""
    return {
        "job": JOB,
        "model": str(model.folder),
        "into": str(staged),
        "recipe": recipe.to_json(),
        "text": [str(path) for path in text],
        "vocabulary": [str(path) for path in vocabulary],
    }


def report_of(done: Mapping[str, Any]) -> Report | None:
    """What the job's last event says; None if that is nothing one can use."""
    return reports.from_json(done.get("report"))


def suggested_name(model: ShelfModel, report: Report) -> str:
    """ "gpt2, 8 of 12 layers"."""
    return f"{model.name}, {report.made_by}"


def adopt(shelf: Shelf, staged: Path, model: ShelfModel, report: Report, name: str) -> ShelfModel:
    """Put what the job made on the shelf, beside the model it was made of. Raises StudioError."""
    about = About(source=SOURCE, licence=model.about.licence, base=model.id, made_by=report.made_by)
    return shelf.adopt(staged, name.strip() or suggested_name(model, report), about)
