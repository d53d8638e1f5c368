"""Calling the command line: in this process, or as one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import studio
from studio import paths

ROOT = Path(studio.__file__).resolve().parents[1]
STARTER = paths.resource("models", "starter")

Run = Callable[..., tuple[int, str, str]]
"""Exit code, output, complaints."""


def process(*argv: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "studio", *argv], cwd=ROOT, env=environment, timeout=60, check=False,
        **{"capture_output": True, **options},
    )  # fmt: skip


def as_json(run: Run, *argv: str) -> dict[str, Any]:
    code, out, err = run(*argv, "--json")
    assert (code, err) == (0, "")
    result: dict[str, Any] = json.loads(out)
    return result
