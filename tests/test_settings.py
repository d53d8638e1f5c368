from __future__ import annotations

import base64
import dataclasses
import os
import re
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import settings
from studio.settings import Settings

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
BASE64 = st.binary(max_size=200).map(lambda data: base64.b64encode(data).decode())

ANY_SETTINGS = st.builds(
    Settings,
    theme=st.sampled_from(settings.choices("theme")),
    language=st.sampled_from(settings.choices("language")),
    reduced_motion=st.sampled_from(settings.choices("reduced_motion")),
    interface_zoom=st.floats(*settings.limits("interface_zoom")),
    text_font_family=TEXTS,
    text_size_pt=st.floats(*settings.limits("text_size_pt")),
    column_width_chars=st.integers(30, 200),
    show_origins=st.booleans(),
    model=TEXTS,
    device=st.sampled_from(settings.choices("device")),
    preset=TEXTS,
    sampling=TEXTS,
    max_new_tokens=st.integers(1, 100_000),
    seed_mode=st.sampled_from(settings.choices("seed_mode")),
    seed=st.integers(0, 2**63 - 1),
    stop=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)).map(tuple),
    stop_at_end_of_text=st.booleans(),
    left_panel_visible=st.booleans(),
    window_geometry=BASE64,
    splitter_rows=BASE64,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_without_a_file_the_defaults_are_used_without_complaint(path: Path) -> None:
    assert settings.load(path) == (Settings(), ())


@given(chosen=ANY_SETTINGS)
def test_what_is_saved_is_read_again(chosen: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.toml"
    settings.save(path, chosen)
    assert settings.load(path) == (chosen, ())


@given(content=st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")))
def test_no_content_makes_reading_fail(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    loaded, _ = settings.load(path)
    assert isinstance(loaded, Settings)


@given(name=st.sampled_from([entry.name for entry in dataclasses.fields(Settings)]), value=JSON)
def test_any_value_is_taken_or_refused_with_the_settings_name(name: str, value: object) -> None:
    chosen: dict[str, Any] = {name: value}
    complaint = ""
    try:
        taken = getattr(Settings(**chosen), name)
    except ValueError as error:
        complaint = str(error)
    if complaint:
        assert complaint.startswith(f"{name} should be ")
    else:
        assert type(taken) is type(getattr(Settings(), name))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('theme = "pink"', 'theme should be one of "system", "light", "dark"'),
        ("theme = 1", "theme should be one of"),
        ("column_width_chars = 29", "column_width_chars should be a whole number from 30 to 200"),
        ("column_width_chars = 70.0", "column_width_chars should be a whole number"),
        ("column_width_chars = true", "column_width_chars should be a whole number"),
        ("text_size_pt = nan", "text_size_pt should be a number from 6 to 72"),
        ("text_size_pt = inf", "text_size_pt should be a number"),
        ("show_origins = 1", "show_origins should be true or false"),
        ("seed = -1", "seed should be a whole number"),
        ("seed = 9223372036854775808", "seed should be a whole number"),
        ('stop = "end"', "stop should be a list of texts"),
        ('stop = ["end", ""]', "stop should be a list of texts, none of them empty"),
        ('stop = ["end", 3]', "stop should be a list of texts"),
        ('window_geometry = "not base64!"', "window_geometry should be base64 text"),
    ],
)
def test_a_wrong_value_becomes_its_default_and_the_rest_is_kept(
    path: Path, line: str, complaint: str
) -> None:
    path.write_text(f'{line}\nmodel = "mine"\n', encoding="utf-8")
    loaded, (problem,) = settings.load(path)
    assert loaded == Settings(model="mine")
    assert complaint in str(problem)
    assert str(problem).startswith("settings.toml: ")
    assert str(problem).endswith("; the default is used.")


def test_a_whole_number_does_where_any_number_does(path: Path) -> None:
    path.write_text("text_size_pt = 14", encoding="utf-8")
    assert settings.load(path) == (Settings(text_size_pt=14.0), ())


def test_unknown_keys_are_left_out(path: Path) -> None:
    path.write_text('theme = "dark"\nfrom_the_future = 1\n[table]\nx = 1\n', encoding="utf-8")
    assert settings.load(path) == (Settings(theme="dark"), ())


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe", b"\x00" * 40, b"x = " + b"[" * 5000])
def test_a_broken_file_is_kept_aside(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    loaded, (problem,) = settings.load(path)
    assert loaded == Settings()
    assert "settings.toml.broken" in str(problem)
    assert not path.exists()
    assert path.with_name("settings.toml.broken").read_bytes() == content


def test_a_folder_in_the_files_place_is_reported(path: Path) -> None:
    path.mkdir()
    loaded, (problem,) = settings.load(path)
    assert loaded == Settings()
    assert str(problem).startswith("settings.toml could not be read")


def test_half_a_surrogate_pair_becomes_the_replacement_character_and_nul_stays(path: Path) -> None:
    settings.save(path, Settings(text_font_family="A\ud800B", stop=("\x00", "\udfff")))
    loaded, problems = settings.load(path)
    assert loaded.text_font_family == "A\ufffdB"
    assert loaded.stop == ("\x00", "\ufffd")
    assert problems == ()


def test_the_default_of_every_setting_is_written_with_its_name(path: Path) -> None:
    settings.save(path, Settings())
    written = tomllib.loads(path.read_text(encoding="utf-8"))
    assert list(written) == [entry.name for entry in dataclasses.fields(Settings)]


def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.save(path, Settings(theme="dark"))

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        settings.save(path, Settings(theme="light"))
    assert settings.load(path) == (Settings(theme="dark"), ())
    assert [entry.name for entry in path.parent.iterdir()] == ["settings.toml"]


def test_saving_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "library" / "settings.toml"
    settings.save(path, Settings(language="zh_CN"))
    assert settings.load(path)[0].language == "zh_CN"


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights there")
def test_a_symbolic_link_stays_one(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.toml"
    target.touch()
    path.symlink_to(target)
    settings.save(path, Settings(theme="dark"))
    assert stat.S_ISLNK(path.lstat().st_mode)
    assert 'theme = "dark"' in target.read_text(encoding="utf-8")


def test_limits_and_choices_are_those_of_the_declaration() -> None:
    assert settings.limits("column_width_chars") == (30, 200)
    assert settings.choices("seed_mode") == ("new", "fixed")
    for name in ("theme", "show_origins", "no_such_setting"):
        with pytest.raises(KeyError, match=re.escape(name)):
            settings.limits(name)
    with pytest.raises(KeyError):
        settings.choices("seed")


def test_what_a_killed_write_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    settings.save(file, Settings())
    kept = [file, tmp_path / "settings.toml.broken", tmp_path / "other.toml.x1.tmp"]
    for path in (*kept[1:], tmp_path / "settings.toml.x1.tmp", tmp_path / "settings.toml.x2.tmp"):
        path.write_text("half of it")
    settings.remove_unfinished(file)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    settings.remove_unfinished(tmp_path / "missing" / "settings.toml")
