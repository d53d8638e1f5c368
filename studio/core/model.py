"""GPT-2's forward pass with a preallocated KV cache, and the interface every language model here has."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, Self

import torch
import torch.nn.functional as F  # noqa: N812 (its usual name)
from torch import Tensor

from studio.core.activations import ACTIVATIONS as ACTIVATIONS
from studio.core.gpt2_shape import GPT2Config as GPT2Config
from studio.core.hardware import chunk_tokens
from studio.core.kept_prefixes import KeptPrefixes
from studio.core.shared_prefix import Attend, Branches, PrefixTree, SharedPrefix, TokenTree

Cancelled = Callable[[], bool]
"""Asked often while something takes long; once it says yes it says yes for good."""


class InterruptedReading(Exception):  # noqa: N818 (it is not an error)
    """`cancelled` said yes. The model is as it was before the call."""


def never() -> bool:
    """Nobody can cancel this."""
    return False


class CausalLM(Protocol):
    """A language model that remembers the tokens it has read (`cached_ids`) in a KV cache."""

    n_positions: int  # tokens in the context window
    vocab_size: int
    n_parameters: int
    n_head: int  # of each layer's attention; 0: not known
    device: torch.device
    chunk_tokens: int  # how many tokens to read in one call so that `cancelled` is asked often enough
    cached_ids: list[int]
    last_reading: tuple[list[int], Tensor] | None  # see context.read()

    def forward(self, ids: Tensor, cancelled: Cancelled = never) -> Tensor:
        """Read `ids` after `cached_ids`: (T,) int64 on any device -> (V,) float32 on the CPU.

        The logits are those of the last position. Raises InterruptedReading; ValueError if the context window
        would overflow.
        """
        ...

    def forward_all(self, ids: Tensor, cancelled: Cancelled = never) -> Tensor:
        """As `forward`, with the logits of every position: (T,) int64 -> (T, V) float32 on the CPU."""
        ...

    def truncate(self, n: int) -> None:
        """Forget all but the first `n` cached tokens."""
        ...

    @property
    def kept_bytes(self) -> int:
        """What the texts take that were cut off the cache and are kept beside it."""
        ...

    def switch(self, ids: Sequence[int], at_most: int) -> int:
        """Make the cache hold as much of the beginning of `ids` as is known, up to `at_most` tokens.

        Returns how many that are.
        """
        ...

    def branch(self, n: int, n_tokens: int) -> Branches:
        """`n` texts that go on from `cached_ids` side by side, each by at most `n_tokens` tokens.

        The model itself stays as it is. Reading on with it, or cutting it, ends the branches.
        """
        ...

    def tree(self, room: int) -> TokenTree:
        """Texts that go on from `cached_ids` and fork, of at most `room` tokens together.

        The model itself stays as it is; whenever the tree grows, `cached_ids` must be what they are now.
        """
        ...

    def twin(self, number: int = 0) -> CausalLM:
        """The same weights with another cache, which is kept: a second context, a third, ..."""
        ...

    def switch_off(self, heads: Iterable[tuple[int, int]], layers: Iterable[int]) -> None:
        """Go on without these (layer, head) pairs and whole layers. The cache is forgotten.

        IndexError for what the model does not have; StudioError if it cannot do without.
        """
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """The weights of one layer, as float32."""

    ln_1: tuple[Tensor, Tensor]
    c_attn: tuple[Tensor, Tensor]  # bias, weight (in, out): addmm's order
    c_proj: tuple[Tensor, Tensor]
    ln_2: tuple[Tensor, Tensor]
    c_fc: tuple[Tensor, Tensor]
    mlp_c_proj: tuple[Tensor, Tensor]
    scale: float  # of the attention scores


class GPT2:
    """GPT-2 (Radford et al. 2019) in float32 for one text at a time.

    The computation is Hugging Face's GPT2LMHeadModel up to the order of float additions;
    `reorder_and_upcast_attn` changes nothing in float32. T: new tokens, P: cached ones, C: n_embd,
    H: n_head, D = C/H, V: vocab_size.
    """

    _blocks: Sequence[Block]
    _ln_f: tuple[Tensor, Tensor]
    _wpe: Tensor

    def __init__(self, config: GPT2Config, weights: Mapping[str, Tensor], device: torch.device) -> None:
        """`weights` as in `config.shapes()`, float32, already checked. May raise torch.OutOfMemoryError."""
        self._set_up(config, device)

        def pair(name: str) -> tuple[Tensor, Tensor]:
            return weights[f"{name}.bias"].to(device), _fast(weights[f"{name}.weight"].to(device))

        def norm(name: str) -> tuple[Tensor, Tensor]:
            return weights[f"{name}.weight"].to(device), weights[f"{name}.bias"].to(device)

        self._blocks = [
            Block(
                norm(f"h.{i}.ln_1"),
                pair(f"h.{i}.attn.c_attn"),
                pair(f"h.{i}.attn.c_proj"),
                norm(f"h.{i}.ln_2"),
                pair(f"h.{i}.mlp.c_fc"),
                pair(f"h.{i}.mlp.c_proj"),
                config.attention_scale(i),
            )
            for i in range(config.n_layer)
        ]
        self._ln_f = norm("ln_f")
        wte = weights["wte.weight"].to(device).t().contiguous()  # (C, V), see _fast
        self._wte = wte.t()  # (V, C), the same memory
        self._head = (
            wte if config.tie_word_embeddings else weights["lm_head.weight"].to(device).t().contiguous()
        )
        self._wpe = weights["wpe.weight"].to(device)
        self._new_cache()

    def _set_up(self, config: GPT2Config, device: torch.device) -> None:
        """What does not depend on how the weights are held."""
        self.config = config
        self.device = device
        self.n_positions = config.n_positions
        self.vocab_size = config.vocab_size
        self.n_parameters = config.n_parameters
        self.n_head = config.n_head
        self.chunk_tokens = chunk_tokens(self.n_parameters // config.n_layer)
        self.cached_ids: list[int] = []
        self.last_reading: tuple[list[int], Tensor] | None = None
        self._kept = KeptPrefixes()
        self._activation = ACTIVATIONS[config.activation_function]
        self._heads_off: dict[int, Tensor] = {}  # by layer: (H, 1, 1), 0 for a head that is off
        self._layers_off: frozenset[int] = frozenset()
        self._twins: dict[int, Self] = {}

    def _new_cache(self) -> None:
        c = self.config
        # zeros, not empty: the system hands out its pages only when they are written
        self._kv = torch.zeros(
            c.n_layer, 2, c.n_head, c.n_positions, c.n_embd // c.n_head, device=self.device
        )

    def _past(self, n: int) -> int:
        """How many tokens are cached. ValueError unless there is room for `n` more."""
        past = len(self.cached_ids)
        if not 1 <= n <= self.n_positions - past:
            raise ValueError(f"{n} tokens after {past} in a context window of {self.n_positions}")
        return past

    def forward(self, ids: Tensor, cancelled: Cancelled = never) -> Tensor:
        """Read `ids` after `cached_ids`: (T,) int64 -> (V,) float32 on the CPU, the last position's logits.

        Raises InterruptedReading; ValueError if the context window would overflow.
        """
        return self._logits(self._read(ids, cancelled)[-1:])[0]  # (1, V) -> (V,)

    def forward_all(self, ids: Tensor, cancelled: Cancelled = never) -> Tensor:
        """As `forward`, with the logits of every position: (T,) int64 -> (T, V) float32 on the CPU."""
        return self._logits(self._read(ids, cancelled))

    def truncate(self, n: int) -> None:
        """Forget all but the first `n` cached tokens."""
        del self.cached_ids[n:]

    @property
    def kept_bytes(self) -> int:
        """What the texts take that were cut off the cache and are kept beside it."""
        return self._kept.n_bytes

    def switch(self, ids: Sequence[int], at_most: int) -> int:
        """Make the cache hold as much of the first `at_most` of `ids` as is known; return how many."""
        return self._kept.switch(self, ids, at_most)

    def copy_out(self, start: int) -> Tensor:
        """The keys and values of the cached tokens from `start` on, a copy: (L, 2, H, n, D)."""
        return self._kv[:, :, :, start : len(self.cached_ids)].clone()

    def copy_in(self, ids: Sequence[int], kv: Tensor) -> None:
        """Append tokens with what `copy_out` gave for them after the very same beginning."""
        past = len(self.cached_ids)
        self._kv[:, :, :, past : past + len(ids)] = kv
        self.cached_ids.extend(ids)

    @torch.inference_mode()
    def _logits(self, x: Tensor) -> Tensor:
        """(T, C) -> (T, V)."""
        return self.head(x).cpu()

    @torch.inference_mode()
    def _read(self, ids: Tensor, cancelled: Cancelled) -> Tensor:
        """(T,) -> (T, C): the last hidden states before ln_f. Fills the cache."""
        t = len(ids)
        past = self._past(t)
        end = past + t
        ids = ids.to(self.device)
        mask = None  # (T, P+T): row i sees the past and its own first i+1 tokens
        if t > 1 and past > 0:
            mask = torch.ones(t, end, dtype=torch.bool, device=self.device).tril_(past)
        causal = t > 1 and past == 0

        def attend(layer: int, qkv: Tensor, scale: float) -> Tensor:
            if t > 1 and cancelled():
                raise InterruptedReading  # what is in the cache beyond cached_ids will be written over
            kv = self._kv[layer, :, :, :end]
            kv[:, :, past:] = qkv[1:]
            q, k, v = qkv[:1], kv[:1], kv[1:]  # (1, H, T, D), (1, H, P+T, D) twice
            return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal, scale=scale)[0]

        x = self._hidden(ids, self._wpe[past:end], attend)
        self.cached_ids.extend(ids.tolist())
        return x

    def branch(self, n: int, n_tokens: int) -> Branches:
        """`n` texts that go on from `cached_ids` side by side; they share the cache, none is copied."""
        past = self._past(n_tokens) if n_tokens else len(self.cached_ids)
        return SharedPrefix(self._step, self._kv[:, :, :, :past], n, n_tokens)

    @torch.inference_mode()
    def hidden_states(self, ids: Tensor, cancelled: Cancelled = never) -> Tensor:
        """As `forward`: (T,) int64 -> (T, C), the last hidden states, which the head turns into logits."""
        return self._normed(self._read(ids, cancelled))

    @torch.inference_mode()
    def hidden_after(self, ids: Tensor) -> Tensor:
        """What each of N tokens alone would come to after `cached_ids`, which stay: (N,) -> (N, C)."""
        prefix = self._kv[:, :, :, : len(self.cached_ids)]
        step = partial(self._step, head=self._normed)
        return SharedPrefix(step, prefix, len(ids), 1).forward(ids)

    def twin(self, number: int = 0) -> Self:
        """The same weights with another cache, which is kept: a second context, a third, ..."""
        if number not in self._twins:
            other = copy.copy(self)
            other.cached_ids, other.last_reading = [], None
            other._twins = {}
            other._new_cache()
            self._twins[number] = other
        return self._twins[number]

    def tree(self, room: int) -> TokenTree:
        """Texts that go on from `cached_ids` and fork; they share the cache, none is copied."""
        return PrefixTree(self._step, self._kv[:, :, :, : len(self.cached_ids)], room)

    def _step(
        self,
        ids: Tensor,
        position: int | Tensor,
        attend: Attend,
        head: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        """One token of each of N texts: (N,) int64 -> (N, V) float32 on the CPU, or what `head` makes."""
        return (head or self._logits)(self._hidden(ids.to(self.device), self._wpe[position], attend))

    @torch.inference_mode()
    def _hidden(self, ids: Tensor, positions: Tensor, attend: Attend) -> Tensor:
        """(T,), (T, C) or (C,) -> (T, C): the last hidden states before ln_f."""
        x = self.token_embedding(ids) + positions
        for layer in range(self.config.n_layer):
            x = self.block(layer, x, attend)
        return x

    def token_embedding(self, ids: Tensor) -> Tensor:
        """(T,) int64 -> (T, C), without the positions."""
        return F.embedding(ids, self._wte)

    def position_embedding(self, n: int) -> Tensor:
        """(n, C): of the first `n` positions."""
        return self._wpe[:n]

    def block(self, layer: int, x: Tensor, attend: Attend) -> Tensor:
        """One block: (T, C) -> (T, C). May be differentiated, if `attend` may."""
        if layer in self._layers_off:
            return x
        block, eps = self._blocks[layer], self.config.layer_norm_epsilon
        t, c = x.shape
        y = F.layer_norm(x, (c,), *block.ln_1, eps)
        qkv = _linear(y, block.c_attn).view(t, 3, self.config.n_head, -1).permute(1, 2, 0, 3)
        y = attend(layer, qkv, block.scale)  # (3, H, T, D) -> (H, T, D)
        if layer in self._heads_off:
            y = y * self._heads_off[layer]
        x = x + _linear(y.transpose(0, 1).reshape(t, c), block.c_proj)
        y = self._activation(_linear(F.layer_norm(x, (c,), *block.ln_2, eps), block.c_fc))  # (T, n_inner)
        return x + _linear(y, block.mlp_c_proj)

    def head(self, x: Tensor) -> Tensor:
        """Hidden states to logits: (T, C) -> (T, V)."""
        return torch.mm(self._normed(x), self._head)

    def _normed(self, x: Tensor) -> Tensor:
        """(T, C) -> (T, C): through ln_f."""
        return F.layer_norm(x, x.shape[1:], *self._ln_f, self.config.layer_norm_epsilon)

    def switch_off(self, heads: Iterable[tuple[int, int]], layers: Iterable[int]) -> None:
        """Go on without these (layer, head) pairs and whole layers. The cache is forgotten.

        A head that is off adds nothing to its layer's output; a layer that is off passes on what it gets.
        Michel et al. 2019, "Are Sixteen Heads Really Better than One?", arXiv 1905.10650. IndexError for what
        the model does not have.
        """
        n_layer, n_head = self.config.n_layer, self.config.n_head
        off: dict[int, Tensor] = {}
        for layer, head in heads:
            if not (0 <= layer < n_layer and 0 <= head < n_head):
                raise IndexError((layer, head))
            off.setdefault(layer, torch.ones(n_head, 1, 1, device=self.device))[head] = 0
        whole = frozenset(layers)
        if not whole <= frozenset(range(n_layer)):
            raise IndexError(sorted(whole))
        self._heads_off, self._layers_off = off, whole
        self.truncate(0)
        self.last_reading = None
        self._twins.clear()
        self._kept.clear()


def _linear(x: Tensor, bias_and_weight: tuple[Tensor, Tensor]) -> Tensor:
    """(T, in) -> (T, out)."""
    return torch.addmm(bias_and_weight[0], x, bias_and_weight[1])


def _fast(weight: Tensor) -> Tensor:
    """An (in, out) weight in the memory layout in which one row times it is fastest on a CPU.

    Measured with MKL on AVX-512, GB/s of weights read at T=1: 768x2304 13 as rows of (in, out), 10 as rows of
    (out, in); 768x3072 19 and 10; 768x50257 16 and 10; but 3072x768 12 and 13.
    """
    n_in, n_out = weight.shape
    return weight.contiguous() if n_in <= n_out else weight.t().contiguous().t()
