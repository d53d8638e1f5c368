"""What is done with the states of a text in the History tab: go to one, name it, prune it, bring it back.

Pruning is not a step of the text: Undo and Redo pass it over. It is taken back by the notice it leaves, and
at any later time by what the History tab lists when it shows pruned branches (DECISIONS 17).
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from studio.core.history import ROOT
from studio.ui.main_window import MainWindow


class Branches(QObject):
    """Carries out what the tree of states asks for."""

    def __init__(self, window: MainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        tree = window.tree
        tree.go_to_requested.connect(window.editor.go_to)
        tree.rename_requested.connect(self._on_rename)
        tree.prune_requested.connect(self.prune)
        tree.bring_back_requested.connect(self.bring_back)
        window.actions_by_name["prune"].triggered.connect(self._on_prune)

    @Slot(int, str, bool)
    def _on_rename(self, node_id: int, name: str, bookmarked: bool) -> None:
        self._window.editor.manuscript.rename(node_id, name, bookmarked)
        self._window.editor.history_changed()

    @Slot()
    def _on_prune(self) -> None:
        self.prune(self._window.tree.current)

    @Slot(int)
    def prune(self, node_id: int) -> None:
        """Hide a state and all after it. A text that stands there goes to the state before."""
        window, editor = self._window, self._window.editor
        manuscript = editor.manuscript
        if node_id == ROOT:
            window.notice.show_notice(self.tr("The beginning cannot be pruned: every branch comes from it."))
            return
        if editor.isReadOnly():
            window.notice.show_notice(
                self.tr("The text cannot be changed right now, so no branch can be pruned."), "warn"
            )
            return
        head = manuscript.history.head
        if manuscript.is_at_or_after(node_id):
            editor.go_to(manuscript.history.parent(node_id))
        left = manuscript.history.head != head
        n_states = manuscript.prune(node_id)
        editor.history_changed()

        def undo() -> None:
            if editor.manuscript is manuscript and not editor.isReadOnly():
                self.bring_back(node_id)
                if left:
                    editor.go_to(head)

        one = self.tr("Branch pruned: 1 state.")
        several = self.tr("Branch pruned: {n} states.").format(n=f"{n_states:,}")
        window.notice.show_notice(one if n_states == 1 else several, action=self.tr("Undo"), do=undo)

    @Slot(int)
    def bring_back(self, node_id: int) -> None:
        """List a pruned state again. The text stays where it is."""
        self._window.editor.manuscript.bring_back(node_id)
        self._window.editor.history_changed()
