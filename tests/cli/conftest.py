"""The command line in this process, with one engine for all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from studio import cli
from studio.cli import running
from studio.core import messages as m
from studio.core.engine import Engine
from tests.cli.calling import STARTER, Run


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*argv: str) -> tuple[int, str, str]:
        code = cli.main(list(argv))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture(autouse=True)
def _one_engine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Load each model once for all tests: an engine is meant to be used again."""
    loaded: dict[Path, tuple[Engine, m.ModelInfo]] = request.config.stash.setdefault(_LOADED, {})
    load = running.load

    def load_once(
        folder: Path,
        device: str,
        cancelled: Callable[[], bool],
        precision: str = "float32",
        library: Path | None = None,
    ) -> tuple[Engine, m.ModelInfo]:
        if folder != STARTER or precision != "float32":
            return load(folder, device, cancelled, precision, library)
        if folder not in loaded:
            loaded[folder] = load(folder, device, cancelled)
        return loaded[folder]

    monkeypatch.setattr(running, "load", load_once)


_LOADED = pytest.StashKey[dict[Path, tuple[Engine, m.ModelInfo]]]()
