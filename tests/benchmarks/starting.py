"""From fork and exec to a key typed in the window, to a model that is ready, to what the command line says;
and libraries with something in them.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from studio import settings
from studio.core.history import Run
from studio.core.seeded_model import write_seeded
from studio.paths import resource, settings_file
from studio.store import records as r
from studio.store.librarian import Librarian
from tests.benchmarks.figures import Figure

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

WORDS = (
    "the",
    "river",
    "ran",
    "slowly",
    "past",
    "an",
    "old",
    "mill",
    "where",
    "nobody",
    "had",
    "ground",
    "corn",
)


def prose(n_characters: int, chance: random.Random) -> str:
    """Paragraphs of words."""
    parts, length = [], 0
    while length < n_characters:
        paragraph = " ".join(chance.choice(WORDS) for _ in range(chance.randrange(20, 160))) + ".\n"
        parts.append(paragraph)
        length += len(paragraph)
    return "".join(parts)[:n_characters]


def _run(*arguments: str) -> tuple[int, str]:
    """When it was started (CLOCK_MONOTONIC, ns), and what it said."""
    # An installed app has its byte code; the first start of a checkout writes it.
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    started = time.monotonic_ns()
    child = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=60, check=True,
        cwd=ROOT,
    )  # fmt: skip
    return started, child.stdout.strip()


def start_once(library: Path) -> tuple[float, float]:
    """Seconds from just before fork/exec to the first paint, and to a typed key being in the text."""
    started, said = _run(str(HERE / "typist.py"), "--library", str(library))
    painted, typed, visible, focus, heavy = said.split(" ")
    if (visible, focus) != ("visible", "editor"):
        raise AssertionError(f"a key was typed in a window that is {visible} with the keyboard in {focus}")
    if "torch" in heavy:
        raise AssertionError("torch was imported into the window's process")
    return (int(painted) - started) / 1e9, (int(typed) - started) / 1e9


def measure_start(runs: int, folder: Path, chance: random.Random) -> list[Figure]:
    """A fresh library each time, and one that has sessions in it."""
    existing = folder / "existing"
    fill(existing, [prose(20_000, chance) for _ in range(20)])
    start_once(
        existing
    )  # the disk's cache is warm from here on, as it is for all but the first start of a day
    fresh = [start_once(folder / f"fresh{n}") for n in range(runs)]
    again = [start_once(existing) for _ in range(runs)]
    figures = []
    for name, times in (("a fresh library", fresh), ("an existing library", again)):
        typed = [seconds for _, seconds in times]
        painted = statistics.median(seconds for seconds, _ in times)
        figures += [
            Figure(
                f"start to a key typed, {name}, median of {len(typed)}", statistics.median(typed), "s", 1.0
            ),
            Figure(f"start to a key typed, {name}, slowest", max(typed), "s"),
            Figure(f"start to the first paint, {name}, median", painted, "s"),
        ]
    return figures


def measure_ready(runs: int, folder: Path, *, shared: bool) -> list[Figure]:
    """From fork and exec of the app to a model that can write; `shared`: its processor time counts."""
    seeded = folder / "gpt2-seeded"
    write_seeded(seeded, 0, resource("gpt2-bpe", "encoder.json"), resource("gpt2-bpe", "vocab.bpe"))
    figures = []
    for name, model, bar in (
        ("starter", "starter", 3.0),
        ("124M float32", str(seeded), 4.0),
    ):
        library = folder / f"ready-{Path(model).name}"
        library.mkdir()
        settings.save(settings_file(library), settings.Settings(model=model))
        ready, computed = [], []
        for _ in range(runs + 1):
            started, said = _run(str(HERE / "ready.py"), "--library", str(library))
            at, cpu_s, kind = said.split(" ")
            if kind != "ModelLoaded":
                raise AssertionError(f"{model}: {kind}")
            ready.append((int(at) - started) / 1e9)
            computed.append(float(cpu_s))
        del ready[0], computed[0]  # the disk's cache is warm from there on
        wall, own = statistics.median(ready), statistics.median(computed)
        figures += [
            Figure(f"start to {name} ready, median of {runs}", wall, "s", None if shared else bar),
            Figure(f"of that, the model process computes, {name}", own, "s", bar if shared else None),
        ]
    return figures


def measure_commands(runs: int) -> list[Figure]:
    """`--version` and `--help`, and how much longer they take than Python that does nothing."""
    asked = {"--version": ("-m", "studio", "--version"), "--help": ("-m", "studio", "--help")}
    nothing: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(3 * runs):
        for into, arguments in [(nothing, ("-c", "pass")), *((times[n], a) for n, a in asked.items())]:
            started, _ = _run(*arguments)
            into.append((time.monotonic_ns() - started) / 1e9)
    figures = []
    for name, seconds in times.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, nothing, strict=True))
        figures += [
            Figure(f"gpt2-studio {name}, best of {len(seconds)}", min(seconds), "s", 0.15),
            Figure(f"gpt2-studio {name} / python -c pass, median", ratio, ""),
        ]
    return figures


def fill(library: Path, texts: list[str]) -> None:
    """Write sessions, the first text as the oldest."""
    librarian = Librarian()
    answers = list(librarian.run(r.OpenLibrary(str(library))))
    for number, text in enumerate(texts, 1):
        record = r.SessionRecord(number, "", text, (Run(len(text)),), len(text), 1.0, 1)  # caret at the end
        answers += librarian.run(r.SaveSession(record))
    answers += librarian.run(r.CloseLibrary())
    if bad := [a for a in answers if isinstance(a, r.LibraryFailed | r.RequestFailed)]:
        raise AssertionError(bad)
