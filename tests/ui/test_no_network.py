"""The window's own process opens no socket of the network, whatever is done in it."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from driving import Open, finished, press, set_length
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from studio.core.offline import is_network

PAGES = (
    "performance",
    "precision",
    "backups",
    "compare",
    "loom",
    "inside",
    "provenance",
    "shortcuts",
    "about",
)

_seen: list[str] | None = None
_hooked: list[bool] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is None or not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"):
        if is_network(arguments):
            _seen.append(event)
    elif event == "socket.__new__":
        if arguments[1] in (socket.AF_INET, socket.AF_INET6):
            _seen.append(event)
    elif event.startswith(("socket.getaddrinfo", "socket.gethostby")):
        _seen.append(event)


@contextlib.contextmanager
def watched() -> Iterator[list[str]]:
    """What this process does with the network meanwhile. A hook stays for ever, so there is one for all."""
    global _seen
    if not _hooked:
        sys.addaudithook(_note)
        _hooked.append(True)
    found: list[str] = []
    _seen = found
    try:
        yield found
    finally:
        _seen = None


def test_writing_and_looking_at_every_page_opens_no_socket(qtbot: QtBot, open_window: Open) -> None:
    with watched() as seen:
        window = open_window()
        set_length(window, 8)
        press(window, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: finished(window) and bool(window.editor.toPlainText()), timeout=20_000)
        for name in PAGES:
            window.actions_by_name[name].trigger()
            QApplication.processEvents()
        for dialog in window.findChildren(QDialog):
            dialog.close()
        window.close()
    assert seen == []


def test_a_planted_socket_is_seen(qtbot: QtBot) -> None:
    with watched() as seen, pytest.raises(OSError), socket.socket() as planted:
        planted.connect(("127.0.0.1", 1))
    assert seen == ["socket.__new__", "socket.connect"]
    with watched() as seen:
        socket.getaddrinfo("127.0.0.1", 1)
    assert seen == ["socket.getaddrinfo"]
