"""A table as text: CSV as in RFC 4180 for a file, or cells with tabs between them for the clipboard.

A text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a carriage return) has an
apostrophe before it; a number stays a number. NUL and lone surrogates become U+FFFD.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

from studio.export.characters import utf8

Cell = str | int | float | None
Table = tuple[Sequence[str], Sequence[Sequence[Cell]]]
"""A header and rows as wide as it."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(value: object) -> str:
    """One cell. What is not a number JSON could hold (NaN, infinity) is spelt out, None is empty."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return f"{value:.9g}" if isinstance(value, float) and math.isfinite(value) else str(value)
    text = str(value).replace("\0", "\ufffd")
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The file's content: UTF-8 with a byte order mark, which spreadsheets expect."""
    return utf8("\ufeff" + _written(header, rows, ",", "\r\n"))


def tab_separated(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """For the clipboard: pasted into a spreadsheet it is cells again."""
    return _written(header, rows, "\t", "\n")


def _written(header: Sequence[str], rows: Iterable[Sequence[Cell]], delimiter: str, end: str) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end)
    writer.writerow(map(safe, header))
    writer.writerows(map(safe, row) for row in rows)
    return file.getvalue()
