"""The virtual environment `.venv`: made once, repaired when a run was killed, renewed when the pins change.

A stamp, written last, says what `.venv` was made for; while it matches, nothing more is looked at. A second
file is locked and says "busy" while pip works. If it says so unlocked, that run was killed: all is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import system_libraries

EXIT_SETUP = 5
"""The exit code when the environment could not be made."""

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"

TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def scripts_dir(venv: Path) -> Path:
    """Where a virtual environment keeps its commands."""
    return venv / ("Scripts" if os.name == "nt" else "bin")


def python_of(venv: Path) -> Path:
    """A virtual environment's interpreter."""
    return scripts_dir(venv) / ("python.exe" if os.name == "nt" else "python")


def pins(pyproject: str, dev: bool) -> list[str]:
    """The requirements in the text of a pyproject.toml, with those of the `dev` extra or without."""
    import tomllib

    project = tomllib.loads(pyproject)["project"]
    requirements: list[str] = [*project["dependencies"]]
    if dev:
        requirements += project["optional-dependencies"]["dev"]
    return requirements


def fingerprint(requirements: list[str], venv: Path, root: Path) -> str:
    """Changes when the pins, the Python or the place of the checkout change. Empty without an environment."""
    python = python_of(venv)
    config = venv / "pyvenv.cfg"
    if not python.exists() or not config.exists():  # python is a link to nothing once its Python is gone
        return ""
    parts = [*requirements, str(root), str(python.resolve()), config.read_text(encoding="utf-8")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_ready(venv: Path, wanted: str, kind: str) -> bool:
    """Whether the stamp says that `venv` was made for `wanted`. `kind`: "run" or "test"."""
    try:
        stamp = json.loads((venv / "studio-stamp.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(wanted) and isinstance(stamp, dict) and stamp.get(kind) == wanted


def ensure(dev: bool) -> Path:
    """The interpreter of a complete `.venv`, which is made or repaired first if need be."""
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = fingerprint(pins(pyproject, dev), VENV, ROOT)
    if not is_ready(VENV, wanted, "test" if dev else "run"):
        if importlib.util.find_spec("ensurepip") is None:  # Debian keeps it in a package of its own
            system_libraries.require_packages([f"python3.{sys.version_info.minor}-venv"], "Python")
        try:
            with locked(VENV / "studio-setup.lock") as left_by_a_killed_run:
                print("Setting up .venv. This happens once and takes a few minutes.", flush=True)
                if left_by_a_killed_run or not _is_usable(VENV):
                    _make(VENV)
                _install(dev, pyproject)
        except subprocess.CalledProcessError:
            print("\nThe set-up stopped; the reason is above. Put it right and try again.", file=sys.stderr)
            raise SystemExit(EXIT_SETUP) from None
    return python_of(VENV)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Keep other runs out; yields whether an earlier one was killed while it was in here.

    An error leaves cleanly (pip undoes what it had begun). Raises SystemExit if another run is in here.
    """
    path.parent.mkdir(exist_ok=True)
    with path.open("a+b") as file:
        if not _lock(file):
            print("Another make.py is setting up .venv: wait for it, then try again.", file=sys.stderr)
            raise SystemExit(EXIT_SETUP)
        file.seek(0)
        was_killed = file.read(4) == b"busy"
        file.truncate(0)
        file.write(b"busy")
        file.flush()
        os.set_inheritable(file.fileno(), True)  # a pip that outlives a killed make.py keeps the lock
        try:
            yield was_killed
        except subprocess.CalledProcessError:
            file.truncate(0)
            raise
        file.truncate(0)


def _lock(file: BinaryIO) -> bool:
    """Lock `file` until it is closed or this process ends. False if another process holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(1000)  # on Windows a locked byte cannot be read: take one that nobody reads
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_usable(venv: Path) -> bool:
    """Whether `venv` holds a new enough Python with pip: then it is kept and completed."""
    check = "import sys, pip; sys.exit(sys.prefix == sys.base_prefix or sys.version_info < (3, 11))"
    try:
        run = subprocess.run([python_of(venv), "-c", check], capture_output=True, check=False)
    except OSError:
        return False
    return run.returncode == 0


def _make(venv: Path) -> None:
    for entry in venv.iterdir():
        if entry.name == "studio-setup.lock":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    # The Python beneath, should make.py itself be run by the environment that was just emptied.
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", venv], check=True, close_fds=False)


def _install(dev: bool, pyproject: str) -> None:
    pip = [str(python_of(VENV)), "-m", "pip", "install", "--no-input"]
    torch = next(pin for pin in pins(pyproject, dev=False) if pin.startswith("torch=="))
    for command in torch_commands(pip, torch, sys.platform, has_nvidia()):
        quiet = subprocess.DEVNULL
        if subprocess.run(command, cwd=ROOT, stderr=quiet, check=False, close_fds=False).returncode == 0:
            break
    everything = [*pip, "--editable", ".[dev]" if dev else "."]
    subprocess.run(everything, cwd=ROOT, check=True, close_fds=False)
    stamp = {"run": fingerprint(pins(pyproject, dev=False), VENV, ROOT)}
    if dev:
        stamp["test"] = fingerprint(pins(pyproject, dev=True), VENV, ROOT)
    temporary = VENV / "studio-stamp.json.tmp"
    temporary.write_text(json.dumps(stamp), encoding="utf-8")
    temporary.replace(VENV / "studio-stamp.json")


def has_nvidia() -> bool:
    """Whether this Linux has NVIDIA's driver: then torch with CUDA is worth its gigabytes."""
    return Path("/proc/driver/nvidia/version").exists()


def torch_commands(pip: list[str], torch: str, platform: str, nvidia: bool) -> list[list[str]]:
    """What to try, in order, so that torch comes without CUDA. If all fail, pip's own choice will do.

    For Linux, PyPI has torch only with several gigabytes of CUDA; the CPU build, `+cpu`, is on PyTorch's own
    index. A local mirror may have it too, and may be all that can be reached, so what pip is set up for comes
    first: on PyPI itself that fails at once, for PyPI cannot hold a `+cpu` version. The time limits keep a
    blocked network from hanging. torch's own dependencies come from where everything else comes from.
    On macOS and Windows PyPI's torch is the CPU build.
    """
    if platform != "linux" or nvidia:
        return []
    configured = [*pip, "--no-deps", f"{torch}+cpu"]
    return [configured, [*configured, "--index-url", TORCH_CPU_INDEX, "--timeout", "15", "--retries", "1"]]
