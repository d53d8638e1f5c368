"""The Loom tab and Find settings, through the real window; the drawing by itself."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from driving import Open, finished, press
from finding import find
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTextEdit,
)
from pytestqt.qtbot import QtBot

from studio.controller import Controller
from studio.core import chain
from studio.core.messages import Fit, SettingChange, SettingsFound, TreeNode
from studio.core.processors import Temperature
from studio.ui import theme as themes
from studio.ui.loom.grown import GrownTree, laid_out
from studio.ui.loom.panel import LoomPanel
from studio.ui.loom.tree_plot import TreePlot
from studio.ui.main_window import MainWindow
from studio.ui.tuning.dialog import FindSettingsDialog
from studio.ui.tuning.words import TuningWords

TEXT = "Once upon a time, there was a little"


def node(node_id: int, parent: int, text: str, prob: float, above: float = 1.0) -> TreeNode:
    return TreeNode(
        node_id, parent, node_id, text, text.encode(), math.log(prob), math.log(prob * above), text == "END"
    )


def small() -> GrownTree:
    tree = GrownTree()
    tree.add([node(1, 0, " a", 0.6), node(2, 0, " b", 0.3), node(3, 1, "\n", 0.5, 0.6)])
    tree.add([node(4, 1, " d", 0.4, 0.6), node(5, 2, " e", 0.9, 0.3), node(6, 3, "END", 0.5, 0.3)])
    return tree


@pytest.fixture
def plot(qtbot: QtBot) -> TreePlot:
    made = TreePlot(themes.LIGHT)
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.show_tree(small(), "…start")
    made.show()
    return made


# -- the drawing ---------------------------------------------------------------------------------------------


def test_no_two_words_of_a_column_share_a_row_and_lines_do_not_cross() -> None:
    tree = small()
    spots, width, height = laid_out(tree, 50.0, lambda _: 40.0)
    assert len({(spot.x, spot.y) for spot in spots.values()}) == len(spots) == 7
    assert all(spots[n.id].x > spots[n.parent].x + spots[n.parent].width for n in tree.nodes.values())
    order = tree.in_order()
    for one, other in pairwise(order):
        if spots[one].x == spots[other].x:
            assert spots[one].y < spots[other].y
    assert max(s.x + s.width for s in spots.values()) <= width
    assert max(s.y for s in spots.values()) < height


def test_arrows_walk_the_tree_and_right_at_its_end_asks_for_more(plot: TreePlot, qtbot: QtBot) -> None:
    keys = Qt.Key
    for key, expected in (
        (keys.Key_Right, 1), (keys.Key_Down, 2), (keys.Key_Right, 5), (keys.Key_Up, 4), (keys.Key_Up, 3),
        (keys.Key_Left, 1), (keys.Key_Left, 0), (keys.Key_Down, 1), (keys.Key_Home, 0),
    ):  # fmt: skip
        QTest.keyClick(plot, key)
        assert plot.current == expected
    plot.select(5)
    with qtbot.waitSignal(plot.grow_requested) as wanted:
        QTest.keyClick(plot, keys.Key_Right)
    assert wanted.args == [5]
    with qtbot.waitSignal(plot.take_requested) as taken:
        QTest.keyClick(plot, keys.Key_Return)
    assert taken.args == [5]
    plot.select(6)
    with qtbot.assertNotEmitted(plot.grow_requested, wait=50):
        QTest.keyClick(plot, keys.Key_Right)  # nothing follows the end of the text


def test_a_click_on_a_leaf_takes_it_and_a_drag_or_an_inner_word_does_not(
    plot: TreePlot, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(plot.take_requested, wait=50):
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.point_of(1))
    assert plot.current == 1
    with qtbot.waitSignal(plot.take_requested) as taken:
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.point_of(4))
    assert taken.args == [4]
    before = plot.point_of(1)
    plot.zoom(1.5, QPointF(0, 0))
    assert plot.point_of(1).x() > before.x()
    assert plot.node_at(QPointF(plot.point_of(5))) == 5
    plot.reset_view()
    assert plot.point_of(1) == before


def test_it_paints_in_both_themes_and_as_a_table(plot: TreePlot) -> None:
    for theme in (themes.LIGHT, themes.DARK):
        plot.theme = theme
        image = QImage(700, 300, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        blank = image.copy()
        painter = QPainter(image)
        plot.paint(painter, QRectF(0, 0, 700, 300))
        painter.end()
        assert image != blank
    header, rows = plot.rows()
    assert len(header) == len(rows[0])
    assert [row[-1] for row in rows] == [" a", " a\n", " a\nEND", " a d", " b", " b e"]


# -- the whole app -------------------------------------------------------------------------------------------


def open_loom(window: MainWindow, qtbot: QtBot, text: str = TEXT) -> LoomPanel:
    editor = window.editor
    editor.setPlainText(text)
    editor.set_caret(len(text))
    window.actions_by_name["loom"].trigger()
    panel = find(window, LoomPanel, "loomPanel")
    if text:
        qtbot.waitUntil(lambda: grown(panel), timeout=20_000)
    return panel


def grown(panel: LoomPanel) -> bool:
    return len(panel.plot.tree) > 3 and find(panel, QPushButton, "loomStop").isHidden()


def test_the_tree_grows_at_the_caret_and_a_leaf_becomes_a_branch(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    panel = open_loom(window, qtbot)
    tree = panel.plot.tree
    leaf = next(n for n in tree.nodes if not tree.children(n) and not tree.nodes[n].ends)
    words = tree.words(leaf)
    history = window.editor.manuscript.history
    parent = history.head
    panel.plot.select(leaf)
    QTest.keyClick(panel.plot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.editor.manuscript.text == TEXT + words, timeout=5000)
    taken = history.nodes[history.head]
    assert taken.parent == parent
    assert taken.source > 0
    assert window.editor.caret() == len(TEXT + words)
    window.actions_by_name["provenance"].trigger()
    qtbot.waitUntil(
        lambda: (
            any("you chose" in label.text() for label in window.bottom.provenance.findChildren(QLabel))
            or "you chose" in all_text(window)
        ),
        timeout=5000,
    )
    window.actions_by_name["undo"].trigger()
    assert window.editor.manuscript.text == TEXT


def all_text(window: MainWindow) -> str:
    view = window.bottom.provenance
    plain = [w.toPlainText() for w in view.findChildren(QPlainTextEdit)]
    return "\n".join([*plain, *(w.toPlainText() for w in view.findChildren(QTextEdit))])


def test_width_and_depth_are_live(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    panel = open_loom(window, qtbot)
    find(panel, QSpinBox, "loomWidth").setValue(2)
    find(panel, QSpinBox, "loomDepth").setValue(3)

    def narrow() -> bool:
        tree = panel.plot.tree
        return grown(panel) and max(len(tree.path(n)) for n in tree.nodes) == 3

    qtbot.waitUntil(narrow, timeout=10_000)
    tree = panel.plot.tree
    assert max(len(tree.children(n)) for n in (0, *tree.nodes)) == 2
    leaf = next(n for n in tree.nodes if len(tree.path(n)) == 3 and not tree.nodes[n].ends)
    panel.plot.select(leaf)
    QTest.keyClick(panel.plot, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: bool(tree.children(leaf)), timeout=5000)
    child = tree.nodes[tree.children(leaf)[0]]
    assert child.cumulative == pytest.approx(tree.nodes[leaf].cumulative + child.logprob, abs=1e-6)


def test_the_probabilities_can_be_those_after_sampling(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    panel = open_loom(window, qtbot)
    own = [panel.plot.tree.nodes[n].logprob for n in panel.plot.tree.children(0)]
    window.sampling.set_processors(chain.with_values(chain.default_chain(), {"temperature": 0.5}))
    find(panel, QCheckBox, "loomAfterSampling").setChecked(True)

    def sharper() -> bool:
        tree = panel.plot.tree
        return grown(panel) and tree.nodes[tree.children(0)[0]].logprob > own[0] + 0.01

    qtbot.waitUntil(sharper, timeout=10_000)


def test_without_words_and_while_the_model_writes_it_says_so(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    panel = open_loom(window, qtbot, "")
    qtbot.waitUntil(lambda: "few words" in panel.plot.hint, timeout=3000)
    window.editor.setPlainText(TEXT)
    window.editor.set_caret(len(TEXT))
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "is writing" in panel.plot.hint or finished(window), timeout=20_000)
    qtbot.waitUntil(lambda: finished(window), timeout=20_000)
    qtbot.waitUntil(lambda: grown(panel), timeout=20_000)


# -- find settings -------------------------------------------------------------------------------------------


def open_dialog(window: MainWindow, qtbot: QtBot, start: int, end: int) -> FindSettingsDialog:
    window.editor.setPlainText(TEXT)
    controller = window.findChild(Controller)
    assert controller is not None
    qtbot.waitUntil(lambda: all_read(controller), timeout=10_000)
    window.editor.set_caret(end, start)
    window.actions_by_name["find_settings"].trigger()
    return find(window, FindSettingsDialog, "findSettings")


def all_read(controller: Controller) -> bool:
    numbers = list(controller.insight.numbers)
    return bool(numbers) and numbers[-1].end == len(TEXT) and not any(t.stale for t in numbers)


def test_settings_are_found_for_a_selection_applied_and_taken_back(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    dialog = open_dialog(window, qtbot, 5, len(TEXT))
    before = window.sampling.all_processors(), window.sampling.off()
    answer = find(dialog, QLabel, "tuningAnswer")
    find(dialog, QPushButton, "tuningFind").click()
    qtbot.waitUntil(lambda: "perplexity" in answer.text() or "already" in answer.text(), timeout=30_000)
    assert "→" in answer.text()
    find(dialog, QPushButton, "tuningApply").click()
    assert (window.sampling.all_processors(), window.sampling.off()) != before
    find(dialog, QPushButton, "tuningTakeBack").click()
    assert (window.sampling.all_processors(), window.sampling.off()) == before


def test_a_typed_word_becomes_possible(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    dialog = open_dialog(window, qtbot, len(TEXT) - 2, len(TEXT) - 2)
    assert find(dialog, QRadioButton, "tuning_reachable").isChecked()
    QTest.keyClicks(find(dialog, QLineEdit, "tuningWord"), "xylophone")
    QTest.keyClick(find(dialog, QLineEdit, "tuningWord"), Qt.Key.Key_Return)
    answer = find(dialog, QLabel, "tuningAnswer")
    qtbot.waitUntil(lambda: "possible" in answer.text(), timeout=20_000)
    assert "0% →" in answer.text()
    find(dialog, QPushButton, "tuningRefuse").click()
    assert answer.isHidden()


def test_what_was_found_is_said_in_plain_words(qtbot: QtBot) -> None:
    panel = LoomPanel(themes.LIGHT)
    qtbot.addWidget(panel)
    words = TuningWords(panel)
    change = SettingChange("temperature", 0.8, 1.15, 7)
    before, after = Fit(-math.log(23), 1.0, 0, 0.1), Fit(-math.log(11), 2.0, 0, 0.2)
    found = SettingsFound(
        1, "likeliest", (Temperature(1.15),), (change,), before, after, 4, "temperature", ()
    )
    assert words.summary(found) == "Temperature 0.80 → 1.15: perplexity 23 → 11."
