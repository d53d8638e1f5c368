"""A checkpoint folder -> a model and its tokenizer. A new format is one more function in LOADERS."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.core import hardware
from studio.core import model_files as files
from studio.core.checkpoint_files import each_tensor, read_tensors
from studio.core.compiled import CompiledGPT2
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.gpt2_config import gpt2_config, match_names
from studio.core.gpt2_shape import GPT2Config
from studio.core.messages import ModelInfo
from studio.core.model import ACTIVATIONS, GPT2, CausalLM
from studio.core.other_config import check_size, safe_config
from studio.core.other_tokenizer import load_tokenizer
from studio.core.packed_weights import PackedWeights
from studio.core.packed_weights import memory_bytes as packed_bytes
from studio.core.precisions import AUTO, UNMEASURED
from studio.core.quantised import PRECISION, Codes, each_part, read_codes
from studio.core.tokenizer import Tokenizer
from studio.kernels import library

_FREE_MEMORY = QT_TRANSLATE_NOOP("StudioError", "Close other programs, or choose a smaller model.")
_HASHED = 0.3
"""The part of the loading time that goes into the weights' SHA-256, where it comes first."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded model with its tokenizer and what is known of it."""

    model: CausalLM
    tokenizer: Tokenizer
    info: ModelInfo


Config = dict[str, Any]
Loading = Generator[float, None, Checkpoint]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where and how to compute. Without the compiled kernels it is torch, in float32."""

    device: torch.device
    precision: str = "float32"  # a key of packed_weights.PRECISIONS
    backend: str = "auto"  # "auto", "compiled", "torch"
    measured: tuple[tuple[str, str], ...] = ()  # as in LoadModel

    def precision_of(self, sha256: str, unmeasured: str) -> str:
        """The precision for weights of this hash; `unmeasured` is for those nothing is known of."""
        return dict(self.measured).get(sha256, unmeasured) if self.precision == AUTO else self.precision


Loader = Callable[[Path, Config, Wanted], Loading | None]


def load_checkpoint(
    path: str,
    device: str = "auto",
    precision: str = "float32",
    backend: str = "auto",
    measured: Iterable[tuple[str, str]] = (),
) -> Loading:
    """Load a folder with config.json and weights, yielding the fraction done (0..1).

    `precision`, `backend` and `measured` as in LoadModel; what cannot be had is torch in float32, and
    ModelInfo says so. Raises StudioError for everything that can be wrong with the folder, also too little
    memory. A GPU on which the model does not fit, or that fails, is replaced by the CPU.
    """
    started = time.perf_counter()
    folder = Path(path)
    config = _read_config(folder)
    wanted = Wanted(hardware.pick_device(device), precision, backend, tuple(measured))
    n_threads = torch.get_num_threads()
    loaded = False
    try:
        try:
            checkpoint = yield from _load(folder, config, wanted)
        except (RuntimeError, AssertionError):  # a GPU's troubles, torch.OutOfMemoryError among them
            if wanted.device.type == "cpu":
                raise
            checkpoint = yield from _load(folder, config, replace(wanted, device=torch.device("cpu")))
        loaded = True
    except (RuntimeError, MemoryError) as error:
        if not hardware.is_out_of_memory(error):
            raise
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is not enough memory for this model."), _FREE_MEMORY
        ) from error
    finally:
        if not loaded:
            torch.set_num_threads(n_threads)  # as the model that stays loaded wants it
    hardware.give_back_memory()  # the pieces that the weights came in
    info = replace(checkpoint.info, load_s=time.perf_counter() - started)
    return replace(checkpoint, info=info)


def _load(folder: Path, config: Config, wanted: Wanted) -> Loading:
    for loader in LOADERS:
        loading = loader(folder, config, wanted)
        if loading is not None:
            return (yield from loading)
    raise StudioError(
        QT_TRANSLATE_NOOP("StudioError", "“{folder}” does not say what kind of model it is."),
        QT_TRANSLATE_NOOP("StudioError", "Choose a folder whose config.json has a model_type."),
        folder=folder.name,
    )


def _read_config(folder: Path) -> Config:
    if not folder.is_dir():
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is no folder “{folder}”."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Choose the folder that holds config.json and model.safetensors."
            ),
            folder=folder,
        )
    path = files.regular_file(folder, "config.json")
    if path is None:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "“{folder}” is not a model: it holds no config.json."),
            QT_TRANSLATE_NOOP(
                "StudioError", "Choose the folder that holds config.json and model.safetensors."
            ),
            folder=folder.name,
        )
    return files.read_json(path, files.MAX_CONFIG_BYTES)


def load_gpt2(folder: Path, config: Config, wanted: Wanted) -> Loading | None:
    """GPT-2 in Hugging Face's format, on our own forward pass; None if the folder is something else."""
    if config.get("model_type") != "gpt2" or config.get("activation_function", "gelu_new") not in ACTIVATIONS:
        return None
    return _load_gpt2(folder, config, wanted)


def _load_gpt2(folder: Path, raw: Config, wanted: Wanted) -> Loading:
    config = gpt2_config(raw)
    weights = files.find_weights(folder)
    bits = files.stored_bits(raw)
    names = match_names(config, weights, bits)
    device = wanted.device
    kernels = _kernels(wanted)
    unmeasured = PRECISION.get(bits, UNMEASURED)
    first = unmeasured if wanted.precision == AUTO else wanted.precision  # until the hash is known
    check_memory(config.memory_bytes if kernels is None else packed_bytes(config, first), device)
    model: GPT2
    with files.Hashing(weights.files) as hashing:
        tokenizer = load_tokenizer(folder, config.vocab_size, end_of_text(raw, config.vocab_size))
        set_threads(config.n_parameters, device)
        backend, precision = ("studio" if kernels is None else "compiled"), "float32"
        if kernels is None:
            reading = read_codes(weights, names, config) if bits else read_tensors(weights, names)
            tensors = yield from _scaled(0.0, 0.9, reading)
            model = GPT2(config, tensors, device)
        else:
            if wanted.precision == AUTO and wanted.measured:
                yield from _scaled(0.0, _HASHED, hashing.finish())  # which is best for these weights?
            precision = wanted.precision_of(hashing.digest, unmeasured)
            check_memory(packed_bytes(config, precision), device)
            packed = PackedWeights(kernels, config, precision)
            done: set[str] = set()
            for name, part, row in _each(weights, names, config, bits):
                if isinstance(part, Codes):
                    packed.put_codes(name, part, row)
                else:
                    packed.put(name, part, row)
                del part  # before the next is read
                done.add(name)
                yield _HASHED + (0.9 - _HASHED) * len(done) / len(config.shapes())
            model = CompiledGPT2(packed)
        yield from _scaled(0.9, 1.0, hashing.finish())
        digest = hashing.digest
    yield 1.0
    info = _info(
        folder, "gpt2", backend, digest, model, tokenizer, n_layer=config.n_layer, n_embd=config.n_embd
    )
    wished = wanted.device.type == "cpu" and wanted.backend != "torch"
    absence = library.absence() if wished and kernels is None else ""
    return Checkpoint(model, tokenizer, replace(info, dtype=precision, no_kernels=absence))


def _each(
    weights: files.Weights, names: Mapping[str, str], config: GPT2Config, bits: int
) -> Iterator[tuple[str, Tensor | Codes, int]]:
    if bits:
        return each_part(weights, names, config)
    return each_tensor(weights, names, PackedWeights.IN_PIECES)


def _kernels(wanted: Wanted) -> library.Kernels | None:
    """What to compute with; None: torch."""
    if wanted.device.type != "cpu" or wanted.backend == "torch":
        return None
    return library.kernels()


def load_other(folder: Path, config: Config, wanted: Wanted) -> Loading | None:
    """Any other causal language model, through transformers; None if config.json names no kind of model."""
    if not isinstance(config.get("model_type"), str):
        return None
    return _load_other(folder, config, wanted.device)


def _load_other(folder: Path, raw: Config, device: torch.device) -> Loading:
    weights = files.find_weights(folder)
    check_memory(2 * weights.n_bytes, device)  # 16 bits per number in most files, 32 in memory
    yield 0.0
    config = safe_config(raw, weights)
    check_size(config, weights)
    from studio.core.other_model import load_transformers  # takes seconds, and GPT-2 does without

    digest = yield from _scaled(0.05, _HASHED, files.sha256(weights.files))
    set_threads(weights.n_bytes // 2, device)
    model = load_transformers(folder, config, device)
    yield 0.9
    tokenizer = load_tokenizer(folder, model.vocab_size, end_of_text(raw, model.vocab_size))
    yield 1.0
    architecture = str(raw["model_type"])
    info = _info(
        folder,
        architecture,
        "transformers",
        digest,
        model,
        tokenizer,
        n_layer=model.n_layer,
        n_embd=model.n_embd,
    )
    return Checkpoint(model, tokenizer, info)


LOADERS: tuple[Loader, ...] = (load_gpt2, load_other)


def _info(
    folder: Path,
    architecture: str,
    backend: str,
    sha256: str,
    model: CausalLM,
    tokenizer: Tokenizer,
    *,
    n_layer: int,
    n_embd: int,
) -> ModelInfo:
    return ModelInfo(
        name=files.model_name(folder),
        path=str(folder),
        sha256=sha256,
        architecture=architecture,
        backend=backend,
        n_parameters=model.n_parameters,
        n_layer=n_layer,
        n_embd=n_embd,
        n_positions=model.n_positions,
        vocab_size=model.vocab_size,
        end_of_text_id=tokenizer.end_of_text_id,
        max_token_bytes=tokenizer.max_token_bytes,
        device=model.device.type,
        dtype="float32",
        n_threads=torch.get_num_threads(),
        load_s=0.0,
        libraries=hardware.libraries(backend),
        system=hardware.system(),
        cpu=hardware.cpu(),
        n_head=model.n_head,
    )


def end_of_text(raw: Config, vocab_size: int) -> int | None:
    """The end-of-text token's id that a config.json names, if it lies within the vocabulary."""
    value = raw.get("eos_token_id")
    if isinstance(value, list) and value:
        value = value[0]
    return value if type(value) is int and 0 <= value < vocab_size else None


def set_threads(n_parameters: int, device: torch.device) -> None:
    """Give torch as many CPU threads as the model deserves; a GPU needs one."""
    torch.set_num_threads(hardware.choose_threads(n_parameters) if device.type == "cpu" else 1)


class NoRoomError(StudioError):
    """A model does not fit beside what is in memory now. Both are bytes."""

    def __init__(self, needed: int, available: int) -> None:
        self.needed, self.available = needed, available
        super().__init__(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "This model needs about {needed} GB of memory, but only {available} GB are free.",
            ),
            _FREE_MEMORY,
            needed=f"{needed / 1e9:.1f}",
            available=f"{available / 1e9:.1f}",
        )


def check_memory(n_bytes: int, device: torch.device) -> None:
    """Refuse a model that would not fit: a system out of memory kills programs, not always the guilty one."""
    needed = n_bytes * 3 // 2  # while loading, some weights exist twice
    available = hardware.available_memory_bytes()
    if device.type == "cpu" and available is not None and needed > available:
        raise NoRoomError(needed, available)


def _scaled(begin: float, end: float, work: Generator[float, None, Any]) -> Generator[float, None, Any]:
    """Pass on the progress of a part of the work as the stretch from `begin` to `end`; return its result."""
    while True:
        try:
            fraction = next(work)
        except StopIteration as stop:
            return stop.value
        yield begin + (end - begin) * fraction
