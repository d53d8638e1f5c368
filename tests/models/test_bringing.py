"""What lies at a path is told by its first bytes, and nothing is opened that could hang whoever opens it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.models import bringing
from studio.models.bringing import FOLDER, GGUF, PICKLE, SAFETENSORS, recognise
from studio.models.shelf import Shelf
from tests.conversion.checkpoints import write_folder, write_nanogpt, write_old_folder


def sentence(path: Path) -> str:
    with pytest.raises(StudioError) as caught:
        recognise(path)
    return caught.value.what_happened


def test_each_kind_of_model_has_its_job(tmp_path: Path) -> None:
    folder, old = write_folder(tmp_path / "my model"), write_old_folder(tmp_path / "old")
    (tmp_path / "nano").mkdir()
    write_nanogpt(tmp_path / "nano" / "ckpt.pt")
    (tmp_path / "x.bin").write_bytes(b"GGUF" + bytes(20))
    alone = tmp_path / "alone" / "poems.safetensors"
    alone.parent.mkdir()
    alone.write_bytes((folder / "model.safetensors").read_bytes())
    for path, job, name, whole in (
        (folder, FOLDER, "my model", folder),
        (folder / "config.json", FOLDER, "my model", folder),
        (folder / "model.safetensors", FOLDER, "my model", folder),
        (old, PICKLE, "old", old),
        (old / "pytorch_model.bin", PICKLE, "old", old),
        (tmp_path / "nano", PICKLE, "nano", tmp_path / "nano" / "ckpt.pt"),
        (tmp_path / "x.bin", GGUF, "x", tmp_path / "x.bin"),
        (alone, SAFETENSORS, "poems", alone),
        (alone.parent, SAFETENSORS, "poems", alone),
    ):
        found = recognise(path)
        assert (found.job, found.name, found.path) == (job, name, whole)
        assert found.needs_consent is (job == PICKLE)
    assert "Python pickle" in recognise(old).warning[0]


def test_a_folder_of_the_hubs_cache_is_named_as_there(tmp_path: Path) -> None:
    (tmp_path / "models--some--fox" / "snapshots").mkdir(parents=True)
    write_folder(tmp_path / "models--some--fox" / "snapshots" / "0a1b")
    assert recognise(tmp_path / "models--some--fox").name == "some/fox"


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"", "empty"),
        (b"7z\xbc\xaf\x27\x1c", "archive (7z)"),
        (b"\x1f\x8b\x08", "archive (gzip)"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"\x80\x04\x95\x10", "not a checkpoint"),
        (b"cos\nsystem\n(S'x'\ntR.", "no kind of model"),
        (b"Once upon a time", "no kind of model"),
        (b"\xff" * 8 + b"{", "no kind of model"),
    ],
)
def test_what_is_no_model_is_called_what_it_is(tmp_path: Path, start: bytes, word: str) -> None:
    (tmp_path / "model.safetensors").write_bytes(start)
    assert word in sentence(tmp_path / "model.safetensors")


def test_a_zip_that_torch_did_not_write_is_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("model/config.json", "{}")
    assert "archive (ZIP)" in sentence(tmp_path / "a.pt")


def test_folders_without_a_model_say_what_is_missing(tmp_path: Path) -> None:
    assert "holds no model" in sentence(tmp_path)
    assert "could not be read" in sentence(tmp_path / "nothing")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "tf_model.h5").write_bytes(b"x")
    assert "tf_model.h5" in sentence(tmp_path)
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).write_bytes(b"GGUF")
    assert "2 GGUF files" in sentence(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_pipes_devices_and_loops_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.safetensors")
    assert "a pipe" in sentence(tmp_path / "model.safetensors")
    assert "holds no model" in sentence(tmp_path)
    assert "a device" in sentence(Path("/dev/zero"))
    (tmp_path / "loop").symlink_to("loop")
    assert "could not be read" in sentence(tmp_path / "loop")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "model.safetensors").mkdir()
    assert "holds no model" in sentence(tmp_path / "folder")


def test_a_model_larger_than_the_disk_is_refused_before_a_byte_is_copied(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "huge")
    os.truncate(folder / "model.safetensors", 1 << 42)  # no block of it is on the disk
    with pytest.raises(StudioError) as caught:
        bringing.check_room(recognise(folder), tmp_path / "library" / "models")
    assert "4398.05 GB" in caught.value.what_happened


def test_what_a_job_says_is_cut_to_size(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "models")
    found = bringing.Found(write_folder(tmp_path / "a"), FOLDER, "a", 1)
    with shelf.staged() as staged:
        (staged / "config.json").write_text("{}", encoding="utf-8")
        said = {"licence": 7, "notes": ["a\nb\x00" + "c" * 9999, 5, *["x"] * 99], "sha256": "../x"}
        model = bringing.adopt(shelf, staged, found, said)
    assert (model.about.licence, model.sha256, len(model.about.notes)) == ("", "", 19)
    assert model.about.notes[0].startswith("a b ccc")
    assert len(model.about.notes[0]) <= 400
