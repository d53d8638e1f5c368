"""Everything this text has been, as a tree: the states on the way here in ink, other branches quieter."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter, QPen, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QInputDialog,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.core.history import ROOT, History, Node
from studio.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
NODE_ID = Qt.ItemDataRole.UserRole
DEPTH = Qt.ItemDataRole.UserRole + 1
ON_PATH = Qt.ItemDataRole.UserRole + 2
GENERATED = Qt.ItemDataRole.UserRole + 3
BOOKMARKED = Qt.ItemDataRole.UserRole + 4

ROW_PX = 22
STEP_PX = 16
PREVIEW_CHARS = 90
REFRESH_MS = 250


class TreeModel(QAbstractListModel):
    """The nodes of a History, in the order of `History.rows`. A step's words are read when it is painted."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._history = History()
        self._rows: list[tuple[int, int]] = []
        self._path: set[int] = set()

    def set_history(self, history: History) -> None:
        """Show a history as it is now."""
        self.beginResetModel()
        self._history = history
        self._rows = history.rows()
        self._path = {ROOT, *history.path(history.head)}
        self.endResetModel()

    def node(self, index: Index) -> Node | None:
        """The node of a row; None at the root."""
        return self._history.nodes.get(self._rows[index.row()][0]) if index.isValid() else None

    def head_row(self) -> int:
        """The row the text is at."""
        return next((row for row, (node_id, _) in enumerate(self._rows) if node_id == self._history.head), 0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """One for each node, and the root."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a row shows."""
        if not index.isValid():
            return None
        node_id, depth = self._rows[index.row()]
        node = self._history.nodes.get(node_id)
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return self._words(node)
            case Qt.ItemDataRole.UserRole:
                return node_id
        if role == DEPTH:
            return depth
        if role == ON_PATH:
            return node_id in self._path
        if role == GENERATED:
            return node is not None and node.source > 0
        if role == BOOKMARKED:
            return node is not None and node.bookmarked
        return None

    def _words(self, node: Node | None) -> str:
        if node is None:
            return self.tr("The beginning")
        try:
            inserted = " ".join("".join(edit.inserted for edit in node.edits).split())[:PREVIEW_CHARS]
            removed = sum(len(edit.removed) for edit in node.edits)
        except ValueError:
            return self.tr("This step is damaged.")
        words = inserted or self.tr("{n} characters removed").format(n=removed)
        return f"{node.name} – {words}" if node.name else words


class TreeDelegate(QStyledItemDelegate):
    """A line a node: a dot (filled for a generation) on the line of its branch, then its first words."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are alike."""
        return QSize(120, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        rect: QRect = getattr(option, "rect")  # noqa: B009 (the stubs give the option no fields)
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        theme, depth = self.theme, int(index.data(DEPTH))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.tint))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 4, 4)
        painter.setPen(QPen(QColor(theme.line), 2))
        for level in range(depth + 1):
            x = rect.left() + 12 + level * STEP_PX
            painter.drawLine(x, rect.top(), x, rect.bottom() + 1)
        on_path = bool(index.data(ON_PATH))
        colour = QColor(theme.accent if on_path else theme.outline)
        centre = QPointF(rect.left() + 12 + depth * STEP_PX, rect.center().y() + 0.5)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(colour if index.data(GENERATED) else QColor(theme.surface))
        painter.drawEllipse(centre, 4, 4)
        painter.setPen(QColor(theme.ink if on_path else theme.quiet))
        box = rect.adjusted(26 + depth * STEP_PX, 0, -8, 0)
        text = ("★ " if index.data(BOOKMARKED) else "") + str(index.data())
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        painter.restore()


class TreePanel(QWidget):
    """The tree of one text. It asks; the editor goes there."""

    go_to_requested = Signal(int)
    rename_requested = Signal(int, str, bool)  # node, name, bookmarked

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("treePanel")
        self._history: History | None = None
        self.model = TreeModel(self)
        self._delegate = TreeDelegate(theme, self)
        self.list = QListView()
        self.list.setObjectName("treeList")
        self.list.setAccessibleName(self.tr("History of this text"))
        self.list.setToolTip(self.tr("Every state of this text. Enter goes there, F2 names it, B marks it."))
        self.list.setModel(self.model)
        self.list.setItemDelegate(self._delegate)
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._on_menu)
        self.list.clicked.connect(self._on_chosen)
        self.list.installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.list)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._refresh)

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
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        if self._history is None:
            return
        self.model.set_history(self._history)
        head = self.model.index(self.model.head_row())
        self.list.setCurrentIndex(head)
        self.list.scrollTo(head)

    @Slot(QModelIndex)
    def _on_chosen(self, index: QModelIndex) -> None:
        self.go_to_requested.emit(index.data(NODE_ID))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter goes to the state under the keyboard's focus, F2 names it, B bookmarks it."""
        if watched is self.list and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            index = self.list.currentIndex()
            node = self.model.node(index)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
                self.go_to_requested.emit(index.data(NODE_ID))
                return True
            if event.key() == Qt.Key.Key_F2 and node is not None:
                self._ask_name(node)
                return True
            if event.key() == Qt.Key.Key_B and node is not None:
                self.rename_requested.emit(node.id, node.name, not node.bookmarked)
                return True
        return super().eventFilter(watched, event)

    @Slot(QPoint)
    def _on_menu(self, point: QPoint) -> None:
        node = self.model.node(self.list.indexAt(point))
        if node is None:
            return
        menu = QMenu(self)
        go = QAction(self.tr("Go to this state"), menu)
        name = QAction(self.tr("Name…"), menu)
        mark = QAction(self.tr("Remove bookmark") if node.bookmarked else self.tr("Bookmark"), menu)
        menu.addActions([go, name, mark])
        chosen = menu.exec(self.list.viewport().mapToGlobal(point))
        menu.deleteLater()
        if chosen is go:
            self.go_to_requested.emit(node.id)
        elif chosen is name:
            self._ask_name(node)
        elif chosen is mark:
            self.rename_requested.emit(node.id, node.name, not node.bookmarked)

    def _ask_name(self, node: Node) -> None:
        name, accepted = QInputDialog.getText(
            self, self.tr("Name this state"), self.tr("Name:"), QLineEdit.EchoMode.Normal, node.name
        )
        if accepted:
            self.rename_requested.emit(node.id, name.strip()[:PREVIEW_CHARS], node.bookmarked)
