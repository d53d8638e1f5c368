"""The compiled kernels, if they are there: loaded once, checked, and given Python's types."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

from studio import paths
from studio.kernels import build

VARIABLE = "GPT2_STUDIO_KERNELS"
"""Chooses the instructions ("AVX-512 VNNI", "AVX-512", "AVX2", "plain C"); "off" leaves the kernels alone."""

_VERSION = 1
PANEL = 64


class Form(IntEnum):
    """How the numbers of a matrix are stored. As in kernels.h."""

    FLOAT32 = 0
    FLOAT16 = 1
    BFLOAT16 = 2
    INT8 = 3
    INT4 = 4


class MatrixStruct(ctypes.Structure):
    """`struct matrix`."""

    _fields_ = (
        ("form", ctypes.c_int32),
        ("n_in", ctypes.c_int32),
        ("n_out", ctypes.c_int32),
        ("unused", ctypes.c_int32),
        ("data", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
    )


class LayerStruct(ctypes.Structure):
    """`struct layer`."""

    _fields_ = (
        ("qkv", MatrixStruct),
        ("projection", MatrixStruct),
        ("widen", MatrixStruct),
        ("narrow", MatrixStruct),
        ("norm_1", ctypes.c_void_p * 2),
        ("norm_2", ctypes.c_void_p * 2),
        ("heads_off", ctypes.c_void_p),
        ("scale", ctypes.c_float),
        ("off", ctypes.c_int32),
    )


class ModelStruct(ctypes.Structure):
    """`struct model`."""

    _fields_ = (
        ("n_embd", ctypes.c_int32),
        ("n_head", ctypes.c_int32),
        ("n_inner", ctypes.c_int32),
        ("n_layer", ctypes.c_int32),
        ("vocab_size", ctypes.c_int32),
        ("n_positions", ctypes.c_int32),
        ("activation", ctypes.c_int32),
        ("epsilon", ctypes.c_float),
        ("embedding", MatrixStruct),
        ("head", MatrixStruct),
        ("positions", ctypes.c_void_p),
        ("norm", ctypes.c_void_p * 2),
        ("layers", ctypes.c_void_p),
    )


class CacheStruct(ctypes.Structure):
    """`struct cache`."""

    _fields_ = (
        ("form", ctypes.c_int32),
        ("room", ctypes.c_int32),
        ("keys", ctypes.c_void_p),
        ("values", ctypes.c_void_p),
    )


class RowStruct(ctypes.Structure):
    """`struct row`."""

    _fields_ = (
        ("token", ctypes.c_int32),
        ("position", ctypes.c_int32),
        ("n_main", ctypes.c_int32),
        ("region", ctypes.c_int32),
        ("slot", ctypes.c_int32),
        ("n_path", ctypes.c_int32),
        ("path", ctypes.c_int32),
        ("unused", ctypes.c_int32),
    )


class Buffer:
    """Memory full of zeros that begins a page. The system hands out its pages when they are written."""

    def __init__(self, n_bytes: int, *, big_pages: bool = False) -> None:
        """`big_pages`: all of it will be read again and again."""
        size = max(n_bytes, 1)
        self.n_bytes = n_bytes
        try:
            self._memory = mmap.mmap(-1, size) if sys.platform == "win32" else _private(size)
        except OSError as error:
            raise MemoryError(f"no room for {n_bytes:,} bytes") from error
        if big_pages and hasattr(mmap, "MADV_HUGEPAGE"):
            with contextlib.suppress(OSError):  # a kernel without them
                self._memory.madvise(mmap.MADV_HUGEPAGE)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))

    @property
    def memory(self) -> memoryview:
        """The bytes."""
        return memoryview(self._memory)

    def write(self, content: bytes, at: int = 0) -> None:
        """Put `content` at a byte."""
        self._memory[at : at + len(content)] = content


def _private(size: int) -> mmap.mmap:
    assert sys.platform != "win32"
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


@dataclass(frozen=True, slots=True)
class Description:
    """What stands around a token."""

    log_sum: float  # of exp(logits)
    entropy: float  # nats
    rank: int
    top: list[int]  # the tokens with the largest logits, in order


@dataclass(frozen=True, slots=True)
class Weighed:
    """One stage at one position."""

    n_left: int  # tokens that still have a chance
    kept: float  # of the probabilities before it
    removed: float
    shift: float  # total variation distance between what it left and what became of that
    entropy: float  # nats


@dataclass(frozen=True, slots=True)
class Kernels:
    """A library that is loaded and works. Its functions are called without the GIL."""

    instructions: str  # "AVX-512 VNNI", "AVX-512", "AVX2" or "plain C"
    c: ctypes.CDLL

    def set_threads(self, n: int) -> int:
        """How many threads compute from now on, the caller's among them; how many it became."""
        return int(self.c.studio_set_threads(n))

    def draw(self, probs: int, n: int, key: tuple[int, int], position: int) -> int:
        """The winner of the race in core/drawing.py; `probs`: the address of `n` float32 numbers."""
        return int(self.c.studio_draw(probs, n, *key, position))

    def top(self, logits: int, n: int, k: int) -> list[int]:
        """The k <= n tokens with the largest logits, in order; `logits`: the address of `n` float32 numbers.

        None of them may be no number.
        """
        top = (ctypes.c_int32 * k)()
        self.c.studio_top(logits, n, k, top)
        return top[:]

    def remember(self, logits: int, n: int, head: int, n_head: int, step: float, row: int) -> None:
        """Write `n` float32 numbers as core/memory.py keeps them. Addresses; `head` may be 0, see there."""
        self.c.studio_remember(logits, n, head or None, n_head, step, row)

    def recall(self, rows: Sequence[int], n: int, n_head: int, step: float, logits: int) -> None:
        """The numbers that were written at the addresses `rows`: (n_rows, n) float32 at an address."""
        self.c.studio_recall((ctypes.c_void_p * len(rows))(*rows), len(rows), n, n_head, step, logits)

    def recall_heads(self, rows: Sequence[int], n_head: int, values: int, tokens: int) -> None:
        """The best of them: (n_rows, n_head) float32 and int64 at addresses."""
        self.c.studio_recall_heads((ctypes.c_void_p * len(rows))(*rows), len(rows), n_head, values, tokens)

    def describe(self, logits: int, n: int, token_id: int, n_top: int) -> Description | None:
        """What stands around a token; `logits`: the address of `n` >= `n_top` float32 numbers.

        None if one of them is no number, or none is finite.
        """
        numbers, top = (ctypes.c_double * 3)(), (ctypes.c_int32 * n_top)()
        if self.c.studio_describe(logits, n, token_id, n_top, numbers, top):
            return None
        return Description(numbers[0], numbers[1], int(numbers[2]), top[:])

    def crossing(
        self, rows: int, n_rows: int, n: int, log_sums: int, centres: int, mass: float, found: int
    ) -> bool:
        """Where each row of logits, ordered, has reached a mass of probability.

        Addresses: `rows` (n_rows, n) float32 without gaps; `log_sums` and `centres` (n_rows,) float32. The
        order is that of their distance from a surprise of `centres`, of falling logits if that is 0. `found`,
        (n_rows,) int64, becomes the token that reaches it, -1 where all together do not. False: there is no
        memory for it.
        """
        return bool(self.c.studio_crossing(rows, n_rows, n, log_sums, centres or None, mass, found))

    def fall(self, rows: int, n_rows: int, n: int) -> bool:
        """Sort each row of (n_rows, n) float32 at an address, the largest first; False: no memory for it."""
        return bool(self.c.studio_fall(rows, n_rows, n))

    def order(self, values: int, n: int, order: int) -> bool:
        """Where `n` float32 numbers are in rising order, equal ones as they come, as int64. Addresses.

        None may be no number. False: no memory for it.
        """
        return bool(self.c.studio_order(values, n, order))

    def weigh(self, logits: int, n: int, before: int, after: int) -> Weighed:
        """What a stage did to `n` float32 logits, from and to probabilities in float64. Addresses; `before`
        may be 0: there was no stage."""
        numbers = (ctypes.c_double * 5)()
        self.c.studio_weigh(logits, n, before or None, after, numbers)
        return Weighed(int(numbers[0]), *numbers[1:])

    def read(self, memory: Buffer) -> None:
        """Read all of it once, with all threads. A multiple of 65,536 bytes."""
        self.c.studio_read(memory.address, memory.n_bytes)


@cache
def kernels() -> Kernels | None:
    """The kernels for this processor, or None; `why_not` says why."""
    return _found()[0]


OFF, MISSING = "off", "missing"


def absence() -> str:
    """Why there are no kernels: OFF, MISSING, or what is wrong with them. Empty if there are."""
    return _found()[1]


def why_not() -> str:
    """A sentence: why there are no kernels. Empty if there are."""
    match absence():
        case "" as nothing:
            return nothing
        case "off":
            return f"The compiled kernels are switched off ({VARIABLE})."
        case "missing":
            return "The compiled kernels are not there; make.py builds them where there is a C compiler."
        case problem:
            return f"The compiled kernels cannot be used: {problem}"


@cache
def _found() -> tuple[Kernels | None, str]:
    wish = os.environ.get(VARIABLE, "")
    if wish == "off":
        return None, OFF
    problem = MISSING
    for folder in folders():
        if not folder.is_dir():
            continue
        try:
            return open_library(folder, wish), ""
        except (OSError, AttributeError, ValueError) as error:
            problem = str(error)
    return None, problem


def folders() -> list[Path]:
    """Where the library may be: among the files of a packaged app, else where it was built."""
    packaged = paths.resource("kernels")
    if packaged.is_dir():
        return [packaged]
    name = build.key()
    return [cache / name for cache in build.cache_folders()]


def open_library(folder: Path, wish: str = "") -> Kernels:
    """Load and try the library in `folder`. Raises OSError or ValueError if it is damaged or unsuitable."""
    if not build.is_whole(folder):
        raise ValueError("the file is damaged.")
    c = ctypes.CDLL(str(folder / build.library_name()))
    if c.studio_version() != _VERSION:
        raise ValueError("they belong to another version.")
    pointer, number, long = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
    c.studio_choose.argtypes, c.studio_choose.restype = [ctypes.c_char_p], ctypes.c_char_p
    c.studio_panel_bytes.argtypes, c.studio_panel_bytes.restype = [number, number], long
    c.studio_set_threads.argtypes = [number]
    c.studio_read.argtypes, c.studio_read.restype = [pointer, long], long
    c.studio_pack.argtypes = [number, number, number, pointer, long, long, pointer]
    c.studio_unpack.argtypes = [pointer, pointer, long, long]
    c.studio_unpack_output.argtypes = [pointer, number, pointer]
    c.studio_multiply.argtypes = [pointer, pointer, number, pointer]
    size = ctypes.c_uint64
    c.studio_draw.argtypes, c.studio_draw.restype = [pointer, long, size, size, size], long
    real = ctypes.c_float
    c.studio_remember.argtypes = [pointer, long, pointer, number, real, pointer]
    c.studio_recall.argtypes = [pointer, long, long, number, real, pointer]
    c.studio_recall_heads.argtypes = [pointer, long, number, pointer, pointer]
    for nothing in (c.studio_remember, c.studio_recall, c.studio_recall_heads):
        nothing.restype = None
    c.studio_top.argtypes, c.studio_top.restype = [pointer, long, number, pointer], None
    c.studio_describe.argtypes = [pointer, long, long, number, pointer, pointer]
    c.studio_crossing.argtypes = [pointer, long, long, pointer, pointer, ctypes.c_double, pointer]
    c.studio_fall.argtypes = [pointer, long, long]
    c.studio_run_chain.argtypes = [pointer]
    c.studio_order.argtypes = [pointer, long, pointer]
    c.studio_weigh.argtypes, c.studio_weigh.restype = [pointer, long, pointer, pointer, pointer], None
    c.studio_cut.argtypes = [pointer]
    c.studio_settle.argtypes, c.studio_settle.restype = [pointer, pointer], None
    c.studio_step.argtypes = [
        *(pointer, pointer, pointer, pointer, pointer, number, pointer),
        *(number, number, number, pointer, pointer),
    ]
    chosen = c.studio_choose(wish.encode())
    if chosen is None:
        raise ValueError(f"this processor has no {wish or 'FMA'} instructions.")
    return Kernels(chosen.decode(), c)


class Matrix:
    """A matrix (n_in, n_out) in one of the forms."""

    def __init__(self, lib: Kernels, form: Form, n_in: int, n_out: int) -> None:
        self._lib = lib
        self.form, self.n_in, self.n_out = form, n_in, n_out
        self._panel_bytes: int = lib.c.studio_panel_bytes(form, n_in)
        self.data = Buffer(-(-n_out // PANEL) * self._panel_bytes, big_pages=True)
        self.bias: Buffer | None = None

    @property
    def n_bytes(self) -> int:
        """What the weights take."""
        return self.data.n_bytes

    def pack(self, address: int, strides: tuple[int, int], first: int = 0, n_out: int | None = None) -> None:
        """Fill outputs `first` (a multiple of 64) and following from float32 numbers at `address`.

        `strides`: numbers from one input to the next, and from one output to the next.
        """
        assert first % PANEL == 0
        to = self.data.address + first // PANEL * self._panel_bytes
        n_out = self.n_out - first if n_out is None else n_out
        self._lib.c.studio_pack(self.form, self.n_in, n_out, address, *strides, to)

    def set_bias(self, content: bytes) -> None:
        """`n_out` float32 numbers, added to every product."""
        self.bias = padded(content)

    def unpack(self, address: int, strides: tuple[int, int]) -> None:
        """Write all weights as float32, as the kernels multiply with them."""
        self._lib.c.studio_unpack(ctypes.byref(self.struct()), address, *strides)

    def unpack_outputs(self, outputs: Sequence[int], address: int) -> None:
        """Write the weights of these outputs as float32, row by row."""
        struct = self.struct()
        for i, output in enumerate(outputs):
            self._lib.c.studio_unpack_output(ctypes.byref(struct), output, address + 4 * i * self.n_in)

    def struct(self) -> MatrixStruct:
        """For a call. Valid as long as the matrix lives and its bias stays."""
        bias = self.bias.address if self.bias is not None else None
        return MatrixStruct(self.form, self.n_in, self.n_out, 0, self.data.address, bias)


def padded(content: bytes) -> Buffer:
    """Float32 numbers in memory that is filled up with zeros to a multiple of 64 of them."""
    buffer = Buffer(-(-len(content) // (4 * PANEL)) * 4 * PANEL)
    buffer.write(content)
    return buffer
