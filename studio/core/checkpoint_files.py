"""Reading the numbers of a checkpoint's weights, checked as they come. Everything wrong is a StudioError."""

from __future__ import annotations

import ctypes
import json
import math
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model_files import MAX_HEADER_BYTES, Weights, damaged, unreadable

_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64}
_CODES = {"I8": torch.int8, "U8": torch.uint8}
_PIECE = 4 << 20  # bytes as float32


def read_tensors(weights: Weights, names: Mapping[str, str]) -> Generator[float, None, dict[str, Tensor]]:
    """Load tensors as float32, yielding the fraction done. `names`: our name -> name in the file."""
    tensors: dict[str, Tensor] = {}
    for name, tensor, _ in each_tensor(weights, names):
        tensors[name] = tensor
        yield len(tensors) / len(names)
    return tensors


def each_tensor(
    weights: Weights, names: Mapping[str, str], in_pieces: Collection[str] = ()
) -> Iterator[tuple[str, Tensor, int]]:
    """Load tensors as float32 one by one, the largest first. `names`: our name -> name in the file.

    The matrices of `in_pieces` come some rows at a time; the number of a piece's first row, a multiple of 64,
    comes with it.

    The numbers are read, not mapped: a tensor that maps the file would crash the program when the file is
    replaced, and one that maps and is copied takes its memory twice.
    """
    by_file: dict[Path, list[tuple[str, str]]] = {}
    for ours, theirs in sorted(names.items(), key=lambda pair: -math.prod(weights.shapes[pair[1]])):
        by_file.setdefault(weights.file_of[theirs], []).append((ours, theirs))
    for path, pairs in by_file.items():
        try:
            with path.open("rb") as file:
                entries, start = _entries(file)
                for ours, theirs in pairs:
                    entry = entries[theirs]
                    n_rows, *rest = entry["shape"]
                    step = max(_PIECE // (4 * math.prod(rest) * 64), 1) * 64 if ours in in_pieces else n_rows
                    for row in range(0, n_rows, step):
                        end = min(row + step, n_rows)
                        yield ours, _read_rows(file, start, entry, theirs, row, end), row
        except OSError as error:
            raise unreadable(path, error) from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, EOFError) as error:
            raise damaged(path) from error


class TensorFiles:
    """Reads rows of tensors as they are stored, codes of few bits among them. Closes its files at the end."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._open = ExitStack()
        self._files: dict[Path, tuple[BufferedReader, dict[str, Any], int]] = {}

    def __enter__(self) -> TensorFiles:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def rows(self, name: str, first: int, end: int) -> Tensor:
        """Rows of a tensor in its own dtype, finite. Raises StudioError."""
        path = self._weights.file_of[name]
        try:
            if path not in self._files:
                file = self._open.enter_context(path.open("rb"))
                self._files[path] = (file, *_entries(file))
            file, entries, start = self._files[path]
            tensor = _read_as_stored(file, start, entries[name], name, first, end, _DTYPES | _CODES)
        except OSError as error:
            raise unreadable(path, error) from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, EOFError) as error:
            raise damaged(path) from error
        if tensor.is_floating_point():
            _check_finite(tensor.to(torch.float32), name)  # float16's own sum overflows
        return tensor


def _read_rows(
    file: BufferedReader, start: int, entry: dict[str, Any], name: str, first: int, end: int
) -> Tensor:
    """Rows of a tensor as float32, finite. EOFError if the file is too short."""
    tensor = _read_as_stored(file, start, entry, name, first, end, _DTYPES).to(torch.float32)
    _check_finite(tensor, name)
    return tensor


def _read_as_stored(
    file: BufferedReader,
    start: int,
    entry: dict[str, Any],
    name: str,
    first: int,
    end: int,
    allowed: Mapping[str, torch.dtype],
) -> Tensor:
    dtype = allowed.get(entry["dtype"])
    if dtype is None:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "The weights “{theirs}” are stored as {tensor}, which this model cannot use.",
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose a version of the model that is not quantized."),
            theirs=name,
            tensor=entry["dtype"],
        )
    n_rows, *rest = entry["shape"]
    begin, behind = entry["data_offsets"]
    n_bytes = (behind - begin) // n_rows  # of a row
    raw = torch.empty((end - first) * n_bytes, dtype=torch.uint8)  # a bytearray is filled with zeros first
    file.seek(start + begin + first * n_bytes)
    if file.readinto((ctypes.c_char * len(raw)).from_address(raw.data_ptr())) != len(raw):
        raise EOFError
    return raw.view(dtype).view(end - first, *rest)


def _check_finite(tensor: Tensor, name: str) -> None:
    if not bool(tensor.sum().isfinite()) and not bool(tensor.isfinite().all()):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The weights “{theirs}” contain values that are not numbers."),
            QT_TRANSLATE_NOOP(
                "StudioError",
                "Choose another model; this one was damaged, or its training failed.",
            ),
            theirs=name,
        )


def _entries(file: BufferedReader) -> tuple[dict[str, Any], int]:
    """The header of a safetensors file, and where its data begin."""
    n_header = int.from_bytes(file.read(8), "little")
    if n_header > MAX_HEADER_BYTES:
        raise ValueError(n_header)
    return json.loads(file.read(n_header)), 8 + n_header
