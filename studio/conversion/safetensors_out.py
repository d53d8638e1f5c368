"""Writing a safetensors file piece by piece, each tensor in as few bytes as keep every number exactly."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterable, Mapping
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

Array = np.ndarray[Any, np.dtype[Any]]
Pieces = Callable[[], Iterable[Array]]
"""The numbers of a tensor in order, some at a time; called again, the same again."""

_WIDTH = 20  # digits of an offset
_EXPONENT = 0x7F80  # of a bfloat16: all ones in what is not a number


class SafetensorsWriter:
    """One file. The space for its header is kept free, because it tells what is known only in the end.

    A context; who leaves it without an exception must have put every tensor. OSErrors pass through.
    """

    def __init__(self, path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """`shapes` of the tensors that will be put, by name."""
        self._shapes = dict(shapes)
        self._entries: dict[str, dict[str, Any]] = {}
        most = {
            name: {"dtype": "BF16", "shape": shape, "data_offsets": [10**_WIDTH] * 2}
            for name, shape in shapes.items()
        }
        self._n_header = -(-len(_header(most)) // 8) * 8
        self._file = path.open("wb")
        self._file.seek(8 + self._n_header)
        self._end = 0  # of the data

    def __enter__(self) -> SafetensorsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if kind is None:
                assert self._entries.keys() == self._shapes.keys()
                self._file.seek(0)
                self._file.write(self._n_header.to_bytes(8, "little"))
                self._file.write(_header(self._entries).ljust(self._n_header))

    @property
    def dtypes(self) -> Mapping[str, str]:
        """How each tensor was written: "F16", "F32", "BF16"."""
        return {name: entry["dtype"] for name, entry in self._entries.items()}

    def put(self, name: str, pieces: Pieces) -> None:
        """Write float32 numbers as float16 if that keeps every one of them exactly, else as they are.

        StudioError if one of them is not a number.
        """
        begin = self._end
        with np.errstate(over="ignore"):
            for piece in pieces():
                if not np.isfinite(piece).all():
                    raise _not_numbers(name)
                half = piece.astype(np.float16)
                if not np.array_equal(half, piece):
                    break
                self._write(half)
            else:
                self._note(name, "F16", begin)
                return
        self._file.seek(8 + self._n_header + begin)
        self._end = begin
        for piece in pieces():
            if not np.isfinite(piece).all():
                raise _not_numbers(name)
            self._write(piece)
        self._file.truncate()
        self._note(name, "F32", begin)

    def put_rounded(self, name: str, dtype: str, numbers: Array) -> None:
        """Write float32 numbers as "F16" or "F32". StudioError if one of them is too large for that."""
        begin = self._end
        if dtype == "F16":
            with np.errstate(over="ignore"):
                numbers = numbers.astype(np.float16)
            if not np.isfinite(numbers).all():
                raise too_large(name)
        self._write(numbers)
        self._note(name, dtype, begin)

    def put_bfloat16(self, name: str, pieces: Iterable[Array]) -> None:
        """Write bfloat16 numbers, given as uint16, as they are. StudioError if one is not a number."""
        begin = self._end
        for piece in pieces:
            if (piece & _EXPONENT == _EXPONENT).any():
                raise _not_numbers(name)
            self._write(piece)
        self._note(name, "BF16", begin)

    def _write(self, piece: Array) -> None:
        self._file.write(np.ascontiguousarray(piece).data)
        self._end += piece.nbytes

    def _note(self, name: str, dtype: str, begin: int) -> None:
        shape = self._shapes[name]
        assert self._end - begin == prod(shape) * (4 if dtype == "F32" else 2), name
        self._entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, self._end]}


def _header(entries: Mapping[str, Any]) -> bytes:
    return json.dumps({"__metadata__": {"format": "pt"}, **entries}).encode()


def cannot_write(path: Path, error: OSError) -> StudioError:
    """What is said if a new model cannot be written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is not enough space on the disk for the new model."),
            QT_TRANSLATE_NOOP("StudioError", "Free some space, then try again."),
        )
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{path}” could not be written ({reason})."),
        QT_TRANSLATE_NOOP("StudioError", "Check the disk and the folder's permissions, then try again."),
        path=path.name,
        reason=error.strerror or type(error).__name__,
    )


def too_large(name: str) -> StudioError:
    """What is said of numbers that float16 does not reach."""
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The weights “{name}” hold numbers that are too large for 16 bits."),
        QT_TRANSLATE_NOOP("StudioError", "Export the model with 32 bits."),
        name=name,
    )


def _not_numbers(name: str) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The weights “{theirs}” contain values that are not numbers."),
        QT_TRANSLATE_NOOP(
            "StudioError", "Choose another model; this one was damaged, or its training failed."
        ),
        theirs=name,
    )
