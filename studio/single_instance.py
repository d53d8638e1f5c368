"""One window for each library: a second start brings the first one's window to the front."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

WAIT_MS = 300


class SingleInstance(QObject):
    """Listens on (or knocks at) a local socket named after the library's folder. No network is involved.

    The socket only carries "come to the front"; what keeps two writers apart is the library's own lock.
    """

    raise_requested = Signal()

    def __init__(self, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        digest = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogatepass")).hexdigest()
        self._name = f"gpt2-studio-{digest[:24]}"
        self._server: QLocalServer | None = None

    def raise_other(self) -> bool:
        """Ask a running instance to come to the front; False if there is none."""
        caller = QLocalSocket()
        caller.connectToServer(self._name)
        if not caller.waitForConnected(WAIT_MS):
            return False
        caller.write(b"raise")
        caller.waitForBytesWritten(WAIT_MS)
        caller.disconnectFromServer()
        return True

    def listen(self) -> None:
        """Be the instance that others find. A socket left by a crash is replaced."""
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._on_connection)
        if not server.listen(self._name):
            QLocalServer.removeServer(self._name)
            server.listen(self._name)
        self._server = server

    @Slot()
    def _on_connection(self) -> None:
        assert self._server is not None
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            self.raise_requested.emit()
