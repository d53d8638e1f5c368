"""How much of the processor other programs took while something was measured; known on Linux only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

QUIET = 0.1
"""The share of all cores that others may take; beyond it threads wait for each other more than they work."""

_LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class _Clock:
    """Processor seconds since the system started: of everybody, of some processes."""

    at: float
    everybody: float
    own: float


def _look(pids: tuple[int, ...]) -> _Clock | None:
    try:
        ticks = [int(word) for word in Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:9]]
        own = 0
        for pid in pids:
            words = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
            own += int(words[11]) + int(words[12])
    except (OSError, ValueError, IndexError):
        return None
    hertz = os.sysconf("SC_CLK_TCK")
    return _Clock(time.perf_counter(), (sum(ticks) - ticks[3] - ticks[4]) / hertz, own / hertz)


def _others(before: _Clock | None, after: _Clock | None) -> float:
    """The share of all cores between two looks that went to others."""
    if before is None or after is None:
        return 0.0
    spent = (after.everybody - before.everybody) - (after.own - before.own)
    return max(0.0, spent / (after.at - before.at) / (os.cpu_count() or 1))


def undisturbed(work: Callable[[], Result], pid: int, patience_s: float) -> tuple[Result, float]:
    """Do `work`, which is done by the process `pid`, while nobody else computes.

    Waits for silence; if others came in between, waits and tries again. When patience ends, the least
    disturbed try counts. Returns its result and the share of all cores that others had.
    """
    until = time.perf_counter() + patience_s
    best: tuple[Result, float] | None = None
    while True:
        pids = (pid, os.getpid())
        while time.perf_counter() < until:
            before = _look(pids)
            time.sleep(_LOOK_S)
            if _others(before, _look(pids)) <= QUIET:
                break
        before = _look(pids)
        result = work()
        share = _others(before, _look(pids))
        if best is None or share < best[1]:
            best = result, share
        if best[1] <= QUIET or time.perf_counter() >= until:
            return best
