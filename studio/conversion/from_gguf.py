"""The job "import_gguf": a GGUF file -> a model folder as Hugging Face has it. A stranger's file: in a child.

The header is checked first (`gguf_header.py`), the tensors are read one after another and a few rows at a
time. What is written keeps every number exactly: 16 bits where they are enough, else 32.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from io import BufferedReader
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize

from studio.conversion.gguf_names import (
    ARCHITECTURES,
    ROTATED,
    TRANSPOSED,
    Config,
    Place,
    Places,
    check_places,
)
from studio.conversion.gguf_tokenizer import write_tokenizer
from studio.conversion.safetensors_out import Array, SafetensorsWriter, cannot_write
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.model_files import unreadable
from studio.models.gguf_header import Header, TensorInfo, read_gguf_header, shown
from studio.models.jobs import Controls, Spec

_PIECE = 4 << 20  # numbers that are unpacked at a time
_NOT_READ = frozenset(["I8", "I16", "I32", "I64", "F64"])
_NAMES = {"F16": "float16", "BF16": "bfloat16", "F32": "float32"}
_LICENCE_CHARS = 200


def run(spec: Spec, _controls: Controls) -> Iterator[dict[str, Any]]:
    """{"file", "staging"}: make a model folder in the empty folder `staging`.

    Its "done" tells "name", "licence" and "notes", a list of English sentences.
    """
    file, staging = Path(spec["file"]), Path(spec["staging"])
    try:
        yield from _import(file, staging)
    except MemoryError as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is not enough memory for this model."),
            QT_TRANSLATE_NOOP("StudioError", "Close other programs, or choose a smaller model."),
        ) from error


def _import(file: Path, staging: Path) -> Iterator[dict[str, Any]]:
    header = read_gguf_header(file)
    yield {"fraction": 0.01}
    config, places = _layout(header, file)
    _check_space(places, staging)
    try:
        described, notes = write_tokenizer(header, config["vocab_size"], file, staging)
        for role in ("bos", "eos"):
            if role in described.roles:
                config[f"{role}_token_id"] = described.roles[role]
        yield {"fraction": 0.05}
        shapes = {place.name: place.folder_shape for place in places.values()}
        with _Tensors(file) as tensors, SafetensorsWriter(staging / "model.safetensors", shapes) as out:
            n_done, n_all = 0, sum(header.tensors[name].n_bytes for name in places)
            for name, place in places.items():
                tensors.copy(header.tensors[name], place, out)
                n_done += header.tensors[name].n_bytes
                yield {"fraction": 0.05 + 0.95 * n_done / n_all}
        sizes: Counter[str] = Counter()
        for name, dtype in out.dtypes.items():
            sizes[dtype] += prod(shapes[name])
        most = _NAMES[sizes.most_common(1)[0][0]]
        (staging / "config.json").write_text(json.dumps(config | {"dtype": most}, indent=2), encoding="utf-8")
    except OSError as error:
        raise cannot_write(staging / "model.safetensors", error) from error
    kinds = sorted({header.tensors[name].kind for name in places if len(header.tensors[name].shape) > 1})
    notes.insert(0, f"Its numbers ({', '.join(kinds)}) were written as {most}, each of them exactly.")
    licence = shown(header.text("general.license"), _LICENCE_CHARS)
    yield {"event": "done", "name": file.stem, "licence": licence, "notes": notes}


def _layout(header: Header, file: Path) -> tuple[Config, Places]:
    """config.json, and where each tensor belongs. StudioError if this is no model that can be taken over."""
    kind = header.text("general.architecture")
    architecture = ARCHITECTURES.get(kind)
    if architecture is None:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "“{path}” holds a model of the kind “{kind}”, which cannot be taken over yet."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Choose a GPT-2, a Llama or a Qwen2 model."),
            path=file.name,
            kind=shown(kind),
        )
    if header.metadata.get("split.count", 1) not in {0, 1}:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{path}” is one of several parts of a model."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Join the parts with llama.cpp's gguf-split, or choose a whole file."
            ),
            path=file.name,
        )
    config = architecture.config(header)
    places = architecture.places(config)
    has_head = "output.weight" in header.tensors
    if has_head:
        places["output.weight"] = Place(architecture.head, header.tensors["token_embd.weight"].shape)
    config["tie_word_embeddings"] = not has_head
    check_places(header, places)
    for name in places:
        if header.tensors[name].kind in _NOT_READ:
            raise _not_read(header.tensors[name])
    return config, places


def _check_space(places: Places, staging: Path) -> None:
    """StudioError if the disk could not hold the weights even in 16 bits."""
    needed = 2 * sum(prod(place.shape) for place in places.values())
    try:
        free = shutil.disk_usage(staging).free
    except OSError as error:
        raise cannot_write(staging, error) from error
    if needed > free:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is not enough space on the disk for the new model."),
            QT_TRANSLATE_NOOP("StudioError", "Free some space, then try again."),
        )


class _Tensors:
    """The file with the numbers, opened once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: BufferedReader = path.open("rb")
        except OSError as error:
            raise unreadable(path, error) from error

    def __enter__(self) -> _Tensors:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def copy(self, tensor: TensorInfo, place: Place, out: SafetensorsWriter) -> None:
        """Write one tensor as the folder wants it."""
        turn = self._turn(place)
        if tensor.kind == "BF16":
            out.put_bfloat16(place.name, (turn(piece) for piece in self._rows(tensor, place, np.uint16)))
            return
        kind = GGMLQuantizationType(tensor.type_id)
        out.put(
            place.name,
            lambda: (
                turn(np.asarray(dequantize(piece, kind), np.float32))
                for piece in self._rows(tensor, place, np.uint8)
            ),
        )

    def _rows(self, tensor: TensorInfo, place: Place, of: type[np.generic]) -> Iterator[Array]:
        """Rows of the tensor as they are in the file, some at a time."""
        n_in = tensor.shape[-1]
        n_rows = prod(tensor.shape) // n_in
        row_bytes = tensor.n_bytes // n_rows
        step = max(_PIECE // n_in, 1)
        if place.how == TRANSPOSED:
            step = n_rows  # its columns are what is written first
        elif place.how == ROTATED:
            per_head = n_rows // place.n_heads
            step = max(step // per_head, 1) * per_head
        for row in range(0, n_rows, step):
            n = min(step, n_rows - row)
            try:
                self._file.seek(tensor.begin + row * row_bytes)
                data = self._file.read(n * row_bytes)
            except OSError as error:
                raise unreadable(self._path, error) from error
            if len(data) != n * row_bytes:
                raise unreadable(self._path, OSError(0, "it was cut short"))
            yield np.frombuffer(data, of).reshape(n, -1)

    @staticmethod
    def _turn(place: Place) -> Callable[[Array], Array]:
        """What to do with some rows, so that they are as in the folder."""
        if place.how == TRANSPOSED:
            return lambda rows: rows.T
        if place.how == ROTATED:
            half = place.shape[0] // place.n_heads // 2
            return lambda rows: rows.reshape(-1, half, 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)
        return lambda rows: rows


def _not_read(tensor: TensorInfo) -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP(
            "StudioError", "The weights “{theirs}” are stored as {tensor}, which this model cannot use."
        ),
        QT_TRANSLATE_NOOP("StudioError", "Choose another file of this model."),
        theirs=tensor.name,
        tensor=tensor.kind,
    )
