"""Saves of KoboldAI, KoboldAI Lite and KoboldCpp Lite (.json), as far as they go.

The story is `prompt` and then `actions`: a list of texts, or (KoboldAI 2) an object that has an object
`actions` with numbered entries, whose `Selected Text` it is. Memory, author's note and world info become a
session of their own. Instruction marks in double braces are kept: they are part of what the model read.
"""

from __future__ import annotations

import re

from studio.core.errors import QT_TRANSLATE_NOOP, Sentence
from studio.intake.importer import Imported, Importer, Source, not_readable, written
from studio.intake.notes import NOT_SENT, left_out, session_of_notes, text_of, world_info

_PICTURE = re.compile(r"\[<\|(\w)\|[^|]{0,200}\|\1\|>\]")
_USED = (
    "gamestarted", "prompt", "actions", "memory", "authorsnote", "anotetemplate", "worldinfo",
    "actions_metadata", "wifolders_d", "wifolders_l", "savedsettings",
)  # fmt: skip
_SETTINGS = Sentence(QT_TRANSLATE_NOOP("StudioError", "Settings of the other program were left out."))


def _actions(actions: object) -> list[str]:
    if isinstance(actions, dict):
        numbered = actions.get("actions", actions)
        if not isinstance(numbered, dict):
            raise _unknown()
        ordered = sorted((int(n), entry) for n, entry in numbered.items() if n.isdecimal() and len(n) < 10)
        actions = [text_of(entry, "Selected Text") for _, entry in ordered]
    if not isinstance(actions, list) or not all(isinstance(action, str) for action in actions):
        raise _unknown()
    return actions


def _unknown() -> Exception:
    return not_readable(QT_TRANSLATE_NOOP("StudioError", "The story in this KoboldAI save cannot be found."))


def _read(source: Source) -> Imported:
    save = source.json
    assert isinstance(save, dict)
    story = text_of(save, "prompt") + "".join(_actions(save.get("actions", [])))
    sentences = []
    story, n_pictures = _PICTURE.subn("", story)
    if n_pictures:
        sentences.append(Sentence(QT_TRANSLATE_NOOP("StudioError", "Pictures were left out.")))
    note = text_of(save, "authorsnote")
    template = text_of(save, "anotetemplate")
    if note and "<|>" in template:
        note = template.replace("<|>", note, 1)
    notes = session_of_notes(
        (
            ("Memory", text_of(save, "memory")),
            ("Author's note", note),
            ("World info", world_info(save.get("worldinfo"), "key", "content")),
        ),
        source.name,
    )
    if notes:
        sentences.append(NOT_SENT)
    if save.get("savedsettings"):
        sentences.append(_SETTINGS)
    return Imported((written(story, source.name), *notes), (*sentences, *left_out(save, _USED)))


def _recognises(source: Source) -> bool:
    return (
        source.suffix == ".json"
        and isinstance(source.json, dict)
        and "actions" in source.json
        and ("gamestarted" in source.json or "prompt" in source.json)
    )


KOBOLD = Importer(
    "kobold", QT_TRANSLATE_NOOP("export", "KoboldAI story (JSON)"), (".json",), _recognises, _read
)
