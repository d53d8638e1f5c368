"""What the sampling settings do, kept up to date while they move: to a word, to the text, to a run."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Slot

from studio.core import chain
from studio.core import messages as m
from studio.insight import Insight, Pointed
from studio.provenance import Provenance
from studio.ui.effect_marks import EffectMarks
from studio.ui.glyphs import visible
from studio.ui.main_window import MainWindow
from studio.ui.text_numbers import TextToken, perplexity, perplexity_of
from studio.ui.token_index import TokenIndex
from studio.worker import ModelThread
from studio.writing import Writing

REDRAW_MS = 60
"""After a setting has moved: which words of the run would change."""

TEXT_MS = 1
"""The question about one place goes first."""

MAX_STOPPED = 5
"""Others end a question, such as the end of a generation: it is asked again so often."""

MARK_S = 0.1
"""While the rest of a long text is being told, words are struck out this often."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")


class Effects(QObject):
    """Fills the X-ray page and strikes out words in the text."""

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        writing: Writing,
        insight: Insight,
        provenance: Provenance,
        index: TokenIndex,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._thread = model_thread
        self._writing = writing
        self._insight = insight
        self._provenance = provenance
        self._index = index
        self._next_job = next_job
        self._page = window.side.xray
        self._job = 0  # the ReshapeText under way
        self._n_stopped = 0  # how many in a row were ended by others
        self._jobs: set[int] = set()  # of ours, which are not over
        self._is_dirty = False  # the settings have changed since it was sent
        self._recompute = False
        self._told: dict[int, m.ReshapedToken] = {}  # by the token's index in `_reading`
        self._fresh: dict[int, m.ReshapedToken] = {}
        self._reading = 0  # the ReadText they are about
        self._marked_at = 0.0  # time.monotonic()
        self._redraw_job = 0
        self._run: tuple[int, int] = (0, 0)  # generation shown, and where it begins in the text
        self._text_timer = self._timer(TEXT_MS, self._ask_text)
        self._redraw_timer = self._timer(REDRAW_MS, self._ask_redraw)
        self.marks = EffectMarks(window.editor, lambda: window.theme, self._struck)
        insight.exact_place = self._exact_place
        insight.inspected.connect(self._on_inspected)
        insight.pointed_changed.connect(self._on_pointed)
        insight.reading_changed.connect(self._on_reading_changed)
        insight.numbers_changed.connect(self._on_numbers_changed)
        window.sampling.changed.connect(self._on_settings)
        window.probabilities.pointed_at.connect(self._page.follow)
        actions = window.actions_by_name
        actions["xray"].triggered.connect(self._open)
        self._page.follow_action(actions["effect"])
        self._page.effect_toggled.connect(self._on_toggled)
        self._page.rest_wanted.connect(self._on_rest_wanted)
        self._page.stage_chosen.connect(self._on_stage_chosen)
        self._page.change_chosen.connect(self._on_change_chosen)
        self._page.shown.connect(self._redraw_timer.start)

    def _timer(self, interval_ms: int, slot: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    # -- one place -----------------------------------------------------------------------------------------

    def _exact_place(self, offset: int) -> tuple[m.GeneratedPlace, int] | None:
        """Where in which run the character at an offset was written, and the run's seed."""
        source, place_in = self._window.editor.manuscript.source_at(offset)
        if source <= 0:
            return None
        found = self._index.at(source, place_in)
        run = self._whole_run(source)
        if found is None or run is None:
            return None
        place, seed, _ = run
        return replace(place, token_ids=place.token_ids[: found.index]), seed

    def _whole_run(self, source: int) -> tuple[m.GeneratedPlace, int, str] | None:
        """A generation as a place after its last token, its seed and its settings, if all is known."""
        model = self._writing.model
        record = self._provenance.record(source)
        if model is None or record is None or record.model_sha256 != model.sha256:
            return None
        ids = tuple(token.token_id for token in self._index.tokens(source))
        place = m.GeneratedPlace(record.prompt, record.special_offsets, record.max_new_tokens, ids)
        return place, record.seed, record.processors

    @Slot(object)
    def _on_inspected(self, answer: m.PlaceInspected) -> None:
        self._page.show_place(answer, self._insight.processors())

    @Slot(object)
    def _on_pointed(self, pointed: Pointed) -> None:
        if pointed.place is None:
            self._page.show_place(None, ())
        self._redraw_timer.start()

    @Slot()
    def _open(self) -> None:
        self._window.show_panel("right_panel")
        self._window.side.setCurrentWidget(self._page)
        self._page.take_focus()

    @Slot(str)
    def _on_stage_chosen(self, name: str) -> None:
        window = self._window
        window.side.setCurrentWidget(window.sampling)
        window.sampling.focus_stage(name)

    def follow(self) -> None:
        """More is known of the runs that wrote the text."""
        self._insight.point(self._insight.pointed.offset)
        self._redraw_timer.start()

    # -- the text ------------------------------------------------------------------------------------------

    @Slot()
    def _on_settings(self) -> None:
        self._is_dirty = True
        self._recompute = False
        if not self._text_timer.isActive():
            self._text_timer.start()
        if not self._redraw_timer.isActive():
            self._redraw_timer.start()

    @Slot(bool)
    def _on_toggled(self, _on: bool) -> None:
        self._is_dirty = True
        self._ask_text()

    @Slot()
    def _on_rest_wanted(self) -> None:
        self._is_dirty = self._recompute = True
        self._ask_text()

    @Slot(bool)
    def _on_reading_changed(self, reading: bool) -> None:
        if not reading:
            self._is_dirty = True
            self._text_timer.start()

    @Slot()
    def _on_numbers_changed(self) -> None:
        if not len(self._insight.numbers):
            self._forget()

    def _forget(self) -> None:
        self._told = {}
        self._page.show_summary("")
        self.marks.show(shown=False)

    @Slot()
    def _ask_text(self) -> None:
        if not self._page.effect.isChecked():
            if self._job:
                self._thread.cancel(self._job)
            self._forget()
            return
        reading = next((t.place.reading for t in self._insight.numbers if t.place is not None), 0)
        if not self._is_dirty or not reading or self._writing.model is None:
            return
        if self._insight.is_reading:
            return  # asked again when the text has been read
        if self._writing.job_id is not None and self._recompute:
            return  # what is remembered can be told while the model writes, no more
        if self._job:
            if self._fresh:  # what is in view has been told already
                self._thread.cancel(self._job)
            return
        if reading != self._reading:
            self._told = {}
        self._is_dirty, self._fresh, self._reading = False, {}, reading
        self._job = self._next_job()
        self._jobs.add(self._job)
        pointed = self._insight.pointed.token
        around = pointed.place.index if pointed is not None and pointed.place is not None else 0
        seed = self._window.sampling.options.options().seed
        self._thread.submit(
            m.ReshapeText(
                self._job, reading, self._insight.processors(), seed, around, recompute=self._recompute
            )
        )

    def _struck(self, start: int, end: int) -> list[TextToken]:
        return [
            token
            for token in self._insight.numbers.between(start, end)
            if (told := self._reshaped(token)) is not None and told.removed_by >= 0
        ]

    def _reshaped(self, token: TextToken) -> m.ReshapedToken | None:
        place = token.place
        return self._told.get(place.index) if place is not None and place.reading == self._reading else None

    def _on_reshaped(self, message: m.TextReshaped) -> None:
        if message.job_id == self._job and self._page.effect.isChecked():
            told = dict(enumerate(message.tokens, message.first))
            is_first = not self._fresh  # what is in view
            self._fresh |= told
            self._told |= told
            if is_first or time.monotonic() - self._marked_at > MARK_S:
                self._marked_at = time.monotonic()
                self.marks.show(shown=True)
            if self._is_dirty:
                self._ask_text()

    def _on_finished(self, message: m.ReshapingFinished) -> None:
        self._n_stopped = 0
        if message.job_id == self._job and self._page.effect.isChecked():
            self._told = self._fresh
            self.marks.show(shown=True)
            self._show_summary(message.n_unknown, message.broken_at)
        self._over(message.job_id)

    def _over(self, job_id: int) -> None:
        self._jobs.discard(job_id)
        if job_id == self._job:
            self._job = 0
            if self._is_dirty:
                self._ask_text()

    def _show_summary(self, n_unknown: int, broken_at: int) -> None:
        pairs = [(t, told) for t in self._insight.numbers if (told := self._reshaped(t)) is not None]
        text = self._window.editor.manuscript.text
        removed = [token for token, told in pairs if told.removed_by >= 0]
        n_words, n_struck = count_struck(text, [token for token, _ in pairs], removed)
        kept = [(token, told) for token, told in pairs if told.removed_by < 0]
        before = perplexity([token for token, _ in kept])
        after = perplexity_of([told.logprob for _, told in kept])
        if removed:
            words = self.tr("{struck} of {total} words could not have been written with these settings.")
            rest = self.tr("Perplexity of all others: {before} → {after}.")
        else:
            words = self.tr("All {total} words could have been written with these settings.")
            rest = self.tr("Perplexity: {before} → {after}.")
        parts = [words.format(struck=f"{n_struck:,}", total=f"{n_words:,}")]
        if kept:
            parts.append(rest.format(before=_short(before), after=_short(after)))
        broken = next((t for t, _ in pairs if t.place is not None and t.place.index == broken_at), None)
        if broken is not None:
            fits = self.tr("From “{word}” on the text does not fit the pattern or schema.")
            parts.append(fits.format(word=visible(text[broken.start : broken.end].strip())))
        if n_unknown:
            parts.append(self.tr("Tokens not in memory any more: {n}.").format(n=f"{n_unknown:,}"))
        self._page.show_summary(" ".join(parts), unknown=n_unknown > 0)

    # -- the run -------------------------------------------------------------------------------------------

    @Slot()
    def _ask_redraw(self) -> None:
        page = self._page
        if not page.isVisible() or self._window.editor.mirror.is_busy:
            return
        offset = self._insight.pointed.offset
        source, place_in = self._window.editor.manuscript.source_at(offset)
        if source <= 0 or self._writing.job_id is not None:
            self._redraw_job = 0
            page.show_run("")
            return
        run, record = self._whole_run(source), self._provenance.record(source)
        if record is not None and record.finish_reason is m.FinishReason.CHOSEN:
            self._redraw_job = 0
            page.show_run(self.tr("You chose these words yourself: no settings drew them."))
            return
        if run is None or not run[0].token_ids:
            self._redraw_job = 0
            page.show_run(self.tr("Nothing exact is known of this run with the model that is loaded."))
            return
        place, seed, processors = run
        try:
            before = chain.from_json(processors)
        except ValueError:
            page.show_run(self.tr("Nothing exact is known of this run with the model that is loaded."))
            return
        if not isinstance(self._insight.pointed.place, m.GeneratedPlace):
            self._insight.point(offset)  # its record has come since
        self._run = source, offset - place_in
        if self._redraw_job:
            self._thread.cancel(self._redraw_job)
        self._redraw_job = self._next_job()
        self._jobs.add(self._redraw_job)
        self._thread.submit(m.Redraw(self._redraw_job, place, before, self._insight.processors(), seed))

    @Slot(int)
    def _on_change_chosen(self, index: int) -> None:
        source, start = self._run
        editor = self._window.editor
        at = start + sum(len(token.text) for token in self._index.tokens(source)[: index + 1])
        editor.set_caret(min(max(at, 0), len(editor.manuscript.text)))
        editor.setFocus()

    # -- answers -------------------------------------------------------------------------------------------

    def on_message(self, message: m.TextReshaped | m.ReshapingFinished | m.Redrawn) -> None:
        """What the model says about these."""
        match message:
            case m.TextReshaped():
                self._on_reshaped(message)
            case m.ReshapingFinished():
                self._on_finished(message)
            case m.Redrawn():
                self._jobs.discard(message.job_id)
                if message.job_id == self._redraw_job:
                    self._redraw_job = 0
                    self._page.show_run("", message)

    def on_failed(self, job_id: int) -> bool:
        """A job has failed or was stopped; whether it was one of these, whose failures need no words."""
        if job_id not in self._jobs:
            return False
        if job_id == self._redraw_job:
            self._redraw_job = 0
        if job_id == self._job and not self._is_dirty and self._n_stopped < MAX_STOPPED:
            self._n_stopped += 1  # by the end of a generation, say: what it was to tell is still wanted
            self._is_dirty = True
        self._over(job_id)
        return True

    def on_model_loaded(self) -> None:
        """Nothing is known with this one yet."""
        self._job = self._redraw_job = 0
        self._jobs.clear()
        self._forget()
        self._page.show_place(None, ())


def count_struck(text: str, known: Sequence[TextToken], struck: Sequence[TextToken]) -> tuple[int, int]:
    """Words that have a known token, and those of them that have one that is struck out.

    A Chinese character or a kana counts as one.
    """
    if not known:
        return 0, 0
    start, end = known[0].start, known[-1].end
    n_words = n_struck = 0
    at = 0
    for word in _WORD.finditer(text, start, end):
        n_words += 1
        while at < len(struck) and struck[at].end <= word.start():
            at += 1
        n_struck += at < len(struck) and struck[at].start < word.end()
    return n_words, n_struck


def _short(perplexity_value: float) -> str:
    if math.isinf(perplexity_value):
        return "∞"
    return f"{perplexity_value:,.1f}" if perplexity_value < 1000 else f"{perplexity_value:,.0f}"
