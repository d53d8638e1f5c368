"""What can be exported, in which format and how; and files that are dropped onto a window."""

from __future__ import annotations

from pathlib import Path

import pytest
from finding import find
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.export.archive import Scope
from studio.export.formats import EXPORTERS
from studio.export.naming import MAX_BYTES, file_name, with_suffix
from studio.ui.details_dialog import DetailsDialog
from studio.ui.export_dialog import ExportChoice, ExportDialog, ScopeOffer
from studio.ui.file_drop import FileDrop

OFFERS = tuple(
    ScopeOffer(scope, "12 words", "Nothing is selected" if scope is Scope.SELECTION else "")
    for scope in Scope
)


def dialog(
    qtbot: QtBot, scope: str = "session", exporter: str = "text", on: tuple[str, ...] = ()
) -> ExportDialog:
    made = ExportDialog(OFFERS, scope, exporter, on)
    qtbot.addWidget(made)
    made.show()
    return made


def accepted(made: ExportDialog) -> ExportChoice:
    choices: list[ExportChoice] = []
    made.chosen.connect(choices.append)
    find(made, QPushButton, "exportGo").click()
    (choice,) = choices
    return choice


def test_it_offers_the_last_choice_again(qtbot: QtBot) -> None:
    made = dialog(qtbot, "tree", "html", ("colour_by_probability",))
    choice = accepted(made)
    assert (choice.scope, choice.exporter.name) == (Scope.TREE, "html")
    assert choice.switched_on == ("colour_by_probability",)
    assert not made.isVisible()


def test_what_cannot_be_had_says_why_and_is_not_chosen(qtbot: QtBot) -> None:
    made = dialog(qtbot, "selection", "of an older version")
    assert not find(made, QRadioButton, "export_selection").isEnabled()
    assert find(made, QLabel, "exportSize_selection").text() == "Nothing is selected"
    choice = accepted(made)
    assert (choice.scope, choice.exporter) == (Scope.SESSION, EXPORTERS[0])


def test_with_nothing_to_export_there_is_no_way_on(qtbot: QtBot) -> None:
    made = ExportDialog(
        [ScopeOffer(scope, "", "There is no text yet") for scope in Scope], "session", "text", ()
    )
    qtbot.addWidget(made)
    assert not find(made, QPushButton, "exportGo").isEnabled()


def test_each_format_says_what_it_keeps_and_has_its_own_options(qtbot: QtBot) -> None:
    made = dialog(qtbot)
    formats = find(made, QComboBox, "exportFormat")
    for index, exporter in enumerate(EXPORTERS):
        formats.setCurrentIndex(index)
        assert find(made, QLabel, "exportKeeps").text() == exporter.keeps
        for box in made.findChildren(QCheckBox):
            assert box.isVisible() == (box.objectName().removeprefix("export_") in exporter.options)


def test_every_widget_explains_itself(qtbot: QtBot) -> None:
    details = DetailsDialog("Import", "<b>plain</b>")
    qtbot.addWidget(details)
    assert find(details, QPlainTextEdit, "detailsText").toPlainText() == "<b>plain</b>"
    for made in (dialog(qtbot), details):
        kinds = (QComboBox, QRadioButton, QCheckBox, QPushButton, QPlainTextEdit)
        for widget in (w for w in made.findChildren(QWidget) if isinstance(w, kinds)):
            assert widget.objectName(), widget
            assert widget.toolTip(), widget.objectName()
            assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget.objectName()


def drop(widget: QWidget, mime: QMimeData) -> bool:
    """Drop onto the middle of a widget; whether it was taken."""
    args = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPointF(5, 5).toPoint(), *args)
    QApplication.sendEvent(widget, enter)
    event = QDropEvent(QPointF(5, 5), *args)
    QApplication.sendEvent(widget, event)
    return enter.isAccepted()


def test_files_dropped_onto_a_window_are_named_and_other_things_left_alone(qtbot: QtBot) -> None:
    window = QPlainTextEdit()
    qtbot.addWidget(window)
    window.show()
    dropped: list[tuple[str, ...]] = []
    watcher = FileDrop(window, window.viewport())
    watcher.dropped.connect(dropped.append)
    files, text, web = QMimeData(), QMimeData(), QMimeData()
    files.setUrls([QUrl.fromLocalFile("/a b/ä.txt"), QUrl.fromLocalFile("/c.md")])
    text.setText("words")
    web.setUrls([QUrl("https://example.org/x.txt")])
    assert drop(window.viewport(), files)
    assert drop(window, files)
    drop(window.viewport(), text)
    drop(window, web)
    assert dropped == [("/a b/ä.txt", "/c.md")] * 2
    models: list[tuple[str, ...]] = []
    watcher.models_dropped.connect(models.append)
    files.setUrls([QUrl.fromLocalFile(name) for name in ("/x.gguf", "/d.txt", "/m/config.json")])
    assert drop(window, files)
    assert (models, dropped[2:]) == ([("/x.gguf", "/m/config.json")], [("/d.txt",)])
    assert "ä.txt" not in window.toPlainText()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A tale", "A tale"),
        ('../a\\b:c*d?"<e>|\n\0f', "a b c d e f"),
        ("...", "session"),
        ("", "session"),
        ("CON", "session"),
        ("nul.txt", "session"),
        ("\u202egpj.exe", "gpj.exe"),
        ("Ende. ", "Ende"),
        ("\ud800x", "x"),
        ("春" * 100, "春" * (MAX_BYTES // 3)),
    ],
)
def test_any_title_makes_a_file_name(title: str, name: str, tmp_path: Path) -> None:
    made = file_name(title)
    assert made == name
    (tmp_path / f"{made}.txt").write_text("", encoding="utf-8")


def test_a_suffix_is_added_but_never_over_a_file_that_nobody_asked_about(tmp_path: Path) -> None:
    assert with_suffix(tmp_path / "a.MD", ".md") == tmp_path / "a.MD"
    assert with_suffix(tmp_path / "Ch. 3", ".md") == tmp_path / "Ch. 3.md"
    (tmp_path / "a.md").write_text("", encoding="utf-8")
    (tmp_path / "a (2).md").write_text("", encoding="utf-8")
    assert with_suffix(tmp_path / "a", ".md") == tmp_path / "a (3).md"
