from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.store import search, words
from studio.store.librarian import Librarian
from studio.store.records import (
    DeleteSession,
    Found,
    LibraryRequest,
    RenameSession,
    RestoreSession,
    Saved,
    SaveGeneration,
    SaveSession,
    SearchLibrary,
    SessionsListed,
)
from studio.store.store import Store
from tests.store.library_samples import ask, generation, library, session


def find(librarian: Librarian, query: str, limit: int = 50) -> list[tuple[int, str]]:
    found = ask(librarian, SearchLibrary(query, limit), Found)
    assert found.query == query
    return [(hit.session_id, hit.where) for hit in found.hits]


TEXTS = {
    1: "The old lighthouse keeper counted the waves.",
    2: "Der Fußgänger ging über die Straße nach Ångström.",
    3: "我今天去北京大学读书。很好!",
    4: "東京タワーの lighthouse がきれい。한국어 텍스트 입니다. ภาษาไทยง่าย हिन्दी में 👩🚀",
    5: 'quotes " and * and NEAR( and OR AND NOT ^a:b {c} -x',
}
FINDS = [
    ("lighthouse", [4, 1]),
    ("LIGHT", [4, 1]),
    ("house", []),
    ("keeper old", [1]),
    ('"keeper old"', []),
    ('"old lighthouse"', [1]),
    ('"old lighthouse" wav', [1]),
    ("wav counted", []),
    ("fussgang", [2]),
    ("fußgänger", [2]),
    ("strasse angstrom", [2]),
    ("uber", [2]),
    ("京", [4, 3]),
    ("京大", [3]),
    ("北大", []),
    ("大学 今天", [3]),
    ("東京タワー", [4]),
    ("ワー", [4]),
    ("국어", [4]),
    ("ไทย", [4]),
    ("हिन्दी", [4]),
    ("🚀", [4]),
    ("ＬＩＧＨＴＨＯＵＳＥ", [4, 1]),
    ("がlighthouse", []),
    ("lighthouse が", [4]),
    ("の lighthouse", [4]),
    ("near", [5]),
    ("NEAR(", [5]),
    ("a:b", [5]),
    ('"', []),
    ("", []),
    ("***", []),
    ('"unclosed quo', []),
    ('"and qu', []),
    ('"quotes an', [5]),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store.open(tmp_path_factory.mktemp("library"))
    for number, text in TEXTS.items():
        store.save_session(session(number, text))
    return store


@pytest.mark.parametrize(("query", "expected"), FINDS)
@pytest.mark.parametrize("indexed", [True, False])
def test_what_is_found(filled: Store, query: str, expected: list[int], indexed: bool) -> None:
    filled.read_only = not indexed  # where nothing may be written, what is not indexed is looked through
    if not indexed:
        filled._connection.execute("INSERT OR IGNORE INTO stale SELECT id | (1 << 60) FROM sessions")
    found = filled.search(query, 50)
    assert [hit.session_id for hit in found.hits] == expected
    for hit in found.hits:
        assert hit.ranges
        assert all(0 <= a < b <= len(hit.snippet) for a, b in hit.ranges)


def snippet(query: words.Query, text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    return words.snippet(query, text, words.first(query, text)[0])


def test_a_snippet_shows_what_was_found() -> None:
    text = "x" * 300 + " é\n" + "Le Café Crème, " * 20 + "end" * 500
    for where in (text, "word " * 30_000 + text, text.encode("ascii", "replace").decode()):
        query = words.parse("cafe crem" if "é" in where else "Caf? Cr?m")
        shown, ranges = snippet(query, where)
        assert shown.startswith("…")
        assert len(shown) <= 162
        assert shown[slice(*ranges[0])].casefold().rstrip(", ").startswith("caf")
    assert snippet(words.parse("北京"), "我去北京。") == ("我去北京。", ((2, 4),))
    assert snippet(words.parse("strasse"), "die\nStraße!") == ("die Straße!", ((4, 10),))


@given(st.text(), st.text(st.characters() | st.sampled_from('"*^:(){}-+ ANDORNEAR京大')))
def test_no_query_is_an_error_and_index_and_reading_agree(filled: Store, text: str, query: str) -> None:
    filled.read_only = False
    filled.save_session(session(6, text))
    parsed = words.parse(query)
    found = any(hit.session_id == 6 for hit in filled.search(query, 50).hits)
    if parsed.phrases:
        assert found == words.matches(parsed, text.encode("utf-8", "replace").decode())
    else:
        assert not found


@given(st.data())
def test_a_part_of_a_text_is_found_in_it(data: st.DataObject) -> None:
    alphabet = st.sampled_from("京大学のคี한é É́ßab \n-🚀")
    text = data.draw(st.text(alphabet, min_size=1))
    start = data.draw(st.integers(0, len(text) - 1))
    while start and {text[start - 1], text[start]} <= set("éÉßab\u0301"):
        start -= 1  # only the beginnings of words are found, in scripts that have words
    query = words.parse('"' + text[start : data.draw(st.integers(start + 1, len(text)))])
    if query.phrases and text[start] != "\u0301":
        assert words.matches(query, text)


@pytest.mark.parametrize(
    ("query", "text", "place"),
    [
        ("light", "one light, a Lighthouse", "light"),
        ("wave light", "The lighthouse\nand the waves", "light"),
        ('"old fox"', "fox, old; the OLD\n fox", "OLD\n fox"),
        ("strasse", "die lange STRASSE, die Straße", "STRASSE"),
        ("京大", "東京。北京大学", "京大"),
        ("🚀 base", "A 👩🚀 at the base", "🚀"),
        ("nothing", "else", ""),
        ("needle", "é " + "hay " * 3000 + "needle", "needle"),
        # At every place in a window and across its edges, a word is found where it is, and whole.
        *[("needle", "é" + "x" * n + " needles needle", "needle") for n in range(4070, 4110, 3)],
        *[("need", "é" + "x" * n + "need, need", "need") for n in range(3060, 3080)],
    ],
)
def test_the_first_place_found_is_known(query: str, text: str, place: str) -> None:
    start, end = words.first(words.parse(query), text)
    assert text[start:end] == place
    assert not start or not text[start - 1].isalpha() or not place.isascii()


def test_a_hit_says_where_in_the_text_it_is(own_library: Path) -> None:
    text = "Ein Café ✈ 🚀.\n" + "und " * 100 + "das zweite CAFÉ"
    with library(own_library) as librarian:
        ask(librarian, SaveSession(session(1, text, title="Im Café")), Saved)
        ask(
            librarian,
            SaveGeneration(generation(1, 1, text="no café"), 0, (), session(1, text, title="Im Café")),
            Saved,
        )
        hits = ask(librarian, SearchLibrary("cafe"), Found).hits
        assert [(hit.where, hit.offset, hit.length) for hit in hits] == [
            ("title", 3, 4),
            ("text", 4, 4),
            ("generation", 3, 4),
        ]


def test_a_search_sees_all_that_is_committed(own_library: Path) -> None:
    with library(own_library) as librarian:
        ask(librarian, SaveSession(session(1, "first light", title="Dawn")), Saved)
        assert find(librarian, "light") == [(1, "text")]
        assert find(librarian, "dawn") == [(1, "title")]
        ask(librarian, SaveSession(session(1, "second", title="Dawn", revision=2)), Saved)
        assert find(librarian, "light") == []
        assert find(librarian, "second") == [(1, "text")]
        ask(librarian, RenameSession(1, "Dusk"), SessionsListed)
        assert find(librarian, "dawn") == []
        assert find(librarian, "dusk") == [(1, "title")]
        ask(
            librarian,
            SaveGeneration(generation(1, 2, text="a forgotten word"), 0, (), session(2, "none")),
            Saved,
        )
        found = ask(librarian, SearchLibrary("forgotten"), Found)
        (hit,) = found.hits
        assert (hit.session_id, hit.where, hit.generation_id, hit.title) == (2, "generation", 1, "none")
        assert hit.snippet[slice(*hit.ranges[0])] == "forgotten"
        kept = session(2, "with a forgotten word in it", revision=2)
        ask(librarian, SaveSession(kept), Saved)
        assert find(librarian, "forgotten") == [(2, "text")]  # it is in the text: told of once
        ask(librarian, DeleteSession(2), SessionsListed)
        assert find(librarian, "forgotten") == []
        ask(librarian, RestoreSession(2), SessionsListed)
        assert find(librarian, "forgotten") == [(2, "text")]
        for number in range(3, 9):
            ask(librarian, SaveSession(session(number, "many")), Saved)
        assert find(librarian, "many", 4) == [(8, "text"), (7, "text"), (6, "text"), (5, "text")]
        ask(librarian, SaveSession(session(10, "saved and closed")), Saved)
    with library(own_library, read_only=True) as librarian:
        assert find(librarian, "closed") == [(10, "text")]


def test_what_is_to_be_indexed_is_done_when_there_is_time(own_library: Path) -> None:
    with library(own_library) as librarian:
        store = librarian._store
        assert store is not None
        assert librarian.tidy()
        for number in range(1, 4):
            ask(librarian, SaveSession(session(number, "word " * 200_000)), Saved)
        slices = 1
        while not librarian.tidy():
            slices += 1
        assert slices > 1
        assert store._value("SELECT count(*) FROM stale") == 0
        assert len(find(librarian, "word")) == 3
    assert Librarian().tidy()


def test_closing_does_not_wait_for_a_long_text(own_library: Path) -> None:
    with library(own_library) as librarian:
        ask(librarian, SaveSession(session(1, "long text " * 100_000)), Saved)
        ask(librarian, SaveSession(session(2, "short text")), Saved)
    with library(own_library) as librarian:
        store = librarian.store
        store.save_session(session(1, "long text " * 500_000, revision=2))
        started = time.monotonic()
    assert time.monotonic() - started < 5
    with library(own_library) as librarian:
        assert librarian.store._value("SELECT count(*) FROM stale")
        assert find(librarian, "long") == [(1, "text")]
        assert find(librarian, "short") == [(2, "text")]


def test_a_long_text_is_indexed_piece_by_piece_and_found_as_one(own_library: Path) -> None:
    middle = "one two three four five"
    text = f"first {'word ' * 40} {'more ' * 40} {middle} {'中文没有空格' * 60} last"

    def check(librarian: Librarian) -> None:
        for query in (
            "first last",
            "last first",
            f'"{middle}"',
            "word more four",
            "空格中文 last",
            '"more one"',
        ):
            assert find(librarian, query) == [(1, "text")], query
        assert find(librarian, '"two four"') == find(librarian, "first nowhere") == []

    with patch.object(search, "PIECE_CHARACTERS", 30), library(own_library) as librarian:
        count = "SELECT count(*) FROM search WHERE rowid >= 1 << 62"
        ask(librarian, SaveSession(session(1, text)), Saved)
        store = librarian.store
        while not store.index(0.0):
            check(librarian)  # some of the pieces, or all of them, or the text itself
        n_pieces = store._value(count)
        assert n_pieces > 10
        check(librarian)
        ask(librarian, SaveSession(session(1, f"altered {text}", revision=2)), Saved)
        store.index(0.0)
        check(librarian)
        ask(librarian, SaveSession(session(1, text[:200], revision=3)), Saved)  # while pieces are on the list
        while not store.index(0.0):
            assert find(librarian, "last") == []
        assert 0 < store._value(count) < n_pieces
        ask(librarian, SaveSession(session(1, "short", revision=4)), Saved)
        while not store.index(0.0):
            pass
        assert find(librarian, "first") == []
        assert find(librarian, "short") == [(1, "text")]
        assert not store._value(count)


def test_no_piece_of_a_purged_text_is_left_in_the_index(own_library: Path) -> None:
    with patch.object(search, "PIECE_CHARACTERS", 30), library(own_library) as librarian:
        ask(librarian, SaveSession(session(1, "word " * 100)), Saved)
        while not librarian.tidy():
            pass
        ask(librarian, SaveSession(session(1, "word " * 90, revision=2)), Saved)
        librarian.tidy()
        ask(librarian, DeleteSession(1), SessionsListed)
        librarian.store.empty_trash()
        assert not librarian.store._value(
            "SELECT (SELECT count(*) FROM search) + (SELECT count(*) FROM stale)"
        )


def test_a_long_text_does_not_keep_the_thread(own_library: Path) -> None:
    chance = random.Random(2)
    text = "".join(chr(chance.randrange(0x4E00, 0x5E00)) for _ in range(400_000))
    with library(own_library) as librarian:
        ask(librarian, SaveSession(session(1, text)), Saved)
        spent = []
        done = False
        while not done:
            started = time.process_time()
            done = librarian.tidy()
            spent.append(time.process_time() - started)
        assert len(spent) > 3  # a step is a stretch of time: a fast machine needs fewer
        assert sorted(spent)[len(spent) // 2] < 0.1


@given(st.text(st.sampled_from("ab é\u0301\u00a0\n\u3000京ﬀΣ\u0327")), st.integers(1, 6))
def test_a_long_text_has_the_same_words_piece_by_piece(text: str, piece: int) -> None:
    whole = words.words(text)
    with patch.object(words, "_PIECE", piece):
        assert words.words(text) == whole


def test_saving_a_long_text_does_not_index_it(own_library: Path) -> None:
    chance = random.Random(1)
    text = " ".join(f"word{chance.randrange(50_000)}" for _ in range(110_000))
    with library(own_library) as librarian:
        requests: list[LibraryRequest] = [
            SaveSession(session(1, text + str(k), revision=k)) for k in range(4)
        ]
        ask(librarian, requests[0], Saved)
        store = librarian._store
        assert store is not None
        while not store.index(10):
            pass
        start = time.process_time()
        ask(librarian, requests[1], Saved)
        saving = time.process_time() - start
        start = time.process_time()
        assert find(librarian, text[-9:] + "1") == [(1, "text")]
        assert saving < (time.process_time() - start) / 2


def test_a_damaged_index_is_made_anew(own_library: Path) -> None:
    with library(own_library) as librarian:
        ask(librarian, SaveSession(session(1, "some text")), Saved)
        assert find(librarian, "text") == [(1, "text")]
        store = librarian._store
        assert store is not None
        store._connection.execute("UPDATE search_data SET block = x'00ff00ff' WHERE id > 10")
        ask(librarian, SaveSession(replace(session(2, "more text"))), Saved)
        assert find(librarian, "text") == [(2, "text"), (1, "text")]
