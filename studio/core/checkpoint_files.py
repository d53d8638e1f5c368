"""Reading a checkpoint folder's files without trusting them. Everything wrong with them is a StudioError."""

from __future__ import annotations

import ctypes
import hashlib
import json
import math
import threading
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

MAX_CONFIG_BYTES = 1_000_000
MAX_TOKENIZER_BYTES = 100_000_000
_LOOK_S = 0.02
_MAX_HEADER_BYTES = 100_000_000  # safetensors' own limit
_BYTES_PER_NUMBER = {
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "F64": 8,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
}
_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64}
_PIECE = 16 << 20  # bytes as float32
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_DOWNLOAD_AGAIN = QT_TRANSLATE_NOOP(
    "StudioError", "Copy or download the model again; the file is not complete."
)


@dataclass(frozen=True, slots=True)
class Weights:
    """The safetensors files of a folder, and the shape of every tensor in them. Nothing is loaded yet."""

    files: tuple[Path, ...]
    shapes: Mapping[str, tuple[int, ...]]
    file_of: Mapping[str, Path]

    @property
    def n_bytes(self) -> int:
        """Size of all files."""
        return sum(file.stat().st_size for file in self.files)


def read_json(path: Path, max_bytes: int) -> dict[str, Any]:
    """Read a JSON object of at most `max_bytes`."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "“{path}” is {size} bytes long; such a file never needs more than {max_bytes}.",
                ),
                QT_TRANSLATE_NOOP("StudioError", "Download the model again, or choose another one."),
                path=path.name,
                size=f"{size:,}",
                max_bytes=f"{max_bytes:,}",
            )
        value = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{path}” is not a valid JSON file."),
            QT_TRANSLATE_NOOP("StudioError", "Copy or download the model again."),
            path=path.name,
        ) from error
    if not isinstance(value, dict):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{path}” is not a JSON object."),
            QT_TRANSLATE_NOOP("StudioError", "Copy or download the model again."),
            path=path.name,
        )
    return value


def regular_file(folder: Path, name: str) -> Path | None:
    """Path of the file `name` in `folder`, or None if there is none; a link out of the folder is refused.

    The one exception is Hugging Face's cache, where snapshots/<commit>/ links to ../../blobs/.
    """
    path = folder / name
    if not path.is_file():  # also false for a FIFO, which would hang whoever opens it
        return None
    root = folder.resolve()
    inside = path.resolve().is_relative_to(root)
    in_cache = root.parent.name == "snapshots" and path.resolve().is_relative_to(root.parents[1] / "blobs")
    if not inside and not in_cache:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{name}” is a link that leads out of the model's folder."),
            QT_TRANSLATE_NOOP("StudioError", "Put the file itself into the folder."),
            name=name,
        )
    return path


def find_weights(folder: Path) -> Weights:
    """Find model.safetensors, or the shards of model.safetensors.index.json, and read their headers."""
    single = regular_file(folder, "model.safetensors")
    if single is not None:
        files: list[Path] = [single]
    elif (index := regular_file(folder, "model.safetensors.index.json")) is not None:
        files = _shards(folder, index)
    elif any(next(folder.glob(pattern), None) for pattern in _PICKLES):
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "This model's weights are a Python pickle, which could run any program on your computer.",
            ),
            QT_TRANSLATE_NOOP(
                "StudioError",
                "Choose the model's safetensors version, or have it converted to safetensors first.",
            ),
        )
    else:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "The folder holds no weights: there is no model.safetensors in it."
            ),
            QT_TRANSLATE_NOOP(
                "StudioError", "Choose the folder that holds config.json and model.safetensors."
            ),
        )
    shapes: dict[str, tuple[int, ...]] = {}
    file_of: dict[str, Path] = {}
    for file in files:
        for name, shape in read_header(file).items():
            shapes[name] = shape
            file_of[name] = file
    return Weights(tuple(files), shapes, file_of)


def _shards(folder: Path, index: Path) -> list[Path]:
    weight_map = read_json(index, MAX_TOKENIZER_BYTES).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“model.safetensors.index.json” lists no weights."),
            QT_TRANSLATE_NOOP("StudioError", "Copy or download the model again."),
        )
    files = []
    for name in sorted({str(value) for value in weight_map.values()}):
        if Path(name).name != name or "\\" in name or ":" in name or not name.endswith(".safetensors"):
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "“model.safetensors.index.json” points to “{name}”, which is not a file of this folder.",
                ),
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "Do not use this model unless you trust where it came from; download it again.",
                ),
                name=name,
            )
        file = regular_file(folder, name)
        if file is None:
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "The weights file “{name}” is missing."),
                _DOWNLOAD_AGAIN,
                name=name,
            )
        files.append(file)
    return files


def read_header(path: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a safetensors file, after checking that the file keeps its promises.

    The data must be covered exactly: no holes, no overlaps, nothing beyond the end.
    """
    damaged = _damaged(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            n_header = int.from_bytes(file.read(8), "little")
            if size < 8 or n_header > min(_MAX_HEADER_BYTES, size - 8):
                raise damaged
            header = json.loads(file.read(n_header))
        spans, shapes = [], {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            shape = tuple(entry["shape"])
            begin, end = entry["data_offsets"]
            if not all(isinstance(n, int) and n >= 0 for n in (*shape, begin, end)):
                raise damaged
            width = _BYTES_PER_NUMBER.get(entry["dtype"])
            if width is not None and end - begin != math.prod(shape) * width:
                raise damaged
            spans.append((begin, end))
            shapes[name] = shape
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise damaged from error
    position = 0
    for begin, end in sorted(spans):
        if begin != position or end < begin:
            raise damaged
        position = end
    if position != size - 8 - n_header:
        raise damaged
    return shapes


def sha256(files: Sequence[Path]) -> Generator[float, None, str]:
    """Hash the files' bytes in order, yielding the fraction done; returns the hexadecimal digest."""
    digest = hashlib.sha256()
    total = sum(file.stat().st_size for file in files) or 1
    done = 0
    try:
        for path in files:
            with path.open("rb") as file:
                while block := file.read(8 << 20):
                    digest.update(block)
                    done += len(block)
                    yield min(1.0, done / total)
    except OSError as error:
        raise _unreadable(path, error) from error
    return digest.hexdigest()


class Hashing:
    """`sha256` in a thread of its own, while the same files are read for something else.

    With GPT-2 124M the hash takes a fifth of the loading time, on one core beside the one that packs weights.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._unwanted = threading.Event()
        self.digest = ""  # until it is known
        self._fraction = 0.0
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(files,), name="hashing", daemon=True)

    def __enter__(self) -> Hashing:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._unwanted.set()
        self._thread.join()

    def finish(self) -> Generator[float, None, None]:
        """Wait for the digest, yielding the fraction done. Raises what `sha256` raises."""
        while self._thread.is_alive():
            self._thread.join(_LOOK_S)
            yield self._fraction
        if self._error is not None:
            raise self._error

    def _run(self, files: Sequence[Path]) -> None:
        work = sha256(files)
        try:
            while not self._unwanted.is_set():
                self._fraction = next(work)
        except StopIteration as stop:
            self.digest = stop.value
        except Exception as error:
            self._error = error


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
            raise _unreadable(path, error) from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, EOFError) as error:
            raise _damaged(path) from error


def _read_rows(
    file: BufferedReader, start: int, entry: dict[str, Any], name: str, first: int, end: int
) -> Tensor:
    """Rows of a tensor, finite. EOFError if the file is too short."""
    dtype = _DTYPES.get(entry["dtype"])
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
    tensor = raw.view(dtype).view(end - first, *rest).to(torch.float32)
    if not bool(tensor.sum().isfinite()) and not bool(tensor.isfinite().all()):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The weights “{theirs}” contain values that are not numbers."),
            QT_TRANSLATE_NOOP(
                "StudioError",
                "Choose another model; this one was damaged, or its training failed.",
            ),
            theirs=name,
        )
    return tensor


def _entries(file: BufferedReader) -> tuple[dict[str, Any], int]:
    """The header of a safetensors file, and where its data begin."""
    n_header = int.from_bytes(file.read(8), "little")
    if n_header > _MAX_HEADER_BYTES:
        raise ValueError(n_header)
    return json.loads(file.read(n_header)), 8 + n_header


def _damaged(path: Path) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The weights file “{path}” is damaged or cut short."),
        _DOWNLOAD_AGAIN,
        path=path.name,
    )


def _unreadable(path: Path, error: OSError) -> StudioError:
    reason = error.strerror or type(error).__name__
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{path}” could not be read ({reason})."),
        QT_TRANSLATE_NOOP("StudioError", "Check the disk and the file's permissions, then try again."),
        path=path.name,
        reason=reason,
    )
