"""Reading guessed tokens along changes nothing but the time it takes, and stops where it takes more."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice

import pytest
import torch

from studio.core.ahead import Ahead, Drafting, StepTimes
from studio.core.chain import Chain, all_parameters, default_chain, effective, with_values
from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.compiled import CompiledGPT2
from studio.core.drafting import Chance, Drafter, LookupDrafter, ModelDrafter, same_vocabulary
from studio.core.generate import generate
from studio.core.memory import LogitMemory
from studio.core.messages import FinishReason, Generate, GenerationFinished, Token
from studio.core.model import CausalLM, never
from studio.core.packed_weights import PRECISIONS
from studio.core.parameters import Parameter
from studio.core.tokenizer import Tokenizer
from studio.kernels import library
from tests.core.tiny import STARTER, TINY, as_loaded, random_weights

needs_kernels = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())

PROMPTS = (
    "",
    "Once upon a time, there was a little",
    "One sheep, two sheep, three sheep, one sheep, two sheep, three sheep, one",
    "def f(x):\n    return x\n\ndef g(x):\n    return x\n\ndef",
    "Lily saw a cat. The cat saw Lily. Lily saw a dog. The dog saw Lily. Lily",
)
N_NEW = 24


class EveryRowIsFree(StepTimes):
    """So all that is guessed is read."""

    @property
    def one(self) -> float:
        return 1.0

    def took(self, n_rows: int, seconds: float) -> None:
        """Whatever it took."""

    def seconds(self, n_rows: int) -> float:
        return 1.0


@cache
def starter(precision: str = "float32") -> Checkpoint:
    loading = load_checkpoint(str(STARTER), "cpu", precision)
    while True:
        try:
            next(loading)
        except StopIteration as stop:
            checkpoint = stop.value
            assert isinstance(checkpoint, Checkpoint)
            return checkpoint


def compiled(precision: str = "float32") -> CompiledGPT2:
    model = starter(precision).model
    assert isinstance(model, CompiledGPT2)
    return model


def written(
    asked: Generate, model: CausalLM, drafting: Drafting | None = None
) -> tuple[list[Token], GenerationFinished, LogitMemory]:
    """What is generated from an empty cache, and the logits it came from."""
    model.truncate(0)
    model.last_reading = None
    logits = LogitMemory()
    events = list(
        generate(
            model,
            starter().tokenizer,
            asked,
            never,
            lambda key, row, _, head: logits.put(key, row, head),
            drafting,
        )
    )
    finished = events[-1]
    assert isinstance(finished, GenerationFinished)
    return [event for event in events if isinstance(event, Token)], finished, logits


class OnlyTheSmaller(Drafting):
    """Without looking up."""

    @property
    def drafters(self) -> Sequence[Drafter]:
        return super().drafters[1:]


def eager(model: CompiledGPT2, smaller: CausalLM | None = None) -> Drafting:
    drafting = Drafting(model, smaller)
    drafting.times = EveryRowIsFree()
    return drafting


def some_chain(dice: random.Random) -> Chain:
    """A few stages on, with values that do something."""
    known = [p for p in all_parameters() if isinstance(p, Parameter)]
    usable = [p for p in known if p.name not in {"beams", "best_of", "length_penalty"}]
    chosen = dice.sample(usable, dice.randint(0, 5))
    values: dict[str, object] = {
        p.name: p.usual if dice.random() < 0.8 else p.type(dice.uniform(p.lo, p.hi)) for p in chosen
    }
    if dice.random() < 0.2:
        values["temperature"] = 0.0
    texts = {"pattern": r"( [a-z]+){3,9}\.", "banned_words": "the", "logit_bias": " cat: 4"}
    values |= {name: text for name, text in texts.items() if dice.random() < 0.1}
    return effective(with_values(default_chain(), values))


def same(
    one: tuple[list[Token], GenerationFinished, LogitMemory],
    other: tuple[list[Token], GenerationFinished, LogitMemory],
) -> bool:
    """Every token with all its numbers, the end, and every bit of the logits."""
    (tokens, end, logits), (other_tokens, other_end, other_logits) = one, other
    return (
        tokens == other_tokens
        and (end.reason, end.n_tokens, end.stop_string)
        == (other_end.reason, other_end.n_tokens, other_end.stop_string)
        and list(logits._rows) == list(other_logits._rows)
        and all(kept(logits, key) == kept(other_logits, key) for key in logits._rows)
    )


def kept(logits: LogitMemory, key: int) -> bytes:
    """All that is remembered of a position."""
    shelf, row = logits._rows[key]
    return ctypes.string_at(row, shelf.row_bytes)


@needs_kernels
@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_text_and_all_its_numbers_are_those_of_plain_decoding(precision: str) -> None:
    dice = random.Random(precision)
    model = compiled(precision)
    smaller = compiled("int4" if precision != "int4" else "int8")
    lookup, both = eager(model), eager(model, smaller)
    n_guessed = n_right = 0
    for _ in range(20):
        asked = Generate(
            1,
            dice.choice(PROMPTS),
            (),
            some_chain(dice),
            N_NEW,
            seed=dice.randrange(2**63),
            stop=dice.choice([(), (), ("cat", "."), ("\n\n",)]),
            stop_at_end_of_text=dice.random() < 0.5,
        )
        plain = written(asked, model)
        for drafting in (lookup, both):
            drafted = written(asked, model, drafting)
            assert same(plain, drafted), asked
            n_guessed += drafted[1].n_guessed
            n_right += drafted[1].n_right
    assert n_guessed > n_right > 100


@needs_kernels
def test_a_run_that_is_stopped_leaves_the_cache_as_plain_decoding_would() -> None:
    model = compiled()
    asked = Generate(1, PROMPTS[2], (), (), N_NEW, seed=3)
    plain, _, _ = written(asked, model)
    for n_drawn in range(1, 12):
        model.truncate(0)
        drafting = eager(model)
        events = generate(model, starter().tokenizer, asked, never, drafting=drafting)
        tokens = [event for event in islice(events, 1 + n_drawn) if isinstance(event, Token)]
        assert tokens == plain[:n_drawn]
        assert isinstance(events, Generator)
        events.close()
        prompt = starter().tokenizer.encode(PROMPTS[2]).ids
        read = [*prompt, *(token.token_id for token in tokens)]
        assert model.cached_ids == read[: len(model.cached_ids)]
        assert len(model.cached_ids) == len(read) - 1


@needs_kernels
def test_being_cancelled_ends_it_after_the_same_tokens() -> None:
    model = compiled()
    asked = Generate(1, PROMPTS[2], (), (), N_NEW, seed=3)
    plain, _, _ = written(asked, model)
    drawn = 0

    def after_seven() -> bool:
        return drawn >= 7

    tokens = []
    model.truncate(0)
    for event in generate(model, starter().tokenizer, asked, after_seven, drafting=eager(model)):
        if isinstance(event, Token):
            drawn += 1
            tokens.append(event)
        last = event
    assert isinstance(last, GenerationFinished)
    assert last.reason is FinishReason.CANCELLED
    assert tokens == plain[:7]


@needs_kernels
def test_nothing_is_read_beyond_the_context_window_or_what_was_asked_for() -> None:
    config = replace(TINY, n_positions=32)
    model = as_loaded(config, random_weights(config))
    assert isinstance(model, CompiledGPT2)
    for n_new in (1, 2, 5, 31):
        asked = Generate(1, "a a a a a a", (), (), n_new, seed=1, stop_at_end_of_text=False)
        drafted = written(asked, model, eager(model, as_loaded(config, random_weights(config))))
        assert len(drafted[0]) == n_new
        assert same(written(asked, model), drafted)
        assert drafted[1].n_guessed <= 7 * n_new


@needs_kernels
def test_a_smaller_model_that_is_the_same_is_always_right_and_follows_a_text_beyond_its_own_window() -> None:
    model = compiled()
    config = replace(TINY, n_positions=16)
    asked = Generate(1, PROMPTS[1], (), (), N_NEW, seed=5)
    drafting = OnlyTheSmaller(model, compiled().twin(7))
    drafting.times = EveryRowIsFree()
    _, finished, _ = written(asked, model, drafting)
    assert finished.n_right == finished.n_guessed > N_NEW // 2
    short = eager(model, as_loaded(config, random_weights(config)))
    assert same(written(asked, model), written(asked, model, short))


def test_what_followed_the_same_words_before_is_guessed() -> None:
    drafter = LookupDrafter()
    drafter.begin([1, 2, 3, 4, 5, 9, 1, 2, 3])
    assert drafter._guessed(3) == [4, 5, 9]
    drafter.told(4)
    assert drafter._guessed(2) == [5, 9]
    drafter.told(7)
    assert drafter._guessed(2) == []
    drafter.begin([1, 2, 3, 1, 2, 3])
    assert drafter._guessed(7) == [1, 2, 3, 1, 2, 3, 1]


def test_an_earlier_ending_of_the_same_text_is_guessed_again() -> None:
    drafter = LookupDrafter()
    drafter.begin([1, 2, 3])
    for token_id in (4, 5, 6, 7):
        drafter.told(token_id)
    drafter.begin([1, 2, 3])
    assert drafter._guessed(5) == [4, 5, 6, 7]
    drafter.told(4)
    drafter.told(8)  # it goes another way, and comes back to it
    for token_id in (4, 5):
        drafter.told(token_id)
    assert drafter._guessed(2) == [6, 7]
    drafter.begin([1, 2, 3, 4, 8, 4, 5])
    assert drafter._guessed(2) == [6, 7]


def test_another_text_begins_where_no_guess_reaches_over() -> None:
    drafter = LookupDrafter()
    drafter.begin([1, 2, 3])
    drafter.begin([7, 8, 1, 2, 3])
    assert drafter._guessed(4) == []
    drafter.begin([5, 1, 2])
    assert drafter._guessed(4) == [3]


def test_guesses_that_are_never_right_are_soon_not_made() -> None:
    drafting = _with_times([(2, 1.1), (3, 1.2), (4, 1.3), (6, 1.5), (8, 2.0)])
    drafting.lookup.begin([1, 2, 3] * 3)
    asked = 0
    for wrong in range(100, 200):
        asked += drafting.plan(50)[1]
        for token_id in (1, 2, 3, wrong):  # always another after the same three
            drafting.lookup.told(token_id)
    assert asked < 60
    assert drafting.plan(50) == (None, 0)


class Listening(LookupDrafter):
    """Remembers what it has heard, each time for itself."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[list[int]] = [[]]

    def told(self, token_id: int) -> None:
        self.heard[-1].append(token_id)
        super().told(token_id)


@needs_kernels
def test_where_nothing_can_be_guessed_the_drafters_rest_and_still_hear_of_every_token() -> None:
    model = compiled()
    drafting = Drafting(model)
    drafting.lookup = lookup = Listening()
    heard = lookup.heard
    ids = torch.randperm(model.vocab_size, generator=torch.Generator().manual_seed(3))[:100]
    model.truncate(0)
    model.forward(ids[:4])
    ahead = Ahead(drafting, [], ids[:4].tolist(), 100, 1, never)
    for n in range(5, 90):
        ahead.logits(ids[:n])
        heard.append([])
    ahead.close()
    assert [token for some in heard for token in some] == ids[4:89].tolist()
    assert [len(some) for some in heard[:32]] == [1] * 32
    assert max(map(len, heard)) > 8
    assert sum(map(bool, heard)) < 50


def test_guesses_that_are_always_right_are_made_as_far_as_it_pays() -> None:
    drafting = _with_times([(2, 1.1), (3, 1.2), (4, 1.3), (6, 1.5), (8, 1.8)])
    drafting.lookup.begin([1, 2, 3] * 3)
    for _ in range(40):
        for token_id in (1, 2, 3):
            drafting.lookup.told(token_id)
    assert drafting.plan(50)[1] == 7
    assert drafting.plan(4)[1] == 3
    assert drafting.plan(0) == (None, 0)


def test_rows_that_cost_as_much_as_passes_are_not_worth_a_guess() -> None:
    drafting = _with_times([(n, float(n)) for n in (2, 3, 4, 6, 8)])
    drafting.lookup.begin([1, 2, 3] * 20)
    assert drafting.plan(50) == (None, 0)


def test_one_token_is_read_alone_now_and_then_so_that_its_time_is_known() -> None:
    drafting = _with_times([(2, 1.0), (8, 1.0)])
    drafting.lookup.begin([1, 2, 3] * 20)
    plans = [drafting.plan(50)[1] for _ in range(100)]
    assert plans.count(0) == 3


def test_a_bad_moment_is_forgotten() -> None:
    times = StepTimes()
    times.took(1, 0.01)
    times.took(4, 5.0)
    assert times.seconds(4) == pytest.approx(0.04)  # one by one they would take no more
    for _ in range(200):
        times.took(1, 0.01)
    assert times.seconds(4) < 0.011


def test_more_rows_never_seem_to_take_less_time_than_fewer() -> None:
    times = StepTimes()
    for n, multiple in ((1, 1.0), (2, 1.9), (4, 1.4), (8, 3.0)):
        times.took(n, multiple)
    expected = [times.seconds(n) for n in range(1, 9)]
    assert expected == sorted(expected)
    assert times.seconds(2) == pytest.approx(1.4)


def test_a_smaller_model_that_guesses_badly_is_left_alone_for_ever_longer() -> None:
    drafter = ModelDrafter(as_loaded(TINY, random_weights(TINY)))
    drafter.begin([1, 2, 3])
    rests = []
    for _ in range(3):
        drafter.declined()
        n = 0
        while not drafter.chances(1):
            drafter.told(1)
            n += 1
        rests.append(n)
    assert rests == [64, 128, 256]


def test_a_chance_follows_what_happens() -> None:
    chance = Chance(0.5)
    for _ in range(200):
        chance.saw(False)
    assert chance.value < 0.02
    for _ in range(60):
        chance.saw(True)
    assert chance.value > 0.7


def test_a_vocabulary_that_differs_in_one_token_is_another(starter_tokenizer: Tokenizer) -> None:
    class Other:
        end_of_text_id = starter_tokenizer.end_of_text_id
        max_token_bytes = starter_tokenizer.max_token_bytes
        prefix_ids: tuple[int, ...] = ()
        encode = starter_tokenizer.encode
        display = starter_tokenizer.display

        def token_bytes(self, token_id: int) -> bytes:
            return b"!" if token_id == 4000 else starter_tokenizer.token_bytes(token_id)

    other: Tokenizer = Other()
    assert same_vocabulary(starter_tokenizer, starter_tokenizer, 4096, 4096)
    assert not same_vocabulary(starter_tokenizer, starter_tokenizer, 4096, 4095)
    assert not same_vocabulary(starter_tokenizer, other, 4096, 4096)


def _with_times(multiples: Sequence[tuple[int, float]]) -> Drafting:
    model = as_loaded(TINY, random_weights(TINY))
    if not isinstance(model, CompiledGPT2):
        pytest.skip(library.why_not())
    drafting = Drafting(model)
    drafting.times.took(1, 0.01)
    for n, multiple in multiples:
        drafting.times.took(n, 0.01 * multiple)
    return drafting
