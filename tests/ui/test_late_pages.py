"""The pages that the first window does not wait for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from finding import find
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio import app
from studio.controller import Controller
from studio.ui.late_pages import EmptyTab
from studio.ui.main_window import MainWindow
from studio.views import Views


@pytest.fixture
def early(qtbot: QtBot, own_library: Path) -> Iterator[MainWindow]:
    """A window whose late pages nobody has asked for."""
    _, window = app.create(["gpt2-studio", "--library", str(own_library)])
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


def views_of(window: MainWindow) -> Views:
    return find(window, Controller, "controller").views


def titles(window: MainWindow) -> list[str]:
    return [tabs.tabText(i) for tabs in (window.bottom, window.side) for i in range(tabs.count())]


def test_a_key_is_typed_before_the_late_pages_are_made_and_they_come_by_themselves(
    early: MainWindow, qtbot: QtBot
) -> None:
    before = titles(early)
    assert early.findChildren(EmptyTab)
    qtbot.waitUntil(lambda: not early.editor.isReadOnly(), timeout=10_000)
    QTest.keyClicks(early.editor, "q")
    assert early.editor.toPlainText() == "q"
    qtbot.waitUntil(lambda: views_of(early).is_finished, timeout=10_000)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not early.findChildren(EmptyTab)
    assert titles(early) == before
    assert early.editor.toPlainText() == "q"
    assert early.bottom.currentWidget() is early.probabilities


@pytest.mark.parametrize(
    ("action", "page"),
    [
        ("curve", "curve"),
        ("compare", "compare"),
        ("loom", "loom"),
        ("beams", "beams"),
        ("provenance", "provenance"),
        ("variants", "variants"),
    ],
)
def test_an_action_that_needs_a_late_page_makes_it_and_is_carried_out(
    early: MainWindow, action: str, page: str
) -> None:
    early.actions_by_name[action].trigger()
    assert early.bottom.currentWidget() is getattr(early.bottom, page)


@pytest.mark.parametrize("page", ["xray", "inside"])
def test_so_does_an_action_of_the_panel_beside_the_text(early: MainWindow, page: str) -> None:
    early.actions_by_name[page].trigger()
    assert early.side.currentWidget() is getattr(early.side, page)


def test_a_checked_action_stays_checked_when_it_makes_its_page(early: MainWindow) -> None:
    early.actions_by_name["effect"].trigger()
    assert early.actions_by_name["effect"].isChecked()
    assert early.side.xray.effect.isChecked()


def test_a_click_on_an_empty_tab_shows_its_page(early: MainWindow) -> None:
    place = next(i for i in range(early.bottom.count()) if early.bottom.tabText(i) == "Compare")
    QTest.mouseClick(
        early.bottom.tabBar(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        early.bottom.tabBar().tabRect(place).center(),
    )
    assert early.bottom.currentIndex() == place
    assert early.bottom.currentWidget() is early.bottom.compare


def test_a_window_closed_at_once_makes_no_more_pages(early: MainWindow, qtbot: QtBot) -> None:
    early.close()
    qtbot.wait(300)
    assert not views_of(early).is_finished
