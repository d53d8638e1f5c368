"""DOCX: the text of its paragraphs. Whatever the file claims, no more than 50 MB are ever unpacked.

Nothing is written to the disk, and no name in the file is used as a path. A file is refused if it has a
document type (and so entities), is encrypted, shrinks more than text does, or nests without end.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from xml.parsers import expat

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence, StudioError
from studio.intake.importer import Imported, Importer, Source, divided, not_readable

MAX_UNPACKED_BYTES = 50 * 2**20
MAX_RATIO = 200  # text shrinks to a tenth or so; the worst that deflate can do is 1,032
MAX_DIRECTORY_BYTES = 2**20
MAX_DEPTH = 200

_DOCUMENT = "word/document.xml"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_TITLE_STYLES = {"Title", "Titel", "Titre"}

_FORMATTING = Sentence(
    QT_TRANSLATE_NOOP("StudioError", "Formatting, such as bold, colours and tables, was left out.")
)
_PARTS = (
    ("word/media/", QT_TRANSLATE_NOOP("StudioError", "Pictures were left out.")),
    ("word/footnotes.xml", QT_TRANSLATE_NOOP("StudioError", "Footnotes were left out.")),
    ("word/endnotes.xml", QT_TRANSLATE_NOOP("StudioError", "Endnotes were left out.")),
    ("word/comments.xml", QT_TRANSLATE_NOOP("StudioError", "Comments were left out.")),
    ("word/header", QT_TRANSLATE_NOOP("StudioError", "Headers and footers were left out.")),
    ("word/footer", QT_TRANSLATE_NOOP("StudioError", "Headers and footers were left out.")),
)


class _UnsafeError(Exception):
    """The document holds what a text document need not hold."""


def _damaged() -> StudioError:
    return not_readable(
        QT_TRANSLATE_NOOP("StudioError", "This is not a Word document, or it is damaged or incomplete.")
    )


def _unsafe() -> StudioError:
    return not_readable(
        QT_TRANSLATE_NOOP(
            "StudioError", "This document is built in a way that could do harm; it was not read."
        )
    )


def _check_directory(data: bytes) -> None:
    """Before zipfile reads the list of members: that it is not huge, and not in the ZIP64 form."""
    at = data.rfind(b"PK\5\6", max(len(data) - 65_557, 0))
    if at < 0 or len(data) < at + 22:
        raise _damaged()
    entries, size = struct.unpack_from("<HL", data, at + 10)
    if entries == 0xFFFF or size > MAX_DIRECTORY_BYTES:
        raise _unsafe()


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    if name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/"):
        raise _unsafe()
    if info.flag_bits & 1:
        raise not_readable(QT_TRANSLATE_NOOP("StudioError", "This document is protected by a password."))


def _unpacked(data: bytes) -> tuple[bytes, set[str]]:
    """The XML of the document, and the names of all members."""
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            for info in package.infolist():
                _check_member(info)
            info = package.getinfo(_DOCUMENT)
            if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise _unsafe()
            too_dense = info.file_size > 2**20 and info.file_size > MAX_RATIO * max(info.compress_size, 1)
            if info.file_size > MAX_UNPACKED_BYTES or too_dense:
                raise _unsafe()
            with package.open(info) as member:
                document = member.read(MAX_UNPACKED_BYTES + 1)
            return document, set(package.namelist())
    except (
        zipfile.BadZipFile, zlib.error, struct.error, KeyError, EOFError, NotImplementedError, RuntimeError,
        ValueError, OverflowError, OSError,
    ) as error:  # fmt: skip
        raise _damaged() from error


class _Reader:
    """Collects the text of a document as the parser goes through it."""

    def __init__(self) -> None:
        self.title = ""
        self.tracked = False  # whether there are deletions that were not accepted yet
        self._lines: list[str] = []
        self._line: list[str] = []
        self._style = ""
        self._depth = 0
        self._skipped_from = 0  # the depth of an element that is not read; 0: none
        self._in_text = False

    @property
    def text(self) -> str:
        """All paragraphs, one a line."""
        return "\n".join(self._lines)

    def parse(self, document: bytes) -> None:
        """Raises ExpatError, and _UnsafeError."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.buffer_text = True
        parser.Parse(document, True)

    def _refuse(self, *_args: object) -> None:
        raise _UnsafeError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _UnsafeError
        if self._skipped_from:
            return
        if name in {f"{_W}del", f"{_W}moveFrom", _FALLBACK}:
            self.tracked = self.tracked or name != _FALLBACK
            self._skipped_from = self._depth
        elif name == f"{_W}pStyle":
            self._style = attributes.get(f"{_W}val", "")
        elif name == f"{_W}t":
            self._in_text = True
        elif name == f"{_W}tab" and attributes.get(f"{_W}pos") is None:
            self._add("\t")
        elif name in {f"{_W}br", f"{_W}cr"}:
            self._add("\n")
        elif name == f"{_W}noBreakHyphen":
            self._add("\u2011")

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._skipped_from:
            if self._depth < self._skipped_from:
                self._skipped_from = 0
        elif name == f"{_W}t":
            self._in_text = False
        elif name == f"{_W}p":
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        line = "".join(self._line)
        if self._style in _TITLE_STYLES and not self._lines and not self.title:
            self.title = line
        else:
            self._lines.append(line)
        self._line, self._style = [], ""

    def _characters(self, text: str) -> None:
        if self._in_text and not self._skipped_from:
            self._add(text)

    def _add(self, text: str) -> None:
        self._line.append(text)


def _read(source: Source) -> Imported:
    document, names = _unpacked(source.data)
    reader = _Reader()
    try:
        reader.parse(document)
    except _UnsafeError:
        raise _unsafe() from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise _damaged() from error
    left_out = [_FORMATTING]
    left_out += dict.fromkeys(
        Sentence(text) for part, text in _PARTS if any(name.startswith(part) for name in names)
    )
    if reader.tracked:
        left_out.append(
            Sentence(QT_TRANSLATE_NOOP("StudioError", "Passages marked as deleted were left out."))
        )
    imported = divided(reader.text, reader.title or source.name)
    return replace(imported, left_out=(*imported.left_out, *left_out))


WORD = Importer(
    "docx",
    QT_TRANSLATE_NOOP("export", "Word document (DOCX)"),
    (".docx",),
    lambda source: source.suffix == ".docx" or source.data.startswith(b"PK\3\4"),
    _read,
)
