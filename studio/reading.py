"""What the text is to the model: how much of it is seen, and which token stands where."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio.core import messages as m
from studio.store import records as r
from studio.text_places import prompt_start
from studio.ui.main_window import MainWindow
from studio.ui.token_index import TokenIndex
from studio.worker import LibraryThread, ModelThread
from studio.writing import Writing

MEASURE_MS = 120
COUNT_WORDS_MS = 250
FOLLOW_MS = 200
"""While the model writes, the token shown follows this often: painting twenty rows costs a frame."""

_HAN_OR_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")


def count_words(text: str) -> int:
    """Words between spaces; a Chinese character or a kana counts as one."""
    return len(text.split()) if text.isascii() else sum(1 for _ in _HAN_OR_WORD.finditer(text))


class Reading(QObject):
    """Follows text, caret and mouse: context meter, dimming, word count, the token shown below."""

    pointed = Signal(int)  # the character looked at: under the mouse, else before the caret
    looked_at = Signal(int, object)  # the same, while the tab shows it; TokenPlace of what was kept, or None

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        library: LibraryThread,
        writing: Writing,
        index: TokenIndex,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._thread = model_thread
        self._library = library
        self._writing = writing
        self._index = index
        self._next_job = next_job
        self._asked_tokens: set[int] = set()
        self._job = 0
        self._start = 0  # of the text last measured
        self._hovered = -1
        self._measure_timer = self._timer(MEASURE_MS, self.measure)
        self._words_timer = self._timer(COUNT_WORDS_MS, self._count_words)
        self._follow_timer = self._timer(FOLLOW_MS, self.show_token)
        editor = window.editor
        editor.edited.connect(self.text_changed)
        editor.caret_moved.connect(self._on_caret_moved)
        editor.hovered.connect(self._on_hovered)
        editor.mirror.busy_changed.connect(self._on_busy_changed)
        window.sampling.options.changed.connect(self._measure_timer.start)
        window.actions_by_name["bottom_panel"].toggled.connect(self.show_token)

    def _timer(self, interval_ms: int, slot: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    @Slot()
    def text_changed(self) -> None:
        """Measure and count again, soon."""
        self._measure_timer.start()
        self._words_timer.start()

    def session_opened(self) -> None:
        """Another text is shown."""
        self._index.clear()
        self._asked_tokens.clear()
        self.text_changed()
        self.show_token()

    # -- the context ---------------------------------------------------------------------------------------

    @Slot()
    def measure(self) -> None:
        """Ask how the text before the caret lies in the model's window."""
        editor, model = self._window.editor, self._writing.model
        if model is None or editor.is_generating or editor.mirror.is_busy:
            return
        end = editor.selection()[1]
        text = editor.manuscript.text
        self._start = prompt_start(text, end, model)
        self._job = self._next_job()
        special = editor.manuscript.special_offsets(self._start, end)
        length = self._window.sampling.options.options().max_new_tokens
        self._thread.submit(m.MeasureContext(self._job, text[self._start : end], special, length))

    def asked(self, job_id: int) -> bool:
        """Whether a job is a measurement of ours."""
        return job_id == self._job

    def on_measured(self, message: m.ContextMeasured) -> None:
        """Show it, unless the text has changed since."""
        if message.job_id != self._job or self._window.editor.is_generating:
            return
        # What was not sent lies beyond the window's reach: unseen, however many tokens it is.
        total = message.n_tokens + (1 if self._start else 0)
        self._window.status.meter.set_counts(message.n_context_tokens, message.n_positions, total)
        self._window.editor.set_visible_start(self._start + message.visible_start)

    # -- the token -----------------------------------------------------------------------------------------

    def on_tokens_loaded(self, message: r.TokensLoaded) -> None:
        """The library has read the tokens of a generation."""
        if message.generation_id not in self._index:
            self._index.add(message.generation_id, message.tokens)
            self.show_token()

    def follow(self) -> None:
        """Text or caret has moved: show the token there, at once, or soon while the model writes."""
        if not self._window.editor.is_generating:
            self.show_token()
        elif not self._follow_timer.isActive():
            self._follow_timer.start()

    @Slot()
    def show_token(self) -> None:
        """Say which token is looked at: the one under the mouse, else the one before the caret."""
        editor, view = self._window.editor, self._window.probabilities
        if editor.mirror.is_busy:
            return
        offset = self._hovered if self._hovered >= 0 else max(editor.caret() - 1, 0)
        self.pointed.emit(offset)
        if not view.isVisible():
            return
        source, place_in = editor.manuscript.source_at(offset)
        if source > 0 and source not in self._index and source not in self._asked_tokens:
            self._asked_tokens.add(source)
            self._library.submit(r.LoadTokens(source))
        self.looked_at.emit(offset, self._index.at(source, place_in) if source > 0 else None)

    # -- slots ---------------------------------------------------------------------------------------------

    @Slot(bool)
    def _on_busy_changed(self, busy: bool) -> None:
        if not busy:
            self._measure_timer.start()

    @Slot(int)
    def _on_caret_moved(self, _offset: int) -> None:
        self._measure_timer.start()
        self.follow()

    @Slot(int)
    def _on_hovered(self, offset: int) -> None:
        if offset != self._hovered:
            self._hovered = offset
            self.show_token()

    @Slot()
    def _count_words(self) -> None:
        self._window.status.show_words(count_words(self._window.editor.manuscript.text))
