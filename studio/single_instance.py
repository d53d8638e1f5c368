"""One window for each library: a second start brings the first one's window to the front."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from studio.paths import instance_lock

KNOCK_MS = 300
PATIENCE_S = 2.0
"""How long the other may take from its lock to listening."""


class SingleInstance(QObject):
    """Holds a lock file in the library's folder and listens on a local socket named after the folder.

    The lock decides which of two starts at the same moment is first; a holder that no longer runs, also after
    a kill -9, does not count. The socket only carries "come to the front". No network is involved.
    """

    raise_requested = Signal()

    def __init__(self, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        digest = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogatepass")).hexdigest()
        self._name = f"gpt2-studio-{digest[:24]}"
        self._folder = folder
        self._lock = QLockFile(str(instance_lock(folder)))
        self._lock.setStaleLockTime(0)  # only a holder that no longer runs is stale
        self._server: QLocalServer | None = None

    def is_first(self) -> bool:
        """Whether this start opens the window; False if another instance has been brought to the front.

        If the other neither answers nor goes, this one starts: the library itself then says it is in use.
        """
        end = time.monotonic() + PATIENCE_S
        while not self._try_lock():
            if self._knock():
                return False
            if time.monotonic() > end:
                return True
            time.sleep(0.05)
        if self._lock.error() != QLockFile.LockError.NoError and self._knock():
            return False  # a folder that cannot be written: no lock, but perhaps a window
        self._listen()
        return True

    def _try_lock(self) -> bool:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            return True
        if self._lock.tryLock(0) or self._lock.error() != QLockFile.LockError.LockFailedError:
            return True
        return self._names_nobody() and self._lock.removeStaleLockFile() and self._lock.tryLock(0)

    def _names_nobody(self) -> bool:
        """Whether the lock file has no holder in it, and is no longer being written: the power was cut then.

        Qt takes such a file for one that is held, for ever.
        """
        try:
            age_s = time.time() - instance_lock(self._folder).stat().st_mtime
        except OSError:
            return False
        return not any(self._lock.getLockInfo()) and not 0 <= age_s < PATIENCE_S

    def _knock(self) -> bool:
        caller = QLocalSocket()
        caller.connectToServer(self._name)
        if not caller.waitForConnected(KNOCK_MS):
            return False
        caller.write(b"raise")
        caller.waitForBytesWritten(KNOCK_MS)
        caller.disconnectFromServer()
        return True

    def _listen(self) -> None:
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._on_connection)
        QLocalServer.removeServer(self._name)  # of one that was killed: the lock is ours
        server.listen(self._name)
        self._server = server

    @Slot()
    def _on_connection(self) -> None:
        assert self._server is not None
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            self.raise_requested.emit()
