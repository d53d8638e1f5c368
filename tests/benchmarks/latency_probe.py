"""How long the window's event loop is away, and what it was doing then.

A precise 5 ms timer in the GUI thread notes the gap since its last tick. A thread beside it watches the
ticks; when there was none for a while it notes, again and again, the line at which the GUI thread stands.

Of each gap the Linux kernel also says how long the thread was ready and had no processor (`waited_ms`): that
is other programs' doing, unless the gap comes from our own child process on a machine with one core.
"""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import sys
import threading
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Qt, QTimer, Slot

INTERVAL_MS = 5
WATCH_S = 0.01


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two ticks."""

    phase: str
    ms: float
    cpu_ms: float  # of it, how long the GUI thread computed
    waited_ms: float  # of it, how long the thread was ready and had no processor (Linux only)


@dataclass(slots=True)
class Stall:
    """A gap long enough to be looked into."""

    gap: Gap
    stacks: Counter[str] = field(default_factory=Counter)

    def culprit(self) -> str:
        """The stack seen most often, innermost call last; empty if the interpreter was held all the time."""
        return self.stacks.most_common(1)[0][0] if self.stacks else ""


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that `percent` of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """The gaps of one phase in figures."""

    n: int
    median_ms: float
    p99_ms: float
    max_ms: float
    own_p99_ms: float  # without what the thread waited for a processor
    own_max_ms: float

    def __str__(self) -> str:
        return (
            f"{self.n} gaps, median {self.median_ms:.1f}, p99 {self.p99_ms:.1f}, max {self.max_ms:.1f} ms"
            f" (without waiting for a processor: p99 {self.own_p99_ms:.1f}, max {self.own_max_ms:.1f})"
        )


def summarise(gaps: list[Gap]) -> Summary:
    """Figures of some gaps."""
    wall = [gap.ms for gap in gaps]
    own = [gap.ms - gap.waited_ms for gap in gaps]
    return Summary(
        len(gaps),
        statistics.median(wall) if wall else 0.0,
        percentile(wall, 99),
        max(wall, default=0.0),
        percentile(own, 99),
        max(own, default=0.0),
    )


class LatencyProbe(QObject):
    """Made, started and stopped in the GUI thread."""

    def __init__(self, stall_ms: float = 100, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.gaps: list[Gap] = []
        self.stalls: list[Stall] = []
        self._stall_ms = stall_ms
        self._phase = ""
        self._thread_id = threading.get_ident()
        self._last = self._last_cpu = self._last_waited = 0
        self._stacks: Counter[str] = Counter()
        self._stopped = threading.Event()
        self._schedstat: int | None = None
        with contextlib.suppress(OSError):  # not Linux
            self._schedstat = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        self._watcher = threading.Thread(target=self._watch, name="latency probe", daemon=True)

    def start(self, phase: str = "") -> None:
        """Begin to measure."""
        self._phase = phase
        self._read_clocks()
        self._timer.start()
        self._watcher.start()

    def enter(self, phase: str) -> None:
        """What follows belongs to another phase; the tick under way still belongs to the old one."""
        self._tick()
        self._phase = phase

    def stop(self) -> None:
        """Measure no more."""
        self._timer.stop()
        self._stopped.set()
        self._watcher.join()
        if self._schedstat is not None:
            os.close(self._schedstat)
            self._schedstat = None

    def of(self, phase: str) -> list[Gap]:
        """The gaps of a phase."""
        return [gap for gap in self.gaps if gap.phase == phase]

    def _waited_ns(self) -> int:
        return int(os.pread(self._schedstat, 80, 0).split()[1]) if self._schedstat is not None else 0

    def _read_clocks(self) -> None:
        self._last_cpu, self._last_waited = time.thread_time_ns(), self._waited_ns()
        self._last = time.perf_counter_ns()

    @Slot()
    def _tick(self) -> None:
        last, cpu, waited = self._last, self._last_cpu, self._last_waited
        self._read_clocks()
        gap = Gap(
            self._phase,
            (self._last - last) / 1e6,
            (self._last_cpu - cpu) / 1e6,
            (self._last_waited - waited) / 1e6,
        )
        self.gaps.append(gap)
        stacks, self._stacks = self._stacks, Counter()
        if gap.ms >= self._stall_ms:
            self.stalls.append(Stall(gap, stacks))

    def _watch(self) -> None:
        while not self._stopped.wait(WATCH_S):
            if time.perf_counter_ns() - self._last < self._stall_ms * 1e6:
                continue
            stacks, places = self._stacks, _places(self._thread_id)
            if places:
                stacks[_stack(places)] += 1


def _places(thread_id: int) -> list[tuple[str, int, str]]:
    """File, line and function of every frame of a thread, the outermost first.

    No frame is kept, and nothing is done here that lets the thread go on: a frame holds its locals, and a
    QPainter that outlives its paint event takes Qt down.
    """
    frame = sys._current_frames().get(thread_id)
    places = []
    while frame is not None:
        places.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    return places[::-1]


def _stack(places: list[tuple[str, int, str]]) -> str:
    """From the innermost event loop on; the measuring program itself is of no interest."""
    frames = [traceback.FrameSummary(*place) for place in places]
    names = [entry.name for entry in frames]
    start = len(names) - names[::-1].index("wait_for") if "wait_for" in names else 0
    if start == len(frames):
        return "  (in the event loop itself, in none of our slots)\n"
    return "".join(traceback.format_list(frames[start:][-14:]))
