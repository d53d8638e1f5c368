"""The job "export_folder": a model of the shelf -> an HF folder that other programs load, with a card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import studio
from studio.conversion.folder_weights import FolderWeights
from studio.conversion.safetensors_out import SafetensorsWriter, cannot_write
from studio.core import model_files as files
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.jobs import Controls, Spec

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "tokenizer.model",
    "spiece.model",
    "generation_config.json",
)
"""What goes along, beside config.json and the weights. Nothing else: no code, no template, no pickle."""

_STORED = {"float16": "F16", "float32": "F32"}
_OUR_OWN = ("quantization_config", "auto_map", "_name_or_path", "transformers_version", "torch_dtype")


def run(spec: Spec, _controls: Controls) -> Iterator[dict[str, Any]]:
    """{"folder", "out", "part", "precision": "float16" or "float32", "name", "licence", "source", "notes"}.

    Makes the folder `out`, which must not exist before and is called `part` until it is complete. Its "done"
    tells "path", "n_bytes" and "notes".
    """
    out, part = Path(spec["out"]), Path(spec["part"])
    if out.exists():
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{folder}” is there already."),
            QT_TRANSLATE_NOOP("StudioError", "Choose a folder that does not exist yet."),
            folder=out.name,
        )
    try:
        try:
            part.mkdir()
            yield from _export(spec, part)
            part.rename(out)
            n_bytes = sum(path.stat().st_size for path in out.iterdir())
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    yield {"event": "done", "path": str(out), "n_bytes": n_bytes, "notes": []}


def _export(spec: Spec, part: Path) -> Iterator[dict[str, Any]]:
    folder, precision = Path(spec["folder"]), str(spec["precision"])
    with FolderWeights(folder) as weights:
        with SafetensorsWriter(part / "model.safetensors", weights.shapes) as out:
            for n, name in enumerate(weights.shapes, 1):
                out.put_rounded(name, _STORED[precision], weights.read(name))
                yield {"fraction": n / len(weights.shapes)}
        config = {key: value for key, value in weights.raw.items() if key not in _OUR_OWN}
        n_parameters = sum(_count(shape) for shape in weights.shapes.values())
    config["dtype"] = precision
    (part / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for name in TOKENIZER_FILES:
        path = files.regular_file(folder, name)
        if path is not None and path.stat().st_size <= files.MAX_TOKENIZER_BYTES:
            shutil.copyfile(path, part / name)
    (part / "README.md").write_text(_card(spec, config, n_parameters), encoding="utf-8")


def _count(shape: tuple[int, ...]) -> int:
    n = 1
    for size in shape:
        n *= size
    return n


def _card(spec: Spec, config: dict[str, Any], n_parameters: int) -> str:
    """The model card, from what is known."""
    name, licence = str(spec["name"]), str(spec.get("licence", ""))
    context = next((config[key] for key in ("n_positions", "max_position_embeddings") if key in config), None)
    known = [
        ("Kind", config.get("model_type")),
        ("Parameters", f"{n_parameters:,}"),
        ("Context", f"{context:,} tokens" if isinstance(context, int) else None),
        ("Tokens known", config.get("vocab_size")),
        ("Numbers", spec["precision"]),
        ("Comes from", spec.get("source")),
        ("Licence", licence or "not known; ask whoever made the model"),
    ]
    lines = ["---", "library_name: transformers", "pipeline_tag: text-generation"]
    if licence:
        lines.append(f"license: {json.dumps(licence.lower())}")
    lines += ["---", "", f"# {name}", "", *(f"- {what}: {said}" for what, said in known if said), ""]
    notes = [str(note) for note in spec.get("notes", ())]
    if notes:
        lines += ["What was changed on its way:", "", *(f"- {note}" for note in notes), ""]
    lines += [f"Exported by GPT-2 Studio {studio.__version__}.", ""]
    return "\n".join(lines)
