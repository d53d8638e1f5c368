"""Ctrl+K: what is found, in which order, what a key does, and where a find brings the reader."""

from __future__ import annotations

import pytest
from finding import find
from palette_lines import rows, texts
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from studio.finding import place_now
from studio.settings import Settings
from studio.store.records import Found, Hit, SessionSummary
from studio.ui.main_window import MainWindow
from studio.ui.palette.delegate import fit
from studio.ui.palette.overlay import Palette
from studio.ui.palette.rows import ROW, Kind, Row, action_rows, session_rows


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    made = MainWindow(Settings())
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    return made


def summary(number: int, title: str = "", preview: str = "") -> SessionSummary:
    return SessionSummary(number, title, preview, "2026-01-01T00:00:00", "2026-01-02T00:00:00", 10)


def hit(number: int, snippet: str, generation_id: int | None = None) -> Hit:
    title, ranges = f"Title {number}", ((0, 3),)
    if generation_id is None:
        return Hit(number, title, snippet, ranges, "text", None, 0, 3)
    return Hit(number, title, snippet, ranges, "generation", generation_id, 0, 3)


def current(palette: Palette) -> Row:
    row = palette.list.currentIndex().data(ROW)
    assert isinstance(row, Row)
    return row


SESSIONS = (summary(3, "The fox and the crow"), summary(2, preview="我去北京大学读书"), summary(1, "Fog"))


def opened(window: MainWindow, text: str = "", *, searchable: bool = True) -> Palette:
    window.finder.open_palette(text, SESSIONS, 3, searchable=searchable)
    return window.finder


# -- what is found ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("new", "new"),
        ("session new", "new"),
        ("UNDO", "undo"),
        ("screen full", "full_screen"),
        ("fin ne", "find_next"),
        ("zoom", "zoom_in"),
    ],
)
def test_words_in_any_order_find_an_action_by_their_beginnings(
    window: MainWindow, query: str, first: str
) -> None:
    assert action_rows(query, window.actions_by_name)[0].action == first


def test_the_middle_of_a_word_finds_no_action(window: MainWindow) -> None:
    assert not action_rows("creen", window.actions_by_name)


def test_actions_are_found_in_chinese_and_in_english_alike(window: MainWindow) -> None:
    window.actions_by_name["undo"].setText("撤销(&U)")
    assert action_rows("销", window.actions_by_name)[0].action == "undo"
    assert action_rows("undo", window.actions_by_name)[0].text == "撤销"


def test_every_action_is_found_by_its_own_words_and_shows_its_shortcut(window: MainWindow) -> None:
    assert {row.action for row in action_rows("", window.actions_by_name)} == set(window.actions_by_name)
    assert action_rows("full screen", window.actions_by_name)[0].detail == "F11"


def test_without_a_query_there_are_the_other_recent_sessions_and_useful_actions(window: MainWindow) -> None:
    palette = opened(window)
    assert texts(palette, Kind.SESSION) == ["我去北京大学读书", "Fog"]
    assert "Continue" in texts(palette, Kind.ACTION)
    assert current(palette).session_id == 2


def test_sessions_keep_their_order_and_titles_the_library_found_are_added_once(window: MainWindow) -> None:
    titled = [Hit(9, "Foxglove", "Foxglove", ((0, 3),), "title", None), Hit(3, "x", "x", (), "title", None)]
    found = session_rows("fo", SESSIONS, titled, 6, "")
    assert [row.session_id for row in found] == [3, 1, 9]
    assert found[0].ranges == ((4, 6),)
    assert [row.session_id for row in session_rows("北京", SESSIONS, (), 6, "")] == [2]


def test_a_greater_than_sign_leaves_only_actions(window: MainWindow, qtbot: QtBot) -> None:
    palette = opened(window, "> find")
    assert texts(palette, Kind.HEADING) == ["Actions"]
    qtbot.wait(150)
    assert not palette._timer.isActive()


def test_places_come_in_groups_below_actions_and_sessions(window: MainWindow) -> None:
    palette = opened(window, "fo")
    palette.show_found(Found("fo", (hit(5, "fox"), hit(6, "fog", 77))))
    headings = texts(palette, Kind.HEADING)
    assert headings == ["Actions", "Sessions", "In texts", "In generations no longer in a text"]
    assert rows(palette)[-1].detail == "Title 6"


def test_a_late_answer_to_an_older_query_is_dropped(window: MainWindow) -> None:
    palette = opened(window, "fox")
    palette.show_found(Found("fo", (hit(5, "fob"),)))
    assert texts(palette, Kind.TEXT) == []
    palette.show_found(Found("fox", (hit(5, "fox"),)))
    assert texts(palette, Kind.TEXT) == ["fox"]


def test_the_library_is_asked_once_when_typing_stops(window: MainWindow, qtbot: QtBot) -> None:
    palette = opened(window)
    asked: list[str] = []
    palette.search_requested.connect(asked.append)
    QTest.keyClicks(palette.field, "wolf")
    assert asked == []
    qtbot.waitUntil(lambda: asked == ["wolf"], timeout=1000)
    palette.field.setText("w")  # a single letter is not searched for, a Chinese character is
    palette.field.setText("狼")
    qtbot.waitUntil(lambda: asked == ["wolf", "狼"], timeout=1000)


def test_what_was_chosen_stays_chosen_when_more_is_found(window: MainWindow) -> None:
    palette = opened(window, "fo")
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    chosen = current(palette)
    palette.show_found(Found("fo", (Hit(9, "Fool", "Fool", ((0, 2),), "title", None), hit(5, "fox"))))
    assert current(palette).key == chosen.key
    QTest.keyClicks(palette.field, "x")
    assert palette.list.currentIndex().row() == 1  # another query: the first line


def test_without_a_library_actions_still_work(window: MainWindow, qtbot: QtBot) -> None:
    palette = opened(window, "full", searchable=False)
    note = find(palette, QLabel, "paletteNote")
    assert "library" in note.text()
    qtbot.wait(120)
    window.actions_by_name["focus"].setChecked(False)
    palette.field.setText("focus mode")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.actions_by_name["focus"].isChecked()
    assert not palette.isVisible()


def test_nothing_found_is_said(window: MainWindow) -> None:
    palette = opened(window, "> qqq")
    assert find(palette, QLabel, "paletteNote").text() == "Nothing was found."
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


# -- keys and mouse ---------------------------------------------------------------------------


def test_the_arrows_pass_over_headings_and_stop_at_the_ends(window: MainWindow) -> None:
    palette = opened(window, "fo")
    palette.show_found(Found("fo", tuple(hit(n, f"fox {n}") for n in range(10, 40))))
    for _ in range(100):
        QTest.keyClick(palette.field, Qt.Key.Key_Down)
        assert current(palette).kind is not Kind.HEADING
    assert current(palette).session_id == 39
    QTest.keyClick(palette.field, Qt.Key.Key_PageUp)
    assert current(palette).session_id < 38
    for _ in range(20):
        QTest.keyClick(palette.field, Qt.Key.Key_PageUp)
    assert palette.list.currentIndex().row() == 1


def test_a_disabled_action_is_shown_but_not_done(window: MainWindow) -> None:
    window.actions_by_name["undo"].setEnabled(False)
    palette = opened(window, "undo")
    assert not current(palette).enabled
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert "not possible" in find(palette, QLabel, "paletteNote").text()


def test_esc_a_click_beside_it_and_another_focus_close_it(window: MainWindow) -> None:
    window.activateWindow()
    stopped: list[bool] = []
    window.actions_by_name["stop"].setEnabled(True)
    window.actions_by_name["stop"].triggered.connect(stopped.append)
    palette = opened(window, "x")
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert not stopped  # Esc was the palette's, not Stop's
    assert window.focusWidget() is window.editor
    opened(window)
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not palette.isVisible()
    opened(window)
    window.sampling.focus_presets()
    assert not palette.isVisible()


def test_tab_and_typing_go_between_field_and_list(window: MainWindow) -> None:
    window.activateWindow()
    palette = opened(window, "find")
    palette.field.end(False)
    QTest.keyClick(palette.field, Qt.Key.Key_Tab)
    assert palette.list.hasFocus()
    QTest.keyClick(palette.list, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 2
    QTest.keyClicks(palette.list, "n")
    assert palette.field.hasFocus()
    assert palette.field.text() == "findn"
    palette.focusNextPrevChild(True)
    palette.focusNextPrevChild(False)
    assert palette.field.hasFocus()


def test_a_click_chooses(window: MainWindow, qtbot: QtBot) -> None:
    palette = opened(window)
    with qtbot.waitSignal(palette.session_requested) as asked:
        place = palette.list.visualRect(palette.model.index(2)).center()
        QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [1]


def test_the_box_keeps_inside_the_window(window: MainWindow) -> None:
    palette = opened(window, "fo")
    palette.show_found(Found("fo", tuple(hit(n, "fox " * 40) for n in range(10, 60))))
    window.resize(720, 480)
    QApplication.processEvents()
    assert palette.rect().contains(palette._box.geometry())
    assert palette.size() == window.size()
    assert palette.field.accessibleName()
    assert palette.list.accessibleName()


def test_a_line_is_cut_so_that_the_find_is_seen(window: MainWindow) -> None:
    metrics = QFontMetrics(window.font())
    for word in ("word ", "北京大", "👩🚀 "):
        text = word * 20 + "FOUND" + word * 60
        start = text.index("FOUND")
        shown, ranges = fit(text, ((start, start + 5),), metrics, 300)
        assert metrics.horizontalAdvance(shown) <= 301
        assert shown[slice(*ranges[0])] == "FOUND"


def test_a_line_with_finds_in_it_is_painted(window: MainWindow) -> None:
    palette = opened(window, "fox")
    plain = Hit(5, "<b>t</b>", "👩🚀 <b>fox</b> 北京", ((5, 8), (13, 15)), "text", None, 0, 3)
    palette.show_found(Found("fox", (plain,)))
    QApplication.processEvents()
    picture = palette.list.viewport().grab().toImage()
    marked = {
        picture.pixelColor(x, y).name()
        for x in range(0, picture.width(), 2)
        for y in range(0, picture.height(), 2)
    }
    assert window.theme.select.lower() in marked


def test_where_a_find_is_now() -> None:
    text = "one fox, two foxes"
    assert place_now("fox", text, 4, 3) == (4, 7)
    assert place_now("fox", "Once " + text, 4, 3) == (9, 12)
    assert place_now("fox", "no such animal", 4, 3) is None


def test_the_field_takes_no_more_than_a_query(window: MainWindow) -> None:
    palette = opened(window)
    find(palette, QLineEdit, "paletteField").setText("x" * 5000)
    assert len(palette.field.text()) == 500
