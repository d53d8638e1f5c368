"""Opening and closing at random moments, SIGTERM while the model writes, two starts at once.

    python tests/faults/start_stop.py [--runs N] [--seed N] [--quick] [--json]

- N cycles: the app is started, and its window closed after a random time: while it opens, loads, generates.
  Exit code 0, no complaint of Qt's on stderr, no model process left, the library has the text that was shown.
- N / 3 cycles in one process: created, shown, closed, again and again.
- N / 3 times SIGTERM while the model writes: the app ends by itself within 5 s, everything saved.
- N / 3 times two starts (`python -m studio`) 0 to 50 ms apart on one library: one stays; the other hands over
  and exits 0, or stays with the question what to do about a library that is in use; the library is sound.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio.store import records as r
from studio.store.librarian import Librarian
from tests.faults.process import BAD_WORDS, MARK, ROOT, App, marked_processes, sha_of

CLOSING_S = 5.0
PATIENCE_S = 25


@dataclass(slots=True)
class Totals:
    """Over all runs."""

    bad: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    closing_s: list[float] = field(default_factory=list)  # SIGTERM to exit

    def check(self, holds: bool, what: str) -> None:
        """Note what does not hold."""
        if not holds:
            self.bad.append(what)
            print("  " + what, flush=True)


def last_session(folder: Path) -> r.SessionRecord | str | None:
    """The session saved last; a sentence if the library is not sound."""
    librarian = Librarian()
    (opened,) = librarian.run(r.OpenLibrary(str(folder)))
    list(librarian.run(r.CloseLibrary()))
    if not isinstance(opened, r.LibraryOpened):
        return f"the library does not open: {opened}"
    with closing(sqlite3.connect(folder / "library.db")) as raw:
        answer = raw.execute("PRAGMA integrity_check").fetchall()
    return opened.last_session if answer == [("ok",)] else f"integrity_check: {answer[:3]}"


def check_saved(folder: Path, lines: list[list[str]], totals: Totals, when: str) -> None:
    """The library has, to the letter, what the window showed when it closed."""
    found = last_session(folder)
    if isinstance(found, str):
        totals.check(False, f"{when}: {found}")
        return
    shown = [line for line in lines if line[0] == "shown"]
    if not shown:
        totals.check(False, f"{when}: the window said nothing when it closed")
        return
    _, session, revision, sha, _ = shown[-1]
    if session == "0":  # an empty text, or the library was not open yet
        totals.counts["closed before anything was written"] += 1
        return
    on_disk = ("0", "0", "") if found is None else (found.id, found.revision, sha_of(found.text, found.runs))
    same = on_disk == (int(session), int(revision), sha)
    totals.check(same, f"{when}: shown {session}/{revision}, on the disk {on_disk[:2]}")


def check_ended(app: App, totals: Totals, when: str, patience_s: float) -> None:
    """It ends by itself, with 0, without complaint, and leaves nothing running."""
    try:
        app.process.wait(patience_s)
    except subprocess.TimeoutExpired:
        totals.check(False, f"{when}: still there after {patience_s} s")
        app.kill()
    code = app.process.returncode
    totals.check(code == 0, f"{when}: exit code {code}: {app.errors()[-1500:]}")
    totals.check(not app.complaints(), f"{when}: {app.complaints()}")
    left, _ = app.wait_for_orphans()
    totals.check(not left, f"{when}: left running: {left}")


def cycle(folder: Path, chance: random.Random, totals: Totals) -> None:
    """Start; close at some moment between the first paint and the third generation."""
    seconds = chance.choice((chance.uniform(0, 0.6), chance.uniform(0.3, 2.5), chance.uniform(2, 6)))
    app = App(folder, "--seed", str(chance.randrange(10**6)), "--close-after", f"{seconds:.3f}")
    lines = app.read_until(lambda line: line[0] == "shown", PATIENCE_S)
    when = f"closed after {seconds:.2f} s"
    check_ended(app, totals, when, PATIENCE_S)
    lines += app.read_rest()
    said = {line[0] for line in lines}
    phase = "writing" if "tok" in said else "loaded" if "loaded" in said else "loading"
    totals.counts[f"closed while {phase if 'open' in said else 'opening'}"] += 1
    check_saved(folder, lines, totals, when)


def cycles_in_one_process(folder: Path, n: int, seed: int, totals: Totals) -> None:
    """One process makes and closes n windows."""
    mark = uuid.uuid4().hex
    run = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("reopener.py")), str(folder), str(n), str(seed)],
        capture_output=True,
        text=True,
        timeout=60 + 20 * n,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", MARK: mark},
        check=False,
    )
    when = f"{n} windows in one process"
    totals.check(run.returncode == 0, f"{when}: exit code {run.returncode}: {run.stderr[-1500:]}")
    complaints = [line for line in run.stderr.splitlines() if any(word in line for word in BAD_WORDS)]
    totals.check(not complaints, f"{when}: {complaints}")
    time.sleep(0.5)
    totals.check(not marked_processes(mark), f"{when}: left running")
    totals.counts["windows in one process"] += run.stdout.count("closed")


def terminate(folder: Path, chance: random.Random, totals: Totals) -> None:
    """SIGTERM while the model writes."""
    app = App(folder, "--seed", str(chance.randrange(10**6)))
    lines = app.read_until(lambda line: line[0] == "tok", PATIENCE_S)
    if not lines or lines[-1][0] != "tok":
        totals.check(False, f"nothing was generated in {PATIENCE_S} s: {app.errors()[-1500:]}")
        app.kill()
        return
    time.sleep(chance.uniform(0, 0.4))
    sent = time.monotonic()
    app.process.send_signal(signal.SIGTERM)
    lines += app.read_until(lambda line: line[0] == "shown", CLOSING_S)
    check_ended(app, totals, "SIGTERM", max(0.1, sent + CLOSING_S - time.monotonic()))
    totals.closing_s.append(time.monotonic() - sent)
    lines += app.read_rest()
    totals.counts["SIGTERM"] += 1
    check_saved(folder, lines, totals, "SIGTERM")


def holds_open(pid: int, file: Path) -> bool:
    """Whether a process has the file open (Linux)."""
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            if link.readlink() == file.resolve():
                return True
    return False


def two_at_once(folder: Path, chance: random.Random, totals: Totals) -> None:
    """Two starts on one library."""
    mark, offset = uuid.uuid4().hex, chance.uniform(0, 0.05)
    children = []
    with tempfile.TemporaryFile() as errors:
        for _ in range(2):
            child = subprocess.Popen(
                [sys.executable, "-m", "studio", "--library", str(folder)],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env={**os.environ, "QT_QPA_PLATFORM": "offscreen", MARK: mark},
            )
            children.append(child)
            time.sleep(offset)
        until = time.monotonic() + 6
        while time.monotonic() < until and all(child.poll() is None for child in children):
            time.sleep(0.05)
        gone = [child for child in children if child.poll() is not None]
        when = f"two starts {1000 * offset:.0f} ms apart"
        totals.counts[f"two at once: {len(children) - len(gone)} stayed"] += 1
        totals.check(len(gone) < 2, f"{when}: none stayed")
        codes = [child.returncode for child in gone]
        totals.check(not any(codes), f"{when}: exit codes {codes}")
        time.sleep(1.5)  # whoever stays may still be opening the library
        holders = sum(holds_open(child.pid, folder / "library.db") for child in children)
        totals.check(holders == 1, f"{when}: {holders} have the library open")
        for child in children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in children:
            try:
                child.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                totals.check(False, f"{when}: SIGTERM did not end it")
                child.kill()
        totals.check(not any(child.returncode for child in children), f"{when}: ended with an error")
        errors.seek(0)
        text = errors.read().decode(errors="replace")
        totals.check(not any(word in text for word in BAD_WORDS), f"{when}: {text[-1500:]}")
    time.sleep(0.2)
    totals.check(not marked_processes(mark), f"{when}: left running")
    found = last_session(folder)
    totals.check(not isinstance(found, str), f"{when}: {found}")


def main() -> int:
    """All four kinds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="three runs")
    parser.add_argument("--json", action="store_true", help="details as JSON, before the summary")
    arguments = parser.parse_args()
    n = 3 if arguments.quick else arguments.runs
    chance, totals = random.Random(arguments.seed), Totals()
    with tempfile.TemporaryDirectory(prefix="start-stop-") as name:
        for run in range(n):
            cycle(Path(name, "cycles"), chance, totals)
            if run % 10 == 9:
                print(f"{run + 1} cycles, {len(totals.bad)} bad", flush=True)
        cycles_in_one_process(Path(name, "one"), max(1, n // 3), arguments.seed, totals)
        for _ in range(max(1, n // 3)):
            terminate(Path(name, "terminate"), chance, totals)
        for run in range(max(1, n // 3)):
            two_at_once(Path(name, f"two{run % 3}"), chance, totals)
    details = {
        "counts": dict(sorted(totals.counts.items())),
        "SIGTERM to exit, s": {
            "median": round(statistics.median(totals.closing_s), 2) if totals.closing_s else None,
            "slowest": round(max(totals.closing_s, default=0), 2),
        },
        "bad": totals.bad,
    }
    lines = [f"{name}: {value}" for name, value in details.items()]
    print(json.dumps(details, indent=1) if arguments.json else "\n".join(lines))
    print(f"start_stop: {n} cycles, {len(totals.bad)} bad, seed {arguments.seed}")
    return 1 if totals.bad else 0


if __name__ == "__main__":
    sys.exit(main())
