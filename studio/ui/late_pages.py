"""Tabs that are empty when the window is first shown, and get their pages a moment later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from PySide6.QtWidgets import QTabWidget, QWidget

from studio.ui.theme import Theme


class Page(Protocol):
    """What a panel does with all its pages."""

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""


PageWidget = TypeVar("PageWidget", bound=QWidget)


class EmptyTab(QWidget):
    """Keeps the place of a page."""


def add_empty_tabs(tabs: QTabWidget, titles: Sequence[str]) -> None:
    """Add a place for a page under each title."""
    for title in titles:
        tabs.addTab(EmptyTab(), title)


def put_page(tabs: QTabWidget, page: PageWidget) -> PageWidget:
    """Put a page in the first empty place, in front if the place was. Returns the page."""
    place = next(i for i in range(tabs.count()) if isinstance(tabs.widget(i), EmptyTab))
    empty, is_current = tabs.widget(place), tabs.currentIndex() == place
    assert empty is not None
    tabs.setUpdatesEnabled(False)
    tabs.insertTab(place, page, tabs.tabText(place))
    if is_current:
        tabs.setCurrentIndex(place)
    tabs.removeTab(place + 1)
    empty.deleteLater()
    tabs.setUpdatesEnabled(True)
    return page
