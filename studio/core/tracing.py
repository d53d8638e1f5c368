"""Where a character came into a text: the step of its history that put it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from studio.core.history import ROOT, History


def trace(history: History, offset: int) -> Iterator[int | None]:
    """Go back step by step from the head for the character at `offset` of the text.

    Yields None after each step that has nothing to do with it, and at last the node that put it there, or
    ROOT if it was there from the beginning, or if a step on the way is damaged.
    """
    node_id = history.head
    while node_id != ROOT:
        node = replace(history.nodes[node_id])  # what it unpacks is not kept
        try:
            edits = node.edits
        except ValueError:
            break
        for edit in reversed(edits):
            if edit.position <= offset < edit.position + len(edit.inserted):
                yield node_id
                return
            if offset >= edit.position:
                offset += len(edit.removed) - len(edit.inserted)
        yield None
        node_id = node.parent
    yield ROOT
