"""A stranger's model files: each is refused in two sentences, in no time, and runs nothing.

    python tests/faults/malformed_models.py [--runs N] [--seed N] [--quick] [--json]

Of 200 files 60 are safetensors, 60 GGUF, 40 JSON, 20 pickles and 20 tricks with folders; fewer are drawn
evenly. Each goes the way of the window: this process looks at it as the app does (what is it? what would the
shelf say of it?), a job imports it in a child, and a folder is also loaded where it is, by one model process
that lives through all of them. A file that is harmless after all (a bit of its numbers flipped, a link
within its folder) would have to load; none of these is.

Counted as troubles: no refusal, more or less than a pair of sentences, a bug's report, over 5 s, this process
or the model process grown by more than 200 MB, a process that died, something left in the staging folder, and
any trace of code that ran: a canary file, a connection, or an entry in the log of the audit hook that every
child has.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from studio.core import messages as m  # noqa: E402
from studio.core import wire  # noqa: E402
from studio.core.errors import StudioError  # noqa: E402
from studio.models import bringing, job_runner  # noqa: E402
from studio.models.outside import look_at  # noqa: E402
from studio.models.shelf import Shelf  # noqa: E402
from tests.faults.malformed_binaries import gguf_makers, make_good, pickle_makers  # noqa: E402
from tests.faults.malformed_files import FOLDERS, JSON, SAFETENSORS, Make, put  # noqa: E402

SHARES = {"safetensors": 60, "gguf": 60, "json": 40, "pickle": 20, "folder": 20}
LIMIT_S, LIMIT_BYTES = 5.0, 200_000_000
PATIENCE_S = 60.0

WATCH = """
import os, sys
STARTS = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn", "subprocess.", "webbrowser")
def watch(event, arguments, log=os.environ["STUDIO_WATCH"]):
    if event.startswith(STARTS) or (event == "socket.connect" and isinstance(arguments[-1], tuple)):
        with open(log, "a") as file:
            file.write(f"{event} {arguments!r}\\n")
sys.addaudithook(watch)
"""


@dataclass
class Tally:
    """What came of all of them."""

    troubles: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""
    busiest_s: float = 0.0  # processor time of a job
    app_bytes: int = 0
    model_bytes: int = 0
    child_bytes: int = 0
    said: Counter[str] = field(default_factory=Counter)


class ModelProcess:
    """The app's model process, without the app."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "studio", "--model-process"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._job = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def load(self, folder: Path) -> m.Message | None:
        """The last answer; None if the process died or hangs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._job += 1
        timer = threading.Timer(PATIENCE_S, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(wire.encode(m.LoadModel(self._job, str(folder), "cpu")))
            self._process.stdin.flush()
            while (payload := wire.read_frame(cast("BinaryIO", self._process.stdout))) is not None:
                message = wire.decode(payload)
                if isinstance(message, m.ModelLoaded | m.JobFailed):
                    return message
        except BrokenPipeError:
            pass
        finally:
            timer.cancel()
        return None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


def peak_bytes(pid: int | str) -> int:
    """The most memory a process had since `forget_peak`."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    match = re.search(r"VmHWM:\s+(\d+)", status)
    return 1024 * int(match[1]) if match else 0


def forget_peak(pid: int | str) -> int:
    """Start measuring anew; the memory it has now."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    return peak_bytes(pid)


class Trial:
    """One file after the other."""

    def __init__(self, folder: Path, model: ModelProcess, canary: Path, log: Path) -> None:
        self._folder, self._model, self._canary, self._log = folder, model, canary, log
        self._shelf = Shelf(folder / "library" / "models")
        self.connections = 0
        self.tally = Tally()

    def run(self, name: str, make: Make, chance: random.Random) -> None:
        """Make a file, bring it, load it."""
        place = self._folder / "case" / "model"
        place.mkdir(parents=True)
        try:
            path = make(place, chance)
            before, model_before = forget_peak("self"), forget_peak(self._model.pid)
            self._bring(name, path)
            if path.is_dir():
                self._look(name, path)
                self._load(name, path)
        finally:
            shutil.rmtree(self._folder / "case")
        self.tally.app_bytes = max(self.tally.app_bytes, peak_bytes("self") - before)
        if peak_bytes("self") - before > LIMIT_BYTES:
            self._trouble(name, "the app grew")
        if not self._model.lives:
            self._trouble(name, "the model process died")
            self._model = ModelProcess()
            return
        grown = peak_bytes(self._model.pid) - model_before
        self.tally.model_bytes = max(self.tally.model_bytes, grown)
        if grown > LIMIT_BYTES:
            self._trouble(name, f"the model process grew by {grown >> 20} MB")
        if self._canary.exists() or self.connections or self._log.read_text("utf-8"):
            self._trouble(name, f"CODE RAN {self._log.read_text('utf-8')}")
            self._canary.unlink(missing_ok=True)
            self._log.write_text("", encoding="utf-8")
            self.connections = 0

    def _bring(self, name: str, path: Path) -> None:
        with self._clock(name, "bringing"):
            try:
                found = bringing.recognise(path)
                bringing.check_room(found, self._shelf.folder)
                with self._shelf.staged() as staged:
                    for _ in job_runner.run(bringing.spec(found, staged), PATIENCE_S):
                        pass
                self._trouble(name, "was imported")
            except StudioError as error:
                self._judge(name, error.what_happened, error.what_to_do)
        if any(self._shelf.staging.glob("*")):
            self._trouble(name, "left something behind")

    def _look(self, name: str, folder: Path) -> None:
        with self._clock(name, "looking"):
            look_at(folder)

    def _load(self, name: str, folder: Path) -> None:
        with self._clock(name, "loading"):
            answer = self._model.load(folder)
        match answer:
            case m.JobFailed():
                self._judge(name, answer.what_happened, answer.what_to_do)
                if answer.report:
                    self._trouble(name, f"a bug: {answer.report[-400:]}")
            case m.ModelLoaded():
                self._trouble(name, "was loaded")
            case _:
                self._trouble(name, "no answer")

    def _judge(self, name: str, happened: str, to_do: str) -> None:
        self.tally.said[happened] += 1
        for sentence in (happened, to_do):
            if not re.fullmatch(r"[^\n\x00-\x1f\x7f]{10,500}\.", sentence) or "Traceback" in sentence:
                self._trouble(name, f"no plain sentence: {sentence[:300]!r}")
        if "broke off" in happened:
            self._trouble(name, "the child crashed, or ran over its limits")

    @contextlib.contextmanager
    def _clock(self, name: str, doing: str) -> Iterator[None]:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        yield
        took = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
        if took > self.tally.slowest_s:
            self.tally.slowest_s, self.tally.slowest = took, f"{name}, {doing}"
        self.tally.busiest_s = max(self.tally.busiest_s, busy)
        self.tally.child_bytes = max(self.tally.child_bytes, 1024 * after.ru_maxrss)
        alone = os.getloadavg()[0] < (os.cpu_count() or 1)  # else its own processor time counts
        if took > LIMIT_S and (alone or busy > LIMIT_S or took > PATIENCE_S):
            self._trouble(name, f"{doing} took {took:.1f} s")

    def _trouble(self, name: str, what: str) -> None:
        self.tally.troubles.append(f"{name}: {what}")


@contextlib.contextmanager
def listening(trial_of: list[Trial]) -> Iterator[int]:
    """A port of this machine that nobody should call; calls are counted."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()
                    trial_of[0].connections += 1

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]


def plan(runs: int, seed: int, makers: dict[str, list[Make]]) -> Iterator[tuple[str, Make, random.Random]]:
    """Which files: of each kind its share; all makers of a kind before one comes again."""
    for kind, share in SHARES.items():
        n = max(round(share * runs / sum(SHARES.values())), 1)
        order = list(range(len(makers[kind])))
        if n < len(order):
            random.Random(f"{seed}/{kind}").shuffle(order)
        for k in range(n):
            number = order[k % len(order)]
            yield f"{kind} {number}.{k}", makers[kind][number], random.Random(f"{seed}/{kind}/{k}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="10 runs")
    parser.add_argument("--only", default="", help="a kind")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    runs = 10 if arguments.quick else arguments.runs
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory() as name, listening(trials) as port:
        folder = Path(name)
        canary, log = folder / "canary", folder / "watched"
        log.touch()
        (folder / "watch").mkdir()
        (folder / "watch" / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
        make_good(folder)
        os.environ |= {"PYTHONPATH": str(folder / "watch"), "STUDIO_WATCH": str(log)}
        makers = {
            "safetensors": list(SAFETENSORS),
            "gguf": gguf_makers((folder / "good.gguf").read_bytes()),
            "json": list(JSON),
            "pickle": pickle_makers((folder / "ckpt.pt").read_bytes(), canary, port),
            "folder": list(FOLDERS),
        }
        model = ModelProcess()
        trial = Trial(folder, model, canary, log)
        trials.append(trial)
        (folder / "warm").mkdir()
        warm = model.load(put(folder / "warm", model_type="llama"))  # transformers is imported once
        assert isinstance(warm, m.JobFailed), warm
        log.write_text("", encoding="utf-8")  # what libraries ask the system while they are imported
        try:
            for case, make, chance in plan(runs, arguments.seed, makers):
                if not arguments.only or case.startswith(arguments.only):
                    trial.run(case, make, chance)
        finally:
            trial._model.end()
    return report(arguments, runs, trial.tally)


def report(arguments: argparse.Namespace, runs: int, tally: Tally) -> int:
    if arguments.json:
        print(json.dumps({"runs": runs, **{k: v for k, v in vars(tally).items() if k != "said"}}))
        return 1 if tally.troubles else 0
    for sentence, n in sorted(tally.said.items()):
        print(f"{n:4}  {sentence}")
    for trouble in tally.troubles:
        print(trouble)
    print(
        f"malformed_models: {runs} runs, {len(tally.troubles)} troubles, slowest {tally.slowest_s:.1f} s"
        f" ({tally.slowest}; at most {tally.busiest_s:.1f} s of processor time),"
        f" the app grew by {tally.app_bytes >> 20} MB, the model process by {tally.model_bytes >> 20} MB,"
        f" the largest job had {tally.child_bytes >> 20} MB"
    )
    return 1 if tally.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
