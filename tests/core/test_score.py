"""Scores are what a plain computation with transformers gives, for texts of any length."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from studio.core.errors import StudioError
from studio.core.messages import ScoreText, TextScored
from studio.core.model import GPT2, CausalLM, InterruptedReading, never
from studio.core.score import score
from studio.core.tokenizer import Tokenizer
from tests.core.tiny import TINY, random_weights

TEXT = "Once upon a time a little dog ran over the green hill. 🙂 Then 春眠 came.\n\n" * 12


def run(model: CausalLM, tokenizer: Tokenizer, text: str, stride: int | None = None) -> TextScored:
    scoring = score(model, tokenizer, ScoreText(1, text, stride), never)
    fractions = []
    while True:
        try:
            fractions.append(next(scoring))
        except StopIteration as stop:
            assert fractions == sorted(fractions)
            assert fractions[-1] == 1
            result = stop.value
            assert isinstance(result, TextScored)
            return result


@pytest.fixture(scope="module")
def theirs() -> Any:
    model: Any = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(**asdict(TINY), bos_token_id=0, eos_token_id=0)
    )
    weights = {f"transformer.{name}": tensor for name, tensor in random_weights(TINY).items()}
    model.load_state_dict(weights, strict=False)
    return model.eval()


def plain_logprobs(theirs: Any, ids: list[int], stride: int) -> Tensor:
    """Log-probabilities of the whole vocabulary, window by window, each token's from its first: (n, V)."""
    sequence = [0, *ids]
    rows: list[Tensor] = []
    begin = 0
    while len(rows) < len(ids):
        window = torch.tensor(sequence[begin : begin + TINY.n_positions])
        with torch.inference_mode():
            logprobs = theirs(window[None]).logits[0].log_softmax(1)
        rows += [logprobs[i] for i in range(len(rows) - begin, len(window)) if begin + i < len(ids)]
        begin += stride
    return torch.stack(rows)


@pytest.mark.parametrize(
    ("n_words", "stride"),
    [(1, None), (9, None), (10_000, None), (10_000, 1), (10_000, 20), (10_000, 64), (10_000, 500)],
)
def test_scores_are_those_of_a_plain_computation(
    tiny_model: GPT2,
    starter_tokenizer: Tokenizer,
    theirs: Any,
    n_words: int,
    stride: int | None,
) -> None:
    text = " ".join(TEXT.split(" ")[:n_words])
    result = run(tiny_model, starter_tokenizer, text, stride)
    ids = starter_tokenizer.encode(text).ids
    assert result.stride == min(stride or 32, 64)
    expected = plain_logprobs(theirs, ids, result.stride)
    assert [token.token_id for token in result.tokens] == ids
    for token, logprobs in zip(result.tokens, expected, strict=True):
        chosen = float(logprobs[token.token_id])
        assert token.logprob == pytest.approx(chosen, abs=1e-3)
        low, high = int((logprobs > chosen + 1e-3).sum()) + 1, int((logprobs > chosen - 1e-3).sum()) + 1
        assert low <= token.rank <= high
        assert token.entropy == pytest.approx(float(-(logprobs.exp() * logprobs).sum()), abs=1e-3)
    nats = -sum(float(row[token_id]) for row, token_id in zip(expected, ids, strict=True))
    assert result.n_bytes == len(text.encode())
    assert result.perplexity == pytest.approx(math.exp(nats / len(ids)), rel=1e-3)
    assert result.bits_per_byte == pytest.approx(nats / math.log(2) / result.n_bytes, rel=1e-4)
    assert b"".join(token.raw for token in result.tokens) == text.encode()
    assert "".join(token.text for token in result.tokens) == text


def test_logits_of_a_long_text_are_never_in_memory_together(
    tiny_model: GPT2, starter_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    largest = 0
    forward_all = tiny_model.forward_all

    def measuring(ids: Tensor, cancelled: Callable[[], bool] = never) -> Tensor:
        nonlocal largest
        largest = max(largest, len(ids))
        return forward_all(ids, cancelled)

    monkeypatch.setattr(tiny_model, "forward_all", measuring)
    tiny_model.chunk_tokens = 16
    run(tiny_model, starter_tokenizer, TEXT)
    assert largest == 16


def test_an_empty_text_is_refused(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    with pytest.raises(StudioError, match="no text"):
        next(score(tiny_model, starter_tokenizer, ScoreText(1, ""), never))


def test_surrogates_are_scored_like_replacement_characters(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    assert run(tiny_model, starter_tokenizer, "a\ud83d") == run(tiny_model, starter_tokenizer, "a\ufffd")


def test_scoring_can_be_stopped(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    answers = iter([False] * 5 + [True] * 99)
    with pytest.raises(InterruptedReading):
        for _ in score(tiny_model, starter_tokenizer, ScoreText(1, TEXT), lambda: next(answers)):
            pass
    assert run(tiny_model, starter_tokenizer, "Fine.").tokens


def test_broken_numbers_are_an_error(
    tiny_model: GPT2, starter_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        tiny_model, "forward_all", lambda ids, cancelled: torch.full((len(ids), 4096), math.nan)
    )
    with pytest.raises(StudioError, match="numbers"):
        run(tiny_model, starter_tokenizer, "a")
