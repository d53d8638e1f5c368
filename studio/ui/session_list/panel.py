"""The list of sessions with its search field, the choice of what is listed, and the New button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.store.records import Order, SessionsListed, SessionSummary, View
from studio.ui.actions import plain_text
from studio.ui.icons import icon
from studio.ui.session_list.delegate import SessionDelegate
from studio.ui.session_list.model import SEARCH, SESSION, SessionModel, belongs, tags_of
from studio.ui.session_list.session_menu import SessionMenu
from studio.ui.session_list.view_bar import ViewBar
from studio.ui.theme import Theme

MAX_TITLE = 200


class SessionPanel(QWidget):
    """Shows one view of the library's sessions. It asks; the controller acts."""

    new_requested = Signal()
    open_requested = Signal(int)
    rename_requested = Signal(int, str)
    verb_requested = Signal(str, int)  # pin, tags, duplicate, archive, restore, delete; of a session
    empty_trash_requested = Signal()
    list_requested = Signal()  # the list of `view` and `order` is wanted
    search_requested = Signal(str)  # look for these words everywhere

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leftPanel")
        self.view: View = "current"
        self.order: Order = "updated"
        self.writable = True
        self.model = SessionModel(self)
        self._tag = ""
        self.current: tuple[SessionSummary, ...] = ()  # those neither archived nor deleted, whatever is shown
        self._waiting = False
        self._delegate = SessionDelegate(theme, self)
        self._search = QLineEdit()
        self._search.setObjectName("sessionSearch")
        self._search.setClearButtonEnabled(True)
        self._search.setPlaceholderText(self.tr("Find a session"))
        self._search.setAccessibleName(self._search.placeholderText())
        self._search.setToolTip(
            self.tr(
                "Show only sessions whose name, beginning or tags have these words; Enter opens the first"
            )
        )
        self._search.textChanged.connect(self._on_filter)
        self._search.installEventFilter(self)
        self._new = QToolButton()
        self._new.setObjectName("newSessionButton")
        self._new.setAccessibleName(self.tr("New session"))
        self._new.setToolTip(self.tr("New session (Ctrl+N)"))
        self._new.clicked.connect(self.new_requested)
        self.bar = ViewBar(theme)
        self.bar.view_chosen.connect(self.show_view)
        self.bar.tag_chosen.connect(self.show_tag)
        self.bar.order_chosen.connect(self.set_order)
        self.bar.empty_trash_requested.connect(self.empty_trash_requested)
        self.list = QListView()
        self.list.setObjectName("sessionList")
        self.list.setAccessibleName(self.tr("Sessions"))
        self.list.setToolTip(self.tr("Your sessions: Enter opens, F2 renames, Delete removes"))
        self.list.setModel(self.model)
        self.list.setItemDelegate(self._delegate)
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._on_chosen)
        self.list.installEventFilter(self)
        self.list.viewport().installEventFilter(self)
        self._empty = QLabel()
        self._empty.setObjectName("sessionsEmpty")
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
        column.addWidget(self.bar)
        column.addWidget(self._empty)
        column.addWidget(self.list, 1)
        self._below = QHBoxLayout()
        self._below.setContentsMargins(8, 4, 8, 4)
        self._below.setSpacing(4)
        self._below.addStretch(1)
        column.addLayout(self._below)
        self.set_theme(theme)
        self._show_count()

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._delegate.theme = theme
        self._new.setIcon(icon("plus", theme.ink, theme.quiet))
        self.bar.set_theme(theme)
        self.list.viewport().update()

    def add_button(self, action: QAction) -> None:
        """Offer something of the whole app under the list."""
        button = QToolButton()
        button.setObjectName(f"{action.objectName()}Button")
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setText(plain_text(action))
        button.setAccessibleName(plain_text(action))
        self._below.insertWidget(self._below.count() - 1, button)

    # -- what is listed ------------------------------------------------------------------------------------

    def set_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        """A library was opened: show its sessions."""
        self.view, self._tag = "current", ""
        self.model.set_tag("")
        listed = SessionsListed(tuple(sessions))
        if not self.show_listed(listed):
            self._waiting = True
            self._set(())
            self.list_requested.emit()

    def show_listed(self, message: SessionsListed) -> bool:
        """Show a list, if it is the one that is wanted: a list of another view is not shown here."""
        if message.view == "current":
            self.current = message.sessions
        if (message.view, message.order) != (self.view, self.order):
            return False
        self._waiting = False
        self._set(message.sessions)
        if self._tag and self._tag not in self.tags_in_use():
            self.show_tag("")
        return True

    def _set(self, sessions: Sequence[SessionSummary]) -> None:
        with _Place(self):
            self.model.set_sessions(sessions, self.view, self.order)

    def update_session(self, summary: SessionSummary) -> None:
        """A session was saved; of another view it is not shown."""
        others = tuple(s for s in self.current if s.id != summary.id)
        self.current = (summary, *others) if belongs(summary, "current") else others
        with _Place(self):
            self.model.update(summary)

    def remove_session(self, session_id: int) -> None:
        """A session goes to another view."""
        self.current = tuple(s for s in self.current if s.id != session_id)
        with _Place(self):
            self.model.remove(session_id)

    @Slot(str)
    def show_view(self, view: str) -> None:
        """List the sessions, the archive or the trash."""
        wanted = cast("View", view)
        self._tag = ""
        self.model.set_tag("")
        if wanted != self.view:
            self.view, self._waiting = wanted, True
            self._set(())  # acting on a line of the view before must not be possible
        self._show_count()
        self.list_requested.emit()

    @Slot(str)
    def show_tag(self, tag: str) -> None:
        """List only what has this tag, of the view that is shown; all if it is empty."""
        self._tag = tag
        with _Place(self):
            self.model.set_tag(tag)

    @Slot(str)
    def set_order(self, order: str) -> None:
        """List in another order."""
        self.order = cast("Order", order)
        self.bar.set_order(self.order)
        self.list_requested.emit()

    def set_writable(self, writable: bool) -> None:
        """Whether anything can be changed in this library."""
        self.writable = writable
        self._show_count()

    def tags_in_use(self) -> tuple[str, ...]:
        """The tags of all sessions that are known here."""
        return tags_of((*self.current, *self.model.sessions()))

    def set_current(self, session_id: int) -> None:
        """Mark the open session."""
        self._delegate.open_id = session_id
        self.list.viewport().update()
        if not self.list.hasFocus():
            self._go_to(session_id)

    def selected(self) -> SessionSummary | None:
        """The session under the keyboard, if the list has it."""
        session = self.list.currentIndex().data(SESSION) if self.list.hasFocus() else None
        return session if isinstance(session, SessionSummary) else None

    def neighbour(self, session_id: int) -> int | None:
        """The current session to show when this one goes: the one below it, else the one above."""
        shown = [s.id for s in self.model.shown() if belongs(s, "current")]
        if session_id not in shown:
            return next((s.id for s in self.current if s.id != session_id), None)
        place = shown.index(session_id)
        return next(iter((*shown[place + 1 :], *shown[:place][-1:])), None)

    def focus_search(self) -> None:
        """Put the keyboard into the search field."""
        self._search.setFocus()
        self._search.selectAll()

    def _go_to(self, session_id: int) -> None:
        row = self.model.row_of(session_id)
        if row < 0:
            self.list.setCurrentIndex(QModelIndex())
        elif self.list.currentIndex().row() != row:
            self.list.setCurrentIndex(self.model.index(row))

    def keep_place(self, session_id: int, row: int, scroll: int) -> None:
        """After a change of the rows: the keyboard's row, or the one now in its place."""
        if not self.list.currentIndex().isValid():
            by_hand = self.list.hasFocus()
            self._go_to(session_id if by_hand else self._delegate.open_id)
            if by_hand and not self.list.currentIndex().isValid():
                rows = (*range(max(row, 0), self.model.rowCount()), *range(row - 1, -1, -1))
                near = next((r for r in rows if self.model.index(r).data(SESSION) is not None), 0)
                self.list.setCurrentIndex(self.model.index(near))
            self.list.verticalScrollBar().setValue(scroll)
        self._show_count()

    def _show_count(self) -> None:
        shown = len(self.model.shown())
        self.bar.show_place(self.view, self._tag, shown)
        self.bar.set_tags(self.tags_in_use())
        self.bar.set_can_empty(self.writable and bool(self.model.sessions()))
        nothing = {
            "current": self.tr(
                "A session is one text with everything the model wrote in it. It is saved as you write."
            ),
            "archived": self.tr("Sessions you archive are out of the way here, whole and easy to find."),
            "trash": self.tr("The trash is empty. Deleted sessions stay here until you empty it."),
        }[self.view]
        if self.model.sessions():
            nothing = self.tr("No session here has these words.")
        self._empty.setText(nothing)
        self._empty.setVisible(not shown and not self._waiting)

    # -- by hand -------------------------------------------------------------------------------------------

    @Slot(str)
    def _on_filter(self, text: str) -> None:
        with _Place(self):
            self.model.set_filter(text)

    @Slot(QModelIndex)
    def _on_chosen(self, index: QModelIndex) -> None:
        session = index.data(SESSION)
        if isinstance(session, SessionSummary):
            self.open_requested.emit(session.id)
        elif isinstance(words := index.data(SEARCH), str):
            self.search_requested.emit(self._search.text().strip() or words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the search field and of the list, and the context menu by mouse or key."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if watched is self._search:
                return self._on_search_key(event)
            return watched is self.list and self._on_list_key(event)
        if isinstance(event, QContextMenuEvent) and watched is not self._search:
            self._on_context_menu(event)
            return True
        return super().eventFilter(watched, event)

    def _on_search_key(self, event: QKeyEvent) -> bool:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if found := self.model.shown():
                    self.open_requested.emit(found[0].id)
                elif words := self._search.text().strip():
                    self.search_requested.emit(words)
            case Qt.Key.Key_Down if self.model.rowCount():
                first = 1 if self.model.rowCount() > 1 else 0
                self.list.setFocus()
                self.list.setCurrentIndex(self.model.index(first))
            case Qt.Key.Key_Escape if self._search.text():
                self._search.clear()
            case _:
                return False
        return True

    def _on_list_key(self, event: QKeyEvent) -> bool:
        index = self.list.currentIndex()
        session = index.data(SESSION)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_chosen(index)
        elif isinstance(session, SessionSummary) and event.key() == Qt.Key.Key_F2:
            self._act("rename", session)
        elif isinstance(session, SessionSummary) and event.key() == Qt.Key.Key_Delete:
            self._act("delete", session)
        else:
            return False
        return True

    def _on_context_menu(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.list.currentIndex() if by_key else self.list.indexAt(event.pos())
        place = self.list.visualRect(index).bottomLeft() + QPoint(24, 0) if by_key else event.pos()
        self._show_menu(index, self.list.viewport().mapToGlobal(place))

    def _show_menu(self, index: QModelIndex, where: QPoint) -> None:
        session = index.data(SESSION)
        if isinstance(session, SessionSummary):
            menu = SessionMenu(session, self.writable, self)
            menu.chosen.connect(lambda verb: self._act(verb, session))
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(where)

    def _act(self, verb: str, session: SessionSummary) -> None:
        if verb == "open":
            self.open_requested.emit(session.id)
        elif not self.writable:
            return
        elif verb == "empty_trash":
            self.empty_trash_requested.emit()
        elif bool(session.deleted_utc) != (verb == "restore"):
            return  # in the trash, a session can only be restored
        elif verb == "rename":
            self.ask_rename(session.id, session.title)
        else:
            self.verb_requested.emit(verb, session.id)

    def ask_rename(self, session_id: int, old: str) -> None:
        """Ask for a session's new name."""
        title, accepted = QInputDialog.getText(
            self,
            self.tr("Rename session"),
            self.tr("Name (empty: the first words of the text)"),
            QLineEdit.EchoMode.Normal,
            old,
        )
        if accepted:
            self.rename_requested.emit(session_id, title.strip()[:MAX_TITLE])


class _Place:
    """While the rows change, the keyboard's row and what is scrolled into sight stay what they were."""

    def __init__(self, panel: SessionPanel) -> None:
        self._panel = panel

    def __enter__(self) -> None:
        view = self._panel.list
        session = view.currentIndex().data(SESSION)
        self._id = session.id if isinstance(session, SessionSummary) else 0
        self._row = view.currentIndex().row()
        self._scroll = view.verticalScrollBar().value()

    def __exit__(self, *_: object) -> None:
        self._panel.keep_place(self._id, self._row, self._scroll)
