"""`gpt2-studio models`, and `--model` of the other commands."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from studio import paths
from studio.cli import inputs
from studio.models.shelf import Shelf
from studio.store.records import Saved, SaveGeneration
from tests.cli.calling import STARTER, Run, as_json
from tests.store.library_samples import ask, fill, generation, library, session


@pytest.fixture
def shelf(own_library: Path) -> Shelf:
    shelf = Shelf(paths.models_dir(own_library))
    with shelf.staged() as staged:
        shutil.copytree(STARTER, staged, dirs_exist_ok=True)
        shelf.adopt(staged, "My fox")
    return shelf


def test_the_list_begins_with_the_starter(run: Run, shelf: Shelf) -> None:
    code, out, err = run("models", "list")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first.startswith("starter ")
    assert "4.3M" in first
    assert second.startswith("My fox")
    listed = as_json(run, "models", "list")["models"]
    assert [model["name"] for model in listed] == ["starter", "My fox"]
    assert listed[1]["n_positions"] == 512


def test_what_is_known_of_a_model_has_its_hash_which_is_kept(run: Run, shelf: Shelf) -> None:
    told = as_json(run, "models", "info", "my fox")
    assert told["sha256"] == as_json(run, "models", "info", "starter")["sha256"]
    assert len(told["sha256"]) == 64
    assert shelf.models()[0].sha256 == told["sha256"]
    assert told["fit"] == "fits"
    assert told["verdict"].startswith("It takes 2")  # 250 MB and the little it is
    assert told["n_sessions"] == 0  # there is no library


def test_what_a_model_has_written_is_told_from_the_library(run: Run, own_library: Path) -> None:
    fill(own_library)
    told = as_json(run, "models", "info", "starter")
    assert (told["n_sessions"], told["last_used_utc"]) == (0, "")  # another model's weights wrote there
    sha256 = told["sha256"]
    record = replace(
        generation(900, 1), model_sha256=sha256, n_tokens=50, decode_s=1.0, created_utc="2026-02-02T00:00:00Z"
    )
    with library(own_library) as librarian:
        ask(librarian, SaveGeneration(record, 0, (), session(1, "A fox", revision=99)), Saved)
    told = as_json(run, "models", "info", "starter")
    assert (told["n_sessions"], told["last_used_utc"]) == (1, "2026-02-02T00:00:00Z")
    assert "about 50 tokens/s, by what starter reached here" in told["verdict"]
    assert "architecture\tgpt2\n" in run("models", "info", told["id"])[1]


def test_a_model_is_renamed_removed_and_restored(run: Run, shelf: Shelf) -> None:
    assert as_json(run, "models", "rename", "My fox", "Fuchs")["name"] == "Fuchs"
    assert run("models", "remove", "fuchs")[0] == 0
    assert [model["name"] for model in as_json(run, "models", "list")["models"]] == ["starter"]
    assert [model["name"] for model in as_json(run, "models", "list", "--trash")["models"]] == ["Fuchs"]
    assert as_json(run, "models", "restore", "Fuchs")["name"] == "Fuchs"
    assert run("models", "remove", "Fuchs")[0] == 0
    assert as_json(run, "models", "empty-trash")["n_bytes"] > 8_000_000
    assert run("models", "restore", "Fuchs")[0] == 1


@pytest.mark.parametrize("action", [("info", "nobody"), ("remove", "starter"), ("rename", "starter", "x")])
def test_what_cannot_be_done_is_one_sentence(run: Run, action: tuple[str, ...]) -> None:
    code, out, err = run("models", *action)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1


def test_a_model_is_named_by_name_id_or_path(own_library: Path, shelf: Shelf, tmp_path: Path) -> None:
    (model,) = shelf.models()
    for name in ("My fox", "MY FOX", model.id, str(model.folder)):
        assert inputs.model_folder(name, own_library) == model.folder
    assert inputs.model_folder("starter", own_library) == STARTER
    assert inputs.model_folder(str(tmp_path), own_library) == tmp_path


def test_every_command_takes_a_models_name(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("Once upon a time", "utf-8")
    told = as_json(run, "generate", "--model", "my fox", "--prompt", "Once", "--max-new-tokens", "2")
    assert told["model"] == "My fox"
    assert as_json(run, "score", "--model", "My fox", str(text))["model"] == "My fox"
