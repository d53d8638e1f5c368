"""File → Export and Import: asks what and where, hands the work to the library's thread, says how it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QFileDialog

from studio import exchange
from studio.core.history import ROOT
from studio.export.archive import Scope
from studio.export.exporter import Exporter, Options
from studio.export.naming import file_name, with_suffix
from studio.sessions import Sessions
from studio.store import records as r
from studio.ui.details_dialog import DetailsDialog
from studio.ui.file_drop import FileDrop
from studio.ui.main_window import MainWindow
from studio.ui.sentences import said, together, translated
from studio.worker import LibraryThread
from studio.writing import Writing

if TYPE_CHECKING:
    from studio.ui.export_dialog import ExportChoice, ScopeOffer

IDS_A_FILE = 1_000_000
"""More sessions or generations than this do not fit into a file of the size that is read."""


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
        self._running: list[Event] = []  # set to cancel; in the order of the requests
        self._progress = ""
        window.actions_by_name["export"].triggered.connect(self._on_export)
        window.actions_by_name["import"].triggered.connect(self._on_import)
        self.drop = FileDrop(window, window.editor.viewport())
        self.drop.dropped.connect(self.import_files)

    @Slot()
    def cancel(self) -> None:
        """Stop what is running: the window closes, or the user asks."""
        for event in self._running:
            event.set()

    # -- export --------------------------------------------------------------------------------------------

    @Slot()
    def _on_export(self) -> None:
        from studio.ui.export_dialog import ExportDialog  # and all the formats with it

        if not self._is_open():
            return
        settings = self._window.settings
        dialog = ExportDialog(
            self._offers(),
            settings.export_scope,
            settings.export_format,
            settings.export_options,
            self._window,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._on_chosen)
        dialog.open()

    def _offers(self) -> tuple[ScopeOffer, ...]:
        from studio.ui.export_dialog import ScopeOffer

        editor = self._window.editor
        manuscript = editor.manuscript
        start, end = editor.selection()
        nothing = "" if manuscript.text else self.tr("There is no text yet")
        unselected = "" if end > start else self.tr("Nothing is selected")
        n_written = len({run.source for run in manuscript.runs if run.source > 0})
        history = manuscript.history
        n_ends = sum(not history.children(node_id) for node_id in history.nodes) or 1
        n_steps = len(history.path(self._branch()))
        listed = self._window.sessions.model.sessions()
        ends = self.tr("1 variant") if n_ends == 1 else self.tr("{n} variants").format(n=f"{n_ends:,}")
        steps = self.tr("1 step") if n_steps == 1 else self.tr("{n} steps").format(n=f"{n_steps:,}")
        n_characters = f"{sum(line.n_characters for line in listed):,}"
        if len(listed) == 1:
            several = self.tr("1 session, {characters} characters").format(characters=n_characters)
        else:
            several = self.tr("{n} sessions, {characters} characters").format(
                n=f"{len(listed):,}", characters=n_characters
            )
        if n_written == 1:
            size = self.tr("{size}, 1 generation").format(size=self._size(manuscript.text))
        else:
            size = self.tr("{size}, {n} generations").format(
                size=self._size(manuscript.text), n=f"{n_written:,}"
            )
        return (
            ScopeOffer(Scope.SESSION, size, nothing),
            ScopeOffer(Scope.SELECTION, self._size(manuscript.text[start:end]), nothing or unselected),
            ScopeOffer(Scope.BRANCH, steps, nothing),
            ScopeOffer(Scope.TREE, ends, nothing),
            ScopeOffer(Scope.LIBRARY, several, "" if listed or manuscript.text else nothing),
        )

    def _size(self, text: str) -> str:
        if len(text) > COUNTED_CHARACTERS:
            return self.tr("{n} characters").format(n=f"{len(text):,}")
        return self.tr("{n} words").format(n=f"{len(text.split()):,}")

    def _branch(self) -> int:
        """The state chosen in the history, if that is shown; else the one that the text is at."""
        tree, history = self._window.tree, self._window.editor.manuscript.history
        node = tree.model.node(tree.list.currentIndex()) if tree.isVisible() else None
        return node.id if node is not None and node.id in history.nodes else history.head

    @Slot(object)
    def _on_chosen(self, choice: ExportChoice) -> None:
        settings = self._window.settings
        title = self._sessions.title()
        if choice.scope is Scope.LIBRARY:
            title = self.tr("GPT-2 Studio library")
        suggested = file_name(title) + choice.exporter.suffix
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Export"),
            str(Path(settings.export_folder, suggested)) if settings.export_folder else suggested,
            f"*{choice.exporter.suffix}",
        )
        if not name:
            return
        path = with_suffix(Path(name), choice.exporter.suffix)
        self._window.settings = replace(
            self._window.settings,
            export_scope=str(choice.scope),
            export_format=choice.exporter.name,
            export_options=choice.switched_on,
            export_folder=str(path.parent),
        )
        start, end = self._window.editor.selection()
        switches = {name: name in choice.switched_on for name in ("with_tokens", *choice.exporter.options)}
        options = Options(choice.scope, start, end, self._branch(), **switches)
        self.export(path, choice.exporter, options)

    def export(self, path: Path, exporter: Exporter, options: Options) -> None:
        """Write the open session, as it is now, or the library to a file."""
        if options.scope is Scope.BRANCH and options.node_id == ROOT:
            options = replace(options, scope=Scope.SESSION)  # nothing was ever written here
        self._sessions.autosave.flush()  # the library's thread does this first
        ids = () if options.scope is Scope.LIBRARY else (self._sessions.id,)
        self._submit(exchange.ExportSessions(ids, exporter.name, str(path), options))

    # -- import --------------------------------------------------------------------------------------------

    @Slot()
    def _on_import(self) -> None:
        from studio.intake import IMPORTERS  # with every parser: not on the way to the first window

        suffixes = sorted({suffix for importer in IMPORTERS for suffix in importer.suffixes})
        patterns = " ".join(f"*{suffix}" for suffix in suffixes)
        filters = (
            self.tr("Texts and sessions ({patterns})").format(patterns=patterns),
            self.tr("All files ({patterns})").format(patterns="*"),
        )
        names, _ = QFileDialog.getOpenFileNames(self._window, self.tr("Import texts"), "", ";;".join(filters))
        if names:
            self.import_files(tuple(names))

    @Slot(tuple)
    def import_files(self, names: tuple[str, ...]) -> None:
        """Make sessions of files."""
        if not self._is_open():
            return
        request = exchange.ImportFiles(names, self._sessions.next_id, self._writing.next_generation_id)
        # Ids given while the files are being read must not be these; what is not used is given back.
        self._sessions.next_id += IDS_A_FILE * len(names)
        self._writing.next_generation_id += IDS_A_FILE * len(names)
        self._reserved = self._sessions.next_id, self._writing.next_generation_id
        self._submit(request)

    def _is_open(self) -> bool:
        """Whether the library is open, so that there are ids to give; if not, that is said."""
        if not self._sessions.id:
            self._window.notice.show_notice(self.tr("The library is being opened; try again in a moment."))
        return self._sessions.id > 0

    # -- how it goes ---------------------------------------------------------------------------------------

    def _submit(self, request: exchange.ExchangeRequest) -> None:
        self._running.append(request.cancelled)
        self._library.submit(request)

    def on_message(self, message: exchange.ExchangeMessage) -> None:
        """What the library's thread says of it."""
        if isinstance(message, exchange.ExchangeProgress):
            self._show_progress(message)
            return
        self._running.pop(0)
        notice = self._window.notice
        if self._progress and notice.text() == self._progress:
            notice.hide()
        self._progress = ""
        match message:
            case exchange.Exported(path=path, left_out=left_out):
                text = self.tr("Exported to {path}.").format(path=path)
                if left_out:
                    text = together(text, self.tr("Not everything could be read."))
                    self._show_details(text, "warn", self.tr("Export"), "\n".join(map(said, left_out)))
                else:
                    notice.show_notice(text)
            case exchange.ExchangeFailed(error=error):
                notice.show_notice(together(*translated(error)), "error")
            case exchange.ExchangeCancelled():
                notice.show_notice(self.tr("The export was cancelled; nothing was written."))
            case exchange.FilesImported():
                self._on_imported(message)

    def _show_progress(self, message: exchange.ExchangeProgress) -> None:
        notice = self._window.notice
        if self._progress and notice.text() != self._progress:
            return  # something else is said there now, or it was closed
        if message.n_all > 1:
            text = self.tr("Working… {n} of {all}").format(n=f"{message.n_done:,}", all=f"{message.n_all:,}")
        else:
            text = self.tr("Working…")
        if text != self._progress:
            self._progress = text
            notice.show_notice(text, "warn", self.tr("Cancel"), self.cancel)

    def _on_imported(self, message: exchange.FilesImported) -> None:
        if self._sessions.next_id == self._reserved[0]:
            self._sessions.next_id = message.next_session_id
        if self._writing.next_generation_id == self._reserved[1]:
            self._writing.next_generation_id = message.next_generation_id
        if message.session_ids:
            self._library.submit(r.ListSessions())
            self._sessions.open(message.session_ids[0])
        files = message.files
        failed = [file for file in files if file.error]
        titles = [title for file in files for title in file.titles]
        left_out = list(dict.fromkeys(said(sentence) for file in files for sentence in file.left_out))
        texts = []
        if len(titles) == 1:
            texts.append(self.tr("Imported: “{title}”.").format(title=titles[0]))
        elif titles or not failed:
            texts.append(self.tr("Imported: {n} sessions.").format(n=f"{len(titles):,}"))
        if len(failed) == 1 and failed[0].error:
            texts += translated(failed[0].error)
        elif failed:
            texts.append(self.tr("{n} files could not be imported.").format(n=f"{len(failed):,}"))
        texts += left_out if len(left_out) == 1 else [self.tr("Some things were left out.")] * bool(left_out)
        kind = ("warn" if titles else "error") if failed else "info"
        if failed or left_out or len(files) > 1:
            self._show_details(together(*texts), kind, self.tr("Import"), self._details(files))
        else:
            self._window.notice.show_notice(together(*texts), kind)

    def _details(self, files: Sequence[exchange.ImportedFile]) -> str:
        parts = []
        for file in files:
            lines = [Path(file.path).name]
            lines += [self.tr("Session: {title}").format(title=title) for title in file.titles]
            lines += map(said, file.left_out)
            lines += translated(file.error) if file.error else ()
            parts.append("\n    ".join(lines))
        return "\n\n".join(parts)

    def _show_details(self, text: str, kind: str, title: str, details: str) -> None:
        def show() -> None:
            dialog = DetailsDialog(title, details, self._window)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

        self._window.notice.show_notice(text, kind, self.tr("Show details"), show)


COUNTED_CHARACTERS = 200_000
"""Of longer texts the words are not counted: the window must not stand still."""
