"""The panel under the text: the token's probabilities, the history of the text, and views made later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTabWidget, QWidget

from studio.ui.late_pages import Page, add_empty_tabs, put_page
from studio.ui.probability_view import ProbabilityView
from studio.ui.theme import Theme
from studio.ui.tree_panel import TreePanel

if TYPE_CHECKING:
    from studio.ui.beams.panel import BeamsPanel
    from studio.ui.compare.panel import ComparePanel
    from studio.ui.curve.panel import CurvePanel
    from studio.ui.loom.panel import LoomPanel
    from studio.ui.provenance_view import ProvenanceView
    from studio.ui.variants_panel import VariantsPanel


class BottomPanel(QTabWidget):
    """Tabs; `probabilities`, `tree`, `variants`, `provenance`, `curve`, `compare`, `loom`, `beams` are
    their pages.

    The last six are empty tabs until `finish`: the first window does not wait for them.
    """

    variants: VariantsPanel
    provenance: ProvenanceView
    curve: CurvePanel
    compare: ComparePanel
    loom: LoomPanel
    beams: BeamsPanel

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
                "two settings. Loom: what would most probably follow. Beam tree: what a beam search weighed."
            )
        )
        self.probabilities = ProbabilityView(theme)
        self.tree = TreePanel(theme)
        self.addTab(self.probabilities, self.tr("Token"))
        self.addTab(self.tree, self.tr("History"))
        self._theme = theme
        self._pages: list[Page] = [self.probabilities, self.tree]
        add_empty_tabs(
            self,
            (
                self.tr("Variants"),
                self.tr("Origin"),
                self.tr("Curve"),
                self.tr("Compare"),
                self.tr("Loom"),
                self.tr("Beam tree"),
            ),
        )

    def finish(self) -> Iterator[None]:
        """Make the pages that are still empty; the window may have a turn after each."""
        from studio.ui.variants_panel import VariantsPanel

        self.variants = put_page(self, VariantsPanel(self._theme))
        self._pages.append(self.variants)
        yield
        from studio.ui.provenance_view import ProvenanceView

        self.provenance = put_page(self, ProvenanceView(self._theme))
        self._pages.append(self.provenance)
        yield
        from studio.ui.curve.panel import CurvePanel

        self.curve = put_page(self, CurvePanel(self._theme))
        self._pages.append(self.curve)
        yield
        from studio.ui.compare.panel import ComparePanel

        yield  # the import alone is a turn
        self.compare = put_page(self, ComparePanel(self._theme))
        self._pages.append(self.compare)
        yield
        from studio.ui.loom.panel import LoomPanel

        self.loom = put_page(self, LoomPanel(self._theme))
        self._pages.append(self.loom)
        yield
        from studio.ui.beams.panel import BeamsPanel

        self.beams = put_page(self, BeamsPanel(self._theme))
        self._pages.append(self.beams)
        yield

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._theme = theme
        for page in self._pages:
            page.set_theme(theme)
