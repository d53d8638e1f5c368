"""Plain text: UTF-8, lines ended by \\n. One piece is written exactly as it is; several with their titles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.export.archive import Archive, Scope
from studio.export.characters import utf8
from studio.export.exporter import Exporter, Options, Steps, chosen

_BOM = "\ufeff"


def _render(archives: Iterable[Archive], file: BinaryIO, options: Options) -> Steps:
    several = options.scope in {Scope.TREE, Scope.LIBRARY}
    for number, piece in enumerate(chosen(archives, options)):
        if several:
            file.write(utf8(("\n\n\n" if number else "") + piece.title + "\n\n"))
        elif not number and piece.text.startswith(_BOM):
            file.write(utf8(_BOM))  # readers take the first one away
        file.write(utf8(piece.text))
        yield


PLAIN_TEXT = Exporter(
    "text",
    QT_TRANSLATE_NOOP("export", "Plain text"),
    QT_TRANSLATE_NOOP("export", "The words alone, readable everywhere; nothing of how they came about."),
    ".txt",
    (),
    _render,
)
