"""The page with the loom: how wide and deep it grows, the tree, what is said of the word one looks at."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from studio.ui.elided_label import ElidedLabel
from studio.ui.heat.kinds import percent
from studio.ui.loom.grown import ROOT, percent_of
from studio.ui.loom.tree_plot import TreePlot
from studio.ui.plot_export import PlotExport
from studio.ui.theme import Theme

WIDTH, DEPTH = 4, 8


class LoomPanel(QWidget):
    """Asks for trees; what grows is decided elsewhere."""

    changed = Signal()  # another width, depth or kind of probability is wanted
    shown = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("loomPanel")
        self.setAccessibleName(self.tr("Loom"))
        self.plot = TreePlot(theme)
        self.plot.setToolTip(
            self.tr(
                "What the model would most probably write next. The thicker a line, the likelier the word "
                "after the one before. Click a last word, or press Enter, to take the whole path into the "
                "text. Keys: arrows walk, Right grows further, + and - zoom, 0 resets, Esc stops."
            )
        )
        self._width = self._spin("loomWidth", self.tr("Width"), 1, 12, WIDTH)
        self._width.setToolTip(self.tr("How many words may follow each word, the likeliest first"))
        self._depth = self._spin("loomDepth", self.tr("Depth"), 1, 32, DEPTH)
        self._depth.setToolTip(self.tr("How many tokens a path may have; a token is a word or a part of one"))
        self._chain = QCheckBox(self.tr("After sampling"))
        self._chain.setObjectName("loomAfterSampling")
        self._chain.setToolTip(
            self.tr(
                "Off: how likely the model itself finds each word. On: how likely each would be drawn with "
                "the sampling settings as they are now."
            )
        )
        self._chain.toggled.connect(self.changed)
        self._state = ElidedLabel()
        self._state.setObjectName("loomState")
        self._state.setProperty("quiet", True)
        self._take = QPushButton(self.tr("Take into the text"))
        self._take.setObjectName("loomTake")
        self._take.setToolTip(
            self.tr("Put the words up to the selected one into the text, as a branch (Enter)")
        )
        self._take.clicked.connect(self._on_take)
        self._stop = QPushButton(self.tr("Stop growing"))
        self._stop.setObjectName("loomStop")
        self._stop.setToolTip(self.tr("Keep the tree as it is (Esc)"))
        self._stop.clicked.connect(self.plot.stop_requested)
        self._export = PlotExport(self.plot, self.plot, "loom", self._picture_size)
        head = QHBoxLayout()
        head.setContentsMargins(12, 4, 8, 0)
        head.setSpacing(8)
        for text, spin in ((self.tr("Width"), self._width), (self.tr("Depth"), self._depth)):
            title = QLabel(text)
            title.setBuddy(spin)
            head.addWidget(title)
            head.addWidget(spin)
        head.addWidget(self._chain)
        head.addWidget(self._state, 1)
        head.addWidget(self._stop)
        head.addWidget(self._take)
        head.addWidget(self._export.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.plot, 1)
        self.plot.selected.connect(self._on_selected)
        self._summary = ""
        self.show_hint("")

    def _spin(self, name: str, accessible: str, low: int, high: int, value: int) -> QSpinBox:
        spin = QSpinBox()
        spin.setObjectName(name)
        spin.setAccessibleName(accessible)
        spin.setRange(low, high)
        spin.setValue(value)
        spin.setFixedWidth(48)
        spin.valueChanged.connect(self.changed)
        return spin

    def _picture_size(self) -> QSize:
        width, height = self.plot.content_size()
        return QSize(round(width), round(height))

    # -- values --------------------------------------------------------------------------------------------

    @property
    def tree_width(self) -> int:
        """Followers of each word."""
        return self._width.value()

    @property
    def tree_depth(self) -> int:
        """Tokens of a path."""
        return self._depth.value()

    @property
    def after_sampling(self) -> bool:
        """Whether the probabilities are those after the chain."""
        return self._chain.isChecked()

    # -- what is shown -------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.plot.theme = theme
        self._export.set_theme(theme)
        self.plot.update()

    def show_hint(self, text: str) -> None:
        """Say why there is no tree."""
        self.plot.hint = text
        self.plot.setAccessibleDescription(text)
        self.show_state("", growing=False)
        self.plot.update()

    def show_state(self, summary: str, *, growing: bool) -> None:
        """Say how far the tree is."""
        self._summary = summary
        self._stop.setVisible(growing)
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
            self._state.show_text(self._summary)
            return
        node = tree.nodes[node_id]
        joint = percent_of(node.cumulative)
        words = tree.words(node_id).replace("\n", "↵")
        said = self.tr("“{words}”: {joint}").format(words=words, joint=percent(joint))
        one_in = round(1 / joint) if joint > 1e-12 else 0
        if one_in > 1:
            said += " " + self.tr("(one in {n})").format(n=f"{one_in:,}")
        last = self.tr("The last word alone: {own} after those before it.")
        self._state.setToolTip(f"{said}\n{last.format(own=percent(percent_of(node.logprob)))}")
        self._state.show_text(said)
        self.plot.setAccessibleDescription(said)

    @Slot()
    def _on_take(self) -> None:
        if self.plot.current in self.plot.tree.nodes:
            self.plot.take_requested.emit(self.plot.current)

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks."""
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks any more."""
        super().hideEvent(event)
        self.shown.emit(False)
