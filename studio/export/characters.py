"""What may not stand in a file as it is: lone surrogates, control characters in XML; and escaping."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_SURROGATES = re.compile("[\ud800-\udfff]")
_ILLEGAL_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"})
"""A parser would make a bare carriage return a line feed."""


def whole_characters(text: str) -> str:
    """`text` with each lone surrogate as U+FFFD, as the library stores it: UTF-8 has none. Same length."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def utf8(text: str) -> bytes:
    """`text` in UTF-8, lone surrogates as U+FFFD."""
    return whole_characters(text).encode()


def escaped(text: str) -> str:
    """`text` for XML or HTML, also between quotes.

    Characters that XML 1.0 cannot hold (NUL, most control characters, lone surrogates, U+FFFE and U+FFFF) are
    replaced by U+FFFD.
    """
    return _ILLEGAL_IN_XML.sub("\ufffd", text).translate(_ESCAPES)


def w3c_time(utc: str) -> str:
    """A time of the library as `2026-01-02T03:04:05Z`; the epoch if it cannot be read."""
    try:
        moment = datetime.fromisoformat(utc)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = datetime.fromtimestamp(0, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z".rjust(20, "0")
