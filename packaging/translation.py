"""The window's texts: collected from the sources into resources/i18n/*.ts, compiled to *.qm beside them."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "i18n"
LANGUAGES = ("zh_CN",)


def renew(scripts: Path) -> int:
    """Renew every .ts from the sources and every .qm from its .ts; the exit code of the first that failed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        source = FOLDER / f"studio_{language}.ts"
        for command in (
            update_command(scripts, source, language),
            release_command(scripts, source, source.with_suffix(".qm")),
        ):
            if status := subprocess.run(command, cwd=ROOT, check=False).returncode:
                return status
    return 0


def source_files(root: Path) -> list[str]:
    """The files with texts, relative to the checkout and sorted, so that the .ts is the same everywhere."""
    return sorted(path.relative_to(root).as_posix() for path in (root / "studio").rglob("*.py"))


def update_command(scripts: Path, ts: Path, language: str) -> list[str]:
    """Collect into `ts`. Without line numbers, which would change with every edit of a source."""
    options = ["-extensions", "py", "-locations", "none", "-no-obsolete", "-target-language", language]
    return [str(scripts / "pyside6-lupdate"), *options, *source_files(ROOT), "-ts", str(ts)]


def release_command(scripts: Path, ts: Path, qm: Path) -> list[str]:
    """Compile `ts` to `qm`."""
    return [str(scripts / "pyside6-lrelease"), "-silent", str(ts), "-qm", str(qm)]
