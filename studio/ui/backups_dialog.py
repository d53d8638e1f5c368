"""The backups of the library: what there is, where it lies, and what can be done with it. Not modal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.store.records import BackupInfo
from studio.ui.icons import icon
from studio.ui.moments import local_time, shown, size
from studio.ui.theme import Theme

STATE = 4
"""The column of it."""
PATH = Qt.ItemDataRole.UserRole


class BackupsDialog(QDialog):
    """A list, a few buttons, and one line that says how the last of them went."""

    back_up_requested = Signal()
    check_requested = Signal(str)  # a backup
    restore_requested = Signal(str, str)  # a backup, an empty folder
    copy_requested = Signal(str, str)  # a backup, a file
    open_requested = Signal(str)  # a folder with a restored library

    def __init__(self, folder: Path, theme: Theme, parent: QWidget | None = None) -> None:
        """`folder` is the library's; its backups are in `backups` there."""
        super().__init__(parent)
        self.setObjectName("backupsDialog")
        self.setWindowTitle(self.tr("Backups"))
        self._folder, self._theme = folder, theme
        self._place = folder / "backups"
        self._backups: tuple[BackupInfo, ...] = ()
        self._checked: dict[str, bool] = {}
        self._restored = ""
        self._read_only = False
        self._busy = False
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(8)
        self._when = self._label("backupsWhen")
        column.addWidget(self._when)
        column.addWidget(self._label("backupsKept", quiet=True, text=self._kept_text()))
        column.addLayout(self._place_row())
        column.addSpacing(4)
        self._pages = QStackedLayout()
        self._list = self._make_list()
        self._empty = self._label("backupsEmpty", quiet=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages.addWidget(self._list)
        self._pages.addWidget(self._empty)
        column.addLayout(self._pages, 1)
        self._progress = QProgressBar()
        self._progress.setObjectName("backupsProgress")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        keeps_place = self._progress.sizePolicy()
        keeps_place.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(keeps_place)
        self._progress.hide()
        column.addWidget(self._progress)
        column.addLayout(self._said_row())
        column.addLayout(self._buttons())
        room = QGuiApplication.primaryScreen().availableSize()
        self.resize(min(720, room.width()), min(520, room.height() - 60))  # with a title bar
        self._update()
        self._list.setFocus()

    # -- what there is -------------------------------------------------------------------------------------

    def set_read_only(self, read_only: bool) -> None:
        """A library that is open to read only gets no backups."""
        self._read_only = read_only
        self._update()

    def set_backups(self, backups: Sequence[BackupInfo]) -> None:
        """Show these, the newest first. What was checked before stays checked."""
        chosen = self.chosen()
        self._backups = tuple(backups)
        self._fill(chosen or (backups[0].path if backups else ""))
        self._update()

    def set_checked(self, backup: BackupInfo) -> None:
        """A backup was looked at from the first page to the last session."""
        self._checked[backup.path] = backup.checked
        self._fill(self.chosen())
        if backup.checked:
            self.say(self.tr("Every page and every session of this backup is as it was written."), "done")
        else:
            self.say(self.tr("This backup is damaged. Keep it only if there is no better one."), "error")

    def set_busy(self, text: str, fraction: float) -> None:
        """Something long is under way, `fraction` of it done; 0 is not known."""
        self._busy = True
        self._progress.setRange(0, 1000 if fraction else 0)
        self._progress.setValue(round(1000 * fraction))
        self._progress.show()
        self.say(text)

    def set_idle(self) -> None:
        """Nothing is under way."""
        self._busy = False
        self._progress.hide()
        self._update()

    def say(self, text: str, kind: str = "info") -> None:
        """One line: what is going on, or how it went. `kind` is "info", "done", "warn" or "error"."""
        names = {"info": "info", "done": "check", "warn": "triangle-alert", "error": "circle-alert"}
        theme = self._theme
        colours = {"info": theme.accent, "done": theme.accent, "warn": theme.warn, "error": theme.error}
        self._sign.setPixmap(icon(names[kind], colours[kind], colours[kind]).pixmap(16, 16))
        self._sign.setVisible(bool(text))
        self._said.setText(text)
        self._said.setAccessibleName(text)
        self._open.setVisible(bool(self._restored) and kind == "done")
        self._update()

    def say_restored(self, folder: str, n_sessions: int) -> None:
        """A backup has become a library elsewhere: offer to open it."""
        self._restored = folder
        text = (
            self.tr("1 session") if n_sessions == 1 else self.tr("{n} sessions").format(n=f"{n_sessions:,}")
        )
        self.say(self.tr("Restored to {folder}: {sessions}.").format(folder=folder, sessions=text), "done")
        self._open.setFocus()

    def chosen(self) -> str:
        """The path of the backup that is selected; empty if none is."""
        items = self._list.selectedItems()
        return str(items[0].data(0, PATH)) if items else ""

    # -- inside --------------------------------------------------------------------------------------------

    def _label(self, name: str, *, quiet: bool = False, text: str = "") -> QLabel:
        label = QLabel(text)
        label.setObjectName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setProperty("quiet", quiet)
        return label

    def _kept_text(self) -> str:
        return self.tr(
            "Of the daily ones the newest of 7 days, 4 weeks and 12 months are kept; those made by hand stay "
            "until you delete them. They lie on the same disk as the library: now and then export a copy to "
            "another one."
        )

    def _place_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        where = self._label("backupsPlace", quiet=True, text=str(self._place))
        where.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        where.setToolTip(self.tr("Where the backups lie"))
        where.setAccessibleDescription(self.tr("Where the backups lie"))
        self._open_place = self._button(
            "backupsOpenFolder",
            self.tr("Open &folder"),
            self.tr("Show the backups in the file manager"),
            self._on_open_place,
        )
        row.addWidget(where, 1)
        row.addWidget(self._open_place)
        return row

    def _make_list(self) -> QTreeWidget:
        made = QTreeWidget()
        made.setObjectName("backupsList")
        made.setAccessibleName(self.tr("Backups"))
        made.setToolTip(self.tr("The newest backup comes first"))
        titles = (self.tr("Made"), self.tr("Why"), self.tr("Sessions"), self.tr("Size"), self.tr("State"))
        made.setHeaderLabels(list(titles))
        made.setRootIsDecorated(False)
        made.setUniformRowHeights(True)
        made.setAllColumnsShowFocus(True)
        made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = made.header()
        header.setStretchLastSection(True)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        made.itemSelectionChanged.connect(self._update)
        return made

    def _said_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._sign = QLabel()
        self._sign.hide()
        self._said = self._label("backupsSaid")
        self._said.setMinimumHeight(34)
        self._open = self._button(
            "backupsOpenRestored",
            self.tr("Open in a &new window"),
            self.tr("Open the restored library beside this one"),
            self._on_open_restored,
        )
        self._open.hide()
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._said, 1)
        row.addWidget(self._open)
        return row

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._now = self._button(
            "backupsNow",
            self.tr("&Back up now"),
            self.tr("Make a backup of the library as it is; you can go on writing"),
            self.back_up_requested.emit,
        )
        self._now.setProperty("primary", True)
        self._check = self._button(
            "backupsCheck",
            self.tr("C&heck"),
            self.tr("Read every page and every session of the chosen backup"),
            self._on_check,
        )
        self._restore = self._button(
            "backupsRestore",
            self.tr("&Restore a copy…"),
            self.tr("Make a library of the chosen backup in a folder of its own; this one stays as it is"),
            self._on_restore,
        )
        self._copy = self._button(
            "backupsCopy",
            self.tr("&Export a copy…"),
            self.tr("Copy the chosen backup's file, say to another disk"),
            self._on_copy,
        )
        close = self._button("backupsClose", self.tr("&Close"), self.tr("Close (Esc)"), self.reject)
        for button in (self._now, self._check, self._restore, self._copy):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        return row

    def _button(self, name: str, text: str, tip: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    def _fill(self, chosen: str) -> None:
        self._list.clear()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for backup in self._backups:
            word, sign, colour = self._state(backup)
            n_sessions = f"{backup.n_sessions:,}" if backup.checked else "–"
            made, why = local_time(backup.created_utc), self._why(backup)
            item = QTreeWidgetItem([made, why, n_sessions, size(backup.n_bytes), word])
            item.setData(0, PATH, backup.path)
            item.setIcon(STATE, icon(sign, colour, colour))
            for place in (2, 3):
                item.setTextAlignment(place, right)
            for place in range(STATE + 1):
                item.setToolTip(place, backup.path)
            self._list.addTopLevelItem(item)
            if backup.path == chosen:
                self._list.setCurrentItem(item)
        self._update()

    def _why(self, backup: BackupInfo) -> str:
        reason = re.sub(r"^library-[^-]*-|(-\d+)?\.db$", "", Path(backup.path).name)
        reasons = {
            "daily": self.tr("By itself"),
            "by-hand": self.tr("By hand"),
            "before-migration": self.tr("Before an update"),
        }
        return reasons.get(reason, "")

    def _state(self, backup: BackupInfo) -> tuple[str, str, str]:
        theme = self._theme
        if not backup.checked or self._checked.get(backup.path) is False:
            return self.tr("Damaged"), "triangle-alert", theme.error
        if backup.foreign:
            return self.tr("Of another library"), "info", theme.warn
        if self._checked.get(backup.path):
            return self.tr("Sound"), "check", theme.accent
        return self.tr("Not checked yet"), "circle-question-mark", theme.quiet

    @Slot()
    def _update(self) -> None:
        self._when.setText(self._next_text())
        self._empty.setText(
            self.tr(
                "There is no backup yet.\n\nThe first one is made by itself soon after you have written "
                "something. “Back up now” makes one at once."
            )
            if not self._read_only
            else self.tr("There is no backup, and none is made of a library that is open to read only.")
        )
        self._pages.setCurrentWidget(self._list if self._backups else self._empty)
        chosen = next((b for b in self._backups if b.path == self.chosen()), None)
        readable = chosen is not None and chosen.checked
        self._now.setEnabled(not self._busy and not self._read_only)
        self._check.setEnabled(chosen is not None and not self._busy)
        self._restore.setEnabled(readable and not self._busy)
        self._copy.setEnabled(chosen is not None and not self._busy)
        self._open_place.setEnabled(self._place.is_dir())

    def _next_text(self) -> str:
        if self._read_only:
            return self.tr("This library is open to read only: no backups are made of it.")
        now = datetime.now(UTC)
        times = [_moment(backup) for backup in self._backups]
        past = [time for time in times if time is not None and time <= now]
        if past and (due := max(past) + timedelta(days=1)) > now:
            return self.tr("A backup is made once a day by itself; the next one is due {time}.").format(
                time=shown(due)
            )
        return self.tr("A backup is made once a day by itself; the next one is due now.")

    @Slot()
    def _on_check(self) -> None:
        self.check_requested.emit(self.chosen())

    @Slot()
    def _on_restore(self) -> None:
        path = self.chosen()
        day = Path(path).name.split("-")[1][:8]
        folder = self._folder.parent / f"{self._folder.name}-{day}"
        dialog = QFileDialog(self, self.tr("Restore into a new or empty folder"), str(folder.parent))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, self.tr("Restore"))
        dialog.selectFile(folder.name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda into: self.restore_requested.emit(path, into))
        dialog.open()

    @Slot()
    def _on_copy(self) -> None:
        path = self.chosen()
        dialog = QFileDialog(self, self.tr("Export a copy of the backup"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("Library (*.db)"))
        dialog.setDefaultSuffix("db")
        dialog.setDirectory(str(Path.home()))
        dialog.selectFile(Path(path).name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda target: self.copy_requested.emit(path, target))
        dialog.open()

    @Slot()
    def _on_open_place(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._place)))

    @Slot()
    def _on_open_restored(self) -> None:
        self.open_requested.emit(self._restored)


def _moment(backup: BackupInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(backup.created_utc.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return None
