from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.history import Run
from studio.core.messages import Candidate, Token
from studio.store import packing
from studio.store.records import Damage, SessionRecord
from studio.store.store import Store
from studio.store.trouble import LibraryError
from tests.store.library_samples import generation, session, token

texts = st.text(st.characters()) | st.sampled_from(
    [
        "",
        "\0",
        "a\0b",
        "\ud800",
        "\udfff\ud83d",
        "👩\u200d👩\u200d👧",
        "\u202eعربي",
        "\u2029\u00a0\ufdd0\r\n",
        "\ufffe\uffff",
    ]
)
floats32 = st.floats(width=32)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store.open(tmp_path_factory.mktemp("library"))
    store._connection.execute("PRAGMA synchronous = OFF")
    yield store
    store.close()


def cleaned(text: str) -> str:
    return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


@given(
    title=texts,
    text=texts,
    sources=st.lists(st.integers(-1, 2**40)),
    scroll=st.floats(-0.0, 1),
    revision=st.integers(0, 2**62),
)
def test_a_session_round_trips(
    store: Store, title: str, text: str, sources: list[int], scroll: float, revision: int
) -> None:
    n = min(len(text), len(sources))
    runs = (*(Run(1, source, k) for k, source in enumerate(sources[:n])), Run(len(text) - n))
    at = max(100, store._next_id("sessions"))  # a session whose revision does not go down
    store.save_session(SessionRecord(at, title, text, runs, len(text), scroll, revision))
    expected = SessionRecord(at, cleaned(title), cleaned(text), runs, len(text), scroll, revision)
    assert store.session(at) == expected
    assert store.last_session() == expected
    (line,) = (line for line in store.sessions() if line.id == at)
    assert (line.title, line.n_characters) == (cleaned(title), len(text))
    assert line.preview == " ".join(cleaned(text).split())[:80]


# Few different ids, so that the same one comes with another text, as from a tokenizer that was changed.
ids = st.integers(0, 5) | st.integers(0, 2**32 - 1)
candidates = st.builds(Candidate, ids, texts, floats32, floats32)
tokens = st.builds(
    Token,
    token_id=st.integers(0, 2**32 - 1),
    raw=st.binary(max_size=300),
    text=texts,
    logprob=st.floats(),
    sampling_prob=st.floats(),
    rank=st.integers(1, 2**32),
    entropy=st.floats(),
    candidates=st.lists(candidates, max_size=25).map(tuple),
)


def test_a_changed_alternative_is_noticed(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.save_generation(generation(), 0, (token(),), session())
    store._connection.execute("UPDATE pieces SET text = text || '!' WHERE token_id = 50000")
    assert store.tokens(1) == (token(),)  # read once, kept
    store.close()
    store = Store.open(tmp_path)
    with pytest.raises(LibraryError, match="cannot be trusted"):
        store.tokens(1)
    store.close()


def as_stored(token: Token) -> Token:
    texts = (replace(candidate, text=cleaned(candidate.text)) for candidate in token.candidates)
    return replace(
        token,
        text=cleaned(token.text),
        candidates=tuple(texts),
        logprob=token.logprob + 0.0,  # SQLite knows no negative zero
        entropy=token.entropy + 0.0,
        sampling_prob=token.sampling_prob + 0.0,
    )


@given(st.lists(tokens, max_size=3).map(tuple), texts, st.lists(texts).map(tuple))
def test_a_generation_and_its_tokens_round_trip(
    store: Store, tokens: tuple[Token, ...], text: str, stop: tuple[str, ...]
) -> None:
    record = replace(generation(5, 3), text=text, prompt=text, stop=stop, model_path=text)
    store.save_generation(record, 0, tokens, session(3))
    # repr, because a float that is not a number equals nothing
    assert repr(store.tokens(5)) == repr(tuple(map(as_stored, tokens)))
    path = cleaned(text)
    assert store.generation(5) == replace(
        record, text=path, prompt=path, stop=tuple(map(cleaned, stop)), model_path=path
    )


def test_floats_keep_float32_precision_and_never_overflow() -> None:
    values = (-math.pi, 1e-45, 1e300, -1e300, math.inf)
    candidates = tuple(Candidate(1, "", value, 0.1) for value in values)
    stored = packing.unpack_token(
        packing.pack_token(replace(token(), candidates=candidates), {1: ""}), {1: ""}
    )
    assert [c.logprob for c in stored.candidates[:2]] == list(
        struct.unpack("<2f", struct.pack("<2f", *values[:2]))
    )
    assert [c.logprob for c in stored.candidates[2:]] == [math.inf, -math.inf, math.inf]
    assert stored.logprob == -0.1  # the chosen token's own values stay float64


@given(st.data())
def test_a_flipped_bit_in_a_token_is_noticed(data: st.DataObject) -> None:
    pieces = data.draw(st.sampled_from([{}, packing.new_pieces([token()], {})]))
    row = packing.pack_token(token(), pieces)
    flipped = bytearray(row[7])
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(LibraryError) as caught:
        packing.unpack_token((*row[:7], bytes(flipped)), pieces)
    assert caught.value.damage is Damage.DAMAGED


def test_a_token_takes_at_most_400_bytes_with_20_alternatives(tmp_path: Path) -> None:
    def size(n_tokens: int) -> int:
        folder = tmp_path / str(n_tokens)
        store = Store.open(folder)
        words = [
            replace(
                token(), candidates=tuple(Candidate(50_000 - k, " lantern", -1.5, 0.1) for k in range(20))
            )
        ]
        store.save_generation(generation(), 0, words * n_tokens, session())
        store.close()
        return (folder / "library.db").stat().st_size

    assert (size(3000) - size(1)) / 3000 <= 400


def test_runs_that_do_not_cover_the_text_give_way_to_it(store: Store) -> None:
    store.save_session(replace(session(9, "Text"), runs=(Run(99, 7, 0),)))
    assert store.session(9).text == "Text"
    assert store.session(9).runs == (Run(4),)


@pytest.mark.parametrize(("scroll", "kept"), [(math.nan, 0.0), (-1.0, 0.0), (7.0, 1.0), (0.5, 0.5)])
def test_no_scroll_position_keeps_a_text_from_being_saved(store: Store, scroll: float, kept: float) -> None:
    store.save_session(replace(session(9), scroll=scroll, caret=-4))
    assert (store.session(9).scroll, store.session(9).caret) == (kept, 0)
