"""How a text becomes the words it is found by, and a search what it looks for. No SQLite in here.

Words are folded: compatibility forms, case and accents are as good as gone. Where words are written without
spaces (Chinese, Japanese, Korean, Thai, ...) every character is a word, and what is searched for is a phrase
of them, so that nothing is missed. What stands between words does not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_SINGLE = (
    "\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u1a20-\u1aaf\u1b00-\u1b7f\u2e80-\u2fff\u3005-\u3007\u3021-\u312f"
    "\u3130-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\ua980-\ua9df\uaa60-\uaadf"
    "\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00016fe0-\U00018cff\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
_SYMBOLS = "\u2190-\u2bff\U0001f000-\U0001faff"
LETTER = f"[^\\W_{_SINGLE}{_SYMBOLS}]"
# Words have at most 100 characters: FTS5 cuts off longer ones in silence. The next one goes on from there.
_WORD = re.compile(f"[{_SINGLE}{_SYMBOLS}]|{LETTER}{{1,100}}")
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f\u200d\u00ad]"
)
_PARTS = re.compile(r'"([^"]*)("?)|[^\s"]+')
_BETWEEN = "[\\W_]"
_CUT = re.compile("[\\s\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")
"""Before these characters no word goes on."""
_PIECE = 32_768
PHRASE = 40
"""So many words of a phrase are looked for in the index of a long text, whose pieces overlap by as many."""
_WINDOW, _OVERLAP = 4096, 1024


def fold(text: str) -> str:
    """`text` as it is compared: each character gives the same, whatever is beside it."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold())


def words(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    found: list[str] = []
    for piece in _pieces(text):
        found += _WORD.findall(fold(piece))
    return found


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces, so that other threads get their turn."""
    places = cuts(text, _PIECE)
    for start, end in pairwise(places):
        yield text[start:end]


def cuts(text: str, size: int) -> list[int]:
    """Where to cut a text into pieces of at least `size` characters, no word in two: from 0 to its end."""
    places = [0]
    while places[-1] < len(text):
        cut = _CUT.search(text, places[-1] + size)
        places.append(cut.start() if cut else len(text))
    return places


def words_from(text: str, start: int, end: int) -> list[str]:
    """The words of a piece of a text, and of those after it so many that a phrase can begin in the piece."""
    found = words(text[start:end])
    n_own = len(found)
    while end < len(text) and len(found) < n_own + PHRASE:
        cut = _CUT.search(text, end + 1000)
        start, end = end, cut.start() if cut else len(text)
        found += _WORD.findall(fold(text[start:end]))
    return found[: n_own + PHRASE]


@dataclass(frozen=True, slots=True)
class Query:
    """Phrases that must all occur; of the last, if `prefix`, the last word need only be begun."""

    phrases: tuple[tuple[str, ...], ...]
    prefix: bool

    def fts5(self) -> str:
        """For MATCH. Words hold nothing that means anything there."""
        text = " ".join(f'"{" ".join(phrase)}"' for phrase in self.phrases)
        return f"{text} *" if self.prefix else text

    def fts5_each(self) -> list[str]:
        """One for each phrase, of which only so many words count as a piece of a long text has at its end."""
        last = len(self.phrases) - 1
        return [
            Query((phrase[:PHRASE],), self.prefix and k == last and len(phrase) <= PHRASE).fts5()
            for k, phrase in enumerate(self.phrases)
        ]

    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """What finds each phrase in a folded text."""
        last = len(self.phrases) - 1
        return tuple(_pattern(p, self.prefix and k == last) for k, p in enumerate(self.phrases))


def parse(text: str) -> Query:
    """What somebody typed: "phrases in quotes" and words. Any text at all will do."""
    phrases, prefix = [], False
    for part in _PARTS.finditer(text):
        quoted = part[1] is not None
        if phrase := tuple(words(part[1] if quoted else part[0])):
            phrases.append(phrase)
            prefix = not quoted or not part[2]  # a quotation that is not closed is still being typed
    return Query(tuple(phrases[:20]), prefix and len(phrases) <= 20)


def _pattern(phrase: tuple[str, ...], prefix: bool) -> re.Pattern[str]:
    pattern = f"(?<!{LETTER})" if _is_word(phrase[0]) else ""
    for k, word in enumerate(phrase):
        if k:
            joined = len(phrase[k - 1]) == 100 or not (_is_word(word) and _is_word(phrase[k - 1]))
            pattern += _BETWEEN + ("*" if joined else "+")
        pattern += re.escape(word)
    if _is_word(phrase[-1]) and not prefix and len(phrase[-1]) < 100:
        pattern += f"(?!{LETTER})"
    return re.compile(pattern)


def _is_word(word: str) -> bool:
    return re.match(LETTER, word) is not None


def matches(query: Query, text: str) -> bool:
    """Whether a text that is not in the index has what is searched for."""
    folded = fold(text)
    return all(pattern.search(folded) for pattern in query.patterns())


def snippet(query: Query, text: str, at: int, width: int = 160) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Some of the text around place `at`, and (from, to) of what was found in it, in code points.

    White space reads as spaces. What is left out is an ellipsis.
    """
    patterns = query.patterns()
    start = max(at - 40, 0)
    if start:
        space = re.search(r"\s", text[start:at])
        start += space.end() if space else 0
    end = min(start + width, len(text))
    shown = re.sub(r"\s", " ", text[start:end])
    before, after = "…" if start else "", "…" if end < len(text) else ""
    found = sorted(_found(patterns, shown, len(before)))
    merged: list[tuple[int, int]] = []
    for begin, stop in found:
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((begin, stop))
    return before + shown + after, tuple(merged)


def first(query: Query, text: str) -> tuple[int, int]:
    """(from, to) of the first phrase found, in code points; (0, 0) if none is."""
    patterns = query.patterns()
    if text.isascii():
        lower = text.lower()
        return min((m.span() for p in patterns if (m := p.search(lower))), default=(0, 0))
    for start in range(0, max(len(text), 1), _WINDOW - _OVERLAP):
        window = text[start : start + _WINDOW]
        folded = fold(window)
        if any(pattern.search(folded) for pattern in patterns):
            last = start + _WINDOW >= len(text)
            # What touches an edge may be a piece of a longer word; a neighbouring window has it whole.
            whole = [
                (begin, end)
                for begin, end in _found(patterns, window, start)
                if (begin > start or not start) and (end < start + _WINDOW or last)
            ]
            if whole:
                return min(whole)
    return 0, 0


def _found(patterns: tuple[re.Pattern[str], ...], text: str, shift: int) -> list[tuple[int, int]]:
    """(from, to) in `text` of all that is found in it, plus `shift`."""
    folded, origin = [], []
    for k, character in enumerate(text):
        piece = _fold_one(character)
        folded.append(piece)
        origin += [k] * len(piece)
    joined = "".join(folded)
    return [
        (origin[m.start()] + shift, origin[m.end() - 1] + 1 + shift)
        for pattern in patterns
        for m in pattern.finditer(joined)
    ]


@lru_cache(4096)
def _fold_one(character: str) -> str:
    return fold(character)
