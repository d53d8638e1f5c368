"""What a model of the shelf can be exported as, and the job that does it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
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

    KeyError for a precision that the format does not have. `clean_up` after the job, however it ended.
    """
    out = out.absolute()
    source = model.about.source
    if source.startswith("file:"):
        source = Path(source.removeprefix("file:")).name  # whose home it lay in is nobody's business
    return {
        "job": f"export_{form}",
        "folder": str(model.folder),
        "out": str(out),
        "part": str(out.with_name(f".{out.name}-{secrets.token_hex(4)}.part")),  # until it is complete
        "precision": FORMATS[form][precision],
        "name": model.name,
        "licence": model.about.licence,
        "source": source,
        "notes": [*([model.about.made_by] if model.about.made_by else []), *model.about.notes],
    }


def clean_up(spec: Mapping[str, Any]) -> None:
    """Delete what an export that was ended has left; nothing if it was done."""
    part = Path(spec["part"])
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        with suppress(OSError):
            part.unlink(missing_ok=True)
