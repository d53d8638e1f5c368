"""A text looked up at a place has the figures of plain computing; the vocabulary is searched whole."""

from __future__ import annotations

import math

import pytest
import torch

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.processors import LogitsProcessor, MinP, RepetitionPenalty, Temperature, TopK

TEXT = "Once upon a time there was a little girl named"


def read(engine: Engine, text: str = TEXT) -> int:
    """Read a text; gives the number of its tokens."""
    *_, last = engine.run(m.ReadText(5, text, ()))
    assert isinstance(last, m.ReadingFinished)
    return last.n_tokens


def ask(engine: Engine, text: str, index: int, chain: tuple[LogitsProcessor, ...] = ()) -> m.LookedUp:
    (answer,) = engine.run(m.LookUp(6, m.ReadPlace(5, index), text, chain))
    assert isinstance(answer, m.LookedUp), answer
    return answer


def plainly(engine: Engine, before: list[int], then: list[int]) -> list[float]:
    """Logprobs of tokens one after the other, by reading everything at once."""
    checkpoint = engine._checkpoint
    assert checkpoint is not None
    checkpoint.model.truncate(0)
    rows = checkpoint.model.forward_all(torch.tensor([*before, *then])).log_softmax(1)
    return [float(rows[len(before) + k - 1, token_id]) for k, token_id in enumerate(then)]


def encode(engine: Engine, text: str) -> list[int]:
    assert engine._checkpoint is not None
    return engine._checkpoint.tokenizer.encode(text).ids


def test_a_word_of_several_tokens_has_the_probabilities_of_plain_computing(starter_engine: Engine) -> None:
    n = read(starter_engine)
    before = encode(starter_engine, TEXT)
    answer = ask(starter_engine, "xylophones and dragons", n)
    assert [s.text for s in answer.spellings] == ["xylophones and dragons", " xylophones and dragons"]
    for spelling in answer.spellings:
        ids = encode(starter_engine, spelling.text)
        assert len(ids) > 3
        assert [t.token_id for t in spelling.tokens] == ids
        expected = plainly(starter_engine, before, ids)
        assert [t.logprob for t in spelling.tokens] == pytest.approx(expected, abs=2e-2)  # float16 at most
        assert spelling.logprob == pytest.approx(math.fsum(expected), abs=4e-2)
        assert spelling.sampling_prob == pytest.approx(math.exp(spelling.logprob), rel=1e-3)


def test_a_word_of_one_token_is_told_with_and_without_its_space(starter_engine: Engine) -> None:
    n = read(starter_engine)
    answer = ask(starter_engine, " Lily", n, (Temperature(0.5), TopK(3)))
    assert [s.text for s in answer.spellings] == [" Lily", "Lily"]
    (token,) = answer.spellings[0].tokens
    (inspected,) = starter_engine.run(
        m.InspectPlace(7, m.ReadPlace(5, n), (Temperature(0.5), TopK(3)), 0, (token.token_id,))
    )
    assert isinstance(inspected, m.PlaceInspected)
    assert inspected.wanted == (token,)
    assert answer.spellings[0].entropies == pytest.approx((inspected.entropy,), abs=1e-4)


def test_the_vocabulary_is_searched_whole_and_the_best_come_first(starter_engine: Engine) -> None:
    n = read(starter_engine)
    answer = ask(starter_engine, "li", n, (MinP(0.5),))
    checkpoint = starter_engine._checkpoint
    assert checkpoint is not None
    everything = range(checkpoint.info.vocab_size)
    having = [i for i in everything if "li" in checkpoint.tokenizer.display(i).casefold()]
    assert answer.n_matches == len(having) > 10
    assert {t.token_id for t in answer.matches} <= set(having)
    assert len(answer.matches) == min(200, len(having))
    ranks = [t.rank for t in answer.matches]
    assert ranks == sorted(ranks)
    assert " Lily" in {t.text for t in answer.matches[:5]}
    assert {t.removed_by for t in answer.matches} <= {-1, 0}
    assert any(t.removed_by == 0 and t.sampling_prob == 0 for t in answer.matches)


def test_the_chain_goes_on_from_token_to_token(starter_engine: Engine) -> None:
    n = read(starter_engine)
    off = ask(starter_engine, "ha ha ha ha", n)
    on = ask(starter_engine, "ha ha ha ha", n, (RepetitionPenalty(1.8),))
    assert on.spellings[0].logprob == off.spellings[0].logprob
    assert on.spellings[0].sampling_prob < off.spellings[0].sampling_prob


def test_end_of_text_nothing_known_and_too_much(starter_engine: Engine) -> None:
    n = read(starter_engine)
    end = ask(starter_engine, m.END_OF_TEXT, n)
    assert [len(s.tokens) for s in end.spellings] == [1]
    nowhere = ask(starter_engine, "\u16a0\u16a0", n)
    assert (nowhere.matches, nowhere.n_matches) == ((), 0)
    assert all(math.isfinite(s.logprob) for s in nowhere.spellings)
    (refused,) = starter_engine.run(m.LookUp(6, m.ReadPlace(5, n), "word " * 60, ()))
    assert isinstance(refused, m.JobFailed)
    assert not refused.report
    assert "tokens long" in refused.what_happened


def test_at_the_end_of_a_full_window_the_oldest_words_make_room(starter_engine: Engine) -> None:
    n = read(starter_engine, "The cat sat on the mat. " * 200)
    assert n > 512
    answer = ask(starter_engine, "xylophones", n)
    assert all(math.isfinite(s.logprob) and s.logprob < 0 for s in answer.spellings)


def test_looking_up_can_be_cancelled_and_leaves_the_model_usable(starter_engine: Engine) -> None:
    n = read(starter_engine)
    request = m.LookUp(6, m.GeneratedPlace("Never read before.", (), 5, ()), "a b c", ())
    (answer,) = starter_engine.run(request, lambda: True)
    assert isinstance(answer, m.JobFailed)
    assert ask(starter_engine, "girl", n).spellings
