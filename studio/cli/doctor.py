"""`gpt2-studio doctor`: is everything in order?"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import studio
from studio import paths
from studio.cli import inputs, running
from studio.cli.trouble import EngineFailedError
from studio.core.errors import StudioError
from studio.core.presets import default_preset

_PACKAGES = ("torch", "transformers", "tokenizers", "tiktoken", "safetensors", "numpy", "PySide6-Essentials")
_N_TOKENS = 5

Findings = dict[str, object]


def run_doctor(arguments: argparse.Namespace) -> int:
    """Report versions, library and starter model; 1 if something is wrong."""
    problems: list[str] = []
    report: Findings = {
        "versions": _versions(problems),
        "library": _library(inputs.library(arguments), problems),
        "model": _model(problems),
        "problems": problems,
        "ok": not problems,
    }
    if arguments.json:
        running.print_json(report)
    else:
        sys.stdout.write("\n".join(_lines(report)) + "\n")
    return 1 if problems else 0


def _versions(problems: list[str]) -> Findings:
    import importlib  # here because they would triple the time of --help
    import platform
    from importlib import metadata

    found: Findings = {
        "studio": studio.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        # Only its version is wanted: reading a library is the store's business.
        "sqlite": importlib.import_module("sqlite3").sqlite_version,
    }
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
            problems.append(f"{package} is not installed.")
    return found


def _library(folder: Path, problems: list[str]) -> Findings:
    """Look into the library without changing it."""
    from studio.store.librarian import Librarian
    from studio.store.records import CloseLibrary, Damage, LibraryFailed, LibraryOpened, OpenLibrary

    file = paths.database_file(folder)
    findings: Findings = {"path": str(folder), "exists": False, "n_bytes": 0, "state": "not made yet"}
    try:
        findings |= {"n_bytes": file.stat().st_size, "exists": True}
    except (FileNotFoundError, NotADirectoryError):
        return findings
    except OSError as error:
        problems.append(f"The library cannot be looked at ({error.strerror}).")
        return findings | {"state": "unknown"}
    librarian = Librarian()
    for message in librarian.run(OpenLibrary(str(folder), read_only=True)):
        match message:
            case LibraryOpened():
                findings |= {"state": "can be read", "n_sessions": len(message.sessions)}
            case LibraryFailed(damage=Damage.LOCKED):
                findings["state"] = "in use by an open window"
            case LibraryFailed():
                findings["state"] = message.damage.value
                problems.append(f"Library: {message.what_happened} {message.what_to_do}")
    for _ in librarian.run(CloseLibrary()):
        pass
    return findings


def _model(problems: list[str]) -> Findings:
    """Load the starter model and let it write a few tokens."""
    started = time.perf_counter()
    folder = paths.resource("models", "starter")
    findings: Findings = {"path": str(folder), "works": False}
    try:
        from studio.core import messages as m
        from studio.kernels import library

        with running.interruptible() as cancelled:
            engine, info = running.load(folder, "auto", cancelled)
            chain = default_preset(paths.resource("presets")).processors
            written: list[m.Token] = []
            for message in engine.run(m.Generate(running.JOB, "", (), chain, _N_TOKENS, seed=1), cancelled):
                match message:
                    case m.TokensGenerated(tokens=tokens):
                        written += tokens
                    case m.JobFailed():
                        raise running.failed(message)
    except (EngineFailedError, StudioError) as error:
        problems.append(f"Starter model: {error}")
        return findings
    except (ImportError, OSError) as error:  # torch installed but broken: a library of the system's missing
        problems.append(f"The model's software cannot be loaded: {error}.")
        return findings
    compiled = library.kernels()
    return findings | {
        "works": True,
        "name": info.name,
        "sha256": info.sha256,
        "n_parameters": info.n_parameters,
        "device": info.device,
        "dtype": info.dtype,
        "kernels": library.why_not() if compiled is None else compiled.instructions,
        "n_threads": info.n_threads,
        "wrote": "".join(token.text for token in written),
        "seconds": running.number(time.perf_counter() - started, 3),
    }


def _lines(report: Findings) -> list[str]:
    lines = []
    for title in ("versions", "library", "model"):
        section = report[title]
        assert isinstance(section, dict)
        lines.append(title.capitalize())
        lines += [
            f"  {key:<20}{'not installed' if value is None else value}" for key, value in section.items()
        ]
    problems = report["problems"]
    assert isinstance(problems, list)
    return [*lines, *(problems or ["Everything is in order."])]
