"""EPUB 3: a book as small as the standard allows, each piece a chapter.

Characters that XML 1.0 cannot hold (NUL, control characters, lone surrogates) are replaced by U+FFFD. The
same content gives the same bytes, also the book's identifier.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from typing import BinaryIO

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.manuscript import Origin
from studio.export.archive import Archive, Piece
from studio.export.characters import escaped, utf8, w3c_time
from studio.export.exporter import Exporter, Options, Steps, chosen
from studio.export.package import write_package
from studio.export.spans import Span, paragraphs, spans

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_XHTML = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
_CONTAINER = (
    f'{_XML}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
_STYLE = (
    "p { margin: 0 0 0.7em; min-height: 1em; white-space: pre-wrap; }\n"
    ".generated { color: #1257a8; } .edited { color: #8a4b00; } .special { color: #9a1750; }\n"
)


def _span(span: Span, marked: bool) -> str:
    text = escaped(span.text)
    if not marked or span.origin is Origin.WRITTEN:
        return text
    return f'<span class="{span.origin.value}">{text}</span>'


def _page(title: str, body: str) -> str:
    return (
        f"{_XML}<!DOCTYPE html>\n<html {_XHTML}><head><title>{title}</title>"
        f'<link rel="stylesheet" type="text/css" href="style.css"/></head>\n<body>{body}</body></html>\n'
    )


def _name(piece: Piece, number: int) -> str:
    return escaped(" ".join(piece.title.split())) or str(number)


def _chapter(piece: Piece, name: str, marked: bool) -> str:
    lines = [
        f'<p dir="auto">{"".join(_span(span, marked) for span in line)}</p>'
        for line in paragraphs(spans(piece))
    ]
    return _page(name, f'<h1 dir="auto">{name}</h1>\n' + "\n".join(lines))


def _package(title: str, identifier: str, modified: str, n_chapters: int) -> str:
    items = "".join(
        f'<item id="c{n}" href="chapter{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(1, n_chapters + 1)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(1, n_chapters + 1))
    return (
        f'{_XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">{identifier}</dc:identifier><dc:title>{title}</dc:title>'
        f'<dc:language>und</dc:language><meta property="dcterms:modified">{modified}</meta></metadata>'
        '<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        f'<item id="css" href="style.css" media-type="text/css"/>{items}</manifest>'
        f"<spine>{spine}</spine></package>\n"
    )


def _render(archives: Iterable[Archive], file: BinaryIO, options: Options) -> Steps:
    names, chapters, times = [], [], [""]
    for number, piece in enumerate(chosen(archives, options), 1):
        names.append(_name(piece, number))
        chapters.append(_chapter(piece, names[-1], options.mark_generated))
        times.append(piece.archive.updated_utc)
        yield
    if not chapters:
        names, chapters = ["GPT-2 Studio"], [_page("GPT-2 Studio", "<p></p>")]
    title = names[0]
    digest = hashlib.sha256(utf8("\0".join(chapters))).digest()
    modified = w3c_time(max(times))
    entries = "".join(f'<li><a href="chapter{n}.xhtml">{name}</a></li>' for n, name in enumerate(names, 1))
    nav = _page(title, f'<nav epub:type="toc" id="toc"><ol>{entries}</ol></nav>')
    identifier = uuid.UUID(bytes=digest[:16], version=4).urn
    parts = [
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", _CONTAINER),
        ("EPUB/package.opf", _package(title, identifier, modified, len(chapters))),
        ("EPUB/nav.xhtml", nav),
        ("EPUB/style.css", _STYLE),
        *((f"EPUB/chapter{n}.xhtml", chapter) for n, chapter in enumerate(chapters, 1)),
    ]
    write_package(file, ((name, utf8(text)) for name, text in parts), stored=("mimetype",))


EPUB = Exporter(
    "epub",
    QT_TRANSLATE_NOOP("export", "E-book (EPUB)"),
    QT_TRANSLATE_NOOP(
        "export", "A book for reading devices, each text a chapter; without settings and numbers."
    ),
    ".epub",
    ("mark_generated",),
    _render,
    binary=True,
)
