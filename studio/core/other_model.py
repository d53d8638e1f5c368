"""Causal language models that are not GPT-2, through Hugging Face Transformers. Imported only when needed."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
import transformers
from torch import Tensor

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.hardware import chunk_tokens
from studio.core.kept_prefixes import common
from studio.core.model import Cancelled, InterruptedReading, never
from studio.core.other_config import unsupported

_MAX_POSITIONS = 8192
"""Some models accept hundreds of thousands of tokens; reading so many takes a CPU minutes."""


class _ForwardModel(Protocol):
    """The part of a transformers model used here."""

    def __call__(self, input_ids: Tensor, **kwargs: Any) -> Any: ...


def load_transformers(folder: Path, config: Any, device: torch.device) -> TransformersLM:
    """Load the weights of `folder` in float32. StudioError if that fails, or if the numbers are broken."""
    logging: Any = transformers.utils.logging  # untyped
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    auto: Any = transformers.AutoModelForCausalLM
    try:
        backend, loading = auto.from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # transformers raises nothing more specific
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The weights do not fit the model that config.json describes."),
            QT_TRANSLATE_NOOP("StudioError", "Copy or download the model again, or choose another one."),
        ) from error
    if missing := sorted(loading["missing_keys"]):
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "The weights lack “{name}”, which config.json promises."),
            QT_TRANSLATE_NOOP("StudioError", "Copy or download the model again, or choose another one."),
            name=missing[0],
        )
    for name, parameter in backend.named_parameters():
        if not bool(parameter.isfinite().all()):
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "The weights “{name}” contain values that are not numbers."),
                QT_TRANSLATE_NOOP("StudioError", "Choose another model; this one is damaged."),
                name=name,
            )
    model = TransformersLM(backend.eval().to(device), config, device)
    model.check()
    return model


class TransformersLM:
    """A transformers causal language model behind the CausalLM interface, with a cache that can be cut."""

    def __init__(self, backend: Any, config: Any, device: torch.device) -> None:
        text_config = config.get_text_config()
        self.backend: Any = backend
        self.device = device
        positions = (
            getattr(text_config, name, None) for name in ("max_position_embeddings", "n_positions", "n_ctx")
        )
        self.n_positions: int = min(next((n for n in positions if type(n) is int), 2048), _MAX_POSITIONS)
        self.vocab_size: int = backend.get_output_embeddings().weight.shape[0]
        self.n_parameters: int = sum(parameter.numel() for parameter in backend.parameters())
        self.n_layer: int = getattr(text_config, "num_hidden_layers", 0)
        self.n_embd: int = getattr(text_config, "hidden_size", 0)
        self.n_head: int = getattr(text_config, "num_attention_heads", 0)
        self.chunk_tokens = chunk_tokens(self.n_parameters)
        self.cached_ids: list[int] = []
        self.last_reading: tuple[list[int], Tensor] | None = None
        self._cache = transformers.DynamicCache()
        self._last_only = "logits_to_keep" in inspect.signature(backend.forward).parameters
        self._twins: dict[int, TransformersLM] = {}
        self._switches: list[Any] = []  # the hooks that keep heads and layers off

    def forward(self, ids: Tensor, cancelled: Cancelled = never) -> Tensor:
        """Read `ids` after `cached_ids`: (T,) int64 -> (V,) float32 on the CPU, the last position's logits.

        `cancelled` is asked once per call: raises InterruptedReading. ValueError if the context window would
        overflow.
        """
        return self._read(ids, cancelled, {"logits_to_keep": 1} if self._last_only else {})[
            -1
        ]  # (T or 1, V) -> (V,)

    def forward_all(self, ids: Tensor, cancelled: Cancelled = never) -> Tensor:
        """As `forward`, with the logits of every position: (T,) int64 -> (T, V) float32 on the CPU."""
        return self._read(ids, cancelled, {})

    @property
    def kept_bytes(self) -> int:
        """Nothing is kept beside the cache."""
        return 0

    def switch(self, ids: Sequence[int], at_most: int) -> int:
        """Cut the cache down to the beginning it has in common with the first `at_most` of `ids`."""
        n = common(self.cached_ids, ids[:at_most])
        self.truncate(n)
        return n

    def truncate(self, n: int) -> None:
        """Forget all but the first `n` cached tokens."""
        surplus = len(self.cached_ids) - n
        if n == 0:
            self._cache = transformers.DynamicCache()
        elif surplus > 0:
            self._cache.crop(-surplus)
        if surplus > 0:
            del self.cached_ids[n:]

    def branch(self, n: int, n_tokens: int) -> CopiedCache:
        """`n` texts that go on from `cached_ids` side by side, each with a copy of the cache."""
        past = len(self.cached_ids)
        if n_tokens > self.n_positions - past:
            raise ValueError(f"{n_tokens} tokens after {past} in a context window of {self.n_positions}")
        return CopiedCache(self.backend, copy.deepcopy(self._cache), n, self.device)

    def tree(self, room: int) -> RereadTree:  # noqa: ARG002 (the protocol has it)
        """Texts that go on from `cached_ids` and fork."""
        return RereadTree(self)

    def twin(self, number: int = 0) -> TransformersLM:
        """The same weights with another cache, which is kept: a second context, a third, ..."""
        if number not in self._twins:
            other = copy.copy(self)
            other.cached_ids, other.last_reading = [], None
            other._cache = transformers.DynamicCache()
            other._twins = {}
            self._twins[number] = other
        return self._twins[number]

    def check(self) -> None:
        """Read, forget, read again: StudioError for models whose memory cannot be cut (Mamba, RWKV)."""
        ids = torch.tensor([1, 2, 3]) % self.vocab_size
        try:
            whole = self.forward(ids)
            self.truncate(1)
            again = self.forward(ids[1:])
            same = bool(torch.allclose(whole, again, rtol=1e-3, atol=1e-3))
        except Exception as error:  # whatever such a model trips over
            raise unsupported(type(self.backend).__name__) from error
        if not same:
            raise unsupported(type(self.backend).__name__)
        self.truncate(0)

    def switch_off(self, heads: Iterable[tuple[int, int]], layers: Iterable[int]) -> None:
        """As GPT2.switch_off. IndexError for what the model does not have; StudioError if its kind is built
        so that it is not known where its heads and layers are.
        """
        off: dict[int, set[int]] = {}
        for layer, head in heads:
            off.setdefault(layer, set()).add(head)
        whole = set(layers)
        switches: list[tuple[Any, Any, dict[str, bool]]] = []
        if off or whole:
            blocks = getattr(self.backend.base_model, "layers", None)
            if blocks is None or len(blocks) != self.n_layer or not self.n_head:
                raise _no_switches()
            for layer in off.keys() | whole:
                if not 0 <= layer < self.n_layer:
                    raise IndexError(layer)
            for layer, gone in off.items():
                if not all(0 <= head < self.n_head for head in gone):
                    raise IndexError(layer)
                out = getattr(getattr(blocks[layer], "self_attn", None), "o_proj", None)
                if not isinstance(out, torch.nn.Linear) or out.in_features % self.n_head:
                    raise _no_switches()
                switches.append((out.register_forward_pre_hook, _silence(gone, self.n_head), {}))
            for layer in whole:
                switches.append((blocks[layer].register_forward_hook, _pass_on, {"with_kwargs": True}))
        for switch in self._switches:
            switch.remove()
        self._switches = [register(hook, **options) for register, hook, options in switches]
        self.truncate(0)
        self.last_reading = None
        self._twins.clear()

    @torch.inference_mode()
    def _read(self, ids: Tensor, cancelled: Cancelled, options: Mapping[str, int]) -> Tensor:
        past = len(self.cached_ids)
        if not 1 <= len(ids) <= self.n_positions - past:
            raise ValueError(f"{len(ids)} tokens after {past} in a context window of {self.n_positions}")
        if len(ids) > 1 and cancelled():
            raise InterruptedReading
        output = self.backend(
            ids[None].to(self.device), past_key_values=self._cache, use_cache=True, **options
        )
        self.cached_ids.extend(ids.tolist())
        logits: Tensor = output.logits[0].float().cpu()  # (1, T, V) -> (T, V)
        return logits


class CopiedCache:
    """Branches of a transformers model: its attention knows no beginning that rows share."""

    def __init__(self, backend: _ForwardModel, cache: Any, n: int, device: torch.device) -> None:
        self._backend, self._cache, self._device = backend, cache, device
        cache.batch_repeat_interleave(n)

    @torch.inference_mode()
    def forward(self, ids: Tensor) -> Tensor:
        """One more token of each: (N,) int64 -> (N, V) float32 on the CPU, the logits after it."""
        output = self._backend(ids[:, None].to(self._device), past_key_values=self._cache, use_cache=True)
        logits: Tensor = output.logits[:, -1].float().cpu()  # (N, 1, V) -> (N, V)
        return logits

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these texts only; `rows` count up."""
        self._cache.batch_select_indices(torch.tensor(rows, device=self._device))


def _silence(heads: set[int], n_head: int) -> Callable[[Any, Any], Any]:
    """Put zeros where these heads' results come in: (1, T, H*D)."""

    def before(_module: Any, args: tuple[Tensor]) -> tuple[Tensor]:
        mixed = args[0].reshape(*args[0].shape[:-1], n_head, -1).clone()
        mixed[..., sorted(heads), :] = 0
        return (mixed.flatten(-2),)

    return before


def _pass_on(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    """A layer's input in the place of its output."""
    given = args[0] if args else kwargs["hidden_states"]
    return given if isinstance(output, Tensor) else (given, *output[1:])


def _no_switches() -> StudioError:
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "Heads and layers of this kind of model cannot be switched off."),
        QT_TRANSLATE_NOOP("StudioError", "Choose a GPT-2 model for that."),
    )


class RereadTree:
    """A TokenTree of a transformers model: what lies between the beginning and a node is read again."""

    def __init__(self, model: TransformersLM) -> None:
        self._model, self._n_shared = model, len(model.cached_ids)
        self._paths: list[list[int]] = []

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self._paths)

    def forward(self, parents: Sequence[int], ids: Tensor) -> Tensor:
        """One more node after each of `parents`: (N,) int64 -> (N, V) float32 on the CPU."""
        token_ids: list[int] = ids.tolist()
        paths = [
            [*(self._paths[parent] if parent >= 0 else []), token_id]
            for parent, token_id in zip(parents, token_ids, strict=True)
        ]
        rows = []
        try:
            for path in paths:
                rows.append(self._model.forward(torch.tensor(path)))
                self._model.truncate(self._n_shared)
        finally:
            self._model.truncate(self._n_shared)
        self._paths += paths
        return torch.stack(rows)
