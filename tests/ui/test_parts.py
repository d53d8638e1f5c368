from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from finding import find
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QSlider, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from studio.core import chain
from studio.core.messages import Token
from studio.core.parameters import Parameter
from studio.core.presets import Preset
from studio.core.processors import PROCESSORS, Temperature, TopK
from studio.paths import resource
from studio.store.records import SessionSummary
from studio.ui import theme as themes
from studio.ui.actions import ACTIONS, ALSO, MENUS, make_actions
from studio.ui.glyphs import visible
from studio.ui.heat.kinds import percent
from studio.ui.notice_bar import NoticeBar
from studio.ui.probability_view import ProbabilityView
from studio.ui.run_options import RunOptions, RunOptionsForm, format_stop, parse_stop
from studio.ui.sampling_panel import SamplingPanel
from studio.ui.session_list.model import SessionModel
from studio.ui.session_list.panel import SessionPanel
from studio.ui.token_index import TokenIndex
from studio.ui.token_view.rows import RowModel
from studio.ui.token_view.words import RowMaker


def now(days_ago: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(days=days_ago)).replace(tzinfo=None).isoformat(timespec="seconds")


def summary(number: int, preview: str = "", title: str = "", days_ago: int = 0) -> SessionSummary:
    return SessionSummary(number, title, preview or f"text {number}", now(days_ago), now(days_ago), 10)


# -- theme and actions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", [themes.LIGHT, themes.DARK], ids=["light", "dark"])
def test_every_pair_of_colours_has_the_contrast_it_needs(theme: themes.Theme) -> None:
    for ground in (theme.paper, theme.surface, theme.tint):
        for text in (theme.ink, theme.quiet, theme.accent):
            assert themes.contrast(text, ground) >= 4.5, (text, ground)
    for ground in (theme.paper, theme.surface):
        for text in (theme.warn, theme.error):
            assert themes.contrast(text, ground) >= 4.5, (text, ground)
        for graphic in (theme.field, theme.bar, theme.outline, theme.accent):
            assert themes.contrast(graphic, ground) >= 3, (graphic, ground)
    assert themes.contrast(theme.on_accent, theme.accent) >= 4.5
    for behind in (theme.select, theme.more, theme.less):
        assert themes.contrast(theme.ink, behind) >= 4.5


def test_the_style_sheet_has_every_colour_filled_in(qapp: object) -> None:
    for theme in (themes.LIGHT, themes.DARK):
        assert "$" not in themes.stylesheet(theme)


def test_actions_have_text_icon_and_tip_and_no_shortcut_twice(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    actions = make_actions(parent, themes.LIGHT)
    keys = [key.toString() for action in actions.values() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    for row in ACTIONS:
        assert actions[row.name].text()
        assert actions[row.name].toolTip()
        assert not actions[row.name].icon().isNull()
        assert resource("icons", f"{row.icon}.svg").is_file()
    listed = [name for _, names in MENUS for name in names if name and not name.startswith("@")]
    assert sorted(listed) == sorted(row.name for row in ACTIONS)
    assert set(ALSO) <= set(actions)


# -- sampling ------------------------------------------------------------------------------------------------


@pytest.fixture
def panel(qtbot: QtBot) -> SamplingPanel:
    made = SamplingPanel(themes.LIGHT)
    qtbot.addWidget(made)
    return made


NUMBERS = [p for p in chain.all_parameters() if isinstance(p, Parameter)]


def number(panel: SamplingPanel, name: str) -> float:
    value = chain.values(panel.processors())[name]
    assert isinstance(value, int | float)
    return value


def test_the_panel_has_a_named_field_slider_and_reset_for_every_parameter(panel: SamplingPanel) -> None:
    for parameter in NUMBERS:
        box: QSpinBox | QDoubleSpinBox
        if parameter.type is int:
            box = find(panel, QSpinBox, f"param_{parameter.name}")
        else:
            box = find(panel, QDoubleSpinBox, f"param_{parameter.name}")
        assert box.accessibleName()
        find(panel, QSlider, f"slider_{parameter.name}")
        find(panel, QToolButton, f"reset_{parameter.name}")
    assert [type(p) for p in panel.processors()] == list(PROCESSORS)


def test_number_slider_and_reset_say_the_same(panel: SamplingPanel, qtbot: QtBot) -> None:
    box = find(panel, QDoubleSpinBox, "param_temperature")
    slider = find(panel, QSlider, "slider_temperature")
    reset = find(panel, QToolButton, "reset_temperature")
    with qtbot.waitSignal(panel.changed):
        box.setValue(0.7)
    place = slider.value()
    assert reset.isEnabled()
    slider.setValue(0)
    assert box.value() == 0.0
    slider.setValue(place)
    assert math.isclose(box.value(), 0.7, abs_tol=0.021)
    reset.click()
    assert box.value() == 1.0
    assert not reset.isEnabled()
    assert chain.values(panel.processors())["temperature"] == 1.0


def test_a_logarithmic_slider_reaches_both_ends(panel: SamplingPanel) -> None:
    for parameter in NUMBERS:
        slider = find(panel, QSlider, f"slider_{parameter.name}")
        slider.setValue(slider.maximum())
        assert math.isclose(number(panel, parameter.name), parameter.hi, rel_tol=0.02)
        slider.setValue(0)
        assert number(panel, parameter.name) == parameter.lo


def test_presets_are_taken_shown_as_changed_and_neutralised(panel: SamplingPanel) -> None:
    presets = (
        Preset("Calm", (Temperature(0.5), TopK(10)), 50, builtin=True),
        Preset("Mine", (Temperature(1.5),), None),
    )
    panel.set_presets(presets, "Mine")
    panel.choose_preset("Calm")
    assert panel.options.options().max_new_tokens == 50
    values = chain.values(panel.processors())
    assert (values["temperature"], values["top_k"], values["top_p"]) == (0.5, 10, 1.0)
    box = find(panel, QWidget, "presetBox")
    assert box.property("currentText") == "Calm"
    find(panel, QSpinBox, "param_top_k").setValue(12)
    assert "changed" in box.property("currentText")
    find(panel, QToolButton, "reset_top_k").click()
    assert box.property("currentText") == "Calm"
    panel.neutralise()
    assert panel.processors() == chain.default_chain()


def test_stop_strings_are_one_a_line_with_line_ends_written_out() -> None:
    assert parse_stop("The end\n\\n\\n\n\n\\\\n") == ("The end", "\n\n", "\\n")
    for stop in (("a",), ("\n",), ("\\n", "\t", "\\\\", "🙂 中")):
        assert parse_stop(format_stop(stop)) == stop


def test_run_options_keep_a_large_seed_and_offer_a_new_one(qtbot: QtBot) -> None:
    form = RunOptionsForm(themes.LIGHT)
    qtbot.addWidget(form)
    options = RunOptions(7, 2**63 - 1, True, ("\n",), False)
    form.set_options(options)
    assert form.options() == options
    find(form, QToolButton, "newSeedButton").click()
    assert form.options().seed != 2**63 - 1
    assert form.options().seed_fixed


# -- sessions ------------------------------------------------------------------------------------------------


def test_the_session_model_keeps_qts_promises_and_groups_by_day(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    model = SessionModel(parent)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_sessions([summary(5), summary(4), summary(3, days_ago=1), summary(2, days_ago=9)])
    shown = [model.index(row).data() for row in range(model.rowCount())]
    assert shown == ["Today", "text 5", "text 4", "Yesterday", "text 3", "Earlier", "text 2"]
    model.update(summary(3, "now the newest"))
    assert [model.index(row).data() for row in range(3)] == ["Today", "now the newest", "text 5"]
    model.update(summary(3, "changed in place"))
    assert model.index(1).data() == "changed in place"
    model.set_filter("TEXT 4")
    assert [model.index(row).data() for row in range(model.rowCount())][:2] == ["Today", "text 4"]
    model.set_filter("")
    assert model.row_of(2) == 5
    assert tester is not None


def test_a_session_is_opened_renamed_and_deleted_from_the_keyboard(qtbot: QtBot) -> None:
    panel = SessionPanel(themes.LIGHT)
    qtbot.addWidget(panel)
    panel.show()
    panel.set_sessions([summary(2), summary(1)])
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.model.index(2))
    with qtbot.waitSignal(panel.open_requested) as opened:
        QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert opened.args == [1]
    with qtbot.waitSignal(panel.verb_requested) as deleted:
        QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert deleted.args == ["delete", 1]


# -- token probabilities -------------------------------------------------------------------------------------


def test_the_view_says_what_a_token_was_and_what_else_there_was(
    qtbot: QtBot, token: Callable[..., Token]
) -> None:
    view = ProbabilityView(themes.DARK)
    qtbot.addWidget(view)
    view.resize(900, 220)
    view.show()
    view.show_token(token())
    texts = {label.objectName(): label.text() for label in view.findChildren(QLabel) if label.objectName()}
    assert texts["tokenChip"] == "␣fox"
    assert texts["tokenProbability"] == "25.0% (one in 4)"
    assert texts["tokenSamplingProbability"] == "40.0%"
    assert (texts["tokenRank"], texts["tokenSurprise"], texts["tokenId"]) == ("1", "2.0 bits", "7")
    view.grab()  # the delegate paints without complaint
    view.take_focus()
    view.show_token(None, "Nothing here.")
    assert "Nothing here." in {label.text() for label in view.findChildren(QLabel) if label.isVisible()}


def test_candidates_read_as_sentences(qtbot: QtBot, token: Callable[..., Token]) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    model = RowModel(parent)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_rows(RowMaker(parent).stored(token()))
    assert model.index(2).data() == "↵"
    sentence = model.index(2).data(Qt.ItemDataRole.ToolTipRole)
    assert "Rank 3" in sentence
    assert "removed" in sentence
    assert tester is not None


def test_white_space_and_half_characters_are_drawn() -> None:
    assert visible(" a\n\t") == "␣a↵⇥"
    assert visible("\ufffd", b"\xf0\x9f") == "⟨F0 9F⟩"
    assert visible("", b"") == "∅"


def test_percentages_for_people() -> None:
    assert [percent(p) for p in (0.0, 0.00001, 0.0005, 0.0421, 0.5, 1.0)] == [
        "0%", "<0.01%", "0.05%", "4.2%", "50.0%", "100.0%",
    ]  # fmt: skip


def test_the_token_behind_a_character_also_when_it_came_in_halves(token: Callable[..., Token]) -> None:
    index = TokenIndex()
    index.add(3, [token(" a"), token("", raw=b"\xf0\x9f")])
    index.add(3, [token("🙂", raw=b"\x99\x82"), token("bc")])
    found = [index.at(3, place) for place in range(-1, 6)]
    assert [place and (place.index, place.start, place.end) for place in found] == [
        None, (0, 0, 2), (0, 0, 2), (2, 2, 3), (3, 3, 5), (3, 3, 5), None,
    ]  # fmt: skip
    assert index.at(4, 0) is None


# -- notices -------------------------------------------------------------------------------------------------


def test_a_notice_shows_plain_text_and_its_action_is_done_once(qtbot: QtBot) -> None:
    bar = NoticeBar(themes.LIGHT)
    qtbot.addWidget(bar)
    done = []
    bar.show_notice("<b>bold</b>", "error", "Undo", lambda: done.append(1))
    label = find(bar, QLabel, "noticeText")
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert bar.text() == "<b>bold</b>"
    button = find(bar, QWidget, "noticeAction")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == [1]
    assert bar.text() == ""
