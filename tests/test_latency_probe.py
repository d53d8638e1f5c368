"""The instrument of tests/benchmarks/window.py, proved on a stall that was planted."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QTimer, Slot
from pytestqt.qtbot import QtBot

from tests.benchmarks.latency_probe import LatencyProbe, percentile, summarise


class Sleeper(QObject):
    """Has a slot that holds up the loop."""

    @Slot()
    def oversleep(self) -> None:
        time.sleep(0.3)


@pytest.fixture
def probe(qtbot: QtBot) -> Iterator[LatencyProbe]:
    probe = LatencyProbe()
    yield probe
    probe.stop()


def test_a_sleep_in_a_slot_is_seen_and_named(qtbot: QtBot, probe: LatencyProbe) -> None:
    sleeper = Sleeper()
    probe.start("work")
    QTimer.singleShot(50, sleeper.oversleep)
    qtbot.waitUntil(lambda: any(gap.ms > 250 for gap in probe.gaps), timeout=5000)
    qtbot.wait(30)
    worst = max(probe.stalls, key=lambda stall: stall.gap.ms)
    assert worst.gap.ms >= 290
    assert worst.gap.cpu_ms < 150  # it slept
    assert "oversleep" in worst.culprit()
    assert "time.sleep(0.3)" in worst.culprit()
    assert worst.stacks.total() >= 3


def test_computing_is_told_from_sleeping(qtbot: QtBot, probe: LatencyProbe) -> None:
    def compute() -> None:
        until = time.thread_time() + 0.2
        while time.thread_time() < until:
            pass

    probe.start()
    QTimer.singleShot(20, compute)
    qtbot.waitUntil(lambda: bool(probe.stalls), timeout=5000)
    worst = max(probe.stalls, key=lambda stall: stall.gap.ms)
    assert worst.gap.cpu_ms >= 190
    assert "compute" in worst.culprit()


def test_an_idle_loop_ticks_every_few_milliseconds(qtbot: QtBot, probe: LatencyProbe) -> None:
    probe.start("idle")
    qtbot.wait(300)
    probe.enter("after")
    idle = summarise(probe.of("idle"))
    assert idle.n >= 10
    assert 4 <= idle.median_ms < 30


def test_percentiles() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 99) == 99
    assert percentile(values, 50) == 50
    assert percentile([], 99) == 0
