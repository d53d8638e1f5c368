"""Logits that were computed once, kept as float16 for as long as there is room.

A position is known by what the model had read before it, so the same beginning is found again in every
variant and after every edit, wherever it stands.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import torch
from torch import Tensor

CAP_BYTES = 256 << 20
"""1,024 positions of GPT-2's vocabulary take 103 MB."""

NOTHING_READ = 0x5EED
"""The key before the first token."""


def after(key: int, token_id: int) -> int:
    """The key of the position after one more token."""
    return hash((key, token_id))


def key_of(ids: Iterable[int]) -> int:
    """The key of the position after `ids`."""
    key = NOTHING_READ
    for token_id in ids:
        key = after(key, token_id)
    return key


class LogitMemory:
    """Rows of logits by key, those used longest ago forgotten first.

    A row is kept relative to its largest value: near that, where the probability is, float16 steps are
    smaller than 0.001, and the sampled distribution comes out within 2e-3.
    """

    def __init__(self, cap_bytes: int = CAP_BYTES) -> None:
        self._cap_bytes = cap_bytes
        self._rows: OrderedDict[int, Tensor] = OrderedDict()
        self._n_bytes = 0

    def put(self, key: int, logits: Tensor) -> None:
        """Keep the logits (V,) float32 of a position."""
        if key in self._rows:
            self._rows.move_to_end(key)
            return
        with torch.inference_mode():
            row = (logits - logits.amax()).to(torch.float16)
        self._rows[key] = row
        self._n_bytes += row.nbytes
        while self._n_bytes > self._cap_bytes and len(self._rows) > 1:
            _, oldest = self._rows.popitem(last=False)
            self._n_bytes -= oldest.nbytes

    def get(self, key: int) -> Tensor | None:
        """The logits of a position up to a constant: (V,) float32; None if they are not known any more."""
        row = self._rows.get(key)
        if row is None:
            return None
        self._rows.move_to_end(key)
        return row.float()

    def rows(self, keys: Iterable[int]) -> list[Tensor | None]:
        """The rows of many positions as they are kept: (V,) float16, the largest value 0."""
        return [self._rows.get(key) for key in keys]

    def __len__(self) -> int:
        return len(self._rows)
