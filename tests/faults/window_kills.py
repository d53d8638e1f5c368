"""Runs of the whole window: the real app (writer.py) types, generates and backs up, and is killed.

After each, what is on the disk is compared with what was said:

- SQLite's integrity_check and foreign_key_check are clean, and the library opens;
- every session that was acknowledged is there, at that revision or a later one that was handed in, with
  exactly the text and origins handed in for that revision; sessions of earlier runs unchanged or likewise;
- every generation of the run has as many tokens as it says, without a gap, whose texts make up its text;
  those that had appeared 1.0 s before the kill (plus SLACK_S: the machine does other things too) are there;
- every file with the name of a backup is one; the model process ends by itself within 5 s.

The next run goes on in the same library as the kill left it; now and then the app is also asked
what it shows. A run of the kind "migrate" begins with a library of an older version, and is killed early.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from studio.store import records as r
from studio.store.librarian import Librarian
from tests.faults.process import App, sha_of
from tests.faults.states import integrity, look_at_backups, unfinished, walk_the_tree
from tests.faults.store_kills import Findings, OldLibraries

PROMISE_S = 1.0
SLACK_S = 0.3
N_LIBRARIES = 10
PATIENCE_S = 60

State = dict[int, tuple[int, str]]  # session -> revision, sha


@dataclass(slots=True)
class Library:
    """One library folder and what is known to be in it."""

    folder: Path
    known: State = field(default_factory=dict)
    n_generations: int = 0  # the highest id seen
    n_shipped: int = 0  # so many were in it from the start
    checked: set[str] = field(default_factory=set)  # names of backups


@dataclass(slots=True)
class Run:
    """What one app said before it was killed."""

    plan: str
    sent: dict[int, dict[int, set[str]]] = field(default_factory=dict)  # session -> revision -> shas
    sent_tokens: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)  # -> generation, tokens
    acked: dict[int, int] = field(default_factory=dict)  # session -> revision
    acked_tokens: dict[int, int] = field(default_factory=dict)  # generation -> tokens
    appeared: list[tuple[int, int, float]] = field(default_factory=list)  # generation, tokens, when
    n_acks: int = 0
    trouble: list[str] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)  # how many lines of a kind
    killed_at: float = 0.0
    cut_traceback: bool = False

    def note(self, line: list[str]) -> None:
        """Take in one line of the pipe."""
        self.said[line[0]] += 1
        match line:
            case ["sent", session, revision, sha, _, generation, n_tokens]:
                place = int(session), int(revision)
                self.sent.setdefault(place[0], {}).setdefault(place[1], set()).add(sha)
                if generation != "0":
                    self.sent_tokens[place] = int(generation), int(n_tokens)
            case ["ack", session, revision]:
                place = int(session), int(revision)
                self.n_acks += 1
                self.acked[place[0]] = max(place[1], self.acked.get(place[0], 0))
                if place in self.sent_tokens:
                    generation_id, tokens = self.sent_tokens[place]
                    self.acked_tokens[generation_id] = max(tokens, self.acked_tokens.get(generation_id, 0))
            case ["tok", generation, n_tokens, when]:
                self.appeared.append((int(generation), int(n_tokens), float(when)))
            case ["trouble", *words]:
                self.trouble.append(" ".join(words))
            case _:
                pass


@dataclass(slots=True)
class Totals(Findings):
    """Of one run, or of all; and what only a window shows."""

    mid_generation: bool = False  # killed within 0.1 s of a token
    age_s: float = 0.0  # of the oldest token that was shown and is not on the disk


class WindowKills:
    """Starts windows on libraries in a folder and kills them."""

    def __init__(self, folder: Path, chance: random.Random, old: OldLibraries, mutant: str | None) -> None:
        self._folder, self._chance, self._old, self._mutant = folder, chance, old, mutant
        self._libraries = [Library(folder / f"window-{n}") for n in range(N_LIBRARIES)]
        self._n = self.looked = self.mid_generation = self.cut_tracebacks = 0
        self.orphan_s: list[float] = []
        self.age_s: list[float] = []

    def run(self) -> tuple[str, Findings]:
        """One life and a look at what is left; how it was killed, and what was found."""
        self._n += 1
        totals = Totals()
        old = not self._mutant and self._chance.random() < 0.2
        library = self._old_library() if old else self._libraries[self._n % N_LIBRARIES]
        app, run = run_and_kill(library, self._chance, self._mutant, "while migrating" if old else "")
        totals.acks += run.n_acks
        totals.other += run.trouble
        self.cut_tracebacks += run.cut_traceback
        left, _ = app.wait_for_orphans()
        self.orphan_s.append(time.monotonic() - run.killed_at)
        if left:
            totals.other.append(f"left running after a kill: {left}")
        look(library, run, totals)
        if not self._mutant and (old or self._n % 10 == 0):
            self.looked += ask_the_app(library, totals)
        if old:
            shutil.rmtree(library.folder)
        self.mid_generation += totals.mid_generation
        self.age_s.append(totals.age_s)
        return run.plan, totals

    def details(self) -> dict[str, object]:
        """What else was measured."""
        return {
            "killed within 0.1 s of a token": self.mid_generation,
            "oldest token shown and not on the disk, s": round(max(self.age_s, default=0), 3),
            "model process gone after at most, s": round(max(self.orphan_s, default=0), 2),
            "next starts looked at": self.looked,
            "model process complained of the pipe": self.cut_tracebacks,
        }

    def _old_library(self) -> Library:
        """A copy of an old library, and what it holds."""
        folder = self._folder / f"window-migrate-{self._n}"
        shutil.copytree(self._old.folder(self._chance.choice(self._old.versions)), folder)
        probe = self._folder / "probe"
        shutil.copytree(folder, probe)
        librarian = Librarian()
        library = Library(folder, known=sessions_in(librarian, probe)[0], n_generations=2, n_shipped=2)
        list(librarian.run(r.CloseLibrary()))
        shutil.rmtree(probe)
        return library


def run_and_kill(library: Library, chance: random.Random, mutant: str | None, early: str) -> tuple[App, Run]:
    """One life of the app. `early`: why it is to be killed before it has done anything."""
    options = ["--seed", str(chance.randrange(10**9))] + (["--mutant", mutant] if mutant else [])
    draw = chance.random()
    plan, trigger, delay = (
        (early or "while starting", "", chance.uniform(0.05, 1.2))
        if (draw < 0.25 or early) and not mutant
        else ("some time after an ack", "ack", chance.uniform(0.05, 2.5))
        if draw < 0.5 and not mutant
        else ("right after an ack", "ack", chance.uniform(0, 0.004))
        if draw < 0.7 or mutant
        else ("while generating", "tok", chance.uniform(0.05, 2.0))
    )
    skip = chance.choice((0, 0, 1, 3)) if plan == "right after an ack" else 0
    app, run = App(library.folder, *options), Run(plan)
    kill_at = app.started + (delay if not trigger else PATIENCE_S)
    waiting = bool(trigger)
    while time.monotonic() < kill_at and app.process.poll() is None:
        for line in app.read(kill_at - time.monotonic()):
            run.note(line)
            if waiting and line[0] == trigger:
                if skip:
                    skip -= 1
                else:
                    waiting, kill_at = False, time.monotonic() + delay
    if app.process.poll() is not None:
        run.trouble.append(f"the app ended by itself with {app.process.returncode}: {app.errors()[-2000:]}")
    elif waiting:
        run.trouble.append(
            f"no '{trigger}' within {PATIENCE_S} s, only {dict(run.said)}: {app.errors()[-2000:]}"
        )
    run.killed_at = app.kill()
    for line in app.read_rest():
        run.note(line)
    for text in app.complaints():
        last = text.rstrip().splitlines()[-1]
        if last.startswith(("Traceback", " ", "BrokenPipeError")):
            run.cut_traceback = True  # the model process, writing to a window that is gone, and ending
        else:
            run.trouble.append(text)
    return app, run


def look(library: Library, run: Run, totals: Totals) -> None:
    """Compare what is on the disk with what was said."""
    if not (library.folder / "library.db").exists():
        if library.known or run.acked:
            totals.lost.append("the library file is gone")
        return
    with tempfile.TemporaryDirectory(prefix="kill9-copy-") as name:
        copy = Path(name, "library")
        shutil.copytree(library.folder, copy)
        librarian = Librarian()
        found, wrong = sessions_in(librarian, copy)
        totals.lost += wrong
        if not wrong:
            connection = librarian.store._connection
            totals.integrity += integrity(connection)
            generations = connection.execute(
                "SELECT id, n_tokens, text, finish_reason FROM generations WHERE id > ?1 OR id = ("
                "SELECT id FROM generations WHERE id > ?2 ORDER BY random() LIMIT 1)",
                (library.n_generations, library.n_shipped),
            ).fetchall()
            compare_sessions(library, run, found, totals)
            on_disk = check_generations(librarian, generations, totals)
            compare_tokens(library, run, on_disk, totals)
            library.known = found
            library.n_generations = max([library.n_generations, *on_disk])
        list(librarian.run(r.CloseLibrary()))
        totals.other += [f"left after the next start: {name}" for name in unfinished(copy)]
        n_checked = len(library.checked)
        totals.lost += look_at_backups(copy, library.checked)
        totals.n_backups += len(library.checked) - n_checked


def sessions_in(librarian: Librarian, folder: Path) -> tuple[State, list[str]]:
    """What a library has on its list, left open; and what is wrong with it."""
    (opened,) = librarian.run(r.OpenLibrary(str(folder)))
    if not isinstance(opened, r.LibraryOpened):
        return {}, [f"the library does not open: {opened}"]
    found: State = {}
    wrong = []
    for summary in opened.sessions:
        (reply,) = librarian.run(r.OpenSession(summary.id))
        if not isinstance(reply, r.SessionOpened):
            wrong.append(f"session {summary.id} does not open: {reply}")
            continue
        session = reply.session
        found[session.id] = session.revision, sha_of(session.text, session.runs)
        if trouble := walk_the_tree(session):
            wrong.append(f"session {session.id}: {trouble}")
    return found, wrong


def compare_sessions(library: Library, run: Run, found: State, totals: Totals) -> None:
    """Acknowledged texts are there; nothing is there that nobody handed in."""
    for session, acked in run.acked.items():
        if session not in found:
            totals.lost.append(f"session {session}: acknowledged, and gone")
        elif found[session][0] < acked:
            totals.lost.append(f"session {session}: {acked} acknowledged, {found[session][0]} on the disk")
    for session, known in library.known.items():
        if session not in found:
            totals.lost.append(f"session {session} of an earlier run is gone")
        elif found[session] != known and found[session][0] < known[0]:
            totals.lost.append(f"session {session} went back from {known[0]} to {found[session][0]}")
    for session, (revision, sha) in found.items():
        if (revision, sha) != library.known.get(session) and sha not in run.sent.get(session, {}).get(
            revision, set()
        ):
            totals.lost.append(f"session {session}: nobody handed in this text as revision {revision}")


def check_generations(
    librarian: Librarian, generations: list[tuple[int, int, str, str | None]], totals: Totals
) -> dict[int, int]:
    """Each generation agrees with itself; id -> number of tokens on the disk."""
    on_disk = {}
    for generation_id, n_tokens, text, reason in generations:
        (answer,) = librarian.run(r.LoadTokens(generation_id))
        if not isinstance(answer, r.TokensLoaded):
            totals.lost.append(f"generation {generation_id}: {answer}")
            continue
        on_disk[generation_id] = len(answer.tokens)
        if len(answer.tokens) != n_tokens:
            totals.lost.append(
                f"generation {generation_id} ({reason}): {n_tokens} / {len(answer.tokens)} tokens"
            )
        if "".join(token.text for token in answer.tokens) != text:
            totals.lost.append(f"generation {generation_id} ({reason}): the tokens are not its text")
    return on_disk


def compare_tokens(library: Library, run: Run, on_disk: dict[int, int], totals: Totals) -> None:
    """Acknowledged tokens are there, and those that appeared a second before the kill."""
    for generation, n_tokens in run.acked_tokens.items():
        if generation > library.n_generations and on_disk.get(generation, 0) < n_tokens:
            totals.lost.append(f"generation {generation}: {n_tokens} tokens acknowledged, {on_disk}")
    oldest = 0.0
    for generation, n_tokens, when in run.appeared:
        if on_disk.get(generation, 0) < n_tokens:
            oldest = max(oldest, run.killed_at - when)
    if run.appeared:
        totals.age_s = oldest
        totals.mid_generation = run.killed_at - run.appeared[-1][2] < 0.1
    if oldest > PROMISE_S + SLACK_S:
        totals.lost.append(f"tokens on the screen for {oldest:.2f} s before the kill are not on the disk")


def ask_the_app(library: Library, totals: Totals) -> bool:
    """The next start opens without a question and shows the session saved last, as it is on the disk.

    Whether the app said what it shows.
    """
    app = App(library.folder, "--check")
    lines = app.read_until(lambda line: line[0] == "shown", PATIENCE_S)
    app.process.wait(PATIENCE_S)
    shown = [line for line in lines if line[0] == "shown"]
    trouble = [" ".join(line) for line in lines if line[0] == "trouble"] + app.complaints()
    if not shown or app.process.returncode != 0 or trouble:
        totals.other.append(f"the next start: {app.process.returncode} {trouble} {app.errors()[-2000:]}")
        return False
    _, session, revision, sha, questions = shown[0]
    if questions != "0":
        totals.other.append("the next start asked a question")
    known = library.known.get(int(session))
    if library.known and known != (int(revision), sha):
        totals.lost.append(f"the next start shows {session}/{revision}; on the disk is {known}")
    left, _ = app.wait_for_orphans()
    if left:
        totals.other.append(f"left running after a close: {left}")
    return True
