"""Runs without a window: a forked process writes through the Librarian (store_hand.py) and is killed.

Kill moments, drawn for each run: at the n-th SQL statement or file operation since the start (n up to as
many as a run of that kind has), or some milliseconds after an acknowledgement.
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.store import backup, schema
from studio.store import records as r
from studio.store.librarian import Librarian
from tests.faults import store_hand
from tests.faults.states import (
    ANY,
    GONE,
    Key,
    integrity,
    look_at_backups,
    one,
    schema_of,
    state_of,
    unfinished,
)
from tests.store.library_samples import session

DATABASES = Path(__file__).resolve().parents[1] / "databases"
KINDS = ("generate", "edit", "branch", "list", "backup", "migrate")
STEPS = {"generate": 3, "edit": 12, "branch": 10, "list": 12, "backup": 1, "migrate": 0}
"""After so many acts the moments are counted, and a kill falls among them."""
PATIENCE_S = 60
LIVES = 25
"""So many runs in one library, then another is begun: looking at it takes time."""


@dataclass(slots=True)
class Life:
    """What one process said before it was killed."""

    plan: str
    wills: dict[int, dict[Key, str]] = field(default_factory=dict)
    acked: list[int] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    events: int = 0
    opened: bool = False

    def note(self, line: dict[str, Any]) -> None:
        """Take in one line of the pipe."""
        if "will" in line:
            self.wills[line["n"]] = {(kind, number): state for kind, number, state in line["will"]}
        elif "ack" in line:
            self.acked.append(line["ack"])
        elif line.get("backup"):
            self.backups.append(line["backup"])
        elif "trouble" in line:
            self.trouble.append(line["trouble"])
        self.events = line.get("events", self.events)
        self.opened |= "open" in line

    def may_hold(self, before: dict[Key, str]) -> dict[Key, set[str]]:
        """What each session and generation may be now."""
        allowed = {key: {state} for key, state in before.items()}
        for n, will in self.wills.items():
            for key, state in will.items():
                if n in self.acked:
                    allowed[key] = {state}
                else:
                    allowed.setdefault(key, {GONE}).add(state)
        return allowed


@dataclass(frozen=True, slots=True)
class Plan:
    """When a process is killed: at a moment, so long after so many acknowledgements, or after so long."""

    name: str
    moment: int = 0  # 0: at none
    acks: int = 0
    delay: float = 0.0  # seconds
    steps: int = 10**6  # it ends by itself after so many


@dataclass(slots=True)
class Shelf:
    """One library and what is known to be in it."""

    folder: Path
    known: dict[Key, str] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)  # names of backups
    lives: int = 0


@dataclass(slots=True)
class Findings:
    """Of one run, or of all."""

    lost: list[str] = field(default_factory=list)
    integrity: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    acks: int = 0
    n_backups: int = 0

    @property
    def bad(self) -> list[str]:
        """All that went wrong."""
        return [*self.lost, *self.integrity, *self.other]

    def add(self, more: Findings) -> None:
        """Take in what another run found."""
        self.lost += more.lost
        self.integrity += more.integrity
        self.other += more.other
        self.acks += more.acks
        self.n_backups += more.n_backups


class OldLibraries:
    """The shipped library of each older version, with more in it than was shipped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.versions = sorted(file.stem for file in DATABASES.glob("v*.db"))[: len(schema.MIGRATIONS) - 1]

    def folder(self, version: str) -> Path:
        """Where it is; to be copied."""
        folder = self._folder / version
        if not folder.exists():
            folder.mkdir(parents=True)
            shutil.copyfile(DATABASES / f"{version}.db", folder / schema.FILE_NAME)
            multiply(folder / schema.FILE_NAME)
        return folder


class StoreKills:
    """Makes libraries in a folder and kills who writes them."""

    def __init__(self, folder: Path, chance: random.Random, old: OldLibraries, mutant: str | None) -> None:
        self._folder, self._chance, self._old, self._mutant = folder, chance, old, mutant
        self._shelves: dict[str, Shelf] = {}
        self._moments: dict[str, tuple[int, float]] = {}  # of a kind (and version): how many, and seconds
        self._old_states: dict[str, dict[Key, str]] = {}
        self._n = 0

    def run(self, kind: str) -> tuple[str, Findings]:
        """One life, and a look at what is left of it; how it was killed, and what was found."""
        self._n += 1
        version = self._chance.choice(self._old.versions) if kind == "migrate" else ""
        shelf = self._migrating(version) if version else self._shelf(kind)
        name = kind + version
        if name not in self._moments:
            self._moments[name] = self._measure(shelf, kind)
        n_moments, seconds = self._moments[name]
        draw, chance = self._chance.random(), self._chance
        if draw < (0.9 if self._mutant else 0.6) and self._mutant != "ack-before-commit":
            life = self._live(
                shelf, kind, Plan("at a statement or file operation", chance.randint(1, n_moments))
            )
        elif draw < 0.8:
            plan = Plan("right after an ack", acks=chance.randint(1, 12), delay=chance.uniform(0, 0.003))
            life = self._live(shelf, kind, plan)
        else:
            life = self._live(shelf, kind, Plan("at any time", delay=chance.uniform(0, 1.2 * seconds)))
        findings = self._look(shelf, life, version)
        shelf.lives += 1
        if version or shelf.lives >= LIVES:
            shutil.rmtree(shelf.folder)
            self._shelves.pop(kind, None)
        return life.plan, findings

    # -- libraries -----------------------------------------------------------------------------------------

    def _shelf(self, kind: str) -> Shelf:
        if kind not in self._shelves:
            self._shelves[kind] = Shelf(self._folder / f"{kind}-{self._n}")
            if kind == "backup":  # something to copy, so that there is time to be killed in
                fill(self._shelves[kind], self._chance)
        return self._shelves[kind]

    def _migrating(self, version: str) -> Shelf:
        """A copy of an old library, and what it holds when it is migrated."""
        copy = self._folder / f"migrate-{self._n}"
        if version not in self._old_states:
            shutil.copytree(self._old.folder(version), copy)
            self._old_states[version] = open_and_look(copy)
            shutil.rmtree(copy)
        shutil.copytree(self._old.folder(version), copy)
        return Shelf(copy, self._old_states[version])

    # -- a life --------------------------------------------------------------------------------------------

    def _measure(self, shelf: Shelf, kind: str) -> tuple[int, float]:
        """How many moments a life of a few acts has, and how long it is."""
        trial = Shelf(self._folder / "trial", dict(shelf.known))
        if shelf.folder.exists():
            shutil.copytree(shelf.folder, trial.folder)
        started = time.monotonic()
        life = self._live(trial, kind, Plan("to the end", steps=STEPS[kind]))
        if not life.events:
            raise RuntimeError(f"without a kill: {life.trouble}")
        shutil.rmtree(trial.folder)
        return life.events, time.monotonic() - started

    def _live(self, shelf: Shelf, kind: str, plan: Plan) -> Life:
        """Fork, read what it says, kill it (unless it is to kill itself), read the rest."""
        life, rest = Life(plan.name), b""
        reading, writing = os.pipe()
        seed = self._chance.randrange(10**9)
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                store_hand.live(
                    shelf.folder, writing, kind,
                    kill_at=plan.moment, steps=plan.steps, seed=seed, mutant=self._mutant,
                )  # fmt: skip
            finally:
                os._exit(0)
        os.close(writing)
        give_up, kill_time = time.monotonic() + PATIENCE_S, None
        if plan.delay and not plan.acks:
            kill_time = time.monotonic() + plan.delay
        try:
            while True:
                now = time.monotonic()
                if now > give_up:
                    life.trouble.append("it neither ended nor was killed in time")
                    break
                if kill_time is not None and now >= kill_time:
                    break
                wait = min(give_up, kill_time or give_up) - now
                if not select.select([reading], [], [], wait)[0]:
                    continue
                data = os.read(reading, 1 << 16)
                if not data:
                    break
                rest = _note(life, rest + data)
                if plan.acks and kill_time is None and len(life.acked) >= plan.acks:
                    kill_time = time.monotonic() + plan.delay
        finally:
            os.kill(child, signal.SIGKILL)  # it has not been waited for: its id is still its own
            os.waitpid(child, 0)
            while data := os.read(reading, 1 << 16):
                rest = _note(life, rest + data)
            os.close(reading)
        return life

    # -- what is left --------------------------------------------------------------------------------------

    def _look(self, shelf: Shelf, life: Life, version: str) -> Findings:
        """Compare what is on the disk with what was said. The next life begins with the wreck as it is."""
        findings = Findings(other=list(life.trouble), acks=len(life.acked))
        file = shelf.folder / schema.FILE_NAME
        if not file.exists():
            if shelf.known or life.acked:
                findings.lost.append("the library file is gone")
            return findings
        with tempfile.TemporaryDirectory(prefix="kill9-copy-", dir=self._folder) as name:
            copy = Path(name, "library")
            shutil.copytree(shelf.folder, copy)
            if version:
                self._look_at_schema(copy, version, life, findings)
            librarian = Librarian()
            try:
                one(librarian, r.OpenLibrary(str(copy)), r.LibraryOpened)
                findings.integrity += integrity(librarian.store._connection)
                found = state_of(librarian)
                compare(life.may_hold(shelf.known), found, findings)
                shelf.known = found
            except ValueError as error:
                findings.lost.append(str(error))
            list(librarian.run(r.CloseLibrary()))
            findings.other += [f"left after the next start: {name}" for name in unfinished(copy)]
            n_checked = len(shelf.checked)
            findings.lost += look_at_backups(copy, shelf.checked)
            findings.n_backups = len(shelf.checked) - n_checked
        made = {path.name for path in backup.made(shelf.folder / backup.FOLDER)}
        findings.lost += [f"{name} was made, and is gone" for name in life.backups if name not in made]
        for old in sorted(made)[:-2]:  # checked: no need to copy them again and again
            (shelf.folder / backup.FOLDER / old).unlink()
        return findings

    def _look_at_schema(self, folder: Path, version: str, life: Life, findings: Findings) -> None:
        """The old schema or the new one, nothing between; the new one only with a backup of the old."""
        probe = folder.with_name("probe")
        shutil.copytree(folder, probe)
        number, names = schema_of(probe / schema.FILE_NAME)
        old = int(version[1:])
        if (number, names) not in (
            (old, schema.MIGRATIONS[:old]),
            (schema.MAJOR_VERSION, schema.MIGRATIONS),
        ):
            findings.lost.append(f"{version} became a mixture: {number} {names}")
        backups = backup.made(folder / backup.FOLDER)
        if number != old and not backups:
            findings.lost.append(f"{version} was migrated without a backup")
        if life.opened and number == old:
            findings.lost.append(f"{version} was opened and is not migrated")
        for path in backups:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as raw:
                (found,) = raw.execute("PRAGMA user_version").fetchone()
                if found != old:
                    findings.lost.append(f"the backup before the migration has schema {found}")
        shutil.rmtree(probe)


def compare(allowed: dict[Key, set[str]], found: dict[Key, str], findings: Findings) -> None:
    """All that was acknowledged is there, as it was handed in, and nothing that was not."""
    for key in allowed.keys() | found.keys():
        state, may_be = found.get(key, GONE), allowed.get(key, {GONE})
        if state not in may_be and ANY not in may_be:
            what = "is gone" if state == GONE else "is there" if may_be == {GONE} else "is not as handed in"
            findings.lost.append(f"{key[0]} {key[1]} {what}")


def open_and_look(folder: Path) -> dict[Key, str]:
    """What a library holds, opened (and migrated) in peace."""
    librarian = Librarian()
    one(librarian, r.OpenLibrary(str(folder)), r.LibraryOpened)
    state = state_of(librarian)
    one(librarian, r.CloseLibrary(), r.LibraryClosed)
    return state


def fill(shelf: Shelf, chance: random.Random) -> None:
    """Some megabytes of text."""
    librarian = Librarian()
    one(librarian, r.OpenLibrary(str(shelf.folder)), r.LibraryOpened)
    for number in range(1, 7):
        text = chance.randbytes(40_000).hex()
        one(librarian, r.SaveSession(session(number, text)), r.Saved)
    shelf.known = state_of(librarian)
    one(librarian, r.CloseLibrary(), r.LibraryClosed)


def multiply(file: Path, times: int = 40) -> None:
    """More sessions like those that are there, written as the program of that time did."""
    with closing(sqlite3.connect(file)) as raw, raw:
        for table, key in (("sessions", "id"), ("manuscripts", "session_id")):
            names = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
            for k in range(1, times):
                changed = {key: f"{key} + {100 * k}", "saved_order": f"saved_order + {100 * k}"}
                values = ", ".join(changed.get(name, name) for name in names)
                raw.execute(
                    f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table}"
                    f" WHERE {key} IN (2, 3)"  # they have no history, which has the session's id in it
                )


def _note(life: Life, data: bytes) -> bytes:
    """Take in whole lines; what is left of the last."""
    *lines, rest = data.split(b"\n")
    for line in lines:
        life.note(json.loads(line))
    return rest
