"""`gpt2-studio models export`: files that can be read again, and a sentence where that cannot be."""

from __future__ import annotations

from pathlib import Path

from studio.models.exporting import FORMATS, export_spec
from studio.models.gguf_header import read_gguf_header
from studio.models.records import About, ShelfModel
from tests.cli.calling import Run, as_json


def test_a_model_becomes_a_gguf_file(run: Run, own_library: Path, tmp_path: Path) -> None:
    out = tmp_path / "starter.gguf"
    told = as_json(run, "models", "export", "starter", "--precision", "q8_0", "--out", str(out))
    assert told == {"path": str(out), "n_bytes": out.stat().st_size, "notes": []}
    assert read_gguf_header(out).tensors["token_embd.weight"].kind == "Q8_0"


def test_what_cannot_be_written_is_one_sentence(run: Run, own_library: Path, tmp_path: Path) -> None:
    out = tmp_path / "no" / "such" / "folder"
    code, _, err = run("models", "export", "starter", "--format", "folder", "--out", str(out))
    assert code == 1
    assert err.startswith("“folder” could not be written")
    assert err.count("\n") == 1


def test_a_folder_has_no_gguf_precision(run: Run, own_library: Path, tmp_path: Path) -> None:
    code, _, err = run(
        "models",
        "export",
        "starter",
        "--format",
        "folder",
        "--precision",
        "q8_0",
        "--out",
        str(tmp_path / "x"),
    )
    assert (code, err.count("\n")) == (2, 1)


def test_where_a_file_lay_is_not_told(tmp_path: Path) -> None:
    about = About(source=f"file:{tmp_path}/secret/model.gguf", made_by="int8", notes=("One.",))
    model = ShelfModel("id", "Mine", tmp_path, False, "gpt2", 1, "int8", 1, 1, 1, "", "", "", about=about)
    for form, precisions in FORMATS.items():
        spec = export_spec(model, form, next(iter(precisions)), tmp_path / "out")
        assert (spec["source"], spec["notes"]) == ("model.gguf", ["int8", "One."])
        assert spec["job"] == f"export_{form}"
