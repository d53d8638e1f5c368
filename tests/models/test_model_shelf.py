"""The shelf: models are put up whole or not at all, renamed, removed and brought back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.models.records import About
from studio.models.shelf import RECORD, Shelf
from studio.paths import resource

STARTER = resource("models", "starter")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models")


def put(shelf: Shelf, name: str = "Mine", about: About = About()) -> str:  # noqa: B008 (frozen)
    with shelf.staged() as staged:
        shutil.copytree(STARTER, staged, dirs_exist_ok=True)
        return shelf.adopt(staged, name, about).id


def test_a_model_that_was_put_up_is_found_and_described(shelf: Shelf) -> None:
    about = About(source="file:x.gguf", licence="MIT", notes=("One key of config.json was left out.",))
    model_id = put(shelf, "Mine", about)
    model = shelf.find("mine")
    assert model is not None
    assert model == shelf.find(model_id)
    assert (model.name, model.about, model.in_place, model.trouble) == ("Mine", about, False, "")
    assert model.architecture == "gpt2"
    assert model.n_parameters > 1_000_000
    assert model.precision == "float16"
    assert model.tokenizer == "byte-level BPE"
    assert not list(shelf.staging.iterdir())


def test_what_was_not_adopted_leaves_nothing_behind(shelf: Shelf) -> None:
    with shelf.staged() as staged:
        (staged / "model.safetensors").write_bytes(b"half")
    assert shelf.models() == []
    assert not list(shelf.staging.iterdir())


def test_a_name_is_given_once_even_to_the_trash(shelf: Shelf) -> None:
    first = put(shelf)
    shelf.remove(first)
    second = put(shelf, "mine")
    assert [model.name for model in shelf.models()] == ["mine 2"]
    restored = shelf.restore(first)
    assert restored.name == "Mine"
    assert shelf.rename(second, "MINE").name == "MINE 2"
    assert shelf.rename(second, "mine 2").name == "mine 2"  # its own name in other letters
    assert shelf.free_name("Starter") == "Starter 2"  # the one that ships


def test_a_folder_used_in_place_is_never_touched(shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "own folder"
    shutil.copytree(STARTER, folder)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    model = shelf.use_in_place(folder)
    assert (model.in_place, model.folder, model.name) == (True, folder, "own folder")
    assert shelf.use_in_place(folder).id == model.id  # once is enough
    shelf.rename(model.id, "Other")
    shelf.remove(model.id)
    assert shelf.empty_trash() == 0
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_a_folder_that_is_gone_is_said_in_the_list(shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    shutil.copytree(STARTER, folder)
    shelf.use_in_place(folder)
    shutil.rmtree(folder)
    (model,) = shelf.models()
    assert model.name == "stick"
    assert model.trouble


def test_emptying_the_trash_deletes_for_good(shelf: Shelf) -> None:
    model_id = put(shelf)
    size = shelf.models()[0].n_bytes
    shelf.remove(model_id)
    assert (shelf.models(), [model.id for model in shelf.trashed()]) == ([], [model_id])
    assert shelf.empty_trash() == size
    assert shelf.trashed() == []
    with pytest.raises(StudioError):
        shelf.restore(model_id)


@pytest.mark.parametrize(
    "record", [b"", b"{", b"[]", b'{"name": 7, "folder": 3, "notes": [1]}', b"[" * 100_000]
)
def test_a_damaged_record_leaves_the_model_usable(shelf: Shelf, record: bytes) -> None:
    model_id = put(shelf)
    (shelf.folder / model_id / RECORD).write_bytes(record)
    (model,) = shelf.models()
    assert (model.id, model.name, model.architecture) == (model_id, model_id, "gpt2")


def test_odd_names_become_one_line(shelf: Shelf) -> None:
    model_id = put(shelf, " ../a\x00b\n\u202e‘x’ 🦊 " + "y" * 200)
    (model,) = shelf.models()
    assert model.name.startswith("../a b ‘x’ 🦊 yyy")
    assert len(model.name) <= 80
    assert (shelf.folder / model_id).parent == shelf.folder
    assert json.loads((shelf.folder / model_id / RECORD).read_text("utf-8"))["name"] == model.name


def test_what_a_killed_program_left_is_swept_up(shelf: Shelf) -> None:
    (shelf.staging / "new-abc").mkdir(parents=True)
    (shelf.staging / f"new-{2**22 + 1}-abc").mkdir()  # no process has so high a number
    (shelf.staging / "download-x").mkdir()
    with shelf.staged() as staged:
        shelf.sweep()
        assert {path.name for path in shelf.staging.iterdir()} == {"download-x", staged.name}


def test_a_folder_put_there_by_hand_is_listed_by_its_name(shelf: Shelf) -> None:
    shutil.copytree(STARTER, shelf.folder / "by hand")
    (model,) = shelf.models()
    assert (model.id, model.name, model.trouble) == ("by hand", "by hand", "")
    assert shelf.rename(model.id, "Mine").name == "Mine"
    assert shelf.place("by hand") == shelf.folder / "by hand"
