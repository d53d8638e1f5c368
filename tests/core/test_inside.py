"""Attention, hidden states, logit lens and gradients are transformers' own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
import torch
import transformers

from studio.core.inside import Trace, gradient_times_input, trace
from studio.core.model import GPT2, InterruptedReading
from tests.core.tiny import TINY, random_weights

IDS = [5, 17, 300, 5, 4000, 12, 9, 77, 1024, 3]


@pytest.fixture
def theirs() -> Any:
    config: Any = transformers.GPT2Config(**asdict(TINY), bos_token_id=0, eos_token_id=0)
    config._attn_implementation = "eager"
    model: Any = transformers.GPT2LMHeadModel(config)
    weights = {f"transformer.{name}": tensor for name, tensor in random_weights(TINY).items()}
    model.load_state_dict(weights, strict=False)
    return model.eval()


@pytest.fixture
def traced(tiny_model: GPT2) -> Trace:
    return trace(tiny_model, IDS)


def test_hidden_states_and_attentions_are_those_of_transformers(traced: Trace, theirs: Any) -> None:
    with torch.inference_mode():
        output = theirs(torch.tensor([IDS]), output_attentions=True, output_hidden_states=True)
    for ours, states in zip(traced.hidden[:-1], output.hidden_states[:-1], strict=True):
        assert torch.allclose(ours, states[0], atol=1e-4)
    for layer, attention in enumerate(output.attentions):
        assert torch.allclose(traced.attention(layer), attention[0, :, -1], atol=1e-5)
        for head in range(TINY.n_head):
            assert torch.allclose(traced.attention_map(layer, head), attention[0, head], atol=1e-5)


def test_the_last_row_of_the_lens_is_the_models_own_answer(traced: Trace, tiny_model: GPT2) -> None:
    lens = traced.lens()
    assert lens.shape == (TINY.n_layer + 1, TINY.vocab_size)
    assert torch.allclose(lens[-1], tiny_model.forward(torch.tensor(IDS)), atol=1e-4)
    assert not torch.allclose(lens[0], lens[-1], atol=1e-1)


def test_the_first_row_of_the_lens_is_the_head_on_the_embedding(traced: Trace, theirs: Any) -> None:
    with torch.inference_mode():
        states = theirs(torch.tensor([IDS]), output_hidden_states=True).hidden_states
        wanted = theirs.lm_head(theirs.transformer.ln_f(states[1][0, -1]))
    assert torch.allclose(traced.lens()[1], wanted, atol=1e-4)


def test_gradient_times_input_is_what_autograd_through_transformers_gives(traced: Trace, theirs: Any) -> None:
    embedded = theirs.transformer.wte(torch.tensor([IDS])).detach().requires_grad_()
    logprob = theirs(inputs_embeds=embedded).logits[0, -1].log_softmax(0)[42]
    logprob.backward()
    wanted = (embedded.grad * embedded)[0].sum(1)
    assert torch.allclose(gradient_times_input(traced, 42), wanted, atol=1e-3)


def test_looking_inside_leaves_the_cache_alone(tiny_model: GPT2) -> None:
    tiny_model.forward(torch.tensor(IDS[:4]))
    gradient_times_input(trace(tiny_model, IDS), 1)
    assert tiny_model.cached_ids == IDS[:4]
    rest = tiny_model.forward(torch.tensor(IDS[4:]))
    assert torch.allclose(rest, trace(tiny_model, IDS).lens()[-1], atol=1e-4)


def test_it_can_be_cancelled_between_layers(traced: Trace, tiny_model: GPT2) -> None:
    with pytest.raises(InterruptedReading):
        trace(tiny_model, IDS, lambda: True)
    with pytest.raises(InterruptedReading):
        gradient_times_input(traced, 1, lambda: True)


def test_a_head_that_is_off_adds_nothing(tiny_model: GPT2, theirs: Any) -> None:
    tiny_model.switch_off([(1, 2)], [])
    size = TINY.n_embd // TINY.n_head
    with torch.no_grad():
        theirs.transformer.h[1].attn.c_proj.weight[2 * size : 3 * size] = 0
        wanted = theirs(torch.tensor([IDS])).logits[0, -1]
    assert torch.allclose(tiny_model.forward(torch.tensor(IDS)), wanted, atol=1e-4)
    tiny_model.switch_off([], [])
    assert not torch.allclose(tiny_model.forward(torch.tensor(IDS)), wanted, atol=1e-2)


def test_a_layer_that_is_off_passes_on_what_it_gets(tiny_model: GPT2, theirs: Any) -> None:
    tiny_model.forward(torch.tensor(IDS))
    tiny_model.switch_off([], [0])
    assert tiny_model.cached_ids == []
    del theirs.transformer.h[0]
    theirs.config.n_layer = 1
    theirs.transformer.h[0].attn.layer_idx = 0
    with torch.inference_mode():
        wanted = theirs(torch.tensor([IDS]), use_cache=False).logits[0, -1]
    assert torch.allclose(tiny_model.forward(torch.tensor(IDS)), wanted, atol=1e-4)
    assert torch.allclose(trace(tiny_model, IDS).lens()[-1], wanted, atol=1e-4)


@pytest.mark.parametrize(("heads", "layers"), [([(0, 4)], []), ([(2, 0)], []), ([(-1, 0)], []), ([], [2])])
def test_what_the_model_does_not_have_cannot_be_switched_off(
    tiny_model: GPT2, heads: list[tuple[int, int]], layers: list[int]
) -> None:
    with pytest.raises(IndexError):
        tiny_model.switch_off(heads, layers)
