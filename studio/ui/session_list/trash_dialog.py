"""Before the trash is emptied: two questions, and neither is answered by pressing Enter once too often."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.ui.plain import push_button

TITLES_SHOWN = 8


class TrashDialog(QDialog):
    """First says what would be lost, then asks for the number of sessions. `confirmed` comes after both."""

    confirmed = Signal()

    def __init__(self, titles: Sequence[str], n_characters: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trashDialog")
        self.setWindowTitle(self.tr("Empty the trash"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._n = len(titles)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._first_page(titles, n_characters))
        self._pages.addWidget(self._second_page())
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.addWidget(self._pages)
        self.setFixedWidth(480)
        self._keep.setFocus()

    def _first_page(self, titles: Sequence[str], n_characters: int) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        what = self.tr(
            "{n} sessions, {characters} characters, would be destroyed for good: their texts, everything the "
            "model wrote in them, and their history. There is no Undo."
        )
        if self._n == 1:
            what = self.tr(
                "One session, {characters} characters, would be destroyed for good: its text, everything the "
                "model wrote in it, and its history. There is no Undo."
            )
        number = QLocale().toString
        column.addWidget(self._label(what.format(n=number(self._n), characters=number(n_characters))))
        for title in titles[:TITLES_SHOWN]:
            label = self._label("", quiet=True)
            label.setWordWrap(False)
            label.setText(label.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, 400))
            column.addWidget(label)
        if self._n > TITLES_SHOWN:
            more = self.tr("… and {n} more").format(n=number(self._n - TITLES_SHOWN))
            column.addWidget(self._label(more, quiet=True))
        column.addStretch(1)
        self._keep = push_button("trashKeep", self.tr("&Keep them"), self.tr("Close; nothing is destroyed"))
        go_on = push_button("trashGoOn", self.tr("&Destroy them…"), self.tr("Asks once more"))
        self._keep.setDefault(True)
        self._keep.clicked.connect(self.reject)
        go_on.clicked.connect(self._on_go_on)
        column.addLayout(_row(self._keep, go_on))
        return page

    def _second_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        text = self.tr("To destroy them, type how many sessions there are: {n}").format(n=self._n)
        column.addWidget(self._label(text))
        self._field = QLineEdit()
        self._field.setObjectName("trashNumber")
        self._field.setAccessibleName(text)
        self._field.setToolTip(self.tr("The number of sessions in the trash"))
        self._field.setMaximumWidth(120)
        self._field.setMaxLength(9)
        self._field.textChanged.connect(self._on_typed)
        column.addWidget(self._field)
        column.addStretch(1)
        keep = push_button("trashKeepAfterAll", self.tr("&Keep them"), self.tr("Close; nothing is destroyed"))
        self._destroy = push_button(
            "trashDestroy", self.tr("&Destroy for good"), self.tr("What is destroyed cannot be brought back")
        )
        self._destroy.setEnabled(False)
        keep.clicked.connect(self.reject)
        self._destroy.clicked.connect(self._on_destroy)
        column.addLayout(_row(keep, self._destroy))
        return page

    def _label(self, text: str, *, quiet: bool = False) -> QLabel:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setProperty("quiet", quiet)
        return label

    @Slot()
    def _on_go_on(self) -> None:
        self._keep.setDefault(False)
        self._pages.setCurrentIndex(1)
        self._field.setFocus()

    @Slot(str)
    def _on_typed(self, text: str) -> None:
        typed = text.strip()
        self._destroy.setEnabled(typed.isdecimal() and int(typed) == self._n)

    @Slot()
    def _on_destroy(self) -> None:
        self.confirmed.emit()
        self.accept()


def _row(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addStretch(1)
    for button in buttons:
        row.addWidget(button)
    return row
