"""The text with its colours as one HTML file: no scripts, nothing from outside, light or dark as the system.

What is told of a piece of text stands in its `title`, under the pointer. The colours lie behind the words and
not behind the space around them; what ends a line shows as an arrow that is not part of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from studio.export.characters import escaped, utf8


class Shade(NamedTuple):
    """A colour as #RRGGBB on light and on dark paper; `dotted` words have a dotted line under them too."""

    light: str
    dark: str
    dotted: bool = False


class Piece(NamedTuple):
    """A stretch of the text, which of the shades lies behind it (0: none), and what is told of it."""

    text: str
    shade: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What stands around the text. `legend` names shades; `facts` are short, such as the model's name."""

    title: str
    facts: tuple[str, ...]
    kind: str
    meaning: str
    legend: tuple[tuple[int, str], ...]
    shades: Sequence[Shade]
    paper: Shade
    ink: Shade
    quiet: Shade
    line: Shade


_STYLE = """\
body { background: var(--paper); color: var(--ink); max-width: 42rem; margin: 3rem auto; padding: 0 1rem;
  font: 1.1rem/1.7 Georgia, "Noto Serif", serif; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
header { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem; padding-bottom: 1rem;
  font-size: .85rem; font-family: system-ui, sans-serif; }
header p { margin: .3rem 0; color: var(--quiet); } header b { color: var(--ink); }
.key { border: 1px solid var(--line); border-radius: 3px; padding: .1em .6em; margin-inline-end: .3em;
  color: var(--ink); white-space: nowrap; }
main { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
main span { border-radius: 3px; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
main span[title]:hover { outline: 1px solid var(--quiet); }
.end::before { content: "\\21b5"; color: var(--quiet); }
@media print { body { print-color-adjust: exact; -webkit-print-color-adjust: exact; margin: 0; } }
"""


def _colours(page: Page, *, dark: bool) -> str:
    """The page's colours as custom properties."""
    named = {"paper": page.paper, "ink": page.ink, "quiet": page.quiet, "line": page.line}
    named |= {f"s{number}": shade for number, shade in enumerate(page.shades) if number}
    return " ".join(f"--{name}: {shade.dark if dark else shade.light};" for name, shade in named.items())


def _style(page: Page) -> Iterator[str]:
    yield f":root {{ color-scheme: light dark; {_colours(page, dark=False)} }}\n"
    yield f"@media (prefers-color-scheme: dark) {{ :root {{ {_colours(page, dark=True)} }} }}\n"
    yield _STYLE
    for number, shade in enumerate(page.shades):
        if number:
            dotted = " text-decoration: underline dotted;" if shade.dotted else ""
            yield f".s{number} {{ background: var(--s{number});{dotted} }}\n"


def _header(page: Page) -> Iterator[str]:
    title = escaped(" ".join(page.title.split())) or "GPT-2 Studio"
    yield f'<header>\n<h1 dir="auto">{title}</h1>\n<p>{" · ".join(map(escaped, page.facts))}</p>\n'
    yield f"<p><b>{escaped(page.kind)}</b> {escaped(page.meaning)}</p>\n"
    if page.legend:
        keys = (f'<span class="key s{shade}">{escaped(label)}</span>' for shade, label in page.legend)
        yield f"<p>{' '.join(keys)}</p>\n"
    yield "</header>\n"


def _span(piece: Piece) -> str:
    text = piece.text
    if not piece.shade and not piece.title:
        return escaped(text)
    word = text.strip() or text
    before, _, after = text.partition(word)
    names = [f"s{piece.shade}"] if piece.shade else []
    if "\n" in word and word.isspace():
        names.append("end")
    of_class = f' class="{" ".join(names)}"' if names else ""
    title = f' title="{escaped(piece.title)}"' if piece.title else ""
    return f"{escaped(before)}<span{of_class}{title}>{escaped(word)}</span>{escaped(after)}"


def coloured_page(page: Page, pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The file bit by bit: with a span for each token it may be large."""
    title = escaped(" ".join(page.title.split())) or "GPT-2 Studio"
    yield utf8(
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="GPT-2 Studio">\n<title>{title}</title>\n<style>\n'
    )
    yield from map(utf8, _style(page))
    yield b"</style>\n</head>\n<body>\n"
    yield from map(utf8, _header(page))
    yield b"<main>"
    for piece in pieces:
        yield utf8(_span(piece))
    yield b"</main>\n</body>\n</html>\n"
