"""File → Export and Import: asks which file, hands the work to the library's thread, says how it went."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Slot
from PySide6.QtWidgets import QFileDialog

from studio import exchange
from studio.export import EXPORTERS
from studio.export.exporter import Options
from studio.intake import IMPORTERS
from studio.sessions import Sessions
from studio.store import records as r
from studio.ui.main_window import MainWindow
from studio.ui.sentences import said, translated
from studio.worker import LibraryThread
from studio.writing import Writing


class Transfer(QObject):
    """Files in and out."""

    def __init__(
        self,
        window: MainWindow,
        library: LibraryThread,
        sessions: Sessions,
        writing: Writing,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self._sessions = sessions
        self._writing = writing
        self._reserved = (0, 0)
        window.actions_by_name["export"].triggered.connect(self._on_export)
        window.actions_by_name["import"].triggered.connect(self._on_import)

    @Slot()
    def _on_export(self) -> None:
        filters = {f"{QCoreApplication.translate('export', e.label)} (*{e.suffix})": e for e in EXPORTERS}
        suggested = self._sessions.title().replace("/", "-") or "session"
        name, chosen = QFileDialog.getSaveFileName(
            self._window, self.tr("Export this session"), suggested, ";;".join(filters)
        )
        if name:
            self.export(Path(name), filters[chosen].name if chosen in filters else EXPORTERS[0].name)

    def export(self, path: Path, exporter_name: str) -> None:
        """Write the open session, as it is now, to a file."""
        exporter = next(exporter for exporter in EXPORTERS if exporter.name == exporter_name)
        if path.suffix.lower() != exporter.suffix:
            path = path.with_name(path.name + exporter.suffix)
        self._sessions.autosave.flush()  # the library's thread does this first
        options = Options(colour_by_probability="colour_by_probability" in exporter.options)
        self._library.submit(exchange.ExportSession(self._sessions.id, exporter.name, str(path), options))

    @Slot()
    def _on_import(self) -> None:
        suffixes = sorted({suffix for importer in IMPORTERS for suffix in importer.suffixes})
        patterns = " ".join(f"*{suffix}" for suffix in suffixes)
        names, _ = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Import texts"),
            "",
            self.tr("Texts and sessions ({patterns})").format(patterns=patterns),
        )
        if names:
            self.import_files(tuple(names))

    def import_files(self, names: tuple[str, ...]) -> None:
        """Make sessions of files."""
        request = exchange.ImportFiles(names, self._sessions.next_id, self._writing.next_generation_id)
        # Ids given while the files are being read must not be these; what is not used is given back.
        self._sessions.next_id += IDS_A_FILE * len(names)
        self._writing.next_generation_id += IDS_A_FILE * len(names)
        self._reserved = self._sessions.next_id, self._writing.next_generation_id
        self._library.submit(request)

    def on_message(self, message: exchange.ExchangeMessage) -> None:
        """How it went."""
        notice = self._window.notice
        match message:
            case exchange.Exported(path=path):
                notice.show_notice(self.tr("Exported to {path}.").format(path=path))
            case exchange.ExchangeFailed(error=error):
                notice.show_notice(" ".join(translated(error)), "error")
            case exchange.FilesImported():
                if self._sessions.next_id == self._reserved[0]:
                    self._sessions.next_id = message.next_session_id
                if self._writing.next_generation_id == self._reserved[1]:
                    self._writing.next_generation_id = message.next_generation_id
                if not message.session_ids:
                    return
                self._library.submit(r.ListSessions())
                self._sessions.open(message.session_ids[0])
                text = self.tr("Imported: {n}.").format(n=len(message.session_ids))
                notice.show_notice(" ".join([text, *map(said, message.left_out)]))


IDS_A_FILE = 1_000_000
"""More sessions or generations than this do not fit into a file of the size that is read."""
