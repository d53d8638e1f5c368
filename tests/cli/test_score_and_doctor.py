"""`gpt2-studio score` and `gpt2-studio doctor`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from studio import paths
from tests.cli.calling import Run


def test_score_reads_texts_of_any_length(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes("\ufeffThe dog ran to the park.\r\n🙂".encode())
    code, out, err = run("score", str(file))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split("\t") == ["logprob", "rank", "entropy", "token"]
    code, out, _ = run("score", str(file), "--json")
    result = json.loads(out)
    assert code == 0
    assert len(lines) == len(result["tokens"]) + 2
    assert f"{len(result['tokens'])} tokens, {result['n_bytes']} bytes, perplexity" in lines[-1]
    assert result["n_bytes"] == file.stat().st_size - 3
    assert "".join(t["text"] for t in result["tokens"]) == "The dog ran to the park.\r\n🙂"
    assert (result["stride"], result["model"]) == (256, "starter")
    file.write_text("The dog ran to the park. " * 200, encoding="utf-8")
    code, out, _ = run("score", str(file), "--json", "--stride", "100")
    long = json.loads(out)
    assert code == 0
    assert long["stride"] == 100
    assert len(long["tokens"]) > 1000
    assert long["perplexity"] < result["perplexity"]
    assert 0 < long["bits_per_byte"] < 1


def test_an_empty_text_has_no_score(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b""), encoding="ascii"))
    code, out, err = run("score", "-")
    assert (code, out) == (1, "")
    assert err.startswith("There is no text to score. ")


def test_doctor_is_content_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    code, out, err = run("doctor", "--json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert report["ok"] is True
    assert report["problems"] == []
    assert report["library"] == {
        "path": str(tmp_path / "library"), "exists": False, "n_bytes": 0, "state": "not made yet",
    }  # fmt: skip
    assert report["model"]["works"] is True
    assert len(report["model"]["sha256"]) == 64
    assert report["model"]["kernels"]
    assert set(report["versions"]) >= {
        "studio",
        "python",
        "torch",
        "transformers",
        "PySide6-Essentials",
        "sqlite",
    }
    assert not (tmp_path / "library").exists()
    assert run("doctor")[1].endswith("Everything is in order.\n")


def test_doctor_looks_into_the_library(run: Run, tmp_path: Path) -> None:
    from studio.store.librarian import Librarian
    from studio.store.records import CloseLibrary, OpenLibrary

    library = tmp_path / "library"
    librarian = Librarian()
    list(librarian.run(OpenLibrary(str(library))))
    list(librarian.run(CloseLibrary()))
    file = paths.database_file(library)
    before = file.read_bytes()
    report = json.loads(run("doctor", "--json")[1])["library"]
    assert (report["state"], report["n_sessions"], report["n_bytes"]) == ("can be read", 0, len(before))
    assert file.read_bytes() == before
    file.write_bytes(b"not a library at all" * 1000)
    code, out, _ = run("doctor", "--json")
    assert code == 1
    assert json.loads(out)["library"]["state"] == "damaged"
    assert json.loads(out)["problems"][0].startswith("Library: ")


def test_doctor_names_a_broken_installation(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "resource", lambda *parts: tmp_path.joinpath("nothing", *parts))
    code, out, _ = run("doctor")
    assert code == 1
    assert "Starter model: There is no folder" in out
