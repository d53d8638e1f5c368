"""The forward pass is transformers', with and without the KV cache."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import pytest
import torch
import transformers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from studio.core import context
from studio.core.hardware import chunk_tokens
from studio.core.model import GPT2, GPT2Config, InterruptedReading
from tests.core.tiny import TINY, random_weights

CPU = torch.device("cpu")
SMALL = GPT2Config(vocab_size=300, n_positions=64, n_embd=64, n_layer=2, n_head=4, n_inner=256)
CONFIGS = {
    "2 layers": SMALL,
    "12 layers": replace(SMALL, n_layer=12),
    "768 wide": replace(SMALL, n_embd=768, n_head=12, n_inner=3072, vocab_size=1000),
    "gelu": replace(SMALL, activation_function="gelu"),
    "relu": replace(SMALL, activation_function="relu"),
    "gelu_pytorch_tanh": replace(SMALL, activation_function="gelu_pytorch_tanh"),
    "narrow mlp": replace(SMALL, n_inner=24),
    "unscaled": replace(SMALL, scale_attn_weights=False),
    "scaled by layer": replace(SMALL, scale_attn_by_inverse_layer_idx=True, n_layer=4),
    "untied head": replace(SMALL, tie_word_embeddings=False),
    "large epsilon": replace(SMALL, layer_norm_epsilon=0.1),
}


def reference(config: GPT2Config, *, upcast: bool = False) -> Any:
    """Transformers' model with random weights, several times as large as it would start with."""
    torch.manual_seed(0)
    model: Any = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            **asdict(config),
            reorder_and_upcast_attn=upcast,
            initializer_range=0.08,
            bos_token_id=0,
            eos_token_id=0,
        )
    )
    return model.eval()


def ours(model: Any, config: GPT2Config) -> GPT2:
    weights = {name.removeprefix("transformer."): tensor for name, tensor in model.state_dict().items()}
    return GPT2(config, weights, CPU)


def some_ids(n: int, vocab_size: int = 300) -> Tensor:
    return torch.randint(vocab_size, (n,), generator=torch.Generator().manual_seed(n))


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_logits_are_those_of_transformers(config: GPT2Config) -> None:
    theirs = reference(config)
    ids = some_ids(config.n_positions)
    with torch.inference_mode():
        expected = theirs(ids[None]).logits[0]
    model = ours(theirs, config)
    assert expected.std() > 0.1
    assert (model.forward_all(ids) - expected).abs().max() < 1e-4
    model.truncate(0)
    one_by_one = torch.stack([model.forward(token[None]) for token in ids])
    assert (one_by_one - expected).abs().max() < 1e-4


def test_upcast_attention_gives_the_same_logits_in_float32() -> None:
    theirs = reference(SMALL, upcast=True)
    with torch.inference_mode():
        expected = theirs(some_ids(20)[None]).logits[0]
    assert (ours(theirs, SMALL).forward_all(some_ids(20)) - expected).abs().max() < 1e-4


@given(cuts=st.sets(st.integers(1, 59)))
def test_reading_in_any_pieces_gives_the_logits_of_one_reading(cuts: set[int]) -> None:
    model = GPT2(TINY, random_weights(TINY), CPU)
    ids = some_ids(60)
    whole = model.forward_all(ids)
    model.truncate(0)
    borders = [0, *sorted(cuts), 60]
    parts = [model.forward_all(ids[a:b]) for a, b in pairwise(borders)]
    assert model.cached_ids == ids.tolist()
    torch.testing.assert_close(torch.cat(parts), whole, rtol=0, atol=1e-4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.tuples(st.integers(0, 50), st.lists(st.integers(0, 4095), min_size=1, max_size=14)), max_size=6
    )
)
def test_after_any_edits_the_cache_gives_the_logits_of_a_fresh_model(
    tiny_model: GPT2, edits: list[tuple[int, list[int]]]
) -> None:
    wanted = [1, 2, 3]
    for at, new in edits:
        wanted = wanted[:at] + new
        cached = list(tiny_model.cached_ids)
        common = next((i for i, (a, b) in enumerate(zip(cached, wanted, strict=False)) if a != b), None)
        n_reused = context.reuse(tiny_model, wanted)
        if common is not None:
            assert n_reused >= common  # what was cut off earlier may be put back
        logits = context.read(tiny_model, wanted)
        fresh = GPT2(TINY, random_weights(TINY), CPU).forward(torch.tensor(wanted))
        torch.testing.assert_close(logits, fresh, rtol=0, atol=1e-4)
        assert tiny_model.cached_ids == wanted


def test_only_what_follows_an_edit_is_read_again(tiny_model: GPT2, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    forward = tiny_model.forward

    def counting(ids: Tensor, *args: object) -> Tensor:
        read.append(len(ids))
        return forward(ids)

    monkeypatch.setattr(tiny_model, "forward", counting)
    ids = list(range(40))
    assert context.reuse(tiny_model, ids) == 0
    context.read(tiny_model, ids)
    assert context.reuse(tiny_model, [*ids[:30], 7, 8]) == 30
    context.read(tiny_model, [*ids[:30], 7, 8])
    assert context.reuse(tiny_model, ids[:20]) == 19  # one token is left to read
    context.read(tiny_model, ids[:20])
    assert read == [40, 2, 1]


def test_asking_for_the_same_context_again_reads_nothing_and_gives_the_same_bits(tiny_model: GPT2) -> None:
    ids = some_ids(30).tolist()
    context.reuse(tiny_model, ids)
    first = context.read(tiny_model, ids)
    tiny_model.forward(torch.tensor([5, 6, 7]))
    assert context.reuse(tiny_model, ids) == 30
    assert torch.equal(context.read(tiny_model, ids), first)
    assert tiny_model.cached_ids == ids


def test_the_context_window_cannot_overflow(tiny_model: GPT2) -> None:
    tiny_model.forward(some_ids(TINY.n_positions))
    with pytest.raises(ValueError, match="context window"):
        tiny_model.forward(torch.tensor([1]))
    with pytest.raises(ValueError, match="context window"):
        tiny_model.forward(torch.tensor([], dtype=torch.int64))
    assert len(tiny_model.cached_ids) == TINY.n_positions


@pytest.mark.parametrize("asked", range(1, 4))
def test_an_interrupted_reading_leaves_the_model_as_it_was(tiny_model: GPT2, asked: int) -> None:
    ids = some_ids(30)
    expected = tiny_model.forward(ids)
    tiny_model.truncate(10)
    answers = iter([False] * (asked - 1) + [True] * 9)
    if asked <= TINY.n_layer:
        with pytest.raises(InterruptedReading):
            tiny_model.forward(some_ids(20), lambda: next(answers))
        assert tiny_model.cached_ids == ids[:10].tolist()
    torch.testing.assert_close(tiny_model.forward(ids[10:]), expected, rtol=0, atol=1e-4)


def test_the_parameters_are_counted_once() -> None:
    for config in (SMALL, CONFIGS["untied head"], CONFIGS["narrow mlp"]):
        model = reference(config)
        assert config.n_parameters == sum(parameter.numel() for parameter in model.parameters())
    gpt2 = GPT2Config(vocab_size=50257, n_positions=1024, n_embd=768, n_layer=12, n_head=12, n_inner=3072)
    assert gpt2.n_parameters == 124_439_808


def test_larger_models_look_at_cancel_after_fewer_tokens() -> None:
    assert [chunk_tokens(n) for n in (10**6, 7_100_000, 30_000_000, 10**9)] == [256, 256, 64, 8]
