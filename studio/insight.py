"""Keeps the numbers of the text up to date: reads it while one pauses, asks about the place one points at."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio.core import messages as m
from studio.core.history import Edit
from studio.core.processors import LogitsProcessor
from studio.ui.main_window import MainWindow
from studio.ui.text_numbers import TextNumbers, TextToken
from studio.worker import ModelThread
from studio.writing import Writing

PAUSE_MS = 350
"""After a keystroke, before the text is read again."""

MAX_READ_CHARS = 200_000
"""Of a longer text, this much around the caret is looked at; how many tokens of it are read is
`ReadText.max_tokens`."""

WHOLE = 100_000_000
"""As `ReadText.max_tokens`: all there are."""

POINT_MS = 15
"""Questions about a place are asked this often at most: a slider moves faster than the eye."""


@dataclass(frozen=True, slots=True)
class Pointed:
    """What one looks at: a character, its token if its numbers are known, and where it can be asked about."""

    offset: int
    token: TextToken | None
    place: m.Place | None
    ahead: bool = False  # the place is that after the token at `offset`; `token` is None
    seed: int | None = None  # of the run that wrote it; None: that of the settings


class Insight(QObject):
    """Owns the TextNumbers. Views connect to its signals and read `numbers` and `pointed`."""

    numbers_changed = Signal()
    pointed_changed = Signal(object)  # Pointed
    inspected = Signal(object)  # m.PlaceInspected, about `pointed`
    reading_changed = Signal(bool)  # whether the text is being read

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        writing: Writing,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._thread = model_thread
        self._writing = writing
        self._next_job = next_job
        self.numbers = TextNumbers()
        self.pointed = Pointed(0, None, None)
        self.n_tokens = 0
        """Tokens of the stretch read last, as far as it has told; see `stretch`."""
        self.old_model = ""
        """The name of the model that stale numbers are of, if it is not the one loaded now."""
        self._n_told = 0
        self._whole = False  # the whole text is wanted, however long
        self._ahead = False
        self.exact_place: Callable[[int], tuple[m.GeneratedPlace, int] | None] = lambda _offset: None
        """The place in the generation that wrote the character at an offset and its seed, if known."""
        self._reading = 0  # the job under way; 0: none
        self._base = 0  # where in the text what is read begins
        self._asked, self._asked_at = 0, 0.0
        self._jobs: deque[int] = deque(maxlen=200)  # of ours; those replaced by newer ones are never answered
        self._pause = self._timer(PAUSE_MS, self.read)
        self._point = self._timer(POINT_MS, self._ask)
        editor = window.editor
        editor.mirror.changed.connect(self._on_changed)
        editor.mirror.loaded.connect(self._on_loaded)
        editor.mirror.busy_changed.connect(self._on_busy_changed)
        window.sampling.changed.connect(self.ask_again)
        writing.started.connect(self.stop_reading)

    def _timer(self, interval_ms: int, slot: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    # -- reading -------------------------------------------------------------------------------------------

    @Slot()
    def read(self) -> None:
        """Read the text, unless the model writes; what is known already costs nothing."""
        editor, model = self._window.editor, self._writing.model
        if model is None or self._writing.job_id is not None or editor.mirror.is_busy:
            return
        self.stop_reading()
        text, caret = editor.manuscript.text, editor.caret()
        start, end = (0, len(text)) if self._whole else stretch(text, caret)
        self._base, self._n_told, self.n_tokens = start, 0, 0
        self._reading = self._next_job()
        self._jobs.append(self._reading)
        special = editor.manuscript.special_offsets(start, end)
        request = m.ReadText(self._reading, text[start:end], special, caret - start)
        self._thread.submit(replace(request, max_tokens=WHOLE) if self._whole else request)
        self.reading_changed.emit(True)

    def stop_reading(self) -> None:
        """Other work comes first; what has been read stays."""
        self._pause.stop()
        if self._reading:
            self._thread.cancel(self._reading)
            self._reading = 0
            self.reading_changed.emit(False)

    def read_whole(self) -> None:
        """Read all of the text, as soon as the model has time; an edit begins it anew where it was made."""
        self._whole = True
        self.read()

    def cancel_whole(self) -> None:
        """The text around the caret is enough; what has been read stays."""
        self._whole = False
        self.stop_reading()
        self._pause.start()

    @property
    def is_reading_whole(self) -> bool:
        """Whether the whole text is wanted and not read yet."""
        return self._whole

    @property
    def progress(self) -> float:
        """How much of what is being read has been told: 0..1."""
        return min(self._n_told / self.n_tokens, 1.0) if self.n_tokens else 0.0

    @property
    def is_reading(self) -> bool:
        """Whether the text is being read."""
        return self._reading != 0

    def on_text_read(self, message: m.TextRead) -> None:
        """Some tokens have their numbers."""
        if message.job_id == self._reading:
            self.numbers.put_read(message.job_id, self._base, message.first, message.tokens)
            self.n_tokens = message.n_tokens
            self._n_told += len(message.tokens)
            self.numbers_changed.emit()
            self._point_again()

    def on_reading_finished(self, message: m.ReadingFinished) -> None:
        """All there is to read has been read."""
        if message.job_id == self._reading:
            self._reading, self._whole = 0, False
            self.n_tokens = message.n_tokens
            if self.old_model and not self.numbers.any_stale:
                self.old_model = ""
            self.reading_changed.emit(False)

    def on_failed(self, job_id: int) -> bool:
        """A job has failed; whether it was one of these, whose failures need no words."""
        if job_id == self._reading:
            self._reading, self._whole = 0, False
            self.reading_changed.emit(False)
        return job_id in self._jobs

    def on_model_loaded(self) -> None:
        """Everything is read anew; the numbers on the screen are another model's until then."""
        self._reading = 0
        if self._writing.model is not None and len(self.numbers):
            self.old_model = self._writing.model.name
        self.numbers.all_stale()
        self.numbers_changed.emit()
        self._pause.start()

    def on_generated(self, start: int, tokens: Sequence[m.Token]) -> None:
        """The model has written tokens at `start`."""
        self.numbers.put_generated(start, tokens)
        self.numbers_changed.emit()

    def on_generation_finished(self) -> None:
        """What it has written is part of the text now."""
        self._pause.start()

    # -- the place looked at -------------------------------------------------------------------------------

    @Slot(int)
    def point(self, offset: int) -> None:
        """Look at the character at `offset`."""
        token = self.numbers.at(offset)
        exact = None if self._ahead else self.exact_place(offset)
        if self._ahead:
            after = token.place if token else None
            place = m.ReadPlace(after.reading, after.index + 1) if after else None
            pointed = Pointed(offset, None, place, ahead=True)
        elif exact is not None:
            pointed = Pointed(offset, token, exact[0], seed=exact[1])
        else:
            pointed = Pointed(offset, token, token.place if token else None)
        if pointed != self.pointed:
            self.pointed = pointed
            self.pointed_changed.emit(pointed)
            self.ask_again()

    @Slot(bool)
    def look_ahead(self, ahead: bool) -> None:
        """Look at what could come after the token instead of what could stand in its place."""
        self._ahead = ahead
        self._point_again()

    @Slot()
    def ask_again(self) -> None:
        """The place or the sampling settings have changed."""
        if self.pointed.place is not None and not self._point.isActive():
            since_ms = 1000 * (time.monotonic() - self._asked_at)
            self._point.start(max(POINT_MS - round(min(since_ms, POINT_MS)), 0))

    @Slot()
    def _ask(self) -> None:
        pointed = self.pointed
        if pointed.place is None or self._writing.model is None:
            return
        self._asked, self._asked_at = self._next_job(), time.monotonic()
        self._jobs.append(self._asked)
        wanted = (pointed.token.token_id,) if pointed.token else ()
        seed = self._window.sampling.options.options().seed if pointed.seed is None else pointed.seed
        self._thread.submit(
            m.InspectPlace(self._asked, pointed.place, self.processors(), seed, wanted=wanted)
        )

    def on_inspected(self, message: m.PlaceInspected) -> None:
        """The answer; to an older question it is not wanted any more."""
        if message.job_id == self._asked and message.place == self.pointed.place:
            self.inspected.emit(message)

    def processors(self) -> tuple[LogitsProcessor, ...]:
        """The chain as it is set."""
        return self._window.sampling.processors()

    def _point_again(self) -> None:
        self.point(self.pointed.offset)

    # -- slots ---------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, edit: Edit) -> None:
        self.stop_reading()
        self.numbers.follow(edit)
        self.numbers_changed.emit()
        self._pause.start()

    @Slot()
    def _on_loaded(self) -> None:
        self.stop_reading()
        self._whole, self.old_model, self.n_tokens = False, "", 0
        self.numbers.clear()
        self.numbers_changed.emit()
        self._pause.start()

    @Slot(bool)
    def _on_busy_changed(self, busy: bool) -> None:
        if not busy:
            self._pause.start()


def stretch(text: str, caret: int) -> tuple[int, int]:
    """Which part of a long text is looked at: from a line's beginning, and the same for carets close by."""
    if len(text) <= MAX_READ_CHARS:
        return 0, len(text)
    step = MAX_READ_CHARS // 4
    start = max(0, caret // step * step - step)
    if start:
        newline = text.find("\n", start, start + step // 2)
        start = newline + 1 if newline >= 0 else start
    return start, min(start + MAX_READ_CHARS, len(text))
