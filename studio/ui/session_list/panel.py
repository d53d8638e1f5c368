"""The sessions, newest first, under Today, Yesterday and Earlier; a field to find one by its words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.store.records import SessionSummary
from studio.ui.icons import icon
from studio.ui.session_list.delegate import SessionDelegate
from studio.ui.session_list.model import SESSION, SessionModel
from studio.ui.theme import Theme

MAX_TITLE = 200


class SessionPanel(QWidget):
    """The list with its search field and the New button. It asks; the controller acts."""

    new_requested = Signal()
    open_requested = Signal(int)
    rename_requested = Signal(int, str)
    delete_requested = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leftPanel")
        self.model = SessionModel(self)
        self._delegate = SessionDelegate(theme, self)
        self._current = -1
        self._search = QLineEdit()
        self._search.setObjectName("sessionSearch")
        self._search.setClearButtonEnabled(True)
        self._search.setPlaceholderText(self.tr("Find a session"))
        self._search.setAccessibleName(self._search.placeholderText())
        self._search.setToolTip(self.tr("Show only sessions whose beginning has these words"))
        self._search.textChanged.connect(self._on_filter)
        self._new = QToolButton()
        self._new.setObjectName("newSessionButton")
        self._new.setAccessibleName(self.tr("New session"))
        self._new.setToolTip(self.tr("New session (Ctrl+N)"))
        self._new.clicked.connect(self.new_requested)
        self.list = QListView()
        self.list.setObjectName("sessionList")
        self.list.setAccessibleName(self.tr("Sessions"))
        self.list.setToolTip(self.tr("Your sessions: Enter opens, F2 renames, Delete removes"))
        self.list.setModel(self.model)
        self.list.setItemDelegate(self._delegate)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._on_chosen)
        self.list.customContextMenuRequested.connect(self._on_menu)
        self.list.installEventFilter(self)
        self._empty = QLabel(
            self.tr("A session is one text with everything the model wrote in it. It is saved as you write.")
        )
        self._empty.setWordWrap(True)
        self._empty.setProperty("quiet", True)
        self._empty.setContentsMargins(16, 12, 16, 0)
        top = QHBoxLayout()
        top.setContentsMargins(12, 10, 8, 4)
        top.setSpacing(4)
        top.addWidget(self._search, 1)
        top.addWidget(self._new)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._empty)
        column.addWidget(self.list, 1)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._delegate.theme = theme
        self._new.setIcon(icon("plus", theme.ink, theme.quiet))
        self.list.viewport().update()

    def set_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        """Show these sessions."""
        self.model.set_sessions(sessions)
        self._show_current()

    def update_session(self, summary: SessionSummary) -> None:
        """A session was saved."""
        self.model.update(summary)
        self._show_current()

    def set_current(self, session_id: int) -> None:
        """Mark the open session."""
        self._current = session_id
        self._show_current()

    def focus_search(self) -> None:
        """Put the keyboard into the search field."""
        self._search.setFocus()
        self._search.selectAll()

    def _show_current(self) -> None:
        self._empty.setVisible(not self.model.sessions())
        row = self.model.row_of(self._current)
        if row >= 0:
            if self.list.currentIndex().row() != row:
                self.list.setCurrentIndex(self.model.index(row))
        else:
            self.list.clearSelection()

    @Slot(str)
    def _on_filter(self, text: str) -> None:
        self.model.set_filter(text)
        self._show_current()

    @Slot(QModelIndex)
    def _on_chosen(self, index: QModelIndex) -> None:
        session = index.data(SESSION)
        if isinstance(session, SessionSummary):
            self.open_requested.emit(session.id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter, F2 and Delete act on the session under the keyboard's focus."""
        if watched is self.list and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            session = self.list.currentIndex().data(SESSION)
            if isinstance(session, SessionSummary):
                if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                    self.open_requested.emit(session.id)
                    return True
                if event.key() == Qt.Key.Key_F2:
                    self.ask_rename(session)
                    return True
                if event.key() == Qt.Key.Key_Delete:
                    self.delete_requested.emit(session.id)
                    return True
        return super().eventFilter(watched, event)

    @Slot(QPoint)
    def _on_menu(self, point: QPoint) -> None:
        session = self.list.indexAt(point).data(SESSION)
        if not isinstance(session, SessionSummary):
            return
        menu = QMenu(self)
        rename, delete = QAction(self.tr("Rename…"), menu), QAction(self.tr("Delete"), menu)
        menu.addActions([rename, delete])
        chosen = menu.exec(self.list.viewport().mapToGlobal(point))
        menu.deleteLater()
        if chosen is rename:
            self.ask_rename(session)
        elif chosen is delete:
            self.delete_requested.emit(session.id)

    def ask_rename(self, session: SessionSummary) -> None:
        """Ask for a session's new name."""
        title, accepted = QInputDialog.getText(
            self,
            self.tr("Rename session"),
            self.tr("Name (empty: the first words of the text)"),
            QLineEdit.EchoMode.Normal,
            session.title,
        )
        if accepted:
            self.rename_requested.emit(session.id, title.strip()[:MAX_TITLE])
