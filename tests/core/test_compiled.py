"""The compiled forward pass is GPT2's on the numbers it holds, and the same bits however it is asked."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from studio.core import checkpoint_files, inside, model_files
from studio.core.checkpoints import load_checkpoint
from studio.core.compiled import CompiledGPT2
from studio.core.model import GPT2, GPT2Config, InterruptedReading
from studio.core.packed_weights import PRECISIONS, PackedWeights, memory_bytes
from studio.kernels import library
from tests.core.loading import MakeFolder, load
from tests.core.tiny import TINY, as_loaded, random_weights

pytestmark = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())

CPU = torch.device("cpu")
SMALL = GPT2Config(vocab_size=300, n_positions=150, n_embd=64, n_layer=2, n_head=4, n_inner=256)
CONFIGS = {
    "usual": SMALL,
    "odd sizes": replace(SMALL, n_embd=33, n_head=3, n_inner=50, vocab_size=301),
    "large heads": replace(SMALL, n_embd=260, n_head=2, n_inner=100),
    "gelu, untied, unscaled": replace(
        SMALL, activation_function="gelu", tie_word_embeddings=False, scale_attn_weights=False
    ),
    "relu, scaled by layer": replace(
        SMALL, activation_function="relu", scale_attn_by_inverse_layer_idx=True, layer_norm_epsilon=0.1
    ),
}
IDS = torch.randint(300, (140,), generator=torch.Generator().manual_seed(1))


def compiled(config: GPT2Config, precision: str = "float32", std: float = 0.1) -> CompiledGPT2:
    lib = library.kernels()
    assert lib is not None
    packed = PackedWeights(lib, config, precision)
    for name, tensor in random_weights(config, std=std).items():
        packed.put(name, tensor)
    return CompiledGPT2(packed)


def with_the_same_numbers(model: CompiledGPT2) -> GPT2:
    """GPT2 in torch with the weights as the kernels hold them."""
    config, held = model.config, model.weights
    weights = random_weights(config, std=0.1)
    weights["wte.weight"] = held.embeddings(torch.arange(config.vocab_size))
    if not config.tie_word_embeddings:
        weights["lm_head.weight"] = held.head_weight().t()
    for i in range(config.n_layer):
        block = held.block(i)
        for name, (bias, weight) in {
            "attn.c_attn": block.c_attn,
            "attn.c_proj": block.c_proj,
            "mlp.c_fc": block.c_fc,
            "mlp.c_proj": block.mlp_c_proj,
        }.items():
            assert torch.equal(bias, weights[f"h.{i}.{name}.bias"])
            weights[f"h.{i}.{name}.weight"] = weight
    return GPT2(config, weights, CPU)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_logits_are_those_of_the_numbers_that_are_held(config: GPT2Config, precision: str) -> None:
    model = compiled(config, precision)
    reference = with_the_same_numbers(model)
    expected = reference.forward_all(IDS)
    # keys and values in 16 bits are rounded to 2**-11 of their size
    atol = 2e-5 if precision == "float32" else 1e-2
    torch.testing.assert_close(model.forward_all(IDS), expected, rtol=0, atol=atol)
    model.truncate(100)
    reference.truncate(100)
    torch.testing.assert_close(
        model.hidden_states(IDS[100:]), reference.hidden_states(IDS[100:]), rtol=0, atol=atol
    )


@pytest.fixture(scope="module", params=PRECISIONS)
def model(request: pytest.FixtureRequest) -> CompiledGPT2:
    made = compiled(SMALL, request.param)
    made.forward(IDS)
    return made


@pytest.fixture(scope="module")
def expected(model: CompiledGPT2) -> Tensor:
    """The logits at every place, read in one piece."""
    model.truncate(0)
    return model.forward_all(IDS)


@settings(max_examples=15)
@given(cuts=st.sets(st.integers(1, 139)), n_threads=st.integers(1, 3))
def test_pieces_and_threads_change_no_bit(
    model: CompiledGPT2, expected: Tensor, cuts: set[int], n_threads: int
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    model.truncate(0)
    parts = [model.forward_all(IDS[a:b]) for a, b in pairwise([0, *sorted(cuts), 140])]
    torch.set_num_threads(before)
    assert torch.equal(torch.cat(parts), expected)


@pytest.mark.parametrize("n_read", [1, 63, 64, 65, 120])
def test_a_branch_has_the_bits_of_the_text_alone(model: CompiledGPT2, expected: Tensor, n_read: int) -> None:
    model.truncate(0)
    model.forward(IDS[:n_read])
    branches = model.branch(3, 20)
    others = torch.randint(300, (20, 3))
    kept = torch.cat([others[:, :1], IDS[n_read : n_read + 20, None], others[:, 2:]], 1)
    for step, ids in enumerate(kept[:10]):
        assert torch.equal(branches.forward(ids)[1], expected[n_read + step])
    branches.keep([1, 2])
    for step, ids in enumerate(kept[10:], 10):
        assert torch.equal(branches.forward(ids[1:])[0], expected[n_read + step])
    for _ in range(64 - 20):  # the room is in whole panels
        branches.forward(torch.tensor([1, 2]))
    with pytest.raises(ValueError, match="no more than"):
        branches.forward(torch.tensor([1, 2]))
    assert model.cached_ids == IDS[:n_read].tolist()


@pytest.mark.parametrize("n_read", [1, 60, 64])
def test_a_node_has_the_bits_of_the_text_alone(model: CompiledGPT2, expected: Tensor, n_read: int) -> None:
    model.truncate(0)
    model.forward(IDS[:n_read])
    tree = model.tree(40)
    node = -1
    for step in range(12):
        right = IDS[n_read + step]
        wrong = (right + 1) % 300
        logits = tree.forward([node, node, node], torch.stack([wrong, right, wrong]))
        assert torch.equal(logits[1], expected[n_read + step])
        assert torch.equal(logits[0], logits[2])
        node = tree.n_nodes - 2
    with pytest.raises(ValueError, match="room for 40"):
        tree.forward([node] * 5, IDS[:5])


def test_tokens_tried_out_leave_the_cache_alone(model: CompiledGPT2, expected: Tensor) -> None:
    model.truncate(0)
    model.forward(IDS[:30])
    tried = model.hidden_after(IDS[30:33])
    read = model.hidden_states(IDS[30:31])
    assert torch.equal(tried[0], read[0])
    assert torch.equal(model.forward(IDS[31:32]), expected[31])


def test_what_was_copied_out_is_copied_back_to_the_bit(model: CompiledGPT2, expected: Tensor) -> None:
    model.truncate(0)
    model.forward(IDS[:130])
    kept = model.copy_out(50)
    model.truncate(50)
    model.forward(IDS[:60])
    model.truncate(50)
    model.copy_in(IDS[50:100].tolist(), kept[..., :50, :])
    assert torch.equal(model.forward_all(IDS[100:]), expected[100:])


def test_a_twin_has_a_cache_of_its_own(model: CompiledGPT2, expected: Tensor) -> None:
    model.truncate(0)
    model.forward(IDS[:10])
    assert torch.equal(model.twin(1).forward(IDS[:50]), expected[49])
    assert torch.equal(model.forward(IDS[10:50]), expected[49])


def test_heads_and_layers_are_switched_off_as_in_torch() -> None:
    model = compiled(SMALL)
    reference = with_the_same_numbers(model)
    for each in (model, reference):
        each.switch_off([(0, 1), (0, 3), (1, 0)], [])
    torch.testing.assert_close(model.forward_all(IDS), reference.forward_all(IDS), rtol=0, atol=2e-5)
    for each in (model, reference):
        each.switch_off([(0, 2)], [1])
    torch.testing.assert_close(model.forward_all(IDS), reference.forward_all(IDS), rtol=0, atol=2e-5)
    with pytest.raises(IndexError):
        model.switch_off([(2, 0)], [])


def test_what_is_seen_inside_is_what_the_kernels_computed(model: CompiledGPT2, expected: Tensor) -> None:
    seen = inside.trace(model, IDS[:40].tolist())
    atol = 1e-4 if model.weights.precision == "float32" else 1e-2
    torch.testing.assert_close(seen.logits(), expected[39], rtol=0, atol=atol)
    assert seen.lens().shape == (SMALL.n_layer + 1, 300)
    token = int(expected[39].argmax())
    reference = inside.trace(with_the_same_numbers(model), IDS[:40].tolist())
    torch.testing.assert_close(seen.weigh(token), reference.weigh(token), rtol=1e-3, atol=1e-4)


def test_what_is_no_token_is_refused(model: CompiledGPT2) -> None:
    model.truncate(0)
    for bad in (-1, 300):
        with pytest.raises(IndexError):
            model.forward(torch.tensor([1, bad]))
        with pytest.raises(IndexError):
            model.branch(1, 1).forward(torch.tensor([bad]))
    assert model.cached_ids == []


def test_the_window_cannot_overflow_and_reading_can_be_interrupted(
    model: CompiledGPT2, expected: Tensor
) -> None:
    model.truncate(0)
    with pytest.raises(ValueError, match="context window"):
        model.forward(torch.zeros(151, dtype=torch.int64))
    model.forward(IDS[:20])
    answers = iter([False, True])
    with pytest.raises(InterruptedReading):
        model.forward(IDS[20:40], lambda: next(answers))
    assert model.cached_ids == IDS[:20].tolist()
    assert torch.equal(model.forward_all(IDS[20:]), expected[20:])
    model.forward(IDS[:10])
    with pytest.raises(ValueError, match="context window"):
        model.forward(IDS[:1])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_folder_is_loaded_in_the_precision_that_was_asked_for(
    make_folder: MakeFolder, precision: str
) -> None:
    folder = str(make_folder())

    def loaded_by(backend: str) -> tuple[str, str, Tensor]:
        loading = load_checkpoint(folder, "cpu", precision, backend)
        while True:
            try:
                next(loading)
            except StopIteration as stop:
                loaded = stop.value
                return loaded.info.backend, loaded.info.dtype, loaded.model.forward(IDS[:50])

    backend, dtype, logits = loaded_by("auto")
    assert (backend, dtype) == ("compiled", precision)
    torch_backend, torch_dtype, whole = loaded_by("torch")
    assert (torch_backend, torch_dtype) == ("studio", "float32")
    kl = torch.nn.functional.kl_div(
        logits.log_softmax(0), whole.log_softmax(0), log_target=True, reduction="sum"
    )
    assert kl < {"float32": 1e-6, "int8": 1e-2, "int4": 1.0}.get(precision, 1e-3)


def test_large_matrices_are_loaded_in_pieces(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = random_weights(TINY)
    folder = make_folder(weights={name: tensor.half() for name, tensor in weights.items()})
    found = model_files.find_weights(folder)
    names = {name: name for name in found.shapes}
    monkeypatch.setattr(checkpoint_files, "_PIECE", 4 * 32 * 130)  # two panels' rows
    read = list(checkpoint_files.each_tensor(found, names, PackedWeights.IN_PIECES))
    pieces = [(row, tensor) for name, tensor, row in read if name == "wte.weight"]
    assert [row for row, _ in pieces] == list(range(0, 4096, 128))
    assert torch.equal(torch.cat([tensor for _, tensor in pieces]), weights["wte.weight"].half().float())
    assert len(read) == len(names) - 1 + len(pieces)
    loaded = load(folder).model
    halves = {name: tensor.half().float() for name, tensor in weights.items()}
    assert torch.equal(loaded.forward(IDS[:20]), as_loaded(TINY, halves).forward(IDS[:20]))


def test_fewer_bits_take_less_memory() -> None:
    takes = [memory_bytes(TINY, name) for name in ("float32", "float16", "int8", "int4")]
    assert takes == sorted(takes, reverse=True)
    held = [compiled(SMALL, name).weights.n_bytes for name in ("float32", "float16", "int8", "int4")]
    assert held == sorted(held, reverse=True)
