"""What the killed process of a store-level run does: it writes through the Librarian, without a window.

Of each request it tells first what the library will hold after it, and then that it was answered. Lines of
JSON: {"n": 7, "will": [["session", 1, digest], ...]}, {"ack": 7}, {"backup": path}, {"open": true},
{"events": how many moments there were}, {"trouble": words}.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlite_utils import Database

from studio.core.history import ROOT, Run
from studio.core.manuscript import Manuscript
from studio.core.messages import FinishReason, Token
from studio.store import backup, errand, migrations, opening
from studio.store import records as r
from studio.store.librarian import Librarian
from tests.faults.states import ANY, GONE, Key, generation_state, one, session_state, sessions_of
from tests.store.library_samples import generation, token

WORDS = ("The ", "wind ", "went ", "over\n", "hill ", "and, ", "so ", "café ", "海 ", "🌊 ", "e\u0301", "\0")
FILE_EVENTS = ("sqlite3.connect", "os.link", "os.rename", "os.remove", "os.mkdir", "open")

MUTANTS = {
    "ack-before-commit": "edit",
    "backup-under-its-name": "backup",
    "migrate-by-statement": "migrate",
}
"""What is wrong on purpose, and the kind of run that must show it."""


class Moments:
    """Counts SQL statements, and what is done to files of the library; at `kill_at` the process is killed."""

    def __init__(self, folder: Path, kill_at: int) -> None:
        self.count, self._kill_at, self._folder = 0, kill_at, str(folder)
        sys.addaudithook(self._on_event)
        connect, fsync = opening.connect, os.fsync

        def traced(path: Path, mode: str, timeout_s: float = opening.BUSY_S) -> sqlite3.Connection:
            connection = connect(path, mode, timeout_s)
            connection.set_trace_callback(self.hit)
            return connection

        def counted(descriptor: int) -> None:
            self.hit()
            fsync(descriptor)
            self.hit()

        patch.object(opening, "connect", traced).start()
        patch.object(os, "fsync", counted).start()

    def hit(self, *_: object) -> None:
        """One more moment."""
        self.count += 1
        if self.count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _on_event(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name in FILE_EVENTS and self._folder in str(arguments[0]):
            self.hit()


@dataclass
class Page:
    """A session as this process knows it."""

    id: int
    manuscript: Manuscript
    title: str = ""
    revision: int = 0
    pinned: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    deleted: bool = False

    def record(self, *, whole: bool) -> r.SessionRecord:
        """As it is now, with all nodes or those that are new."""
        m = self.manuscript
        nodes = tuple(m.history.nodes.values()) if whole else m.take_changed()
        text, runs, head = m.text, m.runs, m.history.head
        return r.SessionRecord(
            self.id, self.title, text, runs, len(text) // 2, 0.5, self.revision, nodes, head
        )

    def state(self) -> str:
        return session_state(self.record(whole=True), self.pinned, self.archived, self.tags, self.deleted)


class Hand:
    """Does things of one kind, one after the other."""

    def __init__(
        self, folder: Path, tell: Callable[[dict[str, object]], None], chance: random.Random
    ) -> None:
        self._tell, self._chance, self._n = tell, chance, 0
        self.librarian = Librarian()
        opened = one(self.librarian, r.OpenLibrary(str(folder)), r.LibraryOpened)
        assert isinstance(opened, r.LibraryOpened)
        self._next_session, self._next_generation = opened.next_session_id, opened.next_generation_id
        self._pages: dict[int, Page] = {}
        self._open_generation: tuple[r.GenerationRecord, list[Token], Page] | None = None
        for session, line in sessions_of(self.librarian):
            manuscript = Manuscript(session.text, session.runs, session.nodes, session.head)
            self._pages[session.id] = Page(
                session.id, manuscript, session.title, session.revision,
                line.pinned, line.archived, line.tags, bool(line.deleted_utc),
            )  # fmt: skip
        tell({"open": True})

    def act(self, kind: str) -> None:
        """Something of a kind."""
        page = self._some_page()
        match kind:
            case "edit":
                self._edit(page)
                self._save(page)
            case "generate":
                self._generate(page)
            case "branch":
                self._branch(page)
            case "list":
                self._list(page)
            case "backup":
                self._back_up()
            case _:  # a library that was just migrated is written like any other
                self.act(self._chance.choice(("edit", "generate", "branch")))

    # -- inside --------------------------------------------------------------------------------------------

    def _send(self, request: r.LibraryRequest, will: dict[Key, str]) -> None:
        self._n += 1
        self._tell({"n": self._n, "will": [[*key, state] for key, state in will.items()]})
        for answer in self.librarian.run(request):
            if isinstance(answer, r.RequestFailed):
                self._tell({"trouble": f"{answer.what_happened} {answer.report}"})
        self._tell({"ack": self._n})

    def _some_page(self) -> Page:
        living = [page for page in self._pages.values() if not page.deleted]
        if not living or (len(living) < 6 and self._chance.random() < 0.05):
            page = self._pages[self._next_session] = Page(self._next_session, Manuscript())
            self._next_session += 1
            self._save(page)
            return page
        return self._chance.choice(living)

    def _save(self, page: Page) -> None:
        page.revision += 1
        self._send(r.SaveSession(page.record(whole=False)), {("session", page.id): page.state()})

    def _edit(self, page: Page) -> None:
        chance, manuscript = self._chance, page.manuscript
        choice = chance.random()
        at = chance.randrange(len(manuscript.text) + 1)
        if choice < 0.5:
            manuscript.replace(at, at, chance.choice(WORDS), typing=chance.random() < 0.7)
        elif choice < 0.6:
            manuscript.replace(at, at, "pasted words " * chance.randrange(1, 500))
        elif choice < 0.75:
            manuscript.replace(at, min(at + chance.randrange(300), len(manuscript.text)), "")
        elif choice < 0.9:
            manuscript.undo()
        else:
            manuscript.redo()

    def _generate(self, page: Page) -> None:
        """A whole generation, saved in parts, now and then instead of the last."""
        chance, manuscript, number = self._chance, page.manuscript, self._next_generation
        self._next_generation += 1
        head = manuscript.history.nodes.get(manuscript.history.head)
        instead = head is not None and head.source > 0 and chance.random() < 0.4
        prompt = manuscript.text[-200:]
        manuscript.begin_group(number, instead=instead)
        at = start = len(manuscript.text)
        tokens: list[Token] = []
        first = 0
        record = replace(generation(number, page.id), prompt=prompt, position=start)
        for part in range(parts := chance.randrange(1, 8)):
            for _ in range(chance.randrange(1, 30)):
                tokens.append(token(chance.choice(WORDS)))
                text = tokens[-1].text
                manuscript.replace(at, at, text, (Run(len(text), number, at - start),))
                at += len(text)
            is_last = part == parts - 1
            reason = FinishReason.LENGTH if is_last else None
            whole = "".join(t.text for t in tokens)
            record = replace(record, text=whole, n_tokens=len(tokens), finish_reason=reason)
            page.revision += 1
            snapshot = page.record(whole=False)
            will = {
                ("session", page.id): page.state(),
                ("generation", number): generation_state(record, tokens),
            }
            self._send(r.SaveGeneration(record, first, tuple(tokens[first:]), snapshot), will)
            first = len(tokens)
        manuscript.end_group()
        self._save(page)

    def _branch(self, page: Page) -> None:
        chance, manuscript = self._chance, page.manuscript
        nodes = list(manuscript.history.nodes)
        choice = chance.random()
        if not nodes or choice < 0.25:
            self._edit(page)
        elif choice < 0.4:
            self._generate(page)
        elif choice < 0.6:
            manuscript.go_to(chance.choice([ROOT, *nodes]))
        elif choice < 0.7:
            manuscript.flip(chance.choice((-1, 1)))
        elif choice < 0.85:
            manuscript.rename(chance.choice(nodes), chance.choice(WORDS), chance.random() < 0.5)
        else:
            node_id = chance.choice(nodes)
            if manuscript.history.nodes[node_id].pruned:
                manuscript.bring_back(node_id)
            else:
                manuscript.prune(node_id)
        self._save(page)

    def _list(self, page: Page) -> None:
        chance, key = self._chance, ("session", page.id)
        choice = chance.randrange(10)
        if choice == 0:
            page.pinned = not page.pinned
            self._send(r.PinSession(page.id, page.pinned), {key: page.state()})
        elif choice == 1:
            page.archived = not page.archived
            self._send(r.ArchiveSession(page.id, page.archived), {key: page.state()})
        elif choice == 2:
            page.tags = tuple(sorted({str(chance.randrange(9)), "café"}))
            self._send(r.TagSession(page.id, page.tags), {key: page.state()})
        elif choice == 3:
            page.title = chance.choice(WORDS)
            self._send(r.RenameSession(page.id, page.title), {key: page.state()})
        elif choice == 4 and len(self._pages) < 12:
            copied = Page(
                self._next_session, Manuscript(*_parts(page)), page.title, page.revision, tags=page.tags
            )
            self._pages[copied.id] = copied
            self._next_session += 1
            self._send(r.DuplicateSession(page.id, copied.id), {("session", copied.id): copied.state()})
        elif choice == 5:
            page.deleted = True
            self._send(r.DeleteSession(page.id), {key: page.state()})
            if chance.random() < 0.3:
                page.deleted = False
                self._send(r.RestoreSession(page.id), {key: page.state()})
        elif choice == 6:
            doomed = [p.id for p in self._pages.values() if p.deleted]
            will: dict[Key, str] = {("session", number): GONE for number in doomed}
            will |= {("generation", n): ANY for n in self._generations_of(doomed)}
            self._send(r.EmptyTrash(), will)
            for number in doomed:
                del self._pages[number]
        elif choice == 7:
            self._send(r.SearchLibrary(chance.choice(WORDS)), {})
        else:
            self._edit(page)
            self._save(page)

    def _generations_of(self, session_ids: list[int]) -> list[int]:
        store = self.librarian.store
        return [g.id for number in session_ids for g in store.generations_of(number)]

    def _back_up(self) -> None:
        self._n += 1
        n = self._n
        self._tell({"n": n, "will": []})
        for answer in self.librarian.run(r.BackupNow(only_if_due=self._chance.random() < 0.3)):
            if isinstance(answer, r.BackupProgress):
                page = self._some_page()
                self._edit(page)
                self._save(page)
            elif isinstance(answer, r.BackupMade):
                self._tell({"backup": Path(answer.path).name})
            else:
                self._tell({"trouble": str(answer)})
        self._tell({"ack": n})


def _parts(page: Page) -> tuple[Any, ...]:
    m = page.manuscript
    return m.text, m.runs, tuple(m.history.nodes.values()), m.history.head


def look_often() -> None:
    """A small library is copied in no time: ask for progress, and save in between, every 2 ms."""
    patch.object(errand, "STEP_S", 0.002).start()
    patch.object(backup, "_PAGES", 16).start()


def plant(mutant: str) -> None:
    """Make the library wrong on purpose."""
    if mutant == "ack-before-commit":
        run = Librarian.run

        def hasty_run(librarian: Librarian, request: r.LibraryRequest) -> Iterator[r.LibraryMessage]:
            if isinstance(request, r.SaveSession | r.SaveGeneration):
                hand_over.append(request)
                return
            yield from run(librarian, request)

        hand_over: list[r.LibraryRequest] = []
        tell_later = Hand._send

        def send(hand: Hand, request: r.LibraryRequest, will: dict[Key, str]) -> None:
            tell_later(hand, request, will)  # says that it is saved, and only then saves
            for waiting in hand_over:
                list(run(hand.librarian, waiting))
            hand_over.clear()

        patch.object(Librarian, "run", hasty_run).start()
        patch.object(Hand, "_send", send).start()
    elif mutant == "backup-under-its-name":

        @contextmanager
        def under_its_name(folder: Path, reason: str) -> Iterator[Path]:
            folder.mkdir(exist_ok=True)
            yield folder / f"library-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{reason}.db"

        patch.object(backup, "_new_file", under_its_name).start()
        patch.object(backup, "_publish", lambda temporary, folder, reason: temporary).start()
    elif mutant == "migrate-by-statement":

        def by_statement(connection: sqlite3.Connection) -> None:
            with patch.object(Database, "atomic", nullcontext):
                migrations.migrations.apply(Database(connection, execute_plugins=False))

        patch.object(migrations, "migrate", by_statement).start()


def live(
    folder: Path, pipe: int, kind: str, *, kill_at: int, steps: int, seed: int, mutant: str | None
) -> None:
    """Open the library and write, until killed, or for so many steps (which tells the number of moments)."""

    def tell(line: dict[str, object]) -> None:
        os.write(pipe, json.dumps(line).encode() + b"\n")

    moments = Moments(folder, kill_at)
    if mutant:
        plant(mutant)
    look_often()
    try:
        hand = Hand(folder, tell, random.Random(seed))
        for _ in range(steps):
            hand.act(kind)
        tell({"events": moments.count})
    except BaseException as error:
        tell({"trouble": repr(error)})
        raise
