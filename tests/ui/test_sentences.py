"""What core, store and settings say of a failure, read in a window that speaks Chinese."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from finding import find
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QDialog, QLabel
from pytestqt.qtbot import QtBot

from studio import app, paths, settings
from studio.core import presets
from studio.core.errors import QT_TRANSLATE_NOOP, RefusedError, StudioError
from studio.core.messages import JobFailed
from studio.store.librarian import Librarian
from studio.store.records import Damage, LibraryFailed, OpenLibrary, RequestFailed, SaveSession, SessionRecord
from studio.store.trouble import trouble
from studio.ui import sentences
from studio.ui.main_window import MainWindow


class OneText(QTranslator):
    """Translates everything to the same text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def translate(self, _context: str, _source: str, _disambiguation: str | None = None, _n: int = -1) -> str:
        return self._text


@pytest.fixture
def chinese(qtbot: QtBot) -> Iterator[None]:
    """The app's own translation, installed for this test."""
    translator = QTranslator()
    assert translator.load("studio_zh_CN", str(paths.resource("i18n")))
    assert QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


@pytest.fixture
def one_text(qtbot: QtBot, request: pytest.FixtureRequest) -> Iterator[None]:
    """A translation that says the same of everything."""
    translator = OneText(request.param)
    assert QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


@pytest.fixture
def window(qtbot: QtBot, chinese: None, own_library: Path) -> Iterator[MainWindow]:
    """The app on a library whose database is damaged and whose model is not there."""
    own_library.mkdir()
    (own_library / "settings.toml").write_text(f'model = "{missing(own_library)}"\n', encoding="utf-8")
    (own_library / "library.db").write_bytes(b"not a database" * 1000)
    _, made = app.create(["gpt2-studio", "--library", str(own_library)])
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


def missing(library: Path) -> str:
    return (library / "no such model").as_posix()


def assert_chinese(text: str, *names: str) -> None:
    """Chinese, with these names in it and no two English words in a row beside them."""
    for name in names:
        assert name in text
        text = text.replace(name, "")
    assert re.search("[\u4e00-\u9fff]{4}", text), text
    assert not re.search(r"[A-Za-z]+[ ,]+[A-Za-z]+", text), text


def test_a_missing_model_a_damaged_library_and_a_refused_name(
    window: MainWindow, qtbot: QtBot, own_library: Path
) -> None:
    qtbot.waitUntil(lambda: window.findChild(QDialog, "libraryDialog") is not None, timeout=10_000)
    assert_chinese(find(window, QLabel, "libraryWhat").text(), "library.db")
    assert_chinese(find(window, QLabel, "libraryTodo").text())

    folder = missing(own_library)
    qtbot.waitUntil(lambda: folder in window.notice.text().replace("\\", "/"), timeout=30_000)
    assert_chinese(window.notice.text().replace("\\", "/"), folder, "config.json", "model.safetensors")
    assert "。 " not in window.notice.text()

    for name in ("Balanced", "x" * 81, " "):
        window.sampling.save_preset_requested.emit(name)
        assert_chinese(window.notice.text(), *[name.strip()] * (name == "Balanced"))


@pytest.mark.parametrize("damage", [damage for damage in Damage if damage is not Damage.LOG_MISSING])
def test_every_kind_of_trouble_with_the_library(chinese: None, damage: Damage) -> None:
    for text in sentences.translated(trouble(damage)):
        assert_chinese(text, *["GPT-2 Studio"] * ("GPT" in text))


def test_answers_of_the_librarian_can_be_translated(chinese: None, tmp_path: Path) -> None:
    (failed,) = Librarian().run(OpenLibrary(str(tmp_path / "none"), read_only=True))
    assert isinstance(failed, LibraryFailed)
    assert failed.what_happened == "There is no library in this folder."
    (bug,) = Librarian().run(SaveSession(SessionRecord(1, "", "", (), 0, 0.0, 1)))  # none is open
    assert isinstance(bug, RequestFailed)
    assert bug.report
    for message in (failed, bug):
        for text in sentences.translated(message):
            assert_chinese(text)


def test_problems_with_settings_and_preset_files(chinese: None, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    for content in (
        'theme = "pink"\nseed = -1\nwindow_geometry = "!"\nstop = 3\nshow_origins = 1',
        "theme =",
    ):
        file.write_text(content, encoding="utf-8")
        for problem in settings.load(file)[1]:
            names = re.findall(r"settings\.toml(?:\.broken)?|\"system\", \"light\", \"dark\"", str(problem))
            assert_chinese(sentences.said(problem), *sorted(set(names), key=len, reverse=True))
    (tmp_path / "own.toml").write_text(
        'name = "A"\n[[processor]]\nname = "RepetitionPenalty"\nrepetition_penalty = 9\n', encoding="utf-8"
    )
    (left_out,) = presets.load_presets(paths.resource("presets"), tmp_path)[1]
    assert "Repetition penalty" in str(left_out)
    assert_chinese(sentences.said(left_out), "own.toml", "重复惩罚")


def test_what_the_system_says(chinese: None, qtbot: QtBot) -> None:
    for code in (errno.EACCES, errno.ENOSPC, errno.EROFS, errno.ENOENT):
        assert_chinese(sentences.system_reason(os.strerror(code)))
    assert sentences.system_reason("Something new") == "Something new"
    assert sentences.system_reason(None) == ""


WRONG = ["{nobody}", "{", "{}", "{name.nothing}", "{name:d}", "{name[key]}"]


@pytest.mark.parametrize("one_text", WRONG, indirect=True)
def test_a_translation_that_cannot_be_filled_in_leaves_the_english_one(one_text: None) -> None:
    happened = QT_TRANSLATE_NOOP("test", "{name} is gone.")
    error = StudioError(happened, QT_TRANSLATE_NOOP("test", "Look for {name}."), name="It")
    assert sentences.translated(error) == ("It is gone.", "Look for It.")
    assert sentences.refusal(RefusedError(happened, name="It")) == "It is gone."


@pytest.mark.parametrize("one_text", ["{name}不见了。"], indirect=True)
def test_a_value_is_taken_as_it_is(one_text: None) -> None:
    error = RefusedError(QT_TRANSLATE_NOOP("test", "{name} is gone."), name="{name} {x!r}")
    assert str(error) == "{name} {x!r} is gone."
    assert sentences.refusal(error) == "{name} {x!r}不见了。"


def test_without_templates_or_translation_the_english_sentences_are_shown(chinese: None) -> None:
    assert sentences.translated(JobFailed(1, "It broke.", "Try again.")) == ("It broke.", "Try again.")
    assert sentences.refusal(ValueError("It cannot be.")) == "It cannot be."
    assert sentences.together("It broke.", "Try again.") == "It broke. Try again."
