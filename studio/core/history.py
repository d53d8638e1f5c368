"""The tree of everything a text has been: each node is one undo step, its parent the state before it.

The text at a node is the text at the root with the edits of the path applied; nothing is ever overwritten.
Undo goes to the state before (the parent; for a retry, the variant it replaced), Redo to where Undo came
from, and another edit after an Undo makes a sibling. A branch that is pruned is passed over by all of these;
it is not destroyed, and going to one of its states brings it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

ROOT = 0
"""The id of the state a session began with. It has no node."""

WRITTEN = 0
"""`Run.source` and `Node.source` of what the user typed, pasted or imported."""

SPECIAL = -1
"""`Run.source` of an END_OF_TEXT that is the real token, not six characters and some brackets."""


VARIANT_REACH = 500
"""How many steps back the variants to flip among are looked for; this is done at every key."""


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


@dataclass(frozen=True)
class Node:
    """One step. `packed` is JSON (see `pack_step`), read only when the step is taken.

    Ids count up within a session; a child's is always larger than its parent's.
    """

    id: int
    parent: int
    packed: str
    source: int = WRITTEN  # the generation it inserted, if it is one
    created_utc: str = ""
    name: str = ""
    bookmarked: bool = False
    pruned: bool = False  # hidden, with everything after it

    @cached_property
    def edits(self) -> tuple[Edit, ...]:
        """The edits, in the order made. Raises ValueError if `packed` is damaged."""
        return _unpack(self.packed)[0]

    @cached_property
    def before(self) -> int:
        """Where Undo goes: the parent, or for a retry the variant it replaced. Raises ValueError."""
        before = _unpack(self.packed)[1]
        return self.parent if before is None else before


def pack_step(edits: Iterable[Edit], before: int | None = None) -> str:
    """{"edits": [[position, removed, its runs, inserted, its runs], ...], "before": node id or left out}.

    A run is [length, source, offset].
    """

    def runs(of: Sequence[Run]) -> list[list[int]]:
        return [[run.length, run.source, run.offset] for run in of]

    rows = [[e.position, e.removed, runs(e.removed_runs), e.inserted, runs(e.inserted_runs)] for e in edits]
    step: dict[str, object] = {"edits": rows}
    if before is not None:
        step["before"] = before
    return json.dumps(step, ensure_ascii=False, separators=(",", ":"))


def _unpack(packed: str) -> tuple[tuple[Edit, ...], int | None]:
    try:
        step = json.loads(packed)
        if isinstance(step, list):  # as the first libraries that had a history wrote it
            step = {"edits": step}
        edits = tuple(
            Edit(position, removed, _runs(removed, removed_runs), inserted, _runs(inserted, inserted_runs))
            for position, removed, removed_runs, inserted, inserted_runs in step["edits"]
        )
        before = step.get("before")
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("a step of the history is damaged") from error
    return edits, before if isinstance(before, int) else None


def _runs(text: str, rows: list[list[int]]) -> tuple[Run, ...]:
    runs = tuple(Run(length, source, offset) for length, source, offset in rows)
    if sum(run.length for run in runs) != len(text):
        raise ValueError("the runs of a step do not have the length of its text")
    return runs


def now_utc() -> str:
    """UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


@dataclass(slots=True)
class History:
    """The nodes of a session and where in them its text stands (`head`)."""

    nodes: dict[int, Node] = field(default_factory=dict)
    head: int = ROOT
    order: int = 0  # counts what may have changed the order of an `Outline`, beside a new leaf at its end
    _children: dict[int, list[int]] = field(default_factory=dict)
    _last_child: dict[int, int] = field(default_factory=dict)  # the branch seen last
    _redo: dict[int, int] = field(default_factory=dict)  # where Undo came from
    _last_id: int = ROOT
    _changed: set[int] = field(default_factory=set)  # not handed out by `take_changed` yet

    @classmethod
    def of(cls, nodes: Sequence[Node], head: int) -> History:
        """A history read from the library. Nodes without their parent are left out; so is a lost head."""
        history = cls()
        for node in sorted(nodes, key=lambda node: node.id):
            if node.id > ROOT and (node.parent == ROOT or node.parent in history.nodes):
                history.nodes[node.id] = node
                history._children.setdefault(node.parent, []).append(node.id)
                history._last_id = node.id
        if head in history.nodes:
            history.visit(head)
        return history

    def next_id(self) -> int:
        """The id of the next node."""
        return self._last_id + 1

    def put(self, node: Node) -> None:
        """Add a node, or replace it by a later state of itself."""
        old = self.nodes.get(node.id)
        if old is None:
            siblings = self._children.setdefault(node.parent, [])
            self.order += bool(siblings)
            siblings.append(node.id)
        elif (old.pruned, old.bookmarked) != (node.pruned, node.bookmarked):
            self.order += 1
        self.nodes[node.id] = node
        self._last_id = max(self._last_id, node.id)
        self._changed.add(node.id)

    def drop(self, node_id: int) -> None:
        """Take away a leaf that was never finished."""
        node = self.nodes.pop(node_id)
        self._children[node.parent].remove(node_id)
        self._changed.discard(node_id)
        self.order += 1
        if self._last_child.get(node.parent) == node_id:
            del self._last_child[node.parent]

    def visit(self, node_id: int) -> None:
        """Make a node the head, brought back if it was pruned; Redo from anywhere above comes back here."""
        before, self.head = self.head, node_id
        while node_id != ROOT:
            node = self.nodes[node_id]
            if node.pruned:
                self.put(replace(node, pruned=False))
            if self._last_child.get(node.parent) != node_id:
                self._last_child[node.parent] = node_id
                self.order += len(self._children[node.parent]) > 1
            if node.parent == before:
                return  # the way to the old head is marked already
            node_id = node.parent

    def parent(self, node_id: int) -> int:
        """The node before."""
        return self.nodes[node_id].parent

    def children(self, node_id: int) -> tuple[int, ...]:
        """The nodes after, oldest first, pruned ones too."""
        return tuple(self._children.get(node_id, ()))

    def undo_target(self) -> int | None:
        """Where Undo goes from the head; None at the root. Raises ValueError if the head is damaged."""
        if self.head == ROOT:
            return None
        before = self.nodes[self.head].before
        return self.nodes[self.head].parent if self.is_hidden(before) else before

    def redo_target(self) -> int | None:
        """Where Redo goes from the head; None if there is nothing to redo."""
        target = self._redo.get(self.head)
        return self.next_child(self.head) if target is None or self.is_hidden(target) else target

    def undone(self, node_id: int) -> None:
        """The head was reached by Undo from this node."""
        self._redo[self.head] = node_id

    def next_child(self, node_id: int) -> int | None:
        """The child visited last, else the newest, that is not pruned; None at a leaf."""
        last = self._last_child.get(node_id)
        if last is not None and not self.nodes[last].pruned:
            return last
        children = reversed(self._children.get(node_id, ()))
        return next((child for child in children if not self.nodes[child].pruned), None)

    def leaf(self, node_id: int) -> int:
        """Where the path that goes through a node ends."""
        while (child := self.next_child(node_id)) is not None:
            node_id = child
        return node_id

    def path(self, node_id: int) -> list[int]:
        """From the root's child to a node."""
        path = []
        while node_id != ROOT:
            path.append(node_id)
            node_id = self.nodes[node_id].parent
        return path[::-1]

    def variants(self) -> tuple[tuple[int, ...], int]:
        """(siblings, index) of the nearest generation on the path with siblings; ((), 0) if there is none."""
        node_id = self.head
        for _ in range(VARIANT_REACH):
            if node_id == ROOT:
                break
            node = self.nodes[node_id]
            siblings = tuple(
                s
                for s in self._children[node.parent]
                if s == node_id or (self.nodes[s].source > 0 and not self.nodes[s].pruned)
            )
            if node.source > 0 and len(siblings) > 1:
                return siblings, siblings.index(node_id)
            node_id = node.parent
        return (), 0

    def is_hidden(self, node_id: int) -> bool:
        """Whether a node, or one before it, is pruned; also if there is no such node."""
        while node_id != ROOT:
            node = self.nodes.get(node_id)
            if node is None or node.pruned:
                return True
            node_id = node.parent
        return False

    def hidden(self) -> set[int]:
        """Every node that is pruned or comes after one."""
        hidden: set[int] = set()
        for node_id in sorted(self.nodes):
            node = self.nodes[node_id]
            if node.pruned or node.parent in hidden:
                hidden.add(node_id)
        return hidden

    def after(self, node_id: int) -> Iterator[int]:
        """A node and all that come after it, without what is pruned among these."""
        waiting = [node_id]
        while waiting:
            node_id = waiting.pop()
            yield node_id
            waiting += [child for child in self.children(node_id) if not self.nodes[child].pruned]

    def take_changed(self) -> tuple[Node, ...]:
        """The nodes that are new or changed since the last call, to be saved."""
        changed = tuple(self.nodes[n] for n in sorted(self._changed) if n in self.nodes)
        self._changed.clear()
        return changed

    def mark_changed(self, node_ids: Iterable[int]) -> None:
        """Hand these out again: their save failed."""
        self._changed.update(n for n in node_ids if n in self.nodes)
