"""How far a download is, how fast it goes, and how long it will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

TELL_S = 0.25
"""Between two progress events."""

_WINDOW_S = 5.0


class Meter:
    """Counts bytes. The speed is that of the last seconds; what was there before does not count for it."""

    def __init__(self, total_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._clock = total_bytes, clock
        self.done_bytes = 0
        self._arrived: deque[tuple[float, int]] = deque()  # when, and how many bytes since the start
        self._n_arrived = 0
        self._told = -TELL_S

    def found(self, n_bytes: int) -> None:
        """So many bytes more are there, or fewer; they were not fetched now."""
        self.done_bytes += n_bytes

    def arrived(self, n_bytes: int) -> None:
        """So many bytes were fetched."""
        self.done_bytes += n_bytes
        self._n_arrived += n_bytes
        now = self._clock()
        if not self._arrived or now - self._arrived[-1][0] > TELL_S / 2:
            self._arrived.append((now, self._n_arrived))

    def interrupted(self) -> None:
        """Nothing comes for a while on purpose."""
        self._arrived.clear()

    def is_due(self) -> bool:
        """Whether it is time to tell how far it is."""
        if (now := self._clock()) - self._told < TELL_S:
            return False
        self._told = now
        return True

    @property
    def speed(self) -> float:
        """Bytes a second."""
        now = self._clock()
        while self._arrived and now - self._arrived[0][0] > _WINDOW_S:
            self._arrived.popleft()
        if not self._arrived:
            return 0.0
        since, before = self._arrived[0]
        return (self._n_arrived - before) / (now - since) if now - since > TELL_S else 0.0

    def fields(self, state: str, name: str) -> dict[str, object]:
        """A progress event."""
        speed = self.speed
        missing = max(0, self._total - self.done_bytes)
        return {
            "state": state,
            "file": name,
            "done_bytes": self.done_bytes,
            "total_bytes": self._total,
            "fraction": min(1.0, self.done_bytes / self._total) if self._total else 1.0,
            "speed": round(speed),
            "left_s": round(missing / speed, 1) if speed > 0 else None,
        }
