"""Lists of words and phrases as a person types them into one field.

Entries are separated by commas or line ends; spaces around an entry do not count. `\\n`, `\\t` and `\\s`
stand for a line end, a tab and a space, `\\,` `\\:` `\\"` `\\\\` for the character itself. An entry "in
quotation marks" means exactly these characters; one without means the word wherever it stands: with and
without a space before it, and with a capital.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from studio.core.errors import QT_TRANSLATE_NOOP, RefusedError

BIAS_LIMIT = 100.0

_PIECE = re.compile(
    r"""
    \\(?P<escaped>.)
    | (?P<end>[,，\n])
    | ["“] (?P<quoted> (?: \\. | [^"“”\\\n] )* ) ["”] (?= \s* (?: [,，:：\n] | $ ) )
    | (?P<plain>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "s": " "}
_ESCAPE = re.compile(r"\\(.)", re.S)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: its text, and whether it was quoted."""

    text: str
    exact: bool = False

    def spellings(self) -> tuple[str, ...]:
        """How the entry may be written in a text, each once."""
        if self.exact:
            return (self.text,)
        words = (self.text, self.text[:1].upper() + self.text[1:])
        return tuple(dict.fromkeys(spelling for word in words for spelling in (word, f" {word}")))


def read_list(text: str) -> tuple[Entry, ...]:
    """The entries of a list, without empty ones; every text is one."""
    return tuple(entry for entry, _ in _read(text, valued=False) if entry.text)


def read_biases(text: str) -> tuple[tuple[Entry, float], ...]:
    """The entries of a list of `text: number`. Raises ValueError with one sentence."""
    pairs = []
    for entry, value in _read(text, valued=True):
        number = _number(value)
        if not entry.text or number is None:
            raise RefusedError(
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "Each entry must be a text, a colon and a number from -{limit} to {limit}, "
                    "such as “dragon: 2”; {entry} is not.",
                ),
                limit=f"{BIAS_LIMIT:g}",
                entry=repr(f"{entry.text}: {value}" if value else entry.text)[:60],
            )
        pairs.append((entry, number))
    return tuple(pairs)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= BIAS_LIMIT else None


def _read(text: str, *, valued: bool) -> list[tuple[Entry, str]]:
    """Entries and, if `valued`, what stands after the last bare colon of each; blank ones are left out."""
    found: list[tuple[Entry, str]] = []
    pieces: list[tuple[str, bool]] = []  # (characters, whether they are meant literally)
    exact = False
    for match in [*_PIECE.finditer(text), None]:
        if match is None or match["end"]:
            if any(literal or not piece.isspace() for piece, literal in pieces):
                found.append(_entry(pieces, exact, valued=valued))
            pieces, exact = [], False
        elif match["escaped"] is not None:
            pieces.append((_ESCAPES.get(match["escaped"], match["escaped"]), True))
        elif match["quoted"] is not None and all(not lit and piece.isspace() for piece, lit in pieces):
            pieces = [(_ESCAPE.sub(lambda m: _ESCAPES.get(m[1], m[1]), match["quoted"]), True)]
            exact = True
        else:
            pieces.append((match[0], False))
    return found


def _entry(pieces: list[tuple[str, bool]], exact: bool, *, valued: bool) -> tuple[Entry, str]:
    value = ""
    colons = [i for i, piece in enumerate(pieces) if piece in ((":", False), ("：", False))] if valued else []
    if colons:
        value = "".join(piece for piece, _ in pieces[colons[-1] + 1 :]).strip()
        pieces = pieces[: colons[-1]]
    begin, end = 0, len(pieces)
    while begin < end and not pieces[begin][1] and pieces[begin][0].isspace():
        begin += 1
    while end > begin and not pieces[end - 1][1] and pieces[end - 1][0].isspace():
        end -= 1
    return Entry("".join(piece for piece, _ in pieces[begin:end]), exact), value
