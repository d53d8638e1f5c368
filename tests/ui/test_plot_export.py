"""A plot's picture and numbers leave the window whole, readable, and in print's colours."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from studio.core.messages import Token
from studio.export.table import Table, csv_bytes
from studio.ui import theme as themes
from studio.ui.plot_export import PlotExport
from studio.ui.probability_view import ProbabilityView

SVG = "{http://www.w3.org/2000/svg}"


class Bars(QWidget):
    """Two bars with a name."""

    def __init__(self) -> None:
        super().__init__()
        self.theme = themes.DARK
        self.resize(200, 100)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        painter.fillRect(QRectF(0, 0, rect.width() / 2, 10), QColor(self.theme.bar))
        painter.setPen(QColor(self.theme.ink))
        painter.drawText(QRectF(0, 20, rect.width(), 30), 0, "<b> 狐狸 & fox")

    def rows(self) -> Table:
        return ("word", "surprisal (bits)"), [("=fox", -1.5), ("a,b\n", 2), (None, float("inf"))]


@pytest.fixture
def bars(qtbot: QtBot) -> Bars:
    made = Bars()
    qtbot.addWidget(made)
    return made


def test_a_drawing_holds_text_as_text_in_light_colours_and_the_screen_stays_dark(bars: Bars) -> None:
    export = PlotExport(bars, bars, "bars")
    root = ElementTree.fromstring(export.svg())
    texts = list(root.iter(f"{SVG}text"))
    drawn = "".join("".join(text.itertext()) for text in texts)  # in pieces, one for each font
    assert [word for word in ("<b>", "狐狸", "& fox") if word not in drawn] == []
    assert texts[0].get("font-family")
    assert root.get("viewBox") == "0 0 200 100"
    assert themes.LIGHT.bar.lower() in export.svg().decode().lower()
    assert bars.theme is themes.DARK


def test_a_picture_is_twice_as_fine_and_has_the_size_asked_for(bars: Bars) -> None:
    export = PlotExport(bars, bars, "bars", lambda: QSize(300, 50))
    image = QImage.fromData(export.png())
    assert (image.width(), image.height()) == (600, 100)
    assert image.pixelColor(10, 10).name() == themes.LIGHT.bar.lower()
    assert image.pixelColor(590, 10).name() == themes.LIGHT.surface.lower()


@pytest.mark.parametrize(
    ("suffix", "beginning"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("csv", b"\xef\xbb\xbf")]
)
def test_the_menu_writes_a_file_of_each_kind(
    bars: Bars, suffix: str, beginning: bytes, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = PlotExport(bars, bars, "bars")
    suggested = []

    def choose(_parent: object, _title: str, name: str, _filter: str) -> tuple[str, str]:
        suggested.append(name)
        return str(tmp_path / "mine"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    action = next(a for a in export.menu.actions() if suffix.upper() in a.text())
    with qtbot.waitSignal(export.told, timeout=3000) as told:
        action.trigger()
    assert told.args[1] == "info"
    assert suggested == [f"bars.{suffix}"]
    assert (tmp_path / f"mine.{suffix}").read_bytes().startswith(beginning)
    assert export.folder == str(tmp_path)


def test_numbers_stay_numbers_and_no_text_becomes_a_formula(bars: Bars, tmp_path: Path, qtbot: QtBot) -> None:
    export = PlotExport(bars, bars, "bars")
    export.copy_table()
    assert QGuiApplication.clipboard().text().splitlines()[1] == "'=fox\t-1.5"
    read = list(csv.reader(io.StringIO(csv_bytes(*bars.rows()).decode("utf-8-sig"))))
    assert read == [["word", "surprisal (bits)"], ["'=fox", "-1.5"], ["a,b\n", "2"], ["", "inf"]]


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(
    bars: Bars, tmp_path: Path, qtbot: QtBot
) -> None:
    export = PlotExport(bars, bars, "bars")
    with qtbot.waitSignal(export.told, timeout=3000) as told:
        export.write(tmp_path / "nowhere" / "x.csv", b"")
    text, kind = told.args
    assert kind == "error"
    assert text.startswith("x.csv could not be written")


def test_the_alternatives_can_be_taken_along(token: Callable[..., Token], qtbot: QtBot) -> None:
    view = ProbabilityView(themes.DARK)
    qtbot.addWidget(view)
    export = view.findChildren(PlotExport)[0]
    assert export.button.isHidden()
    view.show_token(token())
    assert not export.button.isHidden()
    header, rows = view.rows()
    assert len(rows) == 3
    assert rows[0][:3] == (1, 7, " fox")
    drawn = "".join("".join(t.itertext()) for t in ElementTree.fromstring(export.svg()).iter(f"{SVG}text"))
    assert "␣dog" in drawn
    assert len(header) == len(rows[0])
