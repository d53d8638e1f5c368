"""A GPT-2 stored in 8 or 4 bits comes back as the very bytes that were packed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from studio.core.checkpoints import load_checkpoint
from studio.core.compiled import CompiledGPT2
from studio.core.model import GPT2, GPT2Config
from studio.core.packed_weights import PackedWeights
from studio.core.quantised import TABLES, codes_of, is_matrix
from studio.kernels.library import Form, Matrix, kernels
from studio.models.outside import look_at
from tests.core.loading import load, refusal
from tests.core.tiny import TINY, random_weights

MakeFolder = Callable[..., Path]
LIB = kernels()
needs_kernels = pytest.mark.skipif(LIB is None, reason="no compiled kernels here")


def stored(config: GPT2Config, weights: dict[str, Tensor], bits: int) -> dict[str, Tensor]:
    """What the file holds, made by the kernels' own packing."""
    assert LIB is not None
    tensors: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if not is_matrix(name, tuple(weight.shape)):
            tensors[name] = weight
            continue
        by_output = (weight if name in TABLES else weight.t()).contiguous()
        form = Form.INT4 if bits == 4 and name not in TABLES else Form.INT8
        matrix = Matrix(LIB, form, by_output.shape[1], by_output.shape[0])
        matrix.pack(by_output.data_ptr(), (1, by_output.shape[1]))
        codes, stem = codes_of(matrix), name.removesuffix(".weight")
        tensors |= {f"{stem}.codes": codes.codes, f"{stem}.scales": codes.scales}
        if codes.offsets is not None:
            tensors[f"{stem}.offsets"] = codes.offsets
    return tensors


def ours(bits: int) -> dict[str, Any]:
    return {"quantization_config": {"quant_method": "gpt2-studio", "bits": bits, "group_size": 32}}


ODD = GPT2Config(vocab_size=4099, n_positions=64, n_embd=72, n_layer=2, n_head=4, n_inner=100)


@needs_kernels
@pytest.mark.parametrize("config", [TINY, ODD], ids=["even", "odd sizes"])
@pytest.mark.parametrize("bits", [8, 4])
def test_loading_puts_back_the_very_bytes_that_were_packed(
    make_folder: MakeFolder, config: GPT2Config, bits: int
) -> None:
    weights = random_weights(config)
    precision = {8: "int8", 4: "int4"}[bits]
    assert LIB is not None
    packed = PackedWeights(LIB, config, precision)
    for name, tensor in weights.items():
        packed.put(name, tensor)
    sizes = {"vocab_size": config.vocab_size, "n_embd": config.n_embd, "n_inner": config.n_inner}
    folder = make_folder(stored(config, weights, bits), **sizes, **ours(bits))
    loading = load_checkpoint(str(folder), "cpu", "auto")
    while True:
        try:
            next(loading)
        except StopIteration as stop:
            checkpoint = stop.value
            break
    model = checkpoint.model
    assert isinstance(model, CompiledGPT2)
    assert checkpoint.info.dtype == precision
    pairs = [(model.weights.embedding, packed.embedding)]
    for layer in range(config.n_layer):
        for name in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"):
            pairs.append((model.weights.matrix(layer, name), packed.matrix(layer, name)))
    for loaded, made in pairs:
        assert bytes(loaded.data.memory) == bytes(made.data.memory)
    ids = torch.arange(1, 20)
    assert torch.equal(model.forward_all(ids), CompiledGPT2(packed).forward_all(ids))


@needs_kernels
@pytest.mark.parametrize("bits", [8, 4])
def test_without_kernels_the_same_numbers_are_computed_by_torch(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    folder = make_folder(stored(TINY, random_weights(TINY), bits), **ours(bits))
    with_kernels = load(folder)  # float32, made of the codes
    monkeypatch.setattr("studio.core.checkpoints._kernels", lambda _: None)
    plain = load(folder)
    assert (with_kernels.info.backend, plain.info.backend) == ("compiled", "studio")
    assert isinstance(with_kernels.model, CompiledGPT2)
    assert isinstance(plain.model, GPT2)
    ids = torch.arange(1, 20)
    assert torch.allclose(plain.model.forward_all(ids), with_kernels.model.forward_all(ids), atol=1e-4)
    assert torch.equal(plain.model.token_embedding(ids), with_kernels.model.token_embedding(ids))


@needs_kernels
def test_the_shelf_says_what_such_a_file_holds(make_folder: MakeFolder) -> None:
    folder = make_folder(stored(TINY, random_weights(TINY), 4), **ours(4))
    seen = look_at(folder)
    assert (seen.precision, seen.trouble) == ("int4", "")
    assert seen.n_parameters == TINY.n_parameters


@needs_kernels
def test_what_does_not_fit_together_is_refused(make_folder: MakeFolder) -> None:
    weights = stored(TINY, random_weights(TINY), 8)
    assert "quantized" in str(refusal(make_folder(weights, "a", quantization_config={"bits": 8})))
    assert "lack “wte.weight”" in str(refusal(make_folder(weights, "b")))
    assert "has the shape" in str(refusal(make_folder(weights, "c", **ours(4))))
    short = weights | {"wte.scales": weights["wte.scales"][:-1].clone()}
    assert "shape" in str(refusal(make_folder(short, "e", **ours(8))))
    other = weights | {"wte.codes": weights["wte.codes"].float()}
    assert "stored as F32" in str(refusal(make_folder(other, "f", **ours(8))))
    broken = weights | {"wte.scales": torch.full_like(weights["wte.scales"], float("nan"))}
    assert "not numbers" in str(refusal(make_folder(broken, "g", **ours(8))))


def test_another_method_is_refused_before_anything_is_read(make_folder: MakeFolder) -> None:
    folder = make_folder(quantization_config={"quant_method": "gptq", "bits": 4, "group_size": 32})
    assert refusal(folder).templates[0] == "This model is quantized, in a way that is not supported."
