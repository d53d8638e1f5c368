"""Models in the window: switched, unloaded, loaded again, removed while in use; all of it recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

from driving import Open, finished, kill_model_process, set_length
from finding import find
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from studio import paths
from studio.controller import Controller
from studio.models.records import ShelfModel
from studio.models.shelf import Shelf
from studio.ui.main_window import MainWindow
from studio.ui.models.dialog import ModelsDialog
from studio.ui.models.row import State
from studio.ui.tree_model import MODEL

STARTER = paths.resource("models", "starter")
CONTROL = Qt.KeyboardModifier.ControlModifier


def put(library: Path, name: str) -> ShelfModel:
    shelf = Shelf(paths.models_dir(library))
    with shelf.staged() as staged:
        shutil.copytree(STARTER, staged, dirs_exist_ok=True)
        return shelf.adopt(staged, name)


def write(window: MainWindow, qtbot: QtBot) -> None:
    length = len(window.editor.toPlainText())
    window.editor.set_caret(length)
    window.actions_by_name["generate"].trigger()
    qtbot.waitUntil(lambda: len(window.editor.toPlainText()) > length, timeout=30_000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)


def state_of(dialog: ModelsDialog, model_id: str) -> State:
    return dialog.table.rows[model_id].state


def test_a_model_is_switched_unloaded_and_loaded_again_and_the_history_says_so(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    fox = put(own_library, "Fox")
    window = open_window()
    controller = find(window, Controller, "controller")
    window.editor.setPlainText("Once upon a time")
    set_length(window, 5)
    write(window, qtbot)
    label = find(window, QLabel, "statusModel")
    window.model_chip.menu_wanted.emit()
    qtbot.waitUntil(lambda: len(controller.models.contents.models) == 2, timeout=5000)
    window.model_chip.menu_wanted.emit()
    names = [action for action in window.model_chip.menu().actions() if action.text() == "Fox"]
    names[0].trigger()
    qtbot.waitUntil(lambda: label.text() == "Fox", timeout=20_000)
    assert window.model_chip.text() == "Fox ▾"
    assert (window.settings.model, window.settings.recent_models) == (fox.id, (fox.id,))
    write(window, qtbot)
    window.actions_by_name["history"].trigger()
    tree = window.tree.model
    qtbot.waitUntil(lambda: tree.index(tree.rowCount() - 1).data(MODEL) == "Fox", timeout=5000)

    window.actions_by_name["unload_model"].trigger()
    qtbot.waitUntil(lambda: controller.writing.model is None, timeout=5000)
    assert window.model_chip.text() == "no model ▾"
    assert "Continue loads" in find(window, QLabel, "statusActivity").text()
    write(window, qtbot)  # loads it first
    assert label.text() == "Fox"


def test_a_model_removed_while_in_use_goes_on_writing_and_is_put_back_when_it_is_needed(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    fox = put(own_library, "Fox")
    window = open_window()
    controller = find(window, Controller, "controller")
    controller.models.on_model_added(fox.id)
    qtbot.waitUntil(lambda: "stands on the shelf" in window.notice.text(), timeout=5000)
    find(window, QPushButton, "noticeAction").click()
    label = find(window, QLabel, "statusModel")
    qtbot.waitUntil(lambda: label.text() == "Fox", timeout=20_000)

    QTest.keyClick(window.editor, Qt.Key.Key_M, CONTROL)
    dialog = find(window, ModelsDialog, "modelsDialog")
    qtbot.waitUntil(lambda: fox.id in dialog.table.rows, timeout=5000)
    qtbot.waitUntil(lambda: state_of(dialog, fox.id) is State.LOADED, timeout=5000)
    dialog.table.choose(fox.id)
    find(dialog, QPushButton, "modelRemove").click()
    qtbot.waitUntil(lambda: state_of(dialog, fox.id) is State.ONLY_IN_MEMORY, timeout=5000)
    assert window.model_chip.text() == "Fox (only in memory) ▾"
    assert "It stays in memory" in dialog.note.text()
    window.editor.setPlainText("Once upon a time")
    set_length(window, 5)
    write(window, qtbot)

    controller.loading.choose_idle_minutes(5)
    assert window.settings.idle_unload_minutes == 5
    timer = find(controller.loading, QTimer, "idleUnload")
    assert (timer.isActive(), timer.interval()) == (True, 5 * 60_000)
    timer.timeout.emit()
    qtbot.waitUntil(lambda: controller.writing.model is None, timeout=5000)
    window.actions_by_name["generate"].trigger()
    qtbot.waitUntil(lambda: "in the trash of models" in window.notice.text(), timeout=20_000)
    find(window, QPushButton, "noticeAction").click()
    qtbot.waitUntil(lambda: label.text() == "Fox", timeout=20_000)
    qtbot.waitUntil(lambda: state_of(dialog, fox.id) is State.LOADED, timeout=5000)


def test_a_model_whose_folder_and_process_are_gone_is_said_to_be_gone(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    fox = put(own_library, "Fox")
    (own_library / "settings.toml").write_text(f'model = "{fox.id}"\n', encoding="utf-8")
    window = open_window(model=False)
    controller = find(window, Controller, "controller")
    qtbot.waitUntil(lambda: controller.writing.model is not None, timeout=30_000)
    assert find(window, QLabel, "statusModel").text() == "Fox"
    shutil.rmtree(fox.folder)
    kill_model_process()
    qtbot.waitUntil(lambda: controller.writing.model is None, timeout=30_000)
    assert fox.id in window.notice.text()
    find(window, QPushButton, "noticeAction").click()
    qtbot.waitUntil(lambda: find(window, QLabel, "statusModel").text() == "starter", timeout=30_000)


def test_a_loading_that_is_stopped_leaves_the_model_before(
    open_window: Open, qtbot: QtBot, own_library: Path
) -> None:
    fox = put(own_library, "Fox")
    window = open_window()
    controller = find(window, Controller, "controller")
    controller.loading.choose(fox.id)
    controller.loading.cancel()
    assert "starter” goes on writing" in window.notice.text()
    window.editor.setPlainText("Once upon a time")
    set_length(window, 5)
    write(window, qtbot)
    assert window.settings.model == "starter"
