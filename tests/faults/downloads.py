"""Downloads that are killed, lied to and starved, against the fake hub: verified and byte-equal, or refused.

    python tests/faults/downloads.py [--runs N] [--seed N] [--quick] [--json] [--mutant]

- N downloads, each killed (SIGKILL) at random moments of its life, one to three times, then gone on with: the
  model on the shelf is the Hub's to the last byte, there is one of it, and `.staging` is empty.
- N downloads in this process from a server that cuts, flips, lies about ranges, answers 429 and 500,
  redirects and changes the file, in a random order or again and again: verified, or refused in one sentence
  with nothing on the shelf; and a second try without faults goes through.
- N / 20 downloads, at least one, onto a disk (tmpfs in a namespace of its own) that is too small or is filled
  meanwhile: refused in one sentence, what else is on the disk as it was, and complete once there is space.

`--mutant`: the same lies to a download that believes what it gets; that has to be caught.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio import paths
from studio.core.errors import StudioError
from studio.models import job_runner, jobs
from studio.models.hub import download, fetching, unfinished
from studio.models.shelf import RECORD, Shelf
from tests.models.fake_hub import FAULTS, REPO, FakeHub, Fault, tiny_model

WANTED = ("config.json", "vocab.json", "merges.txt", "README.md", "model.safetensors")
PATIENCE_S = 60.0
SPEED = 6_000_000  # bytes a second: a killed download takes about half a second


@dataclass(slots=True)
class Totals:
    """Over all runs."""

    bad: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def check(self, holds: bool, what: str) -> None:
        """Note what does not hold."""
        if not holds:
            self.bad.append(what)
            print("  " + what, flush=True)


def trouble(library: Path, files: dict[str, bytes]) -> str:
    """What is wrong with a library that should hold this one model and nothing else; empty: nothing."""
    shelf = Shelf(paths.models_dir(library))
    models = shelf.models()
    if len(models) != 1:
        return f"{len(models)} models"
    folder = models[0].folder
    if {path.name for path in folder.iterdir()} != {*WANTED, RECORD}:
        return f"files: {sorted(path.name for path in folder.iterdir())}"
    wrong = [name for name in WANTED if (folder / name).read_bytes() != files[name]]
    left = [path.name for path in shelf.staging.iterdir()]
    return f"wrong bytes in {wrong}" if wrong else f"left behind: {left}" if left else ""


# -- killed --------------------------------------------------------------------------------------------------


def run_child(spec: dict[str, object], kill_after_s: float | None, since: bytes = b"") -> str:
    """Run the job in its process: "done", "killed", or what it says when it fails.

    The time to the kill counts from the first line with `since` in it.
    """
    process = subprocess.Popen(
        job_runner.job_command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=jobs.child_environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdin, process.stdout, process.stderr:
        process.stdin.write(json.dumps(spec).encode() + b"\n")
        process.stdin.flush()
        until = time.monotonic() + (PATIENCE_S if kill_after_s is None or since else kill_after_s)
        last = b""
        while (left := until - time.monotonic()) > 0:
            if not select.select([process.stdout], [], [], left)[0]:
                continue
            line = process.stdout.readline()
            if not line:
                break
            last = line
            if since and since in line and kill_after_s is not None:
                since, until = b"", time.monotonic() + kill_after_s
            if b'"event": "done"' in line:
                return "done"
            if b'"event": "failed"' in line:
                return line.decode()
        process.send_signal(signal.SIGKILL)
        process.wait()
        said = process.stderr.read().decode()
    if "Traceback" in said:
        return said
    return "killed" if kill_after_s is not None else f"stuck at {last.decode()}"


def killed_run(seed: int, hub: FakeHub, totals: Totals) -> None:
    """One download, killed one to three times."""
    generator = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        library = Path(name)
        spec: dict[str, object] = {
            "job": "download", "library": name, "repo": REPO, "endpoint": hub.endpoint, "backoff_s": 0.05,
        }  # fmt: skip
        for _ in range(generator.choice((1, 1, 1, 2, 3))):
            since = generator.choice((b"", b'"found"', b'"found"', b'"found"'))
            said = run_child(spec, generator.uniform(0, 0.7 if since else 1.5), since)
            totals.counts[said if said in ("killed", "done") else "failed"] += 1
            totals.check(said in ("killed", "done"), f"seed {seed}: {said}")
            hidden = [one for one in Shelf(paths.models_dir(library)).models() if one.trouble]
            totals.check(not hidden, f"seed {seed}: half a model on the shelf")
            begun = unfinished.in_staging(Shelf(paths.models_dir(library)).staging)
            if begun:
                totals.counts["begun"] += 1
                totals.counts["resumed bytes"] += begun[0].done_bytes
                if generator.random() < 0.7:
                    spec["resume"] = begun[0].folder.name
            elif "resume" in spec:
                del spec["resume"]
        said = run_child(spec, None)
        totals.check(said == "done", f"seed {seed}: {said}")
        wrong = trouble(library, hub.files)
        totals.check(not wrong, f"seed {seed}: {wrong}")


# -- lied to -------------------------------------------------------------------------------------------------


def some_faults(generator: random.Random, n_bytes: int) -> list[Fault]:
    """Nothing, or one to five things that go wrong."""
    kinds = [kind for kind in FAULTS if kind != "silence"]
    made = []
    if generator.random() < 0.25:  # the same again and again
        kind = generator.choice(kinds)
        n = generator.choice((429, 500, 403, 404)) if kind == "status" else generator.randrange(2000)
        return [Fault("")] * generator.randrange(6) + [Fault(kind, n)] * 40
    for kind in generator.choices(kinds, k=generator.randrange(6)):
        n = generator.randrange(n_bytes)
        made.append(Fault(kind, generator.choice((429, 500, 502, 503, 403, 404)) if kind == "status" else n))
        made += [Fault("")] * generator.randrange(3)
    return made


def lied_run(seed: int, hub: FakeHub, totals: Totals) -> None:
    """One download from a server that is not to be trusted."""
    generator = random.Random(seed)
    hub.faults.clear()
    hub.faults.extend(some_faults(generator, len(hub.files["model.safetensors"])))
    with tempfile.TemporaryDirectory() as name:
        library = Path(name)
        spec = {"library": name, "repo": REPO, "endpoint": hub.endpoint, "backoff_s": 0.001}
        try:
            list(download.download(spec, lambda: None))
            totals.counts["verified"] += 1
        except StudioError as error:
            totals.counts["refused"] += 1
            totals.check(
                error.what_happened.endswith(".") and "\n" not in str(error), f"seed {seed}: {error}"
            )
            totals.check(not Shelf(paths.models_dir(library)).models(), f"seed {seed}: refused, yet there")
            hub.faults.clear()
            list(download.download(spec, lambda: None))
        wrong = trouble(library, hub.files)
        totals.check(not wrong, f"seed {seed}: {wrong}")


# -- starved -------------------------------------------------------------------------------------------------


def on_small_disk(folder: Path, seed: int, totals: Totals) -> None:
    """In a namespace: `folder` is a small disk. Filled before, or while the model comes."""
    generator = random.Random(seed)
    library, ballast = folder / "library", folder / "ballast"
    (folder / "text").write_bytes(b"what the user wrote")
    with FakeHub(tiny_model(2_000_000)) as hub:
        spec = {"library": str(library), "repo": REPO, "endpoint": hub.endpoint, "backoff_s": 0.001}
        before = generator.random() < 0.5
        if before:
            ballast.write_bytes(bytes(shutil.disk_usage(folder).free - generator.randrange(1, 2_300_000)))
        said = ""
        try:
            for event in download.download(spec, lambda: None):
                if event.get("state") == "found" and not before:
                    hub.bytes_per_s = 20_000_000
                if event.get("state") == "fetching" and not before and not ballast.exists():
                    leave = generator.randrange(0, 200_000)
                    with suppress(OSError):
                        ballast.write_bytes(bytes(max(0, shutil.disk_usage(folder).free - leave)))
        except StudioError as error:
            said = str(error)
        totals.check("not enough space" in said, f"seed {seed}: {said or 'went through'}")
        totals.counts["full before" if before else "full meanwhile"] += 1
        totals.check(not Shelf(paths.models_dir(library)).models(), f"seed {seed}: there on a full disk")
        totals.check((folder / "text").read_bytes() == b"what the user wrote", f"seed {seed}: text lost")
        ballast.unlink()
        hub.bytes_per_s = 0
        list(download.download(spec, lambda: None))
        wrong = trouble(library, hub.files)
        totals.check(not wrong, f"seed {seed}: {wrong}")


def starved_run(seed: int, totals: Totals) -> None:
    """`on_small_disk` in a namespace with a small tmpfs."""
    with tempfile.TemporaryDirectory() as name:
        again = f'exec "{sys.executable}" "{__file__}" --small-disk "{name}" --seed {seed}'
        line = f'mount -t tmpfs -o size=8m tmpfs "{name}" && {again}'
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", line], capture_output=True, text=True, check=False
        )
        if done.returncode == 32 or "unshare" in done.stderr:
            totals.counts["no namespace here"] += 1
            return
        totals.check(done.returncode == 0, f"seed {seed}: {done.stdout}{done.stderr[-2000:]}")
        totals.counts["starved"] += 1


def mutant_is_caught(seed: int) -> bool:
    """Whether downloads that verify nothing are noticed."""
    totals = Totals()
    believing = patch.object(fetching._Incoming, "is_right", lambda _: True)
    with believing, FakeHub(tiny_model(300_000, seed)) as hub:
        for number in range(20):
            lied_run(seed + number, hub, totals)
    return bool(totals.bad)


def main() -> int:
    """Run it; 1 if anything does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="3 killed, 20 lied to, 1 starved")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--mutant", action="store_true")
    parser.add_argument("--small-disk", metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    totals = Totals()
    if options.small_disk:
        on_small_disk(Path(options.small_disk), options.seed, totals)
        return 1 if totals.bad else 0
    if options.mutant:
        caught = mutant_is_caught(options.seed)
        print(f"downloads: a download that verifies nothing is {'' if caught else 'not '}caught")
        return 0 if caught else 1
    n_killed, n_lied = (3, 20) if options.quick else (options.runs, options.runs)
    started = time.monotonic()
    with FakeHub(tiny_model(3_000_000, options.seed), bytes_per_s=SPEED) as hub:
        for number in range(n_killed):
            killed_run(options.seed + number, hub, totals)
    with FakeHub(tiny_model(300_000, options.seed)) as hub:
        for number in range(n_lied):
            lied_run(options.seed + number, hub, totals)
    for number in range(max(1, n_killed // 20)):
        starved_run(options.seed + number, totals)
    if options.json:
        print(json.dumps({"counts": totals.counts, "bad": totals.bad, "seed": options.seed}))
    counts = ", ".join(f"{count:,} {what}" for what, count in sorted(totals.counts.items()))
    took = time.monotonic() - started
    print(
        f"downloads: {n_killed} killed, {n_lied} lied to, seed {options.seed}, {took:.0f} s: {counts}; "
        f"{len(totals.bad)} bad"
    )
    return 1 if totals.bad else 0


if __name__ == "__main__":
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    sys.exit(main())
