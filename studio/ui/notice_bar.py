"""One quiet line above the text with what happened and at most two things to do about it. Never a pop-up."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from studio.ui.icons import icon
from studio.ui.theme import Theme

PASSING_MS = 12_000
"""A notice that needs no decision goes away by itself."""


class NoticeBar(QWidget):
    """Shows one notice; a new one replaces it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("noticeBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._do: Callable[[], object] | None = None
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setObjectName("noticeText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._action = QPushButton()
        self._action.setObjectName("noticeAction")
        self._action.clicked.connect(self._on_action)
        self._close = QToolButton()
        self._close.setObjectName("noticeClose")
        self._close.setAccessibleName(self.tr("Dismiss"))
        self._close.setToolTip(self.tr("Dismiss (Esc)"))
        self._close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 6)
        row.setSpacing(10)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        row.addWidget(self._action)
        row.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PASSING_MS)
        self._timer.timeout.connect(self.hide)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in another theme's colours."""
        self._theme = theme
        self._close.setIcon(icon("x", theme.ink, theme.quiet))

    def show_notice(
        self, text: str, kind: str = "info", action: str = "", do: Callable[[], object] | None = None
    ) -> None:
        """Show `text` (plain). `kind` is "info", "warn" or "error"; only "info" passes by itself."""
        names = {"info": "info", "warn": "triangle-alert", "error": "circle-alert"}
        colour = {"info": self._theme.accent, "warn": self._theme.warn, "error": self._theme.error}[kind]
        self._sign.setPixmap(icon(names[kind], colour, colour).pixmap(16, 16))
        self._text.setText(text)
        self._text.setAccessibleName(text)
        self._action.setText(action)
        self._action.setToolTip(action)
        self._action.setVisible(bool(action))
        self._do = do
        self.setProperty("kind", kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
        if kind == "info":
            self._timer.start()
        else:
            self._timer.stop()

    def text(self) -> str:
        """What is shown now; empty if nothing is."""
        return "" if self.isHidden() else self._text.text()

    @Slot()
    def _on_action(self) -> None:
        do, self._do = self._do, None
        self.hide()
        if do is not None:
            do()
