"""The openings of an empty session in windows of every size."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from studio.ui.openings import OPENINGS, Openings


def shown(openings: Openings) -> list[QPushButton]:
    return [button for button in openings.findChildren(QPushButton) if not button.isHidden()]


@pytest.mark.parametrize(("height", "number"), [(400, 3), (130, 3), (90, 2), (60, 1), (20, 0)])
def test_no_opening_is_cut_off_at_the_lower_edge(qtbot: QtBot, height: int, number: int) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 1000)
    openings = Openings(window)
    window.show()
    for room in (height, 1000, height):
        openings.fit(QRect(0, 0, 600, room))
        qtbot.wait(1)
        assert openings.height() <= room
    assert len(shown(openings)) <= number
    assert all(button.geometry().bottom() < openings.height() for button in shown(openings))
    assert height < 400 or len(shown(openings)) == 3


def test_a_sentence_too_long_for_the_window_ends_in_an_ellipsis_and_is_written_whole(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 1000)
    openings = Openings(window)
    window.show()
    openings.fit(QRect(0, 0, 200, 400))
    qtbot.waitUntil(lambda: shown(openings)[0].text().endswith("…"))
    assert all(button.geometry().right() < 200 for button in shown(openings))
    with qtbot.waitSignal(openings.chosen) as chosen:
        QTest.mouseClick(shown(openings)[0], Qt.MouseButton.LeftButton)
    assert chosen.args == [OPENINGS[0]]
    openings.fit(QRect(0, 0, 900, 400))
    qtbot.waitUntil(lambda: shown(openings)[0].text() == OPENINGS[0])
