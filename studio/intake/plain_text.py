"""Plain text, whatever its encoding, found out in this order:

1. a byte order mark (UTF-8, UTF-16, UTF-32), 2. UTF-8 if it is valid, 3. GB 18030 if it is valid and nine in
ten of the bytes above 0x7F stand in pairs, as Chinese does and Western European accents do not, 4. Windows
1252, with the five bytes it leaves undefined as Latin-1. What is not UTF-8 and holds NUL bytes is no text.
"""

from __future__ import annotations

import codecs
import re

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence
from studio.intake.importer import Imported, Importer, Source, not_readable, written

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAIRS = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]")
_UNDEFINED = dict.fromkeys(b"\x81\x8d\x8f\x90\x9d")


def decoded(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Raises StudioError if it is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), encoding
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        pass
    if b"\0" in data:
        raise not_readable(QT_TRANSLATE_NOOP("StudioError", "This file is not a text file."))
    if 2 * len(_PAIRS.findall(data)) >= 0.9 * len(_HIGH.findall(data)):
        try:
            return data.decode("gb18030"), "gb18030"
        except UnicodeDecodeError:
            pass
    return "".join(
        part.decode("latin-1") if part[0] in _UNDEFINED else part.decode("cp1252")
        for part in re.findall(rb"[\x81\x8d\x8f\x90\x9d]+|[^\x81\x8d\x8f\x90\x9d]+", data)
    ), "cp1252"


def guessed(encoding: str) -> tuple[Sentence, ...]:
    """A sentence if the encoding is not certain."""
    if encoding.startswith("utf"):
        return ()
    return (
        Sentence(
            QT_TRANSLATE_NOOP(
                "StudioError", "The file does not say its encoding; it was read as {encoding}."
            ),
            (("encoding", encoding),),
        ),
    )


def _read(source: Source) -> Imported:
    text, encoding = decoded(source.data)
    return Imported((written(text, source.name),), guessed(encoding))


PLAIN_TEXT = Importer(
    "text", QT_TRANSLATE_NOOP("export", "Plain text"), (".txt", ".text"), lambda _source: True, _read
)
