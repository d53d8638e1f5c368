"""The model that something smaller is made of: its files, read tensor by tensor."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.conversion.safetensors_out import cannot_write
from studio.conversion.smaller.weights_file import DTYPES, Plan
from studio.core import model_files as files
from studio.core.checkpoint_files import TensorFiles
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.gpt2_config import gpt2_config, match_names
from studio.core.gpt2_shape import GPT2Config
from studio.models.recipes import read_config

PREFIX = "transformer."
"""Of GPT-2's weights in the files we write, as transformers writes them; the head has none."""

_TOKENIZER_FILES = (
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
    "tokenizer.model",
    "spiece.model",
    "vocab.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "generation_config.json",
)
_SMALL = 100_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A model's folder, looked at. `names`: what a weight is called in the new file -> in this one's."""

    folder: Path
    raw: dict[str, Any]  # config.json
    weights: files.Weights
    names: dict[str, str]

    @property
    def is_gpt2(self) -> bool:
        """Whether its weights are those that `GPT2Config.shapes` lists."""
        return self.raw.get("model_type") == "gpt2"

    @property
    def config(self) -> GPT2Config:
        """Of a GPT-2."""
        return gpt2_config(self.raw)

    def plan(self) -> Plan:
        """Everything as it is stored."""
        return {
            ours: (DTYPES[self.weights.dtypes[theirs]], self.weights.shapes[theirs])
            for ours, theirs in self.names.items()
        }

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """One after the other, as they are stored."""
        with TensorFiles(self.weights) as stored:
            for ours, theirs in self.names.items():
                yield ours, stored.rows(theirs, 0, self.weights.shapes[theirs][0])

    def floats(self) -> dict[str, Tensor]:
        """All of a GPT-2's weights as float32, by the names of `GPT2Config.shapes`."""
        return {bare(name): tensor.to(torch.float32) for name, tensor in self.tensors()}

    @property
    def dtype(self) -> torch.dtype:
        """What most of its numbers are stored as."""
        counts: dict[torch.dtype, int] = {}
        for dtype, shape in self.plan().values():
            counts[dtype] = counts.get(dtype, 0) + torch.Size(shape).numel()
        return max(counts, key=counts.__getitem__)

    def copy_tokenizer(self, into: Path) -> None:
        """Everything beside config.json and the weights that a model needs. Raises StudioError."""
        for name in _TOKENIZER_FILES:
            path = files.regular_file(self.folder, name)
            if path is not None and path.stat().st_size <= _SMALL:
                try:
                    shutil.copyfile(path, into / name)
                except OSError as error:
                    raise cannot_write(into / name, error) from error


def open_source(folder: Path) -> Source:
    """Look at a model. Raises StudioError for what cannot be made smaller."""
    raw = read_config(folder)
    weights = files.find_weights(folder)
    if raw.get("model_type") == "gpt2":
        found = match_names(gpt2_config(raw), weights)
        names = {stored_name(name): theirs for name, theirs in found.items()}
    else:
        names = {name: name for name in weights.shapes}
    for theirs in names.values():
        if weights.dtypes[theirs] not in ("F64", "F32", "F16", "BF16") or not weights.shapes[theirs]:
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError",
                    "The weights “{theirs}” are stored as {tensor}, which this model cannot use.",
                ),
                QT_TRANSLATE_NOOP("StudioError", "Choose a version of the model that is not quantized."),
                theirs=theirs,
                tensor=weights.dtypes[theirs],
            )
    return Source(folder, raw, weights, names)


def stored_name(name: str) -> str:
    """One of `GPT2Config.shapes` -> as it is written."""
    return name if name.startswith("lm_head.") else f"{PREFIX}{name}"


def bare(name: str) -> str:
    """And back."""
    return name.removeprefix(PREFIX)


def write_config(into: Path, config: dict[str, Any]) -> None:
    """config.json. Raises StudioError."""
    try:
        (into / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise cannot_write(into / "config.json", error) from error
