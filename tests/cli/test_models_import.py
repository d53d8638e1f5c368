"""`gpt2-studio models import` and `models verify`."""

from __future__ import annotations

from pathlib import Path

from studio import paths
from studio.models.shelf import Shelf
from tests.cli.calling import Run, as_json
from tests.conversion.checkpoints import write_folder, write_nanogpt


def test_a_folder_is_imported_verified_and_any_change_of_it_seen(run: Run, tmp_path: Path) -> None:
    code, out, err = run("models", "import", str(write_folder(tmp_path / "fox", auto_map={})))
    assert (code, err) == (0, "Not kept of config.json: auto_map.\n")
    assert out.startswith("fox is on the shelf: --model fox-")
    told = as_json(run, "models", "verify", "fox")
    assert told["ok"] is True
    assert told["sha256"] == as_json(run, "models", "info", "fox")["sha256"]
    weights = Path(as_json(run, "models", "info", "fox")["folder"], "model.safetensors")
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    code, out, _ = run("models", "verify", "fox")
    assert code == 1
    assert "The weights have changed" in out


def test_a_folder_may_stay_where_it_is(run: Run, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "fox")
    told = as_json(run, "models", "import", str(folder), "--in-place", "--name", "Reineke")
    assert (told["name"], told["in_place"], told["folder"]) == ("Reineke", True, str(folder))
    write_nanogpt(tmp_path / "ckpt.pt")
    code, _, err = run("models", "import", str(tmp_path / "ckpt.pt"), "--in-place")
    assert (code, err) == (1, "ckpt.pt has to be converted, so it cannot be used where it is.\n")


def test_a_pickle_needs_a_word_of_consent(run: Run, own_library: Path, tmp_path: Path) -> None:
    write_nanogpt(tmp_path / "ckpt.pt")
    code, out, err = run("models", "import", str(tmp_path / "ckpt.pt"))
    assert (code, out) == (1, "")
    assert "can hide a program" in err
    assert "--accept-pickle" in err
    assert Shelf(paths.models_dir(own_library)).models() == []


def test_what_is_no_model_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"words")
    code, out, err = run("models", "import", str(tmp_path / "a.gguf"))
    assert (code, out, err.count("\n")) == (1, "", 1)
