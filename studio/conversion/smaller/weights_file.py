"""Writing model.safetensors tensor by tensor, so that no model is ever held whole."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch import Tensor

from studio.conversion.safetensors_out import cannot_write

NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int8: "I8",
    torch.uint8: "U8",
}
DTYPES = {name: dtype for dtype, name in NAMES.items()}

Plan = Mapping[str, tuple[torch.dtype, tuple[int, ...]]]
"""Name -> dtype and shape of everything that will come."""


class WeightsFile:
    """A new file of the tensors of a plan, `put` in any order. Raises StudioError if it cannot be written."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self._path, self._plan = path, plan
        self._missing = set(plan)
        self._starts: dict[str, int] = {}
        header: dict[str, object] = {"__metadata__": {"format": "pt"}}
        end = 0
        for name, (dtype, shape) in sorted(plan.items(), key=lambda item: (-item[1][0].itemsize, item[0])):
            begin, end = end, end + math.prod(shape) * dtype.itemsize
            header[name] = {"dtype": NAMES[dtype], "shape": list(shape), "data_offsets": [begin, end]}
            self._starts[name] = begin
        self.n_bytes = end
        raw = json.dumps(header).encode()
        raw += b" " * (-len(raw) % 8)
        self._head = len(raw).to_bytes(8, "little") + raw

    def __enter__(self) -> WeightsFile:
        try:
            self._file = self._path.open("xb")
            self._file.write(self._head)
        except OSError as error:
            raise cannot_write(self._path, error) from error
        return self

    def put(self, name: str, tensor: Tensor) -> None:
        """Write a tensor; its dtype and shape are those of the plan."""
        dtype, shape = self._plan[name]
        assert (tensor.dtype, tuple(tensor.shape)) == (dtype, shape), name
        self._missing.discard(name)
        raw: Any = tensor.contiguous().reshape(-1).view(torch.uint8).numpy()
        try:
            self._file.seek(len(self._head) + self._starts[name])
            self._file.write(memoryview(raw))
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                assert not self._missing, self._missing
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            if kind is None:
                raise cannot_write(self._path, error) from error
