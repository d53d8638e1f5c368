"""Everything this text has been, as a tree: the states on the way here in ink, other branches quieter."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QHelpEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLineEdit,
    QMenu,
    QTableView,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from studio.core.history import ROOT, History, Node
from studio.ui.theme import Theme
from studio.ui.tree_delegate import ROW_PX, TreeDelegate
from studio.ui.tree_model import HIDDEN, NODE_ID, PREVIEW_CHARS, TreeModel

REFRESH_MS = 250
WORK_S = 0.004
"""How long the rows are worked on before the window gets its turn."""


class _List(QTableView):
    """A table of one column: unlike a QListView it does not ask for every row before it shows ten."""

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands here; Qt's own search would read all of 50,000 steps for one key."""


class TreePanel(QWidget):
    """The tree of one text. It asks; the editor goes there."""

    go_to_requested = Signal(int)
    rename_requested = Signal(int, str, bool)  # node, name, bookmarked
    prune_requested = Signal(int)
    bring_back_requested = Signal(int)
    generation_wanted = Signal(int)  # whose model is to be named

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("treePanel")
        self._history: History | None = None
        self._head_shown = -1
        self._tip_at = QPoint()
        self.model = TreeModel(self)
        self._delegate = TreeDelegate(theme, self)
        self.list = self._make_list()
        self.list.installEventFilter(self)
        self.list.viewport().installEventFilter(self)
        self.list.clicked.connect(self._on_clicked)
        self.list.customContextMenuRequested.connect(self._on_menu)
        self.list.selectionModel().currentChanged.connect(self._update_buttons)
        self._name = self._button(
            "treeName", self.tr("Name…"), self.tr("Name this state (F2)"), self._on_name
        )
        self._mark = self._button("treeMark", self.tr("Bookmark"), "", self._on_mark)
        self._prune = self._button("treePrune", self.tr("Prune"), "", self._on_prune)
        self._only = self._button(
            "treeOnlyBookmarks",
            self.tr("Only bookmarks"),
            self.tr("List nothing but the states with a bookmark"),
            self._show,
            checkable=True,
        )
        self._all = self._button(
            "treeShowPruned",
            self.tr("Show pruned"),
            self.tr("List the pruned branches too; they can be brought back"),
            self._show,
            checkable=True,
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        for button in (self._name, self._mark, self._prune):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self._only)
        buttons.addWidget(self._all)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(4)
        column.addLayout(buttons)
        column.addWidget(self.list)
        self._timer = self._single_shot(REFRESH_MS)
        self._work_timer = self._single_shot(0)
        self._update_buttons()

    def _make_list(self) -> QTableView:
        made = _List()
        made.setObjectName("treeList")
        made.setAccessibleName(self.tr("History of this text"))
        made.setAccessibleDescription(
            self.tr(
                "Every state of this text. Enter goes there, Left is the state before, Right the one after, "
                "F2 names it, B bookmarks it, N finds the next bookmark, Delete prunes it."
            )
        )
        made.setToolTip(made.accessibleDescription())
        made.setModel(self.model)
        made.setItemDelegate(self._delegate)
        made.setShowGrid(False)
        made.setFrameShape(QFrame.Shape.NoFrame)
        made.setTabKeyNavigation(False)
        made.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        made.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        made.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        made.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        made.horizontalHeader().hide()
        made.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        made.verticalHeader().hide()
        made.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        made.verticalHeader().setMinimumSectionSize(ROW_PX)
        made.verticalHeader().setDefaultSectionSize(ROW_PX)
        return made

    def _button(
        self, name: str, text: str, tip: str, slot: Callable[[], None], *, checkable: bool = False
    ) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(text)
        button.setAccessibleName(text)
        button.setToolTip(tip or text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setCheckable(checkable)
        button.clicked.connect(slot)
        return button

    def _single_shot(self, interval_ms: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(self.refresh)
        return timer

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._delegate.theme = theme
        self.list.viewport().update()

    def show_history(self, history: History) -> None:
        """Show this history; soon, since it changes with every key."""
        self._history = history
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Come up to date."""
        super().showEvent(event)
        self.refresh()

    @Slot()
    def _show(self) -> None:
        self._head_shown = -1
        self.refresh()

    @Slot()
    def refresh(self) -> bool:
        """Come up to date, a few milliseconds at a time; whether it is."""
        if self._history is None:
            return True
        self.model.show(
            self._history, with_pruned=self._all.isChecked(), only_bookmarks=self._only.isChecked()
        )
        row = self.list.currentIndex().row()
        current = self.list.currentIndex().data(NODE_ID)
        if not self.model.refresh(WORK_S):
            self._work_timer.start()
            return False
        if self._history.head != self._head_shown:
            self._head_shown = self._history.head
            self._go_to_row(self.model.head_row())
        elif current is not None and self.list.currentIndex().data(NODE_ID) != current:
            found = self.model.row_of(current, row)
            self._go_to_row(min(row, self.model.rowCount() - 1) if found is None else found)
        self._update_buttons()
        self.list.viewport().update()
        return True

    def name_model(self, generation_id: int, model: str) -> None:
        """Say which model wrote a generation: it was asked for, and a tool tip may be waiting for it."""
        self.model.model_names[generation_id] = model
        index = self.list.indexAt(self._tip_at)
        node = self.model.node(index)
        if QToolTip.isVisible() and node is not None and node.source == generation_id:
            place = self.list.viewport().mapToGlobal(self._tip_at)
            QToolTip.showText(place, index.data(Qt.ItemDataRole.ToolTipRole), self.list)

    def name_models(self, names: Iterable[tuple[int, str]]) -> None:
        """Say which model wrote each of several generations: a row tells where another model goes on."""
        self.model.model_names.update(names)
        self.list.viewport().update()

    @property
    def current(self) -> int:
        """The state under the keyboard's focus; without one, where the text is."""
        node_id = self.list.currentIndex().data(NODE_ID)
        if node_id is not None and self.isVisible():
            return int(node_id)
        return self._history.head if self._history is not None else ROOT

    # -- moving --------------------------------------------------------------------------------------------

    def _go_to_row(self, row: int | None) -> None:
        if row is not None:
            index = self.model.index(row)
            self.list.setCurrentIndex(index)
            self.list.scrollTo(index)

    def _to_parent(self, node: Node | None, row: int) -> None:
        if node is not None:
            self._go_to_row(self.model.row_of(node.parent, row))

    def _to_child(self, node: Node | None, row: int) -> None:
        """The state after; from the end of a branch, the next branch."""
        outline = self.model.outline
        child = outline.history.next_child(ROOT if node is None else node.id)
        found = None if child is None else self.model.row_of(child, row)
        if found is None and row + 1 < len(outline.rows):
            found = row + 1
        self._go_to_row(found)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The keys of the list (see its accessible description); a tool tip asks who wrote."""
        if watched is self.list and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            if self._on_key(event):
                return True
        if event.type() == QEvent.Type.ToolTip and watched is self.list.viewport():
            assert isinstance(event, QHelpEvent)
            self._tip_at = event.pos()
            node = self.model.node(self.list.indexAt(event.pos()))
            if node is not None and node.source > 0 and node.source not in self.model.model_names:
                self.generation_wanted.emit(node.source)
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        index = self.list.currentIndex()
        if not index.isValid() or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        node, row = self.model.node(index), index.row()
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.go_to_requested.emit(index.data(NODE_ID))
            case Qt.Key.Key_Left:
                self._to_parent(node, row)
            case Qt.Key.Key_Right:
                self._to_child(node, row)
            case Qt.Key.Key_F2:
                self._on_name()
            case Qt.Key.Key_B:
                self._on_mark()
            case Qt.Key.Key_N:
                self._go_to_row(self.model.next_bookmark(row))
            case Qt.Key.Key_Delete:
                self._on_prune()
            case _:
                return False
        return True

    # -- what can be done with a state ---------------------------------------------------------------------

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        if not index.data(HIDDEN):  # looking at what is pruned does not bring it back
            self.go_to_requested.emit(index.data(NODE_ID))

    @Slot()
    def _on_name(self) -> None:
        node = self.model.node(self.list.currentIndex())
        if node is None:
            return
        name, accepted = QInputDialog.getText(
            self, self.tr("Name this state"), self.tr("Name:"), QLineEdit.EchoMode.Normal, node.name
        )
        if accepted:
            self.rename_requested.emit(node.id, name.strip()[:PREVIEW_CHARS], node.bookmarked)

    @Slot()
    def _on_mark(self) -> None:
        node = self.model.node(self.list.currentIndex())
        if node is not None:
            self.rename_requested.emit(node.id, node.name, not node.bookmarked)

    @Slot()
    def _on_prune(self) -> None:
        """Prune the branch, or bring it back if it is pruned."""
        index = self.list.currentIndex()
        if self.model.node(index) is not None:
            signal = self.bring_back_requested if index.data(HIDDEN) else self.prune_requested
            signal.emit(index.data(NODE_ID))

    @Slot()
    def _update_buttons(self) -> None:
        index = self.list.currentIndex()
        node, hidden = self.model.node(index), bool(index.data(HIDDEN))
        for button in (self._name, self._mark, self._prune):
            button.setEnabled(node is not None)
        marked = node is not None and node.bookmarked
        for button, text, tip in (
            (
                self._mark,
                self.tr("Remove bookmark") if marked else self.tr("Bookmark"),
                self.tr("Find this state again with N, or by listing only bookmarks (B)"),
            ),
            (
                self._prune,
                self.tr("Bring back") if hidden else self.tr("Prune"),
                self.tr("List this branch again, with all that comes after it (Delete)")
                if hidden
                else self.tr("Hide this state and all that comes after it; nothing is destroyed (Delete)"),
            ),
        ):
            button.setText(text)
            button.setAccessibleName(text)
            button.setToolTip(tip)

    @Slot(QPoint)
    def _on_menu(self, point: QPoint) -> None:
        index = self.list.indexAt(point)
        node = self.model.node(index)
        if node is None:
            return
        self.list.setCurrentIndex(index)
        menu = QMenu(self)
        go = QAction(self.tr("Go to this state") + "\tEnter", menu)
        name = QAction(self.tr("Name…") + "\tF2", menu)
        mark = QAction(self._mark.text() + "\tB", menu)
        prune = QAction(self._prune.text() + "\tDel", menu)
        menu.addActions([go, name, mark, prune])
        chosen = menu.exec(self.list.viewport().mapToGlobal(point))
        menu.deleteLater()
        if chosen is go:
            self.go_to_requested.emit(node.id)
        elif chosen is name:
            self._on_name()
        elif chosen is mark:
            self._on_mark()
        elif chosen is prune:
            self._on_prune()
