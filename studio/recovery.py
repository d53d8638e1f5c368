"""A library that cannot simply be opened: the ways on, and what is said once it is open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog

from studio.reading import count_words
from studio.store import records as r
from studio.ui import sentences
from studio.ui.library_dialog import LibraryDialog
from studio.ui.main_window import MainWindow
from studio.ui.moments import local_time
from studio.worker import LibraryThread

TITLE_CHARS = 40


class Recovery(QObject):
    """Asks the user, looks for a sound backup meanwhile, and has done what was chosen."""

    folder_chosen = Signal(str)  # another library's

    def __init__(self, window: MainWindow, library: LibraryThread, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self.folder = folder
        self._dialog: LibraryDialog | None = None
        self._activity = ""
        self._candidates: list[r.BackupInfo] = []
        self._n_backups = 0

    @property
    def is_asking(self) -> bool:
        """Whether the user is being asked: then what the library says of backups is for the question."""
        return self._dialog is not None

    # -- the question --------------------------------------------------------------------------------------

    def on_failed_to_open(self, message: r.LibraryFailed) -> None:
        """Show what happened and the ways on."""
        self._leave()
        dialog = self._dialog = LibraryDialog(message, self._window)
        dialog.backup_requested.connect(self._on_backup)
        dialog.salvage_requested.connect(self._on_salvage)
        dialog.fresh_requested.connect(self._on_fresh)
        dialog.read_only_requested.connect(self.open_read_only)
        dialog.without_log_requested.connect(self._on_without_log)
        dialog.retry_requested.connect(self.open_again)
        dialog.folder_requested.connect(self._on_other_folder)
        dialog.quit_requested.connect(self._window.close)
        dialog.destroyed.connect(self._on_gone)
        if message.damage is r.Damage.DAMAGED:
            dialog.say(self.tr("Looking for a backup…"))
            self._library.submit(r.ListBackups(message.folder))
        dialog.open()

    def on_backups(self, message: r.Backups) -> None:
        """The list of them, or one that was checked: the newest that is sound is offered."""
        if self._dialog is None:
            return
        if message.whole:
            (backup,) = message.backups
            if backup.checked:
                self._dialog.offer(backup)
                return
        else:
            self._n_backups = len(message.backups)
            self._candidates = [backup for backup in message.backups if backup.checked]
        if self._candidates:
            self._library.submit(r.CheckBackup(self._candidates.pop(0).path))
        elif self._n_backups:
            text = self.tr("There are backups of this library ({n}), but none of them is sound.")
            self._dialog.say(text.format(n=self._n_backups))
        else:
            self._dialog.say(self.tr("There is no backup of this library."))

    def on_progress(self, message: r.KeepingProgress) -> None:
        """A rescue goes on; a check needs no bar."""
        if self._dialog is not None and self._activity:
            self._dialog.set_busy(self._activity, message.fraction)

    def on_failed(self, message: r.RequestFailed) -> None:
        """A rescue did not work out, or the backups cannot be looked at."""
        self._activity = ""
        if self._dialog is not None:
            self._dialog.set_idle(sentences.together(*sentences.translated(message)))

    def _begin(self, text: str, backup: str) -> None:
        self._activity = text
        if self._dialog is not None:
            self._dialog.set_busy(text, 0)
        self._library.submit(r.Rescue(str(self.folder), backup))

    @Slot(str)
    def _on_backup(self, path: str) -> None:
        self._begin(self.tr("Putting the backup in place…"), path)

    @Slot()
    def _on_salvage(self) -> None:
        self._begin(self.tr("Saving what can be read…"), "")

    @Slot()
    def _on_fresh(self) -> None:
        self._library.submit(r.StartFresh(str(self.folder)))

    @Slot()
    def open_read_only(self) -> None:
        """Open what can be read, and change nothing."""
        self._library.submit(r.OpenLibrary(str(self.folder), read_only=True))

    @Slot()
    def _on_without_log(self) -> None:
        self._library.submit(r.OpenLibrary(str(self.folder), accept_loss=True))

    @Slot()
    def open_again(self) -> None:
        """Try once more."""
        self._library.submit(r.OpenLibrary(str(self.folder)))

    @Slot()
    def _on_other_folder(self) -> None:
        title = self.tr("Open or start a library in a folder")
        if folder := QFileDialog.getExistingDirectory(self._window, title):
            self.folder = Path(folder)
            self.folder_chosen.emit(folder)
        self.open_again()

    def _leave(self) -> None:
        self._activity, self._candidates = "", []
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.destroyed.disconnect(self._on_gone)
            dialog.leave()

    @Slot()
    def _on_gone(self) -> None:
        self._dialog = None

    # -- open ----------------------------------------------------------------------------------------------

    def on_opened(self, message: r.LibraryOpened) -> None:
        """Say in one line what is not as usual."""
        self._leave()
        notice = self._window.notice
        if message.rescued is not None:
            doubt = message.rescued.n_doubtful or message.rescued.n_lost
            notice.show_notice(self._rescued(message.rescued), "warn" if doubt else "info")
        elif message.set_aside:
            text = self.tr("A new library was started. The damaged one is kept as {path}.")
            notice.show_notice(text.format(path=message.set_aside))
        elif message.read_only:
            self._window.status.show_saved(self.tr("Read only"))
            notice.show_notice(self.tr("The library is open to read only: nothing can be changed."), "warn")
        elif message.cut_off is not None:
            notice.show_notice(self._cut_off(message.cut_off))

    def _rescued(self, rescued: r.Rescued) -> str:
        if rescued.backup_utc:
            text = self.tr("This is your library as it was on {time}. The damaged one is kept as {path}.")
            return text.format(time=local_time(rescued.backup_utc), path=rescued.set_aside)
        if not rescued.n_doubtful and not rescued.n_lost:
            text = self.tr("All sessions could be read: {n}. The damaged library is kept as {path}.")
            return text.format(n=f"{rescued.n_sessions:,}", path=rescued.set_aside)
        return self.tr(
            "Sessions saved: {saved}; in doubt (their text may have changed, or their history is missing): "
            "{doubtful}; lost: {lost}. The damaged library is kept as {path}."
        ).format(
            saved=f"{rescued.n_sessions:,}",
            doubtful=f"{rescued.n_doubtful:,}",
            lost=f"{rescued.n_lost:,}",
            path=rescued.set_aside,
        )

    def _cut_off(self, cut_off: r.CutOff) -> str:
        title = cut_off.title or self.tr("New session")
        if len(title) > TITLE_CHARS:
            title = title[:TITLE_CHARS].rsplit(" ", 1)[0] + "…"
        n = count_words(cut_off.passage)
        if n:
            words = self.tr("1 word") if n == 1 else self.tr("{n} words").format(n=f"{n:,}")
            return self.tr(
                "The app was cut off while it wrote in “{title}”: what had appeared of the passage is here "
                "({words})."
            ).format(title=title, words=words)
        time = local_time(cut_off.saved_utc)
        text = self.tr("The app was cut off. “{title}” is here as it was last saved, {time}.")
        return text.format(title=title, time=time)
