"""A piece of text as stretches of one origin, or of one token, and as paragraphs of these."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from studio.core.manuscript import Manuscript, Origin
from studio.core.messages import Token
from studio.export.archive import Piece


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text from one origin; `token` is the one that the model wrote it as, if it is known."""

    text: str
    origin: Origin
    token: Token | None = None


def spans(piece: Piece, *, by_token: bool = False) -> Iterator[Span]:
    """Stretches that cover the piece, in order."""
    manuscript = Manuscript(piece.text, piece.runs)
    ends_of: dict[int, tuple[Sequence[Token], list[int]]] = {}
    for start, end, origin in manuscript.origins(0, len(piece.text)):
        source, offset = manuscript.source_at(start)
        if by_token and source > 0 and source not in ends_of:
            tokens = piece.archive.tokens.get(source, ())
            ends_of[source] = tokens, list(accumulate(len(token.text) for token in tokens))
        if source not in ends_of or not ends_of[source][0]:
            yield Span(piece.text[start:end], origin)
            continue
        yield from _by_token(piece.text[start:end], offset, *ends_of[source])


def _by_token(text: str, offset: int, tokens: Sequence[Token], ends: Sequence[int]) -> Iterator[Span]:
    """`text`, which stands at `offset` of a generation, in the pieces its tokens wrote."""
    at = 0
    for index in range(bisect_right(ends, offset), len(tokens)):
        length = min(ends[index] - offset, len(text)) - at
        if length > 0:
            yield Span(text[at : at + length], Origin.GENERATED, tokens[index])
            at += length
        if at == len(text):
            return
    if at < len(text):
        yield Span(text[at:], Origin.GENERATED)


def paragraphs(stretches: Iterable[Span]) -> Iterator[list[Span]]:
    """The lines of the text, without their ends. A token that ends a line belongs to the line."""
    line: list[Span] = []
    for span in stretches:
        first, *others = span.text.split("\n")
        if first:
            line.append(replace(span, text=first))
        for other in others:
            yield line
            line = [replace(span, text=other)] if other else []
    yield line
