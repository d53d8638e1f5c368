"""Contrastive search writes what the paper's formula gives when everything is read again at every step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor
from torch.nn.functional import cosine_similarity

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.errors import StudioError
from studio.core.generate import generate
from studio.core.model import CausalLM, never
from studio.core.other_model import TransformersLM
from studio.core.processors import ContrastiveSearch, TopK
from studio.core.tokenizer import Tokenizer
from tests.core.tiny import TINY, random_weights

PROMPT = "Once upon a time, there was a little girl who had a"


def literally(theirs: Any, ids: list[int], k: int, alpha: float, n: int) -> list[int]:
    """Su et al. 2022, equation 5, with transformers' model and no cache."""

    def hidden(read: list[int]) -> tuple[Tensor, Tensor]:
        out = theirs(torch.tensor([read]), output_hidden_states=True)
        return out.hidden_states[-1][0], out.logits[0, -1].softmax(0)

    written: list[int] = []
    for _ in range(n):
        _, probs = hidden(ids + written)
        best, chosen = -9.0, -1
        for p, token in zip(*(part.tolist() for part in probs.topk(k)), strict=True):
            states, _ = hidden([*ids, *written, token])
            likeness = float(cosine_similarity(states[-1:], states[:-1]).max())
            if (score := (1 - alpha) * p - alpha * likeness) > best:
                best, chosen = score, token
        written.append(chosen)
    return written


def write(engine: Engine, *stages: Any, seed: int = 3, n: int = 20) -> list[m.Token]:
    request = m.Generate(5, PROMPT, (), stages, n, seed, (), stop_at_end_of_text=False)
    events = list(engine.run(request))
    assert isinstance(events[-1], m.GenerationFinished), events[-1]
    return [token for e in events if isinstance(e, m.TokensGenerated) for token in e.tokens]


@pytest.mark.parametrize(("k", "alpha"), [(4, 0.6), (8, 0.3), (5, 1.0)])
@pytest.mark.parametrize("seed", [1, 2])
def test_it_is_the_papers_formula_read_literally(make_folder: Any, seed: int, k: int, alpha: float) -> None:
    folder = make_folder(weights=random_weights(TINY, seed))
    engine = Engine()
    list(engine.run(m.LoadModel(1, str(folder), "cpu")))
    auto: Any = transformers.AutoModelForCausalLM
    theirs = auto.from_pretrained(folder, dtype=torch.float32).eval()
    ids = engine._loaded().tokenizer.encode(PROMPT).ids
    tokens = write(engine, ContrastiveSearch(alpha, k))
    with torch.inference_mode():
        assert [token.token_id for token in tokens] == literally(theirs, ids, k, alpha, 20)
    assert all(token.sampling_prob == 1.0 for token in tokens)


def test_no_seed_changes_it_and_the_stages_before_it_count(starter_engine: Engine) -> None:
    def ids(*stages: Any, seed: int = 3) -> list[int]:
        return [token.token_id for token in write(starter_engine, *stages, seed=seed)]

    searched = ids(ContrastiveSearch(0.6, 4))
    greedy = ids(TopK(1))
    assert ids(ContrastiveSearch(0.6, 4), seed=77) == searched != greedy
    assert ids(TopK(1), ContrastiveSearch(0.6, 4)) == greedy
    assert ids(ContrastiveSearch(0.0, 4)) == ids() == ids(ContrastiveSearch(0.6, 1))


def test_several_at_once_are_all_the_same_text(starter_engine: Engine) -> None:
    stage = ContrastiveSearch(0.6, 4)
    single = [token.token_id for token in write(starter_engine, stage, n=12)]
    request = m.GenerateAlternatives(5, PROMPT, (), (stage,), 12, (3, 4), (), stop_at_end_of_text=False)
    rows: list[list[int]] = [[], []]
    for event in starter_engine.run(request):
        if isinstance(event, m.AlternativeTokens):
            rows[event.index] += [token.token_id for token in event.tokens]
    assert rows == [single, single]


def test_a_place_shows_the_token_that_was_written(starter_engine: Engine) -> None:
    chain = (ContrastiveSearch(0.6, 4),)
    tokens = write(starter_engine, *chain, n=8)
    ids = tuple(token.token_id for token in tokens)
    for at, token in enumerate(tokens):
        request = m.InspectPlace(8, m.GeneratedPlace(PROMPT, (), 8, ids[:at]), chain, 3, (token.token_id,))
        assert starter_engine.quick(request) is None  # it takes a forward pass
        (answer,) = starter_engine.run(request)
        assert isinstance(answer, m.PlaceInspected)
        assert answer.wanted[0].sampling_prob == 1.0


def test_it_fills_the_window_and_stops_at_once(make_folder: Any) -> None:
    engine = Engine()
    list(engine.run(m.LoadModel(1, str(make_folder()), "cpu")))
    chain = (ContrastiveSearch(0.6, 4),)
    long = "The dog ran over the hill. " * 60
    request = m.Generate(2, long, (), chain, TINY.n_positions - 10, 3, (), stop_at_end_of_text=False)
    *_, finished = engine.run(request)
    assert isinstance(finished, m.GenerationFinished)
    assert finished.n_tokens == TINY.n_positions - 10
    asked = iter([False] * 6 + [True] * 1000)
    *_, finished = engine.run(request, lambda: next(asked))
    assert isinstance(finished, m.GenerationFinished)
    assert finished.reason is m.FinishReason.CANCELLED


def test_another_architecture_is_refused_before_anything_is_written(starter_tokenizer: Tokenizer) -> None:
    config = transformers.LlamaConfig(
        vocab_size=4096, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4,
        max_position_embeddings=64,
    )  # fmt: skip
    backend: Any = transformers.LlamaForCausalLM(config)
    model: CausalLM = TransformersLM(backend.eval(), config, torch.device("cpu"))
    request = m.Generate(2, PROMPT, (), (ContrastiveSearch(0.6, 4),), 5, 3)
    with pytest.raises(StudioError, match="GPT-2 models only"):
        next(iter(generate(model, starter_tokenizer, request, never)))
    off = replace(request, processors=(ContrastiveSearch(),))
    assert isinstance(next(iter(generate(model, starter_tokenizer, off, never))), m.GenerationStarted)
