"""What an import format is (a row of IMPORTERS), and what they share: limits, sentences, clean text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence, StudioError
from studio.core.history import Run, now_utc
from studio.export.archive import Archive
from studio.intake.json_document import parse
from studio.store.records import SessionRecord

MAX_CHARACTERS = 2_000_000
"""What a session can hold: the editor is not made for more. Longer texts are divided."""

MAX_FILE_BYTES = 40 * 2**20
"""Parsed, a file of this size takes up to some 500 MB."""

MAX_PACKED_BYTES = 200 * 2**20
"""The same of documents, which hold their pictures and are never unpacked as a whole."""

_NO_MARKS = str.maketrans(dict.fromkeys("\ufdd0\ufdd1\ufffc", "\ufffd") | dict.fromkeys("\u2028\u2029", "\n"))

NOTHING_CHANGED = QT_TRANSLATE_NOOP("StudioError", "Nothing was imported; choose another file.")


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file held: sessions with ids of their own (see `adopted`), and what could not be taken over."""

    archives: tuple[Archive, ...]
    left_out: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Source:
    """A file that has been read: `name` without suffix, `suffix` in small letters with its dot."""

    name: str
    suffix: str
    data: bytes

    @cached_property
    def json(self) -> object:
        """The file as JSON. Raises StudioError."""
        return parse(self.data)


@dataclass(frozen=True, slots=True)
class Importer:
    """One format. `label` is marked for the translators, context "export"."""

    name: str
    label: str
    suffixes: tuple[str, ...]
    recognises: Callable[[Source], bool]
    read: Callable[[Source], Imported]


def clean(text: str) -> str:
    """`text` as a manuscript can hold it: \\n line ends, no lone surrogates, none of Qt's own marks."""
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_NO_MARKS)


def check_length(text: str) -> None:
    """Raises StudioError if the text is too long for one session."""
    if len(text) > MAX_CHARACTERS:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "The text has {n} characters; a session can hold {limit} at most."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Divide it into several files and import them one by one."),
            n=f"{len(text):,}",
            limit=f"{MAX_CHARACTERS:,}",
        )


def written(text: str, title: str, session_id: int = 1) -> Archive:
    """A session of text by hand. Raises StudioError if it is too long."""
    check_length(text)
    text = clean(text)
    title = " ".join(clean(title).replace("\0", " ").split())[:200]
    session = SessionRecord(session_id, title, text, (Run(len(text)),), 0, 0.0, 1)
    return Archive(session, created_utc=now_utc(), updated_utc=now_utc())


def divided(text: str, title: str) -> Imported:
    """One session of text by hand, or several with numbers, none longer than a session can be.

    They end where a paragraph does, else a line, else a word, if there is any in their last tenth.
    """
    if len(text) <= MAX_CHARACTERS:
        return Imported((written(text, title),))
    parts = []
    start = 0
    while start < len(text):
        end = _end_of_part(text, start)
        parts.append(text[start:end])
        start = end
    archives = tuple(
        written(part, f"{title} ({number} of {len(parts)})", number) for number, part in enumerate(parts, 1)
    )
    template = QT_TRANSLATE_NOOP(
        "StudioError", "The text has {n} characters and was divided: a session can hold {limit} at most."
    )
    values = (("n", f"{len(text):,}"), ("limit", f"{MAX_CHARACTERS:,}"))
    return Imported(archives, (Sentence(template, values),))


def _end_of_part(text: str, start: int) -> int:
    limit = start + MAX_CHARACTERS
    if limit >= len(text):
        return len(text)
    for boundary in ("\n\n", "\n", " "):
        at = text.rfind(boundary, limit - MAX_CHARACTERS // 10, limit)
        if at >= 0:
            return at + len(boundary)
    return limit


def not_readable(happened: str, **values: object) -> StudioError:
    """The file is not what it seems. `happened` is a template, marked as in `StudioError`."""
    return StudioError(happened, NOTHING_CHANGED, **values)
