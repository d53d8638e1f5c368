"""A text that knows where every character came from, and the one timeline of its changes.

Offsets are code points. A `Run` says "these characters are generation 7's from its character 120 on", so
after any cutting, joining and undoing the window still finds the token behind a character. The editor widget
mirrors this object; it is not the source of truth (QTextDocument's own undo would lose the runs).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from studio.core.messages import END_OF_TEXT

WRITTEN = 0
"""`Run.source` of what the user typed, pasted or imported."""

SPECIAL = -1
"""`Run.source` of an END_OF_TEXT that is the real token, not six characters and some brackets."""

_TYPING_LIMIT = 40
"""A step of typed characters ends at the first word boundary after this many."""


class Origin(Enum):
    """What a reader may want to know of a stretch of text at one glance."""

    WRITTEN = "written"
    GENERATED = "generated"
    EDITED = "edited"  # written by hand inside a generated passage, or the seam a deletion left in one
    SPECIAL = "special"  # the end-of-text token itself


@dataclass(frozen=True, slots=True)
class Run:
    """`length` characters that came from `source`, there starting at character `offset`."""

    length: int
    source: int = WRITTEN
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """At `position`, `removed` gave way to `inserted`. The runs have the lengths of their texts."""

    position: int
    removed: str
    removed_runs: tuple[Run, ...]
    inserted: str
    inserted_runs: tuple[Run, ...]

    def inverse(self) -> Edit:
        """The edit that takes this one back."""
        return Edit(self.position, self.inserted, self.inserted_runs, self.removed, self.removed_runs)


@dataclass(frozen=True, slots=True)
class Step:
    """What one Undo takes back."""

    edits: tuple[Edit, ...]
    typing: bool = False  # may grow while the user goes on typing at its end


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


class Manuscript:
    """Text, runs, and undo. Every change goes through `replace`; `undo` and `redo` return what they did."""

    def __init__(self, text: str = "", runs: Sequence[Run] = ()) -> None:
        if runs and sum(run.length for run in runs) != len(text):
            raise ValueError("the runs do not cover the text")
        self._text = text
        self._runs = join_runs(runs or (Run(len(text)),))
        self._starts = self._run_starts()
        self._undo: list[Step] = []
        self._redo: list[Step] = []
        self._group: list[Edit] | None = None
        self.revision = 0
        """Counts changes; two equal revisions of one manuscript have the same text and runs."""

    # -- reading -------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text

    @property
    def runs(self) -> tuple[Run, ...]:
        """Runs that together cover the text, neighbours merged."""
        return self._runs

    @property
    def can_undo(self) -> bool:
        """Whether `undo` would do something."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether `redo` would do something."""
        return bool(self._redo)

    def run_at(self, offset: int) -> tuple[int, Run] | None:
        """Start and run of the character at `offset`; None past the end."""
        if not 0 <= offset < len(self._text):
            return None
        index = bisect_right(self._starts, offset) - 1
        return self._starts[index], self._runs[index]

    def source_at(self, offset: int) -> tuple[int, int]:
        """(source, offset in that source) of the character at `offset`; (WRITTEN, 0) past the end."""
        found = self.run_at(offset)
        if found is None:
            return WRITTEN, 0
        start, run = found
        return run.source, run.offset + offset - start

    def special_offsets(self, start: int, end: int) -> tuple[int, ...]:
        """Where, within text[start:end], END_OF_TEXT is the real token; relative to `start`."""
        return tuple(
            position + k - start
            for position, run in self._runs_between(start, end)
            if run.source == SPECIAL
            for k in range(0, run.length - len(END_OF_TEXT) + 1, len(END_OF_TEXT))
            if start <= position + k and position + k + len(END_OF_TEXT) <= end
        )

    def origins(self, start: int, end: int) -> Iterator[tuple[int, int, Origin]]:
        """(from, to, origin) stretches that cover text[start:end] in order."""
        if end <= start:
            return
        first = bisect_right(self._starts, start) - 1
        for index in range(max(first, 0), len(self._runs)):
            at = self._starts[index]
            if at >= end:
                return
            yield max(at, start), min(at + self._runs[index].length, end), self._origin_of(index)

    def _origin_of(self, index: int) -> Origin:
        run = self._runs[index]
        if run.source == SPECIAL:
            return Origin.SPECIAL if run.length % len(END_OF_TEXT) == 0 else Origin.WRITTEN
        if run.source > 0:
            return Origin.GENERATED
        before = self._runs[index - 1].source if index else WRITTEN
        after = self._runs[index + 1].source if index + 1 < len(self._runs) else WRITTEN
        return Origin.EDITED if before > 0 and before == after else Origin.WRITTEN

    def seams(self, start: int, end: int) -> Iterator[int]:
        """Offsets in (start, end) where a deletion left two parts of one generation side by side."""
        for index in range(max(bisect_right(self._starts, start), 1), len(self._runs)):
            if self._starts[index] >= end:
                return
            if self._runs[index].source > 0 and self._runs[index].source == self._runs[index - 1].source:
                yield self._starts[index]

    # -- changing ------------------------------------------------------------------------------------------

    def replace(
        self, start: int, end: int, text: str, runs: Sequence[Run] | None = None, *, typing: bool = False
    ) -> Edit:
        """Put `text` in the place of text[start:end] as one undo step (or as part of an open group).

        `runs` default to WRITTEN. `typing` lets neighbouring keystrokes share a step. Raises ValueError if
        the range is outside the text or the runs do not have the length of the text.
        """
        if not 0 <= start <= end <= len(self._text):
            raise ValueError(f"no range {start}..{end} in a text of {len(self._text)} characters")
        new_runs = join_runs(runs if runs is not None else (Run(len(text)),))
        if sum(run.length for run in new_runs) != len(text):
            raise ValueError("the runs do not have the length of the text")
        edit = Edit(start, self._text[start:end], self._cut(start, end), text, new_runs)
        self._apply(edit)
        self._redo.clear()
        if self._group is not None:
            self._group.append(edit)
        elif typing and self._undo and (merged := _grow(self._undo[-1], edit)) is not None:
            self._undo[-1] = merged
        else:
            self._undo.append(Step((edit,), typing))
        return edit

    def begin_group(self) -> None:
        """All edits until `end_group` become one undo step (a whole generation). Groups do not nest."""
        assert self._group is None
        self._group = []

    def end_group(self) -> None:
        """Close the group; an empty one leaves no step."""
        edits, self._group = self._group, None
        if edits:
            self._undo.append(Step(_joined(edits)))

    @property
    def in_group(self) -> bool:
        """Whether a group is open."""
        return self._group is not None

    def undo(self, show: Callable[[Edit], object] = lambda _edit: None) -> tuple[Edit, ...]:
        """Take the last step back; returns the edits made, in the order made. Empty if there is none.

        `show` is called with each edit when `text` is as that edit left it, so that a view can follow.
        """
        assert self._group is None
        if not self._undo:
            return ()
        step = self._undo.pop()
        done = tuple(edit.inverse() for edit in reversed(step.edits))
        for edit in done:
            self._apply(edit)
            show(edit)
        self._redo.append(replace(step, typing=False))
        return done

    def redo(self, show: Callable[[Edit], object] = lambda _edit: None) -> tuple[Edit, ...]:
        """Do the last undone step again; returns the edits made, as `undo` does. Empty if there is none."""
        assert self._group is None
        if not self._redo:
            return ()
        step = self._redo.pop()
        for edit in step.edits:
            self._apply(edit)
            show(edit)
        self._undo.append(step)
        return step.edits

    def break_typing(self) -> None:
        """The next keystroke starts a new undo step (the caret moved, the user paused)."""
        if self._undo and self._undo[-1].typing:
            self._undo[-1] = replace(self._undo[-1], typing=False)

    # -- inside --------------------------------------------------------------------------------------------

    def _apply(self, edit: Edit) -> None:
        end = edit.position + len(edit.removed)
        self._runs = join_runs(
            (*self._cut(0, edit.position), *edit.inserted_runs, *self._cut(end, len(self._text)))
        )
        self._text = self._text[: edit.position] + edit.inserted + self._text[end:]
        self._starts = self._run_starts()
        self.revision += 1

    def _run_starts(self) -> list[int]:
        starts, at = [], 0
        for run in self._runs:
            starts.append(at)
            at += run.length
        return starts

    def _runs_between(self, start: int, end: int) -> Iterator[tuple[int, Run]]:
        for index in range(max(bisect_right(self._starts, start) - 1, 0), len(self._runs)):
            if self._starts[index] >= end:
                return
            yield self._starts[index], self._runs[index]

    def _cut(self, start: int, end: int) -> tuple[Run, ...]:
        """The runs of text[start:end], the first and last shortened to fit."""
        cut = []
        for at, run in self._runs_between(start, end):
            head = max(start - at, 0)
            tail = max(at + run.length - end, 0)
            if run.length - head - tail > 0:
                offset = run.offset + head if run.source > 0 else 0
                cut.append(Run(run.length - head - tail, run.source, offset))
        return tuple(cut)


def _grow(step: Step, edit: Edit) -> Step | None:
    """`step` with one more keystroke in it, or None if the keystroke starts a new step."""
    if not step.typing or len(step.edits) != 1:
        return None
    last = step.edits[0]
    if edit.inserted and not edit.removed and edit.position == last.position + len(last.inserted):
        word_starts = last.inserted[-1:].isspace() and not edit.inserted.isspace()
        if "\n" in edit.inserted or (word_starts and len(last.inserted) >= _TYPING_LIMIT):
            return None
        grown = replace(
            last,
            inserted=last.inserted + edit.inserted,
            inserted_runs=join_runs((*last.inserted_runs, *edit.inserted_runs)),
        )
    elif not edit.inserted and not last.inserted and edit.position + len(edit.removed) == last.position:
        grown = replace(  # Backspace, again
            last,
            position=edit.position,
            removed=edit.removed + last.removed,
            removed_runs=join_runs((*edit.removed_runs, *last.removed_runs)),
        )
    else:
        return None
    return replace(step, edits=(grown,))


def _joined(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Edits of which each goes on where the one before ended, as one; the others as they are."""
    result = [edits[0]]
    for edit in edits[1:]:
        last = result[-1]
        if not edit.removed and edit.position == last.position + len(last.inserted):
            result[-1] = replace(
                last,
                inserted=last.inserted + edit.inserted,
                inserted_runs=join_runs((*last.inserted_runs, *edit.inserted_runs)),
            )
        else:
            result.append(edit)
    return tuple(result)
