"""A text that knows where every character came from, and every state it has been in.

Offsets are code points. A `Run` says "these characters are generation 7's from its character 120 on", so
after any cutting, joining and undoing the window still finds the token behind a character. The editor widget
mirrors this object; it is not the source of truth (QTextDocument's own undo would lose the runs).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import Enum

from studio.core.history import ROOT, SPECIAL, WRITTEN, Edit, History, Node, Run, now_utc, pack_step
from studio.core.joining import join_runs, joined_edits, merge_typing
from studio.core.messages import END_OF_TEXT

Show = Callable[[Edit], object]
"""Called with each edit when `text` is as that edit left it, so that a view can follow."""


def _ignore(_edit: Edit) -> None:
    pass


class Origin(Enum):
    """What a reader may want to know of a stretch of text at one glance."""

    WRITTEN = "written"
    GENERATED = "generated"
    EDITED = "edited"  # written by hand inside a generated passage, or the seam a deletion left in one
    SPECIAL = "special"  # the end-of-text token itself


class Manuscript:
    """Text, runs, and their history. Every change goes through `replace`, `undo`, `redo` or `go_to`."""

    def __init__(
        self, text: str = "", runs: Sequence[Run] = (), nodes: Sequence[Node] = (), head: int = ROOT
    ) -> None:
        """`text` and `runs` are those at node `head`. Raises ValueError if the runs do not cover the text."""
        if runs and sum(run.length for run in runs) != len(text):
            raise ValueError("the runs do not cover the text")
        self._text = text
        self._runs = join_runs(runs or (Run(len(text)),))
        self._starts = self._run_starts()
        self.history = History.of(nodes, head)
        self._typing = False  # whether the head may grow by another keystroke
        self._group: list[Edit] | None = None
        self._group_source = WRITTEN
        self._group_before: int | None = None
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
        return self.history.head != ROOT

    @property
    def can_redo(self) -> bool:
        """Whether `redo` would do something."""
        return self.history.redo_target() is not None

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
        if self._group is not None:
            self._group.append(edit)
            self.history.mark_changed((self.history.head,))
        elif not (typing and self._typing and self._grow(edit)):
            self._add((edit,))
            self._typing = typing
        return edit

    def begin_group(self, source: int = WRITTEN, *, instead: bool = False, show: Show = _ignore) -> None:
        """All edits until `end_group` become one undo step (a whole generation). Groups do not nest.

        `instead` of the head: the step becomes its sibling, and Undo brings the head back.
        """
        assert self._group is None
        before = self.history.head if instead else None
        if before:
            self.go_to(self.history.parent(before), show)
        self._typing = False
        self._group, self._group_source, self._group_before = [], source, before
        self._add(())

    def end_group(self) -> None:
        """Close the group; an empty one leaves no step."""
        assert self._group is not None
        node_id = self.history.head
        if self._group:
            self._put(node_id, joined_edits(self._group))
        else:
            self.history.head = self.history.parent(node_id)
            self.history.drop(node_id)
        self._group, self._group_source, self._group_before = None, WRITTEN, None

    def put_beside(self, parent: int, edit: Edit, source: int, node_id: int | None = None) -> int:
        """Add a step after `parent` that the text does not take, or make `edit` the edit of such a step.

        `edit` is one of the text at `parent`. Returns the step's node. Raises KeyError.
        """
        packed = pack_step((edit,))
        if node_id is None:
            node = Node(self.history.next_id(), parent, packed, source, now_utc())
        else:
            node = replace(self.history.nodes[node_id], packed=packed)
        self.history.put(node)
        self.revision += 1
        return node.id

    @property
    def in_group(self) -> bool:
        """Whether a group is open."""
        return self._group is not None

    def undo(self, show: Show = _ignore) -> tuple[Edit, ...]:
        """Take the last step back; returns the edits made, in the order made. Empty if there is none."""
        target, head = self.history.undo_target(), self.history.head
        if target is None:
            return ()
        done = self.go_to(target, show)
        self.history.undone(head)
        return done

    def redo(self, show: Show = _ignore) -> tuple[Edit, ...]:
        """Do again what was undone last; returns the edits made. Empty if there is none."""
        target = self.history.redo_target()
        return () if target is None else self.go_to(target, show)

    def go_to(self, node_id: int, show: Show = _ignore) -> tuple[Edit, ...]:
        """Bring the text to another node: back to the common past, then forward. Raises KeyError."""
        assert self._group is None
        self._typing = False
        history = self.history
        if history.head != ROOT and node_id == history.parent(history.head):
            return self._step_back(show)
        if node_id != ROOT and history.parent(node_id) == history.head:
            return self._step_forward(node_id, show)
        wanted = history.path(node_id)
        here = history.path(history.head)
        common = sum(1 for a, b in zip(here, wanted, strict=False) if a == b)
        done: list[Edit] = []
        for _ in here[common:]:
            done += self._step_back(show)
        for child in wanted[common:]:
            done += self._step_forward(child, show)
        return tuple(done)

    def flip(self, steps: int, show: Show = _ignore) -> tuple[Edit, ...]:
        """Show another variant of the nearest generation that has several, and what follows it there."""
        siblings, index = self.history.variants()
        if not 0 <= index + steps < len(siblings):
            return ()
        return self.go_to(self.history.leaf(siblings[index + steps]), show)

    def rename(self, node_id: int, name: str, bookmarked: bool) -> None:
        """Give a node a name (empty: none) and a bookmark. Raises KeyError."""
        self.history.put(replace(self.history.nodes[node_id], name=name, bookmarked=bookmarked))
        self.revision += 1

    def prune(self, node_id: int, show: Show = _ignore) -> int:
        """Hide a state and all after it; returns how many. A text that stands there leaves it first.

        Raises KeyError, also for the root.
        """
        node = self.history.nodes[node_id]
        if self.is_at_or_after(node_id):
            self.go_to(node.parent, show)
        n_states = sum(1 for _ in self.history.after(node_id))
        self.history.put(replace(node, pruned=True))
        self.revision += 1
        return n_states

    def is_at_or_after(self, node_id: int) -> bool:
        """Whether the text stands at this state or one that came of it."""
        at = self.history.head
        while at > node_id:  # a state before always has a smaller id
            at = self.history.parent(at)
        return at == node_id

    def bring_back(self, node_id: int) -> None:
        """Show a pruned state again, with those before it that are pruned. Raises KeyError."""
        while node_id != ROOT:
            node = self.history.nodes[node_id]
            if node.pruned:
                self.history.put(replace(node, pruned=False))
            node_id = node.parent
        self.revision += 1

    def break_typing(self) -> None:
        """The next keystroke starts a new undo step (the caret moved, the user paused)."""
        self._typing = False

    def take_changed(self) -> tuple[Node, ...]:
        """The nodes that are new or changed since the last call, to be saved; also of an open group."""
        if self._group:
            self._put(self.history.head, joined_edits(self._group))
        return self.history.take_changed()

    # -- inside --------------------------------------------------------------------------------------------

    def _add(self, edits: tuple[Edit, ...]) -> None:
        """A new node after the head."""
        node_id, parent = self.history.next_id(), self.history.head
        packed = pack_step(edits, self._group_before)
        self.history.put(Node(node_id, parent, packed, self._group_source, now_utc()))
        self.history.visit(node_id)

    def _put(self, node_id: int, edits: tuple[Edit, ...]) -> None:
        """The node has other edits now."""
        node = self.history.nodes[node_id]
        self.history.put(replace(node, packed=pack_step(edits, self._group_before)))

    def _grow(self, edit: Edit) -> bool:
        """Make a keystroke part of the head, if it goes on where the one before ended."""
        head = self.history.head
        if head == ROOT or self.history.children(head):
            return False
        merged = merge_typing(self.history.nodes[head].edits, edit)
        if merged is not None:
            self._put(head, merged)
        return merged is not None

    def _step_back(self, show: Show) -> tuple[Edit, ...]:
        node = self.history.nodes[self.history.head]
        done = tuple(edit.inverse() for edit in reversed(node.edits))
        for edit in done:
            self._apply(edit)
            show(edit)
        self.history.head = node.parent
        return done

    def _step_forward(self, child: int, show: Show) -> tuple[Edit, ...]:
        edits = self.history.nodes[child].edits
        for edit in edits:
            self._apply(edit)
            show(edit)
        self.history.visit(child)
        return edits

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
