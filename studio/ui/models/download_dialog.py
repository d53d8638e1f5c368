"""Models from the Hub: the catalogue, a field for any other, and the downloads. Not modal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.models.hub.catalogue import Entry
from studio.ui.models.connection_form import ConnectionForm
from studio.ui.models.download_row import DownloadRow
from studio.ui.models.download_words import good_for
from studio.ui.moments import size
from studio.ui.plain import plain_label, push_button

REPO = Qt.ItemDataRole.UserRole
ABOUT = Qt.ItemDataRole.UserRole + 1

ROW_PX = 26
"""High enough to be touched."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A model of the catalogue, and whether it fits: a word, and the sentence behind it."""

    entry: Entry
    fit: str
    why: str


class DownloadDialog(QDialog):
    """What can be downloaded, and what is being downloaded."""

    download_requested = Signal(str)  # what stands in the field

    def __init__(self, connection: ConnectionForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("downloadDialog")
        self.setWindowTitle(self.tr("Download a model"))
        self._connection = connection
        self._list = self._make_list()
        self._about = plain_label("downloadAbout")
        self._about.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self._about.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._repo = QLineEdit()
        self._repo.setObjectName("downloadRepository")
        self._repo.setAccessibleName(self.tr("Model on the Hub"))
        self._repo.setPlaceholderText(self.tr("owner/name, or the address of a model's page"))
        self._repo.setToolTip(
            self.tr("Any model of the Hub: owner/name, owner/name@revision, or its page's address")
        )
        self._repo.textChanged.connect(self._update)
        self._repo.returnPressed.connect(self._on_download)
        self._download = push_button(
            "downloadStart",
            self.tr("&Download…"),
            self.tr("Ask the Hub what this model is; it is fetched after you have seen licence and size"),
        )
        self._download.setProperty("primary", True)
        self._download.clicked.connect(self._on_download)
        self._promise = plain_label("downloadPromise", quiet=True)
        self._said = plain_label("downloadSaid")
        self._said.hide()
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, 8, 0)
        self._rows.setSpacing(4)
        self._area = self._make_area()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(8)
        column.addWidget(self._list, 3)
        column.addWidget(self._about)
        column.addLayout(self._field_row())
        column.addWidget(self._promise)
        column.addWidget(self._said)
        column.addWidget(self._area, 2)
        column.addWidget(connection)
        column.addLayout(self._buttons())
        room = QGuiApplication.primaryScreen().availableSize()
        self.resize(min(900, room.width()), min(700, room.height() - 60))
        self._update()
        self._repo.setFocus()

    # -- what is shown -------------------------------------------------------------------------------------

    def set_catalogue(self, offered: Sequence[Offered]) -> None:
        """Show these models; the one chosen stays so."""
        chosen = self._repo.text()
        self._list.clear()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for one in offered:
            entry = one.entry
            about = size(entry.about_mb * 1_000_000) if entry.about_mb else "–"
            cells = [
                entry.name,
                self.tr("{n} million").format(n=f"{entry.n_parameters / 1e6:,.0f}"),
                about,
                entry.licence or "–",
                one.fit,
                good_for(entry),
            ]
            item = QTreeWidgetItem(cells)
            item.setData(0, REPO, entry.repo)
            for place in (1, 2):
                item.setTextAlignment(place, right)
            item.setSizeHint(len(cells) - 1, QSize(0, ROW_PX))
            item.setData(0, ABOUT, "\n".join(part for part in (cells[-1], one.why) if part))
            for place in range(len(cells)):
                item.setToolTip(place, f"{entry.repo}\n{item.data(0, ABOUT)}")
            self._list.addTopLevelItem(item)
            if entry.repo == chosen:
                self._list.setCurrentItem(item)

    def set_host(self, host: str) -> None:
        """Who would be connected to."""
        self._promise.setText(
            self.tr(
                "“Download…” opens a connection to {host} and asks what the model is; it is fetched only "
                "after you have seen its licence and size. Nothing before that connects to anybody."
            ).format(host=host)
        )

    def say(self, text: str) -> None:
        """Why something could not be done; empty: all is well."""
        self._said.setText(text)
        self._said.setVisible(bool(text))

    def add_row(self, row: DownloadRow) -> None:
        """Show one more download, above the others."""
        self._rows.insertWidget(0, row)
        self._area.show()
        self._area.ensureVisible(0, 0)

    def remove_row(self, row: DownloadRow) -> None:
        """Show it no more."""
        had_keyboard = row.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self._rows.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._area.setVisible(self._rows.count() > 1)
        if had_keyboard:
            self._repo.setFocus()

    # -- inside --------------------------------------------------------------------------------------------

    def _make_list(self) -> QTreeWidget:
        made = QTreeWidget()
        made.setObjectName("downloadCatalogue")
        made.setAccessibleName(self.tr("Models to download"))
        made.setToolTip(self.tr("Choose a model; nothing is connected to before you press “Download…”"))
        made.setHeaderLabels([
            self.tr("Model"), self.tr("Parameters"), self.tr("Size"), self.tr("Licence"),
            self.tr("On this computer"), self.tr("Good for"),
        ])  # fmt: skip
        made.setRootIsDecorated(False)
        made.setUniformRowHeights(True)
        made.setAllColumnsShowFocus(True)
        made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        made.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        made.header().setStretchLastSection(True)
        made.header().setSectionsMovable(False)
        made.itemSelectionChanged.connect(self._on_chosen)
        made.itemActivated.connect(self._on_download)
        return made

    def _make_area(self) -> QScrollArea:
        inner = QWidget()
        inner.setObjectName("downloadRows")
        inner.setLayout(self._rows)
        self._rows.addStretch(1)
        area = QScrollArea()
        area.setObjectName("downloadArea")
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        area.hide()
        return area

    def _field_row(self) -> QHBoxLayout:
        label = QLabel(self.tr("&Model:"))
        label.setBuddy(self._repo)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self._repo, 1)
        row.addWidget(self._download)
        return row

    def _buttons(self) -> QHBoxLayout:
        self._settings = QPushButton(self.tr("&Connection…"))
        self._settings.setObjectName("downloadConnection")
        self._settings.setToolTip(self.tr("Use a mirror of the Hub, a proxy, or an access token"))
        self._settings.setCheckable(True)
        self._settings.setAutoDefault(False)
        self._settings.toggled.connect(self._connection.setVisible)
        self._connection.hide()
        close = push_button(
            "downloadClose", self.tr("C&lose"), self.tr("Close this page (Esc); downloads go on")
        )
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(self._settings)
        row.addStretch(1)
        row.addWidget(close)
        return row

    @Slot()
    def _on_chosen(self) -> None:
        for item in self._list.selectedItems():  # one, or none when the keyboard only comes by
            self._repo.setText(str(item.data(0, REPO)))
            self._about.setText(str(item.data(0, ABOUT)))

    @Slot()
    def _update(self) -> None:
        typed = self._repo.text().strip()
        self._download.setEnabled(bool(typed))
        if not any(item.data(0, REPO) == typed for item in self._list.selectedItems()):
            self._about.setText("")  # nothing is known of it yet
        self.say("")

    @Slot()
    def _on_download(self) -> None:
        if text := self._repo.text().strip():
            self.download_requested.emit(text)
