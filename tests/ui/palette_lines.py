"""What the palette lists."""

from __future__ import annotations

from studio.ui.palette.overlay import Palette
from studio.ui.palette.rows import Kind, Row


def rows(palette: Palette) -> list[Row]:
    return [palette.model.row(n) for n in range(palette.model.rowCount())]


def texts(palette: Palette, kind: Kind) -> list[str]:
    return [row.text for row in rows(palette) if row.kind is kind]
