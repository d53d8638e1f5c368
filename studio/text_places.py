"""Places in a text: where what the model is sent begins, and what it wrote last."""

from __future__ import annotations

from studio.core.manuscript import Manuscript
from studio.core.messages import ModelInfo

MIN_TAIL_CHARS = 20_000
"""At least this much of the text before the caret is sent, however small the model's window."""


def prompt_start(text: str, end: int, model: ModelInfo) -> int:
    """Where the part of text[:end] that can matter to the model begins: after a line end where there is one.

    No token is longer than `max_token_bytes`, so the context window cannot reach further back.
    """
    reach = max(model.n_positions * model.max_token_bytes, MIN_TAIL_CHARS)
    start = end - 2 * reach
    if start <= 0:
        return 0
    newline = text.find("\n", start, end - reach)
    return newline + 1 if newline >= 0 else start


def last_generation(manuscript: Manuscript) -> tuple[int, int, int] | None:
    """(id, start, end) of the latest generation that still has words in the text, edits inside included."""
    latest = max((run.source for run in manuscript.runs), default=0)
    if latest <= 0:
        return None
    start, end, at = -1, 0, 0
    for run in manuscript.runs:
        if run.source == latest:
            start = at if start < 0 else start
            end = at + run.length
        at += run.length
    return latest, start, end
