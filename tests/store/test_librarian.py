from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio.core.messages import FinishReason
from studio.store.librarian import Librarian
from studio.store.records import (
    CloseLibrary,
    Damage,
    DeleteSession,
    GenerationLoaded,
    LibraryClosed,
    LibraryFailed,
    LibraryOpened,
    LibraryRequest,
    LoadGeneration,
    LoadTokens,
    OpenLibrary,
    OpenSession,
    RenameSession,
    RequestFailed,
    RestoreSession,
    Saved,
    SaveGeneration,
    SaveSession,
    SessionOpened,
    SessionsListed,
    TokensLoaded,
)
from studio.store.store import Store
from tests.store.library_samples import ask, generation, library, session, token


def test_a_new_library_is_empty_and_counts_from_one(own_library: Path) -> None:
    librarian = Librarian()
    opened = ask(librarian, OpenLibrary(str(own_library)), LibraryOpened)
    assert opened == LibraryOpened(str(own_library), False, (), None, 1, 1, ())
    ask(librarian, CloseLibrary(), LibraryClosed)
    assert [file.name for file in own_library.iterdir()] == ["library.db"]


def test_everything_is_there_after_a_restart(own_library: Path) -> None:
    first, second = session(1, "Eins"), session(2, "Zwei\n drei", title="Titel", revision=9)
    whole = replace(generation(7, 2, text=" und", finish_reason=FinishReason.LENGTH), retry_of=5, n_tokens=2)
    tokens = (token(" un"), token("d"))
    with library(own_library) as librarian:
        ask(librarian, SaveSession(first), Saved)
        saved = ask(librarian, SaveGeneration(whole, 0, tokens, second), Saved)
        assert (saved.session_id, saved.revision) == (2, 9)
        assert (saved.summary.preview, saved.summary.n_characters) == ("Zwei drei", 10)
    librarian = Librarian()
    opened = ask(librarian, OpenLibrary(str(own_library)), LibraryOpened)
    assert [line.id for line in opened.sessions] == [2, 1]
    assert opened.last_session == second
    assert (opened.next_session_id, opened.next_generation_id, opened.interrupted) == (3, 8, ())
    assert ask(librarian, OpenSession(1), SessionOpened).session == first
    loaded = ask(librarian, LoadTokens(7), TokensLoaded).tokens
    assert [t.text for t in loaded] == [" un", "d"]
    assert loaded == tokens
    ask(librarian, CloseLibrary(), LibraryClosed)
    with_store = Store.open(own_library)
    assert with_store.generation(7) == whole
    assert with_store.generation(8) is None
    with_store.close()


def test_a_generation_grows_and_may_be_sent_twice(own_library: Path) -> None:
    tokens = tuple(token(f"{k}") for k in range(5))
    with library(own_library) as librarian:
        ask(librarian, SaveGeneration(generation(text="01"), 0, tokens[:2], session()), Saved)
        ask(librarian, SaveGeneration(generation(text="0123"), 2, tokens[2:4], session()), Saved)
        ask(librarian, SaveGeneration(generation(text="0123"), 2, tokens[2:4], session()), Saved)
        ask(librarian, SaveGeneration(generation(text="01234"), 4, tokens[4:], session()), Saved)
        assert ask(librarian, LoadTokens(1), TokensLoaded).tokens == tokens
        # A part that was never saved: the text is safe, the tokens before the gap still fit the text.
        ask(
            librarian, SaveGeneration(replace(generation(2), n_tokens=8), 3, tokens, session(1, "neu")), Saved
        )
        assert ask(librarian, LoadTokens(2), TokensLoaded).tokens == ()
        assert ask(librarian, OpenSession(1), SessionOpened).session.text == "neu"


def test_a_gap_is_known_for_one_and_can_be_filled(own_library: Path) -> None:
    tokens = tuple(token(f"{k}") for k in range(8))

    def save(first: int, end: int) -> SaveGeneration:
        return SaveGeneration(replace(generation(), n_tokens=end), first, tokens[first:end], session())

    with library(own_library) as librarian:
        for first, end, whole in (
            (0, 2, 2),
            (4, 6, 2),
            (6, 8, 2),
            (2, 6, 6),
            (6, 8, 8),
            (3, 4, 4),
            (0, 8, 8),
        ):
            ask(librarian, save(first, end), Saved)
            assert ask(librarian, LoadTokens(1), TokensLoaded).tokens == tokens[:whole]
        # What looks like a gap, and was not noted when it was written, is damage.
        librarian.store._connection.execute("DELETE FROM tokens WHERE position = 4")
        assert ask(librarian, LoadTokens(1), RequestFailed).damage is Damage.DAMAGED
        ask(librarian, save(6, 8), Saved)
        librarian.store._connection.execute("DELETE FROM tokens WHERE position < 7")
        assert ask(librarian, LoadTokens(1), RequestFailed).damage is Damage.DAMAGED


def test_the_list_follows_saving_and_not_the_clock(
    own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with library(own_library) as librarian:
        for number, time in ((1, "2026-05-05"), (2, "2020-01-01"), (3, "2019-01-01")):
            monkeypatch.setattr("studio.store.store._now", lambda time=time: f"{time}T00:00:00Z")
            ask(librarian, SaveSession(session(number)), Saved)
        lines = ask(librarian, RenameSession(1, "first"), SessionsListed).sessions
    assert [(line.id, line.title) for line in lines] == [(3, ""), (2, ""), (1, "first")]
    assert [line.updated_utc[:4] for line in lines] == ["2019", "2020", "2026"]


def test_a_deleted_session_comes_back_whole(own_library: Path) -> None:
    with library(own_library) as librarian:
        for number in (1, 2):
            ask(librarian, SaveSession(session(number, f"text {number}")), Saved)
        assert [s.id for s in ask(librarian, DeleteSession(2), SessionsListed).sessions] == [1]
    with library(own_library) as librarian:
        assert ask(librarian, OpenSession(2), SessionOpened).session == session(2, "text 2")
        # Its number is not given out again, and what is saved late stays deleted.
        ask(librarian, SaveSession(session(2, "late")), Saved)
        assert [s.id for s in ask(librarian, RestoreSession(2), SessionsListed).sessions] == [2, 1]


def test_the_last_session_is_not_a_deleted_one(own_library: Path) -> None:
    with library(own_library) as librarian:
        for number in (1, 2):
            ask(librarian, SaveSession(session(number)), Saved)
        ask(librarian, DeleteSession(2), SessionsListed)
    opened = ask(librarian := Librarian(), OpenLibrary(str(own_library)), LibraryOpened)
    assert opened.last_session == session(1)
    assert opened.next_session_id == 3
    ask(librarian, CloseLibrary(), LibraryClosed)


SAVES: dict[str, LibraryRequest] = {
    "session": SaveSession(session(1, "the new text", revision=2)),
    "generation": SaveGeneration(generation(1), 0, (token(),), session(1, "the new text", revision=2)),
    "rename": RenameSession(1, "the new title"),
    "delete": DeleteSession(1),
}


@pytest.mark.parametrize("request_name", SAVES)
def test_what_is_answered_is_in_the_files(own_library: Path, tmp_path: Path, request_name: str) -> None:
    with library(own_library) as librarian:
        ask(librarian, SaveSession(session(1, "the old text")), Saved)
        for message in librarian.run(SAVES[request_name]):
            assert isinstance(message, Saved | SessionsListed)
            # While the answer is still in our hands: as if the power went now.
            shutil.copytree(own_library, tmp_path / "copy")
    reader = Store.open(tmp_path / "copy")
    stored = reader.session(1)
    seen = {
        "session": stored.text == "the new text" and stored.revision == 2,
        "generation": stored.text == "the new text" and reader.tokens(1) == (token(),),
        "rename": stored.title == "the new title",
        "delete": reader.sessions() == (),
    }
    reader.close()
    assert seen[request_name]


def test_a_generation_cut_short_is_told_of_once(own_library: Path) -> None:
    with library(own_library) as librarian:
        ask(librarian, SaveGeneration(generation(1, 1, text="half"), 0, (), session(1)), Saved)
        done = generation(2, 2, finish_reason=FinishReason.CANCELLED)
        ask(librarian, SaveGeneration(done, 0, (), session(2)), Saved)
    interrupted = []
    for read_only in (True, False, False):
        librarian = Librarian()
        opened = ask(librarian, OpenLibrary(str(own_library), read_only), LibraryOpened)
        interrupted.append(opened.interrupted)
        ask(librarian, CloseLibrary(), LibraryClosed)
    assert interrupted == [(1,), (1,), ()]
    store = Store.open(own_library)
    stored = store.generation(1)
    assert stored == generation(1, 1, text="half")  # still without a reason: nobody knows one
    store.close()


def test_an_unknown_session_is_no_bug(own_library: Path) -> None:
    requests: list[LibraryRequest] = [OpenSession(5), RenameSession(5, "x")]
    with library(own_library) as librarian:
        for request in requests:
            failed = ask(librarian, request, RequestFailed)
            assert (failed.session_id, failed.damage, failed.report) == (5, Damage.FAILED, "")
        assert ask(librarian, LoadTokens(5), TokensLoaded).tokens == ()


def test_a_bug_is_reported_without_any_text(own_library: Path) -> None:
    not_a_number: Any = "not a number at all"
    broken = replace(session(1, "my secret story"), caret=not_a_number)
    with library(own_library) as librarian:
        failed = ask(librarian, SaveSession(broken), RequestFailed)
        assert "TypeError" in failed.report
        assert "studio/store/store.py" in failed.report
        for secret in ("secret", "not a number", str(Path(__file__).parents[2])):
            assert secret not in failed.report
        ask(librarian, SaveSession(session(1, "and on it goes")), Saved)


def test_without_a_library_nothing_is_lost_silently() -> None:
    failed = ask(Librarian(), SaveSession(session(4)), RequestFailed)
    assert failed.session_id == 4
    assert failed.report
    assert ask(Librarian(), CloseLibrary(), LibraryClosed) == LibraryClosed()


def test_a_library_moved_away_is_noticed_before_saved_is_said(own_library: Path) -> None:
    with library(own_library) as librarian:
        ask(librarian, SaveSession(session()), Saved)
        shutil.move(own_library / "library.db", own_library / "elsewhere.db")
        failed = ask(librarian, SaveSession(session(1, "lost?")), RequestFailed)
        assert failed.damage is Damage.FAILED
        assert "moved" in failed.what_happened
        shutil.move(own_library / "elsewhere.db", own_library / "library.db")
        ask(librarian, SaveSession(session(1, "not lost")), Saved)


def test_the_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    failed = ask(Librarian(), OpenLibrary(str(tmp_path / "file" / "library")), LibraryFailed)
    assert failed.damage is Damage.FAILED
    assert (tmp_path / "file").read_text(encoding="utf-8") == "not a folder"


def test_a_generation_is_loaded_without_its_tokens_or_said_not_to_be_there(own_library: Path) -> None:
    with library(own_library) as librarian:
        record = generation(1, text=" upon", finish_reason=FinishReason.LENGTH)
        ask(librarian, SaveGeneration(record, 0, (token(),), session()), Saved)
        assert ask(librarian, LoadGeneration(1), GenerationLoaded) == GenerationLoaded(1, record)
        assert ask(librarian, LoadGeneration(2), GenerationLoaded) == GenerationLoaded(2, None)
