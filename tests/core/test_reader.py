"""Every token of a text has the numbers it has when the model writes on; an edit costs what follows it."""

from __future__ import annotations

import math

import pytest
import torch

from studio.core import context, memory
from studio.core import messages as m
from studio.core.errors import StudioError
from studio.core.memory import LogitMemory
from studio.core.model import GPT2, Cancelled, InterruptedReading, never
from studio.core.reader import Reader, Window, windows
from studio.core.tokenizer import Tokenizer
from tests.core.tiny import TINY, random_weights

SHORT = "Once upon a time a little dog ran. 🙂 春"
LONG = "Once upon a time a little dog ran over the green hill. 🙂 Then 春眠 came.\n\n" * 12


class CountingModel(GPT2):
    """Counts the tokens it reads."""

    n_read = 0

    def forward(self, ids: torch.Tensor, cancelled: Cancelled = never) -> torch.Tensor:
        self.n_read += len(ids)
        return super().forward(ids, cancelled)

    def forward_all(self, ids: torch.Tensor, cancelled: Cancelled = never) -> torch.Tensor:
        self.n_read += len(ids)
        return super().forward_all(ids, cancelled)


@pytest.fixture
def model() -> CountingModel:
    return CountingModel(TINY, random_weights(TINY), torch.device("cpu"))


@pytest.fixture
def reader(model: CountingModel, starter_tokenizer: Tokenizer) -> Reader:
    return Reader(model, starter_tokenizer, LogitMemory())


def read(reader: Reader, text: str, job_id: int = 1, **options: int) -> dict[int, m.ReadToken]:
    told: dict[int, m.ReadToken] = {}
    for message in reader.read(m.ReadText(job_id, text, (), **options)):
        told |= dict(enumerate(message.tokens, message.first))
    return told


def fresh_logits(ids: list[int]) -> torch.Tensor:
    """What a model that has read nothing else says after `ids`."""
    return GPT2(TINY, random_weights(TINY), torch.device("cpu")).forward(torch.tensor(ids))


def test_a_text_is_cut_into_windows_that_each_tell_what_none_before_told() -> None:
    assert windows(0, 8) == []
    assert windows(8, 8) == [Window(0, 0, 8)]
    assert windows(17, 8) == [Window(0, 0, 8), Window(4, 8, 12), Window(8, 12, 16), Window(12, 16, 17)]


@pytest.mark.parametrize("text", [SHORT, LONG])
def test_each_token_has_the_numbers_of_a_fresh_reading_of_what_is_before_it(
    reader: Reader, starter_tokenizer: Tokenizer, text: str
) -> None:
    told = read(reader, text)
    ids = starter_tokenizer.encode(text).ids
    assert [told[i].token_id for i in range(len(ids))] == ids
    for window in windows(len(ids), TINY.n_positions):
        for i in (window.first, (window.first + window.end) // 2, window.end - 1):
            logprobs = fresh_logits(ids[window.begin : i] or [0]).log_softmax(0)
            assert told[i].logprob == pytest.approx(float(logprobs[ids[i]]), abs=1e-4)
            assert told[i].rank == 1 + int((logprobs > logprobs[ids[i]]).sum())
            assert told[i].entropy == pytest.approx(-float((logprobs.exp() * logprobs).sum()), abs=1e-4)


def test_the_spans_of_the_tokens_cover_the_text_in_order(reader: Reader) -> None:
    told = read(reader, SHORT)
    assert "".join(SHORT[told[i].start : told[i].end] for i in range(len(told))) == SHORT
    assert any(token.start == token.end for token in told.values())  # half an emoji completes nothing


def test_end_of_text_is_one_token_only_where_it_is_meant(reader: Reader) -> None:
    text = "One.<|endoftext|>Two."
    plain = [token for part in reader.read(m.ReadText(1, text, ())) for token in part.tokens]
    real = [token for part in reader.read(m.ReadText(2, text, (4,))) for token in part.tokens]
    assert len(real) < len(plain)
    assert [(t.start, t.end) for t in real if t.token_id == 0] == [(4, 17)]


def test_reading_the_same_text_again_costs_nothing(reader: Reader, model: CountingModel) -> None:
    first = read(reader, LONG)
    model.n_read = 0
    assert read(reader, LONG, 2) == first
    assert model.n_read == 0


def test_an_edit_costs_only_what_comes_after_it(reader: Reader, model: CountingModel) -> None:
    text = "Once upon a time a little dog ran over the green hill and"
    read(reader, text)
    model.n_read = 0
    changed = read(reader, text + " slept", 2)
    assert model.n_read <= 2
    ids = [token.token_id for token in changed.values()]
    assert changed[len(ids) - 1].logprob == pytest.approx(
        float(fresh_logits(ids[:-1]).log_softmax(0)[ids[-1]]),
        abs=1e-4,
    )


def test_writing_on_after_a_reading_does_not_read_the_text_again(
    reader: Reader, model: CountingModel, starter_tokenizer: Tokenizer
) -> None:
    read(reader, SHORT)
    ids = starter_tokenizer.encode(SHORT).ids
    assert context.reuse(model, ids) >= len(ids) - 1


def test_the_window_with_the_caret_comes_first_and_others_only_while_there_is_room(reader: Reader) -> None:
    messages = list(reader.read(m.ReadText(1, LONG, (), caret=len(LONG))))
    assert messages[0].first == max(message.first for message in messages if message.first % 32 == 0)
    few = read(reader, LONG, 2, caret=len(LONG), max_tokens=40)
    n = messages[0].n_tokens
    assert 32 <= len(few) <= 72
    assert n - 1 in few
    assert 0 not in few


def test_a_cancelled_reading_stops_and_leaves_the_reader_usable(reader: Reader) -> None:
    with pytest.raises(InterruptedReading):
        list(reader.read(m.ReadText(1, LONG, ()), lambda: True))
    assert len(read(reader, SHORT, 2)) == len(reader.token_ids)


def test_an_empty_text_has_no_tokens_and_a_place_after_it(reader: Reader) -> None:
    assert read(reader, "") == {}
    assert reader.context(m.ReadPlace(1, 0)) == [0]


def test_logits_of_a_read_place_come_from_memory(reader: Reader, model: CountingModel) -> None:
    told = read(reader, LONG)
    model.n_read = 0
    for index in (0, 1, 40, 63, 64, 100, len(told) - 1):
        ids = reader.context(m.ReadPlace(1, index))
        row = reader.logits_after(ids)
        assert torch.allclose(row.softmax(0), fresh_logits(ids).softmax(0), atol=1e-3)
        assert float(row.log_softmax(0)[told[index].token_id]) == pytest.approx(told[index].logprob, abs=2e-2)
    assert model.n_read == 0


def test_a_place_of_an_older_reading_is_refused(reader: Reader) -> None:
    read(reader, SHORT, 1)
    read(reader, SHORT, 2)
    with pytest.raises(StudioError, match="changed"):
        reader.context(m.ReadPlace(1, 0))
    with pytest.raises(StudioError, match="changed"):
        reader.context(m.ReadPlace(2, 10_000))


def test_a_place_in_a_generation_has_the_context_the_generation_had(
    reader: Reader, starter_tokenizer: Tokenizer
) -> None:
    place = m.GeneratedPlace(LONG, (), 10, (5, 6))
    assert reader.context(place) == [*starter_tokenizer.encode(LONG).ids[-(TINY.n_positions - 10) :], 5, 6]


def test_the_memory_keeps_what_was_used_last_within_its_cap() -> None:
    kept = LogitMemory(cap_bytes=3 * 1100)
    rows = [torch.randn(100) * 10 for _ in range(5)]
    for key, row in enumerate(rows[:3]):
        kept.put(key, row)
    assert kept.get(0) is not None
    kept.put(3, rows[3])
    assert kept.get(1) is None
    found = kept.get(0)
    assert found is not None
    assert torch.allclose(found.softmax(0), rows[0].softmax(0), atol=2e-3)
    assert float(found.amax()) == float(rows[0].amax())
    assert len(kept) == 3


def test_keys_tell_orders_and_beginnings_apart() -> None:
    assert memory.key_of([1, 2]) == memory.after(memory.after(memory.NOTHING_READ, 1), 2)
    assert len({memory.key_of(ids) for ids in ([], [0], [0, 0], [1, 2], [2, 1], [1, 2, 0])}) == 6
    assert math.isfinite(memory.key_of(range(10_000)))
