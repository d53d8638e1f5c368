"""Reading sessions from files. One module per format, and the tuple IMPORTERS."""

import os
import stat
from pathlib import Path

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.intake.adoption import adopted
from studio.intake.full_json import FULL_JSON
from studio.intake.importer import (
    MAX_FILE_BYTES,
    MAX_PACKED_BYTES,
    NOTHING_CHANGED,
    Imported,
    Source,
    not_readable,
)
from studio.intake.kobold import KOBOLD
from studio.intake.markdown import MARKDOWN
from studio.intake.mikupad import MIKUPAD
from studio.intake.plain_text import PLAIN_TEXT
from studio.intake.word import WORD

__all__ = ["IMPORTERS", "Imported", "adopted", "read"]

IMPORTERS = (WORD, FULL_JSON, KOBOLD, MIKUPAD, MARKDOWN, PLAIN_TEXT)
"""The first that recognises a file reads it; plain text takes what is left."""


def read(path: Path) -> Imported:
    """The sessions in a file, and what could not be taken over. Raises StudioError."""
    limit = MAX_PACKED_BYTES if path.suffix.lower() == ".docx" else MAX_FILE_BYTES
    try:
        with path.open("rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(limit + 1) if regular else b""
    except (OSError, ValueError) as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "{file} could not be read: {reason}."),
            NOTHING_CHANGED,
            file=path.name,
            reason=(error.strerror if isinstance(error, OSError) else "") or str(error),
        ) from error
    if not regular:
        raise not_readable(QT_TRANSLATE_NOOP("StudioError", "{file} is not a file."), file=path.name)
    if len(data) > limit:
        raise not_readable(
            QT_TRANSLATE_NOOP("StudioError", "{file} is larger than {limit} MB."),
            file=path.name,
            limit=limit // 2**20,
        )
    source = Source(path.stem, path.suffix.lower(), data)
    importer = next(importer for importer in IMPORTERS if importer.recognises(source))
    if importer is PLAIN_TEXT and source.suffix == ".json":
        raise not_readable(
            QT_TRANSLATE_NOOP("StudioError", "This JSON file is of no kind that GPT-2 Studio knows.")
        )
    return importer.read(source)
