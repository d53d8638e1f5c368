from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studio import paths

ROOT = Path(__file__).resolve().parents[1]


def test_resources_of_the_checkout_are_found() -> None:
    assert paths.resource() == ROOT / "resources"
    assert paths.resource("models", "starter", "model.safetensors").is_file()
    assert paths.resource("gpt2-bpe", "vocab.bpe").is_file()
    assert paths.resource("icons", "app.svg").is_file()


def test_resources_of_a_bundle_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.resource("icons", "app.svg") == tmp_path / "resources" / "icons" / "app.svg"


def test_the_library_is_what_was_asked_for_then_the_variable_then_the_systems_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(paths.LIBRARY_VARIABLE, str(tmp_path / "variable"))
    assert paths.library_dir(str(tmp_path / "asked")) == tmp_path / "asked"
    assert paths.library_dir() == tmp_path / "variable"
    assert paths.library_dir("") == tmp_path / "variable"
    monkeypatch.setenv(paths.LIBRARY_VARIABLE, "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    library = paths.library_dir()
    assert library.is_absolute()
    assert library.name == "gpt2-studio"
    if sys.platform == "linux":
        assert library == tmp_path / "data" / "gpt2-studio"


def test_a_library_named_relatively_or_from_home_becomes_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert paths.library_dir("here") == tmp_path / "here"
    assert paths.library_dir("~/there") == Path.home() / "there"


def test_finding_the_library_makes_nothing(own_library: Path) -> None:
    assert paths.library_dir() == own_library
    assert not own_library.exists()


def test_everything_of_the_users_lives_in_the_library(tmp_path: Path) -> None:
    places = [
        paths.database_file(tmp_path),
        paths.settings_file(tmp_path),
        paths.presets_dir(tmp_path),
        paths.models_dir(tmp_path),
        paths.logs_dir(tmp_path),
    ]
    assert [place.name for place in places] == ["library.db", "settings.toml", "presets", "models", "logs"]
    assert {place.parent for place in places} == {tmp_path}


def test_platformdirs_is_not_imported_at_the_start() -> None:
    code = "import sys, studio.paths, studio.settings; sys.exit('platformdirs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
