"""What the process that reads a pickle may do from then on: read, compute, write its own folder. No more.

The limits are the system's where it has them (no network, memory, time, file size); the hook below is
Python's, and sees what Python code does, whoever made it run. It cannot be taken away again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError

_NEVER = (
    *(
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.fork",
        "os.forkpty",
        "os.startfile",
        "pty.spawn",
    ),
    *("subprocess.", "socket.", "exec", "compile", "import", "code.__new__", "ctypes.", "urllib.", "http."),
    *(
        "ftplib.",
        "smtplib.",
        "webbrowser.",
        "winreg.",
        "os.kill",
        "os.putenv",
        "os.chmod",
        "os.chown",
        "mmap.",
    ),
    *("os.link", "os.symlink", "sqlite3.", "shutil.", "tempfile.", "marshal.", "gc.", "sys.settrace"),
)
_CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.utime")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Confinement:
    """Made once everything is imported; `tried` says what was tried that is not allowed, "" if nothing."""

    def __init__(self, staging: Path, *readable: Path) -> None:
        """From now on only `staging` can be written, and only it and `readable` can be opened."""
        self.tried = ""
        sys.addaudithook(self._hook(os.fspath(staging.resolve()), [os.fspath(p.resolve()) for p in readable]))

    def _hook(self, staging: str, readable: list[str]) -> Callable[[str, tuple[Any, ...]], None]:
        def within(path: object, *folders: str) -> bool:
            if isinstance(path, int):
                return True  # opened before
            if not isinstance(path, str | bytes | os.PathLike):
                return False
            real: str = os.path.realpath(os.fsdecode(path))
            return any(real == folder or real.startswith(folder + os.sep) for folder in folders)

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "open":
                path, mode, flags = arguments
                changes = bool(flags & _WRITES) if isinstance(flags, int) else "r" not in str(mode)
                allowed = within(path, staging) if changes else within(path, staging, *readable)
            elif event in _CHANGES:
                allowed = all(within(path, staging) for path in arguments if isinstance(path, str | bytes))
            else:
                allowed = not event.startswith(_NEVER)
            if not allowed:
                named = next((a for a in arguments if isinstance(a, str)), "")
                self.tried = self.tried or f"{event} {named}"[:80].strip()
                raise self.error()

        return hook

    def check(self) -> None:
        """Raise StudioError if anything was tried, also if a library swallowed that."""
        if self.tried:
            raise self.error()

    def error(self) -> StudioError:
        """What is said then."""
        return StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError", "The file tried to do what no model needs to do ({what}), and was stopped."
            ),
            QT_TRANSLATE_NOOP("StudioError", "Do not open it anywhere, and do not use models from there."),
            what=self.tried,
        )
