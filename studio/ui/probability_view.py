"""Why this word: the token under the caret or the mouse, and what else could stand there."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.messages import BridgesFound, LookedUp, PlaceInspected, Token
from studio.core.processors import LogitsProcessor
from studio.export.table import Table
from studio.ui.plot_export import PlotExport
from studio.ui.theme import Theme
from studio.ui.token_view.delegate import ROW_PX, Header, RowDelegate
from studio.ui.token_view.list import HOW, AlternativeList
from studio.ui.token_view.pane import TokenPane
from studio.ui.token_view.rows import Row, RowModel
from studio.ui.token_view.words import RowMaker

SEARCH_MS = 120  # after a keystroke in the search field, before the model is asked
PICTURE_PX = 560


class ProbabilityView(QWidget):
    """The token with its figures on the left; search, alternatives and what swaps them on the right."""

    searched = Signal(str)  # a text to be looked up; empty: none
    next_wanted = Signal(bool)  # what could come next is to be shown, not the token itself
    swap_requested = Signal(object, str)  # Row, how
    how_chosen = Signal(str)
    declined = Signal()  # none of the bridges
    left = Signal()  # the keyboard goes back to the text
    pointed_at = Signal(int)  # the token of a row, by keyboard or mouse
    came_into_view = Signal()  # what it lists may be of another place

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("probabilityView")
        self.setAccessibleName(self.tr("Token probabilities"))
        self.theme = theme
        self._words = RowMaker(self)
        self._offers_bridges = False
        self._empty = QLabel()
        self._empty.setProperty("quiet", True)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.pane = TokenPane()
        self._model = RowModel(self)
        self._delegate = RowDelegate(theme, self)
        self._delegate.removed_by = self.tr("removed: {stage}")
        self._list = self._make_list()
        self._header = Header(self._list, theme)
        self._header.setObjectName("candidateHeader")
        self._header.setToolTip(
            self.tr(
                "Rank: 1 is the model's favourite. Bar: outlined, what the model itself gives the token; "
                "filled, what it has after the sampling settings. Log-probability in nats: 0 is certain, "
                "each 0.69 less halves it."
            )
        )
        self._status = QLabel()
        self._status.setObjectName("tokenStatus")
        self._status.setTextFormat(Qt.TextFormat.PlainText)
        self._status.setProperty("quiet", True)
        self._status.setWordWrap(True)
        self._search, self._next, self._how = self._make_search(), self._make_next(), self._make_how()
        self._search_timer = QTimer(self)
        self._search_timer.setSingleShot(True)
        self._search_timer.setInterval(SEARCH_MS)
        self._search_timer.timeout.connect(self._on_search)

        tools = QHBoxLayout()
        tools.setSpacing(8)
        tools.addWidget(self._search, 1)
        tools.addWidget(self._next)
        tools.addWidget(self._how)
        self._export = PlotExport(self, self, "alternatives", self._picture_size)
        tools.addWidget(self._export.button)
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(2)
        right.addLayout(tools)
        right.addSpacing(2)
        right.addWidget(self._status)
        right.addWidget(self._header)
        right.addWidget(self._list, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 4)
        row.setSpacing(16)
        row.addWidget(self.pane)
        row.addWidget(self._right, 1)
        row.addWidget(self._empty, 1)
        self.set_theme(theme)
        self.show_token(None)

    # -- building ------------------------------------------------------------------------------------------

    def _make_list(self) -> AlternativeList:
        made = AlternativeList()
        made.setObjectName("candidateList")
        made.setAccessibleName(self.tr("Alternatives"))
        made.setToolTip(
            self.tr(
                "What else could stand here. Enter or a click puts it there; Alt+Up goes back to the text."
            )
        )
        made.setModel(self._model)
        made.setItemDelegate(self._delegate)
        made.taken.connect(self._on_taken)
        made.typed.connect(self._on_typed)
        made.left.connect(self._on_left)
        made.setMouseTracking(True)
        made.entered.connect(self._on_pointed)
        made.selectionModel().currentChanged.connect(self._on_pointed)
        return made

    def _make_search(self) -> QLineEdit:
        made = QLineEdit()
        made.setObjectName("tokenSearch")
        made.setAccessibleName(self.tr("Look up a word here"))
        made.setPlaceholderText(self.tr("How likely is … here?"))
        made.setToolTip(
            self.tr(
                "Type any word: how likely it is at this place, as one token or as several, and which tokens "
                "of the whole vocabulary have it in them. Down goes to the list, Esc clears."
            )
        )
        made.setClearButtonEnabled(True)
        made.setMaxLength(200)
        made.setMinimumWidth(72)
        made.textChanged.connect(self._on_search_edited)
        made.installEventFilter(self)
        return made

    def _make_next(self) -> QToolButton:
        made = QToolButton()
        made.setObjectName("tokenNext")
        made.setText(self.tr("Next"))
        made.setAccessibleName(self.tr("Show what could come next"))
        made.setToolTip(
            self.tr("Show what could come after this token instead of what could stand in its place")
        )
        made.setCheckable(True)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.toggled.connect(self.next_wanted)
        return made

    def _make_how(self) -> QComboBox:
        made = QComboBox()
        made.setObjectName("swapHow")
        made.setAccessibleName(self.tr("What becomes of the text after a swapped token"))
        for text in (
            self.tr("1  Keep the rest"),
            self.tr("2  Write on from there"),
            self.tr("3  Bridge the gap"),
        ):
            made.addItem(text)
        made.setToolTip(
            self.tr(
                "What Enter does with the text after the swapped token. Keep the rest: nothing else changes "
                "(key 1). Write on from there: the rest of the passage goes and the model writes on (2, or "
                "Ctrl+Enter). Bridge the gap: find a few words that join it to the rest (3, or Shift+Enter). "
                "Undo brings everything back."
            )
        )
        made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        made.setMinimumContentsLength(6)
        made.activated.connect(self._on_how)
        return made

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        self.theme = self._delegate.theme = self._header.theme = theme
        self._export.set_theme(theme)
        self.pane.set_theme(theme)
        self._list.viewport().update()
        self._header.update()

    # -- what is shown -------------------------------------------------------------------------------------

    @property
    def search_text(self) -> str:
        """What is to be looked up."""
        return self._search.text()

    @property
    def shown(self) -> Sequence[Row]:
        """What the list shows."""
        return self._model.rows

    def set_how(self, how: str) -> None:
        """What Enter does with the rest of the text."""
        self._how.setCurrentIndex(HOW.index(how))

    @Slot(bool)
    def set_next(self, ahead: bool) -> None:
        """Whether it is what could come next that is shown."""
        self._next.setChecked(ahead)

    def set_processors(self, processors: Sequence[LogitsProcessor]) -> None:
        """The chain that what comes next was computed with."""
        self._words.processors = processors

    def show_token(self, token: Token | None, hint: str = "") -> None:
        """Show what was kept when a token was drawn, or in words why there is nothing."""
        self._show_parts(token is not None)
        if token is None:
            self._model.set_rows(())
            self._empty.setText(
                hint or self.tr("Put the caret into the text to see what else could stand there.")
            )
            return
        self.pane.show_stored(token, hint or self.tr("As it was when it was drawn."))
        self._put(self._words.stored(token))

    def show_place(self, message: PlaceInspected, before: str = "") -> None:
        """Show what the model thinks of a place now; `before` is the token before what could come next."""
        self._show_parts(True)
        self.pane.show_place(message, before)
        if not self.search_text:
            self._put(self._words.place(message))

    def show_looked_up(self, message: LookedUp) -> None:
        """Show how likely a text is."""
        self._put(self._words.looked_up(message))
        listed = f"{len(message.matches):,}"
        if message.n_matches > len(message.matches):
            text = self.tr("{n} tokens have “{text}” in them; the {listed} likeliest are listed.")
        elif len(message.matches) > 1:
            text = self.tr("{n} tokens have “{text}” in them.")
        else:
            text = self.tr("No token of the vocabulary has “{text}” in it.")
            if message.matches:
                text = self.tr("One token has “{text}” in it.")
        self.show_status(text.format(n=f"{message.n_matches:,}", text=message.text, listed=listed))

    def show_bridges(self, message: BridgesFound, row: Row) -> None:
        """Offer ways to join a swapped token to the rest."""
        self._put(self._words.bridges(message, row), bridges=True)
        if message.bridges:
            text = self.tr("Choose how “{token}” is joined to the text. Esc leaves the text as it is.")
        else:
            text = self.tr("No words join “{token}” better than none. Enter swaps it, Esc leaves the text.")
        self.show_status(text.format(token=row.text))
        self._list.setCurrentIndex(self._model.index(0))

    def show_status(self, text: str) -> None:
        """Say something above the list; nothing: take it away."""
        self._status.setText(text)
        self._status.setVisible(bool(text))

    def _show_parts(self, known: bool) -> None:
        self.pane.setVisible(known)
        self._right.setVisible(known)
        self._export.button.setVisible(known)
        self._empty.setVisible(not known)

    def _put(self, rows: Sequence[Row], *, bridges: bool = False) -> None:
        self._model.set_rows(rows)
        self._offers_bridges = bridges
        if rows and self._list.hasFocus() and not self._list.currentIndex().isValid():
            self._list.setCurrentIndex(self._model.index(0))
        if bridges:
            titles = (self.tr("gain"), self.tr("text"), self.tr("per token"), "", "", self.tr("nats"))
            self._header.set_titles(*titles, sampled=False)
            return
        words = (self.tr("rank"), self.tr("token"), self.tr("probability"), self.tr("model"))
        self._header.set_titles(*words, self.tr("after"), self.tr("nats"))
        self.show_status("")

    # -- as a picture and as numbers -----------------------------------------------------------------------

    def _picture_size(self) -> QSize:
        return QSize(PICTURE_PX, ROW_PX * (self._model.rowCount() + 2) + 8)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """The token and all its alternatives."""
        if not self._model.rows:
            return
        whole = QRect(int(rect.left()) + 8, int(rect.top()) + 4, int(rect.width()) - 16, ROW_PX)
        painter.setPen(QColor(self.theme.quiet))
        heading = self.tr("Instead of “{word}”: outlined the model's own, filled after sampling")
        word = next((row.text for row in self._model.rows if row.chosen), "…")
        painter.drawText(whole, Qt.AlignmentFlag.AlignVCenter, heading.format(word=word))
        before, self._delegate.theme = self._delegate.theme, self.theme
        whole.translate(0, ROW_PX)
        self._header.draw(painter, whole, self.theme)
        for row in self._model.rows:
            whole.translate(0, ROW_PX)
            self._delegate.draw(painter, whole, row)
        self._delegate.theme = before

    def rows(self) -> Table:
        """Rank, token and both probabilities of each alternative."""
        header = (
            self.tr("rank"),
            self.tr("token"),
            self.tr("text"),
            self.tr("log-probability (nats)"),
            self.tr("probability"),
            self.tr("probability after sampling"),
            self.tr("removed by"),
        )
        return header, [
            (
                row.rank,
                row.token_id,
                row.plain or row.text,
                math.log(row.probability) if row.probability > 0 else -math.inf,
                row.probability,
                row.sampling_prob,
                row.removed_by,
            )
            for row in self._model.rows
        ]

    @Slot(QModelIndex)
    def _on_pointed(self, index: QModelIndex) -> None:
        row = self._model.rows[index.row()] if index.isValid() else None
        if row is not None and row.token_id is not None:
            self.pointed_at.emit(row.token_id)

    @Slot()
    def take_focus(self) -> None:
        """Put the keyboard into the list."""
        if self._model.rowCount():
            self._list.setFocus()
            if not self._list.currentIndex().isValid():
                self._list.setCurrentIndex(self._model.index(0))
        elif self._right.isVisible():
            self._search.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is to be listed."""
        super().showEvent(event)
        self.came_into_view.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the search field."""
        if watched is self._search and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            key, alt = event.key(), event.modifiers() & Qt.KeyboardModifier.AltModifier
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or (key == Qt.Key.Key_Down and not alt):
                self.take_focus()
                return True
            if key == Qt.Key.Key_Escape and self._search.text():
                self._search.clear()
                return True
            if key == Qt.Key.Key_Escape or (key == Qt.Key.Key_Up and alt):
                self.left.emit()
                return True
        return super().eventFilter(watched, event)

    @Slot()
    def _on_search_edited(self) -> None:
        if self._search.text():
            self._search_timer.start()
        else:
            self._on_search()

    @Slot()
    def _on_search(self) -> None:
        self._search_timer.stop()
        self.searched.emit(self._search.text())

    @Slot(str)
    def _on_typed(self, text: str) -> None:
        self._search.setFocus()
        self._search.insert(text)

    @Slot()
    def _on_left(self) -> None:
        (self.declined if self._offers_bridges else self.left).emit()

    @Slot(int, str, bool)
    def _on_taken(self, row: int, how: str, remember: bool) -> None:
        if self._offers_bridges:
            how = "keep"
        elif remember:
            self._how.setCurrentIndex(HOW.index(how))
            self.how_chosen.emit(how)
        self.swap_requested.emit(self._model.rows[row], how or HOW[self._how.currentIndex()])

    @Slot(int)
    def _on_how(self, index: int) -> None:
        self.how_chosen.emit(HOW[index])
