"""`gpt2-studio sessions` and `gpt2-studio library`."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import cli
from tests.cli.calling import Run, as_json
from tests.store.library_samples import TEXTS, contents, fill


@pytest.fixture
def run(own_library: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    fill(own_library)

    def call(*argv: str) -> tuple[int, str, str]:
        code = cli.main([*argv, "--library", str(own_library)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_reading_changes_nothing(run: Run, own_library: Path) -> None:
    before = contents(own_library)
    code, out, _ = run("sessions", "list")
    assert (code, len(out.splitlines())) == (0, len(TEXTS))
    assert out.startswith("8\t20")
    assert [line["id"] for line in as_json(run, "sessions", "list")["sessions"]] == list(range(8, 0, -1))
    assert run("sessions", "show", "3") == (0, TEXTS[3] + "\n", "")
    assert as_json(run, "sessions", "show", "3")["text"] == TEXTS[3]
    assert [hit["session_id"] for hit in as_json(run, "sessions", "search", '"session 4"')["hits"]] == [4]
    assert run("sessions", "search", "session")[1].startswith("8\ttext\t")
    assert run("sessions", "search", "nowhere") == (1, "", "")
    assert as_json(run, "library", "check")["ok"]
    assert "as it was written" in run("library", "check")[1]
    assert as_json(run, "library", "stats")["n_current"] == len(TEXTS)
    assert "n_trash\t0" in run("library", "stats")[1]
    assert contents(own_library) == before


def test_deleting_and_restoring(run: Run) -> None:
    assert as_json(run, "sessions", "delete", "2") == {"id": 2, "deleted": True}
    assert [line["id"] for line in as_json(run, "sessions", "list", "--trash")["sessions"]] == [2]
    assert as_json(run, "sessions", "restore", "2") == {"id": 2, "deleted": False}
    assert as_json(run, "sessions", "list", "--trash")["sessions"] == []


def test_a_backup_and_its_restoration(run: Run, tmp_path: Path) -> None:
    path = as_json(run, "library", "backup")["path"]
    target = str(tmp_path / "restored")
    assert as_json(run, "library", "restore", path, target) == {"folder": target, "n_sessions": len(TEXTS)}
    code, out, err = run("library", "restore", path, target)
    assert (code, out) == (1, "")
    assert err.startswith("There is a library in this folder already.")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("sessions", "show", "99"), 1),
        (("sessions", "show", "x"), 2),
        (("sessions",), 2),
        (("library", "restore", "/nowhere", "/tmp"), 1),
        (("library", "explode"), 2),
    ],
)
def test_what_goes_wrong_is_one_line(run: Run, argv: tuple[str, ...], code: int) -> None:
    got, out, err = run(*argv)
    assert (got, out, len(err.splitlines())) == (code, "", 1)


def test_without_a_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sessions", "list", "--library", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.startswith("There is no library in ")
    assert not (tmp_path / "none").exists()


def test_a_damaged_library_is_said_to_be_damaged(run: Run, own_library: Path) -> None:
    file = own_library / "library.db"
    data = bytearray(file.read_bytes())
    data[data.index(b"]]session 5") + 3] ^= 1
    file.write_bytes(data)
    assert run("library", "check")[0] == 1
