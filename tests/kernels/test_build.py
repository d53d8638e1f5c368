"""Compiling, and what happens when there is nothing to load or only a damaged file."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import compiling
import pytest

from studio import paths
from studio.kernels import build, library

needs_library = pytest.mark.skipif(library.kernels() is None, reason=library.why_not())

FAKE = """
import pathlib, sys
target = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
target.write_bytes(b"compiled" if "-shared" in sys.argv else b"")
"""


@pytest.fixture
def compiler(tmp_path: Path) -> list[str]:
    """A compiler that is done at once; what it makes cannot be loaded."""
    script = tmp_path / "compiler.py"
    script.write_text(FAKE, encoding="utf-8")
    return [sys.executable, str(script)]


def test_what_was_built_is_whole_and_nothing_else_is_left(tmp_path: Path, compiler: list[str]) -> None:
    cache = tmp_path / "cache"
    folder = build.build(cache, [compiler])
    assert [path.name for path in cache.iterdir()] == [build.key()]
    assert sorted(path.name for path in folder.iterdir()) == sorted([build.library_name(), build.DIGEST])
    assert build.is_whole(folder)
    assert build.build(cache, []) == folder  # no compiler is needed any more


def test_a_damaged_library_is_built_again(tmp_path: Path, compiler: list[str]) -> None:
    cache = tmp_path / "cache"
    folder = build.build(cache, [compiler])
    (folder / build.library_name()).write_bytes(b"comp")
    assert not build.is_whole(folder)
    with pytest.raises(ValueError, match="damaged"):
        library.open_library(folder)
    assert build.is_whole(build.build(cache, [compiler]))


def test_a_compiler_that_fails_gives_way_to_the_next(tmp_path: Path, compiler: list[str]) -> None:
    broken = [sys.executable, "-c", "import sys; sys.exit('no such header')"]
    absent = [str(tmp_path / "no-compiler")]
    assert build.is_whole(build.build(tmp_path / "cache", [broken, absent, compiler]))
    with pytest.raises(build.BuildError, match="no such header"):
        build.build(tmp_path / "other", [broken, absent])
    assert list((tmp_path / "other").iterdir()) == []


def test_two_that_build_at_once_end_with_one_whole_library(tmp_path: Path, compiler: list[str]) -> None:
    cache, folders = tmp_path / "cache", []
    threads = [
        threading.Thread(target=lambda: folders.append(build.build(cache, [compiler]))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folders == [cache / build.key()] * 3
    assert build.is_whole(folders[0])
    assert [path.name for path in cache.iterdir()] == [build.key()]


@needs_library
def test_a_library_cut_short_is_never_loaded(tmp_path: Path) -> None:
    (whole,) = [folder for folder in library.folders() if build.is_whole(folder)][:1]
    copy = shutil.copytree(whole, tmp_path / "copy")
    assert library.open_library(copy).instructions
    file = copy / build.library_name()
    content = file.read_bytes()
    file.unlink()  # what is loaded stays whole: cut short it would crash this process at its end
    file.write_bytes(content[:-100])
    with pytest.raises(ValueError, match="damaged"):
        library.open_library(copy)


@needs_library
def test_a_packaged_app_brings_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = tmp_path / "kernels"
    assert build.main(["--into", str(packaged)]) == 0
    monkeypatch.setattr(paths, "_resources", lambda: tmp_path)
    assert library.folders() == [packaged]
    assert library.open_library(packaged).instructions


@pytest.mark.parametrize(("wish", "said"), [("off", "switched off"), ("MMX", "no MMX instructions")])
def test_without_kernels_the_app_is_told_why_and_computes_with_torch(wish: str, said: str) -> None:
    code = "from studio.kernels import library; print(library.kernels(), library.why_not())"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={library.VARIABLE: wish},
        cwd=Path(__file__).resolve().parents[2],
    )
    assert run.stdout.startswith("None The compiled kernels")
    assert said in run.stdout or library.kernels() is None
    assert run.stdout.count(".") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="the compiler here is a shell script")
def test_the_set_up_builds_once_and_then_only_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "python"
    script.write_text(
        f"#!/bin/sh\necho $@ >> {tmp_path}/log\n[ -f {tmp_path}/built ] && exit 0\n"
        f'case "$@" in *--check*) exit 1;; *ziglang*) exit 0;; *) [ -f {tmp_path}/tried ];; esac\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    compiling.ensure_kernels(script, tmp_path)  # no compiler, and the one from PyPI does not help
    assert "torch" in capsys.readouterr().err
    compiling.ensure_kernels(script, tmp_path)
    asked = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert sum("ziglang" in line for line in asked) == 1
    (tmp_path / "built").touch()
    compiling.ensure_kernels(script, tmp_path)
    assert (tmp_path / "log").read_text(encoding="utf-8").splitlines()[len(asked) :] == [
        "-P -m studio.kernels.build --check"
    ]
    assert capsys.readouterr().err.count("torch") == 1
