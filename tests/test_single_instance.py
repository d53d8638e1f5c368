from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.paths import instance_lock
from studio.single_instance import PATIENCE_S, SingleInstance

OTHER = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from studio.single_instance import SingleInstance
app = QCoreApplication([])
print(SingleInstance(Path(sys.argv[1]), app).is_first(), flush=True)
if len(sys.argv) > 2:
    sys.stdin.read()
"""


def other(folder: Path, *stay: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OTHER, str(folder), *stay]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_second_start_raises_the_first_window(qtbot: QtBot, tmp_path: Path) -> None:
    parent = QObject()
    first = SingleInstance(tmp_path, parent)
    assert first.is_first()
    with qtbot.waitSignal(first.raise_requested, timeout=20_000):
        second = other(tmp_path)
    assert second.communicate()[0] == "False\n"
    elsewhere = other(tmp_path / "elsewhere")
    assert elsewhere.communicate()[0] == "True\n"


def test_of_starts_at_the_same_moment_only_one_is_first(tmp_path: Path) -> None:
    starts = [other(tmp_path, "stay") for _ in range(3)]
    time.sleep(0.1)
    answers = []
    for start in starts:
        assert start.stdout is not None
        answers.append(start.stdout.readline().strip())
    for start in starts:
        start.communicate()
    assert sorted(answers) == ["False", "False", "True"]


def test_a_killed_instance_leaves_no_lock(qtbot: QtBot, tmp_path: Path) -> None:
    killed = other(tmp_path, "stay")
    assert killed.stdout is not None
    assert killed.stdout.readline() == "True\n"
    killed.kill()
    killed.communicate()
    parent = QObject()
    assert SingleInstance(tmp_path, parent).is_first()


def test_a_lock_that_the_power_cut_left_empty_holds_nobody_off(qtbot: QtBot, tmp_path: Path) -> None:
    lock = instance_lock(tmp_path)
    for content in (b"", b"\0\0\0"):
        lock.write_bytes(content)
        os.utime(lock, (0, 0))
        parent = QObject()
        first = SingleInstance(tmp_path, parent)
        started = time.monotonic()
        assert first.is_first()
        assert time.monotonic() - started < PATIENCE_S
        with qtbot.waitSignal(first.raise_requested, timeout=20_000):
            second = other(tmp_path)
        assert second.communicate()[0] == "False\n"
        del first
        parent.deleteLater()
        qtbot.wait(1)
        lock.unlink(missing_ok=True)
