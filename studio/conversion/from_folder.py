"""The jobs that copy a model without computing anything: a folder, or a single safetensors file.

Only what is known to belong to a model is copied, links out of the folder are refused, and no file is opened
that is not a regular one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from studio.conversion import allowed_config, gpt2_sizes, staging
from studio.conversion.finite import check_finite, check_floats
from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.gpt2_config import gpt2_config, match_names
from studio.core.other_config import check_size, safe_config
from studio.models.jobs import Controls, Spec
from studio.models.shelf import clean_name

Event = dict[str, Any]
_INDEX = "model.safetensors.index.json"


def import_folder(spec: Spec, controls: Controls) -> Iterator[Event]:  # noqa: ARG001 (it is simply ended)
    """Copy a folder in Hugging Face's format."""
    folder, target = Path(spec["file"]), Path(spec["staging"])
    weights = find_weights(folder)
    config, notes = read_config(folder, weights)
    check(config, weights)
    notes += staging.find_tokenizer(folder, target, vocabulary(config), end_of_text(config))
    single = len(weights.files) == 1
    names = ["model.safetensors"] if single else [file.name for file in weights.files]
    digest = ""
    for step in staging.copy(weights.files, target, names):
        if isinstance(step, str):
            digest = step
        else:
            yield {"fraction": 0.8 * step}
    if not single:
        staging.write_json(target / _INDEX, {"weight_map": {k: v.name for k, v in weights.file_of.items()}})
    yield from _checked(target)
    staging.write_json(target / "config.json", config)
    licence = copy_beside(folder, target)
    yield done(clean_name(files.model_name(folder)), notes, digest, licence)


def import_safetensors(spec: Spec, controls: Controls) -> Iterator[Event]:  # noqa: ARG001 (it is simply ended)
    """Copy a file of a GPT-2's weights, and make what belongs to them: config.json and the tokenizer."""
    file, target = Path(spec["file"]), Path(spec["staging"])
    tensors = files.read_header(file)
    names = {gpt2_sizes.plain_name(name): name for name in tensors}
    shapes = {plain: tensors[name][1] for plain, name in names.items()}
    config, notes = gpt2_sizes.sizes(shapes, _told(file), file.name)
    usual = all(name.removeprefix("transformer.") == plain for plain, name in names.items())
    if gpt2_sizes.is_transposed(shapes) or not usual:
        from safetensors.torch import load_file  # and torch with it

        from studio.conversion.from_pickle import write_gpt2
        from studio.conversion.state import plain_names

        yield from write_gpt2(file, target, plain_names(load_file(file)), config, notes)
        return
    if "lm_head.weight" in shapes:
        config["tie_word_embeddings"] = _same(file, names["wte.weight"], names["lm_head.weight"])
    single = dict.fromkeys(tensors, file)
    weights = files.Weights(
        (file,), {k: v[1] for k, v in tensors.items()}, {k: v[0] for k, v in tensors.items()}, single
    )
    check(config, weights)
    notes += staging.find_tokenizer(file.parent, target, config["vocab_size"])
    digest = ""
    for step in staging.copy([file], target, ["model.safetensors"]):
        if isinstance(step, str):
            digest = step
        else:
            yield {"fraction": 0.8 * step}
    yield from _checked(target)
    staging.write_json(target / "config.json", config)
    yield done(clean_name(file.stem), notes, digest)


def check(config: Mapping[str, Any], weights: files.Weights) -> None:
    """Raise StudioError if the weights are not those that config.json describes.

    Of a GPT-2 it is known exactly; of other kinds, what transformers makes of it, and about how large it is.
    """
    if config.get("model_type") == "gpt2":
        bits = files.stored_bits(config)
        match_names(gpt2_config(config), weights, bits)
        if not bits:
            check_floats(weights)
    else:
        check_size(safe_config(config, weights), weights)


def _checked(target: Path) -> Iterator[Event]:
    """Look through the numbers of the copy: the last fifth of the work."""
    for fraction in check_finite(files.find_weights(target)):
        yield {"fraction": 0.8 + 0.2 * fraction}


def find_weights(folder: Path) -> files.Weights:
    """As `find_weights`; a folder's only safetensors file may have any name."""
    if not files.regular_file(folder, "model.safetensors") and not files.regular_file(folder, _INDEX):
        names = sorted(path.name for path in folder.glob("*.safetensors") if path.is_file())
        if len(names) == 1 and (file := files.regular_file(folder, names[0])) is not None:
            tensors = files.read_header(file)
            return files.Weights(
                (file,),
                {name: shape for name, (_, shape) in tensors.items()},
                {name: dtype for name, (dtype, _) in tensors.items()},
                dict.fromkeys(tensors, file),
            )
    return files.find_weights(folder)


def read_config(folder: Path, weights: files.Weights) -> tuple[dict[str, Any], list[str]]:
    """What is kept of config.json, and notes. StudioError if it says nothing."""
    path = files.regular_file(folder, "config.json")
    if path is None:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{folder}” is not a model: it holds no config.json."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Choose the folder that holds config.json and model.safetensors."
            ),
            folder=folder.name,
        )
    config, notes = allowed_config.model_config(files.read_json(path, files.MAX_CONFIG_BYTES), weights)
    if not isinstance(config.get("model_type"), str) or not config["model_type"]:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{folder}” does not say what kind of model it is."),
            QT_TRANSLATE_NOOP("StudioError", "Choose a folder whose config.json has a model_type."),
            folder=folder.name,
        )
    return config, notes


def vocabulary(config: Mapping[str, Any]) -> int:
    """The size of the vocabulary; 0 if config.json does not say."""
    value = config.get("vocab_size")
    return value if type(value) is int else 0


def _told(file: Path) -> dict[str, Any]:
    """What the header's own words say: numbers are written as texts there."""
    with staging.open_regular(file) as reader:
        n = int.from_bytes(reader.read(8), "little")
        words = json.loads(reader.read(min(n, files.MAX_HEADER_BYTES))).get("__metadata__")
    if not isinstance(words, dict):
        return {}
    return {
        key: int(value)
        for key, value in words.items()
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 9
    }


def _same(file: Path, first: str, second: str) -> bool:
    """Whether two tensors of a file hold the same bytes."""
    with staging.open_regular(file) as reader:
        n = int.from_bytes(reader.read(8), "little")
        header = json.loads(reader.read(n))
        (a, a_end), (b, b_end) = header[first]["data_offsets"], header[second]["data_offsets"]
        if a_end - a != b_end - b:
            return False
        for at in range(0, a_end - a, 1 << 20):
            size = min(1 << 20, a_end - a - at)
            blocks = []
            for begin in (a, b):
                reader.seek(8 + n + begin + at)
                blocks.append(reader.read(size))
            if blocks[0] != blocks[1]:
                return False
    return True


def end_of_text(config: Mapping[str, Any]) -> int | None:
    """The token that ends a text, as config.json has it, if it is in the vocabulary."""
    value = config.get("eos_token_id")
    if isinstance(value, list) and value:
        value = value[0]
    return value if type(value) is int and 0 <= value < vocabulary(config) else None


def copy_beside(folder: Path, target: Path) -> str:
    """Copy what lies beside a model in its folder; what it calls its licence, "" if nothing."""
    path = files.regular_file(folder, "generation_config.json")
    if path is not None:
        kept = allowed_config.generation_config(files.read_json(path, files.MAX_CONFIG_BYTES))
        staging.write_json(target / "generation_config.json", kept)
    return staging.copy_texts(folder, target)


def done(name: str, notes: list[str], sha256: str = "", licence: str = "") -> Event:
    """The last event."""
    return {"event": "done", "name": name, "licence": licence, "notes": notes, "sha256": sha256}
