"""What a beam search weighed: every beginning it followed, and those it dropped at once."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.loom_messages import TreeNode
from studio.core.messages import BeamsSearched
from studio.core.tokenizer import Tokenizer

MAX_NODES = 2000
"""Beginnings that are told of. The texts found are told whole, however long."""


@dataclass(frozen=True, slots=True)
class _Beginning:
    parent: int
    depth: int  # tokens
    token_id: int
    log_prob: float  # nats, of all its tokens


class BeamTree:
    """Beginnings by number; 0 is the prompt. What is dropped at once is kept while there is room."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._beginnings = [_Beginning(0, 0, -1, 0.0)]
        self._n_dropped = 0  # at once

    def add(self, parent: int, token_id: int, log_prob: float, *, followed: bool = True) -> int:
        """A beginning one token longer than another; returns its number, 0 if there is no room for it."""
        if not followed:
            self._n_dropped += 1
            if self._n_dropped > MAX_NODES:
                return 0
        self._beginnings.append(_Beginning(parent, self._beginnings[parent].depth + 1, token_id, log_prob))
        return len(self._beginnings) - 1

    def told(self, job_id: int, texts: list[int], length_penalty: float) -> BeamsSearched:
        """The message about it: `texts` are the numbers of those found, the best first."""
        ranks: dict[int, int] = {}
        for rank, number in enumerate(texts, 1):
            while number and number not in ranks:
                ranks[number] = rank
                number = self._beginnings[number].parent
        shown = set(ranks) | {0}
        for number, one in enumerate(self._beginnings):
            if len(shown) > MAX_NODES:
                break
            if one.parent in shown:
                shown.add(number)

        def place(number: int) -> tuple[int, float, float]:
            one = self._beginnings[number]
            return one.depth, ranks.get(number, float("inf")), -one.log_prob

        order = sorted(shown - {0}, key=place)
        ids = {number: new for new, number in enumerate(order, 1)} | {0: 0}
        n_weighed = len(self._beginnings) - 1 + max(0, self._n_dropped - MAX_NODES)
        nodes = tuple(self._node(number, ids, ranks.get(number, 0)) for number in order)
        return BeamsSearched(job_id, nodes, n_weighed, length_penalty)

    def _node(self, number: int, ids: dict[int, int], rank: int) -> TreeNode:
        one, tokenizer = self._beginnings[number], self._tokenizer
        return TreeNode(
            ids[number],
            ids[one.parent],
            one.token_id,
            tokenizer.display(one.token_id),
            tokenizer.token_bytes(one.token_id),
            one.log_prob - self._beginnings[one.parent].log_prob,
            one.log_prob,
            one.token_id == tokenizer.end_of_text_id,
            rank,
        )
