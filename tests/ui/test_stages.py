"""The stages of the chain in the panel: moved, switched, folded away, and kept in presets."""

from __future__ import annotations

import pytest
from finding import find
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.core import chain
from studio.core.presets import Preset
from studio.core.processors import PROCESSORS, Dry, LogitBias, MinP, Temperature, TopK, Xtc
from studio.ui import theme as themes
from studio.ui.sampling_panel import SamplingPanel

PRESETS = (
    Preset("Calm", (Temperature(0.5), TopK(10)), builtin=True),
    Preset("Odd", (Xtc(0.5), MinP(0.1), Temperature(1.3)), builtin=True, off=frozenset({"MinP"})),
)


@pytest.fixture
def panel(qtbot: QtBot) -> SamplingPanel:
    made = SamplingPanel(themes.LIGHT)
    qtbot.addWidget(made)
    made.resize(320, 900)
    made.show()
    made.set_presets(PRESETS, "Calm")
    made.choose_preset("Calm")
    return made


def order(panel: SamplingPanel) -> list[str]:
    return [type(p).__name__ for p in panel.all_processors()]


def shown(panel: SamplingPanel) -> list[str]:
    switches = [box for box in panel.findChildren(QCheckBox) if box.objectName().startswith("stage_")]
    visible = [box for box in switches if box.isVisible()]
    visible.sort(key=lambda box: box.mapTo(panel, QPoint(0, 0)).y())
    return [box.objectName().removeprefix("stage_") for box in visible]


EVERYDAY = ["repetition_penalty", "temperature", "top_k", "top_p", "min_p"]


def test_only_everyday_stages_and_those_that_are_on_are_shown_until_one_asks(panel: SamplingPanel) -> None:
    assert shown(panel) == EVERYDAY
    fold = find(panel, QPushButton, "moreSamplers")
    assert fold.text() == f"More samplers ({len(PROCESSORS) - 5})"
    fold.click()
    assert len(shown(panel)) == len(PROCESSORS)
    find(panel, QCheckBox, "stage_top_a").click()
    fold.click()
    assert shown(panel) == [*EVERYDAY, "top_a"]
    panel.choose_preset("Odd")
    assert shown(panel)[0] == "repetition_penalty"
    assert "xtc_probability" in shown(panel)


def test_a_switch_keeps_the_values_and_tries_the_usual_one_first(panel: SamplingPanel) -> None:
    switch, box = find(panel, QCheckBox, "stage_top_k"), find(panel, QSpinBox, "param_top_k")
    slider = find(panel, QSlider, "slider_top_k")
    assert switch.isChecked()
    assert slider.isVisible()
    switch.click()
    assert box.value() == 10
    assert not slider.isVisible()
    assert panel.off() == {"TopK"}
    assert TopK not in [type(p) for p in panel.processors()]
    assert TopK(10) in panel.all_processors()
    switch.click()
    assert TopK(10) in panel.processors()
    min_p = find(panel, QCheckBox, "stage_min_p")
    min_p.click()
    assert MinP(0.05) in panel.processors()


def test_setting_a_value_switches_its_stage_on_and_the_off_value_off(panel: SamplingPanel) -> None:
    switch, box = find(panel, QCheckBox, "stage_min_p"), find(panel, QDoubleSpinBox, "param_min_p")
    box.setValue(0.2)
    assert switch.isChecked()
    box.setValue(0.0)
    assert not switch.isChecked()
    assert panel.off() == frozenset()
    find(panel, QCheckBox, "stage_top_k").click()
    find(panel, QSpinBox, "param_top_k").setValue(12)
    assert TopK(12) in panel.processors()


def test_stages_are_moved_by_keyboard_past_those_that_are_shown(panel: SamplingPanel, qtbot: QtBot) -> None:
    handle = find(panel, QToolButton, "handle_top_k")
    handle.setFocus()
    with qtbot.waitSignal(panel.changed):
        QTest.keyClick(handle, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    names = order(panel)
    assert names.index("TopK") == names.index("Temperature") - 1
    assert sorted(names) == sorted(p.__name__ for p in PROCESSORS)
    for _ in range(9):
        QTest.keyClick(handle, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    names = order(panel)
    assert names.index("TopK") == names.index("MinP") + 1
    assert handle.isVisible()
    box = find(panel, QWidget, "presetBox")
    assert "changed" in box.property("currentText")
    panel.choose_preset("Calm")
    assert order(panel) == [p.__name__ for p in PROCESSORS]


def test_stages_are_dragged_with_the_mouse(panel: SamplingPanel) -> None:
    handle = find(panel, QToolButton, "handle_min_p")
    target = find(panel, QCheckBox, "stage_repetition_penalty")
    for _ in range(8):  # one place a move, as the mouse goes up
        there = QPointF(target.mapToGlobal(QPoint(0, -4)))
        move = QMouseEvent(
            QMouseEvent.Type.MouseMove, handle.mapFromGlobal(there), there, Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(handle, move)
        QApplication.processEvents()
    assert shown(panel) == ["min_p", *EVERYDAY[:-1]]


def test_a_preset_holds_order_and_switches(panel: SamplingPanel) -> None:
    panel.choose_preset("Odd")
    assert panel.off() == {"MinP"}
    names = order(panel)
    assert names.index("Xtc") < names.index("MinP") < names.index("Temperature")
    box = find(panel, QWidget, "presetBox")
    assert box.property("currentText") == "Odd"
    find(panel, QCheckBox, "stage_min_p").click()
    assert "changed" in box.property("currentText")
    find(panel, QCheckBox, "stage_min_p").click()
    assert box.property("currentText") == "Odd"
    again = SamplingPanel(themes.DARK)
    again.set_processors(chain.from_json(chain.to_json(panel.all_processors())), panel.off())
    assert (order(again), again.off(), again.processors()) == (names, panel.off(), panel.processors())
    again.deleteLater()


def test_neutralise_all_leaves_the_models_own_distribution(panel: SamplingPanel) -> None:
    panel.choose_preset("Odd")
    find(panel, QPushButton, "neutraliseButton").click()
    assert chain.effective(panel.processors()) == ()
    assert order(panel) == [p.__name__ for p in PROCESSORS]


def test_further_settings_are_folded_away(panel: SamplingPanel) -> None:
    field = find(panel, QSpinBox, "param_repetition_range")
    assert not field.isVisible()
    find(panel, QToolButton, "more_repetition_penalty").click()
    assert field.isVisible()


def test_a_text_that_cannot_be_used_is_explained_and_not_taken(panel: SamplingPanel) -> None:
    find(panel, QPushButton, "moreSamplers").click()
    find(panel, QCheckBox, "stage_logit_bias").click()
    field = find(panel, QPlainTextEdit, "param_logit_bias")
    assert field.isVisible()
    field.setPlainText("dragon: 2")
    assert LogitBias("dragon: 2") in panel.processors()
    field.setPlainText("dragon: 2, fox")
    assert LogitBias("dragon: 2") in panel.processors()
    problems = [label.text() for label in panel.findChildren(QLabel) if label.property("problem")]
    assert any("'fox' is not" in text for text in problems)
    find(panel, QToolButton, "reset_logit_bias").click()
    assert field.toPlainText() == ""
    breakers = find(panel, QLineEdit, "param_dry_breakers")
    find(panel, QDoubleSpinBox, "param_dry_multiplier").setValue(0.8)
    breakers.setText("\\n")
    assert Dry(0.8, dry_breakers="\\n") in panel.processors()
