"""Guidance by a negative prompt is what transformers computes, with a context of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers.generation.logits_process import UnbatchedClassifierFreeGuidanceLogitsProcessor

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.generate import generate
from studio.core.messages import Generate, Token
from studio.core.model import GPT2, CausalLM, never
from studio.core.other_model import TransformersLM
from studio.core.processors import Guidance, Temperature
from studio.core.running import RunStart
from studio.core.tokenizer import Tokenizer
from tests.core.tiny import STARTER, TINY

PROMPT = "Once upon a time, there was a little"
NEGATIVE = "The dog was sad. The dog was"


@pytest.fixture(scope="module")
def theirs() -> Any:
    auto: Any = transformers.AutoModelForCausalLM
    return auto.from_pretrained(STARTER, dtype=torch.float32).eval()


@pytest.mark.parametrize("negative", [NEGATIVE, ""])
@pytest.mark.parametrize("scale", [1.5, 3.0, 0.5])
def test_agrees_with_transformers_at_every_step(
    starter_engine: Engine, theirs: Any, scale: float, negative: str
) -> None:
    checkpoint = starter_engine._loaded()
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    prompt = tokenizer.encode(PROMPT).ids
    ids = torch.tensor(prompt)
    given = torch.tensor([tokenizer.encode(negative).ids]) if negative else None
    make: Any = UnbatchedClassifierFreeGuidanceLogitsProcessor
    reference = make(scale, theirs, unconditional_ids=given)
    running = Guidance(scale, negative).begin(RunStart(1, len(prompt), tokenizer, model))
    with torch.inference_mode():
        for _ in range(8):
            logits = theirs(ids[None]).logits[0, -1]
            ours, wanted = running(ids, logits), reference(ids[None], logits[None])[0]
            assert torch.allclose(ours, wanted, atol=1e-3)
            assert torch.equal(running(ids, logits), ours)  # asked twice
            ids = torch.cat([ids, wanted.argmax()[None]])


def test_the_text_moves_away_and_comes_again_with_its_seed(starter_engine: Engine) -> None:
    def write(*stages: Any, job: int = 3) -> str:
        messages = starter_engine.run(Generate(job, PROMPT, (), (*stages, Temperature(0.8)), 30, 5))
        return "".join(t.text for e in messages if isinstance(e, m.TokensGenerated) for t in e.tokens)

    plain = write()
    guided = write(Guidance(2.0, NEGATIVE))
    assert guided != plain
    assert write(Guidance(2.0, NEGATIVE)) == guided
    assert write(Guidance(1.0, NEGATIVE)) == plain
    both = list(
        starter_engine.run(
            m.GenerateAlternatives(3, PROMPT, (), (Guidance(2.0, NEGATIVE), Temperature(0.8)), 30, (5, 6))
        )
    )
    first = [e for e in both if isinstance(e, m.AlternativeTokens) and e.index == 0]
    assert "".join(t.text for e in first for t in e.tokens) == guided


def test_the_probability_of_a_place_is_that_of_the_draw(starter_engine: Engine) -> None:
    chain = (Guidance(2.0, NEGATIVE), Temperature(0.8))
    messages = list(starter_engine.run(Generate(7, PROMPT, (), chain, 10, 3)))
    tokens = [t for e in messages if isinstance(e, m.TokensGenerated) for t in e.tokens]
    ids = tuple(t.token_id for t in tokens)
    for k, token in enumerate(tokens):
        request = m.InspectPlace(8, m.GeneratedPlace(PROMPT, (), 10, ids[:k]), chain, 3, (token.token_id,))
        assert starter_engine.quick(request) is None  # it takes a forward pass
        (answer,) = starter_engine.run(request)
        assert isinstance(answer, m.PlaceInspected)
        assert answer.wanted[0].sampling_prob == pytest.approx(token.sampling_prob, abs=4e-3)


def test_it_fits_into_the_window_and_stops_at_once(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    long = "The dog ran over the hill. " * 60
    request = Generate(1, long, (), (Guidance(1.5, long),), 40, 3)
    model: CausalLM = tiny_model
    written = [e for e in generate(model, starter_tokenizer, request, never) if isinstance(e, Token)]
    assert len(written) == 40
    assert len(tiny_model.cached_ids) <= TINY.n_positions
    asked = iter([False] * 20 + [True] * 1000)
    *_, finished = generate(model, starter_tokenizer, request, lambda: next(asked))
    assert isinstance(finished, m.GenerationFinished)
    assert finished.reason is m.FinishReason.CANCELLED


def test_a_twin_has_a_cache_of_its_own(tiny_model: GPT2, make_folder: Any, tmp_path: Path) -> None:
    config: Any = transformers.GPT2Config(vocab_size=96, n_positions=64, n_embd=32, n_layer=2, n_head=4)
    backend: Any = transformers.GPT2LMHeadModel(config)
    other = TransformersLM(backend.eval(), config, torch.device("cpu"))
    for model in (tiny_model, other):
        ids = torch.tensor([5, 6, 7, 8])
        model.truncate(0)
        before = model.forward(ids)
        twin = model.twin()
        assert twin is model.twin()
        assert twin is not model.twin(1)
        assert torch.allclose(twin.forward(ids), before)
        twin.forward(torch.tensor([9]))
        assert model.cached_ids == [5, 6, 7, 8]
        twin.truncate(0)
        assert torch.allclose(model.forward(torch.tensor([9])), _whole(model, [5, 6, 7, 8, 9]), atol=1e-4)


def _whole(model: CausalLM, ids: list[int]) -> torch.Tensor:
    model.truncate(0)
    return model.forward(torch.tensor(ids))
