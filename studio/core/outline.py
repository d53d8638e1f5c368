"""The states of a history in the order of a list, made in small portions of time and then kept up to date.

The way to the head goes straight down at depth 0. Branches that leave it come, one deeper, right after the
state they leave, before it goes on. With 50,000 states that order takes up to 0.1 s to make, so a window
makes it a few milliseconds at a time (`work`); what grows at the end, as it does while one types, is added.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from studio.core.history import ROOT, History

MAX_LANES = 24
"""Lines at greater depths are not drawn beside deeper rows; no screen is wide enough."""

_CHECK_CLOCK_EVERY = 256


Row = tuple[int, int, int]
"""Node id, depth, lanes. Bit k of `lanes`: a line at depth k, less than its own, goes past to a later row.

A plain tuple: of 50,000 the garbage collector lets go at once.
"""

_FIRST: Row = (ROOT, 0, 0)


class Outline:
    """Rows of one history: the root first, then what comes after it."""

    def __init__(self, history: History, *, with_pruned: bool = False, only_bookmarks: bool = False) -> None:
        self.history = history
        self.rows: list[Row] = [_FIRST]
        self.with_pruned = with_pruned
        self.only_bookmarks = only_bookmarks
        self.hidden: set[int] = set()  # of the states listed, those that are pruned or come after one
        self._straight = [0]  # indices of the rows at depth 0 ...
        self._straight_ids = [ROOT]  # ... and their ids, which only grow
        self._end = ROOT  # the last state at depth 0, listed or not
        self._order = -1  # of the history when `rows` were taken
        self._building: tuple[int, Iterator[None]] | None = None
        self._fresh: tuple[list[Row], set[int], list[int], list[int], int] | None = None

    @property
    def is_current(self) -> bool:
        """Whether nothing but `growth` has come since `take`."""
        return self._order == self.history.order

    def work(self, budget_s: float) -> bool:
        """Prepare fresh rows, for about so long; whether they can be taken."""
        end = time.perf_counter() + budget_s
        while self._building is None or self._fresh is None or self._building[0] != self.history.order:
            if self._building is None or self._building[0] != self.history.order:
                self._fresh = None
                self._building = (self.history.order, self._build())
            for _ in self._building[1]:
                if time.perf_counter() >= end:
                    return False
        return True

    def take(self) -> None:
        """Put what `work` has prepared in the place of the rows."""
        assert self._building is not None
        assert self._fresh is not None
        self._order = self._building[0]
        self.rows, self.hidden, self._straight, self._straight_ids, self._end = self._fresh
        self._building = self._fresh = None

    def growth(self) -> list[int]:
        """The states that came at the end since the rows were taken, oldest first."""
        new, at = [], self._end
        while (child := self.history.next_child(at)) is not None:
            new.append(child)
            at = child
        return new

    def lists(self, node_id: int) -> bool:
        """Whether a state at depth 0 has a row."""
        return not self.only_bookmarks or node_id == ROOT or self.history.nodes[node_id].bookmarked

    def add(self, growth: Iterable[int]) -> None:
        """Add rows for the states of `growth`."""
        for node_id in growth:
            self._end = node_id
            if self.lists(node_id):
                self._straight.append(len(self.rows))
                self._straight_ids.append(node_id)
                self.rows.append((node_id, 0, 0))

    def head_row(self) -> int:
        """The row the text is at, or the nearest listed one before it."""
        return self._straight[bisect_right(self._straight_ids, self.history.head) - 1]

    def _build(self) -> Iterator[None]:
        history, nodes, with_pruned = self.history, self.history.nodes, self.with_pruned
        rows: list[Row] = []
        hidden: set[int] = set()
        straight: list[int] = []
        straight_ids: list[int] = []
        waiting = [_FIRST]
        end, n = ROOT, 0
        while waiting:
            row = waiting.pop()
            node_id, depth, lanes = row
            if not self.only_bookmarks or node_id == ROOT or nodes[node_id].bookmarked:
                if not depth:
                    straight.append(len(rows))
                    straight_ids.append(node_id)
                rows.append(row)
            if not depth:
                end = node_id
            main, children = history.next_child(node_id), history.children(node_id)
            if main is not None:
                waiting.append((main, depth, lanes))
            if with_pruned and (node_id in hidden or any(nodes[child].pruned for child in children)):
                below = node_id in hidden
                hidden.update(child for child in children if below or nodes[child].pruned)
            if len(children) > (main is not None):
                goes_on = main is not None
                for child in reversed(children):
                    if child != main and (with_pruned or not nodes[child].pruned):
                        own = 1 << depth if goes_on and depth < MAX_LANES else 0
                        waiting.append((child, depth + 1, lanes | own))
                        goes_on = True
            n += 1
            if n % _CHECK_CLOCK_EVERY == 0:
                yield
        self._fresh = (rows, hidden, straight, straight_ids, end)
