"""Writes the golden files of the exports: `python -m tests.export.golden --update`, then look at the diff."""

from __future__ import annotations

import sys
from pathlib import Path

from studio.export.exporter import Exporter
from studio.export.formats import EXPORTERS
from tests.export.archive_samples import ALL_ON, comparable, exported

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "export"


def files_of(exporter: Exporter) -> dict[str, bytes]:
    """Golden file name -> content: one with the default options, one with all of them if there are any."""
    ending = exporter.suffix if exporter.suffix not in {".docx", ".epub"} else f"{exporter.suffix}.txt"
    files = {f"session{ending}": comparable(exported(exporter))}
    if exporter.options:
        files[f"options{ending}"] = comparable(exported(exporter, options=ALL_ON))
    return files


def update() -> None:
    for exporter in EXPORTERS:
        for name, content in files_of(exporter).items():
            (FOLDER / name).write_bytes(content)


if __name__ == "__main__" and "--update" in sys.argv:
    update()
