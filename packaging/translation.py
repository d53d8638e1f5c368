"""The window's texts: collected from the sources into resources/i18n/*.ts, compiled to *.qm beside them."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "i18n"

# English is what the sources hold. It has no file, so texts with a number come in two: "1 word", "{n} words".
LANGUAGES = ("zh_CN",)


def renew(scripts: Path) -> int:
    """Renew every .ts from the sources and every .qm from its .ts; the exit code of the first that failed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        ts = FOLDER / f"studio_{language}.ts"
        for command in (update_command(scripts, ts, language), release_command(scripts, ts)):
            if status := subprocess.run(command, cwd=ROOT, check=False).returncode:
                return status
    return 0


def source_files() -> list[str]:
    """The files with texts, relative to the checkout and sorted, so that the .ts is the same everywhere."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "studio").rglob("*.py"))


def update_command(scripts: Path, ts: Path, language: str) -> list[str]:
    """Collect into `ts`, in the checkout. Without line numbers, which would change with every edit."""
    options = ["-extensions", "py", "-locations", "none", "-no-obsolete", "-target-language", language]
    options += ["-tr-function-alias", "QT_TRANSLATE_NOOP+=_T"]  # the one short name it may be given
    return [str(scripts / "pyside6-lupdate"), *options, *source_files(), "-ts", str(ts)]


def release_command(scripts: Path, ts: Path) -> list[str]:
    """Compile `ts` to the .qm beside it."""
    return [str(scripts / "pyside6-lrelease"), "-silent", str(ts), "-qm", str(ts.with_suffix(".qm"))]
