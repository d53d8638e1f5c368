"""Pinning, archiving, tagging, duplicating, and the trash that is really emptied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.history import Edit, Node, Run, pack_step
from studio.core.messages import Candidate
from studio.store.librarian import Librarian
from studio.store.records import (
    ArchiveSession,
    DeleteSession,
    DuplicateSession,
    EmptyTrash,
    Found,
    LibraryOpened,
    LibraryRequest,
    ListSessions,
    LoadTokens,
    OpenLibrary,
    OpenSession,
    Order,
    PinSession,
    RequestFailed,
    Saved,
    SaveGeneration,
    SaveSession,
    SearchLibrary,
    SessionOpened,
    SessionsListed,
    TagSession,
    TokensLoaded,
    TrashEmptied,
    View,
)
from studio.store.store import Store
from tests.store.library_samples import ask, generation, library, session, token


def ids(listed: SessionsListed) -> list[int]:
    return [line.id for line in listed.sessions]


def listed(librarian: Librarian, view: View = "current", order: Order = "updated") -> list[int]:
    answer = ask(librarian, ListSessions(view, order), SessionsListed)
    assert (answer.view, answer.order) == (view, order)
    return ids(answer)


def test_the_views_and_their_order(own_library: Path) -> None:
    with library(own_library) as librarian:
        for number, title in enumerate(("delta", "Alpha", "", "charlie"), 1):
            ask(librarian, SaveSession(session(number, "beta text", title=title)), Saved)
        ask(librarian, SaveSession(session(1, "beta text", title="delta", revision=2)), Saved)
        assert listed(librarian) == [1, 4, 3, 2]
        assert listed(librarian, order="created") == [4, 3, 2, 1]
        assert listed(librarian, order="title") == [2, 3, 4, 1]
        assert ids(ask(librarian, PinSession(3, True), SessionsListed)) == [3, 1, 4, 2]
        assert listed(librarian, order="title") == [3, 2, 4, 1]
        assert ids(ask(librarian, ArchiveSession(1, True), SessionsListed)) == [3, 4, 2]
        assert ids(ask(librarian, DeleteSession(4), SessionsListed)) == [3, 2]
        assert listed(librarian, "archived") == [1]
        assert listed(librarian, "trash") == [4]
        tagged = ask(librarian, TagSession(3, (" ä ", "b", "ä", "", "\ud800")), SessionsListed)
        assert tagged.sessions[0].tags == ("ä", "b", "\ufffd")
        assert tagged.sessions[0].pinned
    opened = ask(librarian, OpenLibrary(str(own_library)), LibraryOpened)
    assert [line.id for line in opened.sessions] == [3, 2]
    assert opened.last_session is not None
    assert opened.last_session.id == 3
    (gone,) = ask(librarian, ListSessions("trash"), SessionsListed).sessions
    assert gone.deleted_utc
    assert ids(ask(librarian, ArchiveSession(1, False), SessionsListed)) == [3, 1, 2]
    list(librarian.run(OpenLibrary(str(own_library / "other"))))


def test_a_session_that_is_only_read_keeps_its_place_and_is_opened_again(own_library: Path) -> None:
    with library(own_library) as librarian:
        for number in (1, 2, 3):
            ask(librarian, SaveSession(session(number, "text")), Saved)
        before = ask(librarian, ListSessions("current", "updated"), SessionsListed)
        librarian.store.change(
            lambda db: db.execute("UPDATE sessions SET updated_utc = '2020-01-01T00:00:00Z'")
        )
        read = replace(session(1, "text"), caret=2, scroll=0.5)
        saved = ask(librarian, SaveSession(read), Saved)
        assert saved.summary.updated_utc == "2020-01-01T00:00:00Z"
        assert listed(librarian) == ids(before) == [3, 2, 1]
    opened = ask(librarian, OpenLibrary(str(own_library)), LibraryOpened)
    assert opened.last_session == read
    ask(librarian, SaveSession(session(2, "changed", revision=2)), Saved)
    assert listed(librarian) == [2, 3, 1]
    ask(librarian, DeleteSession(2), SessionsListed)
    opened = ask(librarian, OpenLibrary(str(own_library)), LibraryOpened)
    assert opened.last_session is not None
    assert opened.last_session.id == 3
    list(librarian.run(OpenLibrary(str(own_library / "other"))))


def test_an_unknown_session_is_no_bug(own_library: Path) -> None:
    requests: list[LibraryRequest] = [
        PinSession(5, True),
        ArchiveSession(5, True),
        TagSession(5, ()),
        DuplicateSession(5, 6),
    ]
    with library(own_library) as librarian:
        for request in requests:
            failed = ask(librarian, request, RequestFailed)
            assert (failed.session_id, failed.report) == (5, "")
            assert "not in the library" in failed.what_happened


def test_a_copy_outlives_what_it_was_made_from(own_library: Path) -> None:
    replaced = Edit(0, "Long", (Run(4, 3),), "Once", (Run(4, 2),))
    node = Node(1, 0, pack_step([replaced]), 2)
    original = replace(session(1, "Once", title="T"), runs=(Run(4, 2, 0),), nodes=(node,), head=1)
    with library(own_library) as librarian:
        for number, text in ((1, "unused"), (2, "Once"), (3, "Long")):
            request = SaveGeneration(generation(number, text=text), 0, (token(text),), original)
            ask(librarian, request, Saved)
        assert ids(ask(librarian, DuplicateSession(1, 7), SessionsListed)) == [7, 1]
        assert ids(ask(librarian, DuplicateSession(7, 8), SessionsListed)) == [8, 7, 1]
        copy = ask(librarian, OpenSession(8), SessionOpened).session
        assert copy == replace(original, id=8)
        for number in (7, 1):
            ask(librarian, DeleteSession(number), SessionsListed)
            assert ask(librarian, EmptyTrash(), TrashEmptied) == TrashEmptied(1, 0, "", "")
        assert ask(librarian, OpenSession(8), SessionOpened).session == copy
        assert ask(librarian, LoadTokens(2), TokensLoaded).tokens == (token("Once"),)
        assert ask(librarian, LoadTokens(1), TokensLoaded).tokens == ()
        assert ask(librarian, LoadTokens(3), TokensLoaded).tokens == (token("Long"),)  # Undo needs it
        store = librarian._store
        assert store is not None
        assert store.generation(2) == generation(2, 8, text="Once")


CANARIES = {
    "text": "canarytext",
    "old text": "canaryold",
    "title": "canarytitle",
    "prompt": "canaryprompt",
    "generation": "canarygenerated",
    "token": "canarytoken",
    "node": "canarynode",
    "node's name": "canaryname",
    "pruned node": "canarypruned",
    "other copy": "canarycopy",
    "tag": "canarytag",
}


def whole(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()).lower()


@pytest.mark.parametrize("vacuum", [False, True])
def test_what_was_in_the_trash_is_in_no_file(own_library: Path, vacuum: bool) -> None:
    c = {name: f"{canary} " * 200 for name, canary in CANARIES.items()}
    with library(own_library) as librarian:
        ask(librarian, SaveSession(session(1, "stays " * 500)), Saved)
        doomed = replace(
            session(2, c["old text"], title=CANARIES["title"]),
            nodes=(
                Node(1, 0, c["node"], name=CANARIES["node's name"]),
                Node(2, 1, c["pruned node"], pruned=True),
            ),
            head=1,
        )
        raw = replace(token(c["token"]), candidates=(Candidate(1, "piece", -1.0, 0.5),))
        record = replace(generation(1, 2, text=c["generation"]), prompt=c["prompt"])
        ask(librarian, SaveGeneration(record, 0, (raw,) * 30, doomed), Saved)
        assert len(ask(librarian, SearchLibrary("canaryold"), Found).hits) == 1
        ask(librarian, SaveSession(replace(doomed, text=c["text"], revision=2)), Saved)
        ask(librarian, TagSession(2, (CANARIES["tag"],)), SessionsListed)
        ask(librarian, DuplicateSession(2, 9), SessionsListed)
        copy = replace(ask(librarian, OpenSession(9), SessionOpened).session, nodes=())
        ask(librarian, SaveSession(replace(copy, text=c["other copy"], revision=3)), Saved)
        store = librarian._store
        assert store is not None
        shared = replace(generation(2, 1), prompt="shared prompt")
        ask(librarian, SaveGeneration(shared, 0, (), session(1, "stays " * 500, revision=2)), Saved)
        ask(librarian, SaveGeneration(replace(shared, id=3, session_id=2), 0, (), doomed), Saved)
        for canary in CANARIES.values():
            assert canary.encode() in whole(own_library), canary
        if vacuum:
            store._connection.execute("UPDATE meta SET value = '1' WHERE key = 'vacuum_due'")
        for number in (9, 2):
            ask(librarian, DeleteSession(number), SessionsListed)
        assert ask(librarian, EmptyTrash(), TrashEmptied).n_sessions == 2
        for canary in CANARIES.values():
            assert canary.encode() not in whole(own_library), canary
        assert listed(librarian, "trash") == []
        assert store.generation(2) == shared
    for canary in CANARIES.values():
        assert canary.encode() not in whole(own_library), canary
    store = Store.open(own_library)
    assert store.session(1).text == "stays " * 500
    assert store.found.next_session_id == 10
    assert store._connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert store._connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert [hit.session_id for hit in store.search("stays", 9).hits] == [1]
    store.close()
