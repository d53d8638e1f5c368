"""The job that makes a smaller model of one on the shelf, and measures both."""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import torch

from studio.conversion.safetensors_out import cannot_write
from studio.conversion.smaller import before_after
from studio.conversion.smaller.fewer_heads import Narrowed, fewer_heads, fewer_neurons
from studio.conversion.smaller.fewer_layers import choose_layers, write_without
from studio.conversion.smaller.likelihood import MAX_TOKENS, Halves, halve, sequence
from studio.conversion.smaller.requantise import narrowed, requantise
from studio.conversion.smaller.source import Source, open_source, stored_name, write_config
from studio.conversion.smaller.vocabulary import trim_vocabulary
from studio.conversion.smaller.weights_file import WeightsFile
from studio.core.checkpoints import Checkpoint, check_memory, set_threads
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.hardware import give_back_memory
from studio.models import reports
from studio.models.jobs import Controls, Spec
from studio.models.recipes import (
    HEADS,
    LAYERS,
    NEURONS,
    PRECISION,
    Recipe,
    check,
    estimate,
    n_parts,
    read_config,
)

MAX_TEXT_BYTES = 64 << 20
_CPU = torch.device("cpu")

Made = tuple[str, tuple[int, ...], tuple[int, ...] | None]
"""What was done, in words; the layers that were left out; the old ids of the tokens, if some were."""


def optimise(spec: Spec, _controls: Controls) -> Iterator[dict[str, Any]]:
    """Make a model in the empty folder `into` of the one in `model`. The last event holds the `report`.

    `recipe`: as Recipe.to_json gives it. `text`: paths of UTF-8 files, what is measured on and looked at;
    `vocabulary`: those that a smaller vocabulary is for. Raises StudioError.
    """
    started = time.perf_counter()
    folder, into = Path(spec["model"]), Path(spec["into"])
    recipe = Recipe.from_json(spec["recipe"])
    check(recipe, read_config(folder))
    source = open_source(folder)
    _check_room(recipe, source, into)
    text = read_texts(spec["text"])

    loaded = yield from _doing("load", 0.0, 0.08, before_after.load(folder))
    halves = halve(loaded.tokenizer, text, loaded.model.n_positions)
    before = yield from _doing("before", 0.08, 0.3, before_after.read(loaded, folder, halves))
    if recipe.kind == LAYERS:
        work = _fewer_layers(source, recipe, loaded, halves, into)
    else:
        tokens = sequence(loaded.tokenizer, loaded.tokenizer.encode(halves.weighed).ids)
        work = _others(source, recipe, tokens, spec, text, into)
    del loaded
    what, left_out, kept = yield from _doing("make", 0.3, 0.7, work)
    del work
    give_back_memory()
    loaded = yield from _doing("load", 0.7, 0.78, before_after.load(into))
    after = yield from _doing("after", 0.78, 1.0, before_after.read(loaded, into, halves))
    found = before_after.report(recipe.kind, what, left_out, halves, before, after, kept, started)
    try:
        reports.write(into, found)
    except OSError as error:
        raise cannot_write(into / reports.REPORT, error) from error
    yield {"event": "done", "report": found.to_json()}


def read_texts(paths: list[str]) -> str:
    """The files' texts together. StudioError for what is no text."""
    parts, room = [], MAX_TEXT_BYTES
    for path in map(Path, paths):
        try:
            if not path.is_file():
                raise OSError(2, "no such file")
            room -= path.stat().st_size
            if room < 0:
                raise StudioError(
                    QT_TRANSLATE_NOOP("StudioError", "The text is longer than {limit} MB."),
                    QT_TRANSLATE_NOOP("StudioError", "Choose a part of it."),
                    limit=MAX_TEXT_BYTES >> 20,
                )
            parts.append(path.read_text("utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "“{path}” cannot be read as a text ({reason})."),
                QT_TRANSLATE_NOOP("StudioError", "Choose a plain text file in UTF-8."),
                path=path.name,
                reason=getattr(error, "strerror", None) or "not UTF-8",
            ) from error
    return "\n".join(parts)


def _check_room(recipe: Recipe, source: Source, into: Path) -> None:
    n_bytes = estimate(recipe, source.raw, source.weights) or source.weights.n_bytes
    free = shutil.disk_usage(into).free
    if n_bytes > free:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "The new model needs {needed} MB, but the disk has {free} MB left."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Make room on the disk, then try again."),
            needed=f"{n_bytes / 1e6:,.0f}",
            free=f"{free / 1e6:,.0f}",
        )


def _fewer_layers(
    source: Source, recipe: Recipe, loaded: Checkpoint, halves: Halves, into: Path
) -> Generator[float, None, Made]:
    tokens = sequence(loaded.tokenizer, loaded.tokenizer.encode(halves.weighed).ids)
    n_layer = n_parts(LAYERS, source.raw)
    most = min(MAX_TOKENS, loaded.model.n_positions)
    gone = yield from _part(0.0, 0.9, choose_layers(loaded.model, tokens[:most], n_layer, recipe.keep))
    del loaded
    yield from _part(0.9, 1.0, write_without(source, gone, n_layer, into))
    return f"{recipe.keep} of {n_layer} layers", tuple(sorted(gone)), None


def _others(
    source: Source, recipe: Recipe, tokens: list[int], spec: Spec, text: str, into: Path
) -> Generator[float, None, Made]:
    if recipe.kind == PRECISION:
        yield from requantise(source, recipe.precision, into)
        return recipe.precision, (), None
    if recipe.kind in (HEADS, NEURONS):
        there = n_parts(recipe.kind, source.raw)
        yield from _narrower(source, recipe, tokens, into)
        return f"{recipe.keep:,} of {there:,} {recipe.kind}", (), None
    wanted = read_texts(spec["vocabulary"]) if spec.get("vocabulary") else text
    kept = yield from trim_vocabulary(source, wanted, into)
    return f"{len(kept):,} of {source.raw['vocab_size']:,} tokens", (), kept


def _narrower(source: Source, recipe: Recipe, tokens: list[int], into: Path) -> Generator[float, None, None]:
    config, dtype = source.config, source.dtype
    check_memory(2 * 4 * config.n_parameters, _CPU)  # the weights and what is made of them
    set_threads(config.n_parameters, _CPU)
    ids = torch.tensor(tokens)
    cut = fewer_heads if recipe.kind == HEADS else fewer_neurons
    found: Narrowed = yield from _part(0.0, 0.9, cut(config, source.floats(), ids, recipe.keep))
    weights = {stored_name(name): narrowed(name, part, dtype) for name, part in found.weights.items()}
    plan = {name: (dtype, tuple(part.shape)) for name, part in weights.items()}
    with WeightsFile(into / "model.safetensors", plan) as file:
        for name, part in weights.items():
            file.put(name, part)
    said = {
        "n_embd": found.config.n_embd,
        "n_head": found.config.n_head,
        "n_inner": found.config.n_inner,
    }
    write_config(into, source.raw | said)
    source.copy_tokenizer(into)
    yield 1.0


def _doing(
    what: str, begin: float, end: float, work: Generator[float, None, Any]
) -> Generator[dict[str, Any], None, Any]:
    """The work as events; returns its result."""
    while True:
        try:
            fraction = next(work)
        except StopIteration as stop:
            return stop.value
        yield {"fraction": round(begin + (end - begin) * fraction, 4), "doing": what}


def _part(begin: float, end: float, work: Generator[float, None, Any]) -> Generator[float, None, Any]:
    while True:
        try:
            fraction = next(work)
        except StopIteration as stop:
            return stop.value
        yield begin + (end - begin) * fraction
