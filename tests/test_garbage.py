from __future__ import annotations

import gc
import threading
import weakref

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
