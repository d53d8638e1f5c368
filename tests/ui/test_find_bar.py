"""Finding and replacing in one text: what is found, what a replacement keeps, and what it takes."""

from __future__ import annotations

import time

import pytest
from finding import find
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from studio.core.history import Run
from studio.core.manuscript import Manuscript, Origin
from studio.ui import theme as themes
from studio.ui.actions import ACTIONS
from studio.ui.editor import MAX_TEXT_CHARACTERS, Editor
from studio.ui.find_bar import FindBar
from studio.ui.text_search import WINDOW, PatternError, Query, Scan, TooSlowError, spans

PATIENCE_MS = 30_000


@pytest.fixture
def bar(editor: Editor, qtbot: QtBot) -> FindBar:
    made = FindBar(editor, themes.LIGHT)
    qtbot.addWidget(made)
    editor.setPlainText("")
    made.open_replace()
    return made


def look_for(bar: FindBar, words: str, **switches: bool) -> None:
    for name, on in switches.items():
        find(bar, QToolButton, name).setChecked(on)
    bar.field.setText(words)
    bar.field.textEdited.emit(words)


def count(bar: FindBar) -> str:
    return find(bar, QLabel, "findCount").text()


def message(bar: FindBar) -> str:
    label = find(bar, QLabel, "findMessage")
    return "" if label.isHidden() else label.text()


def replace_all(bar: FindBar, words: str, qtbot: QtBot) -> None:
    find(bar, QLineEdit, "replaceField").setText(words)
    bar.replace_all()
    qtbot.waitUntil(lambda: bar._replacing is None, timeout=PATIENCE_MS)


def found(text: str, query: Query, start: int = 0, end: int | None = None) -> list[str]:
    place = start, len(text) if end is None else end
    return [text[slice(*span)] for span in spans(query.compiled(), text, *place) if span]


# -- what is found -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        (Query("fox"), "Fox fox FOX foxes", ["Fox", "fox", "FOX", "fox"]),
        (Query("Fox", match_case=True), "Fox fox FOX", ["Fox"]),
        (Query("fox", whole_words=True), "fox foxes outfox fox, 狐fox狸", ["fox", "fox", "fox"]),
        (Query("京", whole_words=True), "北京大学", ["京"]),
        (Query(", ", whole_words=True), "a, b", [", "]),
        (Query("a.c"), "abc a.c", ["a.c"]),
        (Query("a.c", is_pattern=True), "abc a.c a\nc", ["abc", "a.c"]),
        (Query("^the", is_pattern=True), "The\nthe then\n the", ["The", "the"]),
        (Query(r"\d+$", is_pattern=True), "1\n22 x\n333", ["1", "333"]),
        (Query("x*", is_pattern=True), "axxb", ["xx"]),
        (Query("🚀"), "👩🚀 🚀", ["🚀", "🚀"]),
        (Query("STRASSE"), "strasse", ["strasse"]),
        (Query("жизнь"), "ЖИЗНЬ", ["ЖИЗНЬ"]),
        (Query("a b", is_pattern=True), "a b", ["a b"]),
    ],
)
def test_what_is_found(query: Query, text: str, expected: list[str]) -> None:
    assert found(text, query) == expected


@given(
    st.text(st.sampled_from("ab \n北🚀"), max_size=60).map(lambda text: text * 1400),
    st.sampled_from(["ab", "a+", "a b", "(?<=a)b", r"b\b", "b(?!a)", "^a", "a$", r"\n\n", "[ab]+ ", "北.*"]),
)
def test_a_long_text_is_searched_in_pieces_as_if_in_one(text: str, pattern: str) -> None:
    compiled = Query(pattern, is_pattern=True).compiled()
    pieces = [span for span in spans(compiled, text, 0, len(text)) if span]
    assert pieces == [m.span() for m in compiled.finditer(text) if m.end() > m.start()]


def test_what_is_longer_than_a_piece_is_found_whole() -> None:
    text = "x" + "a" * (3 * WINDOW) + "y"
    assert found(text, Query("a+", is_pattern=True)) == ["a" * (3 * WINDOW)]
    assert found(text, Query("(?s)x.*y", is_pattern=True)) == [text]


def test_only_a_stretch_is_searched() -> None:
    assert found("fox fox fox", Query("fox"), 2, 8) == ["fox"]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$"])
def test_a_pattern_that_would_never_end_is_given_up(pattern: str) -> None:
    start = time.perf_counter()
    with pytest.raises(TooSlowError):
        list(spans(Query(pattern, is_pattern=True).compiled(), "a" * 5000 + "!", 0, 5001))
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(("pattern", "position"), [("a(b", 1), ("*", 0), ("[a", 2), ("a{2,1}", 0), ("\\", 0)])
def test_a_bad_pattern_is_refused(pattern: str, position: int) -> None:
    with pytest.raises(PatternError) as error:
        Query(pattern, is_pattern=True, whole_words=True).compiled()
    assert abs(error.value.position - position) <= len(pattern)


# -- the bar -----------------------------------------------------------------------------------------------


def test_find_goes_round_ignores_case_and_counts(bar: FindBar, editor: Editor) -> None:
    editor.setPlainText("🙂 The fox and the Fox and THE FOX")
    editor.set_caret(0)
    QTest.keyClicks(bar.field, "fox")
    assert editor.selection() == (6, 9)
    assert count(bar) == "1 of 3"
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert editor.selection() == (18, 21)
    bar.find_next()
    bar.find_next()
    assert editor.selection() == (6, 9)
    bar.find_previous()
    assert editor.selection() == (30, 33)
    assert count(bar) == "3 of 3"
    QTest.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert editor.selection() == (18, 21)
    editor.set_caret(0)
    bar.open_bar()
    assert count(bar) == "3 found"
    look_for(bar, "wolf")
    assert count(bar) == "not found"
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible()


def test_f3_goes_on_when_the_bar_is_closed(bar: FindBar, editor: Editor) -> None:
    editor.setPlainText("fox fox")
    look_for(bar, "fox")
    bar.close_bar()
    editor.set_caret(0)
    bar.find_next()
    assert editor.selection() == (0, 3)


def test_what_is_found_is_counted_again_when_the_text_has_changed(
    bar: FindBar, editor: Editor, qtbot: QtBot
) -> None:
    editor.setPlainText("fox")
    look_for(bar, "fox")
    editor.set_caret(3)
    QTest.keyClicks(editor, " fox")
    qtbot.waitUntil(lambda: count(bar) == "2 found")
    editor.load(Manuscript("another text"))
    qtbot.waitUntil(lambda: count(bar) == "not found")


def test_a_bad_pattern_and_an_endless_one_are_said_in_a_sentence(
    bar: FindBar, editor: Editor, qtbot: QtBot
) -> None:
    editor.setPlainText("a" * 3000 + "!")
    look_for(bar, "(a", findPattern=True)
    assert "cannot be read" in message(bar)
    look_for(bar, "a+")
    assert message(bar) == ""
    look_for(bar, "(a+)+$")
    qtbot.waitUntil(lambda: "too long" in message(bar))
    replace_all(bar, "b", qtbot)
    assert editor.toPlainText() == "a" * 3000 + "!"
    look_for(bar, "a", findPattern=False)
    assert message(bar) == ""


def test_replacing_one_goes_to_the_next(bar: FindBar, editor: Editor) -> None:
    editor.setPlainText("one fox, two fox, red fox")
    editor.set_caret(0)
    look_for(bar, "fox")
    field = find(bar, QLineEdit, "replaceField")
    field.setText("wolf🐺")
    field.setFocus()
    bar.replace_one()
    assert editor.toPlainText() == "one wolf🐺, two fox, red fox"
    assert editor.selection() == (15, 18)
    bar.find_next()
    bar.replace_one()
    assert editor.toPlainText() == "one wolf🐺, two fox, red wolf🐺"
    assert editor.selection() == (15, 18)  # round to the top
    editor.undo()
    assert editor.toPlainText() == "one wolf🐺, two fox, red fox"
    editor.set_caret(0)
    bar.replace_one()  # nothing is selected: it only goes there
    assert editor.toPlainText() == "one wolf🐺, two fox, red fox"
    assert editor.selection() == (15, 18)


@pytest.mark.parametrize("many", [2, 3000])
def test_replacing_all_is_one_step_and_keeps_the_origins_of_the_rest(
    editor: Editor, qtbot: QtBot, many: int
) -> None:
    bar = FindBar(editor, themes.LIGHT)
    qtbot.addWidget(bar)
    line = "The old fox 🚀 slept. 狐狸 too.\n"
    text = line * many
    half = len(line) // 2
    runs = tuple(run for k in range(many) for run in (Run(half), Run(len(line) - half, k + 1)))
    editor.load(Manuscript(text, runs))
    qtbot.waitUntil(lambda: not editor.mirror.is_busy, timeout=PATIENCE_MS)
    editor.set_caret(len(line) + 12)
    bar.open_replace()
    look_for(bar, "old")
    replace_all(bar, "very old", qtbot)
    qtbot.waitUntil(lambda: not editor.mirror.is_busy, timeout=PATIENCE_MS)
    look_for(bar, "狐狸")
    replace_all(bar, "老虎!", qtbot)
    assert message(bar) == f"Replaced: {many:,}."
    qtbot.waitUntil(lambda: not editor.mirror.is_busy, timeout=PATIENCE_MS)
    expected = "The very old fox 🚀 slept. 老虎! too.\n" * many
    assert editor.toPlainText() == expected
    assert editor.document().toPlainText() == expected
    origins = [o for _, _, o in editor.manuscript.origins(0, len(expected) // many)]
    assert origins == [Origin.WRITTEN, Origin.GENERATED, Origin.EDITED, Origin.GENERATED]
    at = expected.index("too")
    assert editor.manuscript.source_at(at) == (1, line.index("too") - half)
    editor.undo()
    qtbot.waitUntil(lambda: not editor.mirror.is_busy, timeout=PATIENCE_MS)
    editor.undo()
    qtbot.waitUntil(lambda: not editor.mirror.is_busy, timeout=PATIENCE_MS)
    assert editor.toPlainText() == text
    assert editor.document().toPlainText() == text
    assert editor.manuscript.runs == Manuscript(text, runs).runs
    assert not editor.manuscript.can_undo


def test_a_pattern_may_use_its_groups_in_the_replacement(bar: FindBar, editor: Editor, qtbot: QtBot) -> None:
    editor.setPlainText("Ada Lovelace, Alan Turing")
    look_for(bar, r"(\w+) (\w+)", findPattern=True)
    replace_all(bar, r"\2 \1", qtbot)
    assert editor.toPlainText() == "Lovelace Ada, Turing Alan"
    replace_all(bar, r"\7", qtbot)
    assert "replacement cannot be read" in message(bar)
    assert editor.toPlainText() == "Lovelace Ada, Turing Alan"
    look_for(bar, "Ada", findPattern=False)
    replace_all(bar, r"\1", qtbot)
    assert editor.toPlainText() == r"Lovelace \1, Turing Alan"


def test_only_in_the_selection_also_after_it_has_grown(bar: FindBar, editor: Editor, qtbot: QtBot) -> None:
    editor.setPlainText("fox fox fox fox")
    editor.set_caret(11, anchor=4)
    bar.field.setText("fox")
    switch = find(bar, QToolButton, "findInSelection")
    switch.click()
    assert count(bar) == "1 of 2"
    replace_all(bar, "little fox", qtbot)
    assert editor.toPlainText() == "fox little fox little fox fox"
    qtbot.waitUntil(lambda: count(bar).startswith("2 "))
    editor.set_caret(0)
    QTest.keyClicks(editor, "A fox, a ")
    qtbot.waitUntil(lambda: count(bar).startswith("2 "))
    switch.click()
    assert count(bar).endswith(("5", "5 found"))
    editor.set_caret(0)
    switch.click()
    assert not switch.isChecked()
    assert "Select" in message(bar)


def test_nothing_is_replaced_while_the_model_writes_but_finding_works(
    bar: FindBar, editor: Editor, qtbot: QtBot
) -> None:
    editor.setPlainText("fox fox")
    look_for(bar, "fox")
    editor.begin_generation(5, 7)
    for replace in (bar.replace_one, bar.replace_all):
        bar.say("")
        replace()
        assert "cannot be changed" in message(bar)
    bar.find_next()
    assert count(bar) in ("1 of 2", "2 of 2")
    assert editor.toPlainText() == "fox fox"
    editor.end_generation()
    replace_all(bar, "x", qtbot)
    assert editor.toPlainText() == "x x"


def test_a_text_is_not_made_too_long(bar: FindBar, editor: Editor, qtbot: QtBot) -> None:
    text = "e" * 10_000
    editor.setPlainText(text)
    look_for(bar, "e")
    replace_all(bar, "x" * 1000, qtbot)
    assert f"{MAX_TEXT_CHARACTERS:,}" in message(bar)
    assert editor.toPlainText() == text
    assert not editor.manuscript.in_group


def test_replacing_is_given_up_if_the_text_changes_meanwhile(
    bar: FindBar, editor: Editor, qtbot: QtBot
) -> None:
    editor.setPlainText("fox " * 20_000)
    qtbot.waitUntil(lambda: not editor.mirror.is_busy, timeout=PATIENCE_MS)
    look_for(bar, "fox")
    find(bar, QLineEdit, "replaceField").setText("x")
    bar.replace_all()
    assert bar._replacing is not None
    editor.replace_range(0, 0, "new ")
    qtbot.waitUntil(lambda: bar._replacing is None, timeout=PATIENCE_MS)
    assert editor.toPlainText() == "new " + "fox " * 20_000


def test_replace_has_a_shortcut_of_its_own() -> None:
    shortcuts = {row.name: row.shortcut for row in ACTIONS}
    assert shortcuts["replace"]
    assert list(shortcuts.values()).count(shortcuts["replace"]) == 1


@pytest.mark.parametrize("sentence", ["The fox and the other fox slept there. ", "北京的狐狸睡了 fox 很久,"])
def test_two_million_characters_do_not_hold_up_the_window(
    editor: Editor, qtbot: QtBot, sentence: str
) -> None:
    bar = FindBar(editor, themes.LIGHT)
    qtbot.addWidget(bar)
    text = (sentence * 15 + "\n") * (MAX_TEXT_CHARACTERS // (15 * len(sentence) + 1))
    editor.load(Manuscript(text))
    qtbot.waitUntil(lambda: not editor.mirror.is_busy, timeout=PATIENCE_MS)
    look_for(bar, "zzz")  # the package is imported now
    longest = 0.0

    def until_done() -> None:
        nonlocal longest
        while bar._work.isActive() or editor.mirror.is_busy:
            start = time.perf_counter()
            QApplication.processEvents()
            longest = max(longest, time.perf_counter() - start)

    for words, switches in (
        ("fox", {}),
        ("e", {}),
        (r"\w+x\b", {"findPattern": True}),
        ("Fox", {"findPattern": False, "findWholeWords": True}),
    ):
        start = time.perf_counter()
        look_for(bar, words, **switches)
        longest = max(longest, time.perf_counter() - start)
        until_done()
        start = time.perf_counter()
        bar.find_previous()
        longest = max(longest, time.perf_counter() - start)
        until_done()
    total = text.lower().count("fox")
    assert count(bar).endswith(f" of {total:,}")
    find(bar, QLineEdit, "replaceField").setText("elk")
    start = time.perf_counter()
    bar.replace_all()
    longest = max(longest, time.perf_counter() - start)
    until_done()
    as_wanted = editor.toPlainText() == text.replace("fox", "elk")
    assert as_wanted, message(bar)
    assert longest < 0.5  # 0.1 s for replacing all at once, else 0.02 s; here others may be at work


def test_a_scan_tells_what_it_knows_so_far() -> None:
    scan = Scan(Query("fox"), "fox " * 100_000, 0, 400_000)
    assert scan.next_from(0) is None
    scan.work(0)
    assert scan.next_from(0) == (0, 3)
    assert scan.last_before(399_999) is None
    while not scan.is_done:
        scan.work(0.01)
    assert scan.last_before(0) == (399_996, 399_999)
    assert scan.next_from(399_998) == (0, 3)
    assert len(scan) == 100_000
    assert scan.number_of(4, 7) == 1
    assert scan.number_of(4, 8) == -1


def test_the_tab_key_goes_from_what_is_sought_to_what_replaces_it(bar: FindBar) -> None:
    assert bar.field.nextInFocusChain() is find(bar, QLineEdit, "replaceField")
