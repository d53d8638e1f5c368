"""The panel beside the text: the sampling settings, and what they do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTabWidget, QWidget

from studio.ui.late_pages import Page, add_empty_tabs, put_page
from studio.ui.sampling_panel import SamplingPanel
from studio.ui.theme import Theme

if TYPE_CHECKING:
    from studio.ui.inside.page import InsidePage
    from studio.ui.xray_page import XrayPage


class SidePanel(QTabWidget):
    """Tabs; `sampling`, `xray` and `inside` are their pages; the last two are empty tabs until `finish`."""

    xray: XrayPage
    inside: InsidePage

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidePanel")
        self.setDocumentMode(True)
        self.setTabBarAutoHide(True)
        self.tabBar().setObjectName("sideTabs")
        self.tabBar().setDrawBase(False)
        self.tabBar().setAccessibleName(self.tr("Settings and their effects"))
        self.tabBar().setToolTip(
            self.tr(
                "Sampling: how the next word is chosen. X-ray: what these settings do to it. Inside: what "
                "the model did to find it."
            )
        )
        self.sampling = SamplingPanel(theme)
        self.addTab(self.sampling, self.tr("Sampling"))
        self._theme = theme
        self._pages: list[Page] = [self.sampling]
        add_empty_tabs(self, (self.tr("X-ray"), self.tr("Inside")))

    def finish(self) -> Iterator[None]:
        """Make the pages that are still empty; the window may have a turn after each."""
        from studio.ui.xray_page import XrayPage

        self.xray = put_page(self, XrayPage(self._theme))
        self._pages.append(self.xray)
        yield
        from studio.ui.inside.page import InsidePage

        yield  # the import alone is a turn
        self.inside = put_page(self, InsidePage(self._theme))
        self._pages.append(self.inside)
        yield

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._theme = theme
        for page in self._pages:
            page.set_theme(theme)
