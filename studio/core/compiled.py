"""GPT-2 on the compiled kernels: any precision, on the CPU.

A token's logits are the same bits however they were asked for: alone, beside others, as a branch, as a node
of a tree, after a prompt read in one piece or in many, with any number of threads.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from studio.core.model import GPT2, Cancelled, InterruptedReading
from studio.core.packed_weights import PackedWeights, UnpackedBlocks, checked
from studio.core.shared_prefix import Branches, TokenTree
from studio.kernels.library import Buffer, CacheStruct, Form, RowStruct

_PANEL = 64


class KeysAndValues:
    """A KV cache of `n_regions` texts with room for `n_tokens` each."""

    def __init__(self, weights: PackedWeights, n_tokens: int, n_regions: int = 1) -> None:
        config = weights.config
        self.room = -(-n_tokens // _PANEL) * _PANEL
        d = config.n_embd // config.n_head
        n = n_regions * config.n_layer * config.n_head * self.room
        n_bytes = 4 if weights.cache_form == Form.FLOAT32 else 2
        wide = -(-d // 16) * 16
        # In big pages the first tokens would touch all of it, for each head lies apart.
        self._keys, self._values = Buffer(n * d * n_bytes), Buffer(n * wide * n_bytes)
        self.c = CacheStruct(weights.cache_form, self.room, self._keys.address, self._values.address)
        dtype = torch.float32 if weights.cache_form == Form.FLOAT32 else torch.float16
        keys, values = (torch.frombuffer(part.memory, dtype=dtype) for part in (self._keys, self._values))
        by_head = n_regions * config.n_layer, config.n_head
        self._key_panels = keys.view(*by_head, -1, d, _PANEL).transpose(3, 4)  # (L, H, room/64, 64, D)
        self._value_rows = values.view(*by_head, self.room, wide)[..., :d]  # (L, H, room, D)

    def copy_out(self, start: int, end: int) -> Tensor:
        """A copy of tokens of the first region: (L, 2, H, n, D)."""
        first, last = start // _PANEL, -(-end // _PANEL)
        keys = self._key_panels[:, :, first:last].flatten(2, 3)[:, :, start - first * _PANEL :]
        return torch.stack([keys[:, :, : end - start], self._value_rows[:, :, start:end]], 1)

    def copy_in(self, start: int, kv: Tensor) -> None:
        """What `copy_out` gave becomes the tokens from `start` on."""
        end = start + kv.shape[3]
        self._value_rows[:, :, start:end] = kv[:, 1]
        for panel in range(start // _PANEL, -(-end // _PANEL)):
            begin = panel * _PANEL
            a, b = max(start, begin), min(end, begin + _PANEL)
            self._key_panels[:, :, panel, a - begin : b - begin] = kv[:, 0, :, a - start : b - start]


class CompiledGPT2(GPT2):
    """The same model as GPT2, with packed weights. C: n_embd, V: vocab_size."""

    def __init__(self, weights: PackedWeights) -> None:
        self._set_up(weights.config, torch.device("cpu"))
        self.weights = weights
        self._struct = weights.struct()
        self._blocks = UnpackedBlocks(weights)
        self._ln_f = weights.norm("ln_f")
        self._wpe = weights.positions
        self._row = -(-self.config.n_embd // _PANEL) * _PANEL  # numbers of a row in the kernels' memory
        self._new_cache()

    def _new_cache(self) -> None:
        self._cache = KeysAndValues(self.weights, self.n_positions)

    def copy_out(self, start: int) -> Tensor:
        """As GPT2's; float16 unless the precision is float32."""
        return self._cache.copy_out(start, len(self.cached_ids))

    def copy_in(self, ids: Sequence[int], kv: Tensor) -> None:
        """Append tokens with what `copy_out` gave for them after the very same beginning."""
        self._cache.copy_in(len(self.cached_ids), kv)
        self.cached_ids.extend(ids)

    @torch.inference_mode()
    def _read(self, ids: Tensor, cancelled: Cancelled) -> Tensor:
        """(T,) -> (T, C): the last hidden states before ln_f. Fills the cache."""
        t = len(ids)
        past = self._past(t)
        tokens = checked(ids, self.vocab_size)
        rows = (RowStruct * t)(
            *(RowStruct(token, past + i, past + i + 1, -1, past + i, 0, -1) for i, token in enumerate(tokens))
        )
        x = torch.empty(t, self._row)
        if t == 1:
            self._pass(rows, x, 0, self.config.n_layer)
        else:
            for layer in range(self.config.n_layer):
                if cancelled():
                    raise InterruptedReading  # what is in the cache beyond cached_ids will be written over
                self._pass(rows, x, layer, layer + 1)
        self.cached_ids.extend(tokens)
        return x[:, : self.config.n_embd]

    def branch(self, n: int, n_tokens: int) -> Branches:
        """`n` texts that go on from `cached_ids` side by side; they share the cache, none is copied."""
        if n_tokens:
            self._past(n_tokens)
        return _Branches(self, n, n_tokens)

    def tree(self, room: int) -> TokenTree:
        """Texts that go on from `cached_ids` and fork; they share the cache, none is copied."""
        return _Tree(self, room)

    @torch.inference_mode()
    def hidden_after(self, ids: Tensor) -> Tensor:
        """What each of N tokens alone would come to after `cached_ids`, which stay: (N,) -> (N, C)."""
        past, n = len(self.cached_ids), len(ids)
        rows = [(token, past, past, i, 0, 1, -1) for i, token in enumerate(checked(ids, self.vocab_size))]
        normed = torch.empty(n, self.config.n_embd)
        self.read_beside(rows, KeysAndValues(self.weights, 1, n), normed=normed)
        return normed

    @torch.inference_mode()
    def read_beside(
        self,
        rows: Sequence[tuple[int, ...]],
        other: KeysAndValues,
        paths: Sequence[int] = (),
        normed: Tensor | None = None,
        logits: Tensor | None = None,
    ) -> None:
        """Read tokens that go on from the cache but are kept in `other`; see `struct row`.

        What is wanted is written into `normed` (N, C) or `logits` (N, V).
        """
        n = len(rows)
        slots = (ctypes.c_int32 * max(len(paths), 1))(*paths)
        x = torch.empty(n, self._row)
        self._pass(
            (RowStruct * n)(*(RowStruct(*row) for row in rows)),
            x,
            0,
            self.config.n_layer,
            other,
            slots,
            normed,
            logits,
        )

    def _pass(
        self,
        rows: ctypes.Array[RowStruct] | None,
        x: Tensor,
        first: int,
        last: int,
        other: KeysAndValues | None = None,
        paths: ctypes.Array[ctypes.c_int32] | None = None,
        normed: Tensor | None = None,
        logits: Tensor | None = None,
    ) -> None:
        kernels = self.weights.kernels
        kernels.set_threads(torch.get_num_threads())  # the one number the app keeps
        failed = kernels.c.studio_step(
            ctypes.byref(self._struct.c),
            ctypes.byref(self._cache.c),
            None if other is None else ctypes.byref(other.c),
            rows,
            paths,
            len(x),
            x.data_ptr(),
            first,
            last,
            len(x),
            None if normed is None else normed.data_ptr(),
            None if logits is None else logits.data_ptr(),
        )
        if failed:
            raise MemoryError

    # -- the parts, for looking inside ---------------------------------------------------------------------

    def token_embedding(self, ids: Tensor) -> Tensor:
        """(T,) int64 -> (T, C), without the positions."""
        return self.weights.embeddings(ids)

    def head(self, x: Tensor) -> Tensor:
        """Hidden states to logits: (T, C) -> (T, V). May be differentiated."""
        if x.requires_grad:
            return torch.mm(super()._normed(x), self.weights.head_weight())
        logits = torch.empty(len(x), self.vocab_size)
        end = self.config.n_layer
        self._pass(None, self._filled_up(x), end, end, logits=logits)
        return logits

    def _normed(self, x: Tensor) -> Tensor:
        normed = torch.empty(len(x), self.config.n_embd)
        end = self.config.n_layer
        self._pass(None, self._filled_up(x), end, end, normed=normed)
        return normed

    def _filled_up(self, x: Tensor) -> Tensor:
        """Rows as the kernels read them; what `_read` returned is so already."""
        if x.stride() == (self._row, 1):
            return x
        filled = torch.zeros(len(x), self._row)
        filled[:, : x.shape[1]] = x
        return filled

    def switch_off(self, heads: Iterable[tuple[int, int]], layers: Iterable[int]) -> None:
        """As GPT2's. IndexError for what the model does not have."""
        heads, layers = list(heads), list(layers)
        super().switch_off(heads, layers)
        self._struct = self.weights.struct(heads, layers)


class _Branches:
    """P: tokens in the shared beginning, S: tokens each text has written."""

    def __init__(self, model: CompiledGPT2, n: int, n_tokens: int) -> None:
        self._model = model
        self._past = len(model.cached_ids)
        self._own = KeysAndValues(model.weights, max(n_tokens, 1), n)
        self._regions = list(range(n))
        self._n_written = 0

    def forward(self, ids: Tensor) -> Tensor:
        """One more token of each: (N,) int64 -> (N, V) float32, the logits after it."""
        past, written = self._past, self._n_written
        if written == self._own.room:
            raise ValueError(f"no more than {written} tokens were asked for")
        tokens = checked(ids, self._model.vocab_size)
        rows = [
            (token, past + written, past, region, written, written + 1, -1)
            for token, region in zip(tokens, self._regions, strict=True)
        ]
        logits = torch.empty(len(rows), self._model.vocab_size)
        self._model.read_beside(rows, self._own, logits=logits)
        self._n_written += 1
        return logits

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these texts only; `rows` count up."""
        self._regions = [self._regions[row] for row in rows]


class _Tree:
    """Every node lies in a slot of its own; its path is the slots from the beginning to it."""

    def __init__(self, model: CompiledGPT2, room: int) -> None:
        self._model, self._room = model, room
        self._past = len(model.cached_ids)
        self._own = KeysAndValues(model.weights, max(room, 1))
        self._paths: list[list[int]] = []

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return len(self._paths)

    def forward(self, parents: Sequence[int], ids: Tensor) -> Tensor:
        """One more node after each of `parents`; see TokenTree."""
        first = self.n_nodes
        if first + len(parents) > self._room:
            raise ValueError(f"{first + len(parents)} nodes in a tree with room for {self._room}")
        tokens = checked(ids, self._model.vocab_size)
        rows: list[tuple[int, ...]] = []
        paths: list[int] = []
        new: list[list[int]] = []
        for node, (parent, token) in enumerate(zip(parents, tokens, strict=True), first):
            path = [*(self._paths[parent] if parent >= 0 else ()), node]
            at = self._past + len(path) - 1
            rows.append((token, at, self._past, 0, node, len(path), len(paths)))
            paths += path
            new.append(path)
        logits = torch.empty(len(rows), self._model.vocab_size)
        self._model.read_beside(rows, self._own, paths, logits=logits)
        self._paths += new
        return logits
