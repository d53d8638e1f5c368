"""The generations as a table: CSV as table.py writes it, UTF-8 with a byte order mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import BinaryIO

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.export.archive import Archive
from studio.export.characters import utf8
from studio.export.exporter import Exporter, Options, Steps, chosen_generations
from studio.export.table import safe

_COLUMNS = (
    "id", "created_utc", "model_name", "model_sha256", "device", "processors", "seed", "max_new_tokens",
    "stop_at_end_of_text", "n_tokens", "prefill_s", "decode_s", "finish_reason", "retry_of", "position",
    "prompt", "text", "environment",
)  # fmt: skip


def _render(archives: Iterable[Archive], file: BinaryIO, options: Options) -> Steps:
    file.write("\ufeff".encode())
    line = io.StringIO(newline="")
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(("session_id", "session_title", *_COLUMNS))
    for archive, generation in chosen_generations(archives, options):
        values = (archive.session.id, archive.title, *(getattr(generation, name) for name in _COLUMNS))
        writer.writerow(map(safe, values))
        file.write(utf8(line.getvalue()))
        line.seek(0)
        line.truncate()
        yield
    file.write(utf8(line.getvalue()))


GENERATIONS_CSV = Exporter(
    "csv",
    QT_TRANSLATE_NOOP("export", "Table of generations (CSV)"),
    QT_TRANSLATE_NOOP(
        "export",
        "Settings, model, seed, times and words of each generation, for a spreadsheet.",
    ),
    ".csv",
    (),
    _render,
)
