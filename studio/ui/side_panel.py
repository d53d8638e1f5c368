"""The panel beside the text: the sampling settings, and what they do."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget

from studio.ui.inside.page import InsidePage
from studio.ui.sampling_panel import SamplingPanel
from studio.ui.theme import Theme
from studio.ui.xray_page import XrayPage


class SidePanel(QTabWidget):
    """Tabs; `sampling`, `xray` and `inside` are their pages."""

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
        self.xray = XrayPage(theme)
        self.addTab(self.xray, self.tr("X-ray"))
        self.inside = InsidePage(theme)
        self.addTab(self.inside, self.tr("Inside"))

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.sampling.set_theme(theme)
        self.xray.set_theme(theme)
        self.inside.set_theme(theme)
