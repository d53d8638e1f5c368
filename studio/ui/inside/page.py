"""The page “Inside”: for one token of the text, four views of what the model did to find it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTabWidget, QToolButton, QVBoxLayout, QWidget

from studio.core import messages as m
from studio.ui.glyphs import visible
from studio.ui.icons import icon
from studio.ui.inside.attention_view import AttentionView
from studio.ui.inside.figure import Figure
from studio.ui.inside.lens_view import LensView
from studio.ui.inside.switches_view import SwitchesView
from studio.ui.inside.view import MARGIN
from studio.ui.inside.words_view import WordsView
from studio.ui.theme import Theme


class InsidePage(QWidget):
    """Shows what it is given, asks for the rest."""

    asked = Signal()  # it has come into view, or something else of it has
    step_wanted = Signal(int)  # to the next token or the one before

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("insidePage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.attention = AttentionView(theme, self.tr("Attention"))
        self.lens = LensView(theme, self.tr("Layers"))
        self.words = WordsView(theme, self.tr("Words"))
        self.switches = SwitchesView(theme, self.tr("Switches"))
        self._figures: tuple[Figure, ...] = (
            self.attention.heads,
            self.attention.tokens,
            self.attention.arcs,
            self.lens.lens,
            self.words.weights,
            self.switches.grid,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._make_header())
        self._hint = QLabel()
        self._hint.setObjectName("insideHint")
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setProperty("quiet", True)
        self._hint.setWordWrap(True)
        self._hint.setContentsMargins(MARGIN, 4, MARGIN, 4)
        column.addWidget(self._hint)
        self.views = QTabWidget()
        self.views.setObjectName("insideViews")
        self.views.setDocumentMode(True)
        self.views.tabBar().setObjectName("insideTabs")
        self.views.tabBar().setDrawBase(False)
        self.views.tabBar().setAccessibleName(self.tr("Views of the inside"))
        self.views.tabBar().setToolTip(
            self.tr(
                "Attention: where the model looked. Layers: what it would have said on the way. Words: which "
                "earlier words mattered. Switches: work without parts of it."
            )
        )
        for view in (self.attention, self.lens, self.words, self.switches):
            self.views.addTab(view, view.accessibleName())
        self.views.currentChanged.connect(self.asked)
        self.attention.asked.connect(self.asked)
        self.words.asked.connect(self.asked)
        self.hold.toggled.connect(self.asked)
        column.addWidget(self.views, 1)
        self.set_theme(theme)
        self.show_token(None)

    def _make_header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(MARGIN, 0, MARGIN, 0)
        row.setSpacing(4)
        self._chip = QLabel()
        self._chip.setObjectName("insideToken")
        self._chip.setTextFormat(Qt.TextFormat.PlainText)
        self._chip.setToolTip(self.tr("The token all of this is about: the one before the caret"))
        self._previous = self._tool("insidePrevious", self.tr("The token before"))
        self._previous.clicked.connect(self._on_previous)
        self._next = self._tool("insideNext", self.tr("The token after"))
        self._next.clicked.connect(self._on_next)
        self.hold = self._tool("insideHold", self.tr("Keep this token while the caret moves"))
        self.hold.setCheckable(True)
        self._busy = QLabel()
        self._busy.setObjectName("insideBusy")
        self._busy.setProperty("quiet", True)
        row.addWidget(self._chip)
        row.addWidget(self._busy, 1)
        for button in (self._previous, self._next, self.hold):
            row.addWidget(button)
        return row

    def _tool(self, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        button.setFixedSize(28, 28)
        button.setIconSize(QSize(16, 16))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def set_theme(self, theme: Theme) -> None:
        """Use another theme's colours."""
        for figure in self._figures:
            figure.set_theme(theme)
        icons = ((self._previous, "chevron-left"), (self._next, "chevron-right"), (self.hold, "pin"))
        for button, name in icons:
            button.setIcon(icon(name, theme.ink, theme.quiet))
        self._chip.setStyleSheet(
            f"background: {theme.tint}; color: {theme.ink}; border-radius: 6px; padding: 4px 10px;"
        )

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is to be shown."""
        super().showEvent(event)
        self.asked.emit()

    # -- what is shown -------------------------------------------------------------------------------------

    def show_token(self, text: str | None, hint: str = "") -> None:
        """Which token this is about; or why there is none."""
        self._chip.setVisible(text is not None)
        if text is not None:
            self._chip.setText(visible(text))
        for button in (self._previous, self._next, self.hold, self.switches.regenerate):
            button.setEnabled(text is not None)
        if text is None and not hint:
            hint = self.tr(
                "Put the caret behind a word of the text. Here you see how the model came to it: which words "
                "it looked at, what it would have said on the way, which earlier words mattered, and what "
                "happens without parts of it."
            )
        self.show_hint(hint)

    def show_hint(self, text: str) -> None:
        """One sentence above the views: what is awaited, or what went wrong; empty: none."""
        self._hint.setText(text)
        self._hint.setVisible(bool(text))

    def show_busy(self, text: str) -> None:
        """That something is under way; empty: nothing is. Beside the token, so that nothing moves."""
        self._busy.setText(text)

    @property
    def hint(self) -> str:
        """The sentence above the views."""
        return self._hint.text()

    def show_model(self, model: m.ModelInfo) -> None:
        """Another model."""
        self.attention.layer.setMaximum(max(model.n_layer, 1))
        self.switches.grid.set_size(model.n_layer, model.n_head)
        self.switches.grid.set_off((), ())
        self.switches.show_off(model.switched_off)
        self.clear()

    def clear(self) -> None:
        """Nothing is known yet of another place."""
        for view in (self.attention, self.lens, self.words):
            view.clear()

    @Slot()
    def _on_previous(self) -> None:
        self.step_wanted.emit(-1)

    @Slot()
    def _on_next(self) -> None:
        self.step_wanted.emit(1)
