"""A checkpoint folder -> a model and its tokenizer. A new format is one more function in LOADERS."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from studio.core import checkpoint_files as files
from studio.core import hardware
from studio.core.errors import StudioError
from studio.core.messages import ModelInfo
from studio.core.model import ACTIVATIONS, GPT2, CausalLM, GPT2Config
from studio.core.other_tokenizer import load_tokenizer
from studio.core.tokenizer import Tokenizer

_BUFFERS = (".attn.bias", ".attn.masked_bias")  # causal masks that older checkpoints carry along
_CHOOSE_ANOTHER = "Choose another model."

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded model with its tokenizer and what is known of it."""

    model: CausalLM
    tokenizer: Tokenizer
    info: ModelInfo


Config = dict[str, Any]
Loading = Generator[float, None, Checkpoint]
Loader = Callable[[Path, Config, torch.device], Loading | None]


def load_checkpoint(path: str, device: str = "auto") -> Loading:
    """Load a folder with config.json and weights, yielding the fraction done (0..1).

    Raises StudioError for everything that can be wrong with the folder, also too little memory. A GPU on which
    the model does not fit, or that fails, is replaced by the CPU.
    """
    started = time.perf_counter()
    folder = Path(path)
    config = _read_config(folder)
    wanted = hardware.pick_device(device)
    try:
        checkpoint = yield from _load(folder, config, wanted)
    except RuntimeError as error:  # torch.OutOfMemoryError is one
        if wanted.type == "cpu":
            raise _as_studio_error(error) from error
        try:
            checkpoint = yield from _load(folder, config, torch.device("cpu"))
        except RuntimeError as again:
            raise _as_studio_error(again) from again
    info = replace(checkpoint.info, load_s=time.perf_counter() - started)
    return Checkpoint(checkpoint.model, checkpoint.tokenizer, info)


def _load(folder: Path, config: Config, device: torch.device) -> Loading:
    for loader in LOADERS:
        loading = loader(folder, config, device)
        if loading is not None:
            return (yield from loading)
    raise StudioError(f"“{folder.name}” is no model this program can read.", _CHOOSE_ANOTHER)


def _read_config(folder: Path) -> Config:
    if not folder.is_dir():
        raise StudioError(f"There is no folder “{folder}”.", "Choose a folder that holds config.json.")
    path = files.regular_file(folder, "config.json")
    if path is None:
        raise StudioError(
            f"“{folder.name}” is not a model: it holds no config.json.",
            "Choose the folder that holds config.json and model.safetensors.",
        )
    return files.read_json(path, files.MAX_CONFIG_BYTES)


def load_gpt2(folder: Path, config: Config, device: torch.device) -> Loading | None:
    """GPT-2 in Hugging Face's format, on our own forward pass; None if the folder is something else."""
    if config.get("model_type") != "gpt2" or config.get("activation_function", "gelu_new") not in ACTIVATIONS:
        return None
    return _load_gpt2(folder, config, device)


def _load_gpt2(folder: Path, raw: Config, device: torch.device) -> Loading:
    config = gpt2_config(raw)
    weights = files.find_weights(folder)
    # our name -> the file's: some checkpoints say "transformer.h.0..." and some "h.0..."
    names = {
        name.removeprefix("transformer."): name for name in weights.shapes if not name.endswith(_BUFFERS)
    }
    expected = config.shapes()
    if config.tie_word_embeddings:
        names.pop("lm_head.weight", None)  # a copy of wte
    for name, shape in expected.items():
        if name not in names:
            raise StudioError(f"The weights lack “{name}”, which config.json promises.", _CHOOSE_ANOTHER)
        actual = weights.shapes[names[name]]
        if actual != shape:
            raise StudioError(
                f"“{name}” has the shape {list(actual)}, but config.json says {list(shape)}.",
                "Use the config.json that belongs to these weights.",
            )
    if surplus := sorted(set(names) - set(expected)):
        raise StudioError(
            f"The weights hold “{surplus[0]}”, which is no part of the GPT-2 that config.json describes.",
            "Use the config.json that belongs to these weights.",
        )
    check_memory(config.memory_bytes, device)
    end_of_text_id = end_of_text(raw, config.vocab_size)
    tokenizer = load_tokenizer(folder, config.vocab_size, end_of_text_id)
    digest = yield from _part(0.0, 0.3, files.sha256(weights.files))
    tensors = yield from _part(
        0.3, 0.9, files.read_tensors(weights, {name: names[name] for name in expected})
    )
    n_threads = hardware.choose_threads(config.n_parameters) if device.type == "cpu" else 1
    torch.set_num_threads(n_threads)
    model = GPT2(config, tensors, device)
    yield 1.0
    info = ModelInfo(
        name=model_name(folder),
        path=str(folder),
        sha256=digest,
        architecture="gpt2",
        backend="studio",
        n_parameters=config.n_parameters,
        n_layer=config.n_layer,
        n_embd=config.n_embd,
        n_positions=config.n_positions,
        vocab_size=config.vocab_size,
        end_of_text_id=tokenizer.end_of_text_id,
        max_token_bytes=tokenizer.max_token_bytes,
        device=device.type,
        dtype="float32",
        n_threads=n_threads,
        load_s=0.0,
    )
    return Checkpoint(model, tokenizer, info)


def gpt2_config(raw: Config) -> GPT2Config:
    """Take the keys we know out of a config.json, each within sane limits, before anything is allocated."""

    def number(key: str, default: int, limit: int) -> int:
        value = raw.get(key)
        value = default if value is None else value
        if type(value) is not int or not 1 <= value <= limit:
            raise _bad_config(key, value)
        return value

    def flag(key: str, *, default: bool) -> bool:
        value = raw.get(key, default)
        if type(value) is not bool:
            raise _bad_config(key, value)
        return value

    if flag("add_cross_attention", default=False) or raw.get("quantization_config") is not None:
        raise StudioError(
            "This kind of GPT-2 (quantized, or with cross-attention) is not supported.", _CHOOSE_ANOTHER
        )
    n_embd = number("n_embd", 768, 65_536)
    n_head = number("n_head", 12, 1024)
    if n_embd % n_head:
        raise _bad_config("n_head", n_head)
    epsilon = raw.get("layer_norm_epsilon", 1e-5)
    if type(epsilon) not in {int, float} or not 0 < epsilon < 1:
        raise _bad_config("layer_norm_epsilon", epsilon)
    flag("reorder_and_upcast_attn", default=False)  # in float32 it changes nothing
    return GPT2Config(
        vocab_size=number("vocab_size", 50_257, 1 << 22),
        n_positions=number("n_positions", number("n_ctx", 1024, 1 << 20), 1 << 20),
        n_embd=n_embd,
        n_layer=number("n_layer", 12, 1024),
        n_head=n_head,
        n_inner=number("n_inner", 4 * n_embd, 1 << 20),
        activation_function=raw.get("activation_function", "gelu_new"),
        layer_norm_epsilon=float(epsilon),
        scale_attn_weights=flag("scale_attn_weights", default=True),
        scale_attn_by_inverse_layer_idx=flag("scale_attn_by_inverse_layer_idx", default=False),
        tie_word_embeddings=flag("tie_word_embeddings", default=True),
    )


def end_of_text(raw: Config, vocab_size: int) -> int | None:
    """The end-of-text token's id that a config.json names, if it lies within the vocabulary."""
    value = raw.get("eos_token_id")
    if isinstance(value, list) and value:
        value = value[0]
    return value if type(value) is int and 0 <= value < vocab_size else None


def model_name(folder: Path) -> str:
    """The folder's name; in Hugging Face's cache, where that is a commit, the name on the hub."""
    resolved = folder.resolve()
    if resolved.parent.name == "snapshots":
        return resolved.parents[1].name.removeprefix("models--").replace("--", "/")
    return resolved.name


def check_memory(n_bytes: int, device: torch.device) -> None:
    """Refuse a model that would not fit: a system without memory kills programs, and not always the guilty one."""
    needed = n_bytes * 3 // 2  # while loading, some weights exist twice
    available = hardware.available_memory_bytes()
    if device.type == "cpu" and available is not None and needed > available:
        raise StudioError(
            f"This model needs about {needed / 1e9:.1f} GB of memory, but only {available / 1e9:.1f} GB are free.",
            "Close other programs, or choose a smaller model.",
        )


def _bad_config(key: str, value: object) -> StudioError:
    return StudioError(
        f"config.json says {key} = {str(value)[:40]}, which cannot be.",
        "Use the config.json that belongs to these weights.",
    )


def _as_studio_error(error: RuntimeError) -> Exception:
    if hardware.is_out_of_memory(error):
        return StudioError(
            "There is not enough memory for this model.", "Close other programs, or choose a smaller model."
        )
    return error


def _part(begin: float, end: float, work: Generator[float, None, _T]) -> Generator[float, None, _T]:
    """Pass on the progress of one part of the work as the stretch from `begin` to `end`."""
    while True:
        try:
            fraction = next(work)
        except StopIteration as stop:
            return stop.value
        yield begin + (end - begin) * fraction


LOADERS: tuple[Loader, ...] = (load_gpt2,)
