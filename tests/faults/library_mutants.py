"""Damaged libraries: each opens with all it held, or says clearly that it is damaged. Nothing in between.

    python tests/faults/library_mutants.py [--runs N] [--seed N] [--quick] [--json]

Each run copies a library, closed or killed with a log, damages the copy, opens it and asks for everything:
sessions with their history, generations, tokens, a search. A third of the damages fall on a table drawn from
all, so that the small ones are hit too; beside some logs lies an index (-shm) that is not theirs. A silent
loss is any answer that is neither what was written nor a failure with a sentence; so is a file that was
changed though it was refused. One session saved last may be missing when the log was damaged: SQLite cannot
tell that from a log that was cut off by a crash, so it is counted apart (`log_cut`).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from studio.core.history import Node  # noqa: E402
from studio.store import records as r  # noqa: E402
from studio.store.librarian import Librarian  # noqa: E402
from tests.store.library_samples import end, generation, library, run_unclean, session, token  # noqa: E402

SESSIONS = {
    number: replace(
        session(number, f"session {number} text " * (150 * number), title=f"title {number}"),
        nodes=tuple(Node(k, k - 1, f'[[0,"",[],"word {k}",[[6,0,0]]]]') for k in range(1, 40)),
        head=39,
    )
    for number in range(1, 9)
}
TOKENS = tuple(token(f" {k}") for k in range(40))
IN_LOG = 9


def _generation(number: int) -> r.GenerationRecord:
    return replace(generation(number, number, text="cut out"), n_tokens=len(TOKENS))


def make(folder: Path) -> None:
    """The library that all mutants are copies of."""
    with library(folder) as librarian:
        for number, record in SESSIONS.items():
            request = r.SaveGeneration(_generation(number), 0, TOKENS, record)
            assert isinstance(next(librarian.run(request)), r.Saved)


def flip(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)


def zero_page(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    page = chance.randrange(max(len(data) // 4096, 1)) * 4096
    data[page : page + 4096] = bytes(len(data[page : page + 4096]))
    file.write_bytes(data)


def swap_pages(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    a, b = (chance.randrange(max(len(data) // 4096, 1)) * 4096 for _ in range(2))
    data[a : a + 4096], data[b : b + 4096] = data[b : b + 4096], data[a : a + 4096]
    file.write_bytes(data)


def cut(file: Path, chance: random.Random) -> None:
    size = file.stat().st_size
    os.truncate(file, chance.choice((0, chance.randrange(size), chance.randrange(size) // 4096 * 4096)))


def garbage(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    at = chance.randrange(len(data))
    data[at : at + 512] = chance.randbytes(len(data[at : at + 512]))
    file.write_bytes(data)


def remove(file: Path, chance: random.Random) -> None:
    file.unlink()


def in_table(file: Path, chance: random.Random) -> None:
    """Something on a page of one table, so that the small ones get their share too."""
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as raw:
        tables = [name for (name,) in raw.execute("SELECT DISTINCT name FROM dbstat ORDER BY name")]
        found = raw.execute("SELECT pageno FROM dbstat WHERE name = ?", (chance.choice(tables),))
        page = chance.choice([number for (number,) in found])
    data = bytearray(file.read_bytes())
    part = bytearray(data[(page - 1) * 4096 : page * 4096])
    kind = chance.randrange(3)
    if kind == 0:
        for _ in range(chance.choice((1, 1, 1, 8))):
            part[chance.randrange(4096)] ^= 1 << chance.randrange(8)
    elif kind == 1:
        at = chance.randrange(4096)
        part[at : at + 64] = chance.randbytes(len(part[at : at + 64]))
    else:
        part[:] = bytes(4096)
    data[(page - 1) * 4096 : page * 4096] = part
    file.write_bytes(data)


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (
    *(flip, flip, zero_page, swap_pages, cut, garbage),
    *(in_table, in_table, in_table),
)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in folder.iterdir() if not f.name.endswith("-shm")}


def look(folder: Path, in_log: bool) -> str:
    """What became of a mutant: intact, refused, told, log_cut, or what is wrong."""
    before, librarian = snapshot(folder), Librarian()
    (opened,) = librarian.run(r.OpenLibrary(str(folder)))
    if isinstance(opened, r.LibraryFailed):
        if not (opened.what_happened.endswith(".") and opened.what_to_do.endswith(".")):
            return "refused without a sentence"
        return "refused" if snapshot(folder) == before else "changed though refused"
    if not isinstance(opened, r.LibraryOpened):
        return f"a bug: {opened}"
    told = False
    requests: list[tuple[r.LibraryRequest, r.LibraryMessage | None]] = []
    for number, record in SESSIONS.items():
        requests.append((r.OpenSession(number), r.SessionOpened(record)))
        requests.append((r.LoadTokens(number), r.TokensLoaded(number, TOKENS, _generation(number))))
    for request, expected in requests:
        (answer,) = librarian.run(request)
        if isinstance(answer, r.SessionOpened):
            answer = replace(answer, summary=None)
        if isinstance(answer, r.RequestFailed) and not answer.report:
            told = True
        elif answer != expected:
            return f"{request} was answered with {answer!s:.200}"
    (found,) = librarian.run(r.SearchLibrary("session text"))
    if isinstance(found, r.Found):
        hits = {hit.session_id for hit in found.hits if hit.where == "text"}
        if not told and not hits.issuperset(SESSIONS):
            return f"the search found only {sorted(hits)}"
    elif not isinstance(found, r.RequestFailed) or found.report:
        return f"a bug: {found}"
    listed = {line.id for line in opened.sessions}
    if not listed.issuperset(SESSIONS):
        return f"listed are only {sorted(listed)}"
    list(librarian.run(r.CloseLibrary()))
    if in_log and IN_LOG not in listed:
        return "log_cut"
    return "told" if told else "intact"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="40 runs")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    runs = 40 if arguments.quick else arguments.runs
    outcomes: Counter[str] = Counter()
    wrong = []
    with tempfile.TemporaryDirectory() as temporary:
        closed, killed = Path(temporary, "closed"), Path(temporary, "killed")
        make(closed)
        shutil.copytree(closed, killed)
        end(run_unclean(killed))
        for run in range(runs):
            chance = random.Random(f"{arguments.seed}-{run}")
            source = chance.choice((closed, closed, killed))
            folder = Path(temporary, "mutant")
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*-shm"))
            if source is killed and chance.random() < 0.3:
                (folder / "library.db-shm").write_bytes(chance.choice((bytes, chance.randbytes))(32768))
            name = "library.db-wal" if source is killed and chance.random() < 0.4 else "library.db"
            is_log = name != "library.db"
            damage = remove if is_log and chance.random() < 0.2 else chance.choice(DAMAGES)
            if is_log and damage is in_table:
                damage = garbage
            damage(folder / name, chance)
            outcome = look(folder, source is killed)
            if outcome not in {"intact", "refused", "told", "log_cut"} or (
                outcome == "log_cut" and name != "library.db-wal"
            ):
                wrong.append(f"run {run} ({damage.__name__} {name}): {outcome}")
                outcome = "silent"
            outcomes[outcome] += 1
            shutil.rmtree(folder)
    for line in wrong:
        print(line, file=sys.stderr)
    result = {"runs": runs, "seed": arguments.seed, **outcomes, "silent_losses": len(wrong)}
    if arguments.json:
        print(json.dumps(result))
    else:
        print(", ".join(f"{name} {value}" for name, value in result.items()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
