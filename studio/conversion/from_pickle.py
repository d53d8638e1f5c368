"""The job that takes the numbers out of a Python pickle: nanoGPT's ckpt.pt, an old pytorch_model.bin.

Three doors, one behind the other: the opcodes are looked through without running them (`pickle_scan.py`),
torch reads with `weights_only`, and the process may by then do nothing but write its own folder
(`confined.py`), with the limits of the job on memory, time and network.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from studio.conversion import from_folder, gpt2_sizes, pickle_scan, staging
from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.jobs import Controls, Spec
from studio.models.shelf import clean_name
from studio.paths import resource

Event = dict[str, Any]
_BIN = re.compile(r"pytorch_model(-\d{5}-of-\d{5})?\.bin")
_MAX_TENSORS = 100_000
_IMPORTED_LATE = ("encodings.latin_1", "encodings.utf_8_sig", "tokenizers")
"""What reading JSON and tokenizers needs later, when nothing more may be imported."""


def import_pickle(spec: Spec, controls: Controls) -> Iterator[Event]:  # noqa: ARG001 (it is simply ended)
    """Make a model's folder of a checkpoint file, or of a folder with config.json and pytorch_model*.bin."""
    path, target = Path(spec["file"]), Path(spec["staging"])
    paths = _checkpoints(path) if path.is_dir() else [path]
    mapped = {one: pickle_scan.scan(one) for one in paths}
    yield {"fraction": 0.05}
    reader = _Reader(path, target, mapped)
    if path.is_dir():
        yield from _from_folder(path, target, paths, reader)
    else:
        yield from _from_file(path, target, reader)
    reader.confinement.check()


def _checkpoints(folder: Path) -> list[Path]:
    names = sorted(path.name for path in folder.iterdir() if _BIN.fullmatch(path.name))
    found = [file for name in names if (file := files.regular_file(folder, name)) is not None]
    index = files.regular_file(folder, "pytorch_model.bin.index.json")
    if index is not None:
        listed = files.read_json(index, files.MAX_HEADER_BYTES).get("weight_map")
        wanted = {str(name) for name in listed.values()} if isinstance(listed, dict) else set()
        missing = sorted(wanted - {file.name for file in found})
        if missing or not wanted:
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "The weights file “{name}” is missing."),
                QT_TRANSLATE_NOOP(
                    "StudioError", "Copy or download the model again; the file is not complete."
                ),
                name=clean_name(missing[0] if missing else index.name),
            )
        return [file for file in found if file.name in wanted]
    return found[:1] if found and found[0].name == "pytorch_model.bin" else found


class _Reader:
    """Reads checkpoints in a process that is confined from the first one on."""

    def __init__(self, path: Path, target: Path, mapped: Mapping[Path, bool]) -> None:
        from studio.conversion import state
        from studio.conversion.confined import Confinement

        self._state, self._mapped = state, mapped
        for late in _IMPORTED_LATE:
            importlib.import_module(late)
        state.warm_up(target)
        folder = (path if path.is_dir() else path.parent).resolve()
        blobs = (
            folder.parents[1] / "blobs" if folder.parent.name == "snapshots" else folder
        )  # the hub's cache
        self.confinement = Confinement(target, folder, path, blobs, resource("gpt2-bpe"))

    def read(self, path: Path) -> Any:
        """What a checkpoint holds. StudioError for what torch does not read."""
        try:
            whole = self._state.read(path, mapped=self._mapped[path])
        except StudioError:
            raise
        except Exception as error:  # torch raises whatever its parts do
            self.confinement.check()
            raise pickle_scan.broken(path) from error
        self.confinement.check()
        return whole


def _from_folder(folder: Path, target: Path, paths: list[Path], reader: _Reader) -> Iterator[Event]:
    from studio.conversion import state

    weight_map: dict[str, str] = {}
    for k, path in enumerate(paths):
        name = "model.safetensors" if len(paths) == 1 else f"model-{k + 1:05}-of-{len(paths):05}.safetensors"
        tensors = state.tensors_of(reader.read(path), path, _MAX_TENSORS)
        with staging.writing():
            state.save(state.tidy(tensors), target / name)
        weight_map |= dict.fromkeys(tensors, name)
        yield {"fraction": 0.05 + 0.85 * (k + 1) / len(paths)}
    if len(paths) > 1:
        staging.write_json(target / "model.safetensors.index.json", {"weight_map": weight_map})
    weights = files.find_weights(target)
    config, notes = from_folder.read_config(folder, weights)
    if config.get("model_type") == "gpt2" and "lm_head.weight" not in weights.shapes:
        config["tie_word_embeddings"] = True
    from_folder.check(config, weights)
    vocab_size, end_of_text = from_folder.vocabulary(config), from_folder.end_of_text(config)
    notes += staging.find_tokenizer(folder, target, vocab_size, end_of_text)
    licence = from_folder.copy_beside(folder, target)
    staging.write_json(target / "config.json", config)
    digest = yield from _hash(weights)
    notes.append("Converted from a Python pickle; only the numbers were kept.")
    yield from_folder.done(clean_name(files.model_name(folder)), notes, digest, licence)


def _from_file(path: Path, target: Path, reader: _Reader) -> Iterator[Event]:
    from studio.conversion import state

    whole = reader.read(path)
    told = state.sizes_told(whole)
    tensors = state.plain_names(state.tensors_of(whole, path, _MAX_TENSORS))
    config, notes = gpt2_sizes.sizes({k: tuple(v.shape) for k, v in tensors.items()}, told, path.name)
    yield from write_gpt2(path, target, tensors, config, notes)


def write_gpt2(
    path: Path, target: Path, tensors: Mapping[str, Any], config: dict[str, Any], notes: list[str]
) -> Iterator[Event]:
    """Write a GPT-2 of weights by their plain names, which may lie the other way or lack biases."""
    from studio.conversion import state

    yield {"fraction": 0.2}
    weights_of = state.as_gpt2(tensors, config, notes)
    notes += staging.find_tokenizer(path.parent, target, config["vocab_size"])
    with staging.writing():
        state.save(weights_of, target / "model.safetensors")
    staging.write_json(target / "config.json", config)
    weights = files.find_weights(target)
    from_folder.check(config, weights)
    yield {"fraction": 0.9}
    digest = yield from _hash(weights)
    if not path.name.endswith(".safetensors"):
        notes.append("Converted from a Python pickle; only the numbers were kept.")
    yield from_folder.done(clean_name(path.stem), notes, digest)


def _hash(weights: files.Weights) -> Generator[Event, None, str]:
    """The last tenth of the work; returns the digest."""
    hashing = files.sha256(weights.files)
    while True:
        try:
            yield {"fraction": 0.9 + 0.1 * next(hashing)}
        except StopIteration as stop:
            digest: str = stop.value
            return digest
