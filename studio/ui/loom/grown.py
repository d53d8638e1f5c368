"""The nodes of a tree as they arrive, and where each is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio.core.messages import TreeNode
from studio.ui.glyphs import visible

ROOT = 0
ROW_PX = 26
START_CHARS = 18
GAP_PX = 44
"""Between a word and those after it: room for the curve."""


@dataclass(slots=True)
class Spot:
    """Where a node's word is: left edge, middle line, width (px)."""

    x: float
    y: float
    width: float


class GrownTree:
    """A tree; node 0 is the place it grows from."""

    def __init__(self) -> None:
        self.nodes: dict[int, TreeNode] = {}
        self._children: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self.nodes)

    def add(self, nodes: Sequence[TreeNode]) -> None:
        """New nodes, each after its parent."""
        for node in nodes:
            self.nodes[node.id] = node
            self._children.setdefault(node.parent, []).append(node.id)

    def children(self, node_id: int) -> Sequence[int]:
        """The nodes after one, likeliest first."""
        return self._children.get(node_id, ())

    def is_found(self, node: TreeNode) -> bool:
        """Whether one of a search's texts ends here."""
        return node.rank > 0 and not self.children(node.id)

    def end_of_line(self, node_id: int) -> int:
        """The last word of the path on which each word is the first after the one before."""
        while children := self.children(node_id):
            node_id = children[0]
        return node_id

    def path(self, node_id: int) -> list[TreeNode]:
        """From the root's child to the node."""
        path = []
        while node_id != ROOT:
            path.append(self.nodes[node_id])
            node_id = self.nodes[node_id].parent
        return path[::-1]

    def token_ids(self, node_id: int) -> tuple[int, ...]:
        """The tokens from the place to a node."""
        return tuple(node.token_id for node in self.path(node_id))

    def words(self, node_id: int) -> str:
        """The text from the place to a node."""
        return b"".join(node.raw for node in self.path(node_id)).decode("utf-8", "replace")

    def find(self, token_ids: Sequence[int]) -> int | None:
        """The node at the end of a path."""
        at = ROOT
        for token_id in token_ids:
            found = [child for child in self.children(at) if self.nodes[child].token_id == token_id]
            if not found:
                return None
            at = found[0]
        return at

    def in_order(self) -> list[int]:
        """Every node, as one reads the drawing: a node, then what follows it."""
        order: list[int] = []
        waiting = list(reversed(self.children(ROOT)))
        while waiting:
            node_id = waiting.pop()
            order.append(node_id)
            waiting += reversed(self.children(node_id))
        return order


def label(node: TreeNode, end_of_text: str) -> str:
    """A node's word with its white space drawn."""
    return end_of_text if node.ends else visible(node.text, node.raw)


def laid_out(
    tree: GrownTree, root_width: float, measure: Callable[[TreeNode], float]
) -> tuple[dict[int, Spot], float, float]:
    """(where every node is, width, height): a column for each depth, filled from the top.

    No word is higher than the one before it; the likeliest path is the first line. Lines never cross.
    """
    depths = {ROOT: 0}
    columns = [root_width]
    for node in tree.nodes.values():
        depth = depths[node.id] = depths[node.parent] + 1
        if depth == len(columns):
            columns.append(0.0)
        columns[depth] = max(columns[depth], measure(node))
    lefts = [0.0]
    for width in columns:
        lefts.append(lefts[-1] + width + GAP_PX)
    rows = {ROOT: 0}
    free = [0] * len(columns)  # the first row of each column without a word
    for node_id in tree.in_order():
        depth = depths[node_id]
        rows[node_id] = max(rows[tree.nodes[node_id].parent], free[depth])
        free[depth] = rows[node_id] + 1
    spots = {ROOT: Spot(0.0, ROW_PX / 2, root_width)}
    for node_id, row in rows.items():
        if node_id != ROOT:
            width = measure(tree.nodes[node_id])
            spots[node_id] = Spot(lefts[depths[node_id]], (row + 0.5) * ROW_PX, width)
    return spots, lefts[-1] - GAP_PX, (max(rows.values()) + 1) * ROW_PX


def percent_of(logprob: float) -> float:
    """A probability (0..1) from its logarithm (nats)."""
    return math.exp(min(logprob, 0.0))


def start_words(prompt: str) -> str:
    """The last words before a tree, on one line."""
    tail = prompt[-START_CHARS:].replace("\n", "↵").replace("\t", "⇥")
    return f"…{tail}" if len(prompt) > START_CHARS else tail or "↦"
