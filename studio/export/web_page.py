"""HTML: one self-contained file, without scripts and without references to anything outside itself.

If wanted, passages are coloured by origin, or tokens by the probability they were drawn with; the probability
and rank of a token show under the pointer. Light or dark as the reader's system is. Whatever comes from the
user is escaped; what XML cannot hold (NUL, control characters, lone surrogates) is replaced by U+FFFD.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.manuscript import Origin
from studio.core.messages import Token
from studio.export.archive import Archive, Piece
from studio.export.characters import escaped, utf8
from studio.export.exporter import Exporter, Options, Steps, chosen
from studio.export.spans import Span, paragraphs, spans

_STYLE = """\
:root { color-scheme: light dark; --paper: #fdfcf9; --ink: #1d1d1f; --quiet: #6b6b70;
  --generated: #1257a8; --edited: #8a4b00; --special: #9a1750;
  --p0: #f5b7b1; --p1: #f8d3a9; --p2: #f6ecb0; --p3: #d9efc4; --p4: transparent; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #1b1b1d; --ink: #e8e6e1; --quiet: #a0a0a6;
    --generated: #8ab8f0; --edited: #e5b06a; --special: #f095b8;
    --p0: #7a2f2a; --p1: #6e4a1f; --p2: #5d5621; --p3: #34522a; --p4: transparent; }
}
body { background: var(--paper); color: var(--ink); max-width: 42rem; margin: 3rem auto; padding: 0 1rem;
  font: 1.1rem/1.6 Georgia, "Noto Serif", serif; }
h1 { font-size: 1.5rem; } h1:not(:first-of-type) { margin-top: 4rem; }
p { margin: 0 0 .7em; min-height: 1.6em; white-space: pre-wrap; overflow-wrap: anywhere; }
.generated { color: var(--generated); } .edited { color: var(--edited); } .special { color: var(--special); }
.p0 { background: var(--p0); } .p1 { background: var(--p1); } .p2 { background: var(--p2); }
.p3 { background: var(--p3); } .p4 { background: var(--p4); }
span[title]:hover { outline: 1px solid var(--quiet); }
"""
_HEAD = (
    '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="generator" content="GPT-2 Studio">\n'
)
_STEPS = (0.02, 0.1, 0.3, 0.7)
"""Sampling probabilities where the next colour begins."""


def _title(token: Token) -> str:
    """`12.3 % · rank 4`."""
    probability = token.sampling_prob * 100
    shown = f"{probability:.3g} % · " if math.isfinite(probability) else ""
    return f"{shown}rank {token.rank}"


def _span(span: Span, options: Options) -> str:
    text = escaped(span.text)
    names = [span.origin.value] if options.mark_generated and span.origin is not Origin.WRITTEN else []
    if options.colour_by_probability and span.token is not None:
        names = [f"p{sum(span.token.sampling_prob >= step for step in _STEPS)}"]
    title = f' title="{_title(span.token)}"' if span.token is not None else ""
    if not names and not title:
        return text
    of_class = f' class="{" ".join(names)}"' if names else ""
    return f"<span{of_class}{title}>{text}</span>"


def _article(piece: Piece, options: Options) -> Iterator[str]:
    """Line by line: with a span for each token it may be large."""
    if piece.title:
        yield f'<h1 dir="auto">{escaped(piece.title)}</h1>\n'
    for line in paragraphs(spans(piece, by_token=True)):
        yield f'<p dir="auto">{"".join(_span(span, options) for span in line)}</p>\n'


def _render(archives: Iterable[Archive], file: BinaryIO, options: Options) -> Steps:
    for number, piece in enumerate(chosen(archives, options)):
        if not number:
            title = escaped(" ".join(piece.title.split())) or "GPT-2 Studio"
            file.write(utf8(f"{_HEAD}<title>{title}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"))
        for line in _article(piece, options):
            file.write(utf8(line))
            yield
    file.write(b"</body>\n</html>\n")


WEB_PAGE = Exporter(
    "html",
    QT_TRANSLATE_NOOP("export", "Web page (HTML)"),
    QT_TRANSLATE_NOOP(
        "export",
        "One file for any browser, light or dark; each token's probability under the pointer.",
    ),
    ".html",
    ("mark_generated", "colour_by_probability"),
    _render,
)
