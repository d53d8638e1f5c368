"""The body of one answer, read by a thread of its own: whoever waits can do something else meanwhile."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

_PIECES = 32
"""How many pieces of at most 64 KB wait to be written before the server has to."""

_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes before the bytes."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more comes; `error` if that is because something went wrong."""

    error: Exception | None = None


class Stream:
    """One GET request. `next` gives an Answer, then bytes if it was a success, then an End."""

    def __init__(self, client: httpx2.Client, url: str, headers: Mapping[str, str]) -> None:
        self._client, self._url, self._headers = client, url, dict(headers)
        self._items: queue.Queue[Answer | bytes | End] = queue.Queue(_PIECES)
        self._unwanted = threading.Event()
        threading.Thread(target=self._run, name="stream", daemon=True).start()

    def next(self, timeout_s: float) -> Answer | bytes | End | None:
        """What came next; None if nothing came in time."""
        try:
            return self._items.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def abandon(self) -> None:
        """Nobody wants the rest: the connection is closed as soon as the thread notices."""
        self._unwanted.set()

    @property
    def is_abandoned(self) -> bool:
        """Whether it was given up."""
        return self._unwanted.is_set()

    def _run(self) -> None:
        end = End()
        try:
            with self._client.stream("GET", self._url, headers=self._headers) as response:
                self._put(Answer(response.status_code, response.headers))
                if response.is_success:
                    for piece in response.iter_raw():
                        if not self._put(piece):
                            return
        except Exception as error:  # whatever it is, it must be known to whoever waits
            end = End(error)
        self._put(end)

    def _put(self, item: Answer | bytes | End) -> bool:
        """Whether it is still wanted."""
        while not self._unwanted.is_set():
            try:
                self._items.put(item, timeout=_LOOK_S)
            except queue.Full:
                continue
            return True
        return False
