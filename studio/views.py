"""What the pages and the marks in the text are filled by; made after the first window is shown.

The first window and its first key do not wait for the pages that are not in front. They are made one a turn
of the event loop soon after; whoever needs one earlier (an action, a click on its tab, the model's answers)
has all of them made at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAction

from studio.insight import Insight
from studio.reproduction import Reproduction
from studio.sessions import Sessions
from studio.store import records as r
from studio.ui.late_pages import EmptyTab
from studio.ui.main_window import MainWindow
from studio.ui.token_index import TokenIndex
from studio.worker import LibraryThread, ModelThread
from studio.writing import Writing

if TYPE_CHECKING:
    from studio.colouring import Colouring
    from studio.comparison import Comparison
    from studio.downloading import Downloading
    from studio.effects import Effects
    from studio.interior import Interior
    from studio.performance import Performance
    from studio.provenance import Provenance
    from studio.searching import Searching
    from studio.tuning import Tuning
    from studio.variants import Variants
    from studio.weaving import Weaving

FIRST_MS = 150
"""From the start of the event loop to the first page: the window is painted and takes keys by then."""

TURN_MS = 5
"""Between two pages, for the keys typed meanwhile."""

NEED_PAGES = (
    "beams",
    "compare",
    "curve",
    "download_model",
    "effect",
    "export_coloured",
    "find_settings",
    "inside",
    "loom",
    "performance",
    "provenance",
    "read_all",
    "reproduce",
    "variants",
    "xray",
)
"""The actions that the late objects carry out."""


class Views(QObject):
    """Makes the late pages and what fills them. Each attribute exists once `is_finished`."""

    colouring: Colouring
    comparison: Comparison
    interior: Interior
    provenance: Provenance
    effects: Effects
    variants: Variants
    weaving: Weaving
    searching: Searching
    tuning: Tuning
    performance: Performance
    model_added = Signal(str)  # a download has put a model on the shelf: its id
    downloading: Downloading

    def __init__(
        self,
        window: MainWindow,
        threads: tuple[ModelThread, LibraryThread],
        sessions: Sessions,
        writing: Writing,
        insight: Insight,
        reproduction: Reproduction,
        index: TokenIndex,
        folder: Path,
        next_job: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window, (self._thread, self._library) = window, threads
        self._sessions, self._writing = sessions, writing
        self._insight, self._reproduction, self._index = insight, reproduction, index
        self._folder, self._next_job = folder, next_job
        self.is_finished = self._is_making = False
        self._steps = self._make()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_turn)
        for name in NEED_PAGES:
            window.actions_by_name[name].triggered.connect(self._on_early_action)
        for tabs in (window.bottom, window.side):
            tabs.currentChanged.connect(self._on_early_tab)

    def start(self) -> None:
        """Make the pages soon, one a turn."""
        if not self.is_finished:
            self._timer.start(FIRST_MS)

    def stop(self) -> None:
        """Make no more: the window closes."""
        self._timer.stop()
        if self.is_finished:
            self.downloading.stop()

    def finish(self) -> None:
        """Make at once what is not made yet."""
        self._timer.stop()
        while not self.is_finished and not self._is_making:
            self._make_next()

    def _make_next(self) -> None:
        self._is_making = True  # a tab that comes to the front meanwhile need not ask for it
        next(self._steps, None)
        self._is_making = False

    @Slot()
    def _on_turn(self) -> None:
        self._make_next()
        if not self.is_finished:
            self._timer.start(TURN_MS)

    @Slot()
    def _on_early_action(self) -> None:
        """An action before there is anyone to carry it out: again, once there is."""
        action = self.sender()
        assert isinstance(action, QAction)
        self.finish()
        if action.isCheckable():
            action.toggle()
        action.trigger()

    @Slot()
    def _on_early_tab(self) -> None:
        if any(
            isinstance(tabs.currentWidget(), EmptyTab) for tabs in (self._window.bottom, self._window.side)
        ):
            self.finish()

    def _make(self) -> Iterator[None]:
        """Every late object, in the order in which they need each other."""
        window, writing, insight, index = self._window, self._writing, self._insight, self._index
        model, library, next_job = self._thread, self._library, self._next_job
        yield from window.bottom.finish()
        yield from window.side.finish()
        from studio.colouring import Colouring

        self.colouring = Colouring(window, insight, self._sessions, writing, self)
        yield
        from studio.comparison import Comparison
        from studio.interior import Interior

        self.comparison = Comparison(window, model, writing, self._folder, next_job, self)
        self.interior = Interior(window, model, writing, insight, next_job, self)
        yield
        from studio.provenance import Provenance

        self.provenance = Provenance(
            window, library, self._sessions, writing, self._reproduction, index, self
        )
        yield
        from studio.effects import Effects

        self.effects = Effects(window, model, writing, insight, self.provenance, index, next_job, self)
        yield
        from studio.variants import Variants
        from studio.weaving import Weaving

        self.variants = Variants(window, library, writing, index, self)
        self.weaving = Weaving(window, model, self._sessions, writing, index, next_job, self)
        from studio.searching import Searching

        self.searching = Searching(window, model, self._sessions, writing, index, next_job, self)
        yield
        from studio.tuning import Tuning

        self.tuning = Tuning(window, model, writing, insight, next_job, self)
        from studio.performance import Performance

        self.performance = Performance(window, model, writing, next_job, self)
        yield
        from studio.downloading import Downloading

        self.downloading = Downloading(window, self._folder, self)
        self.downloading.model_added.connect(self.model_added)
        for name in NEED_PAGES:
            window.actions_by_name[name].triggered.disconnect(self._on_early_action)
        for tabs in (window.bottom, window.side):
            tabs.currentChanged.disconnect(self._on_early_tab)
        self.is_finished = True
        self.session_opened()

    def set_folder(self, folder: Path) -> None:
        """The library is in another folder."""
        self._folder = folder
        if self.is_finished:
            self.comparison.folder = folder
            self.downloading.folder = folder

    def session_opened(self) -> None:
        """Another text is shown. (What is made later looks at the text that is there then.)"""
        if self.is_finished:
            self.provenance.session_opened()
            self.searching.session_opened()
            self.variants.session_opened()

    def on_tokens_loaded(self, message: r.TokensLoaded) -> None:
        """The library has read a generation's tokens."""
        if self.is_finished:
            self.variants.on_tokens_loaded(message)
            self.provenance.on_tokens_loaded()
            self.effects.follow()

    def on_generation_loaded(self, message: r.GenerationLoaded) -> None:
        """The library has read how a generation came about."""
        if self.is_finished:
            self.provenance.on_generation_loaded(message)
            self.effects.follow()
