"""Under the search field: which sessions are listed, how many they are, and in which order."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QLocale, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from studio.store.records import Order, View
from studio.ui.icons import icon
from studio.ui.session_list.lines import one_line
from studio.ui.theme import Theme

MAX_TAGS = 40
"""More tags are not offered as filters: the search field finds them."""


PLACE_PX = 128


class ViewBar(QWidget):
    """Two small buttons with a menu each, and in the trash one that empties it."""

    view_chosen = Signal(str)
    tag_chosen = Signal(str)  # empty: all
    order_chosen = Signal(str)
    empty_trash_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: View = "current"
        self._tag = ""
        self._tags: tuple[str, ...] = ()
        self._titles: dict[View, str] = {
            "current": self.tr("Sessions"),
            "archived": self.tr("Archive"),
            "trash": self.tr("Trash"),
        }
        orders: dict[Order, str] = {
            "updated": self.tr("Last changed first"),
            "created": self.tr("Newest first"),
            "title": self.tr("By title"),
        }
        self._choose = QToolButton()
        self._choose.setObjectName("sessionView")
        self._choose.setToolTip(
            self.tr("Choose what is listed: sessions, archive, trash, or those with a tag")
        )
        self._choose.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._choose)
        self._menu.setObjectName("sessionViewMenu")
        self._menu.aboutToShow.connect(self._fill_menu)
        self._choose.setMenu(self._menu)
        self._sort = QToolButton()
        self._sort.setObjectName("sessionOrder")
        self._sort.setAccessibleName(self.tr("Order of the list"))
        self._sort.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        order_menu = QMenu(self._sort)
        order_menu.setObjectName("sessionOrderMenu")
        group = QActionGroup(order_menu)
        self._orders: dict[Order, QAction] = {}
        for order in get_args(Order):
            action = self._orders[order] = group.addAction(orders[order])
            action.setObjectName(f"order_{order}")
            action.setCheckable(True)
            action.setData(order)
            order_menu.addAction(action)
        group.triggered.connect(self._on_order)
        self._sort.setMenu(order_menu)
        self._empty = QToolButton()
        self._empty.setObjectName("emptyTrashButton")
        self._empty.setAccessibleName(self.tr("Empty the trash"))
        self._empty.setToolTip(self.tr("Destroy the sessions in the trash for good; you are asked twice"))
        self._empty.clicked.connect(self.empty_trash_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 2)
        row.setSpacing(4)
        row.addWidget(self._choose)
        row.addStretch(1)
        row.addWidget(self._empty)
        row.addWidget(self._sort)
        self.set_order("updated")
        self.set_theme(theme)
        self.show_place("current", "", 0)

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in another theme's colours."""
        self._sort.setIcon(icon("arrow-down-wide-narrow", theme.quiet, theme.line))
        self._empty.setIcon(icon("trash-2", theme.error, theme.quiet))

    def set_tags(self, tags: tuple[str, ...]) -> None:
        """Offer these tags as filters."""
        self._tags = tags[:MAX_TAGS]

    def set_order(self, order: Order) -> None:
        """Tick the order that the list has."""
        with QSignalBlocker(self._orders[order]):
            self._orders[order].setChecked(True)
        self._sort.setToolTip(self.tr("Order: {order}").format(order=self._orders[order].text()))

    def set_can_empty(self, can: bool) -> None:
        """Whether the trash can be emptied."""
        self._empty.setEnabled(can)

    def show_place(self, view: View, tag: str, n: int) -> None:
        """Say what is listed, and how many lines that is."""
        self._view, self._tag = view, tag
        self._empty.setVisible(view == "trash")
        where = f"#{one_line(tag)}" if tag else self._titles[view]
        text = f"{where} · {QLocale().toString(n)}"
        shown = self._choose.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, PLACE_PX)
        self._choose.setText(f"{shown.replace('&', '&&')} ▾")
        self._choose.setAccessibleName(text)

    @Slot()
    def _fill_menu(self) -> None:
        menu = self._menu
        menu.clear()
        group = QActionGroup(menu)
        for view, title in self._titles.items():
            action = self._add(group, title, f"view_{view}", self._view == view and not self._tag)
            action.triggered.connect(lambda _=False, view=view: self.view_chosen.emit(view))
        if not self._tags:
            return
        menu.addSeparator()
        for number, tag in enumerate(self._tags):
            text = f"#{one_line(tag)[:40].replace('&', '&&')}"
            action = self._add(group, text, f"tag_{number}", self._tag == tag)
            action.triggered.connect(lambda _=False, tag=tag: self.tag_chosen.emit(tag))

    def _add(self, group: QActionGroup, text: str, name: str, checked: bool) -> QAction:
        action = QAction(text, group)
        action.setObjectName(name)
        action.setCheckable(True)
        action.setChecked(checked)
        self._menu.addAction(action)
        return action

    @Slot(QAction)
    def _on_order(self, action: QAction) -> None:
        self.set_order(action.data())
        self.order_chosen.emit(action.data())
