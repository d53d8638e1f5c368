from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.garbage import GarbageCollector


class Knot(QObject):
    """An object that only the cyclic collector can free; it notes where that happened."""

    def __init__(self, freed_in: list[threading.Thread]) -> None:
        super().__init__()
        self.self = self
        weakref.finalize(self, lambda: freed_in.append(threading.current_thread()))


def test_cycles_are_freed_in_the_windows_thread_only(qtbot: QtBot) -> None:
    holder = QObject()
    collector = GarbageCollector(holder)
    freed_in: list[threading.Thread] = []
    try:
        for _ in range(50):
            Knot(freed_in)

        def make_much() -> None:
            rubbish = [[n] for n in range(100_000)]  # would start the collector several times
            assert rubbish

        thread = threading.Thread(target=make_much)
        thread.start()
        thread.join()
        assert freed_in == []
        keep = [[n] for n in range(20_000)]  # past the thresholds
        qtbot.waitUntil(lambda: len(freed_in) == 50, timeout=5000)
        assert keep
        assert set(freed_in) == {threading.main_thread()}
    finally:
        collector.stop()
    assert gc.isenabled()


def test_what_was_there_before_the_window_is_not_looked_at_again(qtbot: QtBot) -> None:
    holder = QObject()
    collector = GarbageCollector(holder)
    try:
        assert gc.get_freeze_count() > 10_000
    finally:
        collector.stop()
    assert gc.get_freeze_count() == 0


def test_all_is_looked_through_only_when_a_quarter_more_has_lived_long(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[int] = []
    collect = gc.collect

    def watched(generation: int = 2) -> int:
        collected.append(generation)
        return collect(generation)

    holder = QObject()
    collector = GarbageCollector(holder)
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 99))
    monkeypatch.setattr(gc, "collect", watched)
    keep = [[n] for n in range(1000)]
    collect(1)  # they have lived long now
    try:
        for _ in range(3):
            collector._collect()
        assert collected == [2]
        keep += [[n] for n in range(len(gc.get_objects(2)))]
        collect(1)
        collector._collect()
        assert collected == [2, 2]
    finally:
        collector.stop()
