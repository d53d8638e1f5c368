"""The job "export_gguf": a model folder -> a GGUF file that llama.cpp loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from gguf.constants import GGMLQuantizationType, LlamaFileType, RopeScalingType
from gguf.gguf_writer import GGUFWriter
from gguf.quants import quant_shape_to_byte_shape, quantize

from studio.conversion.folder_weights import FolderWeights
from studio.conversion.gguf_names import ARCHITECTURES, ROTATED, TRANSPOSED, Place, Places
from studio.conversion.gguf_vocabulary import Vocabulary, read_vocabulary
from studio.conversion.safetensors_out import Array, cannot_write, too_large
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models.jobs import Controls, Spec

_TANH_GELU = ("gelu_new", "gelu_pytorch_tanh")
_FILE_TYPES = {
    "F32": LlamaFileType.ALL_F32,
    "F16": LlamaFileType.MOSTLY_F16,
    "Q8_0": LlamaFileType.MOSTLY_Q8_0,
}
_LARGEST_HALF = 65504.0
_OTHERWISE = QT_TRANSLATE_NOOP("StudioError", "Export the model as a folder instead.")


def run(spec: Spec, _controls: Controls) -> Iterator[dict[str, Any]]:
    """{"folder", "out", "part", "precision": a key of _FILE_TYPES, "name", "licence"}: write a file.

    It is called `part` until it is complete; an older one of that name is replaced. Its "done" tells "path",
    "n_bytes" and "notes", a list of English sentences.
    """
    out, part = Path(spec["out"]), Path(spec["part"])
    try:
        try:
            notes = yield from _export(spec, part)
            part.replace(out)
            n_bytes = out.stat().st_size
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    yield {"event": "done", "path": str(out), "n_bytes": n_bytes, "notes": notes}


def _export(spec: Spec, part: Path) -> Any:
    folder, precision = Path(spec["folder"]), str(spec["precision"])
    with FolderWeights(folder) as weights:
        kind = "gpt2" if weights.gpt2 else str(weights.raw.get("model_type"))
        config = _gpt2(weights) if weights.gpt2 else _llama(kind, weights.raw)
        places = ARCHITECTURES[kind].places(config)
        if (head := ARCHITECTURES[kind].head) in weights.shapes:
            places["output.weight"] = Place(head, places["token_embd.weight"].shape)
        _check(places, weights)
        vocabulary = read_vocabulary(folder, config["vocab_size"], weights.raw)
        writer = GGUFWriter(part, kind)
        writer.add_name(str(spec["name"]))
        writer.add_license(str(spec.get("licence", "")))
        writer.add_file_type(_FILE_TYPES[precision])
        (_tell_gpt2 if weights.gpt2 else _tell_llama)(writer, config)
        _tell_vocabulary(writer, vocabulary)
        if precision == "Q8_0":
            writer.add_quantization_version(2)
        kinds = {name: _stored_as(name, place, precision) for name, place in places.items()}
        for name, place in places.items():
            n_bytes = prod(quant_shape_to_byte_shape(place.shape, kinds[name]))
            writer.add_tensor_info(name, place.shape, np.dtype(np.float32), n_bytes, raw_dtype=kinds[name])
        try:
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            for n, (name, place) in enumerate(places.items(), 1):
                numbers = _turned(weights.read(place.name), place)
                if kinds[name] == GGMLQuantizationType.F16 and np.abs(numbers).max() > _LARGEST_HALF:
                    raise too_large(place.name)
                writer.write_tensor_data(quantize(numbers, kinds[name]))
                yield {"fraction": n / len(places)}
        finally:
            writer.close()
    return _notes(vocabulary, places, kinds, precision)


def _notes(
    vocabulary: Vocabulary, places: Places, kinds: Mapping[str, GGMLQuantizationType], precision: str
) -> list[str]:
    notes = []
    if vocabulary.eos is None:
        notes.append("The model has no token for the end of a text; llama.cpp will take token 11 for one.")
    if precision == "Q8_0" and any(kinds[n] == GGMLQuantizationType.F16 for n in places):
        notes.append("Matrices whose rows are no multiple of 32 numbers were written as F16.")
    return notes


def _gpt2(weights: FolderWeights) -> dict[str, Any]:
    """GPT-2's sizes. StudioError for one that computes otherwise than llama.cpp's."""
    config = weights.gpt2
    assert config is not None
    if (
        config.activation_function not in _TANH_GELU
        or not config.scale_attn_weights
        or config.scale_attn_by_inverse_layer_idx
    ):
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "llama.cpp computes GPT-2 in one way only, and this model asks for another."
            ),
            _OTHERWISE,
        )
    return {
        "model_type": "gpt2",
        "vocab_size": config.vocab_size,
        "n_positions": config.n_positions,
        "n_embd": config.n_embd,
        "n_layer": config.n_layer,
        "n_head": config.n_head,
        "n_inner": config.n_inner,
        "epsilon": config.layer_norm_epsilon,
    }


def _tell_gpt2(writer: GGUFWriter, config: Mapping[str, Any]) -> None:
    writer.add_context_length(config["n_positions"])
    writer.add_embedding_length(config["n_embd"])
    writer.add_feed_forward_length(config["n_inner"])
    writer.add_block_count(config["n_layer"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["epsilon"])


def _llama(kind: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes of a Llama or Qwen2. StudioError for what llama.cpp or we do not know."""
    rope = {**(raw.get("rope_scaling") or {}), **(raw.get("rope_parameters") or {})}
    rope_type = rope.get("rope_type", rope.get("type", "default"))
    whole = ("vocab_size", "max_position_embeddings", "hidden_size", "intermediate_size", "num_hidden_layers")
    heads = raw.get("num_attention_heads")
    config = {key: raw.get(key) for key in whole} | {
        "num_attention_heads": heads,
        "num_key_value_heads": raw.get("num_key_value_heads") or heads,
    }
    if (
        kind not in {"llama", "qwen2"}
        or rope_type not in {"default", "linear"}
        or raw.get("hidden_act", "silu") != "silu"
        or raw.get("attention_bias") is True
        or raw.get("mlp_bias") is True
        or raw.get("use_sliding_window") is True
        or any(type(value) is not int or value < 1 for value in config.values())
    ):
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "Models of the kind “{kind}” with these settings cannot be written as GGUF."
            ),
            _OTHERWISE,
            kind=kind[:40],
        )
    return config | {
        "model_type": kind,
        "head_dim": raw.get("head_dim") or raw["hidden_size"] // raw["num_attention_heads"],
        "epsilon": float(raw.get("rms_norm_eps", 1e-6)),
        "theta": float(rope.get("rope_theta", raw.get("rope_theta", 10_000.0))),
        "factor": float(rope.get("factor", 1.0)) if rope_type == "linear" else None,
    }


def _tell_llama(writer: GGUFWriter, config: Mapping[str, Any]) -> None:
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["theta"])
    writer.add_layer_norm_rms_eps(config["epsilon"])
    if config["factor"] is not None:
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(config["factor"])


def _tell_vocabulary(writer: GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model("llama" if vocabulary.scores else "gpt2")
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    if vocabulary.scores:
        writer.add_token_scores(vocabulary.scores)
        writer.add_add_space_prefix(vocabulary.space_in_front)
        if vocabulary.unk is not None:
            writer.add_unk_token_id(vocabulary.unk)
    else:
        writer.add_token_merges(vocabulary.merges)
    writer.add_add_bos_token(vocabulary.add_bos)
    if vocabulary.eos is not None:
        writer.add_eos_token_id(vocabulary.eos)
    if vocabulary.bos is not None:
        writer.add_bos_token_id(vocabulary.bos)


def _stored_as(name: str, place: Place, precision: str) -> GGMLQuantizationType:
    """Vectors and positions stay float32, as llama.cpp wants them."""
    if len(place.shape) == 1 or name == "position_embd.weight" or precision == "F32":
        return GGMLQuantizationType.F32
    if precision == "Q8_0" and place.shape[-1] % 32 == 0:
        return GGMLQuantizationType.Q8_0
    return GGMLQuantizationType.F16


def _turned(numbers: Array, place: Place) -> Array:
    """As the GGUF holds them."""
    if place.how == TRANSPOSED:
        return np.ascontiguousarray(numbers.T)
    if place.how == ROTATED:
        n_rows, n_in = place.shape
        by_halves = numbers.reshape(place.n_heads, 2, n_rows // place.n_heads // 2, n_in)
        return np.ascontiguousarray(by_halves.swapaxes(1, 2)).reshape(place.shape)
    return numbers


def _check(places: Places, weights: FolderWeights) -> None:
    """StudioError unless the folder holds exactly these tensors, in these shapes."""
    wanted = {place.name: place.folder_shape for place in places.values()}
    if wanted != weights.shapes:
        name = next(n for n in sorted(wanted | weights.shapes) if wanted.get(n) != weights.shapes.get(n))
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{name}” is not as config.json says."),
            QT_TRANSLATE_NOOP("StudioError", "Use the config.json that belongs to these weights."),
            name=name,
        )
