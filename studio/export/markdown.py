"""Markdown. The text is written as it is: what the writer marked up stays marked up.

The front matter, if wanted, is YAML whose values are JSON:

    ---
    gpt2-studio: 1                 version of this layout; the importer knows its own files by it
    title: "..."
    created_utc: "..."
    updated_utc: "..."
    tags: ["..."]
    marked: false                  whether generated passages stand between <mark> and </mark>
    generations:
      - {"id": 1, "model_name": "...", "processors": [...], "environment": {...}, ...}
    ---

Of several pieces each begins with its title as a heading, and there is one front matter, without a title, if
any. In marked text a `<mark>` that the writer typed has a backslash after its first character.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import BinaryIO

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.manuscript import Origin
from studio.export.archive import Archive, Piece, Scope
from studio.export.characters import utf8
from studio.export.exporter import Exporter, Options, Steps, chosen, generations_of
from studio.export.spans import spans
from studio.store.records import GenerationRecord

FIRST_LINES = "---\ngpt2-studio: 1\n"
END_OF_FRONT_MATTER = "\n---\n"
_ANY_MARK = re.compile(r"<\\*/?mark>")
_OWN_MARK = re.compile(r"<(\\*)(?=/?mark>)")
_SETTINGS = (
    "id", "model_name", "model_sha256", "device", "created_utc", "max_new_tokens", "seed", "stop",
    "stop_at_end_of_text", "n_tokens",
)  # fmt: skip


def front_matter(
    title: str, archive: Archive | None, generations: Iterable[GenerationRecord], marked: bool
) -> str:
    """The front matter of one piece, or of several (`archive` None)."""
    values: dict[str, object] = {}
    if archive is not None:
        values["title"] = title
        values |= {"created_utc": archive.created_utc, "updated_utc": archive.updated_utc}
        values["tags"] = list(archive.tags)
    values["marked"] = marked
    lines = [f"{name}: {json.dumps(value)}" for name, value in values.items()]
    settings = [f"  - {json.dumps(_settings(generation), sort_keys=True)}" for generation in generations]
    lines += ["generations:", *settings] if settings else ["generations: []"]
    return FIRST_LINES + "\n".join(lines) + END_OF_FRONT_MATTER


def _settings(generation: GenerationRecord) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(generation, name) for name in _SETTINGS}
    values["finish_reason"] = generation.finish_reason and str(generation.finish_reason)
    for name in ("processors", "environment"):
        text = getattr(generation, name)
        try:
            values[name] = json.loads(text) if text else None
        except (ValueError, RecursionError):
            values[name] = text
    return values


def marked(piece: Piece) -> str:
    """The text with generated passages between <mark> and </mark>."""
    parts = []
    written = ""
    for span in spans(piece):
        if span.origin is Origin.GENERATED:
            parts += [_escape_marks(written), "<mark>", _escape_marks(span.text), "</mark>"]
            written = ""
        else:
            written += span.text
    return "".join((*parts, _escape_marks(written)))


def unmarked(text: str) -> str:
    """The opposite of `marked`, without where the marks were."""
    return _ANY_MARK.sub(lambda mark: mark[0].replace("\\", "", 1) if "\\" in mark[0] else "", text)


def _escape_marks(text: str) -> str:
    return _OWN_MARK.sub(r"<\\\1", text)


def _render(archives: Iterable[Archive], file: BinaryIO, options: Options) -> Steps:
    several = options.scope in {Scope.TREE, Scope.LIBRARY}
    found: Iterable[Piece] = chosen(archives, options)
    if several and options.front_matter:
        kept = []
        for piece in found:
            kept.append(piece)
            yield
        found = kept
        generations = {(id(p.archive), g.id): g for p in kept for g in generations_of(p)}
        file.write(utf8(front_matter("", None, generations.values(), options.mark_generated)))
    for number, piece in enumerate(found):
        if several:
            title = " ".join(piece.title.split())
            file.write(utf8(("\n\n" if number else "") + f"# {title}\n\n"))
        elif options.front_matter:
            head = front_matter(piece.title, piece.archive, generations_of(piece), options.mark_generated)
            file.write(utf8(head))
        file.write(utf8(marked(piece) if options.mark_generated else piece.text))
        yield


MARKDOWN = Exporter(
    "markdown",
    QT_TRANSLATE_NOOP("export", "Markdown"),
    QT_TRANSLATE_NOOP(
        "export", "The text as you marked it up; the settings and marks, if wanted, but no probabilities."
    ),
    ".md",
    ("front_matter", "mark_generated"),
    _render,
)
