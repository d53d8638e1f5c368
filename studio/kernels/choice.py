"""A token chosen by the compiled kernels; see c/choosing.c."""

from __future__ import annotations

import ctypes
from enum import IntEnum

from studio.kernels.library import Kernels

HEAD, MANY, SHOWN = 256, 1536, 64


class Found(IntEnum):
    """What the first of the two calls says."""

    LEFT = 0  # what is left can be drawn from
    BROKEN = 1  # the logits are no numbers, or none is finite
    DESCRIBED = 2  # log_sum, entropy and head are there; what is left must be found out otherwise


class Choice(ctypes.Structure):
    """`struct choice`."""

    _fields_ = (
        ("logits", ctypes.c_void_p),
        ("n", ctypes.c_int64),
        ("ids", ctypes.c_void_p),
        ("n_ids", ctypes.c_int64),
        ("penalty", ctypes.c_float),
        ("temperature", ctypes.c_float),
        ("top_k", ctypes.c_int32),
        ("n_shown", ctypes.c_int32),
        ("top_p", ctypes.c_double),
        ("min_p", ctypes.c_double),
        ("key", ctypes.c_uint64 * 2),
        ("position", ctypes.c_uint64),
        ("log_sum", ctypes.c_double),
        ("entropy", ctypes.c_double),
        ("n_head", ctypes.c_int32),
        ("n_left", ctypes.c_int32),
        ("head", ctypes.c_int32 * HEAD),
        ("left", ctypes.c_int32 * MANY),
        ("values", ctypes.c_float * MANY),
        ("token", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("logprob", ctypes.c_double),
        ("prob", ctypes.c_double),
        ("logprobs", ctypes.c_double * SHOWN),
        ("probs", ctypes.c_double * SHOWN),
    )


def cut(lib: Kernels, choice: Choice) -> Found:
    """Look at the logits and apply the chain."""
    return Found(lib.c.studio_cut(ctypes.byref(choice)))


def settle(lib: Kernels, choice: Choice, probs: int) -> None:
    """Draw by the probabilities of what is left, `n_left` float32 numbers at an address, and describe it."""
    lib.c.studio_settle(ctypes.byref(choice), probs)
