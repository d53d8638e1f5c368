"""A model folder's weights as float32, one tensor after another, whatever they are stored as."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import torch

from studio.conversion.safetensors_out import Array
from studio.core import model_files as files
from studio.core.checkpoint_files import TensorFiles
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.gpt2_config import gpt2_config, match_names
from studio.core.gpt2_shape import GPT2Config
from studio.core.quantised import Codes, as_stored

_FLOATS = ("F64", "F32", "F16", "BF16")
_PARTS = (".codes", ".scales", ".offsets", ".attn.bias", ".attn.masked_bias")
_PREFIX = "transformer."  # of GPT-2's weights, but for the head's


class FolderWeights:
    """The weights of one folder. A context: it keeps its files open.

    GPT-2's have the names that transformers writes, whatever the folder calls them.
    """

    def __init__(self, folder: Path) -> None:
        """Look at the folder. Raises StudioError if it holds no model, or one that is damaged."""
        path = files.regular_file(folder, "config.json") if folder.is_dir() else None
        if path is None:
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "The model “{folder}” is gone."),
                QT_TRANSLATE_NOOP("StudioError", "Choose another model."),
                folder=folder.name,
            )
        self.raw = files.read_json(path, files.MAX_CONFIG_BYTES)
        weights = files.find_weights(folder)
        self.gpt2: GPT2Config | None = None
        self.shapes: dict[str, tuple[int, ...]] = dict(weights.shapes)
        self._theirs = {name: name for name in weights.shapes}
        if self.raw.get("model_type") == "gpt2":
            self.gpt2 = gpt2_config(self.raw)
            self._theirs = match_names(self.gpt2, weights, files.stored_bits(self.raw))
            self.shapes = {_written(name): shape for name, shape in self.gpt2.shapes().items()}
        elif self.raw.get("tie_word_embeddings") is True:
            self.shapes.pop("lm_head.weight", None)  # a copy
        self._stored_shapes = weights.shapes
        self._stored = TensorFiles(weights)
        for name, shape in weights.shapes.items():
            few_bits = self.gpt2 is not None and name.endswith(_PARTS)
            if not shape or (weights.dtypes[name] not in _FLOATS and not few_bits):
                raise StudioError(
                    QT_TRANSLATE_NOOP(
                        "StudioError",
                        "The weights “{theirs}” are stored as {tensor}, which this model cannot use.",
                    ),
                    QT_TRANSLATE_NOOP("StudioError", "Choose a version of the model that is not quantized."),
                    theirs=name,
                    tensor=weights.dtypes[name],
                )

    def __enter__(self) -> FolderWeights:
        self._stored.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stored.__exit__(kind, error, trace)

    def read(self, name: str) -> Array:
        """A tensor as float32. Raises StudioError if it cannot be read."""
        shape = self.shapes[name]
        own = name.removeprefix(_PREFIX) if self.gpt2 else name
        if own in self._theirs:
            stored = self._stored.rows(self._theirs[own], 0, shape[0])
            return np.asarray(stored.to(torch.float32).numpy())
        stem = own.removesuffix(".weight")
        parts = {end: self._theirs.get(f"{stem}.{end}") for end in ("codes", "scales", "offsets")}
        n_out = self._stored_shapes[self._theirs[f"{stem}.codes"]][0]
        codes, scales, offsets = (
            self._stored.rows(theirs, 0, n_out) if theirs else None for theirs in parts.values()
        )
        assert codes is not None
        assert scales is not None
        return np.asarray(as_stored(own, shape, Codes(codes, scales, offsets)).numpy())


def _written(name: str) -> str:
    return name if name.startswith("lm_head.") else f"{_PREFIX}{name}"
