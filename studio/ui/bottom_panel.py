"""The panel under the text: the token's probabilities, the history of the text."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget

from studio.ui.compare.panel import ComparePanel
from studio.ui.curve.panel import CurvePanel
from studio.ui.loom.panel import LoomPanel
from studio.ui.probability_view import ProbabilityView
from studio.ui.provenance_view import ProvenanceView
from studio.ui.theme import Theme
from studio.ui.tree_panel import TreePanel
from studio.ui.variants_panel import VariantsPanel


class BottomPanel(QTabWidget):
    """Tabs; `probabilities`, `tree`, `variants`, `provenance`, `curve`, `compare`, `loom` are their pages."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bottomPanel")
        self.setDocumentMode(True)
        self.tabBar().setObjectName("bottomTabs")
        self.tabBar().setDrawBase(False)
        self.tabBar().setAccessibleName(self.tr("Views of the text"))
        self.tabBar().setToolTip(
            self.tr(
                "Token: why this word. History: every state of this text. Variants: side by side. "
                "Origin: who wrote it, and how. Curve: surprise along the text. Compare: two models or "
                "two settings. Loom: what would most probably follow."
            )
        )
        self.probabilities = ProbabilityView(theme)
        self.tree = TreePanel(theme)
        self.addTab(self.probabilities, self.tr("Token"))
        self.addTab(self.tree, self.tr("History"))
        self.variants = VariantsPanel(theme)
        self.addTab(self.variants, self.tr("Variants"))
        self.provenance = ProvenanceView(theme)
        self.addTab(self.provenance, self.tr("Origin"))
        self.curve = CurvePanel(theme)
        self.addTab(self.curve, self.tr("Curve"))
        self.compare = ComparePanel(theme)
        self.addTab(self.compare, self.tr("Compare"))
        self.loom = LoomPanel(theme)
        self.addTab(self.loom, self.tr("Loom"))

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.probabilities.set_theme(theme)
        self.tree.set_theme(theme)
        self.provenance.set_theme(theme)
        self.variants.set_theme(theme)
        self.curve.set_theme(theme)
        self.compare.set_theme(theme)
        self.loom.set_theme(theme)
