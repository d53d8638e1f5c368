"""Lists of words as they are typed, and what is made of them in tokens."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers.generation import logits_process as hf

from studio.core.processors import BannedWords, Dry, LogitBias
from studio.core.processors.words import sequences
from studio.core.running import RunStart
from studio.core.tokenizer import Tokenizer
from studio.core.wording import Entry, read_biases, read_list

V = 50257


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", ()),
        (" , \n,, ", ()),
        ("cat, a dog ,\nfish", (Entry("cat"), Entry("a dog"), Entry("fish"))),
        ("\\n, :, \", *", (Entry("\n"), Entry(":"), Entry('"'), Entry("*"))),
        ('" cat", “x, y”', (Entry(" cat", True), Entry("x, y", True))),
        ("a\\, b, \\s, \\\\, \\t", (Entry("a, b"), Entry(" "), Entry("\\"), Entry("\t"))),
        ('say "no" twice', (Entry('say "no" twice'),)),
        ("中文，龙", (Entry("中文"), Entry("龙"))),
        ("\\", (Entry("\\"),)),
    ],
)  # fmt: skip
def test_a_list_is_read_as_it_is_typed(text: str, entries: tuple[Entry, ...]) -> None:
    assert read_list(text) == entries


def test_biases_are_texts_and_numbers() -> None:
    assert read_biases('dragon: 2, the end : -3.5\n" cat": 0.5, a:b: 1, \\:: 4') == (
        (Entry("dragon"), 2.0),
        (Entry("the end"), -3.5),
        (Entry(" cat", True), 0.5),
        (Entry("a:b"), 1.0),
        (Entry(":"), 4.0),
    )
    assert read_biases("") == ()


@pytest.mark.parametrize(
    "text", ["dragon", "dragon:", ": 2", "dragon: two", "x: nan", "x: 1e9", "x: 101", "a: 1, b"]
)
def test_what_is_no_bias_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"dragon: 2.* is not\.$"):
        read_biases(text)


@given(text=st.text(st.sampled_from('ab ,\\"“”:：，\n'), max_size=20))
def test_every_text_is_a_list(text: str) -> None:
    assert all(entry.text for entry in read_list(text))


def test_a_word_is_met_in_all_its_spellings_and_a_quotation_exactly() -> None:
    assert Entry("cat").spellings() == ("cat", " cat", "Cat", " Cat")
    assert Entry("Paris").spellings() == ("Paris", " Paris")
    assert Entry(" cat", exact=True).spellings() == (" cat",)


def run(processor: Any, tokenizer: Tokenizer, context: str, logits: Tensor) -> tuple[Tensor, Tensor]:
    ids = torch.tensor(tokenizer.encode(context).ids)
    return processor.begin(RunStart(0, len(ids), tokenizer))(ids, logits), ids


CONTEXTS = ["x", "She felt shivers down", "Once upon a", "Shivers", "a shivers down her spine and shivers"]
WORDS = "suddenly, shivers down her spine, once upon a time, shivers down, cat"


@pytest.mark.parametrize("context", CONTEXTS)
def test_banned_words_are_those_of_transformers(gpt2_tokenizer: Tokenizer, context: str) -> None:
    logits = torch.randn(V, generator=torch.Generator().manual_seed(1))
    got, ids = run(BannedWords(WORDS), gpt2_tokenizer, context, logits)
    spelled = [list(ids) for ids in sequences(read_list(WORDS), gpt2_tokenizer)]
    assert len(spelled) == 20
    wanted = hf.NoBadWordsLogitsProcessor(spelled)(ids[None], logits[None])[0]
    assert torch.equal(got, wanted)
    assert got.isinf().sum() >= 4


@pytest.mark.parametrize("context", CONTEXTS)
def test_biases_are_those_of_transformers(gpt2_tokenizer: Tokenizer, context: str) -> None:
    logits = torch.randn(V, generator=torch.Generator().manual_seed(2))
    text = ", ".join(
        f"{word}: {value}" for value, word in zip((2, -3.5, 8, 0.25, 1), WORDS.split(", "), strict=True)
    )
    got, ids = run(LogitBias(text), gpt2_tokenizer, context, logits)
    biases = {
        sequence: value
        for entry, value in read_biases(text)
        for sequence in sequences([entry], gpt2_tokenizer)
    }
    as_lists: Any = biases  # either is taken
    wanted = hf.SequenceBiasLogitsProcessor(as_lists)(ids[None], logits[None])[0]
    assert torch.equal(got, wanted)


def test_a_phrase_loses_its_last_token_only_after_the_others(gpt2_tokenizer: Tokenizer) -> None:
    logits = torch.zeros(V)
    down = gpt2_tokenizer.encode(" down").ids[0]
    after, _ = run(BannedWords("shivers down"), gpt2_tokenizer, "and shivers", logits)
    assert after.isinf().nonzero().flatten().tolist() == [down]
    elsewhere, _ = run(BannedWords("shivers down"), gpt2_tokenizer, "and then", logits)
    assert elsewhere is logits


def test_a_ban_that_would_leave_nothing_removes_nothing(gpt2_tokenizer: Tokenizer) -> None:
    cat = gpt2_tokenizer.encode(" cat").ids[0]
    only = torch.full((V,), -torch.inf).index_fill(0, torch.tensor([cat]), 1.0)
    assert run(BannedWords("cat"), gpt2_tokenizer, "a", only)[0] is only


def test_tokens_without_a_logit_are_ignored(gpt2_tokenizer: Tokenizer) -> None:
    few = torch.zeros(100)
    assert run(BannedWords("cat"), gpt2_tokenizer, "a", few)[0] is few
    assert run(LogitBias("cat: 3"), gpt2_tokenizer, "a", few)[0] is few


def test_entries_that_speak_of_one_token_are_added_up(gpt2_tokenizer: Tokenizer) -> None:
    cat = gpt2_tokenizer.encode(" cat").ids[0]
    got, _ = run(LogitBias('cat: 3, " cat": 2'), gpt2_tokenizer, "a", torch.zeros(V))
    assert got[cat] == 5
    assert got.sum() == 3 * 3 + 5


def test_dry_ends_a_passage_at_every_token_that_holds_a_breaker(gpt2_tokenizer: Tokenizer) -> None:
    logits = torch.zeros(V)
    context = "Anna: yes.\nBen: no.\nAnna: yes.\nBen:"
    free, _ = run(Dry(1.0), gpt2_tokenizer, context, logits)
    assert free is logits  # the last token is a breaker itself
    unbroken, ids = run(Dry(1.0, dry_breakers=""), gpt2_tokenizer, context, logits)
    no = gpt2_tokenizer.encode(" no").ids[0]
    assert unbroken.nonzero().flatten().tolist() == [no]
    assert len(ids) > 10
