from __future__ import annotations

from collections.abc import Iterator

import pytest

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.model import Cancelled, never
from studio.core.processors import Temperature, TopP
from studio.core.serve import Mailbox, answer, batched


def token(text: str) -> m.Token:
    return m.Token(1, text.encode(), text, -1.0, 0.5, 1, 1.0, ())


def test_tokens_within_a_thirtieth_of_a_second_travel_together_in_order() -> None:
    now = 0.0
    steps = [0.0, 0.01, 0.01, 0.01, 0.02, 0.5]

    def stream() -> Iterator[m.Message]:
        nonlocal now
        yield m.GenerationStarted(1, 1, 1, 0, 0, 9)
        for number, step in enumerate(steps):
            now += step
            yield m.TokensGenerated(1, (token(str(number)),))
        yield m.GenerationFinished(1, m.FinishReason.LENGTH, 6, 0.0, 0.0)

    sent = list(batched(stream(), 1 / 30, lambda: now))
    groups = [
        "".join(t.text for t in message.tokens) for message in sent if isinstance(message, m.TokensGenerated)
    ]
    assert groups == ["0", "1234", "5"]
    assert isinstance(sent[0], m.GenerationStarted)
    assert isinstance(sent[-1], m.GenerationFinished)


def test_waiting_tokens_are_sent_before_the_end_is() -> None:
    stream: list[m.Message] = [
        m.TokensGenerated(1, (token("a"),)),
        m.TokensGenerated(1, (token("b"),)),
        m.GenerationFinished(1, m.FinishReason.LENGTH, 2, 0.0, 0.0),
    ]
    sent = list(batched(stream, 1 / 30, lambda: 0.0))
    assert [type(message).__name__ for message in sent] == ["TokensGenerated"] * 2 + ["GenerationFinished"]


def test_tokens_of_alternatives_travel_apart_and_before_the_end_of_any() -> None:
    def tokens(index: int, text: str) -> m.AlternativeTokens:
        return m.AlternativeTokens(1, index, (token(text),))

    end = m.AlternativeFinished(1, 0, m.FinishReason.STOP, 3)
    stream: list[m.Message] = [
        *(tokens(index, text) for text in "abc" for index in (0, 1)),
        end,
        tokens(1, "d"),
    ]
    sent = list(batched(stream, 1 / 30, lambda: 0.0))
    shown = [
        (message.index, "".join(t.text for t in message.tokens))
        if isinstance(message, m.AlternativeTokens)
        else "end"
        for message in sent
    ]
    assert shown == [(0, "a"), (1, "abc"), (0, "bc"), "end", (1, "d")]


def test_cancel_is_known_at_once_also_for_a_job_still_waiting() -> None:
    mailbox = Mailbox()
    mailbox.put(m.ScoreText(1, "a"))
    mailbox.put(m.ScoreText(2, "b"))
    mailbox.put(m.Cancel(2))
    assert mailbox.get() == m.ScoreText(1, "a")
    assert not mailbox.is_cancelled(1)
    assert mailbox.is_cancelled(2)
    mailbox.close()
    assert mailbox.is_cancelled(1)


def test_only_the_newest_measurement_is_made() -> None:
    mailbox = Mailbox()
    for job in range(5):
        mailbox.put(m.MeasureContext(job, "text", (), 1))
    mailbox.put(m.ScoreText(9, "a"))
    assert mailbox.get() == m.MeasureContext(4, "text", (), 1)
    assert mailbox.get() == m.ScoreText(9, "a")
    mailbox.close()
    assert mailbox.get() is None


class Busy(Engine):
    """Its one long job asks `cancelled` three times; small questions are answered meanwhile."""

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__()
        self._mailbox = mailbox
        self.known = True

    def run(self, request: m.Request, cancelled: Cancelled = never) -> Iterator[m.Message]:
        if isinstance(request, m.InspectPlace):
            yield inspected(request.job_id, from_memory=False)
            return
        for job_id in (10, 11, 12):
            self._mailbox.put(m.InspectPlace(job_id, m.ReadPlace(1, 0), ()))
            cancelled()
        yield m.ReadingFinished(request.job_id, 0, 0)

    def quick(self, request: m.Request) -> m.Message | None:
        return inspected(request.job_id, from_memory=True) if self.known else None


def inspected(job_id: int, *, from_memory: bool) -> m.PlaceInspected:
    return m.PlaceInspected(job_id, m.ReadPlace(1, 0), (), (), 0.0, 0.0, 1, 0.0, 0.0, from_memory)


@pytest.mark.parametrize("known", [True, False])
def test_a_small_question_is_answered_once_during_a_long_job_or_else_in_its_turn(known: bool) -> None:
    mailbox = Mailbox()
    engine = Busy(mailbox)
    engine.known = known
    mailbox.put(m.ReadText(1, "text", ()))
    sent: list[m.Message] = []

    def send(message: m.Message) -> None:
        sent.append(message)
        if isinstance(message, m.ReadingFinished):
            mailbox.put(m.InspectPlace(13, m.ReadPlace(1, 0), ()))
            mailbox.close()

    answer(engine, mailbox, send)
    told = [(message.job_id, getattr(message, "from_memory", None)) for message in sent]
    assert told == (
        [(10, True), (11, True), (12, True), (1, None), (13, False)] if known else [(1, None), (13, False)]
    )


def test_the_text_is_reshaped_from_memory_while_the_model_writes(starter_engine: Engine) -> None:
    text = "Once upon a time, there was a little dog. " * 8
    list(starter_engine.run(m.ReadText(1, text, ())))
    asked = m.ReshapeText(3, 1, (TopP(0.8), Temperature(0.7)))
    alone = list(starter_engine.run(asked))
    mailbox = Mailbox()
    mailbox.put(m.Generate(2, "Once upon", (), (), 12, 0, stop_at_end_of_text=False))
    mailbox.put(asked)
    sent: list[m.Message] = []

    def send(message: m.Message) -> None:
        sent.append(message)
        if isinstance(message, m.GenerationFinished):
            mailbox.close()

    answer(starter_engine, mailbox, send)
    told = [message for message in sent if message.job_id == 3]
    assert told == alone
    assert sent.index(told[0]) < sent.index(next(x for x in sent if isinstance(x, m.GenerationFinished)))


@pytest.mark.parametrize("recompute", [False, True])
def test_what_needs_the_model_or_is_called_off_is_not_told_aside(
    starter_engine: Engine, recompute: bool
) -> None:
    list(starter_engine.run(m.ReadText(1, "Once upon a time", ())))
    mailbox = Mailbox()
    mailbox.put(m.Generate(2, "Once upon", (), (), 3, 0, stop_at_end_of_text=False))
    mailbox.put(m.ReshapeText(3, 1, (TopP(0.8),), recompute=recompute))
    if not recompute:
        mailbox.put(m.Cancel(3))
    sent: list[m.Message] = []

    def send(message: m.Message) -> None:
        sent.append(message)
        if isinstance(message, m.ReshapingFinished | m.JobFailed):
            mailbox.close()

    answer(starter_engine, mailbox, send)
    kinds = [type(message) for message in sent if message.job_id == 3]
    assert kinds == ([m.TextReshaped, m.ReshapingFinished] if recompute else [m.JobFailed])
