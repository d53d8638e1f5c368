"""Markdown: kept as it is, but front matter of ours (see `studio/export/markdown.py`) is understood."""

from __future__ import annotations

import json
from dataclasses import replace

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence
from studio.export.markdown import END_OF_FRONT_MATTER, FIRST_LINES, unmarked
from studio.intake.importer import Imported, Importer, Source, divided
from studio.intake.plain_text import decoded, guessed

_SETTINGS = Sentence(
    QT_TRANSLATE_NOOP("StudioError", "Which passages were generated, and how, was not taken over.")
)


def _value(text: str) -> object:
    try:
        return json.loads(text[:100_000])
    except (ValueError, RecursionError):
        return None


def _with_front_matter(source: Source, text: str) -> Imported:
    head, end, body = text.partition(END_OF_FRONT_MATTER)
    if not end:
        return divided(text, source.name)
    lines = head[len(FIRST_LINES) :].split("\n")
    values = {name: _value(value) for name, _, value in (line.partition(": ") for line in lines)}
    title = values.get("title")
    imported = divided(
        unmarked(body) if values.get("marked") is True else body,
        title if isinstance(title, str) else source.name,
    )
    tags = values.get("tags")
    if isinstance(tags, list):
        kept = tuple(tag[:200] for tag in tags[:1000] if isinstance(tag, str))
        imported = replace(imported, archives=tuple(replace(a, tags=kept) for a in imported.archives))
    return imported


def _read(source: Source) -> Imported:
    text, encoding = decoded(source.data)
    text = text.replace("\r\n", "\n")
    if text.startswith(FIRST_LINES):
        imported = _with_front_matter(source, text)
        return replace(imported, left_out=(*guessed(encoding), *imported.left_out, _SETTINGS))
    imported = divided(text, source.name)
    return replace(imported, left_out=(*guessed(encoding), *imported.left_out))


MARKDOWN = Importer(
    "markdown",
    QT_TRANSLATE_NOOP("export", "Markdown"),
    (".md", ".markdown"),
    lambda source: source.suffix in {".md", ".markdown"},
    _read,
)
