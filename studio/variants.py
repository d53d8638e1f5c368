"""Which variants stand side by side: those of the place where the text is, whenever they were written."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Slot

from studio.core.history import History, Node
from studio.core.messages import FinishReason
from studio.store import records as r
from studio.ui.main_window import MainWindow
from studio.ui.token_index import TokenIndex
from studio.ui.variant_card import Variant
from studio.worker import LibraryThread
from studio.writing import Writing

REFRESH_MS = 60


def variants_here(history: History) -> tuple[tuple[int, ...], int | None]:
    """(siblings, the one the text goes through) of the nearest place with several generations.

    That is where the text stands, if several go on from there (none of them is in the text then); else the
    nearest on the way back to the beginning. ((), None) if there is no such place.
    """
    after = map(history.nodes.__getitem__, history.children(history.head))
    ahead = tuple(node.id for node in after if node.source > 0 and not node.pruned)
    if len(ahead) > 1:
        return ahead, None
    siblings, index = history.variants()
    return siblings, siblings[index] if siblings else None


class Variants(QObject):
    """Fills the panel, loads what it needs from the library, and takes what is picked."""

    def __init__(
        self, window: MainWindow, library: LibraryThread, writing: Writing, index: TokenIndex, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self._writing = writing
        self._index = index
        self._records: dict[int, r.GenerationRecord] = {}
        self._asked: set[int] = set()
        self._running: frozenset[int] = frozenset()
        self._chosen: int | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        window.bottom.variants.picked.connect(self._on_picked)
        window.editor.undo_changed.connect(self._refresh_soon)
        window.bottom.currentChanged.connect(self._refresh_soon)
        window.actions_by_name["bottom_panel"].toggled.connect(self._refresh_soon)
        window.actions_by_name["variants"].triggered.connect(self._on_go_to)
        writing.progressed.connect(self._on_progressed)

    def session_opened(self) -> None:
        """Another text is shown."""
        self._records.clear()
        self._asked.clear()
        self._chosen = None
        self.refresh()

    def on_tokens_loaded(self, message: r.TokensLoaded) -> None:
        """The library has read a generation."""
        if message.generation is not None:
            self._records.setdefault(message.generation_id, message.generation)
        self._refresh_soon()

    @Slot()
    def refresh(self) -> None:
        """Show the variants as they are now."""
        panel = self._window.bottom.variants
        if not panel.isVisible():
            return
        history = self._window.editor.manuscript.history
        siblings, current = variants_here(history)
        panel.show_variants([self._variant(history.nodes[n]) for n in siblings], current, self._chosen)

    def _variant(self, node: Node) -> Variant:
        record = self._records.get(node.source)
        running = node.source in self._running
        if not running and node.source not in self._asked and (record is None or not self._known(node)):
            self._asked.add(node.source)
            self._library.submit(r.LoadTokens(node.source))
        chosen = record is not None and record.finish_reason is FinishReason.CHOSEN
        tokens = () if chosen else self._index.tokens(node.source)  # a chosen word is one of many there
        return Variant(
            node.id,
            node.source,
            tokens,
            "" if self._known(node) and not chosen else _words(node),
            record.seed if record else None,
            record.finish_reason if record else None,
            running,
        )

    def _known(self, node: Node) -> bool:
        return node.source in self._index

    def _show_panel(self) -> None:
        """Bring the variants into view. Focus mode stays: they are there when it ends."""
        action = self._window.actions_by_name["bottom_panel"]
        if not action.isChecked():
            action.trigger()
        self._window.bottom.setCurrentWidget(self._window.bottom.variants)

    # -- slots ---------------------------------------------------------------------------------------------

    @Slot()
    def _on_go_to(self) -> None:
        focus = self._window.actions_by_name["focus"]
        if focus.isChecked():
            focus.trigger()
        self._show_panel()
        self._window.bottom.variants.setFocus()

    @Slot()
    def _refresh_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    @Slot(object)
    def _on_progressed(self, records: tuple[r.GenerationRecord, ...]) -> None:
        self._records |= {record.id: record for record in records}
        busy = self._writing.job_id is not None
        ids = frozenset(record.id for record in records)
        if busy and len(records) > 1 and ids != self._running:
            self._show_panel()
        self._running = ids if busy else frozenset()
        if not busy:
            self._chosen = None
        self._refresh_soon()

    @Slot(int)
    def _on_picked(self, node_id: int) -> None:
        if self._writing.job_id is not None:
            if self._window.editor.manuscript.history.nodes[node_id].source in self._running:
                self._chosen = node_id
                self._writing.choose(node_id)
                self.refresh()
            return
        editor = self._window.editor
        history = editor.manuscript.history
        if node_id in history.nodes:
            _, current = variants_here(history)
            if node_id != current:
                editor.go_to(history.leaf(node_id))


def _words(node: Node) -> str:
    try:
        return "".join(edit.inserted for edit in node.edits)
    except ValueError:  # damaged
        return ""
