"""The list of models with rows made by hand: what is said, what can be pressed, what is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from finding import find
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from studio.core.errors import Sentence
from studio.models.records import About, ShelfModel
from studio.models.verdict import Fit, Verdict
from studio.store.records import ModelUse
from studio.ui import theme as themes
from studio.ui.models.chip import ModelChip
from studio.ui.models.dialog import ModelsDialog
from studio.ui.models.row import Row, State
from studio.ui.models.table import FIT, NAME
from studio.ui.models.table import STATE as STATE_COLUMN

FITS = Verdict(Fit.FITS, 10, 20, 100, "float16", 61.0, said=Sentence("It takes 10 MB."))
USE = ModelUse("ab" * 32, "Fox", 7, 6, ((3, "A <b>fox</b>"), (2, "")), "2026-01-02T03:04:05", 61.4)


def model(model_id: str, name: str, **changes: Any) -> ShelfModel:
    made = ShelfModel(
        model_id, name, Path("/models", model_id), False, "gpt2", 124_439_808, "float16", 250_000_000, 1024,
        50257, "byte-level BPE", "ab" * 32, "2026-01-01T00:00:00+00:00", About("file:/x.gguf", "MIT"),
    )  # fmt: skip
    return replace(made, **changes)


STARTER = Row(model("starter", "starter", about=About("built in", "MIT")), verdict=FITS, is_listed=False)
FOX = Row(model("fox-1", "Fox"), State.LOADED, is_default=True, verdict=FITS, use=USE)
GONE = Row(
    model("gone-1", "Stick", trouble="It is gone.", why=Sentence("It is gone."), sha256=""),
    verdict=Verdict(Fit.BROKEN, 0, 0, 100, "float16", said=Sentence("It is gone.")),
)


@pytest.fixture
def dialog(qtbot: QtBot) -> ModelsDialog:
    actions = {name: QAction() for name in ("import_model", "export_model")}
    made = ModelsDialog(themes.LIGHT, actions)
    made.show_rows((STARTER, FOX, GONE), ())
    qtbot.addWidget(made)
    made.show()
    return made


def button(dialog: QWidget, name: str) -> QPushButton:
    return find(dialog, QPushButton, name)


def shown(dialog: ModelsDialog) -> list[str]:
    items = [dialog.table.topLevelItem(at) for at in range(dialog.table.topLevelItemCount())]
    return [item.text(NAME) for item in items if item is not None and not item.isHidden()]


def test_a_line_says_what_a_model_is_and_how_it_is(dialog: ModelsDialog) -> None:
    item = dialog.table.topLevelItem(1)
    assert item is not None
    assert [item.text(column) for column in range(FIT + 1)] == [
        "Fox", "in use, default", "gpt2", "float16", "124M", "250 MB", "1,024", "fits",
    ]  # fmt: skip
    broken = dialog.table.topLevelItem(2)
    assert broken is not None
    assert (broken.text(STATE_COLUMN), broken.text(FIT)) == ("", "cannot be loaded")


def test_the_details_follow_the_list_and_the_whole_digest_is_copied(dialog: ModelsDialog) -> None:
    dialog.table.choose("fox-1")
    used = find(dialog, QWidget, "modelUsed")
    assert used.accessibleName() == "6 sessions: “A <b>fox</b>”, “without words”, …"
    assert "&lt;b&gt;" in used.toolTip()
    find(dialog, QToolButton, "modelCopyDigest").click()
    assert QGuiApplication.clipboard().text() == "ab" * 32
    dialog.table.choose("gone-1")
    assert not find(dialog, QToolButton, "modelCopyDigest").isEnabled()


def test_only_what_can_be_done_can_be_pressed(dialog: ModelsDialog) -> None:
    def enabled() -> set[str]:
        names = ("Write", "Unload", "Default", "Rename", "Remove", "OpenFolder", "Export")
        return {name for name in names if button(dialog, f"model{name}").isEnabled()}

    dialog.table.choose("starter")
    assert enabled() == {"Write", "Unload", "Default", "OpenFolder", "Export"}
    dialog.table.choose("fox-1")
    assert enabled() == {"Unload", "Default", "Rename", "Remove", "OpenFolder", "Export"}
    assert button(dialog, "modelDefault").text() == "No d&efault"
    dialog.table.choose("gone-1")
    assert enabled() == {"Unload", "Rename", "Remove", "OpenFolder"}


def test_what_nobody_carries_out_is_not_offered(dialog: ModelsDialog) -> None:
    assert button(dialog, "modelImport").isVisible()
    assert button(dialog, "modelExport").isVisible()
    assert not button(dialog, "modelDownload").isVisible()
    assert not button(dialog, "modelOptimise").isVisible()


def test_words_filter_the_list_by_everything_in_a_line(dialog: ModelsDialog) -> None:
    field = find(dialog, QLineEdit, "modelFilter")
    for words, names in (("fox", ["Fox"]), ("GPT2 default", ["Fox"]), ("built in", ["starter"]), ("zzz", [])):
        field.setText(words)
        assert shown(dialog) == names, words
    assert dialog.row is None
    assert not button(dialog, "modelWrite").isEnabled()


def test_the_keyboard_renames_removes_and_writes(dialog: ModelsDialog, qtbot: QtBot) -> None:
    asked: list[tuple[object, ...]] = []
    dialog.rename_requested.connect(lambda *what: asked.append(("rename", *what)))
    dialog.remove_requested.connect(lambda *what: asked.append(("remove", *what)))
    dialog.write_requested.connect(lambda *what: asked.append(("write", *what)))
    table = dialog.table
    table.setFocus()
    table.choose("fox-1")
    QTest.keyClick(table, Qt.Key.Key_F2)
    edit = table.findChild(QLineEdit)
    assert edit is not None
    dialog.show_rows((STARTER, FOX, GONE), ())  # news does not take the pen away
    edit.setText("Vixen")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(asked))
    QTest.keyClick(table, Qt.Key.Key_Delete)
    table.choose("starter")
    QTest.keyClick(table, Qt.Key.Key_Delete)  # it stays
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert asked == [("rename", "fox-1", "Vixen"), ("remove", "fox-1"), ("write", "starter")]


def test_the_trash_is_a_view_of_its_own_and_emptied_only_when_said_twice(
    dialog: ModelsDialog, qtbot: QtBot
) -> None:
    removed = replace(FOX, state=State.IN_TRASH, is_listed=False)
    dialog.show_rows((STARTER,), (removed,))
    button(dialog, "modelTrash").click()
    assert shown(dialog) == ["Fox"]
    assert not button(dialog, "modelWrite").isVisible()
    dialog.table.choose("fox-1")
    with qtbot.waitSignal(dialog.restore_requested) as told:
        button(dialog, "modelRestore").click()
    assert told.args == ["fox-1"]
    emptied: list[bool] = []
    dialog.empty_trash_requested.connect(lambda: emptied.append(True))
    button(dialog, "modelEmptyTrash").click()
    assert not emptied
    assert dialog.note.text() == "Delete 1 model for good? 250 MB come free. This cannot be undone."
    button(dialog, "modelNoteAction").click()
    assert emptied
    dialog.show_rows((STARTER,), ())
    assert shown(dialog) == ["starter"]


def test_escape_stops_a_loading_before_it_closes(dialog: ModelsDialog, qtbot: QtBot) -> None:
    dialog.note.show_progress(0.4)
    with qtbot.waitSignal(dialog.stop_requested):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    dialog.note.show_progress(None)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_dialog_fits_a_small_screen(qtbot: QtBot) -> None:
    names = ("import_model", "download_model", "optimise_model", "export_model")
    dialog = ModelsDialog(themes.LIGHT, {name: QAction() for name in names})
    dialog.show_rows((STARTER, FOX, GONE), ())
    qtbot.addWidget(dialog)
    dialog.show()
    least = dialog.minimumSizeHint()
    assert least.width() <= 1024
    assert least.height() <= 540


def test_any_number_of_idle_minutes_is_shown_and_chosen(dialog: ModelsDialog, qtbot: QtBot) -> None:
    box = find(dialog, QComboBox, "modelIdle")
    dialog.show_idle_minutes(7)
    assert box.currentText() == "after 7 minutes"
    with qtbot.waitSignal(dialog.idle_chosen) as told:
        box.activated.emit(2)
    assert told.args == [15]


def test_the_chip_names_the_model_and_offers_others(qtbot: QtBot) -> None:
    actions = {name: QAction(name) for name in ("models", "unload_model")}
    chip = ModelChip(actions)
    qtbot.addWidget(chip)
    chip.show_name("a & b", "only in memory")
    assert chip.text() == "a && b (only in memory) ▾"
    chip.show_models(
        [("fox-1", "Fox", True), ("starter", "starter", False)], is_loading=True, is_loaded=False
    )
    menu = chip.menu()
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts == ["Fox", "starter", "Stop loading", "unload_model", "models"]
    assert menu.actions()[0].isChecked()
    with qtbot.waitSignal(chip.model_chosen) as told:
        menu.actions()[1].trigger()
    assert told.args == ["starter"]
    QCoreApplication.processEvents()
