"""The palette itself: a field and a list over the window. It finds actions; for the rest it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from studio.store.records import Found, SessionSummary
from studio.ui.palette.delegate import RowDelegate
from studio.ui.palette.rows import (
    ROW,
    Kind,
    Row,
    RowModel,
    action_rows,
    hit_rows,
    session_rows,
    useful_rows,
)
from studio.ui.theme import Theme

SEARCH_MS = 60
"""The library is asked when no key was pressed for so long."""

WIDTH_PX, TOP_PX, MARGIN_PX = 640, 56, 24
MAX_ACTIONS, MAX_SESSIONS, MAX_RECENT, MAX_QUERY = 8, 6, 5, 500


class Palette(QWidget):
    """Covers the window thinly; a click beside the box, Esc, or another widget's focus closes it.

    It stays when the whole window loses the focus: an input method's own window takes it too.
    """

    search_requested = Signal(str)  # answered by `show_found`
    session_requested = Signal(int)
    hit_requested = Signal(object, str)  # Hit, the query that found it

    def __init__(self, home: QWidget, actions: Mapping[str, QAction], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self._home = home  # has the keyboard afterwards
        self._actions = actions
        self._sessions: Sequence[SessionSummary] = ()
        self._open_session = 0
        self._searchable = False
        self._found = Found("", ())
        self.field = QLineEdit()
        self.field.setObjectName("paletteField")
        self.field.setMaxLength(MAX_QUERY)
        self.field.setPlaceholderText(self.tr("Find actions, sessions, and words in all texts"))
        self.field.setAccessibleName(self.field.placeholderText())
        self.field.setToolTip(self.tr("Up and Down choose, Enter opens, Esc closes"))
        self.field.textChanged.connect(self._on_query)
        self.model = RowModel()
        self._delegate = RowDelegate(theme, self)
        self.list = QListView()
        self.list.setObjectName("paletteList")
        self.list.setAccessibleName(self.tr("What was found"))
        self.list.setToolTip(self.field.toolTip())
        self.list.setModel(self.model)
        self.list.setItemDelegate(self._delegate)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.clicked.connect(self._on_clicked)
        self._note = QLabel()
        self._note.setObjectName("paletteNote")
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setWordWrap(True)
        self._note.setContentsMargins(6, 0, 6, 0)
        self._note.setProperty("quiet", True)
        self._box = QFrame(self)
        self._box.setObjectName("paletteBox")
        column = QVBoxLayout(self._box)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        column.addWidget(self._note)
        for widget in (self.field, self.list):
            widget.installEventFilter(self)
        parent.installEventFilter(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEARCH_MS)
        self._timer.timeout.connect(self._ask)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus_changed)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self._delegate.theme = theme
        self.list.viewport().update()

    # -- opening and closing -------------------------------------------------------------------------------

    def open_palette(
        self, text: str, sessions: Sequence[SessionSummary], open_session: int, *, searchable: bool
    ) -> None:
        """Show the palette with `text` in its field; `sessions` latest first. Not `searchable`: no texts."""
        self._sessions, self._open_session, self._searchable = sessions, open_session, searchable
        self._found = Found("", ())
        self.field.setText(text)
        self.setGeometry(self.window().rect())
        self.show()
        self.raise_()
        self._on_query(text)
        self.field.setFocus()

    @Slot()
    def close_palette(self) -> None:
        """Hide it; the keyboard goes back to the text."""
        self._timer.stop()
        if self.isVisible():
            self.hide()
            self._home.setFocus()

    @Slot("QWidget*", "QWidget*")
    def _on_focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        elsewhere = now is not None and now.window() is self.window() and not self.isAncestorOf(now)
        if elsewhere and self.isVisible():
            self._timer.stop()
            self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the box closes it."""
        if not self._box.geometry().contains(event.position().toPoint()):
            self.close_palette()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A thin veil over the window."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 110 if self._delegate.theme.dark else 36))
        painter.end()

    def focusNextPrevChild(self, _forwards: bool) -> bool:
        """Tab goes to and fro between field and list."""
        (self.field if self.list.hasFocus() else self.list).setFocus(Qt.FocusReason.TabFocusReason)
        return True

    # -- what is found -------------------------------------------------------------------------------------

    @Slot(str)
    def _on_query(self, text: str) -> None:
        self._timer.stop()
        query = text.strip()
        # One letter is in every text; a Chinese character is not.
        if self._searchable and not query.startswith(">") and (len(query) > 1 or not query.isascii()):
            self._timer.start()
        else:
            self._found = Found("", ())
        self._show(None)

    @Slot()
    def _ask(self) -> None:
        self.search_requested.emit(self.field.text().strip())

    def show_found(self, found: Found) -> None:
        """The library's answer; one to an older query is dropped."""
        if self.isVisible() and found.query == self.field.text().strip():
            self._found = found
            self._show(self._selected_key())

    def _show(self, key: object) -> None:
        """Show what is found now, with the line of this key chosen, else the first."""
        query = self.field.text().strip()
        self.model.set_groups(self._groups(query))
        number = self.model.chosen(key)
        if number >= 0:
            self.list.setCurrentIndex(self.model.index(number))
            if number == self.model.chosen():
                self.list.scrollToTop()
        self._note.setText(self._advice(query, found=number >= 0))
        self._place()

    def _groups(self, query: str) -> list[tuple[str, list[Row]]]:
        actions, sessions = self.tr("Actions"), self.tr("Sessions")
        if query.startswith(">"):
            return [(actions, action_rows(query[1:], self._actions))]
        untitled = self.tr("Empty session")
        if not query:
            others = [s for s in self._sessions[: MAX_RECENT + 1] if s.id != self._open_session]
            recent = session_rows("", others, (), MAX_RECENT, untitled)
            return [(self.tr("Recent sessions"), recent), (actions, useful_rows(self._actions))]
        hits = self._found.hits
        titled = [hit for hit in hits if hit.where == "title"]
        places = hit_rows(hits)
        return [
            (actions, action_rows(query, self._actions)[:MAX_ACTIONS]),
            (sessions, session_rows(query, self._sessions, titled, MAX_SESSIONS, untitled)),
            (self.tr("In texts"), [p for p in places if p.kind is Kind.TEXT]),
            (self.tr("In generations no longer in a text"), [p for p in places if p.kind is Kind.GENERATION]),
        ]  # fmt: skip

    def _advice(self, query: str, *, found: bool) -> str:
        if not self._searchable and not query.startswith(">"):
            return self.tr("The library is not open: only actions are found.")
        if not found and not self._timer.isActive():
            return self.tr("Nothing was found.")
        if query.startswith(">"):
            return self.tr("Only actions. Without “>”, sessions and texts are searched too.")
        if '"' in query:
            return self.tr("What is in quotes is searched for as a phrase, word after word.")
        return self.tr('“>” finds only actions, "quotes" find a phrase. Enter opens, Esc closes.')

    def _place(self) -> None:
        """The box in the middle, high enough for its lines."""
        width = min(WIDTH_PX, self.width() - 2 * MARGIN_PX)
        lines = sum(self.list.sizeHintForRow(n) for n in range(self.model.rowCount()))
        self.list.setVisible(lines > 0)
        note = self._note.heightForWidth(width - 24)
        wanted = self.field.sizeHint().height() + note + (lines + 4 + 8 if lines else 0) + 24
        height = min(wanted, self.height() - TOP_PX - MARGIN_PX)
        self._box.setGeometry(QRect((self.width() - width) // 2, TOP_PX, width, height))

    # -- choosing ------------------------------------------------------------------------------------------

    def _selected_key(self) -> object:
        row = self.list.currentIndex().data(ROW)
        return row.key if isinstance(row, Row) else None

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        self._choose(index.data(ROW))

    def _choose(self, row: Row | None) -> None:
        """Do what a line says."""
        if row is None or row.kind is Kind.HEADING:
            return
        if row.kind is Kind.ACTION and not self._actions[row.action].isEnabled():
            self._note.setText(self.tr("“{action}” is not possible now.").format(action=row.text))
            return
        query = self._found.query
        self.close_palette()
        if row.kind is Kind.ACTION:
            self._actions[row.action].trigger()
        elif row.hit is None:
            self.session_requested.emit(row.session_id)
        else:
            self.hit_requested.emit(row.hit, query)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of field and list; the size of the window."""
        if watched is self.parent():
            if event.type() == QEvent.Type.Resize and self.isVisible():
                self.setGeometry(self.window().rect())
                self._place()
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() in _OWN_KEYS:  # Esc is also Stop's, Ctrl+Enter Continue's
                event.accept()
                return True
        elif event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            return self._on_key(event)
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        current = self.list.currentIndex()
        if key == Qt.Key.Key_Escape:
            self.close_palette()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(current.data(ROW))
        elif key in _STEPS:
            page = max(self.list.viewport().height() // 30 - 1, 1)
            steps = _STEPS[key] * (page if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) else 1)
            number = self.model.moved(current.row(), steps)
            if number >= 0:
                self.list.setCurrentIndex(self.model.index(number))
                if number == self.model.chosen():
                    self.list.scrollToTop()  # its heading too
        elif self.list.hasFocus() and event.text().isprintable() and event.text():
            self.field.setFocus()
            self.field.insert(event.text())
        else:
            return False
        return True


_STEPS = {
    int(Qt.Key.Key_Up): -1,
    int(Qt.Key.Key_Down): 1,
    int(Qt.Key.Key_PageUp): -1,
    int(Qt.Key.Key_PageDown): 1,
}
_OWN_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, *map(Qt.Key, _STEPS))
