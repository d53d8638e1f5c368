"""A title or a tag, whatever is in it, as one plain line."""

from __future__ import annotations

import html
import re

from studio.store.records import SessionSummary

PREVIEW_CHARS = 80
"""So many characters of a text the library tells."""

SHOWN_CHARS = 200
"""More of a title is never shown: measuring 10,000 characters takes longer than painting the whole list."""

_NOT_ON_A_LINE = re.compile("[\0-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_NOTHING_TO_SEE = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def one_line(text: str) -> str:
    """`text` without line ends, control characters and turns of direction, as much as is ever shown."""
    line = _NOT_ON_A_LINE.sub(" ", text[: 2 * SHOWN_CHARS])
    line = _SURROGATES.sub("\ufffd", _NOTHING_TO_SEE.sub("", line)).strip()
    return line if len(line) <= SHOWN_CHARS else f"{line[:SHOWN_CHARS]}…"


def name(session: SessionSummary) -> str:
    """What a session is called: its title, else its first words; empty if it has neither."""
    return one_line(session.title) or first_words(session)


def first_words(session: SessionSummary) -> str:
    """How the text begins; with an ellipsis if what the library tells of it is cut off."""
    words = one_line(session.preview)
    if len(session.preview) < PREVIEW_CHARS or session.n_characters <= PREVIEW_CHARS:
        return words
    whole = words.rsplit(" ", 1)[0]  # Chinese has no spaces: there all of it stays
    return f"{whole}…"


def as_tip(lines: list[str]) -> str:
    """A tool tip that shows the lines as they are: Qt would take `<b>` for bold."""
    return f"<qt>{'<br>'.join(map(html.escape, lines))}</qt>"
