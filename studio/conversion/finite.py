"""Whether the weights of a copy are numbers, all of them: looked at as bits, without torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

_EXPONENTS: dict[str, tuple[np.dtype[Any], int]] = {
    "F16": (np.dtype("<u2"), 0x7C00),
    "BF16": (np.dtype("<u2"), 0x7F80),
    "F32": (np.dtype("<u4"), 0x7F800000),
    "F64": (np.dtype("<u8"), 0x7FF0000000000000),
}
"""Where all bits of the exponent are set, it is an infinity, or not a number."""

_BLOCK = 4 << 20


def check_finite(weights: files.Weights) -> Iterator[float]:
    """Read all weights, yielding the fraction done. StudioError for values that are not numbers."""
    total, done = weights.n_bytes or 1, 0
    for file in weights.files:
        for name, dtype, begin, end in _spans(file):
            kind = _EXPONENTS.get(dtype)
            if kind is None:
                continue
            with file.open("rb") as reader:
                reader.seek(begin)
                for at in range(begin, end, _BLOCK):
                    raw = np.frombuffer(reader.read(min(_BLOCK, end - at)), kind[0])
                    if bool(((raw & kind[1]) == kind[1]).any()):
                        raise StudioError(
                            QT_TRANSLATE_NOOP(
                                "StudioError", "The weights “{theirs}” contain values that are not numbers."
                            ),
                            QT_TRANSLATE_NOOP(
                                "StudioError",
                                "Choose another model; this one was damaged, or its training failed.",
                            ),
                            theirs=name,
                        )
                    done += raw.nbytes
                    yield min(1.0, done / total)


def check_floats(weights: files.Weights) -> None:
    """Raise StudioError for weights of a GPT-2 that are no floating-point numbers."""
    for name, dtype in weights.dtypes.items():
        if dtype not in _EXPONENTS and not name.endswith(".attn.bias"):
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "The weights “{theirs}” are stored as {tensor}, which this model cannot use.",
                ),
                QT_TRANSLATE_NOOP("StudioError", "Choose a version of the model that is not quantized."),
                theirs=name,
                tensor=dtype,
            )


def _spans(file: Path) -> list[tuple[str, str, int, int]]:
    with file.open("rb") as reader:
        n = int.from_bytes(reader.read(8), "little")
        header = json.loads(reader.read(n))
    return [
        (name, entry["dtype"], 8 + n + entry["data_offsets"][0], 8 + n + entry["data_offsets"][1])
        for name, entry in header.items()
        if name != "__metadata__"
    ]
