"""The shelf in a thread of its own: listed, changed, hashed; weights that change are noticed."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.core.errors import StudioError
from studio.models.shelf import Shelf
from studio.paths import resource
from studio.shelf_thread import Contents, ShelfThread

STARTER = resource("models", "starter")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's folder of the user's own."""
    return Path(shutil.copytree(STARTER, tmp_path / "fox"))


@pytest.fixture
def thread(qtbot: QtBot, tmp_path: Path) -> Iterator[ShelfThread]:
    made = ShelfThread(tmp_path / "models")
    yield made
    assert made.stop()


def digest_of(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_what_is_changed_is_listed_and_hashed_only_when_asked_for(
    thread: ShelfThread, qtbot: QtBot, folder: Path
) -> None:
    seen: list[Contents] = []
    thread.listed.connect(seen.append)
    thread.change(lambda shelf: shelf.use_in_place(folder))
    qtbot.waitUntil(lambda: bool(seen) and len(seen[-1].models) == 2, timeout=5000)
    assert [model.sha256 for model in seen[-1].models] == ["", ""]
    assert seen[-1].models[0].id == "starter"
    thread.hash_unknown()
    qtbot.waitUntil(lambda: all(model.sha256 for model in seen[-1].models), timeout=10_000)
    assert {model.sha256 for model in seen[-1].models} == {digest_of(folder)}

    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    os.utime(weights, ns=(1, 1))
    before = seen[-1].models[1].sha256
    thread.look()
    qtbot.waitUntil(lambda: seen[-1].models[1].sha256 == digest_of(folder), timeout=10_000)
    assert seen[-1].models[1].was_sha256 == before
    content[-1] ^= 1
    weights.write_bytes(content)
    os.utime(weights, ns=(2, 2))
    thread.look()
    qtbot.waitUntil(lambda: seen[-1].models[1].sha256 == before, timeout=10_000)
    assert seen[-1].models[1].was_sha256 == ""  # as it came


def test_what_cannot_be_done_is_told_and_the_list_is_still_there(thread: ShelfThread, qtbot: QtBot) -> None:
    errors: list[StudioError] = []
    thread.failed.connect(errors.append)
    with qtbot.waitSignal(thread.listed, timeout=5000):
        thread.change(lambda shelf: shelf.rename("nobody", "x"))
    assert "nobody" in errors[0].what_happened


def test_weights_that_cannot_be_read_are_not_asked_for_again_and_again(
    thread: ShelfThread, qtbot: QtBot, folder: Path, tmp_path: Path
) -> None:
    Shelf(tmp_path / "models").use_in_place(folder)
    seen: list[Contents] = []
    thread.listed.connect(seen.append)
    thread.hash_unknown()
    shutil.rmtree(folder)
    thread.look()
    qtbot.waitUntil(lambda: bool(seen) and seen[-1].models[-1].trouble != "", timeout=5000)
    qtbot.waitUntil(lambda: bool(seen[-1].models[0].sha256), timeout=10_000)
    qtbot.wait(100)
    assert len(seen) < 8
