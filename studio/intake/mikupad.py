"""Sessions exported by mikupad (.json), as far as they go.

The text is `prompt`: a text, or a list of parts with a `content` each (an old version keeps such values as
JSON within a text). Memory, author's note and world info become a session of their own.
"""

from __future__ import annotations

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence, StudioError
from studio.intake.importer import Imported, Importer, Source, not_readable, written
from studio.intake.json_document import parse
from studio.intake.notes import NOT_SENT, left_out, session_of_notes, text_of, world_info

_USED = ("name", "prompt", "memoryTokens", "authorNoteTokens", "worldInfo")
_MARKS = ("memoryTokens", "authorNoteTokens", "endpointAPI", "mirostatTau", "maxPredictTokens")
_PROBABILITIES = Sentence(
    QT_TRANSLATE_NOOP("StudioError", "The probabilities of the other program's tokens were left out.")
)


def _unfolded(value: object) -> object:
    """A list or object that an old version stored as text; others as they are."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        try:
            inner = parse(value.encode("utf-8", "replace"))
        except StudioError:
            return value
        return inner if isinstance(inner, list | dict) else value
    return value


def _text(prompt: object) -> str:
    if isinstance(prompt, str):
        return prompt
    if not isinstance(prompt, list) or not all(isinstance(part, dict) for part in prompt):
        raise not_readable(
            QT_TRANSLATE_NOOP("StudioError", "The text in this mikupad session cannot be found.")
        )
    return "".join(text_of(part, "content") for part in prompt)


def _framed(values: object) -> str:
    text = text_of(values, "text")
    return text_of(values, "prefix") + text + text_of(values, "suffix") if text else ""


def _read(source: Source) -> Imported:
    session = source.json
    assert isinstance(session, dict)
    values = {name: _unfolded(value) for name, value in session.items()}
    prompt = values["prompt"]
    title = text_of(session, "name") or source.name
    world = values.get("worldInfo")
    entries = world.get("entries") if isinstance(world, dict) else None
    notes = session_of_notes(
        (
            ("Memory", _framed(values.get("memoryTokens"))),
            ("Author's note", _framed(values.get("authorNoteTokens"))),
            ("World info", world_info(entries, "keys", "text")),
        ),
        title,
    )
    sentences = [NOT_SENT] if notes else []
    if isinstance(prompt, list) and any(
        "completion_probabilities" in p for p in prompt if isinstance(p, dict)
    ):
        sentences.append(_PROBABILITIES)
    return Imported((written(_text(prompt), title), *notes), (*sentences, *left_out(values, _USED)))


def _recognises(source: Source) -> bool:
    found = source.json if source.suffix == ".json" else None
    return isinstance(found, dict) and "prompt" in found and any(mark in found for mark in _MARKS)


MIKUPAD = Importer(
    "mikupad", QT_TRANSLATE_NOOP("export", "mikupad session (JSON)"), (".json",), _recognises, _read
)
