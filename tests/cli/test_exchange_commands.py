"""`gpt2-studio sessions export` and `sessions import`."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from studio.export.archive import Scope
from studio.export.exporter import Options
from studio.export.formats import EXPORTERS
from studio.export.full_json import FULL_JSON
from studio.intake import read
from studio.store.store import Store
from tests.cli.calling import Run, as_json, process
from tests.export.archive_samples import archive, exported, second_archive


@pytest.fixture
def library(own_library: Path, tmp_path: Path, run: Run) -> Path:
    """Two sessions: 1 with everything, 2 of one word."""
    Store.open(own_library).close()
    file = tmp_path / "in.json"
    file.write_bytes(exported(FULL_JSON, archive(), second_archive(), options=Options(Scope.LIBRARY)))
    made = as_json(run, "sessions", "import", str(file))
    assert [(one["id"], one["title"]) for one in made["sessions"]] == [(1, archive().title), (2, "Short.")]
    return own_library


@pytest.mark.parametrize("scope", ["session", "branch", "tree", "library"])
@pytest.mark.parametrize("name", [exporter.name for exporter in EXPORTERS])
def test_every_format_and_scope_goes_to_a_file(
    library: Path, run: Run, tmp_path: Path, name: str, scope: str
) -> None:
    path = tmp_path / "out"
    ids = () if scope == "library" else ("1",)
    done = as_json(run, "sessions", "export", *ids, "--format", name, "--scope", scope, "--out", str(path))
    assert done == {
        "path": str(path),
        "n_sessions": 1 if ids else 2,
        "n_bytes": path.stat().st_size,
        "left_out": [],
    }
    assert done["n_bytes"] > 50


def test_without_a_file_it_goes_to_the_output(library: Path) -> None:
    def output(*argv: str) -> bytes:
        done = process("sessions", "export", *argv, "--library", str(library))
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    assert output("2", "--format", "text") == b"Short."
    assert output("1", "--format", "text").decode() == archive().session.text
    marked = output("1", "--format", "markdown", "--mark-generated", "--front-matter").decode()
    assert marked.startswith("---\ngpt2-studio: 1\n")
    assert "<mark> it" in marked
    assert output("1", "2", "--format", "text").decode().endswith("\n\n\nShort.\n\nShort.")
    assert json.loads(output("1", "--format", "json", "--without-tokens"))["archives"][0]["tokens"] == {}
    rows = list(
        csv.reader(io.StringIO(output("1", "--format", "csv", "--scope", "tree").decode("utf-8-sig")))
    )
    assert len(rows) == 3
    with zipfile.ZipFile(io.BytesIO(output("1", "--format", "docx"))) as package:
        assert package.testzip() is None


def test_what_was_exported_is_imported_again(library: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    as_json(run, "sessions", "export", "--scope", "library", "--format", "json", "--out", str(path))
    assert [one.session.text for one in read(path).archives] == [archive().session.text, "Short."]
    (tmp_path / "é.txt").write_bytes(b"caf\xe9")
    (tmp_path / "bad.json").write_bytes(b"{")
    code, out, err = run(
        "sessions", "import", *(str(tmp_path / n) for n in ("all.json", "é.txt", "bad.json"))
    )
    assert code == 1
    assert [row.split("\t")[0] for row in out.splitlines()] == ["3", "4", "5"]
    assert err.splitlines()[0].startswith("é.txt: The file does not say its encoding")
    assert err.splitlines()[1].startswith("bad.json: This is not valid JSON")
    assert len(err.splitlines()) == 2
    assert len(as_json(run, "sessions", "list")["sessions"]) == 5


@pytest.mark.parametrize(
    ("argv", "code", "sentence"),
    [
        (("export", "1"), 2, "The following arguments are required: --format."),
        (("export", "1", "--format", "pdf"), 2, "--format must be one of text, markdown"),
        (("export", "--format", "text"), 2, "Which session?"),
        (("export", "1", "--format", "text", "--scope", "library"), 2, "give no ID"),
        (("export", "1", "2", "--format", "text", "--scope", "branch"), 2, "give one ID"),
        (("export", "1", "--format", "text", "--node", "1"), 2, "--node goes with"),
        (("export", "1", "--format", "text", "--front-matter"), 2, "The format text has no --front-matter."),
        (("export", "1", "--format", "text", "--json"), 2, "it needs --out FILE."),
        (("export", "99", "--format", "text"), 1, "This session is not in the library any more."),
        (("export", "1", "--format", "text", "--scope", "branch", "--node", "99"), 1, "cannot be read."),
        (("export", "1", "--format", "text", "--out", "/nowhere/a.txt"), 1, "a.txt could not be written"),
        (("import",), 2, "The following arguments are required: FILE."),
        (("import", "/nowhere/a.txt"), 1, "a.txt could not be read"),
    ],
)
def test_what_goes_wrong_is_one_line(
    library: Path, run: Run, argv: tuple[str, ...], code: int, sentence: str
) -> None:
    got, out, err = run("sessions", *argv)
    assert (got, out, len(err.splitlines())) == (code, "", 1)
    assert sentence in err


def test_a_library_that_is_open_in_the_app_is_left_alone(library: Path, run: Run, tmp_path: Path) -> None:
    store = Store.open(library)
    for argv in (("export", "1", "--format", "text"), ("import", str(tmp_path / "in.json"))):
        done = process("sessions", *argv, "--library", str(library))
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.startswith(b"Another program has the library open. Close the other program")
    store.close()


def test_other_programs_can_read_a_closed_library(library: Path) -> None:
    """As `sqlite-utils rows library.db sessions` does, see studio/store/SCHEMA.md."""
    import sqlite3

    from sqlite_utils import Database

    connection = sqlite3.connect(f"{(library / 'library.db').as_uri()}?mode=ro", uri=True)
    database = Database(connection)
    assert [row["title"] for row in database["sessions"].rows] == [archive().title, ""]
    assert [row["text"] for row in database["manuscripts"].rows] == [archive().session.text, "Short."]
    assert database["generations"].count == 2
    database.close()
