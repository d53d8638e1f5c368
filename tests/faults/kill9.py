"""kill -9 while writing, generating, branching, backing up, migrating: nothing acknowledged may be lost.

    python tests/faults/kill9.py [--runs N] [--seed N] [--kinds KIND ...] [--whole-app SHARE]
                                 [--quick] [--json] [--mutant NAME]

Each run writes a library in a process of its own, kills it at a moment drawn by the seed, and compares what a
look at the disk finds with what was said to be saved. Most runs are of the store alone (store_kills.py):

- generate: generations that grow by some tokens at each save, also instead of the last one;
- edit: words typed, pasted, deleted, undone, redone; new sessions;
- branch: going to any node, flipping among variants, names, bookmarks, pruned branches;
- list: pins, the archive, tags, titles, copies, the trash and emptying it, searching;
- backup: backups by hand and daily ones, with saves in between; every file with the name of a backup opens
  and is sound, and nothing unfinished is left after the next start;
- migrate: a shipped library of each older version, with more in it; it has the old schema or the new one,
  holds all it held, and the new one only with a sound backup of the old.

A share of the runs is of the whole app with its window and its model process (window_kills.py). The next run
goes on in the same library as the kill left it. With --mutant the library is wrong on purpose; exit code 0 if
that is found.

kill -9 says nothing about power loss: the operating system lives on and writes what it was given.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faults.process import filesystem_of
from tests.faults.store_hand import MUTANTS
from tests.faults.store_kills import KINDS, Findings, OldLibraries, StoreKills
from tests.faults.window_kills import WindowKills


def main() -> int:
    """Run, kill, look; say how it went."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="of the runs of the store")
    parser.add_argument("--whole-app", type=float, default=0.05, metavar="SHARE", help="0 to 1; 0.05")
    parser.add_argument("--quick", action="store_true", help="twelve runs, two of them of the whole app")
    parser.add_argument("--json", action="store_true", help="details as JSON, before the summary")
    parser.add_argument("--mutant", choices=list(MUTANTS))
    arguments = parser.parse_args()
    n_runs, share = arguments.runs, arguments.whole_app
    if arguments.quick and not arguments.mutant:
        n_runs, share = 12, 1 / 6
    mutant, kinds = arguments.mutant, arguments.kinds
    if mutant:
        kinds = [MUTANTS[mutant]]
        share = share if mutant == "ack-before-commit" else 0.0
    chance, started = random.Random(arguments.seed), time.monotonic()
    by_kind: defaultdict[str, Findings] = defaultdict(Findings)
    n_of_kind: Counter[str] = Counter()
    kills: Counter[str] = Counter()
    totals, done = Findings(), 0
    with tempfile.TemporaryDirectory(prefix="kill9-") as name:
        folder = Path(name)
        old = OldLibraries(folder)
        windows = WindowKills(folder, chance, old, mutant)
        store = StoreKills(folder, chance, old, mutant)
        for done in range(1, n_runs + 1):
            whole_app = int(done * share) > int((done - 1) * share)
            kind = "whole app" if whole_app else chance.choice(kinds)
            plan, found = windows.run() if whole_app else store.run(kind)
            n_of_kind[kind] += 1
            kills[plan] += 1
            by_kind[kind].add(found)
            totals.add(found)
            if found.bad:
                print(f"run {done} ({kind}, {plan}):", *found.bad[:3], sep="\n  ", flush=True)
            if done % 100 == 0:
                print(f"{done} runs, {totals.acks} acks, {len(totals.lost)} lost", flush=True)
            if mutant and totals.lost:
                break
        where = filesystem_of(folder)
    details = {
        "runs": {
            kind: {"runs": n_of_kind[kind], "acks": f.acks, "backups": f.n_backups, "bad": len(f.bad)}
            for kind, f in sorted(by_kind.items())
        },
        "kills": dict(kills),
        **(windows.details() if n_of_kind["whole app"] else {}),
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
        + (f", mutant {'caught' if totals.lost else 'NOT CAUGHT'}" if mutant else "")
    )
    if mutant:
        return 0 if totals.lost else 1
    return 1 if totals.bad else 0


if __name__ == "__main__":
    sys.exit(main())
