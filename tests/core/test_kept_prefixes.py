"""Going back to a text that was cut off the cache: it is put back, not read again, and the same."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from studio.core import context
from studio.core.kept_prefixes import KeptPrefixes
from studio.core.model import GPT2, Cancelled, GPT2Config, InterruptedReading, never
from tests.core.tiny import random_weights

CONFIG = GPT2Config(vocab_size=50, n_positions=64, n_embd=32, n_layer=2, n_head=4, n_inner=64)
WEIGHTS = random_weights(CONFIG)


class Counting(GPT2):
    """Says how many tokens it had to read."""

    n_read = 0

    def forward(self, ids: Tensor, cancelled: Cancelled = never) -> Tensor:
        self.n_read += len(ids)
        return super().forward(ids, cancelled)


def make() -> Counting:
    return Counting(CONFIG, WEIGHTS, torch.device("cpu"))


def ids(n: int, seed: int = 0) -> list[int]:
    return random.Random(seed).choices(range(50), k=n)


def go_to(model: GPT2, wanted: Sequence[int]) -> Tensor:
    context.reuse(model, wanted)
    return context.read(model, wanted)


def test_flipping_between_variants_reads_each_once() -> None:
    model, beginning = make(), ids(20)
    variants = [beginning + ids(20, seed) for seed in (1, 2, 3)]
    first = [go_to(model, variant) for variant in variants]
    model.n_read = 0
    for variant, before in zip(variants * 2, first * 2, strict=True):
        assert torch.allclose(go_to(model, variant), before, atol=1e-5)
        assert model.cached_ids == variant
    assert model.n_read <= 6  # the last token, for the logits after it


def test_an_edit_in_the_middle_and_its_undo_read_only_what_changed() -> None:
    model, text = make(), ids(60)
    edited = [*text[:30], 7, *text[30:59]]
    go_to(model, text)
    go_to(model, edited)
    model.n_read = 0
    go_to(model, text)
    assert model.n_read == 1
    longer = [*edited[:45], *ids(10, 9)]
    go_to(model, longer)
    assert model.n_read == 1 + 10


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=63), min_size=2, max_size=12))
def test_whatever_is_read_in_whatever_order_the_logits_are_those_of_a_fresh_reading(
    texts: list[list[int]],
) -> None:
    model = make()
    for text in texts:
        got = go_to(model, text)
        assert model.cached_ids == text
        assert torch.allclose(got, go_to(make(), text), atol=1e-4)


def test_ends_that_hang_on_other_ends_are_put_back_one_after_the_other() -> None:
    model, a, b, c = make(), ids(16, 1), ids(16, 2), ids(16, 3)
    go_to(model, a + b)
    go_to(model, a + b + c)
    go_to(model, a + ids(12, 4))  # cuts b + c
    go_to(model, ids(12, 5))  # cuts a and what came then
    model.n_read = 0
    go_to(model, a + b + c)
    assert model.n_read == 1


def test_what_was_not_used_for_longest_goes_first_and_the_cap_holds() -> None:
    model = make()
    one = 2 * CONFIG.n_layer * CONFIG.n_embd * 4 * 40
    model._kept = KeptPrefixes(cap_bytes=2 * one)
    texts = [ids(40, seed) for seed in range(4)]
    for text in texts:
        go_to(model, text)
        assert model._kept.n_bytes <= 2 * one
    model.n_read = 0
    go_to(model, texts[2])
    assert model.n_read == 1
    go_to(model, texts[0])
    assert model.n_read == 41


def test_the_same_end_is_kept_once_and_a_part_of_another_not_at_all() -> None:
    model, text, other = make(), ids(60, 1), ids(30, 2)
    for _ in range(3):
        for wanted in (text[:30], other, text, other):
            go_to(model, wanted)
    per_token = 2 * CONFIG.n_layer * CONFIG.n_embd * 4
    assert model._kept.n_bytes <= (60 + 30) * per_token


def test_a_twin_profits_and_heads_that_are_switched_off_make_it_forget() -> None:
    model, text = make(), ids(40)
    before = go_to(model, text)
    go_to(model, ids(9, 8))
    twin = model.twin()
    assert isinstance(twin, Counting)
    twin.n_read = 0
    assert torch.allclose(go_to(twin, text), before, atol=1e-5)
    assert twin.n_read == 1
    model.switch_off([(0, 1)], [])
    assert model._kept.n_bytes == 0
    assert not torch.allclose(go_to(model, text), before, atol=1e-3)


def test_a_reading_that_is_cancelled_leaves_a_cache_that_is_true() -> None:
    model, text = make(), ids(60)
    go_to(model, text)
    go_to(model, ids(12, 3))
    changed = [*text[:20], *ids(30, 6)]
    context.reuse(model, changed)
    with pytest.raises(InterruptedReading):
        context.read(model, changed, lambda: True)
    assert model.cached_ids == changed[: len(model.cached_ids)]
    assert torch.allclose(go_to(model, changed), go_to(make(), changed), atol=1e-4)
