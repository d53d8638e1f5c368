from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import sys
import time
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.core.history import Run
from studio.export.archive import Scope, branch, selection, tree, whole
from studio.export.epub import EPUB
from studio.export.exporter import Exporter, Options
from studio.export.formats import EXPORTERS
from studio.export.full_json import FULL_JSON
from studio.export.generations_csv import GENERATIONS_CSV
from studio.export.markdown import MARKDOWN, marked, unmarked
from studio.export.pairs_jsonl import PAIRS_JSONL
from studio.export.plain_text import PLAIN_TEXT
from studio.export.web_page import WEB_PAGE
from studio.export.word import WORD
from tests.export import golden
from tests.export.archive_samples import ALL_ON, HARD, archive, exported, second_archive, token

every_format = pytest.mark.parametrize("exporter", EXPORTERS, ids=[e.name for e in EXPORTERS])


@every_format
def test_every_format_writes_what_its_golden_file_holds(exporter: Exporter) -> None:
    for name, content in golden.files_of(exporter).items():
        assert content == (golden.FOLDER / name).read_bytes(), name


def test_there_is_no_golden_file_too_many() -> None:
    names = {name for exporter in EXPORTERS for name in golden.files_of(exporter)}
    others = {".gitattributes", "coloured.html"}  # the page of test_coloured_page.py
    assert {path.name for path in golden.FOLDER.iterdir()} - others == names


@every_format
def test_every_format_writes_every_scope_the_same_each_time(exporter: Exporter) -> None:
    for scope in Scope:
        options = Options(scope, start=3, end=400, node_id=1, front_matter=True, mark_generated=True)
        data = exported(exporter, archive(), second_archive(), options=options)
        assert data == exported(exporter, archive(), second_archive(), options=options)


@every_format
def test_an_export_goes_in_pieces_and_one_that_is_broken_off_leaves_nothing(
    exporter: Exporter, tmp_path: Path
) -> None:
    path = tmp_path / f"tale{exporter.suffix}"
    path.write_text("old", encoding="utf-8")
    steps = exporter.steps((archive(), second_archive()), path, Options(Scope.LIBRARY))
    next(steps)
    assert next(steps, "end") is None
    steps.close()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@every_format
def test_every_format_can_write_nothing_at_all(exporter: Exporter) -> None:
    for scope in Scope:
        exporter.write((), io.BytesIO(), Options(scope, front_matter=True))


@every_format
def test_options_that_a_format_names_exist_and_names_are_unique(exporter: Exporter) -> None:
    assert all(hasattr(Options(), name) for name in exporter.options)
    assert [e.name for e in EXPORTERS].count(exporter.name) == 1
    assert exporter.suffix.startswith(".")


@every_format
def test_lone_surrogates_never_stop_an_export(exporter: Exporter) -> None:
    sample = second_archive()
    session = replace(sample.session, text="a\ud800b\udc00", runs=(), title="\ud83d")
    data = exported(exporter, replace(sample, session=session), options=ALL_ON)
    if data[:2] != b"PK":
        data.decode()


def test_a_selection_and_a_branch_are_cut_with_their_runs() -> None:
    sample = archive()
    at = len(HARD)
    piece = selection(sample, at + 1, at + 10)
    assert piece.text == sample.session.text[at + 1 : at + 10]
    assert sum(run.length for run in piece.runs) == len(piece.text)
    assert (piece.runs[0].source, piece.runs[0].offset) == (7, 1)
    assert branch(sample, 2).text == HARD + " there was a variant"
    assert whole(sample).text == sample.session.text
    assert [leaf.text for leaf in tree(sample)] == [sample.session.text]  # the variant was pruned
    shown = replace(sample.session, nodes=tuple(replace(n, pruned=False) for n in sample.session.nodes))
    variants = [HARD + " there was a variant", sample.session.text]
    assert [leaf.text for leaf in tree(replace(sample, session=shown))] == variants
    assert selection(sample, -5, 10**9).text == sample.session.text
    with pytest.raises(StudioError):
        branch(sample, 99)


def test_plain_text_is_the_text_itself() -> None:
    assert exported(PLAIN_TEXT).decode() == archive().session.text


def test_marks_can_be_taken_out_of_marked_text_again() -> None:
    piece = whole(archive())
    assert "<mark> it" in marked(piece)
    assert unmarked(marked(piece)) == piece.text


def test_front_matter_values_are_json() -> None:
    text = exported(MARKDOWN, options=ALL_ON).decode()
    head = text.split("\n---\n")[0].split("\n")[2:]
    values = dict(line.split(": ", 1) for line in head if not line.startswith("  -") and ": " in line)
    assert json.loads(values["title"]) == archive().title
    settings = [json.loads(line[4:]) for line in head if line.startswith("  - ")]
    assert [s["id"] for s in settings] == [7]
    assert settings[0]["processors"][0] == ["Temperature", {"temperature": 0.8}]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.titles: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.titles += [value or "" for name, value in attrs if name == "title"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


class _Balanced(HTMLParser):
    """Every start tag has its end tag, in order, but for the void ones."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("scope", Scope)
def test_every_tag_of_a_web_page_is_closed_in_order(scope: Scope) -> None:
    options = replace(ALL_ON, scope=scope, start=3, end=400, node_id=1)
    page = _Balanced()
    page.feed(exported(WEB_PAGE, archive(), second_archive(), options=options).decode())
    page.close()
    assert page.open == []


def test_a_web_page_says_where_words_are_from_only_if_asked() -> None:
    body = exported(WEB_PAGE, options=Options(mark_generated=True)).decode().split("<body>")[1]
    assert 'class="generated" title="25 % · rank 1"> it</span>' in body
    assert 'class="edited">EDIT</span>' in body
    plain = exported(WEB_PAGE).decode().split("<body>")[1]
    assert "class=" not in plain
    assert 'title="25 % · rank 1"> it</span>' in plain


@pytest.mark.parametrize("by_probability", [False, True])
def test_a_web_page_has_no_script_and_refers_to_nothing(by_probability: bool) -> None:
    options = Options(mark_generated=True, colour_by_probability=by_probability)
    data = exported(WEB_PAGE, options=options).decode()
    page = _Page()
    page.feed(data)
    tags = {"html", "head", "meta", "title", "style", "body", "h1", "p", "span"}
    assert page.tags == tags
    assert page.attributes == {"charset", "name", "content", "dir", "class", "title"}
    assert "<script" not in data
    assert not re.search(r"https?:|url\(|@import", data)
    assert "prefers-color-scheme: dark" in data
    assert "25 % · rank 1" in page.titles
    assert "rank 250" in page.titles  # its probability is not a number
    body = "".join(page.text)
    for line in archive().session.text.split("\n"):
        assert line.replace("\0", "\ufffd").replace("\x07", "\ufffd") in body


@pytest.mark.parametrize("exporter", [WORD, EPUB], ids=["docx", "epub"])
def test_packages_open_and_their_xml_parses(exporter: Exporter) -> None:
    for scope in Scope:
        data = exported(exporter, archive(), second_archive(), options=Options(scope, end=9))
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            assert package.testzip() is None
            names = package.namelist()
            for name in names:
                if name.endswith((".xml", ".rels", ".opf", ".xhtml")):
                    ET.fromstring(package.read(name))
    assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in package.infolist())


def test_a_word_document_holds_every_line_and_colours_what_was_generated() -> None:
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(exported(WORD, options=ALL_ON))) as package:
        root = ET.fromstring(package.read("word/document.xml"))
    lines = [
        "".join(
            "\t" if e.tag == f"{w}tab" else e.text or "" for e in p.iter() if e.tag in {f"{w}t", f"{w}tab"}
        )
        for p in root.iter(f"{w}p")
    ]
    text = archive().session.text.replace("\0", "\ufffd").replace("\x07", "\ufffd")
    assert lines == [archive().title, *text.split("\n")]
    coloured = [r.findtext(f"{w}t") for r in root.iter(f"{w}r") if r.find(f"{w}rPr") is not None]
    assert coloured[0] == " it "
    with zipfile.ZipFile(io.BytesIO(exported(WORD))) as package:
        assert b"w:color" not in package.read("word/document.xml")  # for a reader who need not know


def test_an_e_book_begins_with_its_type_and_lists_what_it_holds() -> None:
    data = exported(EPUB, archive(), second_archive(), options=Options(Scope.LIBRARY))
    assert data[30:58] == b"mimetypeapplication/epub+zip"
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.infolist()[0].compress_type == zipfile.ZIP_STORED
        opf = ET.fromstring(package.read("EPUB/package.opf"))
        items = {e.get("href") for e in opf.iter("{http://www.idpf.org/2007/opf}item")}
        assert {f"EPUB/{href}" for href in items} | {
            "mimetype", "META-INF/container.xml", "EPUB/package.opf",
        } == set(package.namelist())  # fmt: skip
        assert len(opf.findall(".//{http://www.idpf.org/2007/opf}itemref")) == 2


def test_pairs_are_one_json_object_a_line_also_for_readers_that_split_at_unicode_line_ends() -> None:
    sample = archive()
    odd = replace(sample.generations[0], prompt="a\u2028b\x85c\u2029d")
    sample = replace(sample, generations=(odd, sample.generations[1]))
    lines = exported(PAIRS_JSONL, sample, options=Options(Scope.TREE)).decode().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"prompt": g.prompt, "completion": g.text} for g in sample.generations
    ]
    assert len(exported(PAIRS_JSONL, sample).decode().splitlines()) == 1  # the variant is not in the text


def test_no_cell_of_the_table_is_a_formula() -> None:
    data = exported(GENERATIONS_CSV, options=Options(Scope.LIBRARY)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data, newline="")))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]
    assert rows[1][rows[0].index("prompt")] == "'=SUM(A1:A2) Once 🦊"
    assert data.count("\r\n") == 3


def test_a_generation_cut_into_many_parts_is_written_in_time() -> None:
    n = 20_000
    runs = tuple(Run(1, 1, offset) if offset % 2 == 0 else Run(1) for offset in range(n))
    sample = second_archive()
    sample = replace(
        sample,
        session=replace(sample.session, text="a" * n, runs=runs, nodes=(), head=0),
        tokens={1: (token("a"),) * n},
    )
    start = time.perf_counter()
    assert (
        exported(WEB_PAGE, sample, options=ALL_ON).count(b"<span") == n - 1
    )  # the last one stands at the end
    assert time.perf_counter() - start < 5


# -- saving ------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_as_a_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "tale.txt"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    PLAIN_TEXT.write((archive(),), path)
    assert path.read_bytes().decode() == archive().session.text
    assert sys.platform == "win32" or stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["tale.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    real = tmp_path / "folder" / "real.txt"
    real.write_text("old", encoding="utf-8")
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    PLAIN_TEXT.write((second_archive(),), link)
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "Short."


def test_an_export_that_fails_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "tale.json"
    path.write_text("old", encoding="utf-8")
    broken = archive()
    nodes = (replace(broken.session.nodes[0], packed="{"),)
    broken = replace(broken, session=replace(broken.session, nodes=nodes))
    with pytest.raises(StudioError):
        FULL_JSON.write((second_archive(), broken), path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["tale.json"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    original = os.open

    def open_full(path: str, flags: int, mode: int = 0o777) -> int:
        os.close(original(path, flags, mode))
        return full

    monkeypatch.setattr("studio.export.saving.os.open", open_full)
    with pytest.raises(StudioError, match="not enough space"):
        PLAIN_TEXT.write((archive(),), tmp_path / "tale.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "missing/tale.txt", "a\0b.txt", "x" * 300])
def test_a_place_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(StudioError) as caught:
        PLAIN_TEXT.write((archive(),), tmp_path / name)
    assert caught.value.what_to_do
    assert list(tmp_path.iterdir()) == []
