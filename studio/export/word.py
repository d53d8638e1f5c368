"""DOCX: a document as small as Word, LibreOffice and Pages accept; generated passages coloured, if wanted.

Each line of the text is a paragraph; the title is a title, of several pieces each has its title as a heading.
Characters that XML 1.0 cannot hold (NUL, control characters, lone surrogates) are replaced by U+FFFD. The
same content gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.manuscript import Origin
from studio.export.archive import Archive, Piece, Scope
from studio.export.characters import escaped, utf8, w3c_time
from studio.export.exporter import Exporter, Options, Steps, chosen
from studio.export.package import write_package
from studio.export.spans import paragraphs, spans

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f"{_OFFICE}/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_RELATIONS = f"{_OFFICE}/officeDocument/2006/relationships"
_PACKAGE = f"{_OFFICE}/package/2006"

_COLOURS = {Origin.GENERATED: "1257A8", Origin.EDITED: "8A4B00", Origin.SPECIAL: "9A1750"}

_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    '<Override PartName="/docProps/core.xml"'
    ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
_ROOT_RELATIONS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="word/document.xml"/>'
    f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties"'
    ' Target="docProps/core.xml"/></Relationships>'
)
_DOCUMENT_RELATIONS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>'
)
_STYLES = (
    f'{_XML}<w:styles xmlns:w="{_MAIN}"><w:docDefaults><w:rPrDefault><w:rPr>'
    '<w:rFonts w:ascii="Georgia" w:hAnsi="Georgia"/><w:sz w:val="24"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:spacing w:after="160" w:line="360" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
    '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
    '</w:style><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/>'
    '<w:basedOn w:val="Normal"/><w:rPr><w:sz w:val="44"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:keepNext/><w:spacing w:before="480"/><w:outlineLvl w:val="0"/></w:pPr>'
    '<w:rPr><w:b/><w:sz w:val="32"/></w:rPr></w:style></w:styles>'
)


def _run(text: str, colour: str | None) -> str:
    properties = f'<w:rPr><w:color w:val="{colour}"/></w:rPr>' if colour else ""
    body = escaped(text).replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    return f'<w:r>{properties}<w:t xml:space="preserve">{body}</w:t></w:r>'


def _paragraph(content: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}{content}</w:p>"


def _paragraphs(piece: Piece, heading: str, marked: bool) -> Iterator[str]:
    colours = _COLOURS if marked else {}
    if piece.title:
        yield _paragraph(_run(" ".join(piece.title.split()), None), heading)
    for line in paragraphs(spans(piece)):
        yield _paragraph("".join(_run(span.text, colours.get(span.origin)) for span in line))


def _core(title: str, created_utc: str) -> str:
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escaped(title)}</dc:title>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{w3c_time(created_utc)}</dcterms:created>'
        "</cp:coreProperties>"
    )


def _render(archives: Iterable[Archive], file: BinaryIO, options: Options) -> Steps:
    heading = "Heading1" if options.scope in {Scope.TREE, Scope.LIBRARY} else "Title"
    first: Piece | None = None
    lines: list[str] = []
    for piece in chosen(archives, options):
        first = first or piece
        lines += _paragraphs(piece, heading, options.mark_generated)
        yield
    body = "\n".join(lines)
    document = f'{_XML}<w:document xmlns:w="{_MAIN}"><w:body>\n{body}\n</w:body></w:document>'
    core = _core(first.title, first.archive.created_utc) if first else _core("", "")
    parts = (
        ("[Content_Types].xml", _TYPES),
        ("_rels/.rels", _ROOT_RELATIONS),
        ("docProps/core.xml", core),
        ("word/document.xml", document),
        ("word/_rels/document.xml.rels", _DOCUMENT_RELATIONS),
        ("word/styles.xml", _STYLES),
    )
    write_package(file, ((name, utf8(text)) for name, text in parts))


WORD = Exporter(
    "docx",
    QT_TRANSLATE_NOOP("export", "Word document (DOCX)"),
    QT_TRANSLATE_NOOP("export", "For Word, LibreOffice and Pages, paragraph by paragraph; no settings."),
    ".docx",
    ("mark_generated",),
    _render,
    binary=True,
)
