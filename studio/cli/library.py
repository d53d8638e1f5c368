"""`gpt2-studio sessions ...` and `gpt2-studio library ...`: the library without the window.

Export and import are in `exchange.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from studio import paths
from studio.cli import inputs, running
from studio.cli.trouble import EngineFailedError

if TYPE_CHECKING:
    from studio.store import records as r
    from studio.store.store import Store

Answer = TypeVar("Answer")

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class OpenedLibrary:
    """The library of one command: opened for it, closed after it."""

    def __init__(self, folder: Path) -> None:
        from studio.store.librarian import Librarian

        self.folder = folder
        self._librarian = Librarian()

    @property
    def store(self) -> Store:
        """For what is no request to the librarian."""
        return self._librarian.store

    def ask(self, request: r.LibraryRequest, answer: type[Answer]) -> Answer:
        """The last answer. Raises EngineFailedError with the sentences of a failure."""
        from studio.store import records as r

        message = None
        for message in self._librarian.run(request):
            if isinstance(message, r.LibraryFailed | r.RequestFailed):
                raise EngineFailedError(f"{message.what_happened} {message.what_to_do}")
        assert isinstance(message, answer), message
        return message


@contextlib.contextmanager
def opened(arguments: argparse.Namespace, *, writing: bool = False) -> Iterator[OpenedLibrary]:
    """The library that the arguments name, to be read or written. Raises EngineFailedError."""
    from studio.store import records as r

    folder = inputs.library(arguments)
    if not paths.database_file(folder).exists():
        raise EngineFailedError(f"There is no library in {folder}.")
    library = OpenedLibrary(folder)
    library.ask(r.OpenLibrary(str(folder), read_only=not writing), r.LibraryOpened)
    try:
        yield library
    finally:
        library.ask(r.CloseLibrary(), r.LibraryClosed)


def run_sessions(arguments: argparse.Namespace) -> int:
    """List, show, search, delete, restore."""
    from studio.store import records as r

    action: str = arguments.action
    with opened(arguments, writing=action in {"delete", "restore"}) as library:
        if action == "list":
            view: r.View = "trash" if arguments.trash else "archived" if arguments.archived else "current"
            listed = library.ask(r.ListSessions(view), r.SessionsListed).sessions
            print_result(arguments, {"sessions": [dataclasses.asdict(one) for one in listed]})
            for one in listed if not arguments.json else ():
                line(f"{one.id}\t{one.updated_utc}\t{one.n_characters:,}\t{one.title or one.preview}")
        elif action == "search":
            found = library.ask(r.SearchLibrary(arguments.query, int(arguments.limit)), r.Found)
            print_result(arguments, dataclasses.asdict(found))
            for hit in found.hits if not arguments.json else ():
                line(f"{hit.session_id}\t{hit.where}\t{hit.title}\t{hit.snippet}")
            return 0 if found.hits else 1
        else:
            session = library.ask(r.OpenSession(int(arguments.id)), r.SessionOpened).session
            if action == "show":
                shown = {name: getattr(session, name) for name in ("id", "title", "text", "revision", "head")}
                print_result(arguments, shown | {"n_nodes": len(session.nodes)})
                if not arguments.json:
                    sys.stdout.write(session.text if session.text.endswith("\n") else session.text + "\n")
            elif action == "delete":
                library.ask(r.DeleteSession(session.id), r.SessionsListed)
            else:
                library.ask(r.RestoreSession(session.id), r.SessionsListed)
            if action != "show":
                print_result(arguments, {"id": session.id, "deleted": action == "delete"})
    return 0


def run_library(arguments: argparse.Namespace) -> int:
    """Check, back up, restore, count."""
    from studio.store import records as r

    action: str = arguments.action
    if action == "restore":
        into = Path(arguments.into).absolute()
        restored = OpenedLibrary(into).ask(
            r.RestoreBackup(str(Path(arguments.backup).absolute()), str(into)), r.LibraryRestored
        )
        print_result(arguments, dataclasses.asdict(restored))
        if not arguments.json:
            line(f"{restored.n_sessions:,} sessions are in {restored.folder} now.")
        return 0
    with opened(arguments, writing=action == "backup") as library:
        if action == "backup":
            made = library.ask(r.BackupNow(), r.BackupMade)
            print_result(arguments, {"path": made.path})
            if not arguments.json:
                line(made.path)
            return 0
        if action == "stats":
            return _print_stats(arguments, library)
    checked = library.ask(r.CheckBackup(str(paths.database_file(library.folder))), r.Backups).backups[0]
    print_result(
        arguments, {"ok": checked.checked, "n_sessions": checked.n_sessions, "n_bytes": checked.n_bytes}
    )
    if not arguments.json:
        line(f"{checked.n_sessions:,} sessions, {checked.n_bytes:,} bytes: {_verdict(checked.checked)}")
    return 0 if checked.checked else 1


def _verdict(sound: bool) -> str:
    return "everything is as it was written." if sound else "damaged."


def _print_stats(arguments: argparse.Namespace, library: OpenedLibrary) -> int:
    from studio.store import records as r

    counts: dict[str, object] = {}
    views: tuple[r.View, ...] = ("current", "archived", "trash")
    for view in views:
        listed = library.ask(r.ListSessions(view), r.SessionsListed).sessions
        counts[f"n_{view}"] = len(listed)
        counts[f"n_characters_{view}"] = sum(line.n_characters for line in listed)
    backups = library.ask(r.ListBackups(str(library.folder)), r.Backups).backups
    counts |= {
        "n_bytes": paths.database_file(library.folder).stat().st_size,
        "n_backups": len(backups),
        "newest_backup_utc": backups[0].created_utc if backups else None,
        "path": str(library.folder),
    }
    print_result(arguments, counts)
    if not arguments.json:
        for name, value in counts.items():
            line(f"{name}\t{value}")
    return 0


def print_result(arguments: argparse.Namespace, result: Mapping[str, object]) -> None:
    """One JSON object, if that is wanted."""
    if arguments.json:
        running.print_json(dict(result))


def line(text: str) -> None:
    """One line; nothing in a title may move the cursor of a terminal."""
    sys.stdout.write(_CONTROL.sub("\ufffd", text.replace("\n", " ").replace("\r", " ")) + "\n")
