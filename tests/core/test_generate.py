"""Drawing, stopping and the context window: a generation yields what was asked for, whatever was asked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from studio.core.choice import sampling_probs
from studio.core.errors import StudioError
from studio.core.generate import generate
from studio.core.messages import (
    END_OF_TEXT,
    FinishReason,
    Generate,
    GenerationFinished,
    GenerationStarted,
    Token,
)
from studio.core.model import GPT2, CausalLM, never
from studio.core.other_tokenizer import load_tokenizer
from studio.core.parameters import Stage
from studio.core.processors import LogitsProcessor, Temperature
from studio.core.running import Pure
from studio.core.tokenizer import Tokenizer
from tests.core.tiny import STARTER, TINY

GREEDY = (Temperature(temperature=0.0),)


@dataclass(frozen=True)
class Plan(Pure):
    """A processor that makes the model say `ids` from position `start` on, then `rest`."""

    stage: ClassVar[Stage] = Temperature.stage
    ids: tuple[int, ...]
    start: int
    rest: int = 1

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        step = len(ids) - self.start
        wanted = self.ids[step] if step < len(self.ids) else self.rest
        return torch.full_like(logits, -math.inf).index_fill(0, torch.tensor([wanted]), 0.0)


@dataclass(frozen=True)
class Nothing(Pure):
    """A processor that leaves no token, or no number."""

    stage: ClassVar[Stage] = Temperature.stage
    value: float = -math.inf

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        return torch.full_like(logits, self.value)


def request(prompt: str = "Once upon a time", n: int = 10, **changes: Any) -> Generate:
    base = Generate(1, prompt, (), (), n, seed=7)
    return replace(base, **changes)


def run(
    model: CausalLM, tokenizer: Tokenizer, asked: Generate
) -> tuple[GenerationStarted, list[Token], GenerationFinished]:
    started, *tokens, finished = generate(model, tokenizer, asked, never)
    assert isinstance(started, GenerationStarted)
    assert isinstance(finished, GenerationFinished)
    only_tokens = [token for token in tokens if isinstance(token, Token)]
    assert len(only_tokens) == len(tokens) == finished.n_tokens
    return started, only_tokens, finished


def say(
    model: CausalLM, tokenizer: Tokenizer, text: str, n: int = 30, **changes: Any
) -> tuple[str, GenerationFinished]:
    """Let the model say `text` one byte per token, with the given stop strings and so on."""
    ids = tuple(tokenizer.encode(chr(code)).ids[0] for code in text.encode("ascii"))
    prompt_tokens = len(tokenizer.encode("x"))
    _, tokens, finished = run(
        model, tokenizer, request("x", n, processors=(Plan(ids, prompt_tokens),), **changes)
    )
    return "".join(token.text for token in tokens), finished


# -- the chain -----------------------------------------------------------------------------------------------


def test_a_chain_that_leaves_nothing_falls_back_to_the_models_favourite() -> None:
    logits = torch.tensor([1.0, 5.0, -math.inf, 2.0])
    for value in (-math.inf, math.nan):
        probs = sampling_probs((Nothing(value),), torch.tensor([0]), logits)
        assert probs.tolist() == [0, 1, 0, 0]
    mixed = sampling_probs((), torch.tensor([0]), torch.tensor([math.inf, 1.0, math.inf, -math.inf]))
    assert mixed.tolist() == [0.5, 0, 0.5, 0]


# -- tokens ------------------------------------------------------------------------------------------------


def test_tokens_carry_the_distribution_they_were_drawn_from(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    asked = request(processors=(Temperature(temperature=0.7),))
    started, tokens, finished = run(tiny_model, starter_tokenizer, asked)
    context = starter_tokenizer.encode(asked.prompt).ids
    assert started.n_context_tokens == len(context)
    assert (finished.reason, finished.n_tokens) == (FinishReason.LENGTH, 10)
    for token in tokens:
        tiny_model.truncate(0)
        logits = tiny_model.forward(torch.tensor(context)).double()
        logprobs = logits.log_softmax(0)
        sampling = (logits / 0.7).softmax(0)
        order = logprobs.argsort(descending=True)
        assert token.logprob == pytest.approx(float(logprobs[token.token_id]), abs=1e-4)
        assert token.sampling_prob == pytest.approx(float(sampling[token.token_id]), abs=1e-4)
        assert int(order[token.rank - 1]) == token.token_id
        assert token.entropy == pytest.approx(float(-(logprobs.exp() * logprobs).sum()), abs=1e-3)
        assert [candidate.token_id for candidate in token.candidates] == order[:20].tolist()
        for candidate in token.candidates:
            assert candidate.text == starter_tokenizer.display(candidate.token_id)
            assert candidate.logprob == pytest.approx(float(logprobs[candidate.token_id]), abs=1e-4)
            assert candidate.sampling_prob == pytest.approx(float(sampling[candidate.token_id]), abs=1e-4)
        assert token.raw == starter_tokenizer.token_bytes(token.token_id)
        context.append(token.token_id)


def test_the_same_seed_gives_the_same_tokens_and_another_seed_others(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    first = run(tiny_model, starter_tokenizer, request(n=30))[1]
    again = run(tiny_model, starter_tokenizer, request(n=30))[1]
    other = run(tiny_model, starter_tokenizer, request(n=30, seed=8))[1]
    assert first == again  # to the last bit, although the second reused the cache
    assert [token.token_id for token in first] != [token.token_id for token in other]


def test_greedy_takes_the_favourite_each_time(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    tokens = run(tiny_model, starter_tokenizer, request(processors=GREEDY))[1]
    assert [(token.rank, token.sampling_prob) for token in tokens] == [(1, 1.0)] * 10


def test_processors_see_the_context_and_what_was_written(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    seen: list[list[int]] = []

    @dataclass(frozen=True)
    class Spy(Pure):
        stage: ClassVar[Stage] = Temperature.stage

        def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
            seen.append(ids.tolist())
            return logits

    tokens = run(tiny_model, starter_tokenizer, request(processors=(Spy(),), n=3))[1]
    context = starter_tokenizer.encode("Once upon a time").ids
    written = [token.token_id for token in tokens]
    assert seen == [context, context + written[:1], context + written[:2]]


@given(seed=st.integers(0, 2**63 - 1))
def test_the_texts_join_to_the_bytes_decoded(
    seed: int, starter_tokenizer: Tokenizer, shared_model: GPT2
) -> None:
    tokens = run(shared_model, starter_tokenizer, request(n=20, seed=seed, stop_at_end_of_text=False))[1]
    text = "".join(token.text for token in tokens)
    assert all(not token.text.endswith("\ufffd") or token.raw for token in tokens)
    ends = [i for i, token in enumerate(tokens) if token.token_id == 0]
    if not ends:
        raw = b"".join(token.raw for token in tokens)
        whole = raw.decode("utf-8", errors="replace")
        assert whole.startswith(text)
        assert set(whole[len(text) :]) <= {"\ufffd"}


@pytest.fixture(scope="module")
def shared_model() -> GPT2:
    from tests.core.tiny import random_weights

    return GPT2(TINY, random_weights(TINY), torch.device("cpu"))


def test_half_a_character_at_the_end_is_not_shown(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    ids = tuple(starter_tokenizer.encode("🙂").ids)
    n = len(starter_tokenizer.encode("x"))
    whole = run(tiny_model, starter_tokenizer, request("x", len(ids), processors=(Plan(ids, n),)))[1]
    assert [token.text for token in whole] == [""] * (len(ids) - 1) + ["🙂"]
    half = run(tiny_model, starter_tokenizer, request("x", len(ids) - 1, processors=(Plan(ids, n),)))[1]
    assert [token.text for token in half] == [""] * (len(ids) - 1)
    assert b"".join(token.raw for token in half) == "🙂".encode()[:-1]


# -- the context window ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_prompt", [0, 1, 2, 53, 54, 55, 63, 64, 65, 1000])
@pytest.mark.parametrize("max_new", [0, 1, 10, 63, 64, 5000])
def test_the_context_never_overflows(
    tiny_model: GPT2, starter_tokenizer: Tokenizer, n_prompt: int, max_new: int
) -> None:
    prompt = "a" + " a" * (n_prompt - 1) if n_prompt else ""
    assert len(starter_tokenizer.encode(prompt)) == n_prompt
    asked = request(prompt, max_new, stop_at_end_of_text=False)
    started, tokens, finished = run(tiny_model, starter_tokenizer, asked)
    new = min(max_new, 63)
    visible = max(1, min(n_prompt, 64 - new))
    assert (started.n_prompt_tokens, started.n_context_tokens) == (n_prompt, visible)
    assert (started.max_new_tokens, len(tokens)) == (new, new)
    assert finished.reason is FinishReason.LENGTH
    assert started.visible_start == max(0, 2 * (n_prompt - visible) - 1)


def test_an_empty_prompt_starts_from_end_of_text(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    empty = run(tiny_model, starter_tokenizer, request(""))[1]
    explicit = run(tiny_model, starter_tokenizer, request(END_OF_TEXT, special_offsets=(0,)))[1]
    assert [token.token_id for token in empty] == [token.token_id for token in explicit]
    typed = run(tiny_model, starter_tokenizer, request(END_OF_TEXT))[0]
    assert typed.n_prompt_tokens > 1


@pytest.mark.parametrize("prompt", ["", "a", "a" + " a" * 999])
def test_what_a_model_expects_before_every_text_stays_in_the_window(tiny_model: GPT2, prompt: str) -> None:
    tokenizer = load_tokenizer(STARTER, 4096, 0)
    tokenizer.prefix_ids = (5, 6)
    started, tokens, _ = run(tiny_model, tokenizer, request(prompt, 20, stop_at_end_of_text=False))
    assert len(tokens) == 20
    assert tiny_model.cached_ids[:2] == [5, 6]
    n = len(tokenizer.encode(prompt))
    assert (started.n_prompt_tokens, started.n_context_tokens) == (n, max(1, min(n, 64 - 2 - 20)))


@pytest.mark.parametrize("prompt", ["🙂" * 50, "春眠不觉晓" * 50, "مرحبا " * 50, "\x00", "\ud800", " \n\t"])
def test_any_script_can_be_continued(tiny_model: GPT2, starter_tokenizer: Tokenizer, prompt: str) -> None:
    started, tokens, _ = run(tiny_model, starter_tokenizer, request(prompt, stop_at_end_of_text=False))
    assert len(tokens) == 10
    assert 0 <= started.visible_start < len(prompt)


def test_the_visible_text_is_what_the_model_read(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    prompt = "The little dog ran 🙂 over the green hill. " * 20
    started = run(tiny_model, starter_tokenizer, request(prompt, 20))[0]
    visible = starter_tokenizer.encode(prompt).tail(started.n_context_tokens)
    raw = b"".join(map(starter_tokenizer.token_bytes, visible))
    assert prompt[started.visible_start :].encode().endswith(raw)
    assert len(prompt[started.visible_start :].encode()) - len(raw) < 4


def test_only_the_changed_end_of_the_prompt_is_read_again(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    first = run(tiny_model, starter_tokenizer, request("One two three four five"))[0]
    again = run(tiny_model, starter_tokenizer, request("One two three four five"))[0]
    edited = run(tiny_model, starter_tokenizer, request("One two three four six"))[0]
    assert first.n_reused_tokens == 0
    assert again.n_reused_tokens == again.n_context_tokens
    same = zip(
        starter_tokenizer.encode("One two three four five").ids,
        starter_tokenizer.encode("One two three four six").ids,
        strict=False,
    )
    assert edited.n_reused_tokens == sum(a == b for a, b in same)


# -- ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "said", "left"),
    [
        (("aab",), "xaaaby", "xa"),  # a matcher that starts over after a mismatch misses this one
        (("b",), "abc", "a"),
        (("a",), "abc", ""),
        (("abc", "b"), "xabc", "xa"),  # "b" is complete first
        (("abab",), "aababc", "a"),
        (("", "b"), "ab", "a"),
        (("ab", "cab"), "xcab", "x"),  # they end together: the longer one
        (("\n\n",), "a\n\n\nb", "a"),
    ],
)
def test_a_stop_string_ends_the_text_before_it(
    tiny_model: GPT2, starter_tokenizer: Tokenizer, stop: tuple[str, ...], said: str, left: str
) -> None:
    text, finished = say(tiny_model, starter_tokenizer, said, stop=stop)
    assert text == left
    assert finished.reason is FinishReason.STOP
    assert finished.stop_string in stop
    assert finished.stop_string


def test_what_looked_like_a_stop_string_appears_after_all(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    text, finished = say(tiny_model, starter_tokenizer, "xabab", n=5, stop=("ababc", "zz"))
    assert (text, finished.reason) == ("xabab", FinishReason.LENGTH)
    assert finished.stop_string is None


def test_a_stop_string_equal_to_the_prompt_is_looked_for_in_the_new_text_only(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    text, finished = say(tiny_model, starter_tokenizer, "abxc", stop=("x",))
    assert (text, finished.reason) == ("ab", FinishReason.STOP)


def test_end_of_text_ends_the_text_or_is_written_as_asked(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    n = len(starter_tokenizer.encode("x"))
    plan = (Plan((70, 0, 71), n, rest=72),)
    _, tokens, finished = run(tiny_model, starter_tokenizer, request("x", 5, processors=plan))
    assert ([token.token_id for token in tokens], finished.reason) == ([70], FinishReason.END_OF_TEXT)
    _, tokens, finished = run(
        tiny_model, starter_tokenizer, request("x", 5, processors=plan, stop_at_end_of_text=False)
    )
    assert [token.token_id for token in tokens] == [70, 0, 71, 72, 72]
    assert tokens[1].text == END_OF_TEXT
    assert finished.reason is FinishReason.LENGTH


def test_stop_keeps_what_was_written_and_what_was_held_back(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    answers: Iterator[bool] = iter([False] * 4 + [True] * 9)
    n = len(starter_tokenizer.encode("x"))
    ids = tuple(starter_tokenizer.encode(letter).ids[0] for letter in "abab")
    asked = request("x", 30, processors=(Plan(ids, n),), stop=("ababab",))
    _, *tokens, finished = generate(tiny_model, starter_tokenizer, asked, lambda: next(answers))
    assert "".join(token.text for token in tokens if isinstance(token, Token)) == "abab"
    assert isinstance(finished, GenerationFinished)
    assert (finished.reason, finished.n_tokens) == (FinishReason.CANCELLED, 4)


def test_stop_while_the_prompt_is_read_gives_no_token(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    asked: list[bool] = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) >= 3  # once before the prompt is read, then once per layer

    started, finished = generate(tiny_model, starter_tokenizer, request(n=5), cancelled)
    assert isinstance(started, GenerationStarted)
    assert isinstance(finished, GenerationFinished)
    assert (finished.reason, finished.n_tokens, tiny_model.cached_ids) == (FinishReason.CANCELLED, 0, [])
    assert len(run(tiny_model, starter_tokenizer, request(n=5))[1]) == 5


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_broken_numbers_are_named_and_the_text_so_far_is_kept(
    tiny_model: GPT2, starter_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    forward = tiny_model.forward
    calls: list[int] = []

    def breaking(ids: Tensor, *args: Any) -> Tensor:
        calls.append(1)
        logits = forward(ids, *args)
        return logits.index_fill(0, torch.tensor([3]), value) if len(calls) == 4 else logits

    monkeypatch.setattr(tiny_model, "forward", breaking)
    events = generate(tiny_model, starter_tokenizer, request(), never)
    assert isinstance(next(events), GenerationStarted)
    assert [isinstance(next(events), Token) for _ in range(3)] == [True] * 3
    with pytest.raises(StudioError, match="token 4"):
        next(events)


def test_what_was_held_back_is_not_lost_when_numbers_break(
    tiny_model: GPT2, starter_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = len(starter_tokenizer.encode("x"))
    ids = tuple(starter_tokenizer.encode(letter).ids[0] for letter in "abab")
    forward = tiny_model.forward
    monkeypatch.setattr(
        tiny_model,
        "forward",
        lambda ids, *args: forward(ids, *args) * (math.nan if len(tiny_model.cached_ids) == n + 3 else 1),
    )
    seen: list[str] = []

    def listen() -> None:
        asked = request("x", processors=(Plan(ids, n),), stop=("ababab",))
        for event in generate(tiny_model, starter_tokenizer, asked, never):
            if isinstance(event, Token):
                seen.append(event.text)

    with pytest.raises(StudioError, match="token 4"):
        listen()
    assert seen == ["a", "b", "a"]


CHAINS: list[tuple[LogitsProcessor, ...]] = [
    (),
    GREEDY,
    (Temperature(temperature=1e-30),),
    (Temperature(temperature=1e30),),
    (Nothing(),),
    (Nothing(math.nan),),
    (Nothing(math.inf),),
    (Nothing(), Temperature(temperature=0.5)),
]


@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_no_chain_empties_the_support(
    tiny_model: GPT2, starter_tokenizer: Tokenizer, chain: tuple[LogitsProcessor, ...]
) -> None:
    asked = request(processors=chain, stop_at_end_of_text=False)
    tokens = run(tiny_model, starter_tokenizer, asked)[1]
    assert len(tokens) == 10
    assert all(token.sampling_prob > 0 for token in tokens)
