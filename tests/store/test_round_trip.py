from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.history import Edit, Node, Run, pack_step
from studio.core.messages import Candidate, Token
from studio.store import packing, shelf
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


ODDITIES = (
    *("\0", "a\0b", "\ud800", "\u202eabc", "\u2066x", "e\u0301", "\u1100\u1161\u11a8", "👩\u200d👩\u200d👧"),
    *(
        "\u200b",
        "\ufeff",
        "\u00ad",
        "\u2028",
        "\r\n",
        "\x1b[31m",
        "\x7f\x80",
        "\ufdd0\uffff",
        "\U0010ffff",
        "Z̷̡͓a",
    ),
    *(
        "%s {title} $1",
        "'; DROP TABLE sessions; --",
        '"',
        "../../etc",
        "CON",
        ".",
        " ",
        "ＦＵＬＬ",
        "ǅ ﬀ ß İ ı",
        "x" * 100_000,
    ),
)


@pytest.mark.parametrize("name", ODDITIES, ids=lambda name: ascii(name)[:30])
def test_any_name_can_be_given_to_anything(store: Store, name: str) -> None:
    at = max(100, store._next_id("sessions"))
    node = Node(1, 0, pack_step([]), name=name, bookmarked=True)
    record = replace(session(at, name, title=name), nodes=(node,), head=1)
    made = replace(
        generation(at, at, text=name),
        prompt=name, model_name=name, model_path=name, device=name, stop=(name,), environment=name,
    )  # fmt: skip
    store.save_generation(made, 0, (replace(token(), text=name, raw=b"\xff"),), record)
    store.rename_session(at, name)
    store.change(lambda db: shelf.tag(db, at, (name, name + "2")))
    clean = cleaned(name)
    found = store.session(at)
    assert (found.title, found.text, found.nodes[0].name) == (clean, clean, clean)
    kept = store.generation(at)
    assert kept is not None
    assert kept == replace(
        made,
        text=clean, prompt=clean, model_name=clean, model_path=clean, device=clean, stop=(clean,),
        environment=clean,
    )  # fmt: skip
    assert store.tokens(at)[0].text == clean
    (line,) = (line for line in store.sessions() if line.id == at)
    assert line.title == clean
    assert line.tags == tuple(text for text in (clean.strip(), (clean + "2").strip()) if text)
    assert store.look(lambda db: shelf.sessions(db, "current", "title"))
    store.search(clean[:200], 9)
    store.duplicate_session(at, at + 1)
    assert replace(store.session(at + 1), id=at) == found
    for n in (at, at + 1):
        store.delete_session(n)
    store.empty_trash()


def test_a_session_of_five_megabytes_is_saved_and_opened(own_library: Path) -> None:
    chance = random.Random(5)
    text = "".join(chance.choices("abcdefgh \n海é", k=5 * 2**20))
    runs = tuple(Run(1024, 1 + k % 7, 1024 * k) for k in range(len(text) // 1024))
    node = Node(1, 0, pack_step([Edit(0, "", (), text, runs)]))
    whole = replace(session(1, text), runs=runs, nodes=(node,), head=1)
    store = Store.open(own_library)
    store.save_session(whole)
    store.close()
    store = Store.open(own_library)
    assert store.found.last_session == whole
    assert store.found.last_session.nodes[0].edits[0].inserted == text
    store.close()


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
