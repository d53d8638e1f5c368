"""The model process: requests come in on stdin, messages go out on stdout, one at a time, in order.

A thread does nothing but read, so that Cancel is seen while a job runs and the window's pipe never fills up.
When the window is gone (end of stdin, also after a kill -9) this process ends at once.
"""

from __future__ import annotations

import gc
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

from studio.core import messages as m
from studio.core import wire
from studio.core.offline import refuse_network
from studio.core.processors.guiding import needs_model

if TYPE_CHECKING:
    from studio.core.engine import Engine

FLUSH_S = 1 / 30
"""Tokens are grouped for at most this long: the window repaints at 30 Hz, however fast the model is."""


def batched(
    messages: Iterable[m.Message], interval_s: float = FLUSH_S, clock: Callable[[], float] = time.monotonic
) -> Iterator[m.Message]:
    """The same messages; a text's tokens that come within `interval_s` of each other travel in one."""
    pending: dict[int | None, list[m.Token]] = {}  # by alternative; None: a single text
    job_id = 0
    last = float("-inf")

    def ready() -> Iterator[m.Message]:
        for index, tokens in pending.items():
            if index is None:
                yield m.TokensGenerated(job_id, tuple(tokens))
            else:
                yield m.AlternativeTokens(job_id, index, tuple(tokens))
        pending.clear()

    for message in messages:
        if isinstance(message, m.TokensGenerated | m.AlternativeTokens):
            index = message.index if isinstance(message, m.AlternativeTokens) else None
            pending.setdefault(index, []).extend(message.tokens)
            job_id = message.job_id
            if clock() - last >= interval_s:
                last = clock()
                yield from ready()
            continue
        yield from ready()
        yield message
    yield from ready()


ASIDE_S = 0.03
"""For so long after each token other questions are answered while the model writes: about a token's time."""

ONLY_THE_NEWEST = (
    m.MeasureContext,
    m.ReadText,
    m.InspectPlace,
    m.LookInside,
    m.MapAttention,
    m.WeighWords,
    m.ReshapeText,
    m.Redraw,
    m.LookUp,
    m.TellUsage,
)
"""Of these the window wants an answer to its last question only."""


class Mailbox:
    """Requests in order; cancelled jobs known at once; some replace an older one of their kind that waits."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[m.Request | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._newest: dict[type, int] = {}
        self._quick: m.InspectPlace | None = None
        self._aside: m.ReshapeText | None = None
        self._put_off: m.Request | None = None  # has come out of the queue before its time
        self.closed = False

    def put(self, request: m.Request) -> None:
        """Called from the reading thread."""
        if isinstance(request, m.Cancel):
            self._cancelled.add(request.job_id)
            return
        if isinstance(request, ONLY_THE_NEWEST):
            self._newest[type(request)] = request.job_id
        if isinstance(request, m.InspectPlace):
            self._quick = request
        elif isinstance(request, m.ReshapeText):
            self._aside = request
        self._requests.put(request)

    def close(self) -> None:
        """No more requests; whatever runs is cancelled."""
        self.closed = True
        self._requests.put(None)

    def get(self) -> m.Request | None:
        """The next request worth answering; None when closed. Blocks."""
        while (request := self._next()) is not None and not self._is_worth_answering(request):
            pass
        return request

    def _next(self) -> m.Request | None:
        request, self._put_off = self._put_off, None
        return request or self._requests.get()

    def _is_worth_answering(self, request: m.Request) -> bool:
        if request is self._quick:
            self._quick = None
        if request is self._aside:
            self._aside = None
        return self._newest.get(type(request), request.job_id) == request.job_id

    def get_beside(self) -> m.Request | None:
        """A request that waits and is about the model that is loaded, while another one is being loaded."""
        while self._put_off is None and not self._requests.empty():
            request = self._requests.get()
            if request is None:
                self._requests.put(None)  # the end is for the one who asks for all
                return None
            if isinstance(request, m.LoadModel | m.UnloadModel):
                self._put_off = request
            elif self._is_worth_answering(request):
                return request
        return None

    def take_quick(self) -> m.InspectPlace | None:
        """A request that may be answered while another job runs; it also waits in its turn."""
        request, self._quick = self._quick, None
        return request

    @property
    def has_quick(self) -> bool:
        """Whether `take_quick` would return one."""
        return self._quick is not None

    def take_aside(self) -> m.ReshapeText | None:
        """A request that may be answered piece by piece while the model writes, unless it needs the model."""
        request, self._aside = self._aside, None
        if request is None or request.recompute or needs_model(request.processors):
            return None
        self.answered(request)
        return request

    def answered(self, request: m.InspectPlace | m.ReshapeText) -> None:
        """The request need not be answered in its turn any more."""
        if self._newest[type(request)] == request.job_id:
            self._newest[type(request)] = -1

    @property
    def is_waited_for(self) -> bool:
        """Whether something has been asked since."""
        return self._put_off is not None or not self._requests.empty()

    def is_cancelled(self, job_id: int) -> bool:
        """Whether the job should stop now."""
        return self.closed or job_id in self._cancelled


def answer(engine: Engine, mailbox: Mailbox, send: Callable[[m.Message], None]) -> None:
    """Carry out requests until the mailbox is closed. While a model loads the one before answers."""
    while (request := mailbox.get()) is not None:
        for message in _answers(engine, mailbox, send, request):
            send(message)
            while isinstance(request, m.LoadModel) and engine.is_loaded and (other := mailbox.get_beside()):
                for reply in _answers(engine, mailbox, send, other):
                    send(reply)


def _answers(
    engine: Engine, mailbox: Mailbox, send: Callable[[m.Message], None], request: m.Request
) -> Iterator[m.Message]:
    job_id = request.job_id
    writes = isinstance(request, m.Generate | m.GenerateAlternatives)
    gives_way = isinstance(request, m.MeasurePrecisions) and request.gives_way
    aside = Aside(engine, mailbox, send)

    def cancelled() -> bool:
        # A running job asks this every few hundredths of a second: the moment for small questions.
        if (quick := mailbox.take_quick()) is not None and (reply := engine.quick(quick)) is not None:
            mailbox.answered(quick)
            send(reply)
        if writes:
            aside.go_on()
        return mailbox.is_cancelled(job_id) or (gives_way and mailbox.is_waited_for)

    yield from batched(engine.run(request, cancelled))
    aside.finish()


class Aside:
    """Answers from memory about the text, a slice between two tokens, while the model writes."""

    def __init__(self, engine: Engine, mailbox: Mailbox, send: Callable[[m.Message], None]) -> None:
        self._engine = engine
        self._mailbox = mailbox
        self._send = send
        self._answers: Iterator[m.Message] | None = None

    def go_on(self) -> None:
        """Tell some of what is asked for, if anything is; a small question goes first."""
        if self._answers is None and (request := self._mailbox.take_aside()) is not None:
            job_id = request.job_id
            self._answers = self._engine.run(request, lambda: self._mailbox.is_cancelled(job_id))
        until = time.monotonic() + ASIDE_S
        while self._answers is not None:
            message = next(self._answers, None)
            if message is None:
                self._answers = None
            else:
                self._send(message)
            if time.monotonic() > until or self._mailbox.has_quick:
                return

    def finish(self) -> None:
        """The model has written: tell all that is left."""
        for message in self._answers or ():
            self._send(message)
        self._answers = None


def main() -> int:
    """Serve on stdin and stdout until stdin ends."""
    refuse_network()
    requests = sys.stdin.buffer
    # Whatever a library prints must not land between frames: only `frames` reaches the pipe.
    frames = cast(BinaryIO, os.fdopen(os.dup(1), "wb", buffering=0))
    os.dup2(2, 1)
    mailbox = Mailbox()

    def read() -> None:
        while (payload := wire.read_frame(requests)) is not None:
            mailbox.put(cast(m.Request, wire.decode(payload)))
        mailbox.close()
        os._exit(0)  # the window is gone; nothing here is worth finishing

    threading.Thread(target=read, name="reader", daemon=True).start()
    gc.disable()  # of what is imported nothing is ever garbage; looking for it takes a sixth of the time
    from studio.core.engine import Engine  # torch: 1.5 s, while requests already queue up

    gc.freeze()
    gc.enable()

    def send(message: m.Message) -> None:
        # A raw pipe may take less than all of a frame.
        data = memoryview(wire.encode(message))
        try:
            while data:
                data = data[frames.write(data) :]
        except BrokenPipeError:
            os._exit(0)  # the window is gone, and the reader has not noticed yet

    answer(Engine(), mailbox, send)
    return 0
