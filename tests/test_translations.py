from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import translation

SCRIPTS = Path(sys.executable).parent
TS_FILES = [translation.FOLDER / f"studio_{language}.ts" for language in translation.LANGUAGES]

PLACEHOLDER = re.compile(r"\{[^{}]*\}|%\d")

languages = pytest.mark.parametrize("language", list(translation.LANGUAGES))
# Those who make a text for the user from a template, wherever the template stands among their arguments.
MAKERS = {
    "StudioError",
    "LibraryError",
    "RefusedError",
    "Sentence",
    "Problem",
    "damaged_library",
    "damaged_record",
}

advice = "run: python3 packaging/make.py translations"


def messages(ts: Path) -> list[tuple[str, str, ET.Element]]:
    """Context, source text and the whole message, of every text in a .ts file."""
    found = []
    for context in ET.parse(ts).getroot().iter("context"):
        for message in context.iter("message"):
            found.append((context.findtext("name", ""), message.findtext("source", ""), message))
    return found


def translated(message: ET.Element) -> str:
    """The translation of a message."""
    return message.findtext("translation", "")


@languages
def test_every_text_of_the_sources_is_in_the_file(language: str, tmp_path: Path) -> None:
    committed = translation.FOLDER / f"studio_{language}.ts"
    renewed = tmp_path / committed.name
    shutil.copy(committed, renewed)
    command = translation.update_command(SCRIPTS, renewed, language)
    subprocess.run(command, cwd=translation.ROOT, check=True, capture_output=True)
    assert {entry[:2] for entry in messages(renewed)} == {entry[:2] for entry in messages(committed)}, advice


@languages
def test_every_text_is_translated(language: str) -> None:
    committed = translation.FOLDER / f"studio_{language}.ts"
    unfinished = [
        source
        for _, source, message in messages(committed)
        if message.find("translation[@type]") is not None or not translated(message)
    ]
    assert unfinished == []


@languages
def test_translations_keep_the_placeholders(language: str) -> None:
    for _, source, message in messages(translation.FOLDER / f"studio_{language}.ts"):
        found = PLACEHOLDER.findall(translated(message))
        assert sorted(found) == sorted(PLACEHOLDER.findall(source)), source


@languages
def test_translations_keep_the_letter_that_opens_a_menu_entry(language: str) -> None:
    letter = re.compile(r"&(\w)")
    for _, source, message in messages(translation.FOLDER / f"studio_{language}.ts"):
        found = [key.upper() for key in letter.findall(translated(message))]
        assert found == [key.upper() for key in letter.findall(source)], source


@languages
def test_no_text_needs_plural_forms(language: str) -> None:
    """English has no file that could hold them; a text with a number comes in two instead."""
    ts = translation.FOLDER / f"studio_{language}.ts"
    assert [source for _, source, message in messages(ts) if message.get("numerus")] == []


@languages
def test_what_the_app_loads_is_compiled_from_the_file(language: str, tmp_path: Path) -> None:
    committed = translation.FOLDER / f"studio_{language}.ts"
    copy = Path(shutil.copy(committed, tmp_path))
    subprocess.run(translation.release_command(SCRIPTS, copy), check=True, capture_output=True)
    assert committed.with_suffix(".qm").read_bytes() == copy.with_suffix(".qm").read_bytes(), advice


def test_every_language_that_can_be_chosen_has_its_file() -> None:
    from studio.settings import choices

    assert set(choices("language")) - {"system", "en"} == set(translation.LANGUAGES)
    assert sorted(translation.FOLDER.glob("*.ts")) == sorted(TS_FILES)


@pytest.mark.parametrize("path", translation.source_files())
def test_texts_are_marked_so_that_lupdate_sees_them(path: str) -> None:
    """It reads the sources without running them: it knows one alias, and not what an f-string becomes."""
    text = (translation.ROOT / path).read_text(encoding="utf-8")
    aliases = re.findall(
        r"(\w+)\s*=\s*(?:QT_TRANSLATE_NOOP|self\.tr|QCoreApplication\.translate)\b(?!\()", text
    )
    assert set(aliases) <= {"_T"}
    assert not re.search(r"(QT_TRANSLATE_NOOP|\b_T|\btr|\btranslate)\(\s*(\"[^\"]*\",\s*)?f\"", text)


@pytest.mark.parametrize("path", translation.source_files())
def test_failures_speak_in_marked_templates(path: str) -> None:
    """The first two arguments of a failure are its sentences: marked, so not plain literals or f-strings."""
    tree = ast.parse((translation.ROOT / path).read_text(encoding="utf-8"))
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id in MAKERS:
            plain = [a for a in call.args if isinstance(a, ast.JoinedStr | ast.BinOp) or _is_text(a)]
            assert not plain, f"{path}:{call.lineno}"
        if isinstance(call.func, ast.Name) and call.func.id == "QT_TRANSLATE_NOOP":
            source = call.args[1]
            assert isinstance(source, ast.Constant)
            found = PLACEHOLDER.findall(str(source.value))
            # Values cross to the window as texts, which have no decimals.
            assert all(re.fullmatch(r"\{[a-z_]+\}", name) for name in found), f"{path}:{call.lineno}"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
