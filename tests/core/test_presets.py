"""Presets on disk: those that ship, one's own, and files nobody should have written."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core import presets
from studio.core.chain import (
    build,
    complete,
    default_chain,
    effective,
    from_json,
    reordered,
    to_json,
    values,
    with_values,
    without,
)
from studio.core.errors import StudioError
from studio.core.presets import Preset
from studio.core.processors import PROCESSORS, Temperature, TopK
from studio.paths import resource
from studio.settings import Settings, limits

BUILTIN = resource("presets")
HOT = Preset("Hot", (Temperature(1.5), TopK(40)), 200)


def own(user_dir: Path) -> list[str]:
    return [p.name for p in presets.load_presets(BUILTIN, user_dir)[0] if not p.builtin]


def test_every_shipped_preset_loads_and_is_known_to_the_translators(tmp_path: Path) -> None:
    loaded, problems = presets.load_presets(BUILTIN, tmp_path / "none")
    assert problems == ()
    assert tuple((p.name, p.description) for p in loaded) == presets.SHIPPED
    assert len(loaded) == len(list(BUILTIN.iterdir()))
    assert all(p.builtin for p in loaded)
    assert presets.default_preset(BUILTIN) == next(p for p in loaded if p.name == presets.DEFAULT_PRESET)
    assert values(loaded[-1].processors)["temperature"] == 0


def test_the_window_starts_with_the_same_length_as_the_command_line() -> None:
    assert Settings().max_new_tokens == presets.DEFAULT_MAX_NEW_TOKENS
    assert limits("max_new_tokens")[1] == presets.MAX_NEW_TOKENS_LIMIT


def test_a_damaged_default_preset_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="Install"):
        presets.default_preset(tmp_path)


def test_saves_replaces_renames_and_deletes(tmp_path: Path) -> None:
    user_dir = tmp_path / "library" / "presets"
    assert presets.save_preset(replace(HOT, name="  Hot "), BUILTIN, user_dir) == HOT
    assert HOT in presets.load_presets(BUILTIN, user_dir)[0]
    presets.save_preset(replace(HOT, name="hot", max_new_tokens=None), BUILTIN, user_dir)
    assert own(user_dir) == ["hot"]
    assert presets.rename_preset("hot", "Hot", BUILTIN, user_dir).name == "Hot"
    presets.save_preset(replace(HOT, name="Cold"), BUILTIN, user_dir)
    with pytest.raises(ValueError, match="already"):
        presets.rename_preset("Cold", "HOT", BUILTIN, user_dir)
    presets.rename_preset("Cold", "Lukewarm", BUILTIN, user_dir)
    assert own(user_dir) == ["Hot", "Lukewarm"]
    presets.delete_preset("Hot", BUILTIN, user_dir)
    assert own(user_dir) == ["Lukewarm"]
    with pytest.raises(ValueError, match="There is no preset named 'Hot'"):
        presets.delete_preset("Hot", BUILTIN, user_dir)
    assert len(list(user_dir.iterdir())) == 1  # no temporary file is left


def test_built_in_presets_cannot_be_changed(tmp_path: Path) -> None:
    presets.save_preset(HOT, BUILTIN, tmp_path)
    for action in (
        lambda: presets.save_preset(replace(HOT, name="balanced "), BUILTIN, tmp_path),
        lambda: presets.rename_preset("Balanced", "Mine", BUILTIN, tmp_path),
        lambda: presets.rename_preset("Hot", "GREEDY", BUILTIN, tmp_path),
        lambda: presets.delete_preset("Precise", BUILTIN, tmp_path),
    ):
        with pytest.raises(ValueError, match=r"is built in and cannot be changed\.$"):
            action()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00b", "x" * 81, "\t"])
def test_names_nobody_can_have(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        presets.save_preset(replace(HOT, name=name), BUILTIN, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        *("../../evil", "/etc/passwd", "..", ".", "CON", "nul.toml", "com1", "COM¹", "C:\\x", "热情", "🙂"),
        *("مرحبا", "a/b", "é" * 80, "x" * 80, "\ud800", "-", "~", "%00", "hot.toml"),
    ],
)  # fmt: skip
def test_any_other_name_is_kept_and_its_file_is_harmless(name: str, tmp_path: Path) -> None:
    user_dir = tmp_path / "presets"
    stored = presets.save_preset(replace(HOT, name=name), BUILTIN, user_dir)
    assert [p.name for p in tmp_path.iterdir()] == ["presets"]
    (file,) = user_dir.iterdir()
    assert file.name.isascii()
    assert len(file.name) < 100
    assert file.stem.lower() not in {"con", "nul", "com1", ""}
    assert own(user_dir) == [stored.name] == [name.replace("\ud800", "\ufffd")]


@given(names=st.lists(st.text(min_size=1, max_size=80), max_size=6))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_different_names_never_share_a_file(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    user_dir = tmp_path_factory.mktemp("presets")
    stored: dict[str, Preset] = {}
    for number, name in enumerate(names):
        try:
            preset = presets.save_preset(
                replace(HOT, name=name, max_new_tokens=number + 1), BUILTIN, user_dir
            )
        except ValueError:
            continue
        stored[presets._key(preset.name)] = preset
    loaded, problems = presets.load_presets(BUILTIN, user_dir)
    assert problems == ()
    assert sorted(p.max_new_tokens or 0 for p in loaded if not p.builtin) == sorted(
        p.max_new_tokens or 0 for p in stored.values()
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "name is missing"),
        (b"name = 3", "name is missing"),
        (b'name = ""', "needs a name"),
        (b"\xff\xfe", "not UTF-8"),
        (b"name = [", "not valid TOML"),
        (b'name = "A"\nx = ' + b"[" * 20_000, "not valid TOML"),
        (b'name = "Balanced"', "already a preset"),
        (b'name = "A"\nmax_new_tokens = 0', "max_new_tokens"),
        (b'name = "A"\nmax_new_tokens = true', "max_new_tokens"),
        (b'name = "A"\nprocessor = 3', "processor"),
        (b'name = "A"\n[[processor]]\ntemperature = 1.0', "has no name"),
        (b'name = "A"\n[[processor]]\nname = "Heat"', "no processor named 'Heat'"),
        (b'name = "A"\n[[processor]]\nname = "TopK"\nk = 3', "no setting named 'k'"),
        (b'name = "A"\n[[processor]]\nname = "TopK"\ntop_k = -1', "between 0 and 1000"),
        (b'name = "A"\n[[processor]]\nname = "TopK"\ntop_k = 1.5', "a whole number"),
        (b'name = "A"\n[[processor]]\nname = "TopK"\ntop_k = true', "a whole number"),
        (b'name = "A"\n[[processor]]\nname = "TopP"\ntop_p = nan', "between 0 and 1"),
        (b'name = "A"\n[[processor]]\nname = "TopP"\ntop_p = "x"', "must be a number"),
        (b'name = "A"\n[[processor]]\nname = "TopP"\n[[processor]]\nname = "TopP"', "there twice"),
        (b'name = "A"\n[[processor]]\nname = "TopK"\non = 1', "TopK: on must be true or false"),
        (b'name = "A"\n[[processor]]\nname = "LogitBias"\nlogit_bias = "x"', "'x' is not"),
        (b"#" * 200_000, "not a preset"),
        (b'name = "A"\n[[processor]]\nname = "TopK"\ntop_k = 1' + b"0" * 400, "between 0 and 1000"),
        (b'name = "A"\nmax_new_tokens = 1' + b"0" * 5000, "not valid TOML"),
    ],
)  # fmt: skip
def test_a_broken_file_is_left_out_and_reported(content: bytes, reason: str, tmp_path: Path) -> None:
    presets.save_preset(HOT, BUILTIN, tmp_path)
    (tmp_path / "broken.toml").write_bytes(content)
    loaded, problems = presets.load_presets(BUILTIN, tmp_path)
    assert [p.name for p in loaded if not p.builtin] == ["Hot"]
    assert len(problems) == 1
    assert reason in str(problems[0])
    assert str(problems[0]).startswith("The preset file broken.toml is left out: ")
    assert str(problems[0]).endswith(".")


def test_folders_and_pipes_in_the_way_are_reported_not_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.toml")
    loaded, problems = presets.load_presets(BUILTIN, tmp_path)
    assert len(loaded) == len(presets.SHIPPED)
    assert len(problems) == len(list(tmp_path.iterdir()))


def test_a_place_that_cannot_be_written_is_a_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StudioError, match="could not be saved"):
        presets.save_preset(HOT, BUILTIN, tmp_path / "file" / "presets")


def test_a_file_written_by_hand_may_leave_settings_out_and_add_others(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(
        b'\xef\xbb\xbfname = "Mine"\nfuture = 1\n[[processor]]\nname = "TopP"\n'
        b'[[processor]]\nname = "Temperature"\ntemperature = 1\n'
    )
    loaded, problems = presets.load_presets(BUILTIN, tmp_path)
    assert problems == ()
    assert [type(p).__name__ for p in loaded[-1].processors] == ["TopP", "Temperature"]
    assert loaded[-1].max_new_tokens is None


def test_the_file_says_what_it_means(tmp_path: Path) -> None:
    presets.save_preset(HOT, BUILTIN, tmp_path)
    assert tomllib.loads((tmp_path / "hot.toml").read_text(encoding="utf-8")) == {
        "name": "Hot",
        "max_new_tokens": 200,
        "processor": [{"name": "Temperature", "temperature": 1.5}, {"name": "TopK", "top_k": 40}],
    }


def test_a_stage_may_be_switched_off_in_its_place(tmp_path: Path) -> None:
    preset = Preset("Half", (TopK(40), Temperature(1.5)), off=frozenset({"TopK"}))
    presets.save_preset(preset, BUILTIN, tmp_path)
    written = tomllib.loads((tmp_path / "half.toml").read_text(encoding="utf-8"))["processor"]
    assert written == [
        {"name": "TopK", "top_k": 40, "on": False},
        {"name": "Temperature", "temperature": 1.5},
    ]
    assert preset in presets.load_presets(BUILTIN, tmp_path)[0]


# -- chains ------------------------------------------------------------------------------------------------


def test_a_chain_survives_json_in_order() -> None:
    chain = (TopK(7), Temperature(0.5))
    assert to_json(chain) == '[["TopK", {"top_k": 7}], ["Temperature", {"temperature": 0.5}]]'
    assert from_json(to_json(chain)) == chain
    assert from_json(to_json(default_chain())) == default_chain()
    assert from_json('[["TopK", {}]]') == (TopK(),)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[1]", '[["TopK"]]', '[["Nope", {}]]', '[["TopK", {"k": 1}]]'),
        '[["TopK", {"top_k": "1"}]]',
        *('[["TopK", {"top_k": 1001}]]', '[["TopP", {"top_p": NaN}]]', '[["TopP", {"top_p": Infinity}]]'),
        *('[["TopK", {}], ["TopK", {}]]', "[" * 100_000, '[["TopK", {"top_k": 1' + "0" * 400 + "}]]"),
    ],
)  # fmt: skip
def test_other_json_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        from_json(text)


def test_changing_values_keeps_the_order_and_adds_what_lacks_where_it_belongs() -> None:
    chain = (TopK(7), Temperature(0.5))
    assert with_values(chain, {"temperature": 2}) == (TopK(7), Temperature(2.0))
    assert with_values(chain, {}) == chain
    added = with_values((Temperature(0.5), TopK(7)), {"repetition_penalty": 1.1, "repetition_range": 64})
    assert [type(p).__name__ for p in added] == ["RepetitionPenalty", "Temperature", "TopK"]
    with pytest.raises(ValueError, match="no sampling setting named 'heat'"):
        with_values(chain, {"heat": 1})
    assert complete(()) == default_chain()
    assert [type(p) for p in complete(presets.default_preset(BUILTIN).processors)] == list(PROCESSORS)
    assert build("TopK", {"top_k": 3}) == TopK(3)


def test_a_chain_can_be_put_in_another_order_by_name() -> None:
    chain = (TopK(7), Temperature(0.5))
    assert reordered(chain, ["temperature", " top-k "]) == (Temperature(0.5), TopK(7))
    assert [type(p).__name__ for p in reordered(chain, ["min_p", "TopK"])] == ["MinP", "TopK"]
    for wrong, reason in ((["heat"], "no processor named 'heat'"), (["TopK", "top-k"], "there twice")):
        with pytest.raises(ValueError, match=reason):
            reordered(chain, wrong)
    assert without(chain, {"TopK"}) == (Temperature(0.5),)
    assert effective((*chain, *default_chain()[:3])) == chain
