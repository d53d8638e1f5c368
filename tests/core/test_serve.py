from __future__ import annotations

from collections.abc import Iterator

from studio.core import messages as m
from studio.core.serve import Mailbox, batched


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
