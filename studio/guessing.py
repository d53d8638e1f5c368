"""Drafting ahead: its switch, the smaller model that helps, and what it has brought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from studio.core import messages as m
from studio.ui.main_window import MainWindow
from studio.worker import ModelThread


class Guessing(QObject):
    """Fills the two rows of the Model menu and the status bar's word on it."""

    def __init__(
        self, window: MainWindow, thread: ModelThread, next_job: Callable[[], int], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window, self._thread, self._next_job = window, thread, next_job
        self._job = 0
        self._asked = ""  # the folder of the smaller model that is being loaded
        self._by_hand = False  # it was chosen just now
        switch = window.actions_by_name["draft_ahead"]
        switch.setChecked(window.settings.draft_ahead)
        switch.toggled.connect(self._on_switched)
        window.actions_by_name["draft_model"].triggered.connect(self._on_choose)
        window.actions_by_name["no_draft_model"].triggered.connect(self._on_none)
        self._show(window.settings.draft_model)

    def on_model_loaded(self) -> None:
        """The model process knows of no smaller model, or only of one that suited the model before."""
        if self._window.settings.draft_model:
            self._ask(self._window.settings.draft_model, by_hand=False)

    def on_chosen(self, message: m.DrafterChosen) -> None:
        """A smaller model guesses now, or none."""
        if message.job_id != self._job:
            return
        self._job = 0
        self._window.status.show_activity("")
        self._keep(self._asked)
        if self._by_hand:
            text = self.tr("“{name}” drafts ahead from now on; the text stays the same.")
            none = self.tr("No smaller model drafts any more; repeated words are still drafted.")
            self._window.notice.show_notice(text.format(name=message.name) if message.name else none)

    def on_failed(self, job_id: int) -> None:
        """It cannot be used: why is said elsewhere. What was not chosen just now stays set."""
        if job_id and job_id == self._job:
            self._job = 0
            self._window.status.show_activity("")
            if self._by_hand:
                self._keep("")

    def on_finished(self, message: m.GenerationFinished) -> None:
        """A generation is over: say what drafting has brought."""
        self._window.status.show_drafted(message)

    @Slot()
    def _on_choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self._window, self.tr("Draft with a smaller model of the same vocabulary")
        )
        if folder:
            self._ask(folder, by_hand=True)

    @Slot()
    def _on_none(self) -> None:
        self._ask("", by_hand=True)

    def _ask(self, folder: str, *, by_hand: bool) -> None:
        self._job, self._asked, self._by_hand = self._next_job(), folder, by_hand
        if folder:
            self._window.status.show_activity(self.tr("Loading the smaller model…"))
        self._thread.submit(m.ChooseDrafter(self._job, folder))

    @Slot(bool)
    def _on_switched(self, on: bool) -> None:
        self._window.settings = replace(self._window.settings, draft_ahead=on)
        self._window.choice_made.emit("draft_ahead", "on" if on else "off")

    def _keep(self, folder: str) -> None:
        self._show(folder)
        if folder != self._window.settings.draft_model:
            self._window.settings = replace(self._window.settings, draft_model=folder)
            self._window.choice_made.emit("draft_model", folder)

    def _show(self, folder: str) -> None:
        self._window.actions_by_name["no_draft_model"].setEnabled(bool(folder))
