"""A longer text to read and to copy, as plain text: what a short notice only sums up."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget


class DetailsDialog(QDialog):
    """A title and a text."""

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("detailsDialog")
        self.setWindowTitle(title)
        shown = QPlainTextEdit(text)
        shown.setObjectName("detailsText")
        shown.setReadOnly(True)
        shown.setTabChangesFocus(True)
        shown.setAccessibleName(title)
        shown.setToolTip(self.tr("Can be selected and copied"))
        close = QPushButton(self.tr("&Close"))
        close.setObjectName("detailsClose")
        close.setToolTip(self.tr("Close (Esc)"))
        buttons = QDialogButtonBox()
        buttons.addButton(close, QDialogButtonBox.ButtonRole.RejectRole)
        close.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(shown)
        column.addWidget(buttons)
        self.resize(560, 360)
