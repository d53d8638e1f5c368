"""The loom at work: grows the tree of what could follow the caret, and takes a path into the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from PySide6.QtCore import QObject, QTimer, Slot

from studio.core import chain
from studio.core import messages as m
from studio.core.processors import LogitsProcessor
from studio.path_taking import PathTaking
from studio.sessions import Sessions
from studio.text_places import prompt_start
from studio.ui.loom.grown import ROOT, GrownTree, start_words
from studio.ui.main_window import MainWindow
from studio.ui.stage_notes import token_ban_note
from studio.ui.token_index import TokenIndex
from studio.worker import ModelThread
from studio.writing import Writing

PAUSE_MS = 350
"""After the caret has moved or the text has changed, before a tree is grown there."""

ROOM = 64
"""Tokens kept free in the context window: the tree is what a continuation of so many would begin with."""

MAX_NODES = 120
MIN_PROB = 0.0005
N_MORE = 12
"""Nodes a leaf gets when one asks for more."""


@dataclass(frozen=True, slots=True)
class Growing:
    """A tree, or a part of one, that is asked for."""

    job_id: int
    place: m.GeneratedPlace
    offset: int  # of the caret
    revision: int  # of the manuscript
    root: int  # the node it grows from
    base: int  # is added to the ids of its nodes
    processors: tuple[LogitsProcessor, ...]
    seed: int


class Weaving(QObject):
    """Fills the loom, and carries out what it asks for."""

    def __init__(
        self,
        window: MainWindow,
        model_thread: ModelThread,
        sessions: Sessions,
        writing: Writing,
        index: TokenIndex,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, self._thread, self._sessions = window, model_thread, sessions
        self._writing, self._next_job = writing, next_job
        self._paths = PathTaking(window, sessions, writing, index, self)
        self._panel = window.bottom.loom
        self._growing: Growing | None = None  # the question asked last
        self._is_growing = False
        self._first: Growing | None = None  # the one that made the tree
        self._fresh: GrownTree | None = None  # grows out of sight until it has something to show
        self._taking = 0  # the job that tells of a path
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.grow)
        self._panel.changed.connect(self.grow)
        self._panel.shown.connect(self._on_shown)
        self._panel.plot.stop_requested.connect(self.stop)
        self._panel.plot.grow_requested.connect(self._on_grow_requested)
        self._panel.plot.take_requested.connect(self.take)
        window.editor.cursorPositionChanged.connect(self._soon)
        window.editor.mirror.busy_changed.connect(self._soon)
        window.editor.undo_changed.connect(self._soon)
        window.sampling.changed.connect(self._on_sampling_changed)
        window.actions_by_name["loom"].triggered.connect(self._on_go_to)
        writing.started.connect(self._on_writing)

    # -- growing -------------------------------------------------------------------------------------------

    @Slot()
    def grow(self) -> None:
        """Grow a tree at the caret; what is known already costs nothing."""
        self._timer.stop()
        editor, model = self._window.editor, self._writing.model
        if not self._panel.isVisible():
            return
        if model is None:
            self._say(self._writing.without_model())
            return
        if self._writing.job_id is not None:
            self._say(self.tr("The model is writing. The tree grows at the caret when it has finished."))
            return
        if editor.mirror.is_busy:
            return
        text = editor.manuscript.text
        if not text:
            self._say(
                self.tr(
                    "Write a few words. Here you will see what the model would most probably go on with, as "
                    "a tree, and can take a path of it into your text."
                )
            )
            return
        self.stop()
        offset = editor.selection()[1]
        begin = prompt_start(text, offset, model)
        special = editor.manuscript.special_offsets(begin, offset)
        place = m.GeneratedPlace(text[begin:offset], special, ROOM, ())
        processors = chain.effective(self._window.sampling.processors()) if self._panel.after_sampling else ()
        seed = self._window.sampling.options.options().seed if processors else 0
        revision = editor.manuscript.revision
        self._fresh = GrownTree()
        self._ask(Growing(self._next_job(), place, offset, revision, ROOT, 0, processors, seed))

    def _ask(self, growing: Growing) -> None:
        self._growing, self._is_growing = growing, True
        if growing.root == ROOT:
            self._first = growing
            sizes = (self._panel.tree_width, self._panel.tree_depth, MAX_NODES, MIN_PROB)
        else:
            sizes = (self._panel.tree_width, 3, N_MORE, 0.0)
        request = m.GrowTree(growing.job_id, growing.place, *sizes, growing.processors, growing.seed)
        self._thread.submit(request)
        self._panel.show_state(self.tr("Growing…"), growing=True)

    @Slot(int)
    def _on_grow_requested(self, node_id: int) -> None:
        first, plot = self._first, self._panel.plot
        if first is None or not self._is_here(first) or self._writing.job_id is not None:
            self._soon()
            return
        path = plot.tree.token_ids(node_id)
        if len(path) >= ROOM - 3:
            self._window.notice.show_notice(
                self.tr("Take this path into the text first; the tree then grows on from its end.")
            )
            return
        self.stop()
        base = max(plot.tree.nodes)
        place = replace(first.place, token_ids=path)
        self._ask(replace(first, job_id=self._next_job(), place=place, root=node_id, base=base))

    @Slot()
    def stop(self) -> None:
        """Keep the tree as it is."""
        if self._growing is not None and self._is_growing:
            self._thread.cancel(self._growing.job_id)
            self._is_growing = False
            self._show_count()

    def on_message(self, message: m.TreeGrown | m.TreeFinished | m.PathTold) -> None:
        """What the model says."""
        match message:
            case m.TreeGrown():
                self._on_grown(message)
            case m.TreeFinished():
                self._on_finished(message)
            case m.PathTold():
                self._on_path_told(message)
            case _:
                assert_never(message)

    def _on_grown(self, message: m.TreeGrown) -> None:
        """New nodes."""
        growing, plot = self._growing, self._panel.plot
        if growing is None or message.job_id != growing.job_id:
            return
        nodes = message.nodes
        if growing.root != ROOT:
            above = plot.tree.nodes[growing.root].cumulative
            nodes = tuple(
                replace(
                    node,
                    id=node.id + growing.base,
                    parent=node.parent + growing.base if node.parent else growing.root,
                    cumulative=node.cumulative + above,
                )
                for node in nodes
            )
        if self._fresh is not None and growing.root == ROOT:
            fresh, self._fresh = self._fresh, None
            fresh.add(nodes)
            plot.show_tree(fresh, start_words(growing.place.prompt))
        else:
            plot.tree.add(nodes)
            plot.tree_grown()
        if growing.root != ROOT and plot.current == growing.root:
            plot.select(plot.tree.children(growing.root)[0])

    def _on_finished(self, message: m.TreeFinished) -> None:
        """The tree has what was asked for."""
        if self._growing is not None and message.job_id == self._growing.job_id:
            self._is_growing = False
            self._show_count()

    def _show_count(self) -> None:
        n = len(self._panel.plot.tree)
        text = self.tr("1 word") if n == 1 else self.tr("{n} words, likeliest first").format(n=f"{n:,}")
        first = self._first
        note = token_ban_note(first.processors) if first is not None else ""
        self._panel.show_state(f"{text}. {note}" if note else text, growing=False)

    def _say(self, text: str) -> None:
        self.stop()
        self._first = self._growing = None
        self._panel.plot.show_tree(GrownTree(), "")
        self._panel.show_hint(text)

    def _is_here(self, growing: Growing) -> bool:
        """Whether the text is still that which the tree grew from."""
        editor = self._window.editor
        return growing.revision == editor.manuscript.revision and growing.offset == editor.selection()[1]

    # -- a path taken --------------------------------------------------------------------------------------

    @Slot(int)
    def take(self, node_id: int) -> None:
        """Put the path to a node into the text."""
        first, window = self._first, self._window
        if first is None or node_id == ROOT:
            return
        if window.editor.isReadOnly() or self._writing.job_id is not None or not self._sessions.id:
            window.notice.show_notice(self.tr("The text cannot be changed right now."), "warn")
            return
        if not self._is_here(first):
            window.notice.show_notice(
                self.tr("The text has changed since; the tree grows anew. Choose again."), "warn"
            )
            self._soon()
            return
        self.stop()
        self._taking = self._next_job()
        path = self._panel.plot.tree.token_ids(node_id)
        self._thread.submit(m.TellPath(self._taking, first.place, path, first.processors, first.seed))

    def _on_path_told(self, message: m.PathTold) -> None:
        """The path with all its numbers: it becomes a branch, as a generation that nothing was drawn for."""
        first, editor, model = self._first, self._window.editor, self._writing.model
        if message.job_id != self._taking or first is None or model is None or editor.isReadOnly():
            return
        self._taking = 0
        if not self._is_here(first):
            self._soon()
            return
        if self._paths.put(message.tokens, first.place, first.offset, first.processors, first.seed):
            self._soon()

    def on_failed(self, job_id: int) -> bool:
        """A job has failed; whether it was one of these. Those that were replaced are never answered."""
        if job_id == self._taking and job_id:
            self._taking = 0
            return True
        if self._growing is not None and job_id == self._growing.job_id:
            self._is_growing = False
            self._show_count()
            return True
        return False

    # -- slots ---------------------------------------------------------------------------------------------

    def on_model_loaded(self) -> None:
        """Another model says other things."""
        self._first = self._growing = None
        self._soon()

    @Slot()
    def _soon(self) -> None:
        if self._panel.isVisible():
            self._timer.start()

    @Slot(bool)
    def _on_shown(self, visible: bool) -> None:
        if visible:
            self._timer.start(0)
            self._timer.setInterval(PAUSE_MS)
        else:
            self.stop()

    @Slot()
    def _on_sampling_changed(self) -> None:
        if self._panel.after_sampling:
            self._soon()

    @Slot()
    def _on_writing(self) -> None:
        self.stop()
        self._soon()

    @Slot()
    def _on_go_to(self) -> None:
        self._window.show_panel("bottom_panel")
        self._window.bottom.setCurrentWidget(self._panel)
        self._panel.take_focus()
