"""What a library holds, as digests to compare: each session with its history and its line of the list,

each generation with its tokens. And whether its files are sound.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from studio.core.history import ROOT
from studio.core.manuscript import Manuscript
from studio.core.messages import Token
from studio.store import backup, keeping
from studio.store import records as r
from studio.store.librarian import Librarian
from studio.store.store import Store

Answer = TypeVar("Answer", bound=r.LibraryMessage)

Key = tuple[str, int]
"""("session" or "generation", its id)."""

GONE, ANY = "", "?"
"""Instead of a digest: it is not there; it does not matter."""

VIEWS: tuple[r.View, ...] = ("current", "archived", "trash")


def digest(value: object) -> str:
    """Of anything that is always written the same."""
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def session_state(
    session: r.SessionRecord, pinned: bool, archived: bool, tags: tuple[str, ...], deleted: bool
) -> str:
    """Of a session with all its nodes."""
    nodes = tuple(sorted(session.nodes, key=lambda node: node.id))
    return digest((replace(session, nodes=nodes), pinned, archived, tags, deleted))


def generation_state(generation: r.GenerationRecord, tokens: Sequence[Token]) -> str:
    """Whose it is does not count: it is handed on when its session is deleted for good."""
    return digest((replace(generation, session_id=0), tuple(tokens)))


def sessions_of(librarian: Librarian) -> list[tuple[r.SessionRecord, r.SessionSummary]]:
    """All sessions, also those in the trash."""
    found = []
    for view in VIEWS:
        for line in one(librarian, r.ListSessions(view), r.SessionsListed).sessions:
            found.append((one(librarian, r.OpenSession(line.id), r.SessionOpened).session, line))
    return found


def generation_ids(store: Store) -> list[int]:
    return [n for (n,) in store._connection.execute("SELECT id FROM generations ORDER BY id")]


def state_of(librarian: Librarian) -> dict[Key, str]:
    """Of all that an open library holds. Raises ValueError if something cannot be read or does not fit."""
    state: dict[Key, str] = {}
    store, sources = librarian.store, set[int]()
    for session, line in sessions_of(librarian):
        state["session", session.id] = session_state(
            session, line.pinned, line.archived, line.tags, bool(line.deleted_utc)
        )
        sources |= {run.source for run in session.runs if run.source > 0}
        if trouble := walk_the_tree(session):
            raise ValueError(f"session {session.id}: {trouble}")
    for number in generation_ids(store):
        generation = store.generation(number)
        assert generation is not None
        tokens = store.tokens(number)
        if len(tokens) < generation.n_tokens:
            raise ValueError(f"generation {number}: {len(tokens)} of {generation.n_tokens} tokens")
        state["generation", number] = generation_state(generation, tokens)
    if lost := [n for n in sources if ("generation", n) not in state]:
        raise ValueError(f"text is from generations that are not there: {lost}")
    return state


def one(librarian: Librarian, request: r.LibraryRequest, answer: type[Answer]) -> Answer:
    """The one answer. Raises ValueError if it is another."""
    answers = list(librarian.run(request))
    if len(answers) != 1 or not isinstance(answers[0], answer):
        raise ValueError(f"{request!s:.100} was answered with {answers!s:.300}")
    return answers[0]


def walk_the_tree(session: r.SessionRecord) -> str:
    """Undo everything, visit the leaves, come back: the text must be the same; what is wrong, or empty."""
    manuscript = Manuscript(session.text, session.runs, session.nodes, session.head)
    if manuscript.history.head != session.head or len(manuscript.history.nodes) != len(session.nodes):
        return "the tree has holes"
    try:
        manuscript.go_to(ROOT)
        leaves = [n for n in manuscript.history.nodes if not manuscript.history.children(n)]
        for leaf in leaves[-20:]:
            manuscript.go_to(leaf)
        manuscript.go_to(session.head)
    except ValueError as error:
        return f"a step does not fit: {error}"
    same = (manuscript.text, manuscript.runs) == (session.text, session.runs)
    return "" if same else "the steps do not lead to the text"


def integrity(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with a library."""
    wrong = []
    for check in ("integrity_check", "foreign_key_check"):
        answer = connection.execute(f"PRAGMA {check}").fetchall()
        if answer not in ([], [("ok",)]):
            wrong.append(f"{check}: {answer[:3]}")
    return wrong


def unfinished(folder: Path) -> list[str]:
    """Files that somebody began and never finished."""
    return [str(file.relative_to(folder)) for file in folder.rglob("*.unfinished*")]


def look_at_backups(folder: Path, checked: set[str]) -> list[str]:
    """Every file with a backup's name must be one, whole. `checked` need not be looked at again."""
    wrong = []
    for path in backup.made(folder / backup.FOLDER):
        if path.name in checked:
            continue
        checked.add(path.name)
        if not keeping.look_at(path, whole=True).checked:
            wrong.append(f"{path.name} ({path.stat().st_size} bytes) is not a sound backup")
            continue
        with tempfile.TemporaryDirectory() as elsewhere:
            keeping.restore(path, Path(elsewhere, "library"))
            librarian = Librarian()
            try:
                one(librarian, r.OpenLibrary(str(Path(elsewhere, "library"))), r.LibraryOpened)
                wrong += [f"{path.name}: {found}" for found in integrity(librarian.store._connection)]
                state_of(librarian)
            except ValueError as error:
                wrong.append(f"{path.name}: {error}")
            list(librarian.run(r.CloseLibrary()))
    return wrong


def schema_of(file: Path) -> tuple[int, tuple[str, ...]]:
    """The version of a library, and the names of its migrations."""
    with closing(sqlite3.connect(file)) as raw:
        (version,) = raw.execute("PRAGMA user_version").fetchone()
        names = raw.execute("SELECT name FROM _sqlite_migrations ORDER BY id").fetchall()
    return int(version), tuple(name for (name,) in names)
