"""A model folder's files without trusting them, and without torch: JSON, headers, hashes.

Everything wrong with them is a StudioError.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

SHELF_RECORD = "studio-model.json"
"""What the shelf of models (studio/models/shelf.py) keeps in a model's folder."""

MAX_CONFIG_BYTES = 1_000_000
MAX_TOKENIZER_BYTES = 100_000_000
MAX_HEADER_BYTES = 8_000_000  # 60,000 tensors; safetensors' own limit would take a gigabyte of memory
_MAX_JSON_PARTS = 4_000_000
"""Commas and brackets. The largest tokenizers have half as many; parsed, each costs some 50 bytes."""
_LOOK_S = 0.02
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
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_DOWNLOAD_AGAIN = QT_TRANSLATE_NOOP(
    "StudioError", "Copy or download the model again; the file is not complete."
)


@dataclass(frozen=True, slots=True)
class Weights:
    """The safetensors files of a folder, and the shape of every tensor in them. Nothing is loaded yet."""

    files: tuple[Path, ...]
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, str]  # as safetensors calls them: "F32", "BF16"
    file_of: Mapping[str, Path]

    @property
    def n_bytes(self) -> int:
        """Size of all files."""
        return sum(file.stat().st_size for file in self.files)


def stored_bits(config: Mapping[str, Any]) -> int:
    """8 or 4 if config.json says that the weights are stored as in `quantised.py`, 0 for ordinary ones.

    StudioError for any other kind of quantisation.
    """
    found = config.get("quantization_config")
    if found is None:
        return 0
    if not isinstance(found, dict) or found not in [
        {"quant_method": "gpt2-studio", "bits": bits, "group_size": 32} for bits in (8, 4)
    ]:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This model is quantized, in a way that is not supported."),
            QT_TRANSLATE_NOOP("StudioError", "Choose a version of the model that is not quantized."),
        )
    return int(found["bits"])


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
        raw = path.read_bytes()
        if sum(map(raw.count, b"[{,")) > _MAX_JSON_PARTS:
            raise ValueError(path)
        value = json.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise unreadable(path, error) from error
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
    dtypes: dict[str, str] = {}
    file_of: dict[str, Path] = {}
    for file in files:
        for name, (dtype, shape) in read_header(file).items():
            shapes[name] = shape
            dtypes[name] = dtype
            file_of[name] = file
    return Weights(tuple(files), shapes, dtypes, file_of)


def _shards(folder: Path, index: Path) -> list[Path]:
    weight_map = read_json(index, MAX_HEADER_BYTES).get("weight_map")
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


def read_header(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Name -> dtype ("F16") and shape of every tensor of a safetensors file.

    It is checked that the file keeps its promises: the data must be covered exactly, no holes, no overlaps,
    nothing beyond the end.
    """
    broken = damaged(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            n_header = int.from_bytes(file.read(8), "little")
            if size < 8 or n_header > min(MAX_HEADER_BYTES, size - 8):
                raise broken
            header = json.loads(file.read(n_header))
        spans, tensors = [], {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            shape = tuple(entry["shape"])
            begin, end = entry["data_offsets"]
            if not all(isinstance(n, int) and n >= 0 for n in (*shape, begin, end)):
                raise broken
            width = _BYTES_PER_NUMBER.get(entry["dtype"])
            if width is not None and end - begin != math.prod(shape) * width:
                raise broken
            spans.append((begin, end))
            tensors[name] = str(entry["dtype"]), shape
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise broken from error
    position = 0
    for begin, end in sorted(spans):
        if begin != position or end < begin:
            raise broken
        position = end
    if position != size - 8 - n_header:
        raise broken
    return tensors


def sha256(files: Sequence[Path]) -> Generator[float, None, str]:
    """Hash the files' bytes in order, yielding the fraction done; returns the hexadecimal digest."""
    digest = hashlib.sha256()
    block = memoryview(bytearray(1 << 20))  # one: a new one each time would be taken beside the old
    total = sum(file.stat().st_size for file in files) or 1
    done = 0
    try:
        for path in files:
            with path.open("rb") as file:
                while n := file.readinto(block):
                    digest.update(block[:n])
                    done += n
                    yield min(1.0, done / total)
    except OSError as error:
        raise unreadable(path, error) from error
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


def model_name(folder: Path) -> str:
    """What the user calls a model of the shelf, else the folder's name; in Hugging Face's cache, where that
    is a commit, the name on the hub."""
    with suppress(StudioError):
        if (record := regular_file(folder, SHELF_RECORD)) is not None:
            name = read_json(record, MAX_CONFIG_BYTES).get("name")
            if isinstance(name, str) and name.isprintable() and 0 < len(name) <= 100:
                return name
    resolved = folder.resolve()
    if resolved.parent.name == "snapshots":
        return resolved.parents[1].name.removeprefix("models--").replace("--", "/")
    return resolved.name


def damaged(path: Path) -> StudioError:
    """What is said of a weights file that does not keep its promises."""
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The weights file “{path}” is damaged or cut short."),
        _DOWNLOAD_AGAIN,
        path=path.name,
    )


def unreadable(path: Path, error: OSError) -> StudioError:
    """What is said of a file that the system does not let us read."""
    reason = error.strerror or type(error).__name__
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{path}” could not be read ({reason})."),
        QT_TRANSLATE_NOOP("StudioError", "Check the disk and the file's permissions, then try again."),
        path=path.name,
        reason=reason,
    )
