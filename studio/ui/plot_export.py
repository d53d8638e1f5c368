"""Every plot can be taken along: as a picture (SVG, PNG) or as its numbers (CSV), to a file or the clipboard.

A widget becomes such a plot by offering three things (the protocol `Plot`):

- `theme: Theme`, an attribute that its painting takes every colour from. While a picture is made for a file
  it is set to the light theme (paper is white), and set back afterwards: a plain attribute, not a setter.
- `paint(painter: QPainter, rect: QRectF) -> None`: paint everything of it into `rect`, text as text
  (`drawText`) and shapes as shapes. `paintEvent` calls the same with `QRectF(self.rect())`. No selection, no
  hover, no caret: those belong into `paintEvent`. The paper is filled beforehand.
- `rows() -> Table`: a header with units in it ("surprisal (bits)"), and rows of numbers and plain texts: all
  there is, not only what is in sight.

    self._export = PlotExport(self, self, "surprisal")   # plot, widget, what its files are called
    layout.addWidget(self._export.button)                # a 28 px button; or `put_in_corner()`
    self._export.set_theme(theme)                        # with the widget's own

The widget's context menu becomes the same menu (also by the Menu key and Shift+F10); to have it in a menu of
your own, add `export.menu`. A picture has the widget's size unless `size` says another. What went well or
wrong is said in the window's notice bar.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Protocol

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QEvent,
    QIODevice,
    QMimeData,
    QObject,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from studio.core.errors import StudioError
from studio.export.naming import file_name, with_suffix
from studio.export.saving import replacing
from studio.export.table import Table, csv_bytes, tab_separated
from studio.ui.icons import icon
from studio.ui.notice_bar import NoticeBar
from studio.ui.sentences import together, translated
from studio.ui.theme import LIGHT, Theme

DENSITY = 2
"""Pixels of a PNG per pixel of the screen it was designed for."""


class Plot(Protocol):
    """What a plot offers; see above."""

    theme: Theme

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint all of it into `rect`, in the colours of `theme`."""

    def rows(self) -> Table:
        """Its numbers."""


class PlotExport(QObject):
    """Menu and button of one plot."""

    told = Signal(str, str)  # what happened, in words, and the kind of notice: "info" or "error"
    _written = Signal(str, object)  # path, StudioError | None

    def __init__(
        self, plot: Plot, widget: QWidget, name: str, size: Callable[[], QSize] | None = None
    ) -> None:
        """`name` becomes the suggested file name; `size` (px) may differ from what is in sight."""
        super().__init__(widget)
        self._plot, self._widget, self._name, self._size = plot, widget, name, size
        self.folder = ""
        self.menu = QMenu(widget)
        self.menu.setObjectName(f"{name}ExportMenu")
        self.menu.setToolTipsVisible(True)
        for text, tip, slot in (
            (self.tr("Save as &SVG…"), self.tr("A drawing that stays sharp at any size"), self._save_svg),
            (self.tr("Save as &PNG…"), self.tr("A picture, twice as fine as the screen"), self._save_png),
            (self.tr("Save as &CSV…"), self.tr("The numbers, for a spreadsheet"), self._save_csv),
            ("", "", None),
            (self.tr("Copy p&icture"), self.tr("Put the picture into the clipboard"), self.copy_picture),
            (self.tr("Copy &table"), self.tr("Put the numbers into the clipboard"), self.copy_table),
        ):
            if slot is None:
                self.menu.addSeparator()
                continue
            action = self.menu.addAction(text)
            action.setToolTip(tip)
            action.triggered.connect(slot)
        self.button = QToolButton(widget)
        self.button.setObjectName(f"{name}Export")
        self.button.setAccessibleName(self.tr("Save or copy this"))
        self.button.setToolTip(self.tr("Save the picture or its numbers, or copy them"))
        self.button.setAutoRaise(True)
        self.button.setFixedSize(28, 28)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        self.button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.set_theme(plot.theme)
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(self._show_menu)
        self._written.connect(self._on_written)
        self.told.connect(self._tell)

    def set_theme(self, theme: Theme) -> None:
        """Draw the button in another theme's colours."""
        self.button.setIcon(icon("download", theme.quiet, theme.line))

    def put_in_corner(self) -> None:
        """Show the button in the upper right corner of the widget, over what is painted there."""
        self._widget.installEventFilter(self)
        self._to_corner()
        self.button.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner."""
        if event.type() == QEvent.Type.Resize:
            self._to_corner()
        return super().eventFilter(watched, event)

    def _to_corner(self) -> None:
        self.button.move(self._widget.width() - self.button.width() - 4, 4)
        self.button.raise_()

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        self.menu.popup(self._widget.mapToGlobal(place))

    # -- the pictures --------------------------------------------------------------------------------------

    def _extent(self) -> QSize:
        size = self._size() if self._size is not None else self._widget.size()
        return size.expandedTo(QSize(1, 1))

    def _paint(self, painter: QPainter) -> None:
        plot, before = self._plot, self._plot.theme
        painter.setFont(self._widget.font())
        rect = QRectF(0, 0, self._extent().width(), self._extent().height())
        painter.fillRect(rect, QColor(LIGHT.surface))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        try:
            plot.theme = LIGHT
            plot.paint(painter, rect)
        finally:
            plot.theme = before
            painter.end()

    def svg(self) -> bytes:
        """The drawing; text is text, in the fonts named."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setResolution(96)
        generator.setSize(self._extent())
        generator.setViewBox(QRectF(0, 0, self._extent().width(), self._extent().height()))
        generator.setTitle(self._widget.accessibleName() or self._name)
        generator.setDescription("GPT-2 Studio")
        self._paint(QPainter(generator))
        return bytes(buffer.data().data())

    def image(self) -> QImage:
        """The picture in pixels, `DENSITY` for each of the screen's."""
        image = QImage(self._extent() * DENSITY, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(DENSITY)
        self._paint(QPainter(image))
        return image

    def png(self) -> bytes:
        """The picture as a file's content."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(self.image())
        return bytes(buffer.data().data())

    @Slot()
    def copy_picture(self) -> None:
        """Put the picture, in pixels and as a drawing, into the clipboard."""
        data = QMimeData()
        data.setImageData(self.image())
        data.setData("image/svg+xml", self.svg())
        QGuiApplication.clipboard().setMimeData(data)
        self.told.emit(self.tr("The picture is in the clipboard."), "info")

    @Slot()
    def copy_table(self) -> None:
        """Put the numbers into the clipboard, as cells for a spreadsheet."""
        QGuiApplication.clipboard().setText(tab_separated(*self._plot.rows()))
        self.told.emit(self.tr("The numbers are in the clipboard."), "info")

    # -- the files -----------------------------------------------------------------------------------------

    @Slot()
    def _save_svg(self) -> None:
        self._save(".svg", self.svg)

    @Slot()
    def _save_png(self) -> None:
        self._save(".png", self.png)

    @Slot()
    def _save_csv(self) -> None:
        self._save(".csv", lambda: csv_bytes(*self._plot.rows()))

    def _save(self, suffix: str, content: Callable[[], bytes]) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._widget,
            self.tr("Save"),
            str(Path(self.folder, file_name(self._name, "plot") + suffix)),
            f"*{suffix}",
        )
        if name:
            path = with_suffix(Path(name), suffix)
            self.folder = str(path.parent)
            self.write(path, content())

    def write(self, path: Path, content: bytes) -> None:
        """Write a file, whole or not at all, while the window goes on."""

        def work() -> None:
            trouble = None
            try:
                with replacing(path) as file:
                    file.write(content)
            except StudioError as error:
                trouble = error
            with suppress(RuntimeError):  # the window was closed meanwhile; the file is written
                self._written.emit(str(path), trouble)

        Thread(target=work, name="plot export").start()

    @Slot(str, object)
    def _on_written(self, path: str, trouble: StudioError | None) -> None:
        if trouble is None:
            self.told.emit(self.tr("Saved to {path}.").format(path=path), "info")
        else:
            self.told.emit(together(*translated(trouble)), "error")

    @Slot(str, str)
    def _tell(self, text: str, kind: str) -> None:
        bar: NoticeBar | None = self._widget.window().findChild(NoticeBar)
        if bar is not None:
            bar.show_notice(text, kind)
