"""A file name made of a title: one that Linux, macOS and Windows all take."""

from __future__ import annotations

import re
from pathlib import Path

MAX_BYTES = 120

_FORBIDDEN = re.compile('[\x00-\x1f\x7f-\x9f<>:"/\\\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def file_name(title: str, fallback: str = "session") -> str:
    """The title without what no file name can hold, shortened; without a suffix."""
    name = " ".join(_FORBIDDEN.sub(" ", title).split()).strip(". ")
    name = name.encode()[:MAX_BYTES].decode(errors="ignore").rstrip(". ")
    return fallback if not name or _RESERVED.fullmatch(name) else name


def with_suffix(path: Path, suffix: str) -> Path:
    """The path, if it has this suffix; else one with it that is not taken: nobody was asked about that."""
    if path.suffix.lower() == suffix:
        return path
    stem = path.name
    number = 1
    path = path.with_name(stem + suffix)
    while path.exists():
        number += 1
        path = path.with_name(f"{stem} ({number}){suffix}")
    return path
