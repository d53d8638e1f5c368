"""Model → Download a model: the dialog, and one job a download. The window itself connects to nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from studio import paths
from studio.core.errors import StudioError
from studio.core.free_memory import available_memory_bytes
from studio.core.precisions import Known
from studio.job_process import JobProcess
from studio.models.hub import names, unfinished
from studio.models.hub.catalogue import catalogue
from studio.models.machine import read_bandwidth
from studio.models.shelf import Shelf
from studio.models.verdict import judge
from studio.ui.main_window import MainWindow
from studio.ui.models.connection_form import ConnectionForm
from studio.ui.models.download_dialog import DownloadDialog, Offered
from studio.ui.models.download_row import DownloadRow
from studio.ui.models.download_words import DownloadWords
from studio.ui.sentences import said, together, translated

CANCEL_MS = 3000
"""After that a job that was told to cancel is ended."""

WAIT_MS = 500
"""For the end of a process that was killed: it takes a few."""


class Download(QObject):
    """One row of the dialog and the job behind it, if one runs."""

    added = Signal(str)  # the new model's id
    gone = Signal()

    def __init__(
        self,
        row: DownloadRow,
        spec: Mapping[str, Any],
        connection: Callable[[], dict[str, str]],
        parent: QObject,
    ) -> None:
        """`connection` says how the Hub is reached, as fields of the job; it may raise StudioError."""
        super().__init__(parent)
        self.row = row
        self._owner = parent  # of the jobs, whose last moments the row need not see
        self._spec, self._connection = dict(spec), connection
        self._host = ""
        self._job: JobProcess | None = None
        self._folder = str(spec.get("resume", ""))  # in `.staging`; empty: not known yet
        self._is_fetching = self._asks = False
        self._patience = QTimer(self, singleShot=True, interval=CANCEL_MS)
        self._patience.timeout.connect(self._end)
        row.go_requested.connect(lambda: self._tell("go"))
        row.pause_requested.connect(lambda: self._tell("pause"))
        row.resume_requested.connect(lambda: self._tell("resume"))
        row.retry_requested.connect(self.start)
        row.cancel_requested.connect(self.cancel)

    @property
    def folder(self) -> str:
        """Its folder in `.staging`, once it is known."""
        return self._folder

    @property
    def _place(self) -> Path:
        return Shelf(paths.models_dir(Path(self._spec["library"]))).staging / self._folder

    @Slot()
    def start(self) -> None:
        """Connect, and ask or go on."""
        if self._job is not None:
            return
        try:
            connection = self._connection()
        except StudioError as error:
            self.row.show_failed(together(*translated(error)))
            return
        self._host = names.host_of(connection["endpoint"])
        begun = bool(self._folder) and unfinished.read(self._place) is not None
        spec = {
            **self._spec,
            **connection,
            "job": "download",
            "memory_bytes": names.MEMORY_BYTES,
            "confirm": not begun,
        }
        if begun:
            spec["resume"] = self._folder
        self._asks = not begun
        self.row.show_asking(self._host)
        self._job = JobProcess(spec, self._owner)
        self._job.progressed.connect(self._on_progressed)
        self._job.done.connect(self._on_done)
        self._job.failed.connect(self._on_failed)
        self._job.start()

    def stop(self) -> None:
        """End the job; what has come stays. The window closes."""
        if self._job is not None:
            self._job.stop()
            self._finish_job()

    @Slot()
    def cancel(self) -> None:
        """End the job and have deleted what has come."""
        if self._job is not None and self._is_fetching:
            self._tell("cancel")
            self._patience.start()
        else:
            self._end()

    @Slot()
    def _end(self) -> None:
        self.stop()
        if self._folder:
            # Deleting gigabytes takes longer than a frame.
            threading.Thread(target=unfinished.discard, args=(self._place,)).start()
        self.gone.emit()

    def _tell(self, word: str) -> None:
        if self._job is not None:
            self._job.tell(word)

    @Slot(dict)
    def _on_progressed(self, event: dict[str, Any]) -> None:
        match event.get("state"):
            case "asking":
                self.row.show_asking(self._host)
            case "found":
                self._folder = str(event["folder"])
                if self._asks:
                    self.row.show_offer(event)
            case "fetching" | "checking":
                self._is_fetching = True
                self.row.show_progress(event)
            case "importing":
                self.row.show_importing(float(event["fraction"]))
            case "waiting":
                self.row.show_waiting(event)
            case "again":
                self.row.show_again(str(event["file"]))
            case "paused":
                self.row.show_paused()

    @Slot(dict)
    def _on_done(self, event: dict[str, Any]) -> None:
        self._finish_job()
        if event.get("cancelled"):
            self.gone.emit()
            return
        self._folder = ""
        self.row.show_done(str(event["name"]), already=bool(event.get("already")))
        self.added.emit(str(event["model"]))

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self._finish_job()
        self.row.show_failed(together(*translated(error)))

    def _finish_job(self) -> None:
        self._patience.stop()
        self._is_fetching = False
        if self._job is not None:
            self._job.ended.connect(self._job.deleteLater)
            self._job = None


class Downloading(QObject):
    """Owns the dialog, which is made when it is first wanted, and the downloads."""

    model_added = Signal(str)

    def __init__(self, window: MainWindow, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self.folder = folder
        self.dialog: DownloadDialog | None = None
        self._downloads: list[Download] = []
        self._n_rows = 0
        window.actions_by_name["download_model"].triggered.connect(self.open)

    @Slot()
    def open(self) -> None:
        """Show the dialog, with what was begun some other time."""
        dialog = self._dialog()
        self._show_catalogue()
        self._show_unfinished()
        if dialog.isVisible():
            dialog.raise_()
        dialog.show()
        dialog.activateWindow()

    @Slot()
    def stop(self) -> None:
        """End all jobs; what has come is offered again the next time."""
        for download in self._downloads:
            download.stop()
        for job in self.findChildren(JobProcess):
            job.wait(WAIT_MS)

    def _dialog(self) -> DownloadDialog:
        if self.dialog is None:
            settings = self._window.settings
            self._form = ConnectionForm(settings.hub_endpoint, settings.hub_proxy)
            self._form.changed.connect(self._on_connection)
            self.dialog = DownloadDialog(self._form, self._window)
            self.dialog.download_requested.connect(self.download)
            self._on_connection()
        return self.dialog

    def _show_catalogue(self) -> None:
        """Every model with what is to be expected of it on this computer now."""
        known = Known.from_file(paths.precisions_file(self.folder)).latest()
        bandwidth = read_bandwidth(paths.machine_file(self.folder))
        free = available_memory_bytes()
        words, offered = DownloadWords(), []
        for entry in catalogue():
            verdict = judge(entry.as_model(), self._window.settings.precision, known, free, (), bandwidth)
            offered.append(Offered(entry, words.fit(verdict.fit), said(verdict.said)))
        self._dialog().set_catalogue(offered)

    def _show_unfinished(self) -> None:
        known = {download.folder for download in self._downloads}
        for begun in unfinished.in_staging(Shelf(paths.models_dir(self.folder)).staging):
            if begun.folder.name not in known:
                download = self._add(begun.listing.repo, {"resume": begun.folder.name})
                download.row.show_unfinished(begun.done_bytes, begun.listing.n_bytes)

    @Slot(str)
    def download(self, text: str) -> None:
        """Ask the Hub what this is. Nothing was connected to before."""
        dialog = self._dialog()
        try:
            wanted = names.parse(text, self._connection()["endpoint"])
        except StudioError as error:
            dialog.say(together(*translated(error)))
            return
        dialog.say("")
        self._add(wanted.repo, asdict(wanted)).start()

    def _add(self, title: str, spec: Mapping[str, Any]) -> Download:
        self._n_rows += 1
        row = DownloadRow(self._n_rows, title)
        download = Download(row, {"library": str(self.folder), **spec}, self._connection, self)
        download.added.connect(self.model_added)
        download.gone.connect(lambda: self._remove(download))
        self._downloads.append(download)
        self._dialog().add_row(row)
        return download

    def _remove(self, download: Download) -> None:
        self._downloads.remove(download)
        self._dialog().remove_row(download.row)
        download.deleteLater()

    def _connection(self) -> dict[str, str]:
        """How the Hub is reached now. Raises StudioError if that cannot be."""
        settings = self._window.settings
        endpoint = names.endpoint_of(settings.hub_endpoint)
        token = names.check_token(self._form.token, endpoint)
        return {"endpoint": endpoint, "proxy": settings.hub_proxy, "token": token}

    @Slot()
    def _on_connection(self) -> None:
        """The form was changed: keep what is right, say what is not."""
        form, dialog = self._form, self._dialog()
        try:
            endpoint = names.endpoint_of(form.endpoint)
            proxy = names.check_proxy(form.proxy)
            names.check_token(form.token, endpoint)
        except StudioError as error:
            form.say(together(*translated(error)))
            return
        form.say("")
        self._window.settings = replace(self._window.settings, hub_endpoint=form.endpoint, hub_proxy=proxy)
        dialog.set_host(names.host_of(endpoint))
