"""What a model of the shelf can be exported as, and the job that does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.models.records import ShelfModel

FORMATS: Mapping[str, Mapping[str, str]] = {
    "gguf": {"float16": "F16", "float32": "F32", "q8_0": "Q8_0"},
    "folder": {"float16": "float16", "float32": "float32"},
}
"""Format -> precision as people choose it -> as the job calls it. The first one is the usual one."""


def export_spec(model: ShelfModel, form: str, precision: str, out: Path) -> dict[str, Any]:
    """The job that writes `model` to `out`: a file for "gguf", a new folder for "folder".

    KeyError for a precision that the format does not have.
    """
    source = model.about.source
    if source.startswith("file:"):
        source = Path(source.removeprefix("file:")).name  # whose home it lay in is nobody's business
    return {
        "job": f"export_{form}",
        "folder": str(model.folder),
        "out": str(out.absolute()),
        "precision": FORMATS[form][precision],
        "name": model.name,
        "licence": model.about.licence,
        "source": source,
        "notes": [*([model.about.made_by] if model.about.made_by else []), *model.about.notes],
    }
