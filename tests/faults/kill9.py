"""kill -9 at random moments of starting, typing and generating: nothing acknowledged may be lost.

    python tests/faults/kill9.py [--runs N] [--seed N] [--quick] [--json] [--mutant ack-before-commit]

Each run starts the real app (writer.py) on a library, kills it, and looks at a copy of what is on the disk:

- SQLite's integrity_check and foreign_key_check are clean, and the library opens;
- every session that was acknowledged is there, at that revision or a later one that was handed in, with
  exactly the text and origins handed in for that revision; sessions of earlier runs unchanged or likewise;
- every generation of the run has as many tokens as it says, without a gap, whose texts make up its text;
  those that had appeared 1.0 s before the kill (plus SLACK_S: the machine does other things too) are there;
- the model process ends by itself within 5 s.

The next run goes on in the same library as the kill left it; every 10th time the app is also asked what it
shows. Ten libraries take turns. With --mutant the library is wrong on purpose; exit code 0 if that is found.

kill -9 says nothing about power loss: the operating system lives on and writes what it was given.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio.core.history import ROOT
from studio.core.manuscript import Manuscript
from studio.store import records as r
from studio.store.librarian import Librarian
from tests.faults.process import App, filesystem_of, sha_of

PROMISE_S = 1.0
SLACK_S = 0.3
N_LIBRARIES = 10
PATIENCE_S = 25

State = dict[int, tuple[int, str]]  # session -> revision, sha


@dataclass(slots=True)
class Library:
    """One library folder and what is known to be in it."""

    folder: Path
    known: State = field(default_factory=dict)
    n_generations: int = 0  # the highest id seen


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
    killed_at: float = 0.0
    cut_traceback: bool = False

    def note(self, line: list[str]) -> None:
        """Take in one line of the pipe."""
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
class Totals:
    """Over all runs."""

    acks: int = 0
    lost: list[str] = field(default_factory=list)
    integrity: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    orphan_s: list[float] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    mid_generation: int = 0
    age_s: list[float] = field(default_factory=list)  # of the oldest token that was shown and not on the disk
    looked: int = 0
    cut_tracebacks: int = 0

    @property
    def n_bad(self) -> int:
        """How much went wrong."""
        return len(self.lost) + len(self.integrity) + len(self.other)


def run_and_kill(library: Library, chance: random.Random, mutant: str | None) -> tuple[App, Run]:
    """One life of the app."""
    options = ["--seed", str(chance.randrange(10**9))] + (["--mutant", mutant] if mutant else [])
    draw = chance.random()
    plan, trigger, delay = (
        ("while starting", "", chance.uniform(0.05, 1.2))
        if draw < 0.25 and not mutant
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
        run.trouble.append(f"no '{trigger}' within {PATIENCE_S} s: {app.errors()[-2000:]}")
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
    with tempfile.TemporaryDirectory(prefix="kill9-copy-") as name:
        copy = Path(name, "library")
        if not (library.folder / "library.db").exists():
            if library.known or run.acked:
                totals.lost.append("the library file is gone")
            return
        shutil.copytree(library.folder, copy)
        checked = Path(name, "checked")
        shutil.copytree(library.folder, checked)
        with closing(sqlite3.connect(checked / "library.db")) as raw:
            for check in ("integrity_check", "foreign_key_check"):
                answer = raw.execute(f"PRAGMA {check}").fetchall()
                if answer not in ([], [("ok",)]):
                    totals.integrity.append(f"{check}: {answer[:3]}")
            generations = raw.execute(
                "SELECT id, n_tokens, text, finish_reason FROM generations WHERE id > ? OR id = ("
                "SELECT id FROM generations ORDER BY random() LIMIT 1)",
                (library.n_generations,),
            ).fetchall()
        librarian = Librarian()
        (opened,) = librarian.run(r.OpenLibrary(str(copy)))
        if not isinstance(opened, r.LibraryOpened):
            totals.lost.append(f"the library does not open: {opened}")
            return
        found: State = {}
        for summary in opened.sessions:
            (reply,) = librarian.run(r.OpenSession(summary.id))
            if not isinstance(reply, r.SessionOpened):
                totals.lost.append(f"session {summary.id} does not open: {reply}")
                continue
            session = reply.session
            found[session.id] = session.revision, sha_of(session.text, session.runs)
            if trouble := walk_the_tree(session):
                totals.lost.append(f"session {session.id}: {trouble}")
        compare_sessions(library, run, found, totals)
        on_disk = check_generations(librarian, generations, totals)
        compare_tokens(library, run, on_disk, totals)
        list(librarian.run(r.CloseLibrary()))
        library.known = found
        library.n_generations = max([library.n_generations, *on_disk])


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
        totals.age_s.append(oldest)
        totals.mid_generation += run.killed_at - run.appeared[-1][2] < 0.1
    if oldest > PROMISE_S + SLACK_S:
        totals.lost.append(f"tokens on the screen for {oldest:.2f} s before the kill are not on the disk")


def ask_the_app(library: Library, totals: Totals) -> None:
    """The next start opens without a question and shows the session saved last, as it is on the disk."""
    app = App(library.folder, "--check")
    lines = app.read_until(lambda line: line[0] == "shown", PATIENCE_S)
    app.process.wait(PATIENCE_S)
    shown = [line for line in lines if line[0] == "shown"]
    trouble = [" ".join(line) for line in lines if line[0] == "trouble"] + app.complaints()
    if not shown or app.process.returncode != 0 or trouble:
        totals.other.append(f"the next start: {app.process.returncode} {trouble} {app.errors()[-2000:]}")
        return
    _, session, revision, sha, questions = shown[0]
    totals.looked += 1
    if questions != "0":
        totals.other.append("the next start asked a question")
    known = library.known.get(int(session))
    if known is None and not library.known:
        return
    if known != (int(revision), sha):
        totals.lost.append(f"the next start shows {session}/{revision}; on the disk is {known}")
    left, _ = app.wait_for_orphans()
    if left:
        totals.other.append(f"left running after a close: {left}")


def main() -> int:
    """Run, kill, look; say how it went."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="five runs in two libraries")
    parser.add_argument("--json", action="store_true", help="details as JSON, before the summary")
    parser.add_argument("--mutant", choices=["ack-before-commit"])
    arguments = parser.parse_args()
    n_runs = 5 if arguments.quick and not arguments.mutant else arguments.runs
    chance = random.Random(arguments.seed)
    totals, started, done = Totals(), time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="kill9-") as name:
        libraries = [Library(Path(name, str(n))) for n in range(2 if arguments.quick else N_LIBRARIES)]
        where = filesystem_of(Path(name))
        for done in range(1, n_runs + 1):
            library = libraries[done % len(libraries)]
            app, run = run_and_kill(library, chance, arguments.mutant)
            totals.acks += run.n_acks
            totals.kills[run.plan] = totals.kills.get(run.plan, 0) + 1
            before = totals.n_bad
            totals.other += run.trouble
            totals.cut_tracebacks += run.cut_traceback
            left, _ = app.wait_for_orphans()
            totals.orphan_s.append(time.monotonic() - run.killed_at)
            look(library, run, totals)
            if left:
                totals.other.append(f"left running after a kill: {left}")
            if not arguments.mutant and (done % 10 == 0 or done == n_runs):
                ask_the_app(library, totals)
            if totals.n_bad > before:
                print(
                    f"run {done} ({run.plan}):",
                    *(totals.lost + totals.integrity + totals.other)[-3:],
                    sep="\n  ",
                )
            if done % 20 == 0:
                print(f"{done} runs, {totals.acks} acks, {len(totals.lost)} lost", flush=True)
            if arguments.mutant and totals.lost:
                break
    details = {
        "kills": totals.kills,
        "killed within 0.1 s of a token": totals.mid_generation,
        "oldest token shown and not on the disk, s": round(max(totals.age_s, default=0), 3),
        "model process gone after at most, s": round(max(totals.orphan_s, default=0), 2),
        "next starts looked at": totals.looked,
        "model process complained of the pipe": totals.cut_tracebacks,
        "seconds": round(time.monotonic() - started, 1),
        "lost": totals.lost,
        "integrity": totals.integrity,
        "other": totals.other,
    }
    listed = [f"{name}: {value}" for name, value in details.items()]
    print(json.dumps(details, indent=1) if arguments.json else "\n".join(listed))
    print(
        f"kill9: {done} runs, {totals.acks} acks, {len(totals.lost)} lost,"
        f" {len(totals.integrity)} integrity errors, {len(totals.other)} other troubles,"
        f" seed {arguments.seed}, sqlite {sqlite3.sqlite_version}, filesystem {where}"
        + (f", mutant {'caught' if totals.lost else 'NOT CAUGHT'}" if arguments.mutant else "")
    )
    if arguments.mutant:
        return 0 if totals.lost else 1
    return 1 if totals.n_bad else 0


if __name__ == "__main__":
    sys.exit(main())
