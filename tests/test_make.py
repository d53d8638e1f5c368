from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import environment
import make
import PySide6
import pytest
import system_libraries

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = """
[project]
dependencies = ["torch==2.13.0", "numpy==2.4.6"]
[project.optional-dependencies]
dev = ["pytest==9.2.0"]
"""


def fake_venv(folder: Path) -> Path:
    python = environment.python_of(folder)
    python.parent.mkdir(parents=True)
    python.touch()
    (folder / "pyvenv.cfg").write_text("version = 3.11.7\n", encoding="utf-8")
    return folder


# -- commands ----------------------------------------------------------------------------------------------


def test_without_a_command_the_usage_names_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert make.main([]) == 2
    assert make.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in make.COMMANDS:
        assert shown.count(f"\n  {command} ") == 2


def test_an_unknown_command_is_said_and_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert make.main(["tset"]) == 2
    assert capsys.readouterr().err.startswith("There is no command tset.")


def test_an_old_python_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    monkeypatch.setattr(sys, "version", "3.10.2 (main)")
    assert make.main(["run"]) == 5
    assert capsys.readouterr().err == "GPT-2 Studio needs Python 3.11 or newer; this is 3.10.2\n"


def test_pytest_comes_last_and_gets_the_arguments() -> None:
    steps = make.test_steps(Path("python"), Path("bin"), ["-k", "undo"])
    names = [name for name, _ in steps]
    assert names == ["ruff format", "ruff check", "import contracts", "mypy", "pytest"]
    assert steps[-1][1] == ["python", "-m", "pytest", "-k", "undo"]


def test_the_scripts_parse_with_python_3_8() -> None:
    import ast

    for script in sorted((ROOT / "packaging").glob("*.py")):
        ast.parse(script.read_text(encoding="utf-8"), feature_version=(3, 8))


# -- the stamp ---------------------------------------------------------------------------------------------


def test_pins_are_those_of_the_project_and_for_tests_those_of_dev() -> None:
    assert environment.pins(PYPROJECT, dev=False) == ["torch==2.13.0", "numpy==2.4.6"]
    assert environment.pins(PYPROJECT, dev=True) == ["torch==2.13.0", "numpy==2.4.6", "pytest==9.2.0"]


def test_the_fingerprint_changes_with_pins_python_and_place(tmp_path: Path) -> None:
    venv = fake_venv(tmp_path / ".venv")
    first = environment.fingerprint(["a==1"], venv, tmp_path)
    assert first == environment.fingerprint(["a==1"], venv, tmp_path)
    assert first != environment.fingerprint(["a==2"], venv, tmp_path)
    assert first != environment.fingerprint(["a==1"], venv, tmp_path / "moved")
    (venv / "pyvenv.cfg").write_text("version = 3.13.1\n", encoding="utf-8")
    assert first != environment.fingerprint(["a==1"], venv, tmp_path)


def test_an_environment_whose_python_is_gone_is_not_ready(tmp_path: Path) -> None:
    venv = fake_venv(tmp_path / ".venv")
    wanted = environment.fingerprint(["a==1"], venv, tmp_path)
    (venv / "studio-stamp.json").write_text(json.dumps({"run": wanted}), encoding="utf-8")
    assert environment.is_ready(venv, wanted, "run")
    environment.python_of(venv).unlink()
    assert environment.fingerprint(["a==1"], venv, tmp_path) == ""
    assert not environment.is_ready(venv, "", "run")


@pytest.mark.parametrize(
    "stamp", ["", "{", "[]", '"x"', '{"run": "other"}', '{"test": "wanted"}', '{"run": ""}']
)
def test_any_other_stamp_is_not_ready(tmp_path: Path, stamp: str) -> None:
    (tmp_path / "studio-stamp.json").write_text(stamp, encoding="utf-8")
    assert not environment.is_ready(tmp_path, "wanted", "run")
    assert not environment.is_ready(tmp_path, "", "run")


def test_a_killed_set_up_is_noticed_by_the_next(tmp_path: Path) -> None:
    lock = tmp_path / ".venv" / "lock"
    code = (
        "import os, sys, pathlib, environment\n"
        "with environment.locked(pathlib.Path(sys.argv[1])): os._exit(9)"
    )
    killed = [sys.executable, "-c", code, str(lock)]
    assert subprocess.run(killed, cwd=ROOT / "packaging", check=False).returncode == 9
    with environment.locked(lock) as was_killed:
        assert was_killed
    with environment.locked(lock) as was_killed:
        assert not was_killed


def test_a_set_up_that_fails_in_pip_can_go_on_from_there(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError), environment.locked(tmp_path / "lock"):
        raise subprocess.CalledProcessError(1, ["pip"])
    with environment.locked(tmp_path / "lock") as was_killed:
        assert not was_killed


def test_two_set_ups_at_once_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with environment.locked(tmp_path / "lock"):
        with pytest.raises(SystemExit) as refused, environment.locked(tmp_path / "lock"):
            pytest.fail("entered twice")
        assert refused.value.code == environment.EXIT_SETUP
    assert "Another make.py" in capsys.readouterr().err


def test_on_linux_the_cpu_build_of_torch_is_tried_first() -> None:
    commands = environment.torch_commands(["pip"], "torch==2.13.0", "linux", nvidia=False)
    assert all("torch==2.13.0+cpu" in command for command in commands)
    assert [environment.TORCH_CPU_INDEX in command for command in commands] == [False, True]
    assert environment.torch_commands(["pip"], "torch==2.13.0", "linux", nvidia=True) == []
    assert environment.torch_commands(["pip"], "torch==2.13.0", "darwin", nvidia=False) == []


# -- system libraries --------------------------------------------------------------------------------------


def test_missing_libraries_lead_to_their_packages_once_each() -> None:
    table = {**system_libraries.OFFSCREEN, **system_libraries.WINDOW}
    absent = system_libraries.missing(
        table, lambda library: "glib" not in library and "gthread" not in library
    )
    assert absent == ["libglib-2.0.so.0", "libgthread-2.0.so.0"]
    assert system_libraries.packages_for(absent) == ["libglib2.0-0"]


def test_a_library_that_is_nowhere_is_noticed() -> None:
    assert not system_libraries.loads("libno-such-thing.so.7")


def system_names(library: Path) -> set[str]:
    """The library names in the dynamic string table of an ELF file (its NEEDED entries are among them)."""
    return {name.decode() for name in re.findall(rb"\0(lib[\w.+-]+\.so\.\d+)(?=\0)", library.read_bytes())}


@pytest.mark.skipif(sys.platform != "linux", reason="the table is for Linux")
def test_the_table_holds_all_that_the_installed_qt_asks_the_system_for() -> None:
    qt = Path(str(PySide6.__file__)).parent / "Qt"
    basis = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libresolv.so.2"}  # every Linux
    brought = {path.name for path in (qt / "lib").iterdir()}
    brotli = {"libbrotlicommon.so.1"}  # comes with libbrotlidec

    def asked_for(*patterns: str) -> set[str]:
        files = [path for pattern in patterns for path in qt.glob(pattern)]
        assert len(files) >= len(patterns)
        return set().union(*map(system_names, files)) - basis - brought - brotli

    parts = [f"lib/libQt6{part}.so.6" for part in ("Core", "Gui", "Widgets", "Svg", "Network", "DBus")]
    offscreen = asked_for(*parts, "plugins/platforms/libqoffscreen.so", "plugins/imageformats/libqsvg.so")
    assert offscreen <= set(system_libraries.OFFSCREEN)
    window = asked_for(
        "lib/libQt6XcbQpa.so.6", "plugins/platforms/libqxcb.so", "plugins/xcbglintegrations/*.so"
    )
    assert window - offscreen <= set(system_libraries.WINDOW)


def fake_command(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


posix = pytest.mark.skipif(os.name == "nt", reason="apt-get is Debian's")


@posix
def test_as_root_missing_packages_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    fake_command(tmp_path / "bin", "apt-get", f'echo "$DEBIAN_FRONTEND $*" >> {log}')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    system_libraries.require_packages(["libegl1", "libgl1"], "Qt")
    assert log.read_text(encoding="utf-8").splitlines() == [
        "noninteractive update",
        "noninteractive install -y --no-install-recommends libegl1 libgl1",
    ]


@posix
def test_an_installation_that_fails_exits_with_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_command(tmp_path / "bin", "apt-get", "exit 100")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SystemExit) as ended:
        system_libraries.require_packages(["libegl1"], "Qt")
    assert ended.value.code == 4
    assert "apt-get install -y --no-install-recommends libegl1" in capsys.readouterr().err


@posix
def test_without_rights_the_one_command_is_shown_and_the_code_is_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as ended:
        system_libraries.require_packages(["libegl1", "libgl1"], "Qt")
    assert ended.value.code == 4
    command = "sudo apt-get install -y --no-install-recommends libegl1 libgl1"
    assert capsys.readouterr().err.rstrip().endswith(command)
