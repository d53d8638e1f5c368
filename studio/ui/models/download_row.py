"""One download in the dialog: what it is, how far it is, and the two buttons that make sense just now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal, SignalInstance, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout

from studio.ui.models.download_words import DownloadWords
from studio.ui.moments import size
from studio.ui.plain import plain_label, push_button


class DownloadRow(QFrame):
    """Shows what it is told; emits what is wanted."""

    go_requested = Signal()
    pause_requested = Signal()
    resume_requested = Signal()
    retry_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, number: int, title: str) -> None:
        super().__init__()
        self.setObjectName(f"download_{number}")
        self._words = DownloadWords(self)
        self._wish: SignalInstance = self.go_requested
        self._title = plain_label(f"downloadTitle_{number}", title)
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._said = plain_label(f"downloadSaid_{number}", quiet=True)
        self._bar = QProgressBar()
        self._bar.setObjectName(f"downloadBar_{number}")
        self._bar.setAccessibleName(title)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._main = push_button(f"downloadMain_{number}", self.tr("&Fetch it"), "")
        self._main.clicked.connect(self._on_main)
        self._cancel = push_button(f"downloadCancel_{number}", self.tr("Cancel"), "")
        self._cancel.clicked.connect(self.cancel_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._said, 1)
        buttons.addWidget(self._main)
        buttons.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 8)
        column.setSpacing(4)
        column.addWidget(self._title)
        column.addLayout(buttons)
        column.addWidget(self._bar)

    @property
    def text(self) -> str:
        """What it says."""
        return self._said.text()

    # -- states --------------------------------------------------------------------------------------------

    def show_asking(self, host: str) -> None:
        """The Hub is being asked."""
        self._bar.setRange(0, 0)
        self._show(self.tr("Asking {host} what there is…").format(host=host), "", "", None)
        self._offer_cancel(self.tr("Ask no more"))

    def show_offer(self, event: Mapping[str, Any]) -> None:
        """Everything is known but whether it is wanted."""
        self._title.setText(event["repo"])
        self._bar.hide()
        tip = self.tr("Fetch these files, verify them, and put the model into your library")
        self._show(self._words.offer(event), self.tr("&Fetch it"), tip, self.go_requested)
        self._said.setToolTip(self._words.files(event))
        self._offer_cancel(self.tr("Fetch nothing"))
        self._main.setFocus()

    def show_progress(self, event: Mapping[str, Any]) -> None:
        """It comes, or is verified."""
        self._fill(event)
        tip = self.tr("Close the connection; what has come stays")
        self._show(self._words.progress(event), self.tr("&Pause"), tip, self.pause_requested)
        self._offer_cancel(self.tr("Stop, and delete what has come"))

    def show_waiting(self, event: Mapping[str, Any]) -> None:
        """Something is in the way that may pass."""
        tip = self.tr("Close the connection; what has come stays")
        self._show(self._words.waiting(event), self.tr("&Pause"), tip, self.pause_requested)

    def show_importing(self, fraction: float) -> None:
        """It has come, and its weights are being taken out of their file."""
        self._fill({"fraction": fraction})
        self._show(self.tr("Verified; its weights are taken out of the GGUF file…"), "", "", None)

    def show_again(self, name: str) -> None:
        """A file was not what it should be."""
        text = self.tr("“{file}” is not what the Hub promises; it is fetched once more.")
        self._said.setText(text.format(file=name))

    def show_paused(self) -> None:
        """Nothing comes because the user said so."""
        tip = self.tr("Go on where it stopped")
        self._show(self.tr("Paused; no connection is open."), self.tr("&Resume"), tip, self.resume_requested)

    def show_unfinished(self, done_bytes: int, total_bytes: int) -> None:
        """It was begun some other time."""
        self._fill({"fraction": done_bytes / total_bytes if total_bytes else 0.0})
        text = self.tr("Begun before: {done} of {total} have come.").format(
            done=size(done_bytes), total=size(total_bytes)
        )
        tip = self.tr("Connect again and go on where it stopped")
        self._show(text, self.tr("&Resume"), tip, self.retry_requested)
        self._offer_cancel(self.tr("Delete what has come"), self.tr("Delete"))

    def show_failed(self, text: str) -> None:
        """It cannot go on, for the reason given."""
        self._bar.hide()
        tip = self.tr("Connect again and go on where it stopped")
        self._show(text, self.tr("&Try again"), tip, self.retry_requested)
        self._offer_cancel(self.tr("Delete what has come"), self.tr("Delete"))

    def show_done(self, name: str, *, already: bool) -> None:
        """It is on the shelf."""
        self._bar.hide()
        text = self.tr("Verified; it is in your library as “{name}”.")
        if already:
            text = self.tr("This very model is in your library already, as “{name}”.")
        self._show(text.format(name=name), "", "", None)
        self._cancel.setText(self.tr("Remove from this list"))
        self._cancel.setToolTip(self.tr("The model stays in your library"))

    # -- inside --------------------------------------------------------------------------------------------

    def _fill(self, event: Mapping[str, Any]) -> None:
        self._bar.setRange(0, 1000)
        self._bar.setValue(round(1000 * event["fraction"]))
        self._bar.show()

    def _show(self, text: str, button: str, tip: str, wish: SignalInstance | None) -> None:
        self._said.setText(text)
        had_keyboard = self._main.hasFocus()
        self._main.setVisible(wish is not None)
        if wish is None:
            if had_keyboard:
                self._cancel.setFocus()
            return
        self._wish = wish
        self._main.setText(button)
        self._main.setToolTip(tip)

    def _offer_cancel(self, tip: str, text: str = "") -> None:
        self._cancel.setText(text or self.tr("Cancel"))
        self._cancel.setToolTip(tip)

    @Slot()
    def _on_main(self) -> None:
        self._wish.emit()
