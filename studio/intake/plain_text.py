"""Plain text, whatever its encoding, found out in this order:

1. a byte order mark (UTF-8, UTF-16, UTF-32), 2. UTF-16 without one, if nearly all of its characters are then
Latin or Chinese, as they are by chance in no other encoding, 3. UTF-8 if it is valid, 4. GB 18030 if it is
valid and nine in ten of the bytes above 0x7F stand in pairs, as Chinese does and Western European accents do
not, 5. Windows 1252, with the five bytes it leaves undefined as Latin-1. What is not UTF-8 and has NUL bytes
is no text.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import replace

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence
from studio.intake.importer import Imported, Importer, Source, divided, not_readable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAIRS = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]")
_EXPECTED = re.compile("[\t\n\r\x20-\xff‘’“”–—…\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_ENDS = re.compile("[\n\x20，。]")
_SAMPLE_BYTES = 20_000
_UNDEFINED = dict.fromkeys(b"\x81\x8d\x8f\x90\x9d")


def decoded(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Raises StudioError if it is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), encoding
    if encoding := _utf16(data):
        return data.decode(encoding), encoding
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


def _utf16(data: bytes) -> str:
    """The kind of UTF-16 that this is without saying so; "" if it is none."""
    sample = data[:_SAMPLE_BYTES]
    if len(data) % 2 or not sample:
        return ""
    for encoding in ("utf-16-le", "utf-16-be"):
        text = sample.decode(encoding, "replace")
        if len(_EXPECTED.findall(text)) >= 0.95 * len(text) and _ENDS.search(text):
            try:
                data.decode(encoding)
            except UnicodeDecodeError:
                continue
            return encoding
    return ""


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
    imported = divided(text, source.name)
    return replace(imported, left_out=(*guessed(encoding), *imported.left_out))


PLAIN_TEXT = Importer(
    "text", QT_TRANSLATE_NOOP("export", "Plain text"), (".txt", ".text"), lambda _source: True, _read
)
