"""The page with the last beam search: what it weighed as a tree, what it kept, what it dropped."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.core.messages import BeamsSearched, TreeNode
from studio.ui.elided_label import ElidedLabel
from studio.ui.loom.grown import ROOT, GrownTree
from studio.ui.loom.tree_plot import TreePlot
from studio.ui.plot_export import PlotExport
from studio.ui.theme import Theme


def figure(node: TreeNode) -> str:
    """The log-probability of the text so far, in nats."""
    return f"{node.cumulative:.2f}".replace("-", "−")


class BeamsPanel(QWidget):
    """Shows a search; what is taken from it is decided elsewhere."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("beamsPanel")
        self.setAccessibleName(self.tr("Beam search"))
        self.plot = TreePlot(theme, figure=figure)
        self.plot.setObjectName("beamsPlot")
        self.plot.setAccessibleName(self.tr("Tree of the beam search"))
        self.plot.setToolTip(
            self.tr(
                "Every beginning that the last beam search weighed. Solid lines lead to the texts it found, "
                "numbered from the best; dashed ones were dropped, because enough others were likelier. The "
                "number beside a word is the log-probability of the text so far, in nats: nearer to 0 is "
                "likelier. Click a last word, or press Enter on any, to take the path into the text. Keys: "
                "arrows walk, Home and End, + and - zoom, 0 resets."
            )
        )
        self._state = ElidedLabel()
        self._state.setObjectName("beamsState")
        self._state.setProperty("quiet", True)
        self._key = QLabel(self.tr("── kept   ╌╌ dropped"))
        self._key.setObjectName("beamsKey")
        self._key.setTextFormat(Qt.TextFormat.PlainText)
        self._key.setProperty("quiet", True)
        self._key.setToolTip(self.plot.toolTip())
        self._take = QPushButton(self.tr("Take into the text"))
        self._take.setObjectName("beamsTake")
        self._take.setToolTip(
            self.tr("Put the words up to the selected one into the text, as a branch (Enter)")
        )
        self._take.clicked.connect(self._on_take)
        self._export = PlotExport(self.plot, self.plot, "beams", self._picture_size)
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 8, 0)
        head.setSpacing(12)
        head.addWidget(self._state, 1)
        head.addWidget(self._key)
        head.addWidget(self._take)
        head.addWidget(self._export.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.plot, 1)
        self.plot.selected.connect(self._on_selected)
        self._summary = ""
        self._length_penalty = 1.0
        self.clear()

    def _picture_size(self) -> QSize:
        width, height = self.plot.content_size()
        return QSize(round(width), round(height))

    # -- what is shown -------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.plot.theme = theme
        self._export.set_theme(theme)
        self.plot.update()

    def clear(self) -> None:
        """There is no search of this text."""
        self.plot.show_tree(GrownTree(), "")
        hint = self.tr(
            "Switch on “Beam search” in the sampling settings and let the model write on. Here you will see "
            "every beginning it weighed, which it dropped and where, and can take any of them into your text."
        )
        self.plot.hint = hint
        self.plot.setAccessibleDescription(hint)
        self._show_summary("")

    def show_search(self, search: BeamsSearched, start: str) -> None:
        """Show a search; `start` are the last words before it."""
        tree = GrownTree()
        tree.add(search.nodes)
        self._length_penalty = search.length_penalty
        self.plot.show_tree(GrownTree(), "")  # what was selected in another search means nothing here
        self.plot.show_tree(tree, start)
        n_texts = max((node.rank for node in search.nodes), default=0)
        n_dropped = search.n_weighed - sum(node.rank > 0 for node in search.nodes)
        texts = self.tr("1 text found") if n_texts == 1 else self.tr("{n} texts found").format(n=n_texts)
        weighed = self.tr("{n} words weighed, {dropped} of them dropped").format(
            n=f"{search.n_weighed:,}", dropped=f"{n_dropped:,}"
        )
        self._show_summary(f"{texts}; {weighed}")

    def _show_summary(self, summary: str) -> None:
        self._summary = summary
        self._key.setVisible(bool(summary))
        self._on_selected(self.plot.current)

    def take_focus(self) -> None:
        """Put the keyboard into the tree."""
        self.plot.setFocus()
        if self.plot.current == ROOT and self.plot.tree.children(ROOT):
            self.plot.select(self.plot.tree.children(ROOT)[0])

    @Slot(int)
    def _on_selected(self, node_id: int) -> None:
        tree = self.plot.tree
        self._take.setEnabled(self.plot.current in tree.nodes)
        if node_id not in tree.nodes:
            self._state.setToolTip("")
            self._state.show_text(self._summary)
            return
        said = self._said(tree.nodes[node_id])
        self._state.setToolTip(said)
        self._state.show_text(said)
        self.plot.setAccessibleDescription(said)

    def _said(self, node: TreeNode) -> str:
        """What became of a beginning."""
        tree = self.plot.tree
        n = len(tree.path(node.id))
        words = tree.words(node.id).replace("\n", "↵")
        if tree.is_found(node):
            score = node.cumulative / n**self._length_penalty
            fate = self.tr("Text {rank}, score {score}").format(
                rank=node.rank, score=f"{score:.3f}".replace("-", "−")
            )
        elif node.rank > 0:
            fate = self.tr("Kept, leads to text {rank}").format(rank=node.rank)
        elif not tree.children(node.id):
            fate = self.tr("Dropped here: enough others were likelier")
        else:
            fate = self.tr("Followed, but all that came after it was dropped")
        one = self.tr("{fate}; {sum} nats after 1 token: “{words}”")
        several = self.tr("{fate}; {sum} nats after {n} tokens: “{words}”")
        said = one if n == 1 else several
        return said.format(words=words, sum=figure(node), n=f"{n:,}", fate=fate)

    @Slot()
    def _on_take(self) -> None:
        if self.plot.current in self.plot.tree.nodes:
            self.plot.take_requested.emit(self.plot.current)
