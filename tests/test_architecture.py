from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.api import read_configuration
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "studio").rglob("*.py"))
PYTHON_FILES = [
    *SOURCES,
    *sorted((ROOT / "packaging").rglob("*.py")),
    *sorted((ROOT / "tests").rglob("*.py")),
]

MAX_LINES = 400

# Calls and arguments that would run code found in a file.
FORBIDDEN_CODE = {
    "pickle": re.compile(r"\b(import|from) (c?[pP]ickle|dill|joblib|shelve|marshal)\b"),
    "torch.load": re.compile(r"\btorch\.load\((?!.*weights_only=True)"),
    "trust_remote_code": re.compile(r"trust_remote_code\s*=\s*True"),
    "eval": re.compile(r"(?<![\w.])(eval|exec)\("),
    "shell": re.compile(r"shell\s*=\s*True|\bos\.system\("),
}


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def imported_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after `code`."""
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_imports_keep_the_contracts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert len(read_configuration("pyproject.toml")["contracts_options"]) >= 4
    failed = lint_imports(no_cache=True)
    assert not failed, capsys.readouterr().out


def test_messages_and_processors_need_no_torch_qt_or_sqlite() -> None:
    loaded = imported_by("import studio.core.messages, studio.core.processors, studio.core.wire")
    assert not loaded & {"torch", "numpy", "transformers", "PySide6", "shiboken6", "sqlite3", "sqlite_utils"}


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_every_source_says_what_it_is_for_and_is_about_one_thing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "no module docstring"
    assert len(text.splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_no_source_runs_code_from_a_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [name for name, pattern in FORBIDDEN_CODE.items() if pattern.search(text)]


def test_no_two_test_files_have_one_name() -> None:
    """Pytest imports them by it."""
    stems = [path.stem for path in PYTHON_FILES if path.stem.startswith("test_")]
    assert {stem for stem in stems if stems.count(stem) > 1} == set()


def test_no_file_is_named_for_nothing_in_particular() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert not [path for path in names(PYTHON_FILES) if vague & set(Path(path).stem.split("_"))]


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    a_home = re.compile(r"(?<![\w.~])/(home|root|work|Users)/\w")
    texts = [*PYTHON_FILES, *ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("studio/*.md")]
    assert names([path for path in texts if a_home.search(path.read_text(encoding="utf-8"))]) == []


def test_nobody_asks_a_widget_for_its_screen() -> None:
    """PySide makes the screen a child of the widget's wrapper: collected with it, it takes Qt down."""
    asks = re.compile(r"\b(?!QGuiApplication)\w+\.screen\(\)")
    asking = [path for path in SOURCES if asks.search(re.sub(r"#.*", "", path.read_text(encoding="utf-8")))]
    assert names(asking) == []


def test_no_type_error_is_waved_through() -> None:
    excuse = re.compile(r"#\s*type:\s*ignore|#\s*mypy:\s*(ignore|disable)")
    excused = [path for path in PYTHON_FILES if excuse.search(path.read_text(encoding="utf-8"))]
    assert names(excused) == []


def test_the_first_window_waits_neither_for_sqlite_nor_for_formats_nor_for_late_pages() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, studio.app; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout.split()
    assert "studio.ui.main_window" in loaded
    assert not set(loaded) & {
        "httpx2",
        "huggingface_hub",
        "sqlite3",
        "sqlite_utils",
        "studio.exchanging",
        "studio.export.formats",
        "studio.intake",
        "studio.store.store",
        "studio.ui.compare.panel",
        "studio.ui.curve.panel",
        "studio.ui.export_dialog",
        "studio.ui.inside.page",
        "studio.ui.loom.panel",
        "studio.ui.provenance_view",
        "studio.ui.tuning.dialog",
        "studio.ui.variants_panel",
        "studio.ui.xray_page",
        "torch",
        "xml.parsers.expat",
    }
