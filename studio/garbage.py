"""Python's cyclic garbage collector, run only in the window's thread.

By itself it runs in whichever thread makes the next object. A widget that is part of a cycle and is collected
in the library's thread would be destroyed there, and Qt crashes.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS = 1000

GROWTH = 4
"""All is looked through when a quarter more has lived long than last time, as Python itself would do it."""


class GarbageCollector(QObject):
    """Collects by the usual thresholds, from a timer. `stop` gives the work back to Python.

    What is there when the window begins, 60,000 objects of the libraries, is never garbage and not looked at
    again: with it the window stood still for 50 to 170 ms now and then, without it for 4.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()
        self._n_long_lived = 0
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    @Slot()
    def stop(self) -> None:
        """The window closes."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    @Slot()
    def _collect(self) -> None:
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation] and (generation < 2 or self._has_grown()):
                gc.collect(generation)
                if generation == 2:
                    self._n_long_lived = len(gc.get_objects(2))
                return

    def _has_grown(self) -> bool:
        n = len(gc.get_objects(2))
        return (n - self._n_long_lived) * GROWTH > self._n_long_lived
