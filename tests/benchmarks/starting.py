"""From fork and exec to a key typed in the window; and libraries with something in them."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from studio.core.history import Run
from studio.store import records as r
from studio.store.librarian import Librarian
from tests.benchmarks.figures import Figure

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


def start_once(library: Path) -> tuple[float, float]:
    """Seconds from just before fork/exec to the first paint, and to a typed key being in the text."""
    # An installed app has its byte code; the first start of a checkout writes it.
    environment = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    started = time.monotonic_ns()
    child = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("typist.py")), "--library", str(library)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=True,
    )
    painted, typed, visible, focus, heavy = child.stdout.strip().split(" ")
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
