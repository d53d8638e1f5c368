"""Processes that read a stranger's files have no network: Python refuses them its sockets."""

from __future__ import annotations

import sys
from typing import Any

_NETWORK_EVENTS = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"})
_LOOK_UPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


class OfflineError(RuntimeError):
    """Something in this process tried to reach the network: a bug, or a file that wants too much."""


def refuse_network() -> None:
    """Let every later attempt of this process to use the network fail. There is no way back.

    Sockets of the system's own (AF_UNIX) stay possible. This sees what goes through Python; what native code
    does by itself is watched by the tests (strace).
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _LOOK_UPS or (event in _NETWORK_EVENTS and is_network(arguments)):
        raise OfflineError(f"{event} was refused: this process has no network.")


def is_network(arguments: tuple[Any, ...]) -> bool:
    """Whether the arguments of a socket's audit event are about the network: (socket, address)."""
    address = arguments[-1]
    return isinstance(address, tuple)  # of AF_UNIX it is a path
