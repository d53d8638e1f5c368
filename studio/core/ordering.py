"""The order of many rows of logits, found by the compiled kernels without sorting as torch would.

Each answer is None where there are none: then the callers look at ever more of the largest logits.
"""

from __future__ import annotations

import torch
from torch import Tensor

from studio.kernels.library import kernels


def crossing(values: Tensor, log_sums: Tensor, centres: Tensor | None, mass: float) -> Tensor | None:
    """With which token each row has a mass of probability: (T, V) float32, (T, 1), (T, 1) -> (T, 1) int64.

    The tokens come in order of how far their surprise is from the centre, in nats; of falling logits without
    centres. -1: all together have less.
    """
    lib = kernels()
    if lib is None or values.device.type != "cpu":
        return None
    values, log_sums = values.contiguous(), log_sums.contiguous()
    middle = None if centres is None else centres.contiguous()
    found = torch.empty(len(values), 1, dtype=torch.int64)
    address = 0 if middle is None else middle.data_ptr()
    n_rows, n = values.shape
    fits = lib.crossing(values.data_ptr(), n_rows, n, log_sums.data_ptr(), address, mass, found.data_ptr())
    return found if fits else None


def falling(values: Tensor) -> Tensor | None:
    """Each row sorted, the largest first: (T, V) float32, of which a copy is made."""
    lib = kernels()
    if lib is None or values.device.type != "cpu":
        return None
    rows = values.clone(memory_format=torch.contiguous_format)
    return rows if lib.fall(rows.data_ptr(), len(rows), rows.shape[1]) else None
