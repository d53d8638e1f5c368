"""Model → Download: nothing connects before one says so; licence first; pause, resume, cancel, go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from finding import find
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QTreeWidget
from pytestqt.qtbot import QtBot

from studio.downloading import Downloading
from studio.models.hub.catalogue import catalogue
from studio.models.shelf import Shelf
from studio.paths import models_dir
from studio.settings import Settings
from studio.ui.main_window import MainWindow
from studio.ui.models.download_dialog import DownloadDialog
from studio.ui.models.download_words import GOOD_FOR, clock
from tests.models.fake_hub import REPO, FakeHub, Fault, tiny_model


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(tiny_model(400_000)) as hub:
        yield hub


@pytest.fixture
def window(qtbot: QtBot, hub: FakeHub) -> MainWindow:
    made = MainWindow(replace(Settings(), hub_endpoint=hub.endpoint))
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def downloading(window: MainWindow, own_library: Path) -> Iterator[Downloading]:
    owner = QObject()
    made = Downloading(window, own_library, owner)
    window.actions_by_name["download_model"].trigger()
    yield made
    made.stop()


def dialog_of(downloading: Downloading) -> DownloadDialog:
    assert downloading.dialog is not None
    return downloading.dialog


def button(downloading: Downloading, name: str) -> QPushButton:
    return find(dialog_of(downloading), QPushButton, name)


def said(downloading: Downloading, number: int = 1) -> str:
    return find(dialog_of(downloading), QLabel, f"downloadSaid_{number}").text()


def ask(downloading: Downloading, text: str = REPO) -> None:
    find(dialog_of(downloading), QLineEdit, "downloadRepository").setText(text)
    button(downloading, "downloadStart").click()


def test_the_catalogue_is_there_before_anybody_is_asked(downloading: Downloading, hub: FakeHub) -> None:
    dialog = dialog_of(downloading)
    models = find(dialog, QTreeWidget, "downloadCatalogue")
    assert models.topLevelItemCount() == len(catalogue()) >= 10
    models.setFocus()
    QTest.keyClick(models, Qt.Key.Key_Down)
    assert find(dialog, QLineEdit, "downloadRepository").text() == "openai-community/gpt2-medium"
    assert "127.0.0.1" in find(dialog, QLabel, "downloadPromise").text()
    assert hub.asked == []
    assert {entry.good_for for entry in catalogue()} == set(GOOD_FOR)
    parameters = {entry.name: entry.as_model().n_cached for entry in catalogue()}
    assert parameters["GPT-2 XL"] == 2 * 48 * 1600


def test_licence_and_files_are_shown_first_then_the_model_comes(
    qtbot: QtBot, downloading: Downloading, hub: FakeHub, own_library: Path
) -> None:
    hub.faults.extend([Fault("")] * 4 + [Fault("cut", 100_000)])
    ask(downloading)
    qtbot.waitUntil(lambda: "Licence: mit" in said(downloading), timeout=20_000)
    assert "5 files" in said(downloading)
    assert "pytorch_model.bin" in said(downloading)
    assert len(hub.asked) == 1
    with qtbot.waitSignal(downloading.model_added, timeout=20_000) as added:
        button(downloading, "downloadMain_1").click()
    (model,) = Shelf(models_dir(own_library)).models()
    assert added.args == [model.id]
    assert said(downloading) == "Verified; it is in your library as “tiny-gpt2”."
    button(downloading, "downloadCancel_1").click()
    assert not downloading._downloads
    assert Shelf(models_dir(own_library)).models()


def test_paused_resumed_closed_and_offered_again(
    qtbot: QtBot, window: MainWindow, downloading: Downloading, hub: FakeHub, own_library: Path
) -> None:
    hub.bytes_per_s = 200_000
    ask(downloading)
    main = button(downloading, "downloadMain_1")
    qtbot.waitUntil(lambda: "Licence" in said(downloading), timeout=20_000)
    main.click()
    qtbot.waitUntil(lambda: "/s" in said(downloading), timeout=20_000)
    main.click()
    qtbot.waitUntil(lambda: said(downloading) == "Paused; no connection is open.", timeout=20_000)
    main.click()
    qtbot.waitUntil(lambda: "Paused" not in said(downloading), timeout=20_000)
    downloading.stop()  # as when the window closes
    owner = QObject()
    later = Downloading(window, own_library, owner)
    later.open()
    assert "Begun before" in said(later)
    hub.bytes_per_s = 0
    hub.asked.clear()
    with qtbot.waitSignal(later.model_added, timeout=20_000):
        button(later, "downloadMain_1").click()
    assert not [asked for asked in hub.asked if "/api/" in asked.path]
    later.stop()


def test_cancelling_leaves_nothing_and_what_fails_says_why(
    qtbot: QtBot, downloading: Downloading, hub: FakeHub, own_library: Path
) -> None:
    hub.bytes_per_s = 200_000
    ask(downloading)
    qtbot.waitUntil(lambda: "Licence" in said(downloading), timeout=20_000)
    button(downloading, "downloadMain_1").click()
    qtbot.waitUntil(lambda: " of " in said(downloading), timeout=20_000)
    button(downloading, "downloadCancel_1").click()
    qtbot.waitUntil(lambda: not downloading._downloads, timeout=20_000)
    staging = Shelf(models_dir(own_library)).staging
    qtbot.waitUntil(lambda: not list(staging.iterdir()), timeout=20_000)
    ask(downloading, "owner/nothing")
    qtbot.waitUntil(lambda: "has no model “owner/nothing”" in said(downloading, 2), timeout=20_000)
    button(downloading, "downloadCancel_2").click()
    assert not downloading._downloads


def test_what_is_no_address_is_said_and_changes_nothing(
    qtbot: QtBot, window: MainWindow, downloading: Downloading, hub: FakeHub
) -> None:
    dialog = dialog_of(downloading)
    ask(downloading, "../../etc")
    assert "not the name of a model" in find(dialog, QLabel, "downloadSaid").text()
    button(downloading, "downloadConnection").click()
    for name, text, told in (
        ("connectionEndpoint", "ftp://x", "not the address of a Hub"),
        ("connectionProxy", "socks5://x", "proxy cannot be used"),
        ("connectionToken", "a b", "not an access token"),
    ):
        field = find(dialog, QLineEdit, name)
        before = field.text()
        field.setText(text)
        field.editingFinished.emit()
        assert told in find(dialog, QLabel, "connectionSaid").text()
        field.setText(before)
        field.editingFinished.emit()
        assert not find(dialog, QLabel, "connectionSaid").isVisible()
    assert window.settings.hub_endpoint == hub.endpoint
    assert find(dialog, QLineEdit, "connectionToken").echoMode() is QLineEdit.EchoMode.Password
    assert hub.asked == []


def test_every_part_has_a_name_and_explains_itself(
    qtbot: QtBot, downloading: Downloading, hub: FakeHub
) -> None:
    ask(downloading)
    qtbot.waitUntil(lambda: "Licence" in said(downloading), timeout=20_000)
    button(downloading, "downloadConnection").click()
    dialog = dialog_of(downloading)
    kinds = (QPushButton, QLineEdit, QTreeWidget)
    parts = [part for kind in kinds for part in dialog.findChildren(kind) if part.isVisible()]
    assert len(parts) >= 9
    for part in parts:
        assert part.objectName()
        assert part.toolTip(), part.objectName()
        assert part.accessibleName() or isinstance(part, QPushButton), part.objectName()
        assert part.focusPolicy() & Qt.FocusPolicy.TabFocus
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert downloading._downloads  # they go on


def test_two_models_come_at_the_same_time(
    qtbot: QtBot, downloading: Downloading, hub: FakeHub, own_library: Path
) -> None:
    with FakeHub(tiny_model(400_000, seed=2), repo="other/one") as other:
        other.bytes_per_s = hub.bytes_per_s = 300_000
        ask(downloading)
        field = find(dialog_of(downloading), QLineEdit, "connectionEndpoint")
        qtbot.waitUntil(lambda: "Licence" in said(downloading), timeout=20_000)
        field.setText(other.endpoint)
        field.editingFinished.emit()
        ask(downloading, "other/one")
        qtbot.waitUntil(lambda: "Licence" in said(downloading, 2), timeout=20_000)
        for number in (1, 2):
            button(downloading, f"downloadMain_{number}").click()
        qtbot.waitUntil(lambda: all("/s" in said(downloading, number) for number in (1, 2)), timeout=20_000)
        shelf = Shelf(models_dir(own_library))
        qtbot.waitUntil(lambda: len(shelf.models()) == 2, timeout=20_000)
        qtbot.waitUntil(lambda: "Verified" in said(downloading) and "Verified" in said(downloading, 2))


def test_time_left_is_a_clock() -> None:
    assert [clock(5), clock(75.4), clock(3725)] == ["0:05", "1:15", "1:02:05"]
