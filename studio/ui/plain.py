"""Labels and buttons as all dialogs have them: named, explained, their text shown as it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QRadioButton


def plain_label(name: str, text: str = "", *, quiet: bool = False) -> QLabel:
    """A wrapping label that shows no markup."""
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("quiet", quiet)
    return label


def push_button(name: str, text: str, tip: str) -> QPushButton:
    """A button that Enter in a field does not press."""
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button


def radio_button(name: str, text: str, tip: str) -> QRadioButton:
    """One of several choices."""
    button = QRadioButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    return button
