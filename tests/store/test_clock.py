"""The clock is set back by two years, also between two saves: order, ids and backups do not depend on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest

from studio.core.history import Node, pack_step
from studio.store import backup
from studio.store.librarian import Librarian
from studio.store.records import (
    BackupMade,
    BackupNow,
    DeleteSession,
    Found,
    LibraryOpened,
    ListSessions,
    OpenLibrary,
    OpenSession,
    Saved,
    SaveGeneration,
    SaveSession,
    SearchLibrary,
    SessionOpened,
    SessionsListed,
    View,
)
from tests.store.library_samples import ask, generation, library, session, token

TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG_AGO = TODAY - timedelta(days=2 * 365)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def set_it(to: datetime) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromtimestamp(to.timestamp(), tz)

        for module in ("store", "backup"):
            monkeypatch.setattr(f"studio.store.{module}.datetime", Clock)
        monkeypatch.setattr(time, "time", to.timestamp)

    return set_it


def ids(librarian: Librarian, view: View = "current") -> list[int]:
    return [line.id for line in ask(librarian, ListSessions(view), SessionsListed).sessions]


def daily(librarian: Librarian) -> str:
    made = list(librarian.run(BackupNow(only_if_due=True)))[-1]
    assert isinstance(made, BackupMade), made
    assert made.n_removed == 0
    return Path(made.path).name


def test_a_clock_set_back_changes_no_order_and_loses_nothing(
    own_library: Path, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(TODAY)
    with library(own_library) as librarian:
        for number in (1, 2, 3):
            first = replace(
                session(number, f"text {number}"),
                nodes=(Node(1, 0, pack_step([]), created_utc="2026"),),
                head=1,
            )
            ask(librarian, SaveGeneration(generation(number, number), 0, (token(),), first), Saved)
        new = daily(librarian)
        assert new.startswith("library-20261122T")
        set_clock(LONG_AGO)  # between two saves of a running program
        later = replace(
            session(1, "text 1, later", revision=2),
            nodes=(Node(2, 1, pack_step([]), created_utc="2024"),),
            head=2,
        )
        ask(librarian, SaveSession(later), Saved)
        ask(librarian, SaveSession(session(2, "an earlier state of 2", revision=0)), Saved)
        assert ids(librarian) == [1, 3, 2]
    opened = ask(librarian := Librarian(), OpenLibrary(str(own_library)), LibraryOpened)
    assert [line.id for line in opened.sessions] == [1, 3, 2]
    assert (opened.next_session_id, opened.next_generation_id) == (4, 4)
    assert opened.last_session is not None
    assert (opened.last_session.text, opened.last_session.head) == ("text 1, later", 2)
    assert [node.id for node in opened.last_session.nodes] == [1, 2]
    assert ask(librarian, OpenSession(2), SessionOpened).session.text == "text 2"
    ask(librarian, SaveSession(session(4, "text 4, of 2024")), Saved)
    hits = ask(librarian, SearchLibrary("text"), Found).hits
    assert [hit.session_id for hit in hits] == [4, 1, 3, 2]  # the last saved first
    for number in (1, 4):
        ask(librarian, DeleteSession(number), SessionsListed)
    assert ids(librarian, "trash") == [4, 1]
    old = daily(librarian)  # that there is one of the future is no reason to have none
    assert old.startswith("library-20241122T")
    assert daily(librarian) == ""
    set_clock(TODAY + timedelta(days=1))
    newest = daily(librarian)
    assert [path.name for path in backup.made(own_library / "backups")] == [old, new, newest]
    list(librarian.run(OpenLibrary(str(own_library / "other"))))
