"""Runs and edits that belong together, as one: what is typed key by key, what is generated token by token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from studio.core.history import WRITTEN, Edit, Run

_TYPING_LIMIT = 40
"""A step of typed characters ends at the first word boundary after this many."""


def join_runs(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Merge neighbours that continue each other; drop empty ones."""
    joined: list[Run] = []
    for run in runs:
        if run.length <= 0:
            continue
        if joined:
            last = joined[-1]
            continues = run.source == WRITTEN or (run.source > 0 and run.offset == last.offset + last.length)
            if run.source == last.source and continues:
                joined[-1] = replace(last, length=last.length + run.length)
                continue
        joined.append(run if run.source > 0 else Run(run.length, run.source))
    return tuple(joined)


def merge_typing(edits: tuple[Edit, ...], edit: Edit) -> tuple[Edit, ...] | None:
    """`edits` with one more keystroke in them, or None if the keystroke starts a new step."""
    if len(edits) != 1:
        return None
    last = edits[0]
    if edit.inserted and not edit.removed and edit.position == last.position + len(last.inserted):
        word_starts = last.inserted[-1:].isspace() and not edit.inserted.isspace()
        if "\n" in edit.inserted or (word_starts and len(last.inserted) >= _TYPING_LIMIT):
            return None
        return (_appended(last, edit),)
    if not edit.inserted and not last.inserted and edit.position + len(edit.removed) == last.position:
        grown = replace(  # Backspace, again
            last,
            position=edit.position,
            removed=edit.removed + last.removed,
            removed_runs=join_runs((*edit.removed_runs, *last.removed_runs)),
        )
        return (grown,)
    return None


def _appended(last: Edit, edit: Edit) -> Edit:
    return replace(
        last,
        inserted=last.inserted + edit.inserted,
        inserted_runs=join_runs((*last.inserted_runs, *edit.inserted_runs)),
    )


def joined_edits(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Edits of which each goes on where the one before ended, as one; the others as they are."""
    result = [edits[0]]
    for edit in edits[1:]:
        last = result[-1]
        if not edit.removed and edit.position == last.position + len(last.inserted):
            result[-1] = _appended(last, edit)
        else:
            result.append(edit)
    return tuple(result)
