"""Builds the app: every object is made here and handed to those who need it. Nothing else."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QSocketNotifier, QTimer, QTranslator, Slot
from PySide6.QtWidgets import QApplication

from studio import paths, settings
from studio.controller import Controller
from studio.garbage import GarbageCollector
from studio.single_instance import SingleInstance
from studio.ui import sentences
from studio.ui import theme as themes
from studio.ui.main_window import MainWindow
from studio.worker import LibraryThread, ModelThread

EXIT_NO_DISPLAY = 3


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The window's own options. `argv` may begin with the program's name."""
    parser = argparse.ArgumentParser(prog="gpt2-studio", add_help=False)
    parser.add_argument("--library")
    arguments = list(argv[1:] if argv and not argv[0].startswith("-") else argv)
    return parser.parse_known_args(arguments)[0]


def create(argv: Sequence[str]) -> tuple[QApplication, MainWindow]:
    """Build the whole app without entering the event loop or showing the window.

    The library opens and the model loads as soon as the loop turns. Closing the window ends both threads.
    """
    # The threads that carry messages must not make a frame wait for the interpreter (5 ms by default).
    sys.setswitchinterval(0.001)
    folder = paths.library_dir(parse(argv).library)
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([*argv[:1]])
    app.setApplicationName("gpt2-studio")
    app.setApplicationDisplayName("GPT-2 Studio")
    app.setDesktopFileName("gpt2-studio")
    chosen, problems = settings.load(paths.settings_file(folder))
    _translate(app, chosen.language)
    themes.apply(app, themes.choose(chosen.theme))
    window = MainWindow(chosen)
    controller = Controller(window, ModelThread(window), LibraryThread(window), folder)
    _CrashReporter(controller, window)
    window.closing.connect(GarbageCollector(window).stop)
    if problems:
        window.notice.show_notice(sentences.together(*map(sentences.said, problems)), "warn")
    QTimer.singleShot(0, controller.start)
    return app, window


def _translate(app: QApplication, language: str) -> None:
    """Load the app's and Qt's own translations. English is the source and needs none."""
    locale = QLocale.system() if language == "system" else QLocale(language)
    if language != "system":
        QLocale.setDefault(locale)  # dates in the language of the window
    if locale.language() != QLocale.Language.Chinese:
        return
    for name, folder in (
        ("studio_zh_CN", str(paths.resource("i18n"))),
        ("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
    ):
        translator = QTranslator(app)
        if translator.load(name, folder):
            app.installTranslator(translator)
    app.setFont(themes.interface_font(app.font()))


class _CrashReporter(QObject):
    """An exception nobody caught is a bug: the user gets a report once, and goes on writing."""

    def __init__(self, controller: Controller, window: MainWindow) -> None:
        super().__init__(window)
        self._controller = controller
        self._told = False
        sys.excepthook = self.report

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Print the traceback; show it once as a report."""
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.__excepthook__(kind, error, trace)
        if issubclass(kind, KeyboardInterrupt) or self._told:
            return
        if threading.current_thread() is not threading.main_thread():
            return
        self._told = True
        with contextlib.suppress(RuntimeError):  # the window is gone already
            self._controller.show_report(
                self.tr("An unexpected error occurred. You can go on writing."), text
            )


class _Signals(QObject):
    """SIGTERM, SIGINT and SIGHUP close the window as the user would: everything is saved.

    Python runs its handlers only between byte codes, and Qt's loop has none while it idles; a socket that
    the signal writes to wakes the loop.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno())
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: None)

    @Slot()
    def _on_signal(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(64)
        self._window.close()


def display_trouble() -> str:
    """Why no window can be opened here, one sentence; empty if one can. Qt itself would abort."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM", "xcb") not in (
        "xcb",
        "wayland",
    ):
        return ""
    if os.environ.get("WAYLAND_DISPLAY"):
        return ""
    display = os.environ.get("DISPLAY", "")
    if not display:
        return (
            "There is no display to open a window on. "
            "Start the app from a desktop, or write with `gpt2-studio generate`."
        )
    host, _, number = display.rpartition(":")
    number = number.split(".")[0]
    if host in ("", "unix") and number.isdigit():
        for address in (f"/tmp/.X11-unix/X{number}", f"\0/tmp/.X11-unix/X{number}"):  # noqa: S108 (X11's own place)
            with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
                probe.connect(address)
                return ""
        return f"The display {display} cannot be reached. Start the app from a desktop, or set DISPLAY."
    return ""


def main(argv: Sequence[str]) -> int:
    """Run the app. A second instance on the same library raises the first one's window."""
    if trouble := display_trouble():
        sys.stderr.write(trouble + "\n")
        return EXIT_NO_DISPLAY
    folder: Path = paths.library_dir(parse(argv).library)
    app = QApplication([*argv[:1]])
    instance = SingleInstance(folder, app)
    if not instance.is_first():
        return 0
    _, window = create(argv)
    instance.raise_requested.connect(window.raise_to_front)
    _Signals(window)
    window.show()
    return app.exec()
