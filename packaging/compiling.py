"""The set-up's last step: the kernels are compiled, with the system's C compiler or one from PyPI."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ZIG = "ziglang==0.17.1"
"""A C compiler as a wheel, of 100 MB: fetched only where there is no other."""

_TRIED = "studio-compiler-tried"


def ensure_kernels(python: Path, venv: Path) -> None:
    """Have the kernels compiled that these sources need. Without them the app computes with torch."""
    build = [str(python), "-P", "-m", "studio.kernels.build"]
    if subprocess.run([*build, "--check"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
        return
    print("Compiling the kernels. This takes some seconds.", flush=True)
    if _quiet(build).returncode == 0:
        return
    tried = venv / _TRIED
    if not tried.exists():  # once: who is offline would wait at every start
        tried.touch()
        pip = [str(python), "-m", "pip", "install", "--no-input", "--timeout", "15", "--retries", "1", ZIG]
        if _quiet(pip).returncode == 0 and _quiet(build).returncode == 0:
            return
    print(
        "No C compiler could build the kernels; GPT-2 will compute with torch, which is slower.",
        file=sys.stderr,
    )


def _quiet(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, check=False, capture_output=True)
