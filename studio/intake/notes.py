"""What other programs send to the model beside the story: it becomes a session of its own, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence
from studio.export.archive import Archive
from studio.intake.importer import written

NOT_SENT = Sentence(
    QT_TRANSLATE_NOOP(
        "StudioError",
        "Memory, author's note and world info are in a session of their own: they are not sent to the model.",
    )
)


def text_of(values: object, *names: str) -> str:
    """The text at `names` of nested objects; "" if there is none."""
    for name in names:
        values = values.get(name) if isinstance(values, dict) else None
    return values if isinstance(values, str) else ""


def world_info(entries: object, keys: str, contents: str) -> str:
    """Entries as paragraphs `keys: content`."""
    paragraphs = []
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, Mapping):
            continue
        names = entry.get(keys)
        listed = [name for name in names if isinstance(name, str)] if isinstance(names, list) else [names]
        label = ", ".join(name for name in listed if isinstance(name, str) and name)
        content = text_of(entry, contents)
        if label or content:
            paragraphs.append(f"{label}: {content}" if label else content)
    return "\n\n".join(paragraphs)


def session_of_notes(parts: Iterable[tuple[str, str]], title: str) -> tuple[Archive, ...]:
    """A session with a heading and a text for each part that has any; none if all are empty."""
    text = "\n\n".join(f"{heading}\n\n{content}" for heading, content in parts if content.strip())
    return (written(text, f"{title} – notes", 2),) if text else ()


def left_out(values: Mapping[str, object], used: Iterable[str]) -> tuple[Sentence, ...]:
    """The names of what was not taken over, in one sentence; names of empty things are not worth one."""
    used = set(used)
    names = [
        name[:40] for name, value in values.items() if name not in used and value not in ("", [], {}, None)
    ]
    if not names:
        return ()
    shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    template = QT_TRANSLATE_NOOP("StudioError", "Not taken over: {names}.")
    return (Sentence(template, (("names", shown),)),)
