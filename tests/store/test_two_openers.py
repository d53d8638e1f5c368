"""Two programs that open one library at the same moment: one has it, the other is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.store.library_samples import end, fill, run_unclean

ROUNDS = 20

OPENER = """
import sys, time
from pathlib import Path
from studio.store.librarian import Librarian
from studio.store.records import LibraryOpened, OpenLibrary
from studio.store import opening, store
opening.BUSY_S = 0.4  # the one that is told waits as long
for line in sys.stdin:
    folder, at = line.split()
    while time.time() < float(at):
        pass
    librarian = Librarian()
    (answer,) = librarian.run(OpenLibrary(folder))
    opened = isinstance(answer, LibraryOpened)
    print("opened" if opened else answer.damage.value, flush=True)
    sys.stdin.readline()  # until the other has its answer too
    librarian._close()
"""


@pytest.fixture
def openers() -> list[subprocess.Popen[str]]:
    root = Path(__file__).parents[2]
    return [
        subprocess.Popen(
            [sys.executable, "-c", OPENER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        for _ in range(2)
    ]


@pytest.mark.timeout(300)
def test_of_two_openers_of_a_killed_library_exactly_one_has_it(
    tmp_path: Path, openers: list[subprocess.Popen[str]]
) -> None:
    killed = fill(tmp_path / "killed")
    end(run_unclean(killed))
    outcomes = []
    for number in range(ROUNDS):
        folder = tmp_path / f"copy{number}"
        shutil.copytree(killed, folder, ignore=shutil.ignore_patterns("*-shm"))
        at = time.time() + 0.05
        for opener, delay in zip(openers, (0, 0.0005 * (number % 20)), strict=True):
            assert opener.stdin is not None
            opener.stdin.write(f"{folder} {at + delay}\n")
            opener.stdin.flush()
        answers = []
        for opener in openers:
            assert opener.stdout is not None
            answers.append(opener.stdout.readline().strip())
        outcomes.append(tuple(sorted(answers)))
        for opener in openers:
            assert opener.stdin is not None
            opener.stdin.write("\n")
            opener.stdin.flush()
        shutil.rmtree(folder, ignore_errors=True)
    for opener in openers:
        opener.communicate()
    assert set(outcomes) == {("locked", "opened")}, outcomes
