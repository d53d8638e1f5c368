"""Logits that were computed once, kept as float16 and a byte for as long as there is room.

A position is known by what the model had read before it, so the same beginning is found again in every
variant and after every edit, wherever it stands.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate

import torch
from torch import Tensor

from studio.core.hardware import one_thread
from studio.kernels import chains
from studio.kernels.library import kernels

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


@dataclass(frozen=True, slots=True)
class _Row:
    """One position: the largest logits as they were, all relative to the largest in parts."""

    head: Tensor  # (H,) float32, falling
    head_ids: Tensor  # (H,) int32
    coarse: Tensor  # (V,) float16
    fine: Tensor  # (V,) int8, in steps of _FINE of `coarse`
    best: float
    packed: bytes = b""  # where all that is, for the compiled kernels

    @property
    def n_bytes(self) -> int:
        return sum(part.nbytes for part in (self.head, self.head_ids, self.coarse, self.fine))


class LogitMemory:
    """Rows of logits by key, those used longest ago forgotten first.

    Below the head a logit is rounded by up to 2e-6 of its distance from the best. float16 alone (2e-4) made
    tokens equal that are not, and stages that look at the tail's shape cut elsewhere than they had.
    """

    def __init__(self, cap_bytes: int = CAP_BYTES) -> None:
        self._cap_bytes = cap_bytes
        self._rows: OrderedDict[int, _Row] = OrderedDict()
        self._n_bytes = 0

    def put(self, key: int, logits: Tensor) -> None:
        """Keep the logits (V,) float32 of a position."""
        if key in self._rows:
            self._rows.move_to_end(key)
            return
        with torch.inference_mode(), one_thread():
            row = _keep(logits)
        self._rows[key] = row
        self._n_bytes += row.n_bytes
        while self._n_bytes > self._cap_bytes and len(self._rows) > 1:
            _, oldest = self._rows.popitem(last=False)
            self._n_bytes -= oldest.n_bytes

    def get(self, key: int) -> Tensor | None:
        """The logits of a position: (V,) float32; None if they are not known any more."""
        rows = self.many([key])
        return None if rows is None else rows[0]

    def many(self, keys: Sequence[int]) -> Tensor | None:
        """The logits of many positions: (T, V) float32; None if one is not known any more."""
        found = self._found(keys)
        if found is None:
            return None
        lib = kernels()
        with torch.inference_mode():
            if lib is not None and len(found) == 1 and (row := found[0]).packed:
                values = torch.empty(1, len(row.coarse))
                n_head, place = len(row.head), ctypes.create_string_buffer(row.packed)
                lib.c.studio_unkeep(place, len(row.coarse), n_head, _FINE, values.data_ptr())
                return values
            rows = torch.stack([row.fine for row in found]).float()  # (T, V)
            rows.mul_(_FINE).add_(1).mul_(torch.stack([row.coarse for row in found]))
            rows += torch.tensor([[row.best] for row in found])
            head_ids = torch.stack([row.head_ids for row in found]).long()
            return rows.scatter_(1, head_ids, torch.stack([row.head for row in found]))

    def packed(self, keys: Sequence[int]) -> tuple[bytes, int, int, float] | None:
        """Where many positions lie, a `chains.ROW` each, the size of the vocabulary, that of a head, and the
        step of the bytes; None if one is not known any more, or not for the compiled kernels."""
        found = self._found(keys)
        if found is None or not all(row.packed for row in found):
            return None
        return b"".join(row.packed for row in found), len(found[0].coarse), len(found[0].head), _FINE

    def heads(self, keys: Sequence[int]) -> tuple[Tensor, Tensor] | None:
        """The largest logits of many positions and whose they are: (T, H) float32 falling, (T, H) int64."""
        found = self._found(keys)
        if found is None:
            return None
        head_ids = torch.stack([row.head_ids for row in found]).long()
        return torch.stack([row.head for row in found]), head_ids

    def _found(self, keys: Sequence[int]) -> list[_Row] | None:
        if any(key not in self._rows for key in keys):
            return None
        for key in keys:
            self._rows.move_to_end(key)
        return [self._rows[key] for key in keys]

    @property
    def n_bytes(self) -> int:
        """What they take."""
        return self._n_bytes

    def __contains__(self, key: int) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)


def _keep(logits: Tensor) -> _Row:
    """(V,) float32."""
    n_head, lib = min(N_HEAD, len(logits)), kernels()
    if lib is not None and logits.device.type == "cpu" and logits.is_contiguous():
        ids = logits.new_tensor(lib.top(logits.data_ptr(), len(logits), n_head), dtype=torch.int32)
        head = logits[ids]
        coarse = torch.empty(len(logits), dtype=torch.float16)
        fine = torch.empty(len(logits), dtype=torch.int8)
        best = float(head[0])
        lib.keep(logits.data_ptr(), len(logits), best, _FINE, coarse.data_ptr(), fine.data_ptr())
        addresses = head.data_ptr(), ids.data_ptr()
        packed = chains.ROW.pack(coarse.data_ptr(), fine.data_ptr(), *addresses, best)
        return _Row(head, ids, coarse, fine, best, packed)
    top = logits.topk(n_head)
    relative = logits - top.values[0]
    coarse = relative.to(torch.float16)
    error = (relative / coarse - 1) / _FINE  # NaN for the best itself, and for what is removed
    fine = error.nan_to_num_(0.0).round_().clamp_(-127, 127).to(torch.int8)
    return _Row(top.values.clone(), top.indices.to(torch.int32), coarse, fine, float(top.values[0]))
