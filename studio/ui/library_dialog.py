"""What to do when the library cannot simply be opened. Nothing has been touched, and nothing will be lost."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.store.records import Damage, LibraryFailed
from studio.ui.sentences import translated


class LibraryDialog(QDialog):
    """One sentence, one sentence more, and a button for each way on."""

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
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        happened, to_do = translated(failure)
        for text, name in (
            (happened, "libraryWhat"),
            (to_do, "libraryTodo"),
            (failure.folder, "libraryFolder"),
        ):
            label = QLabel(text)
            label.setObjectName(name)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setWordWrap(True)
            label.setProperty("quiet", name == "libraryFolder")
            column.addWidget(label)
        column.addSpacing(8)
        damaged = failure.damage is Damage.DAMAGED
        readable = failure.damage is not Damage.NEWER
        passing = not damaged and failure.damage is not Damage.NEWER
        for wanted, text, tip, name, signal in (
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
                failure.damage is Damage.LOG_MISSING,
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
        ):
            if wanted:
                button = QPushButton(text)
                button.setObjectName(name)
                button.setToolTip(tip)
                button.setAccessibleDescription(tip)
                button.clicked.connect(signal)
                button.clicked.connect(self._on_chosen)
                column.addWidget(button)
        self.setMinimumWidth(440)

    @Slot()
    def _on_chosen(self) -> None:
        self.hide()
        self.deleteLater()

    def reject(self) -> None:
        """Esc and the window's own button: quit, since there is nothing to write into."""
        self.quit_requested.emit()
        super().reject()
