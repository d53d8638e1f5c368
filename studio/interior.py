"""Asks the model what happened inside it at the place one looks at, and works without parts of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio.core import messages as m
from studio.core.history import Edit
from studio.core.inside_messages import GRADIENT, SENTENCES, names_of
from studio.insight import Insight
from studio.ui import sentences
from studio.ui.inside.marks import Mark, SourceMarks
from studio.ui.main_window import MainWindow
from studio.ui.text_numbers import TextToken
from studio.worker import ModelThread
from studio.writing import Writing

FOLLOW_MS = 120
"""After the caret has moved: one pass over the context takes longer than a key repeats."""

SWITCH_MS = 350
"""After a switch, before the model works without: one often sets several."""

LEAST_SHARE = 0.03
"""Words that got less attention are not marked in the text."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the page is about."""

    token: TextToken
    place: m.Place
    text: str


class Interior(QObject):
    """Fills the page “Inside”. Asks only while the page is in sight, and never while the model writes."""

    switched = Signal(object)  # m.ModelInfo: the same model with other parts off

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        writing: Writing,
        insight: Insight,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._thread = window, model_thread
        self._writing, self._insight, self._next_job = writing, insight, next_job
        self._page = window.side.inside
        self._marks = SourceMarks(window.editor, window.theme)
        self._offset = 0
        self._target: Target | None = None
        self._asked: dict[str, tuple[int, object]] = {}  # kind of question -> job under way, what it is about
        self._known: dict[str, object] = {}  # kind of question -> what the answer on the screen is about
        self._jobs: deque[int] = deque(maxlen=200)
        self._switching = 0  # the job under way; 0: none
        self._before: m.ModelInfo | None = None  # as the model was before it
        self._follow_timer = self._timer(FOLLOW_MS, self.follow)
        self._switch_timer = self._timer(SWITCH_MS, self._switch)
        page, editor = self._page, window.editor
        editor.caret_moved.connect(self._soon)
        editor.mirror.changed.connect(self._on_changed)
        insight.numbers_changed.connect(self._soon)
        insight.reading_changed.connect(self._soon)
        writing.started.connect(self._on_writing)
        window.side.currentChanged.connect(self._soon)  # its marks go with it
        page.asked.connect(self.follow)
        page.step_wanted.connect(self._on_step)
        page.words.stop_wanted.connect(self._on_stop)
        page.switches.changed.connect(self._on_switches)
        page.switches.regenerate_wanted.connect(self.regenerate)
        window.actions_by_name["inside"].triggered.connect(self.open)

    def _timer(self, interval_ms: int, slot: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    @Slot()
    def open(self) -> None:
        """Bring the page into view, with the keyboard in it."""
        self._window.show_panel("right_panel")
        self._window.side.setCurrentWidget(self._page)
        self._page.views.tabBar().setFocus()

    @property
    def target(self) -> Target | None:
        """What the page is about."""
        return self._target

    # -- the place -----------------------------------------------------------------------------------------

    @Slot()
    def _soon(self) -> None:
        if self._page.isVisible():
            if not self._follow_timer.isActive():
                self._follow_timer.start()
        else:
            self._marks.clear()

    @Slot(object)
    def _on_changed(self, edit: Edit) -> None:
        if edit.position <= self._offset:
            self._offset = max(self._offset + len(edit.inserted) - len(edit.removed), edit.position)
        self._soon()

    @Slot()
    def follow(self) -> None:
        """Find the token, and ask what the view in sight needs."""
        page, editor = self._page, self._window.editor
        if not page.isVisible() or editor.mirror.is_busy:
            return
        if not page.hold.isChecked():
            self._offset = max(editor.caret() - 1, 0)
        token = self._insight.numbers.at(self._offset)
        if token is None:
            self._forget()
            page.show_token(None, self._waiting() if editor.manuscript.text else "")
            return
        text = editor.manuscript.text[token.start : token.end]
        place = token.place
        waiting = self._waiting(token)
        # Beside the token, so that nothing moves under the mouse; what takes long gets a line of its own.
        long = editor.is_generating or self._writing.model is None
        page.show_token(text, waiting if long else "")
        self._show_busy("" if long else waiting)
        if place is None or waiting:
            if self._target is not None and self._target.token.start != token.start:
                self._forget()
            return
        target = Target(token, place, text)
        if target != self._target:
            self._forget()
            self._target = target
        self._ask(target)

    def _waiting(self, token: TextToken | None = None) -> str:
        """What has to happen first, in words; empty: nothing."""
        if self._writing.model is None:
            return self._writing.without_model()
        if self._window.editor.is_generating:
            return self.tr("The model is writing; it can be looked into when it has finished.")
        if self._switching:
            return self.tr("Changing…")
        if token is None or token.stale or token.place is None:
            return self.tr("Reading…")
        return ""

    def _forget(self) -> None:
        """Another place: what is on the screen was about the old one."""
        self._cancel()
        self._target = None
        if self._known:
            self._known.clear()
            self._page.clear()
        self._marks.clear()

    @Slot(int)
    def _on_step(self, steps: int) -> None:
        target = self._target
        if target is None:
            return
        tokens = list(self._insight.numbers)
        here = next((i for i, token in enumerate(tokens) if token.start == target.token.start), 0)
        others = [t for t in (tokens[here + 1 :] if steps > 0 else tokens[:here][::-1]) if t.end > t.start]
        if others:
            self._offset = others[0].start
            self._window.editor.set_caret(others[0].end)
            self._soon()

    # -- asking --------------------------------------------------------------------------------------------

    def _ask(self, target: Target) -> None:
        page, id_ = self._page, target.token.token_id
        layer, head = page.attention.layer.value() - 1, page.attention.heads.current
        view = page.views.currentWidget()
        if view is page.words:
            method = SENTENCES if page.words.sentences.isChecked() else GRADIENT
            self._question("weigh", method, lambda job: m.WeighWords(job, target.place, id_, method))
        elif view is not page.switches:
            self._question("look", layer, lambda job: m.LookInside(job, target.place, layer, id_))
            if view is page.attention and page.attention.as_arcs.isChecked():
                about = (layer, head)
                self._question("map", about, lambda job: m.MapAttention(job, target.place, layer, head))
        self._show_marks()

    def _question(self, kind: str, about: object, request: Callable[[int], m.Request]) -> None:
        """Ask, unless the answer is there or on its way."""
        under_way = self._asked.get(kind)
        if self._known.get(kind) == about or (under_way is not None and under_way[1] == about):
            return
        if under_way is not None:
            self._thread.cancel(under_way[0])
        job = self._next_job()
        self._jobs.append(job)
        self._asked[kind] = job, about
        self._thread.submit(request(job))
        self._page.show_hint("")
        self._page.show_busy(self.tr("Looking…"))
        if kind == "weigh" and about == SENTENCES:
            self._page.words.show_progress(0)

    def _cancel(self) -> None:
        for job, _ in self._asked.values():
            self._thread.cancel(job)
        self._asked.clear()
        self._show_busy()
        self._page.words.show_progress(None)

    @Slot()
    def _on_writing(self) -> None:
        """Writing comes first."""
        self._cancel()
        self._marks.clear()
        self._soon()

    @Slot()
    def _on_stop(self) -> None:
        if "weigh" in self._asked:
            self._thread.cancel(self._asked["weigh"][0])

    # -- answers -------------------------------------------------------------------------------------------

    def _take(self, kind: str, job_id: int) -> bool:
        """Whether an answer is the one awaited."""
        asked = self._asked.get(kind)
        if asked is None or asked[0] != job_id or self._target is None:
            return False
        del self._asked[kind]
        self._known[kind] = asked[1]
        self._show_busy()
        return True

    def _show_busy(self, waiting: str = "") -> None:
        self._page.show_busy(waiting or (self.tr("Looking…") if self._asked else ""))

    def on_progress(self, message: m.Progress) -> None:
        """Sentences are being left out."""
        if self._asked.get("weigh", (0, None))[0] == message.job_id:
            self._page.words.show_progress(message.fraction)

    def on_answer(self, message: m.InsideSeen | m.AttentionMapped | m.WordsWeighed) -> None:
        """Show it, if it is still wanted."""
        kind = {m.InsideSeen: "look", m.AttentionMapped: "map", m.WordsWeighed: "weigh"}[type(message)]
        if not self._take(kind, message.job_id):
            return
        target = self._target
        assert target is not None
        match message:
            case m.InsideSeen():
                self._page.attention.show_seen(message)
                self._page.lens.show_seen(message, target.text)
                self._known.pop("map", None)
                self._ask(target)
            case m.AttentionMapped():
                self._page.attention.show_links(message)
            case m.WordsWeighed():
                self._page.words.show_weights(message)
        self._show_marks()

    def on_failed(self, message: m.JobFailed) -> bool:
        """A job has failed; whether it was one of these, and has been dealt with."""
        if message.job_id not in self._jobs:
            return False
        if self._before is not None and message.job_id == self._switching:
            self._put_back(self._before)
            return False  # the window says why
        kinds = [kind for kind, (job, _) in self._asked.items() if job == message.job_id]
        for kind in kinds:
            del self._asked[kind]
            self._page.words.show_progress(None)
            self._show_busy()
            self._page.show_hint(sentences.together(*sentences.translated(message)))
        return not message.report

    def _show_marks(self) -> None:
        """Mark the words of the text that the view in sight is about."""
        page, target = self._page, self._target
        marks: list[Mark] = []
        if target is not None and page.isVisible():
            end, view = target.token.start, page.views.currentWidget()
            if view is page.attention and page.attention.attention is not None:
                words = page.attention.attention.words.places(end)
                shares = page.attention.attention.heads[page.attention.heads.current]
                marks = [
                    Mark(*place, share)
                    for place, share in zip(words, shares, strict=True)
                    if share >= LEAST_SHARE
                ]
            elif view is page.words and page.words.weights.shown:
                words = page.words.weights.words.places(end)
                largest = max(abs(weight.nats) for weight in page.words.weights.shown) or 1.0
                marks = [
                    Mark(words[w.first][0], words[w.end - 1][1], w.nats / largest, signed=True)
                    for w in page.words.weights.shown
                    if abs(w.nats) >= 0.1 * largest
                ]
        self._marks.theme = self._window.theme
        self._marks.show_marks(marks)

    # -- switches ------------------------------------------------------------------------------------------

    def on_model_loaded(self, model: m.ModelInfo) -> None:
        """A model is loaded, with everything on."""
        self._forget()
        self._switching, self._before = 0, None
        self._page.show_model(model)
        self._soon()

    def on_model_gone(self) -> None:
        """There is no model to look into."""
        self._forget()
        self._switching, self._before = 0, None
        self._soon()

    @Slot()
    def _on_switches(self) -> None:
        grid = self._page.switches.grid
        self._page.switches.show_off(names_of(grid.heads, grid.layers))
        self._switch_timer.start()

    @Slot()
    def _switch(self) -> None:
        """Let the model work without what is off. From now on records say so: requests keep their order."""
        self._switch_timer.stop()
        model, grid = self._writing.model, self._page.switches.grid
        names = names_of(grid.heads, grid.layers)
        if model is None or names == model.switched_off:
            return
        self._forget()
        self._before = self._before or model
        job = self._switching = self._next_job()
        self._jobs.append(job)
        self._put(replace(model, switched_off=names))
        self._thread.submit(m.SwitchOff(job, grid.heads, grid.layers))

    def _put(self, model: m.ModelInfo) -> None:
        self._writing.model = model
        self._window.status.show_model(model)
        self.switched.emit(model)

    def _put_back(self, model: m.ModelInfo) -> None:
        self._switching, self._before = 0, None
        self._page.switches.grid.set_off((), ())
        self._page.switches.show_off(model.switched_off)
        self._put(model)

    def on_switched(self, message: m.SwitchedOff) -> None:
        """It does. Everything is read again."""
        if self._switching != message.job_id:
            return
        self._switching, self._before = 0, None
        self._put(message.model)
        self._insight.on_model_loaded()
        self._soon()
        names = message.model.switched_off
        if not names:
            self._window.notice.show_notice(self.tr("Everything in the model is on again."))
            return
        n = len(names.split())
        one = self.tr("1 part of the model is off: {names} (L: layer, H: head).")
        several = self.tr("{n} parts of the model are off: {names} (L: layer, H: head).")
        text = (one if n == 1 else several).format(n=n, names=names)
        self._window.notice.show_notice(text, "warn", self.tr("Everything on"), self.all_on)

    @Slot()
    def all_on(self) -> None:
        """Let the whole model work again."""
        self._page.switches.grid.set_off((), ())
        self._on_switches()
        self._switch()

    @Slot()
    def regenerate(self) -> None:
        """Let the model write on from the token the page is about."""
        self.follow()
        token = self._insight.numbers.at(self._offset)
        if token is None:
            return
        self._switch()
        if not self._writing.regenerate(token.start):
            self._window.notice.show_notice(
                self.tr("The model did not write this word. Choose one that it wrote, or press Continue.")
            )
