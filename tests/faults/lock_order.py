"""Starting the model process while windows come and go: the interpreter's lock against Qt's.

    python tests/faults/lock_order.py [--runs N] [--seed N] [--quick] [--json]

When the GUI thread destroys a QObject, Qt holds the lock of that object's connections and calls the
senders' `disconnectNotify`; PySide looks, once for each sender, whether Python overrides it, and for that
waits for the interpreter (`QObject::~QObject` -> `Sbk_GetPyOverride` -> `PyGILState_Ensure`). A Python thread
that holds the interpreter and connects something inside Qt (as `QProcess.start` does) may need the same lock:
Qt has 131 of them for all objects. Then both wait for ever. In the app it met the main window's own layout
animation, whose sender is the central widget, at about one start in a thousand.

Here a model process that ends at once is started again and again by the real ModelThread, while windows with
a central widget are made, shown and destroyed. Exit code 1 if that comes to a halt. (Needs /bin/true.)
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["QT_QPA_PLATFORM"] = os.environ.get("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter

from studio import worker
from studio.core import messages as m
from studio.ui import theme as themes

ROUND_S = 10.0
HALT_S = 20.0
N_WINDOWS = 20


def one_round() -> int:
    """Start processes and make windows for ROUND_S; how many processes were started."""
    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    themes.apply(app, themes.choose("light"))
    thread = worker.ModelThread()
    starts, over = 0, time.monotonic() + ROUND_S
    windows: list[QMainWindow] = []

    def start_again(message: m.Message | None = None) -> None:
        nonlocal starts
        if message is None or isinstance(message, m.JobFailed):
            starts += 1
            thread.submit(m.LoadModel(starts, "nowhere"))

    def open_window() -> None:
        window = QMainWindow()
        window.setCentralWidget(QSplitter())
        window.resize(400, 300)
        window.show()
        QTimer.singleShot(0, lambda: window.resize(450, 350))
        windows.append(window)
        if len(windows) > N_WINDOWS:
            old = windows.pop(0)
            old.close()
            old.deleteLater()
        if time.monotonic() > over:
            app.quit()

    thread.message.connect(start_again)
    timer = QTimer()
    timer.timeout.connect(open_window)
    timer.start(1)
    start_again()
    app.exec()
    timer.stop()
    thread.message.disconnect(start_again)
    thread.stop()
    return starts


def main() -> int:
    """Each round in a process of its own, since one that has come to a halt can only be killed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--seed", type=int, default=1, help="not used: the threads' timing is the chance here"
    )
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--json", action="store_true", help="details as JSON, before the summary")
    parser.add_argument("--round", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.round:
        with patch.object(worker, "model_process_command", lambda: ("/bin/true", [])):
            print(one_round(), flush=True)
        os._exit(0)  # windows and timers need no farewell
    halts, starts = 0, []
    n_runs = 1 if arguments.quick else arguments.runs
    for _ in range(n_runs):
        try:
            child = subprocess.run(
                [sys.executable, __file__, "--round"],
                capture_output=True,
                text=True,
                timeout=ROUND_S + HALT_S,
                check=True,
            )
            starts.append(int(child.stdout))
        except subprocess.TimeoutExpired:
            halts += 1
    if arguments.json:
        print(json.dumps({"halts": halts, "starts": starts}))
    print(f"lock_order: {n_runs} rounds, {sum(starts)} process starts in those that ended, {halts} halts")
    return 1 if halts or not sum(starts) else 0


if __name__ == "__main__":
    sys.exit(main())
