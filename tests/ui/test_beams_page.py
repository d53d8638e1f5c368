"""The page of the beam search, through the real window: what was kept, what was dropped, what is taken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from driving import Open, finished, fix_seed, press, saved, set_length
from finding import find
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.core.chain import with_values
from studio.core.environment import Environment
from studio.core.messages import BeamsSearched, FinishReason, TreeNode
from studio.ui import theme as themes
from studio.ui.beams.panel import BeamsPanel
from studio.ui.main_window import MainWindow

PROMPT = "Once upon a time, there was a little fox who"
CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def node(number: int, parent: int, text: str, own: float, above: float, rank: int) -> TreeNode:
    return TreeNode(number, parent, number, text, text.encode(), own, own + above, text == "END", rank)


SEARCH = BeamsSearched(
    1,
    (
        node(1, 0, " a", -0.5, 0.0, 1),
        node(2, 0, " b", -1.5, 0.0, 0),
        node(3, 1, " c", -0.25, -0.5, 1),
        node(4, 1, " d", -0.75, -0.5, 2),
        node(5, 2, " e", -2.0, -1.5, 0),
    ),
    9,
    1.0,
)


def search(window: MainWindow, qtbot: QtBot, *, beams: int = 3, several: bool = False) -> None:
    fix_seed(window, 41)
    window.sampling.set_processors(with_values(window.sampling.all_processors(), {"beams": beams}))
    window.editor.setPlainText(PROMPT)
    set_length(window, 8)
    press(window, Qt.Key.Key_Return, CONTROL_SHIFT if several else Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: finished(window), timeout=30_000)


def generations(window: MainWindow) -> list[str]:
    nodes = window.editor.manuscript.history.nodes.values()
    return ["".join(edit.inserted for edit in n.edits) for n in nodes if n.source > 0]


@pytest.fixture
def panel(qtbot: QtBot) -> BeamsPanel:
    made = BeamsPanel(themes.LIGHT)
    qtbot.addWidget(made)
    made.resize(900, 260)
    made.show()
    return made


def test_without_a_search_it_says_how_to_get_one(panel: BeamsPanel) -> None:
    assert "Beam search" in panel.plot.hint
    assert not find(panel, QPushButton, "beamsTake").isEnabled()
    assert find(panel, QLabel, "beamsKey").isHidden()


def test_each_beginning_says_what_became_of_it(panel: BeamsPanel) -> None:
    panel.show_search(SEARCH, "…start")
    state = find(panel, QLabel, "beamsState")
    assert state.accessibleName() == "2 texts found; 9 words weighed, 6 of them dropped"
    said = {}
    for number in range(1, 6):
        panel.plot.select(number)
        said[number] = state.accessibleName()
    assert said[1] == "Kept, leads to text 1; −0.50 nats after 1 token: “ a”"
    assert said[3] == "Text 1, score −0.375; −0.75 nats after 2 tokens: “ a c”"
    assert "Text 2, score −0.625" in said[4]
    assert "Followed, but all" in said[2]
    assert "Dropped here" in said[5]


def test_kept_and_dropped_differ_without_colour(panel: BeamsPanel) -> None:
    def pictured(rank: int) -> QImage:
        nodes = tuple(node(n, n - 1, " a", -0.5, 0.0, rank) for n in (1, 2))
        panel.show_search(BeamsSearched(1, nodes, 2, 1.0), "…start")
        image = QImage(400, 60, QImage.Format.Format_Grayscale8)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        panel.plot.paint(painter, QRectF(0, 0, 400, 60))
        painter.end()
        return image

    kept, dropped = pictured(1), pictured(0)
    first, second = panel.plot._spots[1], panel.plot._spots[2]
    y = round(first.y) + 16

    def inked(image: QImage) -> list[bool]:
        row = range(round(first.x + first.width) + 18, round(second.x) + 14)
        return [image.pixelColor(x, y).lightness() < 230 for x in row]

    assert not all(inked(dropped))  # dashed
    panel.plot.theme = themes.DARK
    assert all(inked(kept))


def test_the_table_says_which_text_a_word_is_part_of(panel: BeamsPanel) -> None:
    panel.show_search(SEARCH, "…start")
    header, rows = panel.plot.rows()
    assert header[-2].startswith("best text")
    assert [(row[-2], row[-1]) for row in rows] == [
        (1, " a"), (1, " a c"), (2, " a d"), (0, " b"), (0, " b e"),
    ]  # fmt: skip


def test_end_goes_to_the_best_text(panel: BeamsPanel) -> None:
    panel.show_search(SEARCH, "…start")
    QTest.keyClick(panel.plot, Qt.Key.Key_End)
    assert panel.plot.current == 3


def test_a_search_shows_its_tree_and_paths_of_it_can_be_taken(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    panel = window.bottom.beams
    search(window, qtbot)
    window.actions_by_name["beams"].trigger()
    assert window.bottom.currentWidget() is panel
    tree = panel.plot.tree
    qtbot.waitUntil(lambda: len(generations(window)) == 3, timeout=5000)
    assert {n.rank for n in tree.nodes.values()} == {0, 1, 2, 3}
    texts = {n.rank: tree.words(n.id) for n in tree.nodes.values() if tree.is_found(n)}
    assert sorted(texts.values()) == sorted(generations(window))
    assert window.editor.toPlainText() == PROMPT + texts[1]
    # a text that was found is a variant already
    second = next(n.id for n in tree.nodes.values() if tree.is_found(n) and n.rank == 2)
    panel.plot.select(second)
    QTest.keyClick(panel.plot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.toPlainText() == PROMPT + texts[2], timeout=5000)
    assert len(generations(window)) == 3
    # one that was dropped becomes a branch of the same place
    dropped = max((n for n in tree.nodes.values() if not n.rank), key=lambda n: len(tree.path(n.id))).id
    panel.plot.select(dropped)
    find(window, QPushButton, "beamsTake").click()
    words = tree.words(dropped)
    qtbot.waitUntil(lambda: window.editor.toPlainText() == PROMPT + words, timeout=10_000)
    assert len(generations(window)) == 4
    history = window.editor.manuscript.history
    assert len(history.children(history.parent(history.head))) == 4
    # another text has no search
    window.actions_by_name["new"].trigger()
    qtbot.waitUntil(lambda: not panel.plot.tree.nodes, timeout=5000)


def test_more_texts_than_beams_leave_nothing_empty_and_each_is_reproduced_by_its_rank(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window()
    window.settings = replace(window.settings, n_alternatives=6)
    search(window, qtbot, beams=2, several=True)
    qtbot.waitUntil(lambda: len(generations(window)) == 2, timeout=5000)
    controller = find(window, Controller, "controller")
    qtbot.waitUntil(lambda: saved(window), timeout=10_000)
    nodes = [n for n in window.editor.manuscript.history.nodes.values() if n.source > 0]
    provenance = controller.views.provenance
    for each in nodes:
        provenance.record(each.source)
    qtbot.waitUntil(lambda: all(provenance.record(each.source) for each in nodes), timeout=5000)
    records = {each.source: record for each in nodes if (record := provenance.record(each.source))}
    ranks = sorted(Environment.from_json(record.environment).rank for record in records.values())
    assert ranks == [0, 2]
    assert all(record.finish_reason is FinishReason.LENGTH for record in records.values())
    assert controller.writing.next_generation_id - min(records) == 2
    for each in nodes:
        window.editor.go_to(each.id)
        with qtbot.waitSignal(controller.reproduction.finished, timeout=20_000) as done:
            window.actions_by_name["reproduce"].trigger()
        outcome, comparison = done.args
        assert outcome.value == "same"
        assert comparison.n_same == 8
