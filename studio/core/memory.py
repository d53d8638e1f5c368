"""Logits that were computed once, kept as float16 and a byte for as long as there is room.

A position is known by what the model had read before it, so the same beginning is found again in every
variant and after every edit, wherever it stands.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import accumulate

import torch
from torch import Tensor

from studio.core.hardware import one_thread
from studio.kernels import chains
from studio.kernels.library import Buffer, kernels

CAP_BYTES = 256 << 20
"""1,024 positions of GPT-2's vocabulary take 157 MB."""

N_HEAD = 256
"""As many of the largest logits are kept exactly: a stage that cuts among them needs no others."""

_FINE = 2.0**-11 / 127
"""What one step of the byte is of the float16 number: together they have 19 bits, float16 alone 11."""

NOTHING_READ = 0x5EED
"""The key before the first token."""


def after(key: int, token_id: int) -> int:
    """The key of the position after one more token."""
    return hash((key, token_id))


def key_of(ids: Iterable[int]) -> int:
    """The key of the position after `ids`."""
    return reduce(after, ids, NOTHING_READ)


def keys_of(ids: Iterable[int]) -> list[int]:
    """The keys of all positions on the way: that after n of `ids` at place n."""
    return list(accumulate(ids, after, initial=NOTHING_READ))


_SLAB_BYTES = 8 << 20
"""Rows lie side by side: for each alone the system would hand out 38 pages, which doubles the time."""


class _Shelf:
    """Room for rows of V logits.

    A row: the H largest logits as they were, float32, falling, and whose they are, int32; then all of them
    relative to the largest, as float16 and as int8 in steps of _FINE of that.
    """

    def __init__(self, vocab_size: int) -> None:
        self.vocab_size = vocab_size
        self.n_head = min(N_HEAD, vocab_size)
        self.row_bytes = 8 * self.n_head + 3 * vocab_size
        self._slabs: list[Buffer] = []
        self._free: list[int] = []  # addresses

    def take(self) -> int:
        """The address of a row to write to."""
        if not self._free:
            stride = -(-self.row_bytes // 64) * 64
            n = max(1, _SLAB_BYTES // stride)
            slab = Buffer(n * stride, big_pages=n > 1)
            self._slabs.append(slab)
            self._free = [slab.address + i * stride for i in reversed(range(n))]
        return self._free.pop()

    def give_back(self, row: int) -> None:
        """It may be written over."""
        self._free.append(row)

    def write(self, row: int, logits: Tensor, head: int) -> None:
        """(V,) float32."""
        lib = kernels()
        if lib is not None and logits.device.type == "cpu" and logits.is_contiguous():
            lib.remember(logits.data_ptr(), self.vocab_size, head, self.n_head, _FINE, row)
            return
        with torch.inference_mode(), one_thread():
            values, tokens, coarse, fine = self._parts(row)
            top = logits.topk(self.n_head)
            relative = logits - top.values[0]
            values.copy_(top.values)
            tokens.copy_(top.indices)
            coarse.copy_(relative)
            error = (relative.cpu() / coarse - 1) / _FINE  # NaN for the best itself, and for what is removed
            fine.copy_(error.nan_to_num_(0.0).round_().clamp_(-127, 127))

    def read(self, rows: Sequence[int]) -> Tensor:
        """(T, V) float32."""
        lib = kernels()
        if lib is not None:
            logits = torch.empty(len(rows), self.vocab_size)
            lib.recall(rows, self.vocab_size, self.n_head, _FINE, logits.data_ptr())
            return logits
        parts = [self._parts(row) for row in rows]
        logits = torch.stack([fine for _, _, _, fine in parts]).float()
        logits.mul_(_FINE).add_(1).mul_(torch.stack([coarse for _, _, coarse, _ in parts]))
        values, tokens = self.heads(rows)
        return logits.add_(values[:, :1]).scatter_(1, tokens, values)

    def heads(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """The largest logits and whose they are: (T, H) float32 falling, (T, H) int64."""
        lib = kernels()
        if lib is not None:
            values = torch.empty(len(rows), self.n_head)
            tokens = torch.empty(len(rows), self.n_head, dtype=torch.int64)
            lib.recall_heads(rows, self.n_head, values.data_ptr(), tokens.data_ptr())
            return values, tokens
        parts = [self._parts(row) for row in rows]
        return torch.stack([part[0] for part in parts]), torch.stack([part[1] for part in parts]).long()

    def packed(self, row: int) -> bytes:
        """A `chains.ROW`."""
        tokens, coarse = row + 4 * self.n_head, row + 8 * self.n_head
        best = ctypes.c_float.from_address(row).value
        return chains.ROW.pack(coarse, coarse + 2 * self.vocab_size, row, tokens, best)

    def _parts(self, row: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(H,) float32, (H,) int32, (V,) float16, (V,) int8: the row's own memory."""
        memory = (ctypes.c_uint8 * self.row_bytes).from_address(row)
        h, v = self.n_head, self.vocab_size
        return (
            torch.frombuffer(memory, dtype=torch.float32, count=h),
            torch.frombuffer(memory, dtype=torch.int32, count=h, offset=4 * h),
            torch.frombuffer(memory, dtype=torch.float16, count=v, offset=8 * h),
            torch.frombuffer(memory, dtype=torch.int8, count=v, offset=8 * h + 2 * v),
        )


class LogitMemory:
    """Rows of logits by key, those used longest ago forgotten first.

    Below the head a logit is rounded by up to 2e-6 of its distance from the best. float16 alone (2e-4) made
    tokens equal that are not, and stages that look at the tail's shape cut elsewhere than they had.
    """

    def __init__(self, cap_bytes: int = CAP_BYTES) -> None:
        self._cap_bytes = cap_bytes
        self._rows: OrderedDict[int, tuple[_Shelf, int]] = OrderedDict()
        self._shelves: dict[int, _Shelf] = {}  # by the size of the vocabulary
        self._n_bytes = 0

    def put(self, key: int, logits: Tensor, head: int = 0) -> None:
        """Keep the logits (V,) float32 of a position.

        `head`: the address of the N_HEAD best tokens' numbers, int32, best first; 0: they are not known.
        """
        if key in self._rows:
            self._rows.move_to_end(key)
            return
        size = len(logits)
        shelf = self._shelves.get(size)
        if shelf is None:
            shelf = self._shelves[size] = _Shelf(size)
        self._n_bytes += shelf.row_bytes
        while self._n_bytes > self._cap_bytes and self._rows:
            _, (oldest, row) = self._rows.popitem(last=False)
            oldest.give_back(row)
            self._n_bytes -= oldest.row_bytes
        row = shelf.take()
        shelf.write(row, logits, head)
        self._rows[key] = shelf, row

    def get(self, key: int) -> Tensor | None:
        """The logits of a position: (V,) float32; None if they are not known any more."""
        rows = self.many([key])
        return None if rows is None else rows[0]

    def many(self, keys: Sequence[int]) -> Tensor | None:
        """The logits of many positions: (T, V) float32; None if one is not known any more."""
        found = self._found(keys)
        if found is None:
            return None
        with torch.inference_mode():
            return found[0].read(found[1])

    def packed(self, keys: Sequence[int]) -> tuple[bytes, int, int, float] | None:
        """Where many positions lie, a `chains.ROW` each, the size of the vocabulary, that of a head, and the
        step of the bytes; None if one is not known any more."""
        found = self._found(keys)
        if found is None:
            return None
        shelf, rows = found
        return b"".join(map(shelf.packed, rows)), shelf.vocab_size, shelf.n_head, _FINE

    def heads(self, keys: Sequence[int]) -> tuple[Tensor, Tensor] | None:
        """The largest logits of many positions and whose they are: (T, H) float32 falling, (T, H) int64."""
        found = self._found(keys)
        if found is None:
            return None
        with torch.inference_mode():
            return found[0].heads(found[1])

    def _found(self, keys: Sequence[int]) -> tuple[_Shelf, list[int]] | None:
        if not keys or any(key not in self._rows for key in keys):
            return None
        for key in keys:
            self._rows.move_to_end(key)
        return self._rows[keys[0]][0], [self._rows[key][1] for key in keys]

    @property
    def n_bytes(self) -> int:
        """What they take."""
        return self._n_bytes

    def __contains__(self, key: int) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)
