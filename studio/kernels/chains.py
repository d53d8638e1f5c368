"""A chain of stages on many stored rows of logits, by the compiled kernels; as in chains.h."""

from __future__ import annotations

import ctypes
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from studio.kernels.library import Kernels

ROW = struct.Struct("@PPPPd")
"""`struct kept_row`: the addresses of coarse, fine, head and head tokens, and the best."""


class Kind(IntEnum):
    """What a stage does. As in chains.h."""

    TEMPERATURE = 0
    DYNAMIC_TEMPERATURE = 1
    SMOOTHING = 2
    TOP_K = 3
    TOP_P = 4
    TYPICAL = 5
    TAIL_FREE = 6
    SIGMA = 7
    MIN_P = 8
    TOP_A = 9
    EPSILON = 10
    ETA = 11
    XTC = 12
    MIROSTAT = 13
    ADDED = 14
    BANNED = 15
    NGRAM = 16
    REPETITION = 17
    FREQUENCY = 18
    PRESENCE = 19


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage for all rows; which of the fields matter, and what they are, chains.c says."""

    kind: Kind
    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    size: int = 0
    offsets: array[int] = field(default_factory=lambda: array("q"))
    tokens: array[int] = field(default_factory=lambda: array("i"))
    numbers: array[float] = field(default_factory=lambda: array("f"))


class _StageStruct(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int32),
        ("size", ctypes.c_int32),
        ("a", ctypes.c_double),
        ("b", ctypes.c_double),
        ("c", ctypes.c_double),
        ("offsets", ctypes.c_void_p),
        ("tokens", ctypes.c_void_p),
        ("numbers", ctypes.c_void_p),
    )


class _JobStruct(ctypes.Structure):
    _fields_ = (
        ("n", ctypes.c_int64),
        ("n_rows", ctypes.c_int64),
        ("n_stages", ctypes.c_int64),
        ("stages", ctypes.c_void_p),
        ("rows", ctypes.c_void_p),
        ("ids", ctypes.c_void_p),
        ("lengths", ctypes.c_void_p),
        ("targets", ctypes.c_void_p),
        ("logprobs", ctypes.c_void_p),
        ("removed", ctypes.c_void_p),
        ("scratch", ctypes.c_void_p),
        ("step", ctypes.c_float),
        ("n_head", ctypes.c_int32),
        ("nothing", ctypes.c_int32),
        ("longest", ctypes.c_int32),
    )


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows as they lie in memory, and the text they belong to."""

    packed: bytes  # a ROW each
    n: int  # tokens of the vocabulary
    n_head: int
    step: float  # see core/memory.py
    ids: array[int]  # of the text, int32
    lengths: array[int]  # of each row: how many of `ids` were read before it, int32
    targets: array[int]  # of each row: the token asked about, int32
    nothing: int  # what is read where `lengths` is 0


def run(lib: Kernels, rows: StoredRows, stages: Sequence[Stage]) -> tuple[array[float], array[int]] | None:
    """Of each row: the target's log-probability after all stages, in nats, and which stage removed it or -1.

    The first is no number where no token is left, or one is infinite. None: there is no memory for it.
    """
    n_rows = len(rows.targets)
    logprobs, removed = array("d", bytes(8 * n_rows)), array("i", bytes(4 * n_rows))
    table = (_StageStruct * max(len(stages), 1))()
    for at, stage in enumerate(stages):
        lists = (_address(part) for part in (stage.offsets, stage.tokens, stage.numbers))
        table[at] = _StageStruct(stage.kind, stage.size, stage.a, stage.b, stage.c, *lists)
    packed = ctypes.create_string_buffer(rows.packed, max(len(rows.packed), 1))
    job = _JobStruct(
        rows.n,
        n_rows,
        len(stages),
        ctypes.addressof(table),
        ctypes.addressof(packed),
        *(_address(part) for part in (rows.ids, rows.lengths, rows.targets, logprobs, removed)),
        None,
        rows.step,
        rows.n_head,
        rows.nothing,
        max(rows.lengths, default=0) or 1,
    )
    if not lib.c.studio_run_chain(ctypes.byref(job)):
        return None
    return logprobs, removed


def _address(numbers: array[int] | array[float]) -> int | None:
    return numbers.buffer_info()[0] if numbers else None
