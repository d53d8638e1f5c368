"""The fault scripts with few runs; `python tests/faults/kill9.py` does 200."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).parent / "faults"


def last_line(script: str, *options: str) -> str:
    run = subprocess.run(
        [sys.executable, str(FAULTS / script), *options],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    return run.stdout.splitlines()[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_kill_9_loses_nothing_that_was_acknowledged() -> None:
    assert "5 runs" in last_line("kill9.py", "--quick", "--seed", "4")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_library_that_acknowledges_too_early_is_caught() -> None:
    assert last_line("kill9.py", "--quick", "--seed", "3", "--mutant", "ack-before-commit").endswith("caught")
