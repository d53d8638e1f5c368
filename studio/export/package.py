"""A ZIP that is the same bytes for the same content: no times, no names of this machine."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from typing import BinaryIO

_EARLIEST = (1980, 1, 1, 0, 0, 0)


def write_package(
    file: BinaryIO, members: Iterable[tuple[str, bytes]], *, stored: tuple[str, ...] = ()
) -> None:
    """Write the members in this order, compressed except those in `stored`."""
    with zipfile.ZipFile(file, "w") as package:
        for name, content in members:
            info = zipfile.ZipInfo(name, _EARLIEST)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            package.writestr(info, content)
