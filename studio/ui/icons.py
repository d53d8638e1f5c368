"""Icons: Lucide's outlines in a colour of the theme (they come in `currentColor`, which Qt paints black)."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio.paths import resource

_SIZES = (16, 24)
_FINE_SIZES = (*_SIZES, 32, 48)
"""For screens with more pixels. To draw what no screen needs would take a tenth of the window's start."""


@cache
def icon(name: str, colour: str, disabled: str) -> QIcon:
    """The icon `name` in `colour`, and in `disabled` where its action is disabled."""
    svg = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    app = QGuiApplication.instance()
    is_plain = isinstance(app, QGuiApplication) and app.devicePixelRatio() <= 1 and name != "app"
    for mode, tone in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", tone).encode()))
        for size in _SIZES if is_plain else _FINE_SIZES:
            pixmap = QPixmap(size, size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, size, size))
            painter.end()
            result.addPixmap(pixmap, mode)
    return result
