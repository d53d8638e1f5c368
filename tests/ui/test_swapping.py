"""Another token in a token's place, through the real window; and what is refused."""

from __future__ import annotations

import pytest
from driving import Open, finished, fix_seed, press, set_length
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QListView, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.core import messages as m
from studio.store import records as r
from studio.ui.heat_text import HeatText
from studio.ui.main_window import MainWindow
from studio.ui.token_view.rows import Row

TEXT = "Once upon a time, there was a little fox who lived in a big tree."
ALT, SHIFT, NONE = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


def controller_of(window: MainWindow) -> Controller:
    controller = window.findChild(Controller)
    assert controller is not None
    return controller


def rows(window: MainWindow) -> tuple[Row, ...]:
    return tuple(window.probabilities.shown)


def look_at(window: MainWindow, qtbot: QtBot, word: str, text: str | None = None) -> None:
    """Put the caret behind a word, and wait until the tab shows what the model thinks of it."""
    editor, controller = window.editor, controller_of(window)
    if text is not None:
        editor.setPlainText(text)
    editor.setFocus()
    at = editor.manuscript.text.rindex(word) + len(word)
    editor.set_caret(at)

    def is_shown() -> bool:
        token = controller.insight.numbers.at(at - 1)
        return (
            token is not None and not token.stale and controller.token_page.inspected is not None
            and controller.insight.pointed.offset == at - 1
        )  # fmt: skip

    qtbot.waitUntil(is_shown, timeout=10_000)


def take(window: MainWindow, text: str, modifier: Qt.KeyboardModifier = NONE) -> None:
    """Press Enter on the row with this text."""
    shown = find(window, QListView, "candidateList")
    shown.setFocus()
    row = next(i for i, each in enumerate(rows(window)) if each.text == text)
    shown.setCurrentIndex(shown.model().index(row, 0))
    QTest.keyClick(shown, Qt.Key.Key_Return, modifier)


def notice(window: MainWindow) -> str:
    labels = window.notice.findChildren(QLabel)
    return " ".join(label.text() for label in labels) if window.notice.isVisible() else ""


def test_a_written_token_shows_what_else_could_stand_there(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    look_at(window, qtbot, " fox", TEXT)
    shown = rows(window)
    assert [row.lead for row in shown[:3]] == ["1", "2", "3"]
    assert [row.text for row in shown if row.chosen] == ["␣fox"]
    assert len(shown) in (41, 42)
    assert shown[-1].is_sum
    together = sum(row.probability for row in shown)
    assert together == pytest.approx(1 + (shown[-2].probability if len(shown) == 42 else 0), abs=1e-3)
    assert find(window, QLabel, "tokenChip").text() == "␣fox"
    removed = [row for row in shown if row.removed_by]
    assert removed
    assert all(row.sampling_prob == 0 for row in removed)
    window.sampling.neutralise()
    qtbot.waitUntil(lambda: not any(row.removed_by for row in rows(window)), timeout=3000)


def test_the_list_is_of_the_place_looked_at_also_if_it_was_hidden_meanwhile(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    look_at(window, qtbot, " tree", TEXT)
    before = rows(window)
    window.actions_by_name["history"].trigger()
    look_at(window, qtbot, " fox")
    press(window, Qt.Key.Key_Down, ALT)
    assert [row.text for row in rows(window) if row.chosen] == ["␣fox"]
    assert rows(window) != before
    assert find(window, QLabel, "tokenChip").text() == "␣fox"


def test_swapping_keeps_the_rest_and_undo_brings_the_word_back(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    look_at(window, qtbot, " fox", TEXT)
    press(window, Qt.Key.Key_Down, ALT)
    assert window.focusWidget() is find(window, QListView, "candidateList")
    word = next(row for row in rows(window) if not row.chosen and row.tokens[0].raw.isascii())
    take(window, word.text)
    manuscript = window.editor.manuscript
    swapped = TEXT.replace(" fox", word.tokens[0].text)
    assert manuscript.text == swapped
    source = manuscript.source_at(TEXT.index(" fox"))[0]
    record = controller_of(window).sessions.autosave.record(source)
    assert record is not None
    assert (record.finish_reason, record.text) == (m.FinishReason.CHOSEN, word.tokens[0].text)
    asked_too_early = r.GenerationLoaded(source, None)  # as the history asks before the first save
    controller_of(window).views.provenance.on_generation_loaded(asked_too_early)
    assert manuscript.source_at(len(swapped) - 1)[0] == 0
    window.editor.undo()
    assert manuscript.text == TEXT
    window.editor.redo()
    assert manuscript.text == swapped
    window.actions_by_name["provenance"].trigger()
    text = window.bottom.provenance.text
    qtbot.waitUntil(lambda: "chosen by you" in text.toPlainText(), timeout=3000)
    window.actions_by_name["reproduce"].trigger()
    qtbot.waitUntil(lambda: "no draw to repeat" in text.toPlainText(), timeout=5000)
    window.actions_by_name["xray"].trigger()
    run = find(window, QLabel, "xrayRun")
    qtbot.waitUntil(lambda: run.text().startswith("You chose these words"), timeout=5000)


def test_in_a_generation_the_swap_is_a_variant_beside_it(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    set_length(window, 20)
    fix_seed(window, 3)
    window.editor.setPlainText(TEXT)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    manuscript = window.editor.manuscript
    whole = manuscript.text
    generation = manuscript.history.head
    word = whole[len(TEXT) :].split()[2]
    look_at(window, qtbot, f" {word}")
    target = controller_of(window).swapping.target()
    assert target is not None
    other = next(row for row in rows(window) if not row.chosen and row.text[1:].isalpha())
    take(window, other.text)
    assert manuscript.text == whole[: target.start] + other.tokens[0].text + whole[target.end :]
    siblings, index = manuscript.history.variants()
    assert siblings == (generation, manuscript.history.head)
    assert index == 1
    window.bottom.setCurrentWidget(window.bottom.variants)
    swapped = manuscript.text[len(TEXT) :]
    qtbot.waitUntil(
        lambda: swapped in {each.text for each in window.bottom.variants.findChildren(HeatText)},
        timeout=10_000,
    )
    window.bottom.setCurrentWidget(window.probabilities)
    press(window, Qt.Key.Key_Left, ALT)
    assert manuscript.text == whole
    press(window, Qt.Key.Key_Right, ALT)
    assert manuscript.text != whole


def test_the_model_writes_on_from_a_swapped_token(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    set_length(window, 8)
    look_at(window, qtbot, " fox", TEXT + "\nA second paragraph.")
    word = next(row for row in rows(window) if not row.chosen and row.text[1:].isalpha())
    take(window, word.text, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not finished(window), timeout=5000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    text = window.editor.manuscript.text
    begin = TEXT[: TEXT.index(" fox")] + word.tokens[0].text
    assert text.startswith(begin)
    assert "lived in a big tree" not in text
    assert text.endswith("\nA second paragraph.")
    assert len(text) > len(begin) + len("\nA second paragraph.") + 5
    assert find(window, QComboBox, "swapHow").currentIndex() == 0  # Ctrl+Enter is for once


def test_a_bridge_is_offered_and_taken(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    text = "Once upon a time there was a little girl the park with her mom. She saw a big dog."
    look_at(window, qtbot, " girl", text)
    take(window, "␣girl", SHIFT)
    qtbot.waitUntil(lambda: any(row.lead.startswith("×") for row in rows(window)), timeout=20_000)
    offered = rows(window)
    assert 2 <= len(offered) <= 4
    assert offered[-1].text == "␣girl …"
    shown = find(window, QListView, "candidateList")
    shown.setFocus()
    QTest.keyClick(shown, Qt.Key.Key_Return)
    now = window.editor.manuscript.text
    bridge = "".join(token.text for token in offered[0].tokens[1:])
    assert now == text.replace(" girl", f" girl{bridge}")
    look_at(window, qtbot, " girl")
    window.editor.undo()
    assert window.editor.manuscript.text == text


def test_escape_declines_the_bridges_and_leaves_the_text(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    look_at(window, qtbot, " fox", TEXT)
    take(window, "␣fox", SHIFT)
    qtbot.waitUntil(lambda: rows(window)[-1].text == "␣fox …", timeout=20_000)
    shown = find(window, QListView, "candidateList")
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert rows(window)[-1].is_sum
    assert window.editor.manuscript.text == TEXT
    QTest.keyClick(shown, Qt.Key.Key_Up, ALT)
    assert window.focusWidget() is window.editor


def test_a_search_for_bridges_ends_when_one_leaves(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    look_at(window, qtbot, " fox", TEXT)
    take(window, "␣fox", SHIFT)
    QTest.keyClick(find(window, QListView, "candidateList"), Qt.Key.Key_Escape)
    assert window.focusWidget() is window.editor
    assert find(window, QLabel, "tokenStatus").text() == ""
    look_at(window, qtbot, " little")
    assert rows(window)[-1].is_sum
    assert window.editor.manuscript.text == TEXT


def test_a_click_swaps_too(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    look_at(window, qtbot, " fox", TEXT)
    shown = find(window, QListView, "candidateList")
    other = next(i for i, row in enumerate(rows(window)) if not row.chosen)
    text = rows(window)[other].tokens[0].text
    place = shown.visualRect(shown.model().index(other, 0)).center()
    QTest.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, NONE, place)
    assert window.editor.manuscript.text == TEXT.replace(" fox", text)


def test_the_way_chosen_by_number_stays_chosen(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    set_length(window, 4)
    look_at(window, qtbot, " tree", TEXT)
    shown = find(window, QListView, "candidateList")
    shown.setFocus()
    shown.setCurrentIndex(shown.model().index(1, 0))
    QTest.keyClick(shown, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: len(window.editor.manuscript.text) > len(TEXT), timeout=20_000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    assert find(window, QComboBox, "swapHow").currentIndex() == 1
    assert window.settings.swap == "regenerate"


def test_any_word_can_be_looked_up_and_swapped_in(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    look_at(window, qtbot, " fox", TEXT)
    shown, field = find(window, QListView, "candidateList"), find(window, QLineEdit, "tokenSearch")
    shown.setFocus()
    QTest.keyClicks(shown, "x")
    QTest.keyClicks(field, "ylophone")
    qtbot.waitUntil(lambda: any(len(row.tokens) > 1 for row in rows(window)), timeout=5000)
    (word, *_) = (row for row in rows(window) if "".join(t.text for t in row.tokens) == " xylophone")
    assert word.probability == pytest.approx(1e-5, abs=1e-3)
    assert "tokens in a row" in word.sentence
    assert "No token of the vocabulary has “xylophone” in it" in find(window, QLabel, "tokenStatus").text()
    take(window, word.text)
    assert window.editor.manuscript.text == TEXT.replace(" fox", " xylophone")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""


def test_what_could_come_next_is_put_behind_the_token(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    look_at(window, qtbot, " girl", "Once upon a time there was a little girl")
    press(window, Qt.Key.Key_N, ALT)
    assert find(window, QToolButton, "tokenNext").isChecked()
    qtbot.waitUntil(lambda: any(row.text == "␣named" for row in rows(window)), timeout=5000)
    assert not any(row.chosen for row in rows(window))
    assert find(window, QLabel, "tokenChip").text() == "␣girl…"
    take(window, "␣named")
    assert window.editor.manuscript.text == "Once upon a time there was a little girl named"
    qtbot.waitUntil(lambda: any(row.text == "␣Lily" for row in rows(window)), timeout=5000)


def test_while_the_model_writes_and_in_a_locked_text_nothing_is_swapped(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    look_at(window, qtbot, " fox", TEXT)
    row = next(row for row in rows(window) if not row.chosen)
    view = window.probabilities
    window.editor.set_locked(True)
    view.swap_requested.emit(row, "keep")
    assert "cannot be changed" in notice(window)
    window.editor.set_locked(False)
    view.swap_requested.emit(rows(window)[-1], "keep")
    assert "all the others" in notice(window)
    window.editor.set_caret(len(TEXT))
    window.actions_by_name["generate"].trigger()
    view.swap_requested.emit(row, "keep")
    assert "is writing" in notice(window)
    window.actions_by_name["stop"].trigger()
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    assert window.editor.manuscript.text.startswith(TEXT)


def test_half_a_character_takes_only_what_makes_a_whole_one(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    text = "The cat saw a \N{FOX FACE} in the garden."
    look_at(window, qtbot, "\N{FOX FACE}", text)
    before = window.editor.manuscript.revision
    whole = next(row for row in rows(window) if row.tokens and row.tokens[0].raw.isascii())
    window.probabilities.swap_requested.emit(whole, "keep")
    assert "half a character" in notice(window)
    assert window.editor.manuscript.revision == before
    target = controller_of(window).swapping.target()
    assert target is not None
    assert target.head
    half = next((row for row in rows(window) if row.tokens and not row.chosen and len(row.tokens[0].raw) == 1
                 and 0x80 <= row.tokens[0].raw[0] < 0xC0), None)  # fmt: skip
    if half is not None:
        window.probabilities.swap_requested.emit(half, "keep")
        now = window.editor.manuscript.text
        assert len(now) == len(text)
        assert now[14] != "\N{FOX FACE}"


def test_the_first_token_and_the_end_of_text_token_can_be_swapped(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    look_at(window, qtbot, "Once", TEXT)
    other = next(row for row in rows(window) if not row.chosen and row.text.isalpha())
    take(window, other.text)
    assert window.editor.manuscript.text == TEXT.replace("Once", other.text)
    window.editor.setPlainText("The end.")
    window.editor.set_caret(8)
    window.editor.insert_end_of_text()
    look_at(window, qtbot, m.END_OF_TEXT)
    other = next(row for row in rows(window) if not row.chosen and row.text[1:].isalpha())
    take(window, other.text)
    assert window.editor.manuscript.text == "The end." + other.tokens[0].text


def test_without_a_model_the_tab_shows_what_was_kept_and_says_so(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    set_length(window, 6)
    window.editor.setPlainText(TEXT)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    text = window.editor.manuscript.text
    window.close()
    again = open_window(model=False)
    qtbot.waitUntil(lambda: again.editor.manuscript.text == text, timeout=5000)
    controller = controller_of(again)
    if controller.writing.model is None:
        again.editor.set_caret(len(text))
        qtbot.waitUntil(lambda: bool(rows(again)) or controller.writing.model is not None, timeout=10_000)
    assert isinstance(find(again, QLabel, "tokenSource"), QWidget)
    qtbot.waitUntil(lambda: len(rows(again)) > 20, timeout=30_000)  # and then what the model says
