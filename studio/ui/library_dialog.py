"""What to do when the library cannot simply be opened. Nothing has been touched, and nothing will be lost."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studio.store.records import BackupInfo, Damage, LibraryFailed
from studio.ui.moments import local_time
from studio.ui.sentences import translated


class LibraryDialog(QDialog):
    """One sentence, one sentence more, and a button for each way on."""

    backup_requested = Signal(str)  # its path
    salvage_requested = Signal()
    fresh_requested = Signal()
    read_only_requested = Signal()
    without_log_requested = Signal()
    retry_requested = Signal()
    folder_requested = Signal()
    quit_requested = Signal()

    def __init__(self, failure: LibraryFailed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("libraryDialog")
        self.setWindowTitle(self.tr("Your library"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self._offered = ""
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        happened, to_do = translated(failure)
        damaged = failure.damage is Damage.DAMAGED
        self._label("libraryWhat", happened)
        self._label("libraryTodo", to_do)
        self._label("libraryFolder", failure.folder, quiet=True)
        if damaged:
            kept = self.tr(
                "Whatever you choose, the damaged file stays in this folder. If another takes its place, it "
                "is renamed to library-damaged-….db."
            )
            self._label("libraryKept", kept, quiet=True)
        self._said = self._label("librarySaid", "")
        self._said.setVisible(False)
        self._progress = QProgressBar()
        self._progress.setObjectName("libraryProgress")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._progress.hide()
        column.addWidget(self._progress)
        column.addSpacing(8)
        self._ways: list[QPushButton] = []
        self._backup = QPushButton()
        if damaged:
            self._add_rescues()
        self._add_ways(failure.damage)
        self.setMinimumWidth(480)

    # -- a damaged library ---------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """What is known of the backups, or what went wrong."""
        self._said.setText(text)
        self._said.setVisible(bool(text))
        self._fit()

    def offer(self, backup: BackupInfo) -> None:
        """This backup is sound to the last session."""
        self._offered = backup.path
        time = local_time(backup.created_utc)
        n = backup.n_sessions
        sessions = self.tr("1 session") if n == 1 else self.tr("{n} sessions").format(n=f"{n:,}")
        self.say(
            self.tr(
                "There is a backup of {time} with {sessions}; it has just been checked and is sound."
            ).format(time=time, sessions=sessions)
        )
        self._backup.setVisible(True)
        self._backup.setFocus()
        self._fit()

    def set_busy(self, text: str, fraction: float) -> None:
        """A rescue is under way. Only quitting is possible meanwhile; then nothing is changed."""
        self.say(text)
        self._progress.setRange(0, 1000 if fraction else 0)
        self._progress.setValue(round(1000 * fraction))
        self._progress.show()
        for button in self._ways:
            button.setEnabled(button.objectName() == "libraryQuit")

    def set_idle(self, text: str) -> None:
        """It is over, or did not work out: `text` says why."""
        self._progress.hide()
        for button in self._ways:
            button.setEnabled(True)
        self.say(text)

    def leave(self) -> None:
        """Close without quitting: the library is open now, or the next dialog comes."""
        self.hide()
        self.deleteLater()

    def showEvent(self, event: QShowEvent) -> None:
        """Lines that are broken need their height."""
        super().showEvent(event)
        self._fit()

    # -- inside --------------------------------------------------------------------------------------------

    def _fit(self) -> None:
        """As high as the text is at this width: a layout does not ask again by itself."""
        self._column.activate()
        height = self._column.totalHeightForWidth(self.width())
        if self.height() < height:
            self.resize(self.width(), height)

    def _label(self, name: str, text: str, *, quiet: bool = False) -> QLabel:
        label = QLabel(text)
        label.setObjectName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setWordWrap(True)
        label.setProperty("quiet", quiet)
        self._column.addWidget(label)
        return label

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.setAutoDefault(True)
        self._column.addWidget(button)
        self._ways.append(button)
        return button

    def _add_rescues(self) -> None:
        self._backup = self._button(
            "libraryBackup",
            self.tr("&Put this backup in its place"),
            self.tr("A copy of the backup becomes your library; the backup stays too"),
        )
        self._backup.setProperty("primary", True)
        self._backup.setVisible(False)
        self._backup.clicked.connect(self._on_backup)
        salvage = self._button(
            "librarySalvage",
            self.tr("&Save what can be read"),
            self.tr("Every session that can still be read becomes part of a new library in this place"),
        )
        salvage.clicked.connect(self.salvage_requested)

    def _add_ways(self, damage: Damage) -> None:
        damaged = damage is Damage.DAMAGED
        readable = damage is not Damage.NEWER
        passing = not damaged and damage is not Damage.NEWER
        ways: tuple[tuple[bool, str, str, str, SignalInstance], ...] = (
            (
                damaged,
                self.tr("Keep the damaged file and start a &new library"),
                self.tr("The damaged file is renamed and stays in its folder"),
                "libraryFresh",
                self.fresh_requested,
            ),
            (
                passing,
                self.tr("&Try again"),
                self.tr("After you have put it right"),
                "libraryRetry",
                self.retry_requested,
            ),
            (
                readable,
                self.tr("Open to &read only"),
                self.tr("Read, search and copy; nothing is changed"),
                "libraryReadOnly",
                self.read_only_requested,
            ),
            (
                damage is Damage.LOG_MISSING,
                self.tr("Open &without the newest changes"),
                self.tr("Go on with what the library file itself holds"),
                "libraryWithoutLog",
                self.without_log_requested,
            ),
            (
                True,
                self.tr("Use another &folder…"),
                self.tr("Open or start a library elsewhere"),
                "libraryElsewhere",
                self.folder_requested,
            ),
            (
                True,
                self.tr("&Quit"),
                self.tr("Change nothing and close the app"),
                "libraryQuit",
                self.quit_requested,
            ),
        )
        for wanted, text, tip, name, signal in ways:
            if wanted:
                button = self._button(name, text, tip)
                button.clicked.connect(signal)
                button.clicked.connect(self.leave)

    @Slot()
    def _on_backup(self) -> None:
        self.backup_requested.emit(self._offered)

    def reject(self) -> None:
        """Esc and the window's own button: quit, since there is nothing to write into."""
        self.quit_requested.emit()
        super().reject()
