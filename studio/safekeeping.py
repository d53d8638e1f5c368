"""Backups: one a day by itself, when nobody is waiting, and the dialog that shows them all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from studio.store import records as r
from studio.ui import sentences
from studio.ui.backups_dialog import BackupsDialog
from studio.ui.main_window import MainWindow
from studio.worker import LibraryThread

FIRST_MS = 15_000
"""From the opened library to the look whether a backup is due."""

AGAIN_MS = 3_600_000
"""Windows stay open for days."""

LATER_MS = 15_000
"""While the model writes, the disk and the processor are left to it."""


class Safekeeping(QObject):
    """File → Backups…, and what happens by itself."""

    def __init__(self, window: MainWindow, library: LibraryThread, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self.folder = folder
        self._read_only = False
        self._open = False
        self._dialog: BackupsDialog | None = None
        self._asked_by_hand = False
        self._activity = ""
        self._told = False
        self._windows: list[subprocess.Popen[bytes]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_time)
        window.actions_by_name["backups"].triggered.connect(self.show_dialog)

    def library_opened(self, message: r.LibraryOpened) -> None:
        """From now on there is something to back up."""
        self._open, self._read_only = True, message.read_only
        self.folder = Path(message.folder)
        if self._dialog is not None:
            self._dialog.close()  # it shows another library's
        if not message.read_only:
            self._timer.start(FIRST_MS)

    def stop(self) -> None:
        """The window closes; the library's thread makes a backup that is still due."""
        self._timer.stop()

    @Slot()
    def _on_time(self) -> None:
        if self._window.editor.is_generating:
            self._timer.start(LATER_MS)
            return
        self._library.submit(r.BackupNow(only_if_due=True))
        self._timer.start(AGAIN_MS)

    # -- the dialog ----------------------------------------------------------------------------------------

    @Slot()
    def show_dialog(self) -> None:
        """Show the backups; a second time brings the same dialog to the front."""
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        dialog = self._dialog = BackupsDialog(self.folder, self._window.theme, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.set_read_only(self._read_only or not self._open)
        dialog.back_up_requested.connect(self._on_back_up)
        dialog.check_requested.connect(self._on_check)
        dialog.restore_requested.connect(self._on_restore)
        dialog.copy_requested.connect(self._on_copy)
        dialog.open_requested.connect(self._on_open)
        dialog.finished.connect(self._on_closed)
        self._library.submit(r.ListBackups(str(self.folder)))
        dialog.show()

    @Slot()
    def _on_closed(self) -> None:
        self._dialog = None

    @Slot()
    def _on_back_up(self) -> None:
        self._asked_by_hand = True
        self._begin(self.tr("Making a backup… You can go on writing."), r.BackupNow())

    @Slot(str)
    def _on_check(self, path: str) -> None:
        self._begin(self.tr("Checking the backup…"), r.CheckBackup(path))

    @Slot(str, str)
    def _on_restore(self, path: str, folder: str) -> None:
        self._begin(self.tr("Restoring the backup…"), r.RestoreBackup(path, folder))

    @Slot(str, str)
    def _on_copy(self, path: str, target: str) -> None:
        self._begin(self.tr("Copying the backup…"), r.CopyBackup(path, target))

    def _begin(self, text: str, request: r.LibraryRequest) -> None:
        self._activity = text
        if self._dialog is not None:
            self._dialog.set_busy(text, 0)
        self._library.submit(request)

    @Slot(str)
    def _on_open(self, folder: str) -> None:
        """Another window, with a process of its own: this one keeps its library."""
        command = [sys.executable, "--library", folder]
        environment = dict(os.environ)
        if not getattr(sys, "frozen", False):
            command[1:1] = ["-P", "-m", "studio"]
            here = str(Path(__file__).resolve().parent.parent)
            paths = [here, environment.get("PYTHONPATH", "")]
            environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        self._windows = [window for window in self._windows if window.poll() is None]
        # Kept: one that is forgotten while it runs is warned of. The command is this program's own.
        self._windows.append(subprocess.Popen(command, env=environment, start_new_session=True))  # noqa: S603

    # -- from the library ----------------------------------------------------------------------------------

    def on_message(
        self,
        message: r.BackupProgress
        | r.BackupMade
        | r.KeepingProgress
        | r.Backups
        | r.BackupCopied
        | r.LibraryRestored
        | r.LibrarySalvaged,
    ) -> None:
        """How it goes, and how it went."""
        match message:
            case r.BackupProgress(fraction=fraction):
                if self._dialog is not None:
                    self._dialog.set_busy(self.tr("Making a backup… You can go on writing."), fraction)
            case r.KeepingProgress(fraction=fraction):
                if self._dialog is not None and self._activity:
                    self._dialog.set_busy(self._activity, fraction)
            case r.BackupMade():
                self._on_made(message)
            case r.Backups():
                self._on_backups(message)
            case r.BackupCopied(path=path):
                self._done(self.tr("A copy is at {path}.").format(path=path))
            case r.LibraryRestored(folder=folder, n_sessions=n_sessions):
                self._done("")
                if self._dialog is not None:
                    self._dialog.say_restored(folder, n_sessions)
            case r.LibrarySalvaged():
                pass  # asked for by the recovery only

    def on_failed(self, message: r.RequestFailed) -> None:
        """A backup, a check, a restore did not work out. By itself it is told once, in the window."""
        text = sentences.together(*sentences.translated(message))
        self._activity = ""
        by_itself = isinstance(message.request, r.BackupNow) and message.request.only_if_due
        if not by_itself:
            self._asked_by_hand = False
        if self._dialog is not None:
            self._dialog.set_idle()
            self._dialog.say(text, "error")
        elif not (by_itself and self._told):
            self._told = self._told or by_itself
            self._window.notice.show_notice(text, "warn", self.tr("Backups…"), self.show_dialog)

    def _on_made(self, message: r.BackupMade) -> None:
        # Without a path: one is under way (then its progress comes), none was due, or it was given up.
        if self._dialog is not None and (message.path or self._asked_by_hand):
            told = message.path and self._asked_by_hand
            self._done(self.tr("The backup is made and checked.") if told else "")
            self._library.submit(r.ListBackups(str(self.folder)))
        if message.path:
            self._asked_by_hand = False
        if message.n_damaged:
            text = self.tr(
                "Sessions in the library that are not as they were written: {n}. Older backups may hold them "
                "whole; none was deleted."
            ).format(n=message.n_damaged)
            self._window.notice.show_notice(text, "warn", self.tr("Backups…"), self.show_dialog)

    def _on_backups(self, message: r.Backups) -> None:
        if self._dialog is None:
            self._activity = ""
        elif message.whole:
            self._done("")
            self._dialog.set_checked(message.backups[0])
        else:
            self._dialog.set_backups(message.backups)

    def _done(self, text: str) -> None:
        self._activity = ""
        if self._dialog is not None:
            self._dialog.set_idle()
            self._dialog.say(text, "done" if text else "info")
