"""Several texts that go on from the same beginning, one token each at a time.

The beginning is in the model's KV cache once, for all of them; only what each adds to it is its own. N texts
take one pass over the weights per token, and on a CPU that pass costs little more than for one text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

Attend = Callable[[int, Tensor, float], Tensor]
"""Layer, queries, keys and values (3, H, T, D), scale -> (H, T, D). H: n_head, D: n_embd / n_head."""

Step = Callable[[Tensor, int | Tensor, Attend], Tensor]
"""Tokens (N,), the position of all or of each (N,), attend -> logits (N, V)."""


class Branches(Protocol):
    """N texts under way."""

    def forward(self, ids: Tensor) -> Tensor:
        """One more token of each: (N,) int64 -> (N, V) float32 on the CPU, the logits after it."""
        ...

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these texts only; `rows` count up."""
        ...


class SharedPrefix:
    """Branches of our own GPT-2. P: tokens in the shared beginning, S: tokens each has written."""

    def __init__(self, step: Step, prefix: Tensor, n: int, n_tokens: int) -> None:
        """`step`: ids (N,), position, attend -> (N, V). `prefix`: (L, 2, H, P, D), a view of the cache."""
        self._step = step
        self._prefix = prefix
        n_layer, _, n_head, _, head = prefix.shape
        # zeros, not empty: the system hands out its pages only when they are written
        self._own = torch.zeros(n_layer, 2, n, n_head, n_tokens, head, device=prefix.device)
        self._n_written = 0

    def forward(self, ids: Tensor) -> Tensor:
        """One more token of each: (N,) int64 -> (N, V) float32 on the CPU, the logits after it."""
        logits = self._step(ids, self._prefix.shape[3] + self._n_written, self._attend)
        self._n_written += 1
        return logits

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these texts only; `rows` count up. Those after one that leaves move up, in place."""
        end = self._n_written
        for new, old in enumerate(rows):
            if new != old:
                self._own[:, :, new, :, :end] = self._own[:, :, old, :, :end]
        self._own = self._own[:, :, : len(rows)]

    def _attend(self, layer: int, qkv: Tensor, scale: float) -> Tensor:
        """(3, H, N, D) -> (H, N, D): the softmax runs over beginning and own tokens together."""
        q, k, v = qkv.unbind()  # (H, N, D) each
        keys, values = self._prefix[layer]  # (H, P, D) each
        end = self._n_written + 1
        own = self._own[layer, :, :, :, :end]  # (2, N, H, S, D)
        own[0, :, :, -1], own[1, :, :, -1] = k.transpose(0, 1), v.transpose(0, 1)
        own_keys, own_values = own
        q = q * scale
        # As the queries of one text the N tokens read the shared keys once, not N times.
        far = q @ keys.transpose(1, 2)  # (H, N, D) @ (H, D, P) -> (H, N, P)
        near = q.transpose(0, 1)[:, :, None] @ own_keys.transpose(2, 3)  # (N, H, 1, D) -> (N, H, 1, S)
        weights = torch.cat([far, near[:, :, 0].transpose(0, 1)], 2).softmax(2)  # (H, N, P+S)
        from_far = weights[:, :, :-end] @ values  # (H, N, D)
        from_near = weights[:, :, -end:].transpose(0, 1)[:, :, None] @ own_values  # (N, H, 1, D)
        attended: Tensor = from_far + from_near[:, :, 0].transpose(0, 1)
        return attended


class TokenTree(Protocol):
    """Texts that go on from the same beginning and fork: every token is a node after another."""

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        ...

    def forward(self, parents: Sequence[int], ids: Tensor) -> Tensor:
        """One more node after each of `parents` (-1: after the beginning): (N,) int64 -> (N, V) float32.

        The nodes are numbered from `n_nodes` on. Several may have the same parent; none may have one of this
        call. Reads the model's cache as it is, which must hold the beginning.
        """
        ...


class PrefixTree:
    """A TokenTree of our own GPT-2: each token is read once, whatever follows it. M: room for nodes.

    The nodes' keys and values lie in one row behind the shared ones; a mask says which of them a node goes on
    from. So nodes of any depth take one pass together, and a fork copies nothing.
    """

    def __init__(self, step: Step, prefix: Tensor, room: int) -> None:
        """`prefix`: (L, 2, H, P, D), a view of the cache."""
        self._step, self._prefix = step, prefix
        n_layer, _, n_head, _, head = prefix.shape
        device = prefix.device
        # zeros, not empty: the system hands out its pages only when they are written
        self._own = torch.zeros(n_layer, 2, n_head, room, head, device=device)
        self._seen = torch.zeros(room, room, dtype=torch.bool, device=device)  # row i: what node i sees
        self._depths: list[int] = []
        self._new = slice(0, 0)  # the nodes of the pass under way

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self._depths)

    def forward(self, parents: Sequence[int], ids: Tensor) -> Tensor:
        """One more node after each of `parents`; see TokenTree."""
        first = self.n_nodes
        self._new = slice(first, first + len(parents))
        for node, parent in enumerate(parents, first):
            if parent >= 0:
                self._seen[node] = self._seen[parent]
            self._seen[node, node] = True
        depths = [self._depths[parent] + 1 if parent >= 0 else 0 for parent in parents]
        positions = torch.tensor(depths, device=self._own.device) + self._prefix.shape[3]
        logits = self._step(ids, positions, self._attend)
        self._depths += depths
        return logits

    def _attend(self, layer: int, qkv: Tensor, scale: float) -> Tensor:
        """(3, H, N, D) -> (H, N, D): the softmax runs over the beginning and the node's own way to it."""
        q, k, v = qkv.unbind()  # (H, N, D) each
        keys, values = self._prefix[layer]  # (H, P, D) each
        own = self._own[layer, :, :, : self._new.stop]  # (2, H, M, D)
        own[0, :, self._new], own[1, :, self._new] = k, v
        q = q * scale
        far = q @ keys.transpose(1, 2)  # (H, N, P)
        near = q @ own[0].transpose(1, 2)  # (H, N, M)
        near = near.masked_fill(~self._seen[self._new, : self._new.stop], -torch.inf)
        weights = torch.cat([far, near], 2).softmax(2)
        n_far = keys.shape[1]
        attended: Tensor = weights[:, :, :n_far] @ values + weights[:, :, n_far:] @ own[1]
        return attended
