"""What can be made of a model so that it is smaller or faster, and how large it will be. Without torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

PRECISION, LAYERS, HEADS, NEURONS, VOCABULARY = KINDS = (
    "precision",
    "layers",
    "heads",
    "neurons",
    "vocabulary",
)
PRECISIONS = ("bfloat16", "float16", "int8", "int4")
BITS = {"int8": 8, "int4": 4}

_ANOTHER = QT_TRANSLATE_NOOP("StudioError", "Ask for fewer, but at least one.")
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
_GROUP_BITS = {"int8": 8.5, "int4": 5.0}  # of a weight, with its share of scale and offset
_N_LAYER = ("n_layer", "num_hidden_layers")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to make a model smaller."""

    kind: str  # one of KINDS
    precision: str = ""  # of kind PRECISION: one of PRECISIONS
    keep: int = 0  # layers of the model, heads or neurons of each layer

    def to_json(self) -> dict[str, Any]:
        """For a job."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Recipe:
        """What `to_json` gave. KeyError if it is something else."""
        if value["kind"] not in KINDS or (
            value["kind"] == PRECISION and value["precision"] not in PRECISIONS
        ):
            raise KeyError(value["kind"])
        return cls(str(value["kind"]), str(value["precision"]), int(value["keep"]))


def read_config(folder: Path) -> dict[str, Any]:
    """The model's config.json. Raises StudioError if the model is gone."""
    path = files.regular_file(folder, "config.json") if folder.is_dir() else None
    if path is None:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The model “{folder}” is gone."),
            QT_TRANSLATE_NOOP("StudioError", "Choose another model."),
            folder=folder.name,
        )
    return files.read_json(path, files.MAX_CONFIG_BYTES)


def n_parts(kind: str, config: Mapping[str, Any]) -> int:
    """How many layers, or heads or neurons of a layer, the model has; 0: not known, or not possible."""
    if kind == LAYERS:
        unsaid = 12 if config.get("model_type") == "gpt2" else 0
        return next((config[key] for key in _N_LAYER if type(config.get(key)) is int), unsaid)
    if config.get("model_type") != "gpt2":
        return 0
    n_embd, n_head, n_inner = (config.get(key) for key in ("n_embd", "n_head", "n_inner"))
    n_embd = n_embd if type(n_embd) is int else 768
    if kind == HEADS:
        return n_head if type(n_head) is int else 12
    return (n_inner if type(n_inner) is int else 4 * n_embd) if kind == NEURONS else 0


def check(recipe: Recipe, config: Mapping[str, Any]) -> None:
    """StudioError if this model cannot be made smaller in this way."""
    if files.stored_bits(config):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This model is stored in few bits already."),
            QT_TRANSLATE_NOOP("StudioError", "Start from the model that it was made from."),
        )
    only_gpt2 = recipe.kind in (HEADS, NEURONS) or recipe.precision in BITS
    if only_gpt2 and config.get("model_type") != "gpt2":
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "Only GPT-2 models can be made smaller in this way."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Choose float16, bfloat16, fewer layers or a smaller vocabulary."
            ),
        )
    if recipe.kind in (LAYERS, HEADS, NEURONS):
        there = n_parts(recipe.kind, config)
        if not 1 <= recipe.keep < there:
            raise StudioError(
                QT_TRANSLATE_NOOP(
                    "StudioError", "{keep} cannot be kept of {there}: something must go, and something stay."
                ),
                _ANOTHER,
                keep=recipe.keep,
                there=there,
            )


def estimate(recipe: Recipe, config: Mapping[str, Any], weights: files.Weights) -> int | None:
    """About how many bytes the weights will take; None: that depends on the text."""
    if recipe.kind == VOCABULARY:
        return None
    return round(sum(_bytes(recipe, n, s, weights.dtypes[n]) for n, s in _shapes(recipe, config, weights)))


def _shapes(
    recipe: Recipe, config: Mapping[str, Any], weights: files.Weights
) -> Iterator[tuple[str, tuple[float, ...]]]:
    there = n_parts(recipe.kind, config)
    share = recipe.keep / there if there else 1.0
    width = config.get("n_embd", 768)
    inner = n_parts(NEURONS, config)
    for name, shape in weights.shapes.items():
        if recipe.kind == LAYERS and layer_of(name) is not None:
            yield name, (share, *shape)
        elif recipe.kind == NEURONS and ".mlp." in name:
            yield name, tuple(n * share if n == inner else n for n in shape)
        elif recipe.kind == HEADS and layer_of(name) is None:
            yield name, (*shape[:-1], shape[-1] * share)
        elif recipe.kind == HEADS:
            yield name, tuple(n * share if n in (width, 3 * width) else n for n in shape)
        else:
            yield name, shape


def _bytes(recipe: Recipe, name: str, shape: tuple[float, ...], dtype: str) -> float:
    if recipe.kind != PRECISION or dtype not in _BYTES:
        return prod(shape) * _BYTES.get(dtype, 1)
    if recipe.precision not in BITS:
        return prod(shape) * 2
    if len(shape) != 2 or name.endswith("wpe.weight"):
        return prod(shape) * _BYTES[dtype]
    is_table = layer_of(name) is None
    return prod(shape) * _GROUP_BITS["int8" if is_table else recipe.precision] / 8


def layer_of(name: str) -> int | None:
    """The layer a weight belongs to: "transformer.h.3.ln_1.weight", "model.layers.3.mlp.up_proj.weight"."""
    parts = name.split(".")
    for before, number in pairwise(parts):
        if before in ("h", "layers") and number.isdecimal():
            return int(number)
    return None
