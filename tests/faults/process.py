"""The app in a process of its own: started, watched through its pipe, killed; and what it left running."""

from __future__ import annotations

import hashlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from studio.core.history import Run

MARK = "GPT2_STUDIO_FAULT_RUN"
ORPHAN_S = 5.0
ROOT = Path(__file__).resolve().parents[2]
BAD_WORDS = (
    "Traceback",
    "QThread: Destroyed",
    "QProcess: Destroyed",
    "Segmentation",
    "Aborted",
    "Fatal Python",
)


def sha_of(text: str, runs: tuple[Run, ...]) -> str:
    """Of a text and where it came from."""
    origins = repr([(run.length, run.source, run.offset) for run in runs])
    return hashlib.sha256(f"{text}\0{origins}".encode()).hexdigest()


class App:
    """A writer.py on a library."""

    def __init__(self, library: Path, *options: str) -> None:
        self.mark = uuid.uuid4().hex
        reader, writer = os.pipe()
        self._reader: int | None = reader
        self._rest = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
        script = Path(__file__).with_name("writer.py")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, str(script), "--library", str(library), "--pipe", str(writer), *options],
            pass_fds=(writer,),
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", MARK: self.mark},
        )
        os.close(writer)

    def read(self, timeout_s: float) -> list[list[str]]:
        """The lines that came within the time, split into words; at once when there are any."""
        if self._reader is None:
            time.sleep(min(timeout_s, 0.05))
            return []
        if not select.select([self._reader], [], [], max(timeout_s, 0))[0]:
            return []
        data = os.read(self._reader, 1 << 16)
        if not data:
            os.close(self._reader)
            self._reader = None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode().split(" ") for line in lines]

    def read_until(self, is_over: Callable[[list[str]], bool], timeout_s: float) -> list[list[str]]:
        """All lines up to one that `is_over`, the pipe's end, or the time's."""
        until, lines = time.monotonic() + timeout_s, []
        while self._reader is not None and (left := until - time.monotonic()) > 0:
            for line in self.read(min(left, 0.5)):
                lines.append(line)
                if is_over(line):
                    return lines
        return lines

    def read_rest(self) -> list[list[str]]:
        """What is still in the pipe of a process that has ended. A line cut off by the kill is left out."""
        return self.read_until(lambda _: False, 10)

    def kill(self) -> float:
        """SIGKILL to the app, not to its model process; the time it was sent (CLOCK_MONOTONIC)."""
        now = time.monotonic()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        return now

    def errors(self) -> str:
        """What it wrote to stderr."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def complaints(self) -> list[str]:
        """What stderr says, in one piece, if there is a sign of a bug in it."""
        text = self.errors()
        return [text[-3000:]] if any(word in text for word in BAD_WORDS) else []

    def wait_for_orphans(self) -> tuple[list[int], float]:
        """Processes of this app still there after 5 s (they are ended now); seconds until none was."""
        started = time.monotonic()
        while left := marked_processes(self.mark):
            if time.monotonic() - started > ORPHAN_S:
                for pid in left:
                    os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.02)
        return left, time.monotonic() - started


def marked_processes(mark: str) -> list[int]:
    """Living processes with the mark in their environment (Linux; elsewhere none is found)."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def filesystem_of(folder: Path) -> str:
    """The type of the file system, "?" if it cannot be asked."""
    found = ("", "?")
    try:
        for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
            _, mounted, kind, *_ = line.split(" ")
            if folder.resolve().is_relative_to(mounted) and len(mounted) >= len(found[0]):
                found = (mounted, kind)
    except OSError:  # not Linux
        pass
    return found[1]
