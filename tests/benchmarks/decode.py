"""GPT-2 Studio against the engines a user would pick instead, on this machine, in one run.

    python tests/benchmarks/decode.py [--rounds N] [--quick] [--peers NAME ...] [--venv DIR] [--data DIR]
                                      [--window] [--json FILE] ...

A model of GPT-2's size (124M seeded weights) goes to every engine in its own format; each runs in a process
of its own with two threads, and in every round each gets its turn at every task, one at a time, in a new
order. What counts is the median of the ratios within the rounds, for the machine's own speed comes and goes.
The peers are installed by this script into an environment of their own; one that cannot be is named. How far
an engine's numbers are from float32 (mean KL) is told for the starter model. The exit code is 1 if a line is
not met.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from platformdirs import user_cache_path

from studio.core.seeded_model import write_seeded
from studio.paths import resource
from tests.benchmarks.peers import gpt2_weights, installing
from tests.benchmarks.peers.engines import Clock
from tests.benchmarks.peers.lines import NEAR, PREFILL, Measured, Task, Verdict, tasks_of, verdicts
from tests.benchmarks.peers.quiet import QUIET, undisturbed
from tests.benchmarks.peers.report import report
from tests.benchmarks.peers.running import (
    BESIDE_THE_APP,
    OURS,
    PEERS,
    Contender,
    EngineFailedError,
    Running,
    app_python,
    convert,
    our_contenders,
)
from tests.benchmarks.peers.story import STORY
from tests.benchmarks.peers.with_studio import encode, precisions, read_bandwidth

NAMES = ("transformers", *(peer.name for peer in installing.PEERS))
QUICK_TOKENS = 24
WHOLE_TEXTS = ("transformers", "CTranslate2")
ENOUGH = 128  # tokens for the difference of two times to say something
QUICK_IDS = 48


class Race:
    """The contenders that run, and what came out so far."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self.arguments, self.folder = arguments, folder
        self.measured = Measured()
        self.missing: dict[str, str] = {}  # why, by name
        self.running: list[Running] = []
        self.checkpoint = gpt2_weights.read(arguments.model)

    # -- who takes part ----------------------------------------------------------------------------------

    def gather(self) -> None:
        """Install, convert and start everyone who can be."""
        asked = self.arguments.peers
        self.missing |= {name: "not asked for" for name in NAMES if name not in asked}
        installable = {peer.name for peer in installing.PEERS} & set(asked)
        if installable:
            self.missing |= installing.install(self.arguments.venv, installable)
        self._start(self.ours())
        self._start([peer for peer in PEERS if peer.engine not in self.missing])

    def ours(self) -> list[Contender]:
        """Our own engine at the precisions asked for that it has."""
        return our_contenders([name for name in precisions() if name in self.arguments.precisions])

    def _start(self, contenders: list[Contender]) -> None:
        for contender in contenders:
            try:
                self.running.append(self.open(contender, self.arguments.model))
            except EngineFailedError as error:
                self.missing[contender.name] = str(error)

    def open(self, contender: Contender, model: Path) -> Running:
        """Start a contender with a model. Raises EngineFailedError."""
        engine, python = contender.engine, app_python()
        converted = self.arguments.data / f"{model.name}-{engine.replace(' ', '')}"
        if engine not in BESIDE_THE_APP:
            python = installing.python_of(self.arguments.venv)
            if problem := convert(installing.BY_NAME[engine], python, model, converted):
                raise EngineFailedError(problem)
        log = self.folder / f"{contender.name.replace(' ', '-')}-{model.name}.log"
        options = ["--threads", str(self.arguments.threads), *(["--busy"] if self.arguments.busy else [])]
        return Running(contender, python, model, converted, options, log)

    @property
    def contenders(self) -> list[Contender]:
        return [running.contender for running in self.running]

    # -- the rounds --------------------------------------------------------------------------------------

    def run(self) -> None:
        """Every task of every contender once a round; the order is drawn anew for each task."""
        until = time.perf_counter() + 60 * self.arguments.minutes
        chance = random.Random(self.arguments.seed)
        for number in range(self.arguments.rounds):
            started = time.perf_counter()
            clock = Clock(self.arguments.busy)
            self.measured.bandwidth.append(read_bandwidth(self.arguments.threads, clock))
            by_task: dict[Task, list[Running]] = {}
            for running in self.running:
                for task in tasks_of(running.contender):
                    by_task.setdefault(task, []).append(running)
            for task, runners in by_task.items():
                for running in chance.sample(runners, len(runners)):
                    if time.perf_counter() > until:
                        print(f"round {number + 1}: out of time", flush=True)
                        return
                    if running in self.running:  # it has not failed at an earlier task
                        self._turn(running, task, number)
            print(f"round {number + 1}: {time.perf_counter() - started:.0f} s", flush=True)

    def _turn(self, running: Running, task: Task, number: int) -> None:
        name, few = running.contender.name, self.arguments.tokens
        if running.contender.engine in WHOLE_TEXTS:
            few = max(few, ENOUGH)
        within = task.within(self.checkpoint.n_positions, few)
        seed = 1000 * number + within.n_prompt  # no prompt twice, or a prefix cache would answer
        numbers = np.random.default_rng(seed).integers(0, self.checkpoint.vocab_size, within.n_prompt)
        asked: dict[str, Any] = {"prompt": numbers.tolist(), "n_tokens": within.n_tokens}
        if task.kind == "batch":
            asked["n_texts"] = within.n_texts
        elif task.kind == "sample":
            asked = {"n_tokens": within.n_tokens, "seed": seed}
        elif task.kind == "prefill":
            del asked["n_tokens"]
        started = time.perf_counter()
        try:
            found, share = undisturbed(
                lambda: running.ask(task.kind, **asked), running.pid, self.arguments.patience
            )
        except EngineFailedError as error:
            self.missing[f"{name}, {task.name}"] = str(error)
            self.running.remove(running)
            return
        self.measured.disturbed.append(share)
        by_name = self.measured.rates.setdefault(task.name, {})
        beside = ""
        if task.kind == "sample":
            found, bare = found
            by_name.setdefault(f"{name}, bare", []).append(bare)
            beside = f" (bare greedy {bare:.1f})"
        by_name.setdefault(name, []).append(found)
        took = time.perf_counter() - started
        rate = "no figure" if found is None else f"{found:.1f} tokens/s"
        print(f"  {name}, {task.name}: {rate}{beside} in {took:.1f} s, others had {share:.0%}", flush=True)

    # -- what is measured once ---------------------------------------------------------------------------

    def weigh(self) -> None:
        """Peak memory of a fresh process of ours that loads, reads a long prompt and writes."""
        for contender in self.contenders:
            if contender.engine != OURS:
                continue
            running = self.open(contender, self.arguments.model)
            for task in (PREFILL, NEAR):
                within = task.within(self.checkpoint.n_positions, QUICK_TOKENS)
                prompt = list(range(within.n_prompt))
                running.ask("decode", prompt=prompt, n_tokens=within.n_tokens)
            peak, weights = running.ask("peak")
            running.close()
            self.measured.peak_bytes[contender.name] = peak
            self.measured.weight_bytes[contender.name] = weights

    def diverge(self) -> None:
        """Mean KL of every contender's distributions to our float32's, on STORY with the starter model."""
        starter = resource("models", "starter")
        ids = encode(starter, STORY)[: QUICK_IDS if self.arguments.quick else None]
        reference: np.ndarray[Any, Any] | None = None
        for contender in [our_contenders(["float32"])[0], *self.contenders]:
            if contender.engine == "transformers" or contender.name in self.measured.divergence:
                continue
            path = self.folder / "logits.npy"
            try:
                running = self.open(contender, starter)
                running.ask("logits", ids=ids, to=str(path))
                running.close()
            except EngineFailedError as error:
                self.missing[f"{contender.name}, KL"] = str(error)
                continue
            found = log_softmax(np.load(path))
            reference = found if reference is None else reference
            kl = (np.exp(reference) * (reference - found)).sum(1).mean()
            self.measured.divergence[contender.name] = float(kl)

    def look_in_the_window(self) -> None:
        """window.py's own comparison of the window with the engine alone."""
        script = Path(__file__).with_name("window.py")
        command = [sys.executable, str(script), "--only", "generate", "--shared", "--json"]
        command += ["--model", str(self.arguments.model)]
        command += ["--runs", str(max(2, self.arguments.rounds))]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        figures = run.stdout[run.stdout.find("\n[\n") : run.stdout.rfind("\n]\n") + 3]
        for figure in json.loads(figures) if figures.strip() else []:
            if figure["name"].startswith("window's speed"):
                self.measured.window_ratio = figure["value"]

    def close(self) -> None:
        """End all processes."""
        for running in self.running:
            running.close()


def log_softmax(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(T, V) -> (T, V) float64."""
    wide = logits.astype(np.float64)
    wide -= wide.max(1, keepdims=True)
    found: np.ndarray[Any, Any] = wide - np.log(np.exp(wide).sum(1, keepdims=True))
    return found


@contextmanager
def racing(arguments: argparse.Namespace) -> Iterator[Race]:
    """A race whose processes end with it."""
    with tempfile.TemporaryDirectory(prefix="decode-") as name:
        race = Race(arguments, Path(name))
        try:
            yield race
        finally:
            race.close()


def arguments_of(command_line: list[str] | None) -> argparse.Namespace:
    """The command line, with the seeded model made if no other is given."""
    cache = user_cache_path("gpt2-studio-benchmarks", appauthor=False)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0, help="no turn begins after so long")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--tokens", type=int, default=256, help="to decode at most, in the middle of each span"
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TOKENS} tokens a task, two rounds")
    parser.add_argument(
        "--model", type=Path, help="a GPT-2 in Hugging Face's format, instead of the seeded one"
    )
    parser.add_argument(
        "--peers", nargs="*", default=NAMES, choices=NAMES, metavar="PEER", help=", ".join(NAMES)
    )
    parser.add_argument(
        "--precisions",
        nargs="+",
        default=("torch", "float32", "float16", "int8", "int4"),
        help="of our own engine; torch: float32 without the kernels",
    )
    parser.add_argument(
        "--patience", type=float, default=10.0, help="seconds to wait, each time, for other programs to rest"
    )
    parser.add_argument(
        "--busy", action="store_true", help="for a machine that others use: one thread, processor time"
    )
    parser.add_argument("--window", action="store_true", help="also measure in the real window")
    parser.add_argument("--venv", type=Path, default=cache / "venv", help="where the peers are installed")
    parser.add_argument("--data", type=Path, default=cache / "models", help="where models are converted to")
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    arguments = parser.parse_args(command_line)
    if arguments.quick:
        arguments.rounds, arguments.tokens = min(arguments.rounds, 2), QUICK_TOKENS
    if arguments.busy:
        arguments.threads, arguments.patience = 1, 0.0
    if arguments.model is None:
        arguments.model = arguments.data / "gpt2-seeded"
        if not (arguments.model / "model.safetensors").exists():
            bpe = resource("gpt2-bpe", "encoder.json"), resource("gpt2-bpe", "vocab.bpe")
            write_seeded(arguments.model, 0, *bpe)
    return arguments


def main(command_line: list[str] | None = None) -> int:
    """Measure, print, judge."""
    arguments = arguments_of(command_line)
    with racing(arguments) as race:
        race.gather()
        race.run()
        race.weigh()
        race.diverge()
    if arguments.window:
        race.look_in_the_window()
    found = verdicts(race.measured, race.contenders, [*race.missing])
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    shares = race.measured.disturbed
    noisy = sum(share > QUIET for share in shares) / len(shares)
    seconds = "processor time" if arguments.busy else "wall clock"
    machine = (
        f"{arguments.tokens} tokens, {os.cpu_count()} cores, {arguments.threads} threads, {seconds}, "
        f"load {load}, disturbed {noisy:.0%}, {platform.system()}, Python {platform.python_version()}, "
        f"read {statistics.median(race.measured.bandwidth) / 1e9:.1f} GB/s"
    )
    print(report(race.measured, race.contenders, race.missing, found, race.checkpoint))
    unmet = [verdict.line for verdict in found if verdict.met is False]
    outcome = f"not met: {'; '.join(unmet)}" if unmet else "none missed"
    print(f"decode: {arguments.rounds} rounds, seed {arguments.seed}, {outcome} ({machine})")
    if arguments.json:
        arguments.json.write_text(as_json(race, found, machine), encoding="utf-8")
    return 1 if unmet else 0


def as_json(race: Race, found: list[Verdict], machine: str) -> str:
    """Everything measured."""
    lines = [asdict(verdict) | {"met": verdict.met} for verdict in found]
    everything = {"machine": machine, "lines": lines, "missing": race.missing} | asdict(race.measured)
    return json.dumps(everything, indent=1)


if __name__ == "__main__":
    sys.exit(main())
