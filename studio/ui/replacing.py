"""Putting other words in the place of what was found: as one undo step, with all other origins kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from studio.core.history import WRITTEN, Run
from studio.core.manuscript import Manuscript
from studio.ui.document_mirror import CHUNK, clean
from studio.ui.editor import MAX_TEXT_CHARACTERS, Editor
from studio.ui.text_search import Scan

FEW, FEW_CHARACTERS = 100, 8_000_000
"""So few changes, in a text of at most FEW_CHARACTERS divided by their number, are shown one by one."""


class TooLongError(Exception):
    """The text would have more characters than a text can have."""


@dataclass(slots=True)
class Changes:
    """Places and what comes there; `pieces` and `runs` make the stretch from the first to the last."""

    places: list[tuple[int, int, str]] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    grown: list[int] = field(default_factory=list)  # by how much up to here, place by place

    @property
    def growth(self) -> int:
        """How much longer the text becomes."""
        return self.grown[-1] if self.grown else 0

    def add_run(self, run: Run) -> None:
        """Add a run; what is written by hand is one with what was before (there may be 100,000 places)."""
        last = self.runs[-1] if self.runs else None
        if last is not None and last.source == run.source == WRITTEN:
            self.runs[-1] = Run(last.length + run.length)
        else:
            self.runs.append(run)


def cut(manuscript: Manuscript, start: int, end: int) -> Iterator[Run]:
    """The runs of a stretch of the text, the first and last shortened to fit."""
    while start < end:
        found = manuscript.run_at(start)
        assert found is not None
        first, run = found
        length = min(first + run.length, end) - start
        yield Run(length, run.source, run.offset + start - first if run.source > 0 else 0)
        start += length


def prepare(scan: Scan, template: str, manuscript: Manuscript, changes: Changes) -> Iterator[None]:
    """Fill `changes` with all that was found, place by place. Raises PatternError or TooLongError."""
    at = scan.starts[0] if len(scan) else 0
    for number in range(len(scan)):
        start, end = scan.span(number)
        new = clean(scan.replacement(number, template))
        changes.places.append((start, end, new))
        changes.pieces += (scan.text[at:start], new)
        for run in cut(manuscript, at, start):
            changes.add_run(run)
        changes.add_run(Run(len(new)))
        changes.grown.append(changes.growth + len(new) - (end - start))
        at = end
        if start + changes.growth > MAX_TEXT_CHARACTERS:
            raise TooLongError  # at once: memory is finite
        yield
    if changes.growth > 0 and len(scan.text) + changes.growth > MAX_TEXT_CHARACTERS:
        raise TooLongError


def carry_out(changes: Changes, editor: Editor) -> None:
    """Make the changes, as one undo step; the caret stays at its words."""
    manuscript, places = editor.manuscript, changes.places
    caret = editor.caret()
    before = bisect_right(places, caret, key=lambda place: place[1])
    shift = changes.grown[before - 1] if before else 0
    few = len(places) <= min(FEW, FEW_CHARACTERS // max(len(manuscript.text), 1))
    manuscript.begin_group()
    if few and all(max(len(new), end - start) < CHUNK for start, end, new in places):
        for start, end, new in reversed(places):
            editor.mirror.show(manuscript.replace(start, end, new))
    else:
        stretch = places[0][0], places[-1][1]
        editor.mirror.show(manuscript.replace(*stretch, "".join(changes.pieces), changes.runs))
    manuscript.end_group()
    editor.set_caret(min(max(caret + shift, 0), len(manuscript.text)))
    editor.edited.emit()
    editor.undo_changed.emit()
