"""GPT-2's weights as the compiled kernels read them, each held once.

What looks inside a model asks for float32 tensors of single layers; they are made when they are asked for.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import overload

import torch
from torch import Tensor

from studio.core.model import Block, GPT2Config
from studio.core.quantised import TABLES, Codes, as_stored
from studio.kernels.library import Form, Kernels, LayerStruct, Matrix, ModelStruct

PRECISIONS: Mapping[str, tuple[Form, Form, Form]] = {
    "float32": (Form.FLOAT32, Form.FLOAT32, Form.FLOAT32),
    "bfloat16": (Form.BFLOAT16, Form.BFLOAT16, Form.FLOAT16),
    "float16": (Form.FLOAT16, Form.FLOAT16, Form.FLOAT16),
    "int8": (Form.INT8, Form.INT8, Form.FLOAT16),
    "int4": (Form.INT4, Form.INT8, Form.FLOAT16),
}
"""By name: how the layers' matrices, the embeddings and head, and the keys and values are stored."""

_ACTIVATIONS = {"gelu_new": 0, "gelu_pytorch_tanh": 0, "gelu": 1, "relu": 2}
_MATRICES = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
_BITS = {Form.FLOAT32: 32.0, Form.FLOAT16: 16.0, Form.BFLOAT16: 16.0, Form.INT8: 8.5, Form.INT4: 5.0}


def memory_bytes(config: GPT2Config, precision: str) -> int:
    """What the loaded model takes: weights and the KV cache."""
    body, head, cache = PRECISIONS[precision]
    in_tables = config.vocab_size * config.n_embd * (1 if config.tie_word_embeddings else 2)
    in_layers = config.n_parameters - in_tables
    in_cache = 2 * config.n_layer * config.n_positions * config.n_embd
    bits = in_layers * _BITS[body] + in_tables * _BITS[head] + in_cache * _BITS[cache]
    return int(bits / 8)


class PackedWeights:
    """All weights of one model. `put` each of `config.shapes()`, in any order."""

    def __init__(self, kernels: Kernels, config: GPT2Config, precision: str) -> None:
        self.kernels, self.config, self.precision = kernels, config, precision
        body, head, self.cache_form = PRECISIONS[precision]
        shapes = config.shapes()
        self._matrices = {
            f"h.{i}.{name}": Matrix(kernels, body, *shapes[f"h.{i}.{name}.weight"])
            for i in range(config.n_layer)
            for name in _MATRICES
        }
        self.embedding = Matrix(kernels, head, config.n_embd, config.vocab_size)
        tied = config.tie_word_embeddings
        self.head = self.embedding if tied else Matrix(kernels, head, config.n_embd, config.vocab_size)
        self._numbers: dict[str, Tensor] = {}  # of norms and biases, filled up to whole panels; and positions

    IN_PIECES = TABLES
    """What may be put in pieces, as it is large."""

    def put(self, name: str, tensor: Tensor, row: int = 0) -> None:
        """Take one weight, float32 in the shape of `config.shapes()`; nothing of the tensor is kept.

        Of those IN_PIECES it may be some rows, `row` (a multiple of 64) the first.
        """
        tensor = tensor.contiguous()
        module, _, kind = name.rpartition(".")
        if name == "wpe.weight":
            self._numbers[name] = tensor.clone()
        elif kind == "weight" and module in self._matrices:
            self._matrices[module].pack(tensor.data_ptr(), (tensor.shape[1], 1))
        elif name == "wte.weight":
            self.embedding.pack(tensor.data_ptr(), (1, tensor.shape[1]), row, len(tensor))
        elif name == "lm_head.weight":
            self.head.pack(tensor.data_ptr(), (1, tensor.shape[1]), row, len(tensor))
        elif kind == "bias" and module in self._matrices:
            self._matrices[module].set_bias(tensor.numpy().tobytes())
        else:
            self._numbers[name] = torch.cat([tensor, tensor.new_zeros(-len(tensor) % 64)])

    def put_codes(self, name: str, codes: Codes, row: int = 0) -> None:
        """Take a matrix, or some rows of a table, as a quantised file has it: the very bytes, if they fit."""
        matrix = {"wte.weight": self.embedding, "lm_head.weight": self.head}.get(name)
        if matrix is None:
            matrix = self._matrices[name.removesuffix(".weight")]
        if matrix.form == codes.form:
            codes.write(matrix, row)
        else:
            self.put(name, as_stored(name, self.config.shapes()[name], codes), row)

    @property
    def n_bytes(self) -> int:
        """What the matrices take in memory."""
        matrices = [*self._matrices.values(), self.embedding]
        if self.head is not self.embedding:
            matrices.append(self.head)
        return sum(matrix.n_bytes for matrix in matrices)

    # -- for the kernels -----------------------------------------------------------------------------------

    def struct(self, heads_off: Iterable[tuple[int, int]] = (), layers_off: Collection[int] = ()) -> Struct:
        """The model without these (layer, head) pairs and layers."""
        return Struct(self, heads_off, layers_off)

    # -- for whoever looks inside --------------------------------------------------------------------------

    @property
    def positions(self) -> Tensor:
        """(n_positions, C)."""
        return self._numbers["wpe.weight"]

    def norm(self, module: str) -> tuple[Tensor, Tensor]:
        """A layer norm's factor and offset: (C,) each."""
        c = self.config.n_embd
        return self._numbers[f"{module}.weight"][:c], self._numbers[f"{module}.bias"][:c]

    def embeddings(self, ids: Tensor) -> Tensor:
        """(T,) int64 -> (T, C). IndexError for what is no token."""
        found = torch.empty(len(ids), self.config.n_embd)
        self.embedding.unpack_outputs(checked(ids, self.config.vocab_size), found.data_ptr())
        return found

    def head_weight(self) -> Tensor:
        """(C, V), a new tensor."""
        return _unpacked(self.head)

    def block(self, layer: int) -> Block:
        """The weights of one layer, new tensors."""

        def pair(name: str) -> tuple[Tensor, Tensor]:
            matrix = self._matrices[f"h.{layer}.{name}"]
            assert matrix.bias is not None
            numbers = ctypes.string_at(matrix.bias.address, 4 * matrix.n_out)
            return torch.frombuffer(bytearray(numbers), dtype=torch.float32), _unpacked(matrix)

        return Block(
            self.norm(f"h.{layer}.ln_1"),
            pair("attn.c_attn"),
            pair("attn.c_proj"),
            self.norm(f"h.{layer}.ln_2"),
            pair("mlp.c_fc"),
            pair("mlp.c_proj"),
            self.config.attention_scale(layer),
        )

    def matrix(self, layer: int, name: str) -> Matrix:
        """One of a layer's four matrices."""
        return self._matrices[f"h.{layer}.{name}"]

    def pointers(self, module: str) -> tuple[int, int]:
        """Where a layer norm's factor and offset lie."""
        return (
            self._numbers[f"{module}.weight"].data_ptr(),
            self._numbers[f"{module}.bias"].data_ptr(),
        )


class Struct:
    """`struct model` for the kernels, and what it points at."""

    def __init__(
        self, weights: PackedWeights, heads_off: Iterable[tuple[int, int]], layers_off: Collection[int]
    ) -> None:
        config = weights.config
        self._weights = weights
        self._flags = {layer: (ctypes.c_uint8 * config.n_head)() for layer, _ in heads_off}
        for layer, head in heads_off:
            self._flags[layer][head] = 1
        pair = ctypes.c_void_p * 2
        self._layers = (LayerStruct * config.n_layer)(
            *(
                LayerStruct(
                    *(weights.matrix(i, name).struct() for name in _MATRICES),
                    pair(*weights.pointers(f"h.{i}.ln_1")),
                    pair(*weights.pointers(f"h.{i}.ln_2")),
                    ctypes.addressof(self._flags[i]) if i in self._flags else None,
                    config.attention_scale(i),
                    i in layers_off,
                )
                for i in range(config.n_layer)
            )
        )
        self.c = ModelStruct(
            config.n_embd,
            config.n_head,
            config.n_inner,
            config.n_layer,
            config.vocab_size,
            config.n_positions,
            _ACTIVATIONS[config.activation_function],
            config.layer_norm_epsilon,
            weights.embedding.struct(),
            weights.head.struct(),
            weights.positions.data_ptr(),
            pair(*weights.pointers("ln_f")),
            ctypes.addressof(self._layers),
        )


class UnpackedBlocks(Sequence[Block]):
    """The layers' weights as float32, each made when it is looked at."""

    def __init__(self, weights: PackedWeights) -> None:
        self._weights = weights

    @overload
    def __getitem__(self, index: int) -> Block: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Block]: ...

    def __getitem__(self, index: int | slice) -> Block | Sequence[Block]:
        if isinstance(index, slice):
            return [self._weights.block(i) for i in range(len(self))[index]]
        return self._weights.block(range(len(self))[index])

    def __len__(self) -> int:
        return self._weights.config.n_layer


def checked(ids: Tensor, vocab_size: int) -> list[int]:
    """The tokens' numbers. IndexError for what is no token: the kernels would read beyond the table."""
    numbers: list[int] = ids.tolist()
    if numbers and not 0 <= min(numbers) <= max(numbers) < vocab_size:
        raise IndexError(f"a token below 0 or above {vocab_size - 1}")
    return numbers


def _unpacked(matrix: Matrix) -> Tensor:
    """(in, out)."""
    weight = torch.empty(matrix.n_in, matrix.n_out)
    matrix.unpack(weight.data_ptr(), (matrix.n_out, 1))
    return weight
