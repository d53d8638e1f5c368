"""The one entrance for whoever works on GPT-2 Studio: `python3 packaging/make.py run` and `... test`.

Needs nothing but Python 3.11 or newer; everything else is installed into `.venv`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Nothing is downloaded and no window appears while testing.
TEST_ENVIRONMENT = {
    "QT_QPA_PLATFORM": "offscreen",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUTF8": "1",
}
TIMED_RUN = {"GPT2_STUDIO_TIMED_RUN": "1"}


def run(arguments: list[str]) -> int:
    """Open the app; arguments are passed on. Sets everything up the first time."""
    import compiling
    import environment
    import system_libraries

    system_libraries.require_libraries(window=True)
    python = environment.ensure(dev=False)
    compiling.ensure_kernels(python, environment.VENV)
    command = [str(python), "-P", "-m", "studio", *arguments]  # -P: not what lies in the current folder
    if os.name != "nt":
        os.execv(python, command)
    return subprocess.run(command, check=False).returncode  # Windows' exec would not wait for the app


def test(arguments: list[str]) -> int:
    """Check format, lint, types and import contracts, then run the tests; arguments go to pytest.

    Without arguments it is the timed run: files of tests side by side, one on each processor, and the whole
    window is opened a few times a file only (see tests/conftest.py). `make.py test tests` runs every test.
    """
    import compiling
    import environment
    import system_libraries

    system_libraries.require_libraries(window=False)
    python = environment.ensure(dev=True)
    compiling.ensure_kernels(python, environment.VENV)
    for name, command in test_steps(python, environment.scripts_dir(environment.VENV), arguments):
        print(f"== {name}", flush=True)
        start = time.perf_counter()
        variables = {**os.environ, **TEST_ENVIRONMENT} | ({} if arguments else TIMED_RUN)
        status = subprocess.run(command, cwd=ROOT, env=variables, check=False)
        took = f"   {name}: {time.perf_counter() - start:.1f} s"
        if status.returncode != 0:
            print(f"{took}, failed", flush=True)
            return status.returncode
        if name != "pytest":  # its own summary, time included, stays the last line
            print(took, flush=True)
    return 0


def test_steps(python: Path, scripts: Path, arguments: list[str]) -> list[tuple[str, list[str]]]:
    """The steps of `test`, in order: name and command. The quick ones come first."""
    module = [str(python), "-m"]
    side_by_side = [] if arguments else ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
    return [
        ("ruff format", [*module, "ruff", "format", "--check", "."]),
        ("ruff check", [*module, "ruff", "check", "."]),
        ("import contracts", [str(scripts / "lint-imports"), "--no-logo"]),
        ("mypy", [*module, "mypy"]),
        ("pytest", [*module, "pytest", *side_by_side, *arguments]),
    ]


def translations(arguments: list[str]) -> int:
    """Collect the texts of the window into resources/i18n/*.ts and compile them to *.qm."""
    import environment
    import translation

    environment.ensure(dev=True)
    if arguments:
        print("translations takes no arguments.", file=sys.stderr)
        return 2
    return translation.renew(environment.scripts_dir(environment.VENV))


def screenshots(arguments: list[str]) -> int:
    """Take the pictures of the README from the real app; `screenshots FOLDER [NAME…]` puts them elsewhere."""
    import environment
    import system_libraries

    system_libraries.require_libraries(window=False)
    python = environment.ensure(dev=False)
    command = [str(python), str(ROOT / "packaging" / "screenshots.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "test": test,
    "translations": translations,
    "screenshots": screenshots,
}


def usage() -> str:
    """The commands and the first line of what each says of itself."""
    lines = [f"  {name:<14}{(command.__doc__ or '').splitlines()[0]}" for name, command in COMMANDS.items()]
    return "usage: python3 packaging/make.py COMMAND [ARGUMENTS]\n\n" + "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Carry out one command; the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one should read a sentence
        print("GPT-2 Studio needs Python 3.11 or newer; this is", sys.version.split()[0], file=sys.stderr)
        return 5
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(usage())
        return 0 if arguments else 2
    command = COMMANDS.get(arguments[0])
    if command is None:
        print(f"There is no command {arguments[0]}.\n\n{usage()}", file=sys.stderr)
        return 2
    try:
        return command(arguments[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
