"""Several continuations at once: each is what its seed writes alone, and the model is left as it was."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
import transformers
from torch import Tensor

from studio.core.alternatives import generate_alternatives
from studio.core.engine import Engine
from studio.core.errors import StudioError
from studio.core.generate import generate
from studio.core.messages import (
    AlternativeTokens,
    FinishReason,
    Generate,
    GenerateAlternatives,
    GenerationFinished,
    GenerationStarted,
    Token,
)
from studio.core.model import GPT2, CausalLM, never
from studio.core.other_model import TransformersLM
from studio.core.parameters import Stage
from studio.core.processors import (
    Dry,
    LogitBias,
    LogitsProcessor,
    Mirostat,
    Temperature,
    TopK,
    Xtc,
)
from studio.core.running import Pure
from studio.core.tokenizer import Tokenizer
from tests.core.several import PROMPT, SEEDS, Written, ask, sort
from tests.core.tiny import TINY, random_weights


@dataclass(frozen=True)
class Script(Pure):
    """A processor that lets alternative k write `scripts[k]`, told apart by its first token.

    The first token is drawn evenly from the scripts' first tokens; -1 there: breaks with `error`.
    """

    stage: ClassVar[Stage] = Temperature.stage
    scripts: tuple[tuple[int, ...], ...]
    start: int

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        written = ids[self.start :].tolist()
        wanted = {script[0] for script in self.scripts}
        if written:
            script = next(script for script in self.scripts if script[0] == written[0])
            wanted = {script[min(len(written), len(script) - 1)]}
        return torch.full_like(logits, -math.inf).index_fill(0, torch.tensor(sorted(wanted)), 0.0)


def alone(asked: GenerateAlternatives, index: int) -> Generate:
    return Generate(
        asked.job_id, asked.prompt, asked.special_offsets, asked.processors, asked.max_new_tokens,
        asked.seeds[index], asked.stop, asked.stop_at_end_of_text,
    )  # fmt: skip


def run(model: CausalLM, tokenizer: Tokenizer, asked: GenerateAlternatives) -> Written:
    return sort(generate_alternatives(model, tokenizer, asked, never))


def assert_same_as_alone(model: CausalLM, tokenizer: Tokenizer, asked: GenerateAlternatives) -> Written:
    written = run(model, tokenizer, asked)
    for index in range(len(asked.seeds)):
        *_, end = (single := list(generate(model, tokenizer, alone(asked, index), never)))
        assert isinstance(end, GenerationFinished)
        tokens = [event for event in single if isinstance(event, Token)]
        mine = written.tokens.get(index, [])
        assert [token.token_id for token in mine] == [token.token_id for token in tokens]
        assert [token.text for token in mine] == [token.text for token in tokens]
        for one, other in zip(mine, tokens, strict=True):
            assert one.logprob == pytest.approx(other.logprob, abs=1e-4)
            assert one.sampling_prob == pytest.approx(other.sampling_prob, abs=1e-4)
            assert one.raw == other.raw
        assert written.ends[index].reason is end.reason
        assert written.ends[index].stop_string == end.stop_string
    return written


@pytest.fixture(scope="module")
def llama() -> TransformersLM:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=4096, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64,
    )  # fmt: skip
    backend: Any = transformers.LlamaForCausalLM(config)  # untyped
    return TransformersLM(backend.eval(), config, torch.device("cpu"))


@pytest.fixture(params=["ours", "transformers"])
def model(request: pytest.FixtureRequest, tiny_model: GPT2) -> CausalLM:
    if request.param == "ours":
        return tiny_model
    made: TransformersLM = request.getfixturevalue("llama")
    made.truncate(0)
    made.last_reading = None
    return made


# -- the same numbers --------------------------------------------------------------------------------------


STATEFUL: list[tuple[LogitsProcessor, ...]] = [
    (Xtc(0.5, 0.02), TopK(200)),
    (Mirostat(9.0, 0.4),),
    (LogitBias("dragon: 2"), Dry(2.0, dry_allowed_length=1), Temperature(1.2)),
]


@pytest.mark.parametrize("stages", STATEFUL, ids=str)
def test_each_row_throws_its_own_dice_and_remembers_its_own_text(
    model: CausalLM, starter_tokenizer: Tokenizer, stages: tuple[LogitsProcessor, ...]
) -> None:
    asked = ask(processors=stages, stop_at_end_of_text=False)
    written = assert_same_as_alone(model, starter_tokenizer, asked)
    assert len({written.text(index) for index in written.tokens}) == len(SEEDS)


def test_branches_give_the_logits_of_the_whole_text(model: CausalLM) -> None:
    generator = torch.Generator().manual_seed(5)
    beginning = torch.randint(1, 4000, (30,), generator=generator)
    model.forward(beginning)
    branches = model.branch(4, 20)
    texts: list[list[int]] = [[], [], [], []]
    largest = 0.0
    for step in range(20):
        new = torch.randint(1, 4000, (len(texts),), generator=generator)
        logits = branches.forward(new)
        for text, token_id in zip(texts, new.tolist(), strict=True):
            text.append(token_id)
        whole = copy.copy(model.cached_ids)
        for row, text in zip(logits, texts, strict=True):
            single = model.forward(torch.tensor(text))
            model.truncate(len(whole))
            largest = max(largest, float((row - single).abs().max()))
        branches = branches if step not in (6, 13) else kept(branches, texts, 1 if step == 6 else 0)
    assert largest < 1e-4
    assert len(texts) == 2


def kept(branches: Any, texts: list[list[int]], leaves: int) -> Any:
    """One text leaves."""
    branches.keep([row for row in range(len(texts)) if row != leaves])
    del texts[leaves]
    return branches


def test_each_alternative_is_what_its_seed_writes_alone(
    model: CausalLM, starter_tokenizer: Tokenizer
) -> None:
    written = assert_same_as_alone(model, starter_tokenizer, ask())
    assert len({written.text(index) for index in range(4)}) == 4
    assert written.reasons() == [FinishReason.LENGTH] * 4


@pytest.mark.parametrize("seeds", [(1,), (2, 2), tuple(range(30, 38))])
def test_one_or_eight_seeds_also_the_same_twice(
    seeds: tuple[int, ...], tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    assert_same_as_alone(tiny_model, starter_tokenizer, ask(seeds=seeds))


def test_the_starter_writes_the_same_as_alone(starter_engine: Engine) -> None:
    checkpoint = starter_engine._loaded()
    asked = ask(n=80, seeds=(1, 2, 3, 4, 5))
    assert_same_as_alone(checkpoint.model, checkpoint.tokenizer, asked)


def test_rows_that_end_leave_the_others_as_they_were(starter_engine: Engine) -> None:
    checkpoint = starter_engine._loaded()
    asked = ask("The fox", n=60, seeds=tuple(range(8)), processors=(), stop=(".",))
    written = assert_same_as_alone(checkpoint.model, checkpoint.tokenizer, asked)
    assert len({end.n_tokens for end in written.ends.values()}) > 2, "all ended at once"
    assert FinishReason.STOP in written.reasons()


# -- afterwards --------------------------------------------------------------------------------------------


def test_the_models_cache_is_exact_afterwards_and_used_again(
    model: CausalLM, starter_tokenizer: Tokenizer
) -> None:
    asked = alone(ask(), 0)
    fresh = list(generate(model, starter_tokenizer, asked, never))
    model.switch_off((), ())  # it forgets all it has read
    run(model, starter_tokenizer, ask())
    assert model.cached_ids == starter_tokenizer.encode(PROMPT).ids
    again = list(generate(model, starter_tokenizer, asked, never))
    started = again[0]
    assert isinstance(started, GenerationStarted)
    assert started.n_reused_tokens == started.n_context_tokens
    assert again[1:-1] == fresh[1:-1]  # to the last bit


# -- limits and ends ---------------------------------------------------------------------------------------


def test_a_prompt_longer_than_the_window_is_cut_as_for_one(
    model: CausalLM, starter_tokenizer: Tokenizer
) -> None:
    written = assert_same_as_alone(model, starter_tokenizer, ask("a word " * 60, n=30))
    assert written.started.n_context_tokens == 64 - 30
    written = assert_same_as_alone(model, starter_tokenizer, ask("a word " * 60, n=500))
    assert written.started.max_new_tokens == 63


@pytest.mark.parametrize("n", [1, 2])
def test_an_empty_prompt_and_a_single_token(n: int, model: CausalLM, starter_tokenizer: Tokenizer) -> None:
    written = assert_same_as_alone(model, starter_tokenizer, ask("", n=n))
    assert written.finished.n_tokens == 4 * n


def test_all_may_end_at_once_without_a_word(tiny_model: GPT2, starter_tokenizer: Tokenizer) -> None:
    start = len(starter_tokenizer.encode(PROMPT))
    asked = ask(processors=(Script(((0,),), start),))
    written = run(tiny_model, starter_tokenizer, asked)
    assert written.tokens == {}
    assert written.reasons() == [FinishReason.END_OF_TEXT] * 4
    assert (written.finished.n_tokens, written.finished.reason) == (0, FinishReason.END_OF_TEXT)


def test_rows_end_at_different_times_and_the_last_reason_is_told(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    start = len(starter_tokenizer.encode(PROMPT))
    a, b, x = (starter_tokenizer.encode(letter).ids[0] for letter in "abx")
    asked = ask(processors=(Script(((a, x, x, 0), (b, x)), start),), n=9, seeds=tuple(range(8)))
    written = run(tiny_model, starter_tokenizer, asked)
    texts = {written.text(index) for index in range(8)}
    assert texts == {"axx", "bxxxxxxxx"}
    assert written.finished.reason is FinishReason.LENGTH
    assert {end.n_tokens: end.reason for end in written.ends.values()} == {
        3: FinishReason.END_OF_TEXT, 9: FinishReason.LENGTH,
    }  # fmt: skip


def test_characters_of_several_tokens_and_stop_strings_are_each_rows_own(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    start = len(starter_tokenizer.encode(PROMPT))
    fox, wolf = (tuple(starter_tokenizer.encode(text).ids) for text in ("狐 ends", "W狼 goes on"))
    assert len(fox) > 3
    asked = ask(processors=(Script((fox, wolf), start),), n=len(wolf), stop=("ends",), seeds=tuple(range(8)))
    written = run(tiny_model, starter_tokenizer, asked)
    assert {written.text(index) for index in range(8)} == {"狐 ", "W狼 goes on"}
    assert {(end.reason, end.stop_string) for end in written.ends.values()} == {
        (FinishReason.STOP, "ends"), (FinishReason.LENGTH, None),
    }  # fmt: skip


def test_stop_ends_all_of_them_with_what_they_have(model: CausalLM, starter_tokenizer: Tokenizer) -> None:
    seen: list[object] = []
    events = generate_alternatives(model, starter_tokenizer, ask(n=40), lambda: len(seen) > 12)
    for event in events:
        seen.append(event)
    written = sort(iter(seen))
    assert written.reasons() == [FinishReason.CANCELLED] * 4
    assert written.finished.reason is FinishReason.CANCELLED
    assert 8 <= written.finished.n_tokens < 24
    assert run(model, starter_tokenizer, ask()).reasons() == [FinishReason.LENGTH] * 4


def test_stop_before_the_prompt_is_read_writes_nothing(model: CausalLM, starter_tokenizer: Tokenizer) -> None:
    written = sort(generate_alternatives(model, starter_tokenizer, ask(), lambda: True))
    assert written.finished.n_tokens == 0
    assert written.reasons() == [FinishReason.CANCELLED] * 4


def test_numbers_that_break_are_told_after_what_was_written(
    tiny_model: GPT2, starter_tokenizer: Tokenizer
) -> None:
    weights = random_weights(TINY)
    start = len(starter_tokenizer.encode(PROMPT))
    weights["wpe.weight"][start + 3] = math.nan
    broken = GPT2(TINY, weights, torch.device("cpu"))
    writing = generate_alternatives(broken, starter_tokenizer, ask(), never)
    events: list[object] = []
    with pytest.raises(StudioError, match="broke down"):
        events.extend(noted(events, writing))
    assert sum(isinstance(event, AlternativeTokens) for event in events) == 4 * 4


def noted(events: list[object], source: Iterator[object]) -> Iterator[object]:
    """Note each as it comes, so that those before an error are not lost; nothing is left over."""
    for event in source:
        events.append(event)
    yield from ()
