"""What was cut off a KV cache, kept for a while: whoever goes back to it need not read it again.

A cache holds one text. Flipping among variants, undoing an edit in the middle, or reading one text while
another is written cuts it back to the common beginning and fills it anew; the cut end is copied out here and
copied back in, which takes some thousandth of the time of reading it. The ends hang together as the texts do:
each goes on from a beginning that may itself have to be put back first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from studio.core.hardware import available_memory_bytes

CAP_BYTES = 256 << 20
"""At most, of the memory that is free when the model is loaded a sixteenth. 3,500 tokens of GPT-2 124M."""

MIN_TOKENS = 8
"""A shorter end is read again sooner than it is looked for."""


class Cutting(Protocol):
    """A model whose cache can be copied out of and into."""

    cached_ids: list[int]

    def truncate(self, n: int) -> None:
        """Forget all but the first `n` cached tokens."""
        ...

    def copy_out(self, start: int) -> Tensor:
        """The keys and values of the cached tokens from `start` on, a copy of its own: (..., n, D)."""
        ...

    def copy_in(self, ids: Sequence[int], kv: Tensor) -> None:
        """Append tokens with what `copy_out` once said of them, after the very same tokens."""
        ...


class KeptPrefixes:
    """The ends that were cut off, of one model and its twins; those not used for longest go first."""

    def __init__(self, cap_bytes: int | None = None) -> None:
        self._cap = (
            min(CAP_BYTES, (available_memory_bytes() or CAP_BYTES) // 16) if cap_bytes is None else cap_bytes
        )
        self._kept: OrderedDict[tuple[int, ...], tuple[int, Tensor]] = OrderedDict()  # ids -> start, kv
        self._n_bytes = 0

    @property
    def n_bytes(self) -> int:
        """What they take."""
        return self._n_bytes

    def clear(self) -> None:
        """Forget all: the model computes something else from now on."""
        self._kept.clear()
        self._n_bytes = 0

    def switch(self, model: Cutting, ids: Sequence[int], at_most: int) -> int:
        """Cut the cache to what it has in common with `ids` and put back what is known of the rest.

        Returns how many of the tokens of `ids` are in the cache then: at most `at_most`.
        """
        n = common(model.cached_ids, ids[:at_most])
        self._keep(model, n)
        model.truncate(n)
        wanted = ids[:at_most]
        while n < at_most:
            found = self._longest(wanted, n)
            if found is None:
                break
            key, end = found
            self._kept.move_to_end(key)
            start, kv = self._kept[key]
            model.copy_in(key[n:end], kv[..., n - start : end - start, :])
            n = end
        return n

    def _keep(self, model: Cutting, n: int) -> None:
        """Copy out what is about to be cut, unless it is here already."""
        ids = tuple(model.cached_ids)
        if len(ids) - n < MIN_TOKENS:
            return
        for key, (start, _) in self._kept.items():
            if start <= n and key[: len(ids)] == ids:
                self._kept.move_to_end(key)
                return
        for key in [key for key, (start, _) in self._kept.items() if start >= n and ids[: len(key)] == key]:
            self._drop(key)  # it is a part of what is kept now
        kv = model.copy_out(n)
        self._kept[ids] = n, kv
        self._n_bytes += kv.nbytes
        while self._n_bytes > self._cap:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[int, ...]) -> None:
        self._n_bytes -= self._kept.pop(key)[1].nbytes

    def _longest(self, ids: Sequence[int], n: int) -> tuple[tuple[int, ...], int] | None:
        """Which end goes on from the first `n` of `ids` farthest, and to where; None if none does."""
        best: tuple[tuple[int, ...], int] | None = None
        for key, (start, _) in self._kept.items():
            if start <= n < len(key) and key[n] == ids[n]:
                end = common(key, ids)
                if end > (best[1] if best else n):
                    best = key, end
        return best


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts begin with alike."""
    n = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        n += 1
    return n
