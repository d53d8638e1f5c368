"""The sessions, newest first, under Today, Yesterday and Earlier; a field to find one by its words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.store.records import SessionSummary
from studio.ui.icons import icon
from studio.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
SESSION = Qt.ItemDataRole.UserRole
HEADING = Qt.ItemDataRole.UserRole + 1
MAX_TITLE = 200


class SessionModel(QAbstractListModel):
    """Headings and sessions, filtered."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sessions: tuple[SessionSummary, ...] = ()
        self._rows: list[str | SessionSummary] = []
        self._filter = ""

    def set_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        """Show these, in this order."""
        self._sessions = tuple(sessions)
        self._rebuild()

    def set_filter(self, words: str) -> None:
        """Show only sessions whose title or beginning has all these words."""
        self._filter = words.casefold().strip()
        self._rebuild()

    def update(self, summary: SessionSummary) -> None:
        """A session was saved: its line changes in place; a new or older one comes to the top."""
        if self._sessions and self._sessions[0].id == summary.id and summary in self._rows[1:2]:
            return
        if self._sessions and self._sessions[0].id == summary.id and not self._filter and len(self._rows) > 1:
            same_day = self._heading(self._sessions[0]) == self._heading(summary)
            self._sessions = (summary, *self._sessions[1:])
            if same_day:
                self._rows[1] = summary
                self.dataChanged.emit(self.index(1), self.index(1))
                return
        self._sessions = (summary, *(s for s in self._sessions if s.id != summary.id))
        self._rebuild()

    def sessions(self) -> tuple[SessionSummary, ...]:
        """All sessions, unfiltered."""
        return self._sessions

    def row_of(self, session_id: int) -> int:
        """The row of a session, -1 if it is not shown."""
        for row, entry in enumerate(self._rows):
            if isinstance(entry, SessionSummary) and entry.id == session_id:
                return row
        return -1

    def _rebuild(self) -> None:
        self.beginResetModel()
        self._rows = []
        words = self._filter.split()
        heading = ""
        for session in self._sessions:
            haystack = f"{session.title} {session.preview}".casefold()
            if not all(word in haystack for word in words):
                continue
            if (name := self._heading(session)) != heading:
                self._rows.append(heading := name)
            self._rows.append(session)
        self.endResetModel()

    def _heading(self, session: SessionSummary) -> str:
        try:
            day = datetime.fromisoformat(session.updated_utc).replace(tzinfo=UTC).astimezone().date()
        except ValueError:
            day = date.min
        today = datetime.now(UTC).astimezone().date()
        if day >= today:
            return self.tr("Today")
        return self.tr("Yesterday") if day == today - timedelta(days=1) else self.tr("Earlier")

    def title(self, session: SessionSummary) -> str:
        """What a session is called: its name, else its first words."""
        return session.title or session.preview or self.tr("Empty session")

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Headings and sessions."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if index.isValid() and isinstance(self._rows[index.row()], str):
            return Qt.ItemFlag.ItemIsEnabled
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title or heading; SESSION gives the summary."""
        if not index.isValid():
            return None
        entry = self._rows[index.row()]
        if role == HEADING:
            return isinstance(entry, str)
        if isinstance(entry, str):
            return entry if role == Qt.ItemDataRole.DisplayRole else None
        if role == SESSION:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self.title(entry)
        return None


class SessionDelegate(QStyledItemDelegate):
    """One line a session; the open one tinted; headings small."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Headings have air above."""
        return QSize(100, 36 if index.data(HEADING) else 30)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row as plain text: a title is the user's."""
        rect: QRect = getattr(option, "rect")  # noqa: B009 (the stubs give the option no fields)
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        font: QFont = getattr(option, "font")  # noqa: B009
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = str(index.data()).replace("\n", " ")
        if index.data(HEADING):
            small = QFont(font)
            small.setPointSizeF(font.pointSizeF() * 0.9)
            painter.setFont(small)
            painter.setPen(QColor(self.theme.quiet))
            box = rect.adjusted(12, 12, -8, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        else:
            row = rect.adjusted(4, 1, -4, -1)
            selected = bool(state & QStyle.StateFlag.State_Selected)
            if selected or state & QStyle.StateFlag.State_MouseOver:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(self.theme.tint))
                painter.drawRoundedRect(row, 6, 6)
            if selected:
                painter.setBrush(QColor(self.theme.accent))
                painter.drawRoundedRect(QRect(row.left(), row.top() + 6, 3, row.height() - 12), 1.5, 1.5)
            painter.setPen(QColor(self.theme.ink))
            box = row.adjusted(10, 0, -8, 0)
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        painter.restore()


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
