"""What a view cannot say of some stages, in a line of words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from studio.core.parameters import is_off
from studio.core.processors import BannedWords, JsonShape, LogitsProcessor, Pattern
from studio.core.xray import BROKEN, GOES_BACK


def goes_back(processors: Sequence[LogitsProcessor]) -> bool:
    """Whether a chain takes banned words back once they are there."""
    return any(isinstance(p, BannedWords) and p.banned_tries and not is_off(p) for p in processors)


def has_shape(processors: Sequence[LogitsProcessor]) -> bool:
    """Whether a chain asks for a pattern or a schema."""
    return any(isinstance(p, Pattern | JsonShape) and not is_off(p) for p in processors)


def place_note(note: str) -> str:
    """Why a stage does nothing at a place; `note` as in StageReport."""
    if note == BROKEN:
        return QCoreApplication.translate(
            "StageNotes",
            "The words before this one do not fit the pattern or schema: it does not count here.",
        )
    if note == GOES_BACK:
        return QCoreApplication.translate(
            "StageNotes",
            "Banned words are taken back only once they are written, which no single word shows.",
        )
    return ""


def token_ban_note(processors: Sequence[LogitsProcessor]) -> str:
    """For views that follow single tokens: what going back becomes there."""
    if not goes_back(processors):
        return ""
    return QCoreApplication.translate(
        "StageNotes", "Banned words are banned token by token here; going back is not followed."
    )


def text_notes(processors: Sequence[LogitsProcessor]) -> str:
    """For views that follow a whole text through a chain."""
    notes = [token_ban_note(processors)]
    if has_shape(processors):
        notes.append(
            QCoreApplication.translate(
                "StageNotes",
                "The pattern or schema counts from the first word, up to the one that does not fit.",
            )
        )
    return " ".join(note for note in notes if note)
