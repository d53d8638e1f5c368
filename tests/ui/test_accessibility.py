"""Whatever a user touches can be named by a script, read aloud, explained, and reached with the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollBar,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.paths import resource
from studio.settings import Settings
from studio.store.records import Damage, LibraryFailed
from studio.ui.library_dialog import LibraryDialog
from studio.ui.main_window import MainWindow
from studio.ui.report_dialog import ReportDialog

TOUCHED = (
    QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QPushButton,
    QTextEdit, QToolButton,
)  # fmt: skip


def touched(window: QWidget) -> list[QWidget]:
    """Widgets for the user's hands, without the inner parts of Qt's own."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, TOUCHED)
        and not isinstance(widget, QScrollBar | QHeaderView)
        and not widget.objectName().startswith("qt_")
        and not isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QLineEdit)
        and widget.window() is window  # not what pops up
    ]


@pytest.fixture(params=["en", "zh_CN"])
def window(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[MainWindow]:
    translator = QTranslator()
    if request.param != "en":
        assert translator.load(f"studio_{request.param}", str(resource("i18n")))
        QApplication.installTranslator(translator)
    made = MainWindow(Settings())
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.notice.show_notice("Something happened.", "warn", "Undo", made.update_actions)
    made.find_bar.open_bar()
    yield made
    QApplication.removeTranslator(translator)


def test_every_widget_has_a_name_is_read_aloud_and_explains_itself(window: MainWindow) -> None:
    def explained(widget: QWidget) -> bool:
        parent = widget.parentWidget()
        tip = widget.toolTip() or (parent and parent.toolTip())
        return bool(tip or (widget is window.editor and widget.accessibleDescription()))

    for widget in touched(window):
        where = f"{type(widget).__name__} {widget.objectName()!r} in {widget.parent()}"
        assert widget.objectName(), where
        named = widget.accessibleName() or (isinstance(widget, QPushButton) and widget.text())
        assert named, f"no accessible name: {where}"
        assert explained(widget), f"no tool tip: {where}"


def test_the_tab_key_comes_to_every_visible_widget(window: MainWindow) -> None:
    wanted = {
        widget.objectName()
        for widget in touched(window)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    widget = window.editor.nextInFocusChain()
    met = {"editor"}
    while widget is not None and widget is not window.editor:
        met.add(widget.objectName())
        widget = widget.nextInFocusChain()
    assert wanted <= met
    # A widget without a tab stop is reached through its action's shortcut.
    for other in touched(window):
        if not other.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert isinstance(other, QToolButton), other.objectName()


def test_enter_presses_the_button_that_has_the_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    found = window.findChildren(QPushButton)
    buttons = [b for b in found if type(b) is QPushButton and b.isVisible() and b.isEnabled()]
    assert buttons
    for button in buttons:
        button.blockSignals(True)  # what it does is not the question
        button.setCheckable(True)
        button.setFocus()
        before = button.isChecked()
        QTest.keyClick(button, Qt.Key.Key_Return)
        assert button.isChecked() != before, button.objectName()


def test_no_text_of_a_button_or_label_is_cut_off(window: MainWindow) -> None:
    for widget in window.findChildren(QPushButton):
        if widget.isVisible():
            needed = widget.fontMetrics().horizontalAdvance(widget.text())
            assert widget.width() >= needed, widget.objectName()
    for label in window.findChildren(QLabel):
        if label.isVisible() and not label.wordWrap():
            assert label.width() >= label.sizeHint().width() - 1, label.text()


@pytest.mark.parametrize("damage", list(Damage))
def test_each_trouble_of_the_library_has_a_way_on(qtbot: QtBot, damage: Damage) -> None:
    dialog = LibraryDialog(LibraryFailed("/some/folder", damage, "What <b>happened</b>.", "What to do."))
    qtbot.addWidget(dialog)
    buttons = {button.objectName() for button in dialog.findChildren(QPushButton)}
    assert {"libraryElsewhere", "libraryQuit"} <= buttons
    assert ("libraryFresh" in buttons) == (damage is Damage.DAMAGED)
    assert ("libraryReadOnly" in buttons) == (damage is not Damage.NEWER)
    assert ("libraryWithoutLog" in buttons) == (damage is Damage.LOG_MISSING)


def test_a_report_has_no_home_folder_in_it(qtbot: QtBot) -> None:
    dialog = ReportDialog("It broke.", f'File "{Path.home()}/x/y.py", line 1\nValueError')
    qtbot.addWidget(dialog)
    shown = dialog.findChildren(QPlainTextEdit)[0].toPlainText()
    assert "ValueError" in shown
    assert f"{Path.home()}/" not in shown


def test_what_can_be_on_or_off_shows_it_in_the_menu(window: MainWindow) -> None:
    checkable = [action for action in window.actions_by_name.values() if action.isCheckable()]
    assert checkable
    assert not any(action.isIconVisibleInMenu() for action in checkable)
