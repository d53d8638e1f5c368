"""The header of a GGUF file, read without trusting a byte of it: what it says, where its tensors lie.

Every count and every length is held against the size of the file before anything is allocated or skipped, so
a file of a few bytes that promises 2^63 of something is refused at once. Reads at most MAX_HEADER_BYTES. The
numbers of the tensors are not touched. Everything wrong is a StudioError.
"""

from __future__ import annotations

import stat
import struct
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from math import prod
from pathlib import Path

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model_files import unreadable

MAX_HEADER_BYTES = 100_000_000  # with a vocabulary in it: many times what a safetensors file needs
MAX_TENSORS = 1 << 16
MAX_KEYS = 1 << 16
MAX_STRINGS = 1 << 21  # in all arrays together: the largest vocabularies, with their merges, need a third
MAX_STRING_BYTES = 32 << 20
_MAX_NAME_BYTES = 64  # of a tensor, as the format's description has it
_MAX_KEY_BYTES = 1 << 16
_MAX_DIMENSIONS = 4
_MAX_ALIGNMENT = 1 << 20
_MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

TENSOR_TYPES: Mapping[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
}
"""The format's number of a type -> its name, the numbers in a block and the bytes of a block."""

Value = bool | int | float | str | Sequence[str] | Sequence[float]


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Where a tensor lies in the file and how its numbers are written."""

    name: str
    shape: tuple[int, ...]  # the last dimension is the one whose numbers are neighbours, as in numpy
    type_id: int
    kind: str  # "F16", "Q4_1", ...
    begin: int  # bytes from the beginning of the file
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF file says of itself. The metadata are a stranger's words."""

    version: int
    metadata: Mapping[str, Value]
    tensors: Mapping[str, TensorInfo]

    def text(self, key: str) -> str:
        """A text of the metadata; "" if there is none, or something else."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""


def read_gguf_header(path: Path) -> Header:
    """Read and check the header. StudioError if the file cannot be read or does not keep its promises."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a FIFO would wait for ever
            raise _not_gguf(path)
        with path.open("rb") as file:
            reader = _Reader(file, min(status.st_size, MAX_HEADER_BYTES))
            if status.st_size < 4 or reader.take(4) != _MAGIC:
                raise _not_gguf(path)
            return _header(reader, path, status.st_size)
    except OSError as error:
        raise unreadable(path, error) from error
    except (_BrokenError, struct.error) as error:
        raise _damaged(path) from error


class _BrokenError(Exception):
    """The header promises what the file does not hold, or what no model needs."""


class _Reader:
    """Takes bytes from the front of the file, never beyond `limit`."""

    def __init__(self, file: BufferedReader, limit: int) -> None:
        self._file, self.left, self.n_read, self.n_strings = file, limit, 0, 0

    def take(self, n: int) -> bytes:
        if n > self.left:
            raise _BrokenError
        data = self._file.read(n)
        if len(data) != n:  # it was cut while we read
            raise _BrokenError
        self.left -= n
        self.n_read += n
        return data

    def number(self, code: str) -> int:
        layout = struct.Struct(f"<{code}")
        value: int = layout.unpack(self.take(layout.size))[0]
        return value

    def string(self, limit: int = MAX_STRING_BYTES, *, strict: bool = False) -> str:
        n = self.number("Q")
        if n > limit:
            raise _BrokenError
        try:
            return self.take(n).decode("utf-8", "strict" if strict else "replace")
        except UnicodeDecodeError as error:
            raise _BrokenError from error

    def value(self, kind: int) -> Value:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self._array(self.number("I"), self.number("Q"))
        if (code := _NUMBERS.get(kind)) is None:
            raise _BrokenError
        return self.number(code)

    def _array(self, kind: int, n: int) -> Sequence[str] | Sequence[float]:
        if kind == _STRING:
            self.n_strings += n
            if 8 * n > self.left or self.n_strings > MAX_STRINGS:
                raise _BrokenError
            return [self.string() for _ in range(n)]
        code = _NUMBERS.get(kind)  # arrays in arrays: no reader of this format knows them
        if code is None:
            raise _BrokenError
        numbers = array("B" if code == "?" else code)
        numbers.frombytes(self.take(n * numbers.itemsize))
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers


def _header(reader: _Reader, path: Path, size: int) -> Header:
    version = reader.number("I")
    if version not in {2, 3}:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "“{path}” is a GGUF file of version {version}; only versions 2 and 3 can be read.",
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose a newer file of this model."),
            path=path.name,
            version=version if version < 100 else "?",
        )
    n_tensors, n_keys = reader.number("Q"), reader.number("Q")
    if n_tensors > MAX_TENSORS or n_keys > MAX_KEYS:
        raise _BrokenError
    metadata: dict[str, Value] = {}
    for _ in range(n_keys):
        key = reader.string(_MAX_KEY_BYTES, strict=True)
        if not key or key in metadata:
            raise _BrokenError
        metadata[key] = reader.value(reader.number("I"))
    alignment = metadata.get("general.alignment", 32)
    if type(alignment) is not int or not 1 <= alignment <= _MAX_ALIGNMENT or alignment.bit_count() != 1:
        raise _BrokenError
    entries = [_entry(reader, path) for _ in range(n_tensors)]
    start = -(-reader.n_read // alignment) * alignment
    tensors = {}
    for name, shape, type_id, offset in entries:
        kind, per_block, block_bytes = TENSOR_TYPES[type_id]
        n_bytes = prod(shape) // per_block * block_bytes
        if shape[-1] % per_block or offset % alignment or start + offset + n_bytes > size or name in tensors:
            raise _BrokenError
        tensors[name] = TensorInfo(name, shape, type_id, kind, start + offset, n_bytes)
    end = 0
    for tensor in sorted(tensors.values(), key=lambda tensor: tensor.begin):
        if tensor.begin < end:  # the same bytes twice: a small file could become a huge one
            raise _BrokenError
        end = tensor.begin + tensor.n_bytes
    return Header(version, metadata, tensors)


def _entry(reader: _Reader, path: Path) -> tuple[str, tuple[int, ...], int, int]:
    """Name, shape, type and offset of a tensor."""
    name = reader.string(_MAX_NAME_BYTES, strict=True)
    n_dimensions = reader.number("I")
    if not name or not 1 <= n_dimensions <= _MAX_DIMENSIONS:
        raise _BrokenError
    shape = tuple(reader.number("Q") for _ in range(n_dimensions))[::-1]
    if not all(shape):
        raise _BrokenError
    type_id = reader.number("I")
    if type_id not in TENSOR_TYPES:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "“{path}” holds numbers of a kind (type {type_id}) that is not known."
            ),
            QT_TRANSLATE_NOOP(
                "StudioError", "Choose another file of this model, such as one marked Q8_0 or Q4_K_M."
            ),
            path=path.name,
            type_id=type_id,
        )
    return name, shape, type_id, reader.number("Q")


def shown(text: str, limit: int = 40) -> str:
    """A stranger's words as one short line for the user to read."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:limit]


def _not_gguf(path: Path) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{path}” is not a GGUF file."),
        QT_TRANSLATE_NOOP("StudioError", "Choose a file that ends in .gguf."),
        path=path.name,
    )


def _damaged(path: Path) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The GGUF file “{path}” is damaged or cut short."),
        QT_TRANSLATE_NOOP("StudioError", "Copy or download it again."),
        path=path.name,
    )
