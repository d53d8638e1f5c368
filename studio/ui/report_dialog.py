"""A bug of ours: what happened in one sentence, the whole report to read, and a button that saves it."""

from __future__ import annotations

import platform
from pathlib import Path

from PySide6.QtCore import Qt, Slot, qVersion
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio import __version__
from studio.ui.sentences import system_reason


def report_text(traceback: str) -> str:
    """The report: versions and the traceback, no text of the user's and no home folder."""
    home = str(Path.home())
    head = (
        f"GPT-2 Studio {__version__}, Python {platform.python_version()}, Qt {qVersion()}, "
        f"{platform.system()} {platform.release()} {platform.machine()}"
    )
    body = traceback.replace(home, "~") if len(home) > 1 else traceback
    return f"{head}\n\n{body}"


class ReportDialog(QDialog):
    """Shows a report. Nothing is sent anywhere."""

    def __init__(self, what_happened: str, traceback: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reportDialog")
        self.setWindowTitle(self.tr("Something went wrong"))
        self._report = report_text(traceback)
        what = QLabel(what_happened)
        what.setTextFormat(Qt.TextFormat.PlainText)
        what.setWordWrap(True)
        note = QLabel(
            self.tr(
                "This is a fault of the program, not yours; your text is safe. Below is all that the report "
                "holds. It stays on this computer unless you send it to someone."
            )
        )
        note.setWordWrap(True)
        note.setProperty("quiet", True)
        text = QPlainTextEdit(self._report)
        text.setObjectName("reportText")
        text.setReadOnly(True)
        text.setTabChangesFocus(True)
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        text.setAccessibleName(self.tr("Report"))
        buttons = QDialogButtonBox()
        save = QPushButton(self.tr("&Save report…"))
        save.setObjectName("saveReport")
        close = QPushButton(self.tr("&Close"))
        buttons.addButton(save, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(close, QDialogButtonBox.ButtonRole.RejectRole)
        save.clicked.connect(self._on_save)
        close.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(10)
        for widget in (what, note, text, buttons):
            column.addWidget(widget)
        self._note = note
        self.resize(720, 480)

    @Slot()
    def _on_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save report"), "gpt2-studio-report.txt")
        if not name:
            return
        try:
            Path(name).write_text(self._report, encoding="utf-8")
        except OSError as error:
            self._note.setText(
                self.tr("The report could not be saved there: {reason}.").format(
                    reason=system_reason(error.strerror)
                )
            )
