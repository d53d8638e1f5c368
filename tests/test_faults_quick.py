"""The fault scripts, with as many runs as there is time for."""

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
        timeout=380,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    return run.stdout.splitlines()[-1]


NEEDS_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="forks, and looks into /proc")


@NEEDS_LINUX
@pytest.mark.timeout(400)
def test_kill_9_loses_nothing_that_was_acknowledged() -> None:
    line = last_line("kill9.py", "--runs", "200", "--whole-app", "0.02", "--seed", "4")
    assert line.startswith("kill9: 200 runs")
    assert "0 lost, 0 integrity errors, 0 other troubles" in line


@NEEDS_LINUX
@pytest.mark.timeout(400)
def test_a_download_that_is_killed_or_lied_to_is_verified_in_the_end() -> None:
    line = last_line("downloads.py", "--quick", "--seed", "5")
    assert last_line("downloads.py", "--mutant", "--seed", "5").endswith("verifies nothing is caught")
    assert line.startswith("downloads: 3 killed, 20 lied to")
    assert line.endswith("; 0 bad")


@NEEDS_LINUX
@pytest.mark.timeout(400)
@pytest.mark.parametrize("options", [
    ("ack-before-commit", "--whole-app", "0"),
    ("ack-before-commit", "--whole-app", "1"),
    ("backup-under-its-name",),
    ("migrate-by-statement",),
])  # fmt: skip
def test_a_library_that_is_wrong_on_purpose_is_caught(options: tuple[str, ...]) -> None:
    assert last_line("kill9.py", "--seed", "3", "--mutant", *options).endswith("caught")


@NEEDS_LINUX
@pytest.mark.timeout(400)
def test_malformed_models_are_refused_and_run_nothing() -> None:
    assert ", 0 troubles," in last_line("malformed_models.py", "--quick", "--seed", "7")
