from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.errors import StudioError
from studio.export.exporter import Exporter, Options
from studio.export.markdown import MARKDOWN
from studio.export.plain_text import PLAIN_TEXT
from studio.export.word import WORD
from studio.intake import IMPORTERS, Imported, read
from studio.intake.importer import MAX_CHARACTERS, clean, written
from tests.export.archive_samples import archive, exported
from tests.intake.hostile import HOSTILE_DOCX, HOSTILE_JSON, MAIN, docx


def from_file(path: Path, data: bytes) -> Imported:
    path.write_bytes(data)
    return read(path)


def refused(path: Path, data: bytes) -> StudioError:
    path.write_bytes(data)
    start = time.perf_counter()
    with pytest.raises(StudioError) as caught:
        read(path)
    assert time.perf_counter() - start < 2
    return caught.value


@pytest.mark.parametrize("name", HOSTILE_JSON)
def test_hostile_json_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    assert refused(tmp_path / "tale.json", HOSTILE_JSON[name]).what_to_do


@pytest.mark.parametrize("name", HOSTILE_DOCX)
def test_hostile_documents_are_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    assert refused(tmp_path / "tale.docx", HOSTILE_DOCX[name]).what_to_do
    assert [path.name for path in tmp_path.iterdir()] == ["tale.docx"]


def test_a_document_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    data = exported(WORD)
    for length in range(0, len(data) - 1, 97):
        refused(tmp_path / "tale.docx", data[:length])


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_damaged_document_is_read_or_refused_but_never_a_bug(data: st.DataObject, tmp_path: Path) -> None:
    good = bytearray(exported(WORD))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with suppress(StudioError):
        from_file(tmp_path / "tale.docx", bytes(good))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(), title=st.text(max_size=30))
@pytest.mark.parametrize("exporter", [PLAIN_TEXT, MARKDOWN], ids=["text", "markdown"])
def test_text_comes_back_as_it_was(exporter: Exporter, text: str, title: str, tmp_path: Path) -> None:
    before = written(text, title)
    for options in (Options(), Options(front_matter=True), Options(front_matter=True, mark_generated=True)):
        data = exported(exporter, before, options=options)
        after = from_file(tmp_path / f"tale{exporter.suffix}", data).archives[0]
        if exporter is MARKDOWN and not options.front_matter and text.startswith("\ufeff"):
            continue  # a byte order mark
        assert after.session.text == before.session.text


def test_front_matter_brings_title_and_tags_back(tmp_path: Path) -> None:
    for options in (Options(front_matter=True), Options(front_matter=True, mark_generated=True)):
        got = from_file(tmp_path / "tale.md", exported(MARKDOWN, options=options))
        assert got.archives[0].session.text == archive().session.text
        assert got.archives[0].session.title == archive().title
        assert got.archives[0].tags == archive().tags
        assert [str(sentence) for sentence in got.left_out]


def test_markdown_of_others_is_kept_as_it_is(tmp_path: Path) -> None:
    text = "---\ntitle: theirs\n---\n# Heading\n\n*text* <mark>\n"
    got = from_file(tmp_path / "theirs.markdown", text.encode())
    assert got.archives[0].session.text == text
    assert got.archives[0].session.title == "theirs"
    assert got.left_out == ()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\xef\xbb\xbfcaf\xc3\xa9\r\nx\ry", "café\nx\ny"),
        ("\ufeffcafé 🦊".encode("utf-16-le"), "café 🦊"),
        ("\ufeffcafé 🦊".encode("utf-16-be"), "café 🦊"),
        ("\ufeffcafé 🦊".encode("utf-32-le"), "café 🦊"),
        ("春天来了，万物复苏。".encode("gb18030"), "春天来了，万物复苏。"),
        ("naïve café, „déjà vu“ – œuvre".encode("cp1252"), "naïve café, „déjà vu“ – œuvre"),
        ("Grüße".encode("cp1252") + b"\x81", "Grüße\x81"),
        (b"a\0b", "a\0b"),
        (b"\xff\xfea", "\ufffd"),
        ("A café, “quoted”.\r\n".encode("utf-16-le"), "A café, “quoted”.\n"),
        ("A café.\n".encode("utf-16-be"), "A café.\n"),
        ("春天来了，万物复苏。".encode("utf-16-le"), "春天来了，万物复苏。"),
        ("春天来了，万物复苏。".encode("utf-16-be"), "春天来了，万物复苏。"),
        (b"as he was at sea he saw it all", "as he was at sea he saw it all"),
        ("中文，没有空格的一行".encode(), "中文，没有空格的一行"),
    ],
)
def test_the_encoding_of_a_text_is_found_out(data: bytes, text: str, tmp_path: Path) -> None:
    got = from_file(tmp_path / "tale.txt", data)
    assert got.archives[0].session.text == text


def test_a_guessed_encoding_is_said(tmp_path: Path) -> None:
    assert "cp1252" in str(from_file(tmp_path / "tale.txt", b"caf\xe9").left_out[0])


def test_a_picture_is_no_text(tmp_path: Path) -> None:
    refused(tmp_path / "cat.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")


def test_a_text_of_more_than_two_million_characters_becomes_several_sessions(tmp_path: Path) -> None:
    assert (
        len(from_file(tmp_path / "a.txt", b"a" * MAX_CHARACTERS).archives[0].session.text) == MAX_CHARACTERS
    )
    for name in ("a.txt", "a.md"):
        text = "One sentence, and another one.\n\n" * 160_000  # 5 MB
        got = from_file(tmp_path / name, text.encode())
        assert [a.session.title for a in got.archives] == ["a (1 of 3)", "a (2 of 3)", "a (3 of 3)"]
        assert "".join(archive.session.text for archive in got.archives) == text
        assert all(archive.session.text.endswith(".\n\n") for archive in got.archives)
        assert "5,120,000 characters and was divided" in str(got.left_out[-1])
    got = from_file(tmp_path / "a.txt", b"a" * (2 * MAX_CHARACTERS + 1))
    assert [len(archive.session.text) for archive in got.archives] == [MAX_CHARACTERS, MAX_CHARACTERS, 1]
    refused(tmp_path / "a.txt", b"a" * (40 * 2**20 + 1))


@pytest.mark.parametrize("name", ["missing.txt", "", "a\0b"])
def test_a_file_that_cannot_be_read_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(StudioError):
        read(tmp_path / name)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="Linux and macOS only")
def test_a_device_is_not_read() -> None:
    with pytest.raises(StudioError, match="not a file"):
        read(Path("/dev/zero"))


def test_our_own_document_comes_back_but_for_what_xml_cannot_hold(tmp_path: Path) -> None:
    got = from_file(tmp_path / "tale.docx", exported(WORD))
    text = archive().session.text.replace("\0", "\ufffd").replace("\x07", "\ufffd")
    assert got.archives[0].session.text == clean(text)
    assert got.archives[0].session.title == archive().title


def test_what_is_not_text_in_a_document_is_named(tmp_path: Path) -> None:
    body = (
        f'<w:document {MAIN} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>'
        '<w:p><w:pPr><w:tabs><w:tab w:pos="9"/></w:tabs></w:pPr><w:r><w:t>One</w:t><w:tab/><w:t> two</w:t>'
        "<w:br/></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
        "<mc:Fallback><w:t>twice</w:t></mc:Fallback><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>"
        "<w:p/></w:body></w:document>"
    )
    data = docx(body, word__media__a=b"x", **{"word/footnotes.xml": b"x", "word/header1.xml": b"x"})
    got = from_file(tmp_path / "tale.docx", data)
    assert got.archives[0].session.text == "One\t two\nnew\n"
    sentences = " ".join(map(str, got.left_out))
    for word in ("Formatting", "Pictures", "Footnotes", "Headers", "deleted"):
        assert word in sentences


def test_a_kobold_story_comes_with_its_notes(tmp_path: Path) -> None:
    save = {
        "gamestarted": True,
        "prompt": "Once",
        "actions": [" upon", " a[<|p|abc123|p|>] time"],
        "memory": "A fairy tale.",
        "authorsnote": "dark",
        "anotetemplate": "[Author's note: <|>]",
        "worldinfo": [{"key": "wolf", "content": "He is big."}, {"key": "", "content": ""}, 7],
        "savedsettings": {"temperature": 1},
        "completed_imgs_meta": {"abc123": {}},
        "extrastopseq": "",
    }
    got = from_file(tmp_path / "tale.json", json.dumps(save).encode())
    story, notes = got.archives
    assert story.session.text == "Once upon a time"
    assert story.session.title == "tale"
    assert "A fairy tale." in notes.session.text
    assert "[Author's note: dark]" in notes.session.text
    assert "wolf: He is big." in notes.session.text
    sentences = " ".join(map(str, got.left_out))
    for word in ("Memory", "Pictures", "Settings", "completed_imgs_meta"):
        assert word in sentences
    assert "extrastopseq" not in sentences  # it is empty


def test_a_story_of_kobold_2_is_put_together_in_order(tmp_path: Path) -> None:
    numbered = {str(n): {"Selected Text": f" {n}"} for n in (10, 9, 0)}
    save = {"prompt": "p", "actions": {"action_count": 10, "actions": numbered}}
    assert from_file(tmp_path / "a.json", json.dumps(save).encode()).archives[0].session.text == "p 0 9 10"


@pytest.mark.parametrize("folded", [False, True])
def test_a_mikupad_session_comes_with_its_notes(folded: bool, tmp_path: Path) -> None:
    session: dict[str, object] = {
        "name": "Tale",
        "prompt": [{"type": "user", "content": "Once"}, {"content": " upon", "completion_probabilities": []}],
        "memoryTokens": {"prefix": "<", "text": "memory", "suffix": ">"},
        "authorNoteTokens": {"prefix": "[", "text": "", "suffix": "]"},
        "worldInfo": {"entries": [{"displayName": "W", "text": "He is big.", "keys": ["wolf", "grey"]}]},
        "temperature": 0.7,
        "mirostatTau": 5,
    }
    if folded:
        session = {k: v if isinstance(v, str) else json.dumps(v) for k, v in session.items()}
    got = from_file(tmp_path / "a.json", json.dumps(session).encode())
    story, notes = got.archives
    assert (story.session.title, story.session.text) == ("Tale", "Once upon")
    assert notes.session.text == "Memory\n\n<memory>\n\nWorld info\n\nwolf, grey: He is big."
    sentences = " ".join(map(str, got.left_out))
    assert "probabilities" in sentences
    assert "temperature" in sentences


def test_every_importer_is_named_once() -> None:
    assert len({importer.name for importer in IMPORTERS}) == len(IMPORTERS)
