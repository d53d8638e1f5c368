from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core import messages as m
from studio.core import wire
from studio.core.processors import PROCESSORS

FLOATS = st.floats(allow_nan=False)
CANDIDATES = st.builds(m.Candidate, st.integers(), st.text(), FLOATS, FLOATS)
TOKENS = st.builds(
    m.Token, st.integers(), st.binary(), st.text(), FLOATS, FLOATS, st.integers(), FLOATS,
    st.lists(CANDIDATES, max_size=3).map(tuple),
)  # fmt: skip
FIGURES = st.builds(m.Figure, st.sampled_from(m.Quantity), st.integers(), FLOATS, FLOATS)
MESSAGES = st.one_of(
    st.builds(m.PerformanceMeasured, st.integers(), st.lists(FIGURES, max_size=3).map(tuple)),
    st.builds(m.TokensGenerated, st.integers(), st.lists(TOKENS, max_size=3).map(tuple)),
    st.builds(m.AlternativeTokens, st.integers(), st.integers(), st.lists(TOKENS, max_size=3).map(tuple)),
    st.builds(
        m.AlternativeFinished, st.integers(), st.integers(), st.sampled_from(m.FinishReason), st.integers(),
        st.none() | st.text(),
    ),
    st.builds(
        m.GenerateAlternatives, st.integers(), st.text(), st.lists(st.integers()).map(tuple),
        st.just(tuple(cls() for cls in PROCESSORS)), st.integers(), st.lists(st.integers()).map(tuple),
        st.lists(st.text()).map(tuple), st.booleans(),
    ),
    st.builds(
        m.GenerationFinished, st.integers(), st.sampled_from(m.FinishReason), st.integers(), FLOATS, FLOATS
    ),
    st.builds(
        m.JobFailed, st.integers(), st.text(), st.text(), st.text(), st.tuples(st.text(), st.text()),
        st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple),
    ),
    st.builds(
        m.Generate, st.integers(), st.text(), st.lists(st.integers()).map(tuple),
        st.just(tuple(cls() for cls in PROCESSORS)), st.integers(), st.integers(),
        st.lists(st.text()).map(tuple), st.booleans(),
    ),
)  # fmt: skip


def test_no_two_values_of_enums_are_the_same() -> None:
    values = [member.value for kind in (m.FinishReason, m.Quantity) for member in kind]
    assert len(values) == len(set(values))


@given(message=MESSAGES)
def test_every_message_survives_the_pipe(message: m.Message) -> None:
    frame = wire.encode(message)
    payload = wire.read_frame(io.BytesIO(frame))
    assert payload is not None
    assert wire.decode(payload) == message


@given(messages=st.lists(MESSAGES, max_size=4), cuts=st.lists(st.integers(1, 50), max_size=40))
def test_frames_are_found_however_the_stream_is_cut(messages: list[m.Message], cuts: list[int]) -> None:
    stream = b"".join(wire.encode(message) for message in messages)
    buffer, found = wire.FrameBuffer(), []
    for cut in [*cuts, len(stream)]:
        found += buffer.feed(stream[:cut])
        stream = stream[cut:]
    found += buffer.feed(stream)
    assert [wire.decode(payload) for payload in found] == messages


def test_a_lone_surrogate_in_a_prompt_does_not_break_the_pipe() -> None:
    request = m.MeasureContext(1, "a\ud800b\0", (), 5)
    assert wire.decode(wire.encode(request)[4:]) == request


def test_only_our_own_classes_are_built() -> None:
    wrong: Any = object()
    with pytest.raises(KeyError):
        wire.decode(b'["Popen", "rm"]')
    with pytest.raises(KeyError):
        wire.decode(b'["StrEnum", "rm"]')
    with pytest.raises(ValueError, match="not a message"):
        wire.decode(b'["", 1, 2]')
    with pytest.raises(TypeError):
        wire.encode(m.JobFailed(1, wrong, "", ""))


def test_an_absurd_length_is_refused_and_a_cut_frame_is_the_end() -> None:
    with pytest.raises(ValueError, match="frame"):
        wire.read_frame(io.BytesIO(b"\xff\xff\xff\xff"))
    with pytest.raises(ValueError, match="frame"):
        wire.FrameBuffer().feed(b"\xff\xff\xff\xff")
    assert wire.read_frame(io.BytesIO(b"\0\0\0\x05abc")) is None
    assert wire.read_frame(io.BytesIO(b"")) is None
