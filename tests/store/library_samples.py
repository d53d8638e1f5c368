"""Records to fill a library with, and a Librarian that is asked for one answer at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from studio.core.history import Run
from studio.core.messages import Candidate, FinishReason, Token
from studio.store.librarian import Librarian
from studio.store.records import (
    CloseLibrary,
    GenerationRecord,
    KeepingProgress,
    LibraryMessage,
    LibraryRequest,
    OpenLibrary,
    Saved,
    SaveGeneration,
    SaveSession,
    SessionRecord,
)

Answer = TypeVar("Answer", bound=LibraryMessage)


def session(
    session_id: int = 1, text: str = "Once upon a time", *, title: str = "", revision: int = 1
) -> SessionRecord:
    return SessionRecord(session_id, title, text, (Run(len(text)),), min(3, len(text)), 0.25, revision)


def generation(
    generation_id: int = 1, session_id: int = 1, *, text: str = "", finish_reason: FinishReason | None = None
) -> GenerationRecord:
    return GenerationRecord(
        id=generation_id,
        session_id=session_id,
        retry_of=None,
        position=4,
        prompt="Once",
        special_offsets=(1, 2),
        processors='[["Temperature",{"temperature":0.8}]]',
        max_new_tokens=40,
        stop=("\n", "Ende"),
        stop_at_end_of_text=True,
        seed=2**63 - 1,
        model_name="starter",
        model_sha256="ab" * 32,
        model_path="/models/starter",
        device="cpu",
        created_utc="2026-01-02T03:04:05Z",
        text=text,
        finish_reason=finish_reason,
        n_tokens=0,
        prefill_s=0.125,
        decode_s=0.1,
        environment='{"app":"0.1.0","libraries":{"torch":"2.13.0"}}',
    )


def token(text: str = " upon", *, n_candidates: int = 20) -> Token:
    candidates = tuple(Candidate(50_000 - k, f" w{k}", -0.5 - k, 0.5 ** (k + 1)) for k in range(n_candidates))
    return Token(2402, text.encode(), text, -0.1, 0.3, 1, 2.7, candidates)


def ask(librarian: Librarian, request: LibraryRequest, answer: type[Answer]) -> Answer:
    """The one answer beside those that say how far it is, which must be of this class."""
    messages = [m for m in librarian.run(request) if not isinstance(m, KeepingProgress)]
    assert len(messages) == 1, messages
    assert isinstance(messages[0], answer), f"{messages[0]!s:.500}"
    return messages[0]


@contextmanager
def library(folder: Path, *, read_only: bool = False) -> Iterator[Librarian]:
    """A librarian with the library in `folder` open, closed again at the end."""
    librarian = Librarian()
    opened = list(librarian.run(OpenLibrary(str(folder), read_only)))
    assert type(opened[0]).__name__ == "LibraryOpened", opened
    try:
        yield librarian
    finally:
        list(librarian.run(CloseLibrary()))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, without the index that SQLite may make beside a library to look at it."""
    return {
        file.name: file.read_bytes()
        for file in sorted(folder.iterdir())
        if file.is_file() and not file.name.endswith("-shm")
    }


def without_privileges(action: Callable[[], str]) -> str:
    """What `action` returns in a forked process that file permissions apply to (they do not to root)."""
    assert sys.platform != "win32"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            result = action()
        except BaseException as error:
            result = repr(error)
        os.write(writing, result.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        result = pipe.read()
    os.waitpid(child, 0)
    return result


def revision_of(revision: int) -> SaveGeneration:
    """What a revision of session 1 is, always the same: a generation grows by two tokens per save."""
    number, n = divmod(revision - 1, 40)
    text = f"{revision:08} " * (revision % 700)
    tokens = tuple(token(f" {revision}.{k}") for k in range(2))
    record = replace(generation(number + 1, 1, text=text[:100]), n_tokens=2 * n + 2)
    return SaveGeneration(record, 2 * n, tokens, session(1, text, revision=revision))


UNCLEAN = """
import os, sys
from pathlib import Path
from tests.store.library_samples import session
from studio.store.store import Store
store = Store.open(Path(sys.argv[1]))
store.save_session(session(9, "only in the log"))
print("saved", flush=True)
sys.stdin.read()  # until it is told to end, or killed
os._exit(0)
"""


def run_unclean(folder: Path) -> subprocess.Popen[str]:
    """A second process that has the library open, and a session in the log."""
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", UNCLEAN, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "saved\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


TEXTS = {number: f"session {number} " * (200 * number) for number in range(1, 9)}


def fill(folder: Path) -> Path:
    """Make a library of some 100 pages, closed cleanly: TEXTS, and a generation in the last of them."""
    with library(folder) as librarian:
        for number, text in TEXTS.items():
            ask(librarian, SaveSession(session(number, text)), Saved)
        ask(librarian, SaveGeneration(generation(1, 8), 0, (token(),) * 50, session(8, TEXTS[8])), Saved)
    return folder
