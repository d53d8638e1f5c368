"""What `pip install` brings: the package with its resources, and the command."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_all_resources_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in held} == {"studio"}
    for resource in (ROOT / "resources").rglob("*"):
        if resource.is_file():
            assert f"studio/{resource.relative_to(ROOT).as_posix()}" in held
    for source in (ROOT / "studio").rglob("*.py"):
        assert source.relative_to(ROOT).as_posix() in held


def test_the_wheel_brings_the_command_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entries,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        commands = configparser.ConfigParser()
        commands.read_string(archive.read(entries).decode())
        assert dict(commands["console_scripts"]) == {"gpt2-studio": "studio.__main__:main"}
        assert any(name.endswith("/LICENSE") and ".dist-info/" in name for name in archive.namelist())


def test_resources_are_found_where_the_wheel_was_installed(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "from studio.paths import resource; print(resource('models', 'starter', 'model.safetensors'))"
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = Path(run.stdout.strip())
    assert found.is_file()
    assert found.is_relative_to(tmp_path / "studio" / "resources")
